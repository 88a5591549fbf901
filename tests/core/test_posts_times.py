"""Times and coordinates out of text, in the forms that exports and people write them."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from ctse_core.posts import ReadSettings
from ctse_core.posts.coordinates import parse_coordinates, parse_pairs
from ctse_core.posts.dates import days_since_1970
from ctse_core.posts.times import parse_times, times_from_ids

SETTINGS = ReadSettings()


def one(written, **settings):
    return parse_times(pl.Series([written]), ReadSettings(**settings)).values[0]


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2023-02-06T04:17:35Z", at(2023, 2, 6, 4, 17, 35)),
        ("2023-02-06 04:17", at(2023, 2, 6, 4, 17)),
        ("2023-02-06", at(2023, 2, 6)),
        ("2023/2/6 4:17", at(2023, 2, 6, 4, 17)),
        ("2023-02-06T04:17:35.123456+03:00", at(2023, 2, 6, 1, 17, 35, 123456)),
        ("2023-02-06T04:17:35,5Z", at(2023, 2, 6, 4, 17, 35, 500000)),
        ("2023-02-06 04:17:35 -0500", at(2023, 2, 6, 9, 17, 35)),
        ("2023-02-06 04:17:35 UTC", at(2023, 2, 6, 4, 17, 35)),
        ("2023-02-06 04:17:35 EST", at(2023, 2, 6, 9, 17, 35)),
        ("1675657055", at(2023, 2, 6, 4, 17, 35)),
        ("1675657055.5", at(2023, 2, 6, 4, 17, 35, 500000)),
        ("1675657055123", at(2023, 2, 6, 4, 17, 35, 123000)),
        ("1675657055123456", at(2023, 2, 6, 4, 17, 35, 123456)),
        ("1675657055123456789", at(2023, 2, 6, 4, 17, 35, 123456)),
        ("Wed Aug 27 13:08:45 +0000 2008", at(2008, 8, 27, 13, 8, 45)),
        ("Wed, 27 Aug 2008 13:08:45 +0200", at(2008, 8, 27, 11, 8, 45)),
        ("27 Aug 2008 13:08", at(2008, 8, 27, 13, 8)),
        ("Aug 27, 2008, 1:08 PM", at(2008, 8, 27, 13, 8)),
        ("12:08 AM - 27 Aug 2008", at(2008, 8, 27, 0, 8)),
        ("Mon Feb 06 2023 04:17:35 GMT+0300 (Arabian Standard Time)", at(2023, 2, 6, 1, 17, 35)),
        ("06.02.2023 04:17:35 UTC+03:00", at(2023, 2, 6, 1, 17, 35)),
        ("31-Dec-20", at(2020, 12, 31)),
        ("44963.5", at(2023, 2, 6, 12)),
        ("20230206", at(2023, 2, 6)),
        ("20230206041735", at(2023, 2, 6, 4, 17, 35)),
        ("2023年2月6日 04:17", at(2023, 2, 6, 4, 17)),
        ("２０２３年２月６日 下午4時17分", at(2023, 2, 6, 16, 17)),
        ("2023年2月6日(月)", at(2023, 2, 6)),
        ("2023년 2월 6일 오후 4:17", at(2023, 2, 6, 16, 17)),
        ("٢٠٢٣-٠٢-٠٦ ١٢:٣٠", at(2023, 2, 6, 12, 30)),
        ("٦ فبراير ٢٠٢٣", at(2023, 2, 6)),
        ("6 de febrero de 2023", at(2023, 2, 6)),
        ("6 février 2023 à 14:05", at(2023, 2, 6, 14, 5)),
        ("6. Februar 2023 um 14:05", at(2023, 2, 6, 14, 5)),
        ("6 февраля 2023", at(2023, 2, 6)),
        ("১০ মে ২০২০", at(2020, 5, 10)),
    ],
)
def test_times_are_read_in_every_usual_form(written, meant):
    assert one(written) == meant


NO_TIMES = """
    nonsense|13:05|2023-02-30|2023-13-01|0000-01-01|9999-12-31|31/31/2023|12|9999999999999999999|february
    99999999999999999999999999|2023-02-06 25:00|2023-02-06T04:17:35+99:00|-62135596800|00/00/0000|٣|:|年月日"""


@pytest.mark.parametrize("written", ["", *(cell.strip() for line in NO_TIMES.split("\n") for cell in line.split("|"))])
def test_what_is_no_time_is_left_empty(written):
    assert one(written) is None


def test_the_order_of_day_and_month_is_decided_over_the_column():
    day_first = parse_times(pl.Series(["03/04/2023", "25/04/2023"]), SETTINGS)
    assert day_first.values.to_list() == [at(2023, 4, 3), at(2023, 4, 25)]
    month_first = parse_times(pl.Series(["03/04/2023", "04/25/2023"]), SETTINGS)
    assert month_first.values.to_list() == [at(2023, 3, 4), at(2023, 4, 25)]
    mixed = parse_times(pl.Series(["25/04/2023", "26/04/2023", "04/27/2023", "01/02/2023"]), SETTINGS)
    assert mixed.values.to_list() == [at(2023, 4, 25), at(2023, 4, 26), at(2023, 4, 27), at(2023, 2, 1)]
    assert any("both day first (2) and month first (1)" in note for note in mixed.notes)


def test_an_undecidable_order_is_told_and_can_be_set():
    cells = pl.Series(["03/04/2023 10:00", "03/05/2023 10:00", "03/06/2023 10:00"])
    guessed = parse_times(cells, SETTINGS)
    assert guessed.values[2] == at(2023, 3, 6, 10)  # three days in a row, not three months
    assert any("Nothing tells" in note for note in guessed.notes)
    assert one("03/04/2023", date_order="day first") == at(2023, 4, 3)
    assert one("03/04/2023", date_order="month first") == at(2023, 3, 4)


def test_doubts_about_times_are_counted():
    times = parse_times(pl.Series(["2023-02-06 04:17", "1812-01-01", "soon", None, "2023-02-06T04:17Z"]), SETTINGS)
    assert (times.unparsed, times.outside, times.values.null_count()) == (1, 1, 3)
    assert times.notes == [
        "1 time has no time zone; taken as UTC.",
        "1 time lies outside the years 1990 to 2100; left empty.",
        "1 cell holds no time that can be read, such as 'soon'.",
    ]
    assert one("1812-01-01", earliest_year=1800) == at(1812, 1, 1)


def test_days_are_counted_as_the_calendar_does():
    for year, month, day in ((1970, 1, 1), (2000, 2, 29), (1900, 3, 1), (1, 1, 1), (9999, 12, 31)):
        expected = (datetime(year, month, day) - datetime(1970, 1, 1)).days
        assert days_since_1970(np.array([year]), np.array([month]), np.array([day]))[0] == expected


def test_twitter_ids_carry_their_time():
    ids = pl.Series(["211040709124440064", "12", None, "7100000000000000000", "9" * 19])
    times = times_from_ids(ids, until=1_800_000_000_000_000)
    assert times[0] == at(2012, 6, 8, 10, 23, 20, 659000) and times.null_count() == 4


def test_coordinates_are_checked_against_the_earth():
    where = parse_coordinates(
        pl.Series(["18,54", "95", "0", "18.5N", "x", None, "33.1 S"]),
        pl.Series(["-72,33", "10", "0", "72.3W", "1", "1", "70°"]),
    )
    assert where.lat.to_list() == [18.54, None, None, 18.5, None, None, -33.1]
    assert where.lon.to_list() == [-72.33, None, None, -72.3, None, None, 70.0]
    assert any("1 post lies at 0, 0" in note for note in where.notes)
    assert any("2 coordinates are no number" in note for note in where.notes)


def test_swapped_columns_of_coordinates_are_swapped_back():
    where = parse_coordinates(pl.Series(["-122.4", "-121.9"]), pl.Series(["37.8", "37.3"]))
    assert where.lat.to_list() == [37.8, 37.3] and where.lon.to_list() == [-122.4, -121.9]
    assert any("swapped back" in note for note in where.notes)


@pytest.mark.parametrize(
    "cell", ["18.54, -72.33", "(18.54,-72.33)", "18.54 -72.33 0 0", "POINT(-72.33 18.54)", "18,54; -72,33"]
)
def test_both_coordinates_may_stand_in_one_cell(cell):
    where = parse_pairs(pl.Series([cell, None]))
    assert where.lat.to_list() == [18.54, None] and where.lon.to_list() == [-72.33, None]


def test_geojson_has_the_longitude_first():
    where = parse_pairs(pl.Series(["[-72.33, 18.54]"]), longitude_first=True)
    assert (where.lat[0], where.lon[0]) == (18.54, -72.33)
