"""The map of meaning in a browser: points, names, lasso, keyboard, reading, with and without a graphics card."""

import json
import math
import re

import numpy as np
import pytest

from ctse_core.areas import inside
from ctse_core.example import open_example
from ctse_core.figures.map_files import MAP_SCRIPTS, script
from tests.browser.test_journey import address_has, settled

pytestmark = pytest.mark.browser

FACTS = """() => {
  for (const host of document.querySelectorAll("*")) {
    const map = host.shadowRoot?.querySelector(".map");
    if (map?.dataset.painted) return {...map.dataset};
  }
  return null;
}"""
INK = """() => {
  for (const host of document.querySelectorAll("*")) {
    const drawn = host.shadowRoot?.querySelector("canvas.points");
    if (!drawn) continue;
    const { data } = drawn.getContext("2d").getImageData(0, 0, drawn.width, drawn.height);
    return data.filter((value, at) => at % 4 === 3 && value > 0).length;
  }
  return 0;
}"""


def open_map(tab, server, home, renderer=""):
    """Open the example's map at its own address, drawn by "canvas", "webgl" or what the map itself chooses."""
    open_example(home / "projects")
    tab.set_default_timeout(90_000)
    tab.add_init_script(f"localStorage.setItem('ctse.map.renderer', '{renderer}')")
    tab.goto(f"{server}/map?project=example")
    tab.get_by_text("each an original post").wait_for()
    settled(tab)
    return facts(tab)


def facts(tab):
    tab.wait_for_function(FACTS)
    return tab.evaluate(FACTS)


def middle_of(tab, across=0.5, down=0.5):
    box = tab.locator(".stage").bounding_box()
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def test_without_a_graphics_card_points_and_names_are_painted_all_the_same(tab, server, home):
    told = open_map(tab, server, home)
    assert told["renderer"] == "canvas", "the test's browser has no graphics card"
    assert int(told["painted"]) == 627 and int(told["names"]) > 5
    assert tab.evaluate(INK) > 5_000


def test_webgl_paints_the_same_points(tab, server, home):
    told = open_map(tab, server, home, renderer="webgl")
    assert (told["renderer"], told["painted"]) == ("webgl", "627")
    picture = tab.locator(".stage").screenshot()
    assert len(set(picture)) > 200 and len(picture) > 20_000


def test_a_lasso_sets_the_filter_and_lists_its_posts(tab, server, home):
    open_map(tab, server, home)
    tab.get_by_role("button", name=re.compile("Draw around posts")).click()
    x, y = middle_of(tab, 0.8, 0.35)
    tab.mouse.move(x + 150, y)
    tab.mouse.down()
    for step in range(1, 60):
        tab.mouse.move(x + 150 * math.cos(step / 9.5), y + 120 * math.sin(step / 9.5))
    tab.mouse.up()
    counted = int(facts(tab)["selected"])
    assert counted > 10
    tab.get_by_text("Inside an outline on the map").wait_for()
    address_has(tab, "area=")
    tab.get_by_role("heading", name=f"{counted} posts selected").wait_for()
    settled(tab)
    tab.locator(".stage").focus()
    tab.keyboard.press("Escape")  # out of the lasso
    tab.keyboard.press("Escape")  # lets the area go
    tab.wait_for_function("() => !location.search.includes('area=')")


def test_the_keyboard_walks_the_topics_and_enter_filters(tab, server, home):
    open_map(tab, server, home)
    tab.locator(".stage").focus()
    tab.keyboard.press("n")
    said = tab.locator(".map .status")
    first = said.inner_text()
    told = re.search(r"Topic 1 of \d+: .+, (\d+) posts", first)
    assert told, first
    tab.keyboard.press("n")
    assert said.inner_text() != first
    tab.keyboard.press("p")
    assert said.inner_text() == first
    tab.keyboard.press("Enter")
    tab.wait_for_function("() => location.search.includes('topic=')")
    tab.get_by_text(f"{told[1]} of 686 posts pass").wait_for()
    settled(tab)
    assert facts(tab)["names"] == "1", "topics that do not pass are not named"
    assert tab.evaluate("() => document.activeElement.shadowRoot?.activeElement?.className") == "stage"


def test_resting_on_a_point_reads_its_post_and_a_click_keeps_it_open(tab, server, home):
    open_map(tab, server, home)
    settled(tab)
    tab.get_by_role("button", name="Topic names").click()  # a click on a name chooses its topic
    box = tab.locator(".stage").bounding_box()
    card = tab.locator(".card")
    for step in range(400):
        x, y = box["x"] + box["width"] * (0.1 + 0.8 * step / 400), box["y"] + box["height"] * 0.5
        tab.mouse.move(x, y)
        if card.is_visible():
            break
    tab.wait_for_function(
        "() => [...document.querySelectorAll('*')].some((e) => (e.shadowRoot?.querySelector('.card .text')"
        "?.textContent ?? '…') !== '…')"
    )
    assert tab.locator(".card .text").get_attribute("dir") == "auto"
    settled(tab)
    tab.mouse.click(x, y)
    tab.get_by_role("button", name="More like this").first.wait_for()
    settled(tab)
    tab.get_by_role("button", name="Close", exact=True).click()
    assert not card.is_visible()


def test_the_browser_counts_inside_as_the_server_does_and_keeps_outlines_simple(chromium):
    page = chromium.new_page()
    page.set_content("<p>nothing</p>")
    code = script(MAP_SCRIPTS).replace("export default function", "function")
    rng = np.random.default_rng(4)
    points, corners = rng.uniform(0, 1, (4000, 2)), rng.uniform(0.1, 0.9, (20, 2))
    asked = json.dumps({"points": points.tolist(), "corners": corners.tolist()})
    counted = page.evaluate(
        f"() => {{ {code}; const a = {asked}; return a.points.filter(([u, v]) => isInside(a.corners, u, v)).length; }}"
    )
    assert counted == inside(points[:, 0], points[:, 1], tuple(map(tuple, corners))).sum()
    turns = np.linspace(0, 40, 3000)
    path = np.column_stack([400 + turns * 9 * np.cos(turns), 300 + turns * 7 * np.sin(turns)]).tolist()
    kept = page.evaluate(f"() => {{ {code}; return simplified({json.dumps(path)}); }}")
    assert 8 <= len(kept) <= 64 and kept[0] == pytest.approx(path[0]) and kept[-1] == pytest.approx(path[-1])
    page.close()
