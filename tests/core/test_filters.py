"""The shared filter: it keeps what it says, and its address brings it back."""

from datetime import UTC, datetime

import polars as pl
import pytest

from ctse_core.errors import SettingError
from ctse_core.filters import Filter, parse_time
from ctse_core.types import Col


@pytest.fixture
def table():
    return pl.DataFrame(
        {
            Col.TEXT: ["Water rises", "El agua sube", "[Help] 5+5?", "undated water"],
            Col.LANG: ["en", "es", "und", "en"],
            Col.CLUSTER: [0, 0, -1, 1],
            Col.TIME: [datetime(2026, 3, day, 5, tzinfo=UTC) for day in (14, 15, 16)] + [None],
            Col.DUPLICATE_OF: [None, "1", None, None],
        },
        schema_overrides={Col.TIME: pl.Datetime("us", "UTC")},
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
        (Filter(originals=True), [0, 2, 3]),
        (Filter(languages=("en",), topics=(1,), words="undated"), [3]),
    ],
)
def test_a_filter_keeps_what_it_says(table, chosen, kept):
    assert chosen.mask(table).nonzero()[0].tolist() == kept


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
    )
    assert Filter.from_query(chosen.to_query()) == chosen
    assert Filter().to_query() == {}


def test_an_address_typed_wrong_loses_only_its_wrong_parts():
    read = Filter.from_query({"topic": "1,x,,9e", "since": "yesterday", "lang": "es,", "words": "agua"})
    assert read == Filter(languages=("es",), topics=(1,), words="agua")


def test_times_without_a_zone_are_utc_and_others_are_moved_there():
    assert parse_time("2026-03-14") == datetime(2026, 3, 14, tzinfo=UTC)
    assert parse_time("2026-03-14T05:00+05:30") == datetime(2026, 3, 13, 23, 30, tzinfo=UTC)
    with pytest.raises(SettingError, match="not a date"):
        parse_time("soon")
