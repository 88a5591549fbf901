"""The tour of the example: five steps, one a page; left for good, taken again, never beside one's own posts."""

from ctse_core.home import remembered
from tests.app.test_pages import opened
from ui.tour import SEEN, steps


def told(app):
    return next((part.value for part in app.markdown if "Tour," in str(part.value)), "")


def press(app, key):
    return next(button for button in app.button if button.key == key).click().run()


def test_each_page_of_the_example_has_its_step(example):
    for number, step in enumerate(steps(), 1):
        app = opened(step.page.removeprefix("pages/"), project=example.name)
        assert f"Tour, {number} of 5" in told(app), step.page


def test_the_tour_is_left_for_good_and_can_be_taken_again(example):
    app = press(opened("overview.py", project=example.name), "tour_leave")
    assert not told(app) and remembered(SEEN)
    app = opened("report.py", project=example.name)
    assert not told(app)
    press(app, "tour_again")
    assert not remembered(SEEN)


def test_without_the_example_there_is_no_tour(home):
    app = opened("overview.py")
    assert not told(app)
