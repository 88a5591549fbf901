"""Views of topics: a click on a cell chooses the posts it counts."""

import pytest

from tests.browser.test_filter import count, has_chips, opened
from tests.browser.test_journey import address_has, go, settled

pytestmark = pytest.mark.browser


def view(tab, name, title):
    """Show one of the views, which has this title, and return its drawing."""
    tab.get_by_role("radio", name=name).or_(tab.get_by_role("button", name=name, exact=True)).first.click()
    tab.get_by_text(title, exact=True).wait_for()
    settled(tab)
    chart = tab.get_by_test_id("stPlotlyChart").last
    chart.locator(".bars .point").first.wait_for()
    return chart


def click_bar(tab, chart, number, layer=0):
    bar = chart.locator(".trace.bars").nth(layer).locator(".point path").nth(number)
    bar.evaluate("node => node.scrollIntoView({block: 'center'})")
    bar.click(force=True)
    settled(tab)


def test_a_cell_is_a_topic_in_a_language(tab, server):
    opened(tab, server)
    go(tab, "Topics")
    click_bar(tab, view(tab, "Per language", "Topics per language"), 0)
    has_chips(tab, 2)
    address_has(tab, "lang=en")
    address_has(tab, "topic=")
    assert 0 < int(count(tab)) < 100


def test_a_piece_of_a_group_is_a_topic(tab, server):
    opened(tab, server)
    go(tab, "Topics")
    tab.get_by_text("Groups of topics", exact=True).wait_for()
    click_bar(tab, tab.get_by_test_id("stPlotlyChart").last, 0)
    has_chips(tab, 1)
    assert "topic=" in tab.url and 0 < int(count(tab)) < 200


def test_a_cell_of_time_is_a_topic_in_a_period(tab, server):
    opened(tab, server)
    go(tab, "Topics")
    click_bar(tab, view(tab, "Over time", "Topics over time"), 1)
    tab.wait_for_url("**since=**")
    address_has(tab, "topic=")
    address_has(tab, "until=")
