"""What goes into a team's database and out of it, without one: addresses, rows, conditions, notes that meet."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import ServerError, SettingError
from ctse_core.filters import Filter, parse_time
from ctse_core.project.database import ask_who
from ctse_core.project.exchange import deeds_unknown_to, laid_over, settle_tags, tags_agreed, take_over
from ctse_core.project.tags import add_tag, all_tags
from ctse_core.project.triage import Deed, mark, triage_columns
from ctse_core.project.triage_log import deeds
from ctse_core.search.interface import Condition, Where
from ctse_core.served.address import is_address, read_address
from ctse_core.served.facts import conditions_sql, csv_blocks, dtype_of, kind_of, read_vectors, sql_of, vector_blocks
from ctse_core.served.graph import Memory, needed_megabytes
from ctse_core.served.passing import Passing, nearest_sql
from ctse_core.served.writing import digests_of, postings, posts_as_kept
from ctse_core.shared_search import passing_of


@pytest.mark.parametrize(
    ("written", "shown", "name"),
    [
        ("postgresql://ana:pa%23ss@host:5433/team#flood 3", "postgresql://ana@host:5433/team#flood 3", "flood 3"),
        ("postgres://host/team", "postgresql://host/team", ""),
        ("postgresql:///team?host=/run/pg&password=pass#x", "postgresql:///team#x", "x"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(written, shown, name):
    address = read_address(written)
    assert (address.shown, address.name) == (shown, name) and is_address(written)
    assert "pass" not in repr(address) + str(address) and "pa%23ss" not in repr(address)


@pytest.mark.parametrize("written", ["my-folder", "postgresql://a:b#c@host/x", "postgresql://a:hidden@host:port/x"])
def test_an_address_that_cannot_be_read_is_refused_without_repeating_it(written):
    with pytest.raises(ServerError) as refused:
        read_address(written)
    assert "hidden" not in str(refused.value) and "b#c" not in str(refused.value) and "PGPASSWORD" in str(refused.value)


@pytest.mark.parametrize("name", ["", "a/b", "a#b", "x" * 81, "a\nb"])
def test_a_name_that_would_not_come_back_out_of_an_address_is_refused(name):
    with pytest.raises(ServerError):
        read_address("postgresql://host/x").named(name)


def test_rows_are_written_so_that_empty_and_missing_differ_and_nothing_breaks_out():
    table = pl.DataFrame(
        {
            "text": ['a "b", c', "", None, "two\nlines\0"],
            "list": [['x"y', "p,q", "back\\slash"], [], None, ["{}"]],
            "time": [datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC), None, None, None],
            "truth": [True, None, False, True],
        }
    )
    written = b"".join(csv_blocks(table)).decode()
    assert written.splitlines()[0] == (
        '"a ""b"", c","{""x\\""y"",""p,q"",""back\\\\slash""}",2026-01-02 03:04:05.006000+00,true'
    )
    assert written.splitlines()[1:3] == ['"","{}",,', ",,,false"] and "\0" not in written


@pytest.mark.parametrize(
    "dtype", [pl.String(), pl.Int8(), pl.Float32(), pl.Datetime("us", "UTC"), pl.List(pl.String())]
)
def test_the_kind_of_a_column_comes_back(dtype):
    assert dtype_of(kind_of(dtype)) in (dtype, pl.Int8()) and sql_of(kind_of(dtype))


def test_a_column_that_the_database_cannot_keep_is_refused():
    with pytest.raises(SettingError, match="cannot be kept"):
        kind_of(pl.Struct({"a": pl.Int8()}))


def test_vectors_come_back_as_they_went_to_half_precision():
    vectors = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    written = b"".join(vector_blocks(np.arange(5), vectors))
    size = 2 + 4 + 4 + 4 + 4 + 14
    rows = [written[19 + row * size : 19 + (row + 1) * size] for row in range(5)]
    back = read_vectors([row[14:] for row in rows] + [None], 7)
    assert np.abs(back[:5] - vectors).max() < 2e-3 and not back[5].any()


def test_conditions_become_sql_with_values_as_parameters_alone():
    columns = {"lang": ("f0", "String"), "needs": ("f1", "String[]"), "n": ("f2", "Int32")}
    evil = "'); DROP TABLE posts; --"
    where = Where(
        (Condition("lang", any_of=(evil,)), Condition("needs", any_of=("a",), missing=True), Condition("n", below=3))
    )
    sql, values = conditions_sql(where, columns, "one")
    assert evil not in sql and values == [[evil], ["a"], 3] and sql.count("%s") == 3
    assert conditions_sql(None, columns, "one") == ("TRUE", [])
    with pytest.raises(SettingError, match="colour"):
        conditions_sql(Where((Condition("colour", any_of=("red",)),)), columns, "one")


def test_every_part_of_a_filter_becomes_a_condition_or_is_refused():
    full = Filter(
        languages=("en",), topics=(1,), since=parse_time("2026-01-01"), words="50 %_", originals=True, undated=False,
        places=("", "x"), tags=("",), area=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), files=(0,), needs=("a",),
        urgencies=(-1, 3), located=("c",), states=("new", "done"), owners=("li",),
    )  # fmt: skip
    passing = passing_of(full)
    for exact in (True, False):
        sql, values = nearest_sql("ctse_p1", 8, passing, exact)
        assert sql.count("%s") == len(values) + 2, "the vector and the count come last"
    told, values = passing.first_of_copies("ctse_p1", "post")
    assert told.count("%s") == len(values) and "%50 \\%\\_%" in values
    assert len(passing.where.conditions) == 12 and not passing_of(Filter())
    with pytest.raises(SettingError, match="Kept sets"):
        passing_of(Filter(sets=("0123456789ab",)))
    assert not Passing(without=(3,)) and Passing(only=())


def test_the_words_of_posts_are_kept_with_their_counts_and_lengths():
    kept = postings(pl.Series([["a", "b", "a"], [], ["b"]]), 10, 4)
    assert kept.rows() == [("a", 4, [10], [2], [3]), ("b", 4, [10, 12], [1, 1], [3, 1])]


def test_a_row_that_differs_in_anything_gets_another_digest():
    table = pl.DataFrame({"post_id": ["a", "b"], "text": ["x", None], "copies": [1, 2], "needs": [["w"], []]})
    one, other = posts_as_kept(table), posts_as_kept(table.with_columns(pl.Series("copies", [1, 3])))
    same = (one["digest"] == other["digest"]).to_list()
    assert same == [True, False] and one["position"].to_list() == [0, 1] and '"copies":1' in one["rest"][0]
    vectors = np.eye(3, dtype=np.float32)
    assert len(set(digests_of(np.vstack([vectors, vectors])).tolist())) == 3


def posts(*rows):
    return pl.DataFrame(list(rows), schema=["position", "state", "owner", "note"], orient="row", infer_schema_length=9)


def test_a_deed_of_elsewhere_changes_what_nobody_changed_meanwhile_and_leaves_the_rest():
    wished = pl.DataFrame(
        {
            "position": [1, 2, 3],
            "was_state": ["new"] * 3, "was_owner": [None] * 3, "was_note": [None] * 3,
            "state": ["done", "done", "new"], "owner": [None] * 3, "note": [None, None, "mine"],
        },
        schema_overrides=dict.fromkeys(("was_owner", "was_note", "owner", "note"), pl.String),
    )  # fmt: skip
    here = posts((1, "new", None, "theirs"), (2, "assigned", "li", None), (3, "done", None, None))
    after, refused = laid_over(here, wished)
    assert refused.to_list() == [False, True, False]
    assert after.rows() == [(1, "done", None, "theirs"), (2, "assigned", "li", None), (3, "done", None, "mine")]
    assert laid_over(here, wished, whatever=True)[0]["state"].to_list() == ["done", "done", "done"]


def test_deeds_go_to_another_copy_once_with_who_did_them(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    ask_who(lambda: "ana")
    mark(here, [1, 2], Deed("assign", "li"))
    ask_who(lambda: "")
    assert not deeds_unknown_to(there, ()).deeds.height
    told = deeds_unknown_to(here, ())
    assert take_over(there, told) == 2 and take_over(there, told) == 0
    assert triage_columns(there, 3).equals(triage_columns(here, 3)) and deeds(there)[0].author == "ana"
    assert not deeds_unknown_to(here, set(told.deeds["token"])).deeds.height


def test_tags_that_both_had_are_remembered_for_each_partner(tmp_path):
    add_tag(tmp_path, [1], "mine")
    coming = pl.DataFrame({"position": [2], "tag": ["theirs"], "author": ["li"], "at": ["2026-01-01T00:00:00+00:00"]})
    settle_tags(tmp_path, "x", (coming, {(1, "mine")}), {(2, "theirs")})
    tags, agreed = tags_agreed(tmp_path, "x")
    assert tags.equals(all_tags(tmp_path)) and tags["tag"].to_list() == ["theirs"] and agreed == {(2, "theirs")}
    assert tags_agreed(tmp_path, "y")[1] == set()


def test_what_a_graph_needs_grows_with_vectors_and_their_width_and_what_is_missing_is_told():
    assert needed_megabytes(14_000_000, 384) > 20_000 > needed_megabytes(14_000_000, 128)
    memory = Memory(14_000_000, needed_megabytes(14_000_000, 384), 3_968)
    assert memory.taken == 3_968 and "3.9 GB" in memory.sentence() and "22.8 GB would hold them" in memory.sentence()
    assert not Memory(1_000, needed_megabytes(1_000, 384), 3_968).sentence()
