"""Searching as a person does: Enter asks, cards say why, posts join the question, a question is kept."""

import re

import pytest

from ctse_core.example import open_example
from tests.browser.test_journey import address_has, address_lacks, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def example(home, server, tab):
    """The address of the Search page of the example; its encoder may take a while to load."""
    tab.set_default_timeout(90_000)
    project = open_example(home / "projects")
    return f"{server}/search?project={project.name}"


def test_enter_asks_cards_say_why_and_posts_join_the_question(tab, example):
    tab.goto(example)
    field = tab.get_by_label("Ask in any language")
    field.fill("Where is drinking water missing?")
    field.press("Enter")
    tab.locator(".post").first.wait_for(timeout=60_000)
    settled(tab)
    shown = tab.locator(".post")
    assert shown.locator("mark").count() > 0 and shown.locator("u.near").count() > 3
    assert tab.locator(".shares").first.inner_text().replace("\n", " ").startswith("meaning")
    assert "cosine" not in tab.locator(".posts").inner_text()  # the number stays in the tooltip
    assert "cosine" in tab.locator(".shares").first.get_attribute("title")
    assert tab.locator("u.near").first.get_attribute("title") == "the part nearest to your question"

    # Less like the first: it leaves the list, stands on a chip and in the address, and a reload keeps it.
    first = tab.locator(".post .text").first.inner_text()
    tab.get_by_role("button", name="Less like this").first.click()
    tab.get_by_text("Less like", exact=True).wait_for()
    settled(tab)
    assert "unlike=" in tab.url and first not in tab.locator(".post .text").all_inner_texts()
    tab.reload()
    tab.get_by_text("Less like", exact=True).wait_for()
    tab.get_by_role("button", name="More like this").first.click()
    tab.get_by_text("More like", exact=True).wait_for()
    settled(tab)
    assert re.search(r"[?&]like=\d+", tab.url)
    tab.get_by_role("button", name="Clear posts").click()
    tab.get_by_text("More like", exact=True).wait_for(state="hidden")
    settled(tab)
    address_lacks(tab, "like=")


def test_marks_put_together_are_the_post_in_any_script(tab, example):
    tab.goto(f"{example}&q=مياه الشرب")
    tab.locator(".post").first.wait_for(timeout=60_000)
    settled(tab)
    arabic = tab.locator(".post .text[lang=ar]").first
    assert arabic.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert arabic.locator("mark").count() > 0
    assert tab.locator(".post .text script").count() == 0


def test_a_question_is_saved_listed_and_opened_again(tab, example):
    tab.goto(f"{example}&q=people trapped under rubble&lang=en")
    tab.get_by_role("button", name="Save question").click(timeout=60_000)
    tab.get_by_text("Saved questions (1)").wait_for()
    settled(tab)
    tab.goto(example)
    tab.get_by_text("Saved questions (1)").click()
    tab.get_by_role("button", name="people trapped under rubble").click()
    tab.locator(".post").first.wait_for(timeout=60_000)
    settled(tab)
    address_has(tab, "q=people")
    address_has(tab, "lang=en")
