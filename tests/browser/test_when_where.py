"""When and where: a mark on the map and a cell of the table become the filter, by mouse and by keyboard alone."""

import re

import pytest

from tests.browser.test_filter import count, opened
from tests.browser.test_journey import address_has, address_lacks, go, settled

pytestmark = pytest.mark.browser


def at_places(tab, server):
    opened(tab, server)
    go(tab, "When and where")
    tab.locator(".where .mark").first.wait_for()
    tab.locator(".matrix button").first.wait_for()
    settled(tab)


def cell(tab, row, column):
    return tab.locator(f'.matrix button[data-row="{row}"][data-column="{column}"]')


def posts_told(label):
    return re.search(r"Posts: ([\d,]+)", label).group(1)


def test_a_cell_of_the_table_is_its_posts_and_clicked_again_all_of_them(tab, server):
    at_places(tab, server)
    label = cell(tab, 1, 1).get_attribute("aria-label")
    cell(tab, 1, 1).click()
    address_has(tab, "need=")
    address_has(tab, "at=")
    settled(tab)
    assert count(tab) == posts_told(label)
    assert cell(tab, 1, 1).get_attribute("aria-pressed") == "true"
    cell(tab, 1, 1).click()
    address_lacks(tab, "need=")


def test_the_table_is_walked_and_chosen_in_by_keyboard(tab, server):
    at_places(tab, server)
    cell(tab, 0, 0).focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    address_has(tab, "need=")
    address_lacks(tab, "at=")
    settled(tab)
    focused = "(() => { let one = document.activeElement; while (one.shadowRoot) one = one.shadowRoot.activeElement; "
    focused += "return one.dataset.row + ',' + one.dataset.column })()"
    assert tab.evaluate(focused) == "1,0"


def test_a_mark_is_reached_and_chosen_by_keyboard(tab, server):
    at_places(tab, server)
    stage, status = tab.locator(".where .stage"), tab.locator(".where .status")
    stage.focus()
    for _ in range(12):  # marks of several places come apart first
        tab.keyboard.press("n")
        tab.wait_for_timeout(150)
        if "filter" in status.inner_text():
            break
        tab.keyboard.press("Enter")
        tab.wait_for_timeout(250)
    posts = re.search(r"Posts: ([\d,]+)", status.inner_text()).group(1)
    tab.keyboard.press("Enter")
    address_has(tab, "at=")
    settled(tab)
    assert count(tab) == posts
    assert tab.locator(".where .ring").count() >= 1


def test_marks_of_several_places_come_apart_and_the_view_is_kept(tab, server):
    at_places(tab, server)
    where = tab.locator(".where")
    before = int(where.get_attribute("data-shown"))
    name = tab.locator(".where text.name", has_text="+").first
    box = name.bounding_box()
    rank = name.get_attribute("data-rank")
    circle = tab.locator(f'.where .mark[data-rank="{rank}"] circle').first.bounding_box()
    tab.mouse.click(circle["x"] + circle["width"] / 2, circle["y"] + circle["height"] / 2)
    tab.wait_for_function(
        "([node, before]) => Number(node.dataset.shown) !== before", arg=[where.element_handle(), before]
    )
    assert box is not None and "at=" not in tab.url
    tab.get_by_role("radio", name="Urgency").or_(tab.get_by_role("button", name="Urgency")).first.click()
    address_has(tab, "shade=urgency")
    settled(tab)
    assert int(where.get_attribute("data-shown")) != before


def test_regions_hold_their_towns_and_the_limit_of_age_is_kept_in_the_address(tab, server):
    at_places(tab, server)
    towns = int(tab.locator(".where").get_attribute("data-places"))
    tab.get_by_role("radio", name="Countries").or_(tab.get_by_role("button", name="Countries")).first.click()
    address_has(tab, "level=country")
    settled(tab)
    assert int(tab.locator(".where").get_attribute("data-places")) < towns
    stale = tab.locator(".matrix button.stale").count()
    tab.get_by_test_id("stSelectbox").filter(has_text="Old is").get_by_role("combobox").click()
    tab.get_by_role("option", name="nothing").click()
    address_has(tab, "stale=0")
    settled(tab)
    assert tab.locator(".matrix button.stale").count() == 0 < stale
