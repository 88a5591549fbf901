"""An analyst renames, merges and pins topics in the list, by mouse and by keyboard, and takes it back."""

import re

import pytest

from tests.browser.test_journey import address_has, go, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def topics(tab, server):
    """The example's topics, listed."""
    tab.goto(server)
    tab.get_by_role("button", name="Open the example").click()
    tab.get_by_text(re.compile(r"686 rows = ")).wait_for(timeout=20_000)
    settled(tab)
    go(tab, "Topics")
    tab.locator(".row").first.wait_for()
    return tab


def last_edit(tab, words):
    tab.get_by_text(re.compile(f"Last edit: {words}")).first.wait_for()
    settled(tab)


def names(tab):
    return tab.locator(".row:not(.loose) .open").all_inner_texts()


def test_rename_merge_undo(topics):
    tab, before = topics, names(topics)
    # The name is changed where it stands; Enter keeps it and opens nothing.
    tab.get_by_role("button", name=f"Rename {before[1]}", exact=True).click()
    tab.locator(".name .field").fill("Boats needed")
    tab.keyboard.press("Enter")
    last_edit(tab, "Renamed")
    assert "Boats needed" in names(tab) and not tab.locator(".name .field").count()

    tab.get_by_role("checkbox", name="Choose Boats needed").check()
    tab.get_by_role("checkbox", name=f"Choose {before[3]}", exact=True).check()
    tab.get_by_text("Chosen topics: 2").wait_for()
    tab.get_by_role("button", name="Merge", exact=True).click()
    last_edit(tab, "Merged")
    assert before[3] not in names(tab) and "Boats needed" in names(tab)

    # Escape leaves a name as it is.
    tab.get_by_role("button", name=f"Rename {before[0]}", exact=True).click()
    tab.locator(".name .field").fill("Never")
    tab.keyboard.press("Escape")
    assert before[0] in names(tab)

    tab.get_by_role("button", name="Undo").click()
    last_edit(tab, "Renamed")
    assert before[3] in names(tab)
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("Topics are as the analysis found them.").wait_for()
    settled(tab)
    assert names(tab) == before


def test_topics_are_found_by_words_and_patterns_and_worked_on_by_keyboard(topics):
    tab = topics
    every = names(tab)
    tab.get_by_role("searchbox", name="Find a topic").fill(every[2].split(",")[0])
    assert every[2] in names(tab) and len(names(tab)) < len(every)
    tab.get_by_role("searchbox", name="Find a topic").fill("zz[")
    tab.get_by_text("No topic has these words.").wait_for()
    tab.get_by_role("checkbox", name="Regular expression").check()
    tab.get_by_text("This is no regular expression").wait_for()
    tab.get_by_role("searchbox", name="Find a topic").fill("^(?!zz)")
    assert names(tab) == every
    tab.get_by_role("combobox", name="Order").select_option("small")
    sizes = [int(size) for size in tab.locator(".row:not(.loose) .size b").all_inner_texts()]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]

    # Space ticks, arrows walk, and a pinned topic comes first.
    tab.locator(".row .box").first.focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Space")
    tab.get_by_text("Chosen topics: 2").wait_for()
    tab.get_by_role("button", name="Pin", exact=True).click()
    last_edit(tab, "Pinned")
    assert tab.locator(".row.pinned").count() == 2
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("Topics are as the analysis found them.").wait_for()


def test_a_topic_is_opened_and_its_posts_taken_out(topics):
    tab = topics
    name = names(tab)[0]
    tab.get_by_role("button", name=name, exact=True).click()
    tab.get_by_text("Typical posts").wait_for()
    settled(tab)
    address_has(tab, "open=")
    ticks = tab.locator(".posts input[type=checkbox]")
    ticks.first.wait_for()
    ticks.nth(0).check()
    ticks.nth(1).check()
    tab.get_by_text("2 posts chosen").wait_for()
    tab.get_by_role("button", name="Take out of this topic").click()
    last_edit(tab, "Moved 2 posts to Unsorted")
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("Topics are as the analysis found them.").wait_for()
