"""Who looked when, and what is new to them: per person, by the file that posts came with."""

import polars as pl
import pytest

from ctse_core.project.visits import newer, note_visit, visits
from ctse_core.types import Col


def posts(*files: int) -> pl.DataFrame:
    return pl.DataFrame({Col.FILE: list(files)}, schema={Col.FILE: pl.Int16})


FIRST, SECOND, THIRD = posts(0, 0), posts(0, 0, 1), posts(0, 0, 1, 2, 2)


def test_nothing_is_new_in_a_project_of_one_file(tmp_path):
    assert newer(tmp_path, FIRST).posts == 0 and newer(tmp_path, FIRST).since is None


def test_who_never_looked_is_told_of_the_newest_file_alone(tmp_path):
    found = newer(tmp_path, THIRD)
    assert (found.posts, found.files, found.since) == (2, (2,), None)


def test_what_came_in_since_a_look_is_new_until_the_next_one(tmp_path):
    note_visit(tmp_path, FIRST, "ana")
    found = newer(tmp_path, THIRD, "ana")
    assert (found.posts, found.files) == (3, (1, 2)) and found.since == visits(tmp_path)[0].at
    note_visit(tmp_path, THIRD, "ana")
    assert newer(tmp_path, THIRD, "ana").posts == 0


def test_everybody_has_their_own_news_and_all_looks_are_kept(tmp_path):
    note_visit(tmp_path, SECOND, "ana")
    note_visit(tmp_path, THIRD, "li")
    assert newer(tmp_path, THIRD, "ana").files == (2,) and not newer(tmp_path, THIRD, "li").posts
    assert [(one.author, one.file) for one in visits(tmp_path)] == [("li", 2), ("ana", 1)]


@pytest.mark.parametrize("table", [FIRST.head(0), pl.DataFrame({"text": ["a"]})])
def test_a_table_without_posts_or_files_has_nothing_new(tmp_path, table):
    note_visit(tmp_path, table, "ana")
    assert newer(tmp_path, table, "ana").posts == 0
