"""The queue's deeds are taken over once and in order; conflicts wait for a choice; dialogues mark whole lists."""

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ctse_core.project.triage import Deed, mark, newest_deed, triage_columns
from ctse_core.project.triage_log import deeds
from ctse_core.types import Col
from tests.app.test_pages import opened, words
from ui import queue_deeds
from ui.queue_deeds import LIST, clash_of, standing, take_over


class Ground:
    """A project's folder and a table in which posts 0 and 3 are copies of each other."""

    def __init__(self, folder):
        self.folder, self.name = folder, folder.name
        self.table = pl.DataFrame(
            {Col.POST_ID: list("abcde"), Col.REPRESENTATIVE: [0, 1, 2, 0, 4], Col.TEXT: ["x"] * 5}
        )

    def states(self):
        return triage_columns(self.folder, 5)[Col.STATE].to_list()


@pytest.fixture
def ground(tmp_path, monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr("ctse_core.project.triage.author", lambda: "ana")
    return Ground(tmp_path)


def tell(ground, *told, window="w1", project=None):
    """Let the browser hold these deeds (number, kind, value, posts, known), and take them over."""
    st.session_state[LIST] = {
        "deeds": [
            {
                "token": f"{window}-{number}",
                "kind": kind,
                "value": value,
                "posts": posts,
                "known": known,
                "project": project or ground.name,
            }
            for number, kind, value, posts, known in told
        ]
    }
    take_over(ground, ground)


def test_deeds_are_done_in_order_and_once_though_they_are_told_again(ground):
    first = (1, "seen", "", [1], 0)
    tell(ground, first)
    tell(ground, first, (2, "done", "", [2], 0))
    tell(ground, first, (2, "done", "", [2], 0))
    assert ground.states() == ["new", "seen", "done", "new", "new"]
    assert len(deeds(ground.folder)) == 2 and standing()["taken"] == "w1-2"
    # A session that was lost on the way knows nothing of it, the project does.
    st.session_state.clear()
    mark(ground.folder, [1], Deed("unread"))
    tell(ground, first)
    assert ground.states()[1] == "new"


def test_what_was_done_in_another_project_is_not_done_in_this_one(ground):
    tell(ground, (1, "done", "", [1], 0), project="the one before")
    assert ground.states() == ["new"] * 5


def test_a_window_opened_anew_counts_from_one_again(ground):
    tell(ground, (1, "seen", "", [1], 0), (2, "seen", "", [2], 0))
    tell(ground, (1, "seen", "", [4], 9), window="w2")
    assert ground.states() == ["new", "seen", "seen", "new", "seen"]
    assert standing()["taken"] == "w2-1"


def test_copies_that_stand_alike_go_along_and_those_in_other_hands_do_not(ground):
    tell(ground, (1, "seen", "", [0], 0))
    assert ground.states()[3] == "seen"
    mark(ground.folder, [3], Deed("assign", "Ben"))
    tell(ground, (2, "done", "", [0], newest_deed(ground.folder)))
    assert ground.states()[0] == "done" and ground.states()[3] == "assigned"


def test_a_conflict_waits_until_somebody_chooses(ground):
    mark(ground.folder, [1], Deed("done"))
    tell(ground, (1, "assign", "Ben", [1, 2], 0))
    assert ground.states()[1:3] == ["done", "assigned"]
    told = clash_of(1)["told"]
    assert "ana" in told and "Done" in told and clash_of(2) is None
    tell(ground, (2, "insist", "", [1], clash_of(1)["known"]))
    assert ground.states()[1] == "assigned" and clash_of(1) is None


def test_what_stands_can_be_left_and_both_notes_be_kept(ground):
    mark(ground.folder, [1, 2], Deed("note", "theirs"))
    tell(ground, (1, "note", "mine", [1], 0), (2, "note", "mine", [2], 0))
    assert clash_of(1)["note"] and "theirs" in clash_of(1)["told"] and "mine" in clash_of(1)["told"]
    tell(ground, (3, "leave", "", [1], 0), (4, "both", "", [2], 0))
    assert triage_columns(ground.folder, 3)[Col.NOTE].to_list() == [None, "theirs", "theirs\nmine"]
    assert clash_of(1) is clash_of(2) is None


def test_the_last_step_of_this_window_is_taken_back_not_that_of_others(ground):
    tell(ground, (1, "seen", "", [1], 0))
    mark(ground.folder, [2], Deed("done"))
    assert standing()["undoable"]
    tell(ground, (2, "undo", "", [], 0))
    assert ground.states()[1:3] == ["new", "done"] and not standing()["undoable"]


def test_a_deed_that_cannot_be_done_is_told_and_holds_nothing_up(ground):
    tell(ground, (1, "assign", " ", [1], 0), (2, "seen", "", [99, -1], 0), (3, "tag", "x" * 50, [1], 0))
    assert "too long" in standing()["problem"]
    tell(ground, (4, "seen", "", [1], 0))
    assert standing()["problem"] == "" and ground.states()[1] == "seen"


def test_copies_are_found_by_their_group():
    table = pl.DataFrame({Col.REPRESENTATIVE: [0, 1, 0]})
    assert queue_deeds.with_copies(table, [2]) == [0, 2]
    assert queue_deeds.with_copies(pl.DataFrame({"a": [1, 2]}), [1]) == [1]


def dialogue(name, positions, known):
    """Draw what the dialogue about posts holds, as a page of its own: a test knows no dialogues."""
    from ctse_core.analysis import load_analysis
    from ctse_core.edited import edited
    from ctse_core.project import projects_home
    from ctse_core.project.folder import project_named
    from ui import triage

    project = project_named(projects_home(), name)
    analysis = edited(load_analysis(project), project)
    triage._dialogue(triage._Meant(project, analysis, positions, known))


def opened_dialogue(example, positions, known):
    kwargs = {"name": example.name, "positions": positions, "known": known}
    return AppTest.from_function(dialogue, default_timeout=60, kwargs=kwargs).run()


def pressed(app, label):
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception and not app.error
    return app


def test_a_whole_list_is_assigned_in_one_dialogue(example):
    app = opened_dialogue(example, [0, 1, 2], 0)
    assert "New 3" in words(app).replace("\\", "")
    app.session_state["triage_kind"] = "assign"
    pressed(app.run(), "Do it")
    done = deeds(example.folder)
    assert len(done) == 1 and done[0].kind == "assign" and done[0].posts >= 3 and done[0].value


def test_the_dialogue_tells_what_others_changed_meanwhile_and_does_it_all_the_same(example):
    known = mark(example.folder, [0], Deed("note", "x")).number
    mark(example.folder, [1], Deed("assign", "Ben"))
    app = opened_dialogue(example, [0, 1], known)
    app.session_state["triage_kind"] = "done"
    pressed(app.run(), "Do it")
    assert "1 posts were changed" in words(app).replace("\\", "") and "Ben" in words(app)
    assert triage_columns(example.folder, 2)[Col.STATE].to_list() == ["done", "assigned"]
    pressed(app, "Do it all the same")
    assert triage_columns(example.folder, 2)[Col.STATE].to_list() == ["done", "done"]


def test_a_note_on_one_post_replaces_the_one_there_and_its_history_keeps_both(example):
    mark(example.folder, [0], Deed("note", "first"))
    app = opened_dialogue(example, [0], newest_deed(example.folder))
    app.session_state["triage_kind"] = "note"
    app.run()
    assert app.text_area[0].value == "first"
    app.text_area[0].set_value("second").run()
    pressed(app, "Do it")
    assert triage_columns(example.folder, 1)[Col.NOTE].to_list() == ["second"]
    assert "first" in str(app.dataframe[0].value) and "second" in str(app.dataframe[0].value)


def test_the_log_tells_who_did_what(example):
    mark(example.folder, [0, 1], Deed("assign", "Ana"))
    app = opened("queue.py", project=example.name)
    app.session_state["queue_part"] = "Log"
    app.run()
    assert not app.error
    assert "Assigned 2 posts to Ana" in str(app.dataframe[0].value)
