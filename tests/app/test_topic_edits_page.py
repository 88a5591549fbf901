"""The Topics page: a topic is renamed, pinned, split, merged, made noise; unsorted posts move; undo."""

import pytest
from streamlit.testing.v1 import AppTest

from ctse_core.project.topic_events import add_event, topic_events
from tests.app.test_pages import opened, words


@pytest.fixture
def topic(example):
    """A function that opens a topic of the example, -1 for the unsorted posts."""
    return lambda number: opened("topics.py", project=example.name, open=str(number))


def kinds(project):
    return [event.kind for event in topic_events(project.folder) if not event.undone]


def press(app, key):
    app.button(key=key).click()
    app.run()
    assert not app.exception and not app.error


def test_a_name_typed_and_entered_is_kept_and_can_be_given_back(example, topic):
    app = topic(1)
    automatic = app.text_input(key="topic_name_1").value
    app.text_input(key="topic_name_1").set_value("Boats needed").run()
    assert kinds(example) == ["rename"]
    assert app.text_input(key="topic_name_1").value == "Boats needed"
    assert "Boats needed" in words(app)
    press(app, "topic_automatic")
    assert app.text_input(key="topic_name_1").value == automatic


def test_undo_and_redo_are_there_once_something_was_done(example, topic):
    app = topic(0)
    assert not [button for button in app.button if button.label == "Undo"]
    press(app, "topic_pin")
    assert app.button(key="topic_pin").label == "Unpin"
    press(app, "topic_undo")
    assert app.button(key="topic_pin").label == "Pin"
    assert kinds(example) == []
    press(app, "topic_redo")
    assert kinds(example) == ["pin"]
    assert app.dataframe[-1].value["What"].to_list()[0].startswith("Pinned")


def test_noise_leads_back_to_the_list_and_undo_brings_the_topic_back(example, topic):
    app = topic(2)
    press(app, "topic_noise")
    assert "open" not in app.query_params
    assert "Marked" in words(app)
    press(app, "topic_undo")
    assert kinds(example) == []


def test_parts_are_shown_before_a_split(example, topic):
    app = topic(0)
    app.segmented_control(key="topic_view_0").set_value("split").run()
    app.segmented_control(key="topic_parts_0").set_value(3).run()
    assert app.button(key="topic_split").label == "Split into 3 topics"
    assert kinds(example) == []
    press(app, "topic_split")
    assert kinds(example) == ["split"]
    assert "into 3 topics" in words(app)


def test_other_topics_are_merged_into_the_open_one(example, topic):
    app = topic(0)
    app.segmented_control(key="topic_view_0").set_value("merge").run()
    assert app.button(key="topic_merge").disabled
    others = app.multiselect(key="topic_merge_0")
    others.select(others.options[0]).run()
    press(app, "topic_merge")
    assert kinds(example) == ["merge"]


def test_unsorted_posts_move_after_a_look(example, topic):
    app = topic(-1)
    app.slider(key="topic_adopt_percent").set_value(1).run()
    assert "would move" in words(app)
    assert kinds(example) == []
    press(app, "topic_adopt")
    assert kinds(example) == ["adopt"]
    app.slider(key="topic_adopt_percent").set_value(90).run()
    assert not app.exception


def test_a_topic_that_is_gone_is_a_sentence_and_history_says_why_an_edit_was_skipped(example, topic):
    base = example.manifest()["fingerprint"]
    add_event(example.folder, "noise", base, lambda _: {"topics": [3], "names": {"3": "lost"}})
    add_event(example.folder, "rename", base, lambda _: {"topic": 3, "name": "late", "names": {"3": "lost"}})
    app = topic(3)
    assert "no such topic" in words(app)
    assert list(app.dataframe[-1].value["State"]) == ["skipped: the topic is gone", "done"]


def test_posts_that_pass_the_filter_become_a_topic(example):
    app = opened("topics.py", project=example.name, lang="ht")
    press(app, "topic_of_filter")
    assert kinds(example) == ["reassign"]


def test_a_list_without_topics_still_offers_undo(example):
    topics = list(range(60))
    add_event(example.folder, "noise", example.manifest()["fingerprint"], lambda _: {"topics": topics, "names": {}})
    app = opened("topics.py", project=example.name)
    press(app, "topic_undo")
    assert kinds(example) == []


def test_the_first_topic_is_a_choice_like_any_other():
    def page():
        from ui import state

        state.choose(open=0)

    app = AppTest.from_function(page).run()
    assert app.query_params["open"] in (["0"], "0")
