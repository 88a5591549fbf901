"""Time on the page: a stretch drawn over the bars becomes the filter, a burst that is clicked tells what and when."""

import re

import pytest

from tests.browser.test_filter import opened
from tests.browser.test_journey import address_has, go, settled

pytestmark = pytest.mark.browser


def chart(tab, heading):
    """Return the chart under a heading, drawn and in view."""
    tab.get_by_text(heading, exact=True).wait_for(timeout=30_000)
    place = tab.get_by_test_id("stPlotlyChart").nth(0 if heading == "Posts over time" else 1)
    place.locator(".bars .point").first.wait_for()
    place.evaluate("node => node.scrollIntoView({block: 'center'})")
    return place


def test_a_stretch_drawn_over_bars_is_the_filter_and_a_burst_adds_what_flared_up(tab, server):
    opened(tab, server)
    go(tab, "When and where")
    settled(tab)
    box = chart(tab, "Posts over time").locator(".nsewdrag").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + box["width"] * 0.05, middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.15, middle + 3, steps=8)
    tab.mouse.up()
    address_has(tab, "since=2026-03-1")
    assert "until=2026-03-1" in tab.url
    tab.get_by_text(re.compile("posts pass the filter")).first.wait_for()
    settled(tab)
    bar = chart(tab, "What flared up, and since when").locator(".bars .point path").last
    place = bar.bounding_box()
    tab.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    tab.wait_for_url(re.compile("(topic|need|at|located)="), timeout=20_000)
