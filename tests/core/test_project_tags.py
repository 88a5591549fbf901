"""Tags: put on many posts at once, taken off again, read back with who and when."""

import polars as pl
import pytest

from ctse_core.errors import SettingError
from ctse_core.project.tags import LONGEST, add_tag, all_tags, checked_tag, remove_tag, with_tags
from ctse_core.types import Col


@pytest.fixture
def table():
    return pl.DataFrame({Col.POST_ID: ["a", "b", "c", "d"]})


def test_tags_are_put_on_and_taken_off_in_bulk(tmp_path, table):
    assert add_tag(tmp_path, [0, 2, 2], " to  verify ") == 2
    assert add_tag(tmp_path, range(4), "to verify") == 2
    assert add_tag(tmp_path, [2], "Água") == 1
    assert with_tags(table, tmp_path)[Col.TAGS].to_list() == [
        ["to verify"], ["to verify"], ["to verify", "Água"], ["to verify"]
    ]  # fmt: skip
    assert remove_tag(tmp_path, [0, 1, 9], "to verify") == 2
    assert with_tags(table, tmp_path)[Col.TAGS].to_list() == [[], [], ["to verify", "Água"], ["to verify"]]


def test_who_tagged_and_when_is_kept(tmp_path):
    add_tag(tmp_path, [3], "A")
    row = all_tags(tmp_path).row(0, named=True)
    assert (row["position"], row["tag"]) == (3, "A")
    assert row["author"] and row["at"].tzinfo is not None


def test_nothing_is_written_where_nobody_tagged(tmp_path, table):
    tagged = with_tags(table, tmp_path)
    assert tagged.schema[Col.TAGS] == pl.List(pl.Utf8)
    assert tagged[Col.TAGS].to_list() == [[], [], [], []]
    assert with_tags(tagged, tmp_path) is tagged
    assert add_tag(tmp_path, [], "A") == remove_tag(tmp_path, [], "A") == 0
    assert not list(tmp_path.iterdir())


def test_tags_of_posts_beyond_the_table_are_left_out(tmp_path, table):
    add_tag(tmp_path, [1, 44], "A")
    assert with_tags(table, tmp_path)[Col.TAGS].to_list() == [[], ["A"], [], []]


def test_a_hundred_thousand_posts_are_tagged_at_once(tmp_path):
    many = pl.DataFrame({Col.POST_ID: pl.int_range(100_000, eager=True).cast(pl.Utf8)})
    assert add_tag(tmp_path, range(100_000), "flood") == 100_000
    assert with_tags(many, tmp_path)[Col.TAGS].list.len().sum() == 100_000


@pytest.mark.parametrize("written", ["", "  \n ", "x" * (LONGEST + 1)])
def test_a_tag_needs_a_name_of_some_letters(tmp_path, written):
    with pytest.raises(SettingError):
        add_tag(tmp_path, [1], written)


def test_a_tag_stands_on_one_line_and_is_written_one_way():
    assert checked_tag(" Agua\u0301\n potable\t") == "Aguá potable"
