"""An analyst works through the queue by keyboard alone, and meets a colleague who was faster."""

import re

import pytest

from tests.browser.test_journey import go, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def queue(tab, server):
    """The queue over the example, opened in a tab of its own."""
    tab.goto(server)
    tab.get_by_role("button", name="Open the example").click()
    tab.get_by_text(re.compile(r"rows = ")).first.wait_for(timeout=60_000)
    settled(tab)
    go(tab, "Queue")
    tab.locator(".card").first.wait_for()
    settled(tab)
    return tab


def ids(tab):
    return tab.locator(".card .box").evaluate_all("boxes => boxes.map(box => box.getAttribute('aria-label'))")


def saved(tab):
    tab.get_by_text("Saving …").wait_for(state="hidden")
    settled(tab)


def state_of(tab, place):
    return tab.locator(".card").nth(place).locator(".state").inner_text()


def test_a_queue_is_worked_through_by_keyboard_alone(queue):
    tab = queue
    first = ids(tab)
    assert len(first) == 20
    for key in "ssj":
        tab.keyboard.press(key)
    tab.keyboard.press("a")
    tab.get_by_label("Who looks after this post?").fill("Ana")
    tab.keyboard.press("Enter")
    tab.keyboard.press("n")
    tab.get_by_label("Note on this post").fill("حُلّت المشكلة")
    tab.keyboard.press("Control+Enter")
    tab.keyboard.press("d")
    saved(tab)
    assert [state_of(tab, place) for place in range(5)] == ["Seen", "Seen", "New", "Assigned: Ana", "Done"]
    assert tab.locator(".card").nth(4).locator(".note").inner_text() == "حُلّت المشكلة"
    tab.get_by_text("4 of 20 read").wait_for()
    # The counts above follow, and the last step is taken back.
    tab.get_by_text(re.compile("^Assigned 1$")).wait_for()
    tab.keyboard.press("z")
    tab.get_by_text("Took a step back").wait_for()
    assert state_of(tab, 4) == "New"
    # The next ones are others; those that were passed over do not come again at once.
    tab.keyboard.press(".")
    tab.get_by_text("0 of 20 read").wait_for()
    assert not set(first) & set(ids(tab))


def test_several_posts_are_chosen_and_marked_and_a_reload_keeps_it(queue):
    tab = queue
    for key in "xjxjx":
        tab.keyboard.press(key)
    tab.get_by_text("3 chosen").wait_for()
    tab.keyboard.press("d")
    saved(tab)
    assert [state_of(tab, place) for place in range(4)] == ["Done"] * 3 + ["New"]
    tab.reload()
    tab.locator(".card").first.wait_for()
    tab.get_by_text(re.compile(r"^Done \d+$")).first.click()
    tab.locator(".card .state.done").first.wait_for()
    tab.get_by_role("tab", name="Log").click()
    tab.get_by_text("Mark one to take it back").wait_for()


def test_who_saves_on_a_stale_window_is_told_and_chooses(queue):
    tab = queue
    other = tab.context.new_page()
    other.goto(tab.url)
    other.locator(".card").first.wait_for()
    settled(other)
    assert ids(tab) == ids(other)
    # This window begins a note on the first post; the other one is faster.
    tab.locator(".card").first.get_by_role("button", name=re.compile("^Note")).click()
    tab.get_by_label("Note on this post").fill("The road is open")
    other.locator(".card").first.get_by_role("button", name=re.compile("^Note")).click()
    other.get_by_label("Note on this post").fill("The road is closed")
    other.keyboard.press("Control+Enter")
    saved(other)
    tab.bring_to_front()
    tab.get_by_label("Note on this post").focus()
    tab.keyboard.press("Control+Enter")
    told = tab.get_by_role("alert").filter(has_text="The road is closed")
    told.wait_for()
    assert "wrote a note here" in told.inner_text()
    told.get_by_role("button", name="Keep both notes").click()
    told.wait_for(state="hidden")
    saved(tab)
    tab.locator(".note").filter(has_text="The road is open").wait_for()
    assert tab.locator(".note").first.inner_text() == "The road is closed\nThe road is open"


def test_letters_are_no_commands_where_somebody_types_or_switched_them_off(queue):
    tab = queue
    tab.locator(".card").first.get_by_role("button", name=re.compile("^Tag")).click()
    tab.get_by_label("Put a tag on this post").fill("")
    tab.keyboard.type("dsx")
    tab.keyboard.press("Escape")
    tab.keyboard.press("?")
    tab.get_by_label(re.compile("Single letters are commands")).uncheck()
    tab.keyboard.press("d")
    tab.keyboard.press("x")
    assert state_of(tab, 0) == "New" and not tab.locator(".card.ticked").count()
    tab.locator(".card").first.get_by_role("button", name=re.compile("^Done")).click()
    saved(tab)
    assert state_of(tab, 0) == "Done"


def test_every_post_of_a_search_is_marked_at_once(queue):
    tab = queue
    go(tab, "Search")
    tab.get_by_label("Ask in any language").fill("drinking water")
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name=re.compile("^Mark these")).click()
    tab.get_by_role("dialog").get_by_text("Assign to", exact=True).click()
    tab.get_by_role("dialog").get_by_role("button", name="Do it").click()
    tab.get_by_role("dialog").wait_for(state="hidden")
    tab.locator(".chip.state", has_text="Assigned").first.wait_for()
    settled(tab)
    assert all(shown.startswith("Assigned") for shown in tab.locator(".chip.state").all_inner_texts())
