"""Posts are marked in bulk, by two people at once, and taken back; nothing that anybody wrote is lost."""

import threading
import time

import polars as pl
import pytest

from ctse_core.errors import SettingError
from ctse_core.project.triage import Deed, mark, newest_deed, triage_at, triage_columns
from ctse_core.project.triage_log import deeds, history, undo
from ctse_core.types import Col


def states(folder, n):
    return triage_columns(folder, n)[Col.STATE].to_list()


@pytest.fixture
def as_ana(monkeypatch):
    monkeypatch.setattr("ctse_core.project.triage.author", lambda: "ana")


def test_posts_go_from_new_to_seen_to_assigned_to_done(tmp_path):
    assert mark(tmp_path, [0, 1, 2], Deed("seen")).changed == 3
    assert mark(tmp_path, [1, 2], Deed("assign", "  Ana  Lima ")).changed == 2
    assert mark(tmp_path, [2], Deed("done")).changed == 1
    assert mark(tmp_path, [2], Deed("note", "called back")).changed == 1
    found = triage_columns(tmp_path, 4)
    assert found[Col.STATE].to_list() == ["seen", "assigned", "done", "new"]
    assert found[Col.OWNER].to_list() == [None, "Ana Lima", "Ana Lima", None]
    assert found[Col.NOTE].to_list() == [None, None, "called back", None]
    assert found.schema == {Col.STATE: pl.Utf8, Col.OWNER: pl.Utf8, Col.NOTE: pl.Utf8}


def test_seen_leaves_posts_that_are_further_along(tmp_path):
    mark(tmp_path, [0], Deed("done"))
    came = mark(tmp_path, [0, 1], Deed("seen"))
    assert (came.changed, came.left) == (1, 1)
    assert states(tmp_path, 2) == ["done", "seen"]


def test_a_deed_that_changes_nothing_is_not_written_down(tmp_path):
    mark(tmp_path, [0], Deed("seen"))
    assert mark(tmp_path, [0], Deed("seen")).number == 0
    assert mark(tmp_path, [], Deed("done")).number == 0
    assert len(deeds(tmp_path)) == 1


def test_releasing_and_unreading_take_the_owner_off(tmp_path):
    mark(tmp_path, [0, 1], Deed("assign", "Ana"))
    mark(tmp_path, [0], Deed("release"))
    mark(tmp_path, [1], Deed("unread"))
    found = triage_columns(tmp_path, 2)
    assert found[Col.STATE].to_list() == ["seen", "new"] and found[Col.OWNER].to_list() == [None, None]


def test_nothing_is_written_where_nobody_did_anything(tmp_path):
    assert states(tmp_path, 2) == ["new", "new"]
    assert triage_at(tmp_path, [1, 0])[0]["position"].to_list() == [0, 1]
    assert newest_deed(tmp_path) == 0 and deeds(tmp_path) == [] and history(tmp_path, 0) == []
    assert not list(tmp_path.iterdir())


def test_who_saves_on_a_stale_view_is_told_who_changed_it_to_what(tmp_path, as_ana):
    mark(tmp_path, [0, 1], Deed("seen"))
    known = newest_deed(tmp_path)
    mark(tmp_path, [0], Deed("done", known=known))  # the first window
    came = mark(tmp_path, [0, 1], Deed("assign", "Ben", known=known))  # the second, which shows both as seen
    assert came.changed == 1
    theirs = came.conflicts.row(0, named=True)
    assert (theirs["position"], theirs[Col.STATE], theirs["author"]) == (0, "done", "ana")
    assert theirs["at"].tzinfo is not None
    assert states(tmp_path, 2) == ["done", "assigned"]
    # What was refused is in the log as well, and can be done all the same.
    assert next((line.state, line.owner, line.refused) for line in history(tmp_path, 0)) == ("assigned", "Ben", True)
    assert mark(tmp_path, [0], Deed("assign", "Ben", known=came.number)).changed == 1
    assert states(tmp_path, 2) == ["assigned", "assigned"]


def test_two_notes_on_one_post_are_both_kept(tmp_path):
    mark(tmp_path, [0], Deed("note", "bridge is closed", known=0))
    came = mark(tmp_path, [0], Deed("note", "bridge is open", known=0))
    assert came.changed == 0 and came.conflicts[Col.NOTE].to_list() == ["bridge is closed"]
    assert [line.note for line in history(tmp_path, 0)] == ["bridge is open", "bridge is closed"]
    mark(tmp_path, [0], Deed("add_note", "bridge is open", known=came.number))
    assert triage_columns(tmp_path, 1)[Col.NOTE][0] == "bridge is closed\nbridge is open"


def test_a_note_does_not_stand_in_the_way_of_a_state_and_the_same_wish_is_no_conflict(tmp_path):
    mark(tmp_path, [0], Deed("note", "x", known=0))
    assert mark(tmp_path, [0], Deed("done", known=0)).changed == 1
    again = mark(tmp_path, [0], Deed("done", known=0))
    assert again.left == 1 and not again.conflicts.height


def test_a_deed_told_twice_is_done_once(tmp_path):
    first = mark(tmp_path, [0, 1], Deed("seen", token="window-1"))
    mark(tmp_path, [0], Deed("unread"))
    again = mark(tmp_path, [0, 1], Deed("seen", token="window-1"))
    assert (again.number, again.changed) == (first.number, 2)
    assert states(tmp_path, 2) == ["new", "seen"]


def test_deeds_are_taken_back_one_after_another_and_done_again(tmp_path):
    one = mark(tmp_path, range(3), Deed("seen")).number
    two = mark(tmp_path, range(3), Deed("assign", "Ana")).number
    assert undo(tmp_path, two) == (3, 0)
    assert undo(tmp_path, one) == (3, 0)
    assert states(tmp_path, 3) == ["new"] * 3
    assert undo(tmp_path, deeds(tmp_path)[0].number) == (3, 0)  # the undo of the first
    assert states(tmp_path, 3) == ["seen"] * 3
    assert [(deed.kind, deed.undone) for deed in deeds(tmp_path)] == [
        ("undo", False), ("undo", True), ("undo", False), ("assign", True), ("seen", True)
    ]  # fmt: skip
    with pytest.raises(SettingError):
        undo(tmp_path, two)
    with pytest.raises(SettingError):
        undo(tmp_path, 99)


def test_taking_back_leaves_what_others_changed_since(tmp_path):
    first = mark(tmp_path, [0, 1], Deed("seen")).number
    mark(tmp_path, [1], Deed("done"))
    assert undo(tmp_path, first) == (1, 1)
    assert states(tmp_path, 2) == ["new", "done"]


def test_ten_thousand_posts_are_marked_in_one_transaction_within_two_seconds(tmp_path):
    started = time.perf_counter()
    assert mark(tmp_path, range(10_000), Deed("assign", "Ana")).changed == 10_000
    assert time.perf_counter() - started < 2
    assert deeds(tmp_path)[0].posts == 10_000
    assert undo(tmp_path, 1) == (10_000, 0)


def test_two_people_who_mark_at_once_lose_nothing(tmp_path):
    def work(first):
        for position in range(first, first + 20):
            mark(tmp_path, [position], Deed("seen"))

    people = [threading.Thread(target=work, args=(first,)) for first in (0, 20, 40)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert states(tmp_path, 60) == ["seen"] * 60
    assert newest_deed(tmp_path) == 60


def test_posts_beyond_the_table_are_left_out(tmp_path):
    mark(tmp_path, [1, 50], Deed("done"))
    assert states(tmp_path, 2) == ["new", "done"]


@pytest.mark.parametrize(
    "deed",
    [Deed("assign", "  "), Deed("assign", "x" * 61), Deed("note", "x" * 2_001), Deed("add_note", ""), Deed("nonsense")],
)
def test_a_deed_that_cannot_be_done_is_told(tmp_path, deed):
    with pytest.raises(SettingError):
        mark(tmp_path, [0], deed)
    assert not list(tmp_path.iterdir())


def test_an_empty_note_takes_the_note_off(tmp_path):
    mark(tmp_path, [0], Deed("note", "x"))
    mark(tmp_path, [0], Deed("note", " "))
    assert triage_columns(tmp_path, 1)[Col.NOTE].to_list() == [None]
