"""Who stands behind a post, and people masked until somebody shows them: with the mouse, in a real browser."""

import re

import pytest

from tests.browser.test_filter import opened
from tests.browser.test_journey import settled

pytestmark = pytest.mark.browser


def test_a_card_tells_who_stands_behind_it_and_people_stay_masked_until_shown(tab, server):
    opened(tab, server)
    tab.goto(f"{server}/?project={re.search('project=([^&]+)', tab.url).group(1)}&words=MISSING")
    tab.get_by_text(re.compile("Read the 7 posts")).click()
    settled(tab)
    first = tab.locator("li.post").first
    first.wait_for()
    assert "[phone " in first.inner_text() and "+000" not in first.inner_text()
    tab.get_by_role("button", name="one source").first.click()
    dialogue = tab.get_by_role("dialog")
    dialogue.get_by_text(re.compile("3 posts by 3 authors have these words")).wait_for()
    assert "says nothing about whether it is true" in dialogue.inner_text()
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="People are masked").click()
    tab.get_by_role("button", name="Show as written").click()
    tab.get_by_role("button", name="People shown as written").wait_for()
    settled(tab)
    tab.get_by_text(re.compile("Read the 7 posts")).wait_for()
    try:
        if not tab.locator("li.post").count():
            tab.get_by_text(re.compile("Read the 7 posts")).click()
        tab.locator("li.post", has_text="+000 555 0142").first.wait_for()
    finally:
        tab.get_by_role("button", name="People shown as written").click()
        tab.get_by_role("button", name="Mask again").click()
        tab.get_by_role("button", name="People are masked").wait_for()
