"""One filter everywhere: a click on a bar, its chip on every page, undo, and a link that brings the view back."""

import re

import pytest

from tests.browser.test_journey import address_has, address_lacks, go, settled

pytestmark = pytest.mark.browser


def opened(tab, server):
    tab.goto(server)
    # Another journey may have opened the example already.
    tab.get_by_role("button", name="Open the example").click()
    tab.get_by_text(re.compile("686 rows = ")).wait_for(timeout=30_000)
    settled(tab)


def chart(tab, title):
    """Return the figure under this heading, drawn."""
    place = tab.get_by_test_id("stPlotlyChart").nth({"time": 2, "languages": 3, "topics": 4}[title])
    place.locator(".bars .point").first.wait_for()
    return place


def click_bar(tab, title, number):
    """Click the bar of that number, counted as they stand, as a person does: with the mouse."""
    place = chart(tab, title)
    bar = place.locator(".bars .point path").nth(number)
    bar.evaluate("node => node.scrollIntoView({block: 'center'})")
    bar.click(force=True)  # plotly's own layer lies over its bars, and takes the click for them
    settled(tab)


def count(tab):
    told = tab.get_by_text(re.compile(r"[\d,]+ of 686 posts pass the filter")).first
    told.wait_for()
    return told.inner_text().split(" of ")[0]


def chips(tab):
    return tab.locator(".st-key-filter_chips [class*='st-key-chip_'] button")


def has_chips(tab, number):
    """Wait until there are so many chips; those of the page before go a moment later."""
    chips(tab).nth(number - 1).wait_for()
    chips(tab).nth(number).wait_for(state="detached")


def test_a_click_on_a_bar_filters_every_page_and_a_link_brings_it_back(tab, server):
    opened(tab, server)
    click_bar(tab, "languages", 1)
    address_has(tab, "lang=es")
    spanish = count(tab)
    assert chips(tab).first.inner_text().startswith("Spanish")

    # The figure still shows the other languages, so that a second one can be added.
    click_bar(tab, "languages", 0)
    assert int(count(tab)) > int(spanish)
    click_bar(tab, "languages", 0)
    assert count(tab) == spanish

    click_bar(tab, "time", 2)
    both = count(tab)
    assert int(both) < int(spanish)
    address_has(tab, "since=")
    address_has(tab, "until=")

    go(tab, "Topics")
    assert count(tab) == both
    has_chips(tab, 2)

    # The same link in a fresh tab shows the same posts under the same chips.
    again = tab.context.new_page()
    again.goto(tab.url)
    assert count(again) == both
    has_chips(again, 2)
    again.close()

    tab.get_by_role("button", name="Undo").click()
    settled(tab)
    assert count(tab) == spanish
    chips(tab).first.click()
    settled(tab)
    address_lacks(tab, "lang=")
    tab.get_by_role("button", name="Undo").click()
    settled(tab)
    assert count(tab) == spanish


def test_a_bar_clicked_twice_is_chosen_no_longer(tab, server):
    opened(tab, server)
    click_bar(tab, "topics", 0)
    address_has(tab, "topic=")
    click_bar(tab, "topics", 0)
    tab.get_by_text(re.compile("686 rows = ")).wait_for()
    address_lacks(tab, "topic=")


def test_posts_are_tagged_at_once_and_the_tag_filters(tab, server):
    opened(tab, server)
    tab.goto(f"{tab.url}&lang=ht")
    posts = count(tab)
    settled(tab)
    tab.get_by_text(f"Read the {posts} posts").click()
    tab.get_by_role("button", name=f"Tag these {posts} posts…").click()
    box = tab.get_by_role("dialog").get_by_role("combobox")
    box.fill("to translate")
    box.press("Enter")
    settled(tab)
    tab.get_by_role("dialog").get_by_role("button", name="Put it on").click()
    tab.get_by_role("dialog").wait_for(state="hidden")
    settled(tab)
    card = tab.locator(".post").first
    card.wait_for()
    assert "to translate" in card.inner_text()
    tab.goto(re.sub("lang=ht", "tag=to+translate", tab.url))
    assert int(count(tab)) >= int(posts)
    assert chips(tab).first.inner_text().startswith("Tag: to translate")


def test_a_table_is_opened_by_keyboard_and_its_row_sets_the_filter(tab, server):
    opened(tab, server)
    fold = tab.get_by_text("Show as table", exact=True).nth(3)
    fold.scroll_into_view_if_needed()
    fold.focus() if fold.evaluate("node => node.tabIndex >= 0") else fold.locator("xpath=ancestor::summary").focus()
    tab.keyboard.press("Enter")
    table = tab.get_by_test_id("stDataFrame")
    table.wait_for()
    assert tab.get_by_test_id("stDataFrame").count() == 1  # the others are made when they are opened
    box = table.bounding_box()
    tab.mouse.click(box["x"] + 15, box["y"] + 35 * 1.5)  # the mark before the first row
    settled(tab)
    assert int(count(tab).replace(",", "")) < 686
    has_chips(tab, 1)
