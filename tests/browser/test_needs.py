"""An analyst reads what posts tell, filters by it with a click, corrects a post and teaches from the queue."""

import re

import pytest

from tests.browser.test_journey import go, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def example(tab, server):
    """The example, opened in a tab of its own."""
    tab.goto(server)
    tab.get_by_role("button", name="Open the example").click()
    tab.get_by_text("What posts tell").wait_for(timeout=60_000)
    settled(tab)
    return tab


def test_a_click_on_a_need_filters_and_a_post_is_corrected(example):
    tab = example
    tab.locator("[data-testid=stPlotlyChart]").first.get_by_text("Goods or services asked for").wait_for()
    bar = tab.locator("[data-testid=stPlotlyChart]").first.locator(".barlayer .point path").first
    bar.click(force=True)
    tab.get_by_text("Need: Goods or services asked for").first.wait_for()
    settled(tab)
    tab.get_by_text(re.compile(r"^Read the [\d,]+ posts$")).click()
    settled(tab)
    card = tab.locator(".post").first
    card.locator(".need", has_text="Goods or services asked for").wait_for()
    card.get_by_role("button", name="Needs…").click()
    dialogue = tab.get_by_role("dialog")
    dialogue.get_by_text(re.compile("Nearest examples")).first.wait_for()
    dialogue.get_by_role("button", name="Goods or services asked for").click()
    dialogue.get_by_role("button", name="Weather").click()
    settled(tab)
    dialogue.get_by_role("button", name="Save").click()
    dialogue.wait_for(state="detached")
    settled(tab)


def test_posts_are_marked_one_after_the_other(example):
    tab = example
    go(tab, "Queue")
    tab.get_by_role("tab", name="Teach").click()
    marked = tab.get_by_text(re.compile(r"posts? marked\."))
    marked.wait_for()
    settled(tab)
    before = int(marked.inner_text().split()[0])
    for number in (1, 2):
        tab.get_by_role("button", name="It tells no need").click()
        tab.get_by_text(re.compile(rf"^{before + number} posts? marked")).wait_for()
        settled(tab)
