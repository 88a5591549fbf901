"""What people say of posts: kept with who and when, the latest wins, nothing is overwritten unseen."""

import pytest

from ctse_core.errors import SettingError
from ctse_core.project.need_marks import (
    Said,
    choose_scheme,
    mark_posts,
    need_marks,
    newest_mark,
    scheme_choices,
    undo_marks,
)


def test_marks_are_kept_with_who_and_when(tmp_path):
    assert need_marks(tmp_path) == [] and newest_mark(tmp_path) == (0, "")
    assert mark_posts(tmp_path, [3, 3, 5], "ocha", Said(["WSH", "WSH"], 2)) == []
    marks = need_marks(tmp_path)
    assert [(mark.position, mark.needs, mark.urgency) for mark in marks] == [(3, ("WSH",), 2), (5, ("WSH",), 2)]
    assert marks[0].author and marks[0].at.tzinfo is not None
    assert newest_mark(tmp_path)[0] == 2


def test_no_need_is_told_apart_from_nothing_said(tmp_path):
    mark_posts(tmp_path, [1], "ocha", Said(()))
    mark_posts(tmp_path, [2], "ocha", Said(None, 3))
    assert [mark.needs for mark in need_marks(tmp_path)] == [(), None]


def test_two_windows_on_one_post_the_second_is_told_and_nothing_is_lost(tmp_path):
    seen = newest_mark(tmp_path)[0]
    assert mark_posts(tmp_path, [1], "ocha", Said(["WSH"]), seen) == []
    others = mark_posts(tmp_path, [1, 2], "ocha", Said(["FSC"]), seen)
    assert [(mark.position, mark.needs) for mark in others] == [(1, ("WSH",))]
    assert len(need_marks(tmp_path)) == 1, "nothing of it is written before the person chooses"
    assert mark_posts(tmp_path, [1, 2], "ocha", Said(["FSC"])) == []
    assert [mark.needs for mark in need_marks(tmp_path)] == [("WSH",), ("FSC",), ("FSC",)]


def test_saying_the_same_or_something_about_another_matter_is_no_conflict(tmp_path):
    mark_posts(tmp_path, [1], "ocha", Said(["WSH", "FSC"]))
    assert mark_posts(tmp_path, [1], "ocha", Said(["FSC", "WSH"]), 0) == []
    assert mark_posts(tmp_path, [1], "ocha", Said(None, 2), 0) == []
    assert mark_posts(tmp_path, [1], "trec_is", Said(["Other-Advice"]), 0) == []
    assert mark_posts(tmp_path, [1], "ocha", Said(None, 1), 1)[0].urgency == 2


def test_a_mark_is_taken_back_and_brought_back(tmp_path):
    mark_posts(tmp_path, [1], "ocha", Said(["WSH"]))
    before = newest_mark(tmp_path)
    assert undo_marks(tmp_path, [1]) == 1 and undo_marks(tmp_path, [1]) == 0
    assert need_marks(tmp_path)[0].undone and newest_mark(tmp_path) != before
    assert mark_posts(tmp_path, [1], "ocha", Said(["FSC"]), 0) == [], "what was taken back stands in nobody's way"
    assert undo_marks(tmp_path, [1], undone=False) == 1


@pytest.mark.parametrize("said", [Said(), Said(None, 4), Said([], -1)])
def test_nothing_and_levels_that_are_none_are_refused(tmp_path, said):
    with pytest.raises(SettingError):
        mark_posts(tmp_path, [1], "ocha", said)
    assert need_marks(tmp_path) == []


def test_ten_thousand_posts_are_marked_at_once(tmp_path):
    mark_posts(tmp_path, range(10_000), "ocha", Said((), 0))
    assert len(need_marks(tmp_path)) == 10_000


def test_the_last_choice_of_a_scheme_stands_and_the_others_are_kept(tmp_path):
    assert scheme_choices(tmp_path) == []
    choose_scheme(tmp_path, "own-x", {"key": "own-x"})
    choose_scheme(tmp_path, "ocha")
    assert [(one.key, one.content) for one in scheme_choices(tmp_path)] == [
        ("own-x", {"key": "own-x"}),
        ("ocha", None),
    ]
