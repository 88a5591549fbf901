"""The shared filter: it keeps what it says, and its address brings it back."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from ctse_core.areas import area_of
from ctse_core.errors import SettingError
from ctse_core.filters import PARAMETERS, Filter, parse_time
from ctse_core.types import Col

NASTY = "Ishtor | Nord, ~x\\"
SETS = {"odd": np.array([1, 3]), "late": np.array([2, 3])}


@pytest.fixture
def table():
    return pl.DataFrame(
        {
            Col.TEXT: ["Water rises", "El agua sube", "[Help] 5+5?", "undated water"],
            Col.LANG: ["en", "es", "und", "en"],
            Col.CLUSTER: [0, 0, -1, 1],
            Col.TIME: [datetime(2026, 3, day, 5, tzinfo=UTC) for day in (14, 15, 16)] + [None],
            Col.DUPLICATE_OF: [None, "1", None, None],
            Col.PLACE: ["Port Halven", " Ishtor | Nord, ~x\\ ", " ", None],
            Col.TAGS: [["to verify", "A"], [], ["A"], []],
            Col.X: [0.5, 2.0, None, -1.0],
            Col.Y: [0.5, 0.5, 0.5, 0.5],
            Col.FILE: [0, 0, 1, 2],
        },
        schema_overrides={Col.TIME: pl.Datetime("us", "UTC"), Col.TAGS: pl.List(pl.Utf8)},
    )


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        (Filter(), [0, 1, 2, 3]),
        (Filter(languages=("en", "und")), [0, 2, 3]),
        (Filter(topics=(-1, 1)), [2, 3]),
        (Filter(since=datetime(2026, 3, 15, tzinfo=UTC)), [1, 2]),
        (Filter(until=datetime(2026, 3, 15, 5, tzinfo=UTC)), [0]),
        (Filter(words="WATER"), [0, 3]),
        (Filter(words="[Help] 5+5?"), [2]),
        (Filter(words="[help] 5+"), [2]),
        (Filter(words=".*"), []),
        (Filter(words="EL AGUA"), [1]),
        (Filter(originals=True), [0, 2, 3]),
        (Filter(languages=("en",), topics=(1,), words="undated"), [3]),
        (Filter(undated=True), [3]),
        (Filter(undated=True, since=datetime(2026, 3, 15, tzinfo=UTC)), []),
        (Filter(places=("Port Halven",)), [0]),
        (Filter(places=(NASTY,)), [1]),
        (Filter(places=("",)), [2, 3]),
        (Filter(places=("", "Port Halven")), [0, 2, 3]),
        (Filter(tags=("A",)), [0, 2]),
        (Filter(tags=("to verify", "B")), [0]),
        (Filter(tags=("",)), [1, 3]),
        (Filter(tags=("", "to verify")), [0, 1, 3]),
        (Filter(area=((0, 0), (1, 0), (1, 1), (0, 1))), [0]),
        (Filter(area=((-2, 0), (0, 0), (0, 1), (-2, 1)), undated=True), [3]),
        (Filter(sets=("odd",)), [1, 3]),
        (Filter(files=(1, 2)), [2, 3]),
        (Filter(files=(0,), originals=True), [0]),
        (Filter(sets=("odd", "late")), [3]),
        (Filter(sets=("late",), originals=True, languages=("en", "und")), [2, 3]),
    ],
)
def test_a_filter_keeps_what_it_says(table, chosen, kept):
    assert chosen.mask(table, SETS).nonzero()[0].tolist() == kept


def test_a_filter_is_all_of_its_parts_together(table):
    chosen = Filter(languages=("en", "es"), words="water", sets=("late", "odd"), undated=True, tags=("",))
    parts = chosen.parts()
    assert len(parts) == 6
    together = np.logical_and.reduce([part.mask(table, SETS) for part in parts])
    assert together.tolist() == chosen.mask(table, SETS).tolist() == [False, False, False, True]
    assert Filter().parts() == []


def test_a_set_that_is_not_there_is_told_and_never_taken_for_everything(table):
    with pytest.raises(SettingError, match="not part of this project"):
        Filter(sets=("gone",)).mask(table, SETS)


def test_posts_of_a_set_beyond_the_table_are_left_out(table):
    mask = Filter(sets=("far",)).mask(table, {"far": np.array([1, 77, -3])})
    assert mask.nonzero()[0].tolist() == [1]


def test_without_a_column_of_tags_every_post_is_untagged(table):
    bare = table.drop(Col.TAGS)
    assert Filter(tags=("",)).mask(bare).all()
    assert not Filter(tags=("A",)).mask(bare).any()


def test_an_empty_table_is_no_error(table):
    assert Filter(words="x").mask(table.clear()).tolist() == []


def test_the_address_brings_the_filter_back():
    chosen = Filter(
        ("es", "ht"),
        (-1, 3),
        datetime(2026, 3, 14, 5, tzinfo=UTC),
        datetime(2026, 3, 15, tzinfo=UTC),
        "a,b&c=d",
        True,
        places=("", NASTY, "~", "a|b", "\\"),
        tags=("", "to verify"),
        area=area_of([(0.1234567891, -2), (1e-7, 3.5), (12345.678, 1)]),
        sets=("0123456789ab", "ba9876543210"),
        files=(0, 2),
    )
    assert set(chosen.to_query()) <= set(PARAMETERS)
    assert Filter.from_query(chosen.to_query()) == chosen
    assert Filter.from_query(Filter(undated=True).to_query()) == Filter(undated=True)
    assert Filter().to_query() == {}


@pytest.mark.parametrize("area", ["1,2", "a,b;c,d;e,f", "nan,nan;1,1;2,2", "1,2;3", ";".join(["1,2"] * 65)])
def test_an_outline_that_cannot_be_read_is_left_out(area):
    assert Filter.from_query({"area": area, "words": "x"}) == Filter(words="x")


def test_an_address_typed_wrong_loses_only_its_wrong_parts():
    read = Filter.from_query({"topic": "1,x,,9e", "since": "yesterday", "lang": "es,", "words": "agua"})
    assert read == Filter(languages=("es",), topics=(1,), words="agua")


def test_times_without_a_zone_are_utc_and_others_are_moved_there():
    assert parse_time("2026-03-14") == datetime(2026, 3, 14, tzinfo=UTC)
    assert parse_time("2026-03-14T05:00+05:30") == datetime(2026, 3, 13, 23, 30, tzinfo=UTC)
    with pytest.raises(SettingError, match="not a date"):
        parse_time("soon")


def crisis_table():
    """Four posts with what responders ask for; the last has none of it."""
    return pl.DataFrame(
        {
            Col.NEEDS: [["water"], ["water", "shelter"], ["shelter"], []],
            Col.URGENCY: pl.Series([3, 2, None, 0], dtype=pl.Int8),
            Col.WITHIN: [["g1", "aHT.11", "cHT"], ["cHT"], ["g2", "cCL"], []],
            Col.STATE: ["new", "seen", "assigned", "new"],
            Col.OWNER: [None, None, "ana", None],
        }
    )


@pytest.mark.parametrize(
    ("among", "passing"),
    [
        (Filter(needs=("water",)), [0, 1]),
        (Filter(needs=("shelter", "")), [1, 2, 3]),
        (Filter(urgencies=(3, -1)), [0, 2]),
        (Filter(located=("cHT",)), [0, 1]),
        (Filter(located=("aHT.11", "")), [0, 3]),
        (Filter(states=("new",)), [0, 3]),
        (Filter(owners=("ana",)), [2]),
        (Filter(owners=("",), needs=("water",)), [0, 1]),
    ],
)
def test_what_responders_ask_for_is_filtered_by(among, passing):
    assert np.flatnonzero(among.mask(crisis_table())).tolist() == passing
    assert Filter.from_query(among.to_query()) == among


def test_posts_of_which_nothing_was_told_pass_only_as_such():
    bare = pl.DataFrame({Col.LANG: ["en", "es"]})
    assert not Filter(needs=("water",)).mask(bare).any() and Filter(needs=("",)).mask(bare).all()
    assert Filter(states=("new",)).mask(bare).all() and not Filter(states=("done",)).mask(bare).any()
    assert Filter(urgencies=(-1,)).mask(bare).all() and Filter(owners=("",)).mask(bare).all()
