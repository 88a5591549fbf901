"""The file to pass on in a browser that may talk to nobody: search, topics, map, posts, from a disk."""

import pytest

from ctse_core import words
from ctse_core.report import write_report
from tests.browser.test_axe import severe
from tests.sample_crisis import sample_crisis

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(chromium):
    """Return a page of a browser without a network, in which only files of the disk are read."""
    context = chromium.new_context(viewport={"width": 1360, "height": 900}, offline=True)
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    yield context.new_page()
    context.close()
    assert [url for url in asked if not url.startswith("file:")] == []


@pytest.fixture
def opened(tab, tmp_path):
    def open_in(language="en"):
        words.speak(language)
        try:
            (path,) = write_report(sample_crisis(300), tmp_path, ("viewer",))
        finally:
            words.speak("en")
        faults = []
        tab.on("pageerror", lambda fault: faults.append(str(fault)))
        tab.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        tab.goto(path.as_uri())
        tab.locator("html[data-ready]").wait_for(state="attached")
        return faults

    return open_in


def found(tab):
    return tab.locator("#found").inner_text()


def test_it_opens_from_the_disk_draws_the_map_and_complains_of_nothing(opened, tab):
    assert opened() == []
    assert found(tab) == "300 posts"
    painted = tab.locator(".map").get_attribute("data-painted")
    assert int(painted) > 200 and int(tab.locator(".map").get_attribute("data-names")) >= 4
    assert tab.title() == "selva_flood_posts.csv – CTSE"


def test_words_topics_and_needs_narrow_together_and_show_all_lets_go(opened, tab):
    opened()
    tab.fill("#words", '"school gym"')
    tab.get_by_text(" of 300 posts").wait_for()
    narrowed = int(found(tab).split()[0])
    assert 0 < narrowed < 60
    assert tab.locator("#posts mark").first.inner_text().lower() == "school gym"
    first = tab.locator("#topics button:not([disabled])").first
    assert first.locator(".many").inner_text() == str(narrowed)
    first.click()
    assert first.get_attribute("aria-pressed") == "true"
    tab.get_by_role("button", name="Show all").click()
    assert found(tab) == "300 posts" and tab.input_value("#words") == ""
    tab.select_option("#choose-need", label="Water")
    water = int(found(tab).split()[0])
    tab.select_option("#choose-urgency", label="Critical")
    assert 0 < int(found(tab).split()[0]) < water
    assert tab.locator("#posts li").first.locator(".sign").first.inner_text() == "Critical"


def test_hostile_posts_are_shown_as_they_were_written_and_do_nothing(opened, tab):
    opened()
    tab.fill("#words", "owned")
    tab.get_by_text("1 of 300 posts").wait_for()
    assert "<script>document.title='owned'</script>" in tab.locator("#posts .text").inner_text()
    assert tab.title() != "owned" and tab.locator("#posts img").count() == 0


def test_a_post_is_found_on_the_map_and_read_there(opened, tab):
    opened()
    tab.fill("#words", "oxygen machine")
    tab.get_by_text(" of 300 posts").wait_for()
    tab.locator("#posts .facts button").first.click()
    card = tab.locator(".card.pinned")
    card.wait_for()
    assert "oxygen machine" in card.inner_text()
    assert card.get_by_role("button", name="More like this").count() == 0


def test_an_outline_on_the_map_narrows_and_the_keyboard_walks_the_topics(opened, tab):
    opened()
    tab.locator(".stage").focus()
    tab.keyboard.press("n")
    tab.keyboard.press("Enter")
    tab.get_by_text(" of 300 posts").wait_for()
    assert tab.locator('#topics [aria-pressed="true"]').count() == 1
    tab.get_by_role("button", name="Show all").click()
    tab.locator(".stage").focus()
    tab.keyboard.press("+")
    tab.keyboard.press("+")
    tab.keyboard.press("v")
    tab.get_by_text(" of 300 posts").wait_for()
    assert 0 < int(found(tab).split()[0]) < 300


def test_arabic_stands_from_right_to_left_and_posts_in_their_own_direction(opened, tab):
    opened("ar")
    assert tab.evaluate("getComputedStyle(document.body).direction") == "rtl"
    tab.fill("#words", "مياه")
    tab.locator("#posts mark").first.wait_for()
    assert tab.locator("#posts .text").first.evaluate("node => getComputedStyle(node).direction") == "rtl"
    tab.fill("#words", '"school gym"')
    tab.wait_for_selector('#posts mark:text-is("school gym")')
    assert tab.locator("#posts .text").first.evaluate("node => getComputedStyle(node).direction") == "ltr"


def test_a_browser_that_cannot_unpack_the_file_says_so(tab, tmp_path):
    (path,) = write_report(sample_crisis(60), tmp_path, ("viewer",))
    tab.add_init_script("delete globalThis.DecompressionStream")
    tab.goto(path.as_uri())
    tab.locator("#trouble").wait_for()
    assert "too old" in tab.locator("#trouble").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(chromium, tmp_path, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    (path,) = write_report(sample_crisis(120), tmp_path, ("viewer",))
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)  # axe itself is brought in as a script
    tab = context.new_page()
    tab.goto(path.as_uri())
    tab.locator("html[data-ready]").wait_for(state="attached")
    assert severe(axe.run(tab)) == []
    context.close()
