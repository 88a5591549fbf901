"""Needs against places: every post stands in a cell, cells hold what a click finds, ages are those of the newest."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ctse_core.figures.ages import Ages, age_words, ages_of
from ctse_core.figures.need_place import ALL, NONE, ONE, REST, WIDER, Shown, matrix_sentence, matrix_table, need_place
from ctse_core.filters import Filter
from ctse_core.types import Col

NEEDS = {"water": "Water", "rescue": "Search and rescue", "news": "News"}
PLACES = pl.DataFrame(
    {
        "key": ["g1", "g2", "g3", "aXA.01", "cXA"],
        "name": ["Aldport", "Belmont", "Cray", "North", "Xanadu"],
        "kind": ["town", "town", "town", "region", "country"],
        "country": ["XA"] * 5,
        "region": ["01", "01", None, "01", None],
        "lat": [10.0, 10.5, 12.0, None, None],
        "lon": [20.0, 20.5, 21.0, None, None],
        "population": [5000, 4000, 3000, None, None],
    }
)
START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def posts(*rows):
    """Return a table of (needs, within, urgency, hours after START or None, state)."""
    return pl.DataFrame(
        {
            Col.NEEDS: [list(row[0]) for row in rows],
            Col.WITHIN: [list(row[1]) for row in rows],
            Col.URGENCY: [row[2] for row in rows],
            Col.TIME: [None if row[3] is None else START + timedelta(hours=row[3]) for row in rows],
            Col.STATE: [row[4] for row in rows],
        },
        schema={
            Col.NEEDS: pl.List(pl.Utf8), Col.WITHIN: pl.List(pl.Utf8), Col.URGENCY: pl.Int8,
            Col.TIME: pl.Datetime("us", "UTC"), Col.STATE: pl.Utf8,
        },
    )  # fmt: skip


@pytest.fixture
def table():
    north = ("aXA.01", "cXA")
    return posts(
        (["water"], ["g1", *north], 1, 0, "new"),
        (["water"], ["g1", *north], 3, 5, "seen"),
        (["water", "rescue"], ["g1", "g2", *north], 2, 9, "new"),
        (["rescue"], ["cXA"], 3, 30, "new"),
        ([], ["g2", *north], 0, None, "done"),
        (["news"], [], None, 2, "new"),
        ([], [], None, None, "new"),
    )


def at(cells, row, column):
    return [line.name for line in cells.rows].index(row), [line.name for line in cells.columns].index(column)


def test_every_post_is_in_the_lines_for_all_and_in_a_cell(table):
    cells = need_place(table, PLACES, "town", NEEDS)
    assert cells.posts[0, 0] == table.height
    assert (cells.in_row[:, 1:].any(axis=1) & cells.in_column[:, 1:].any(axis=1)).all()
    once = need_place(table[[0, 1, 3, 4, 5, 6]], PLACES, "town", NEEDS)
    assert once.repeated == 0 and once.posts[1:, 1:].sum() == 6
    assert cells.repeated == 1 and cells.posts[1:, 1:].sum() == 6 + 4


def test_a_cell_counts_what_a_click_on_it_finds(table):
    for level in ("town", "region", "country"):
        cells = need_place(table, PLACES, level, NEEDS)
        for row, need in enumerate(cells.rows):
            for column, place in enumerate(cells.columns):
                assert len(cells.cell(row, column)) == cells.posts[row, column]
                if place.kind != WIDER:
                    found = Filter(needs=need.keys, located=place.keys).mask(table)
                    assert found.sum() == cells.posts[row, column], (level, need, place)


def test_unplaced_posts_needless_posts_and_wide_places_have_lines_of_their_own(table):
    cells = need_place(table, PLACES, "town", NEEDS)
    assert [line.kind for line in cells.columns] == [ALL, ONE, ONE, WIDER, NONE]
    assert [line.name for line in cells.columns] == [
        "All places",
        "Aldport",
        "Belmont",
        "Only a wider area",
        "No known place",
    ]
    assert cells.posts[at(cells, "No need told", "No known place")] == 1
    assert cells.posts[at(cells, "Search and rescue", "Only a wider area")] == 1
    assert [line.kind for line in need_place(table, PLACES, "country", NEEDS).columns] == [ALL, ONE, NONE]


def test_what_has_urgent_posts_comes_first(table):
    cells = need_place(table, PLACES, "town", NEEDS)
    assert [line.name for line in cells.rows] == ["All posts", "Water", "Search and rescue", "News", "No need told"]
    many = pl.concat([table, *[table[[5]]] * 9])
    assert [line.name for line in need_place(many, PLACES, "town", NEEDS).rows][3] == "News"


def test_a_cell_knows_its_newest_its_first_and_who_looked(table):
    cells = need_place(table, PLACES, "town", NEEDS)
    cell = at(cells, "Water", "Aldport")
    assert cells.time(cells.newest, *cell) == START + timedelta(hours=9)
    assert cells.time(cells.oldest, *cell) == START
    assert (cells.critical[cell], cells.urgent[cell], cells.unread[cell]) == (1, 2, 2)
    undated = at(cells, "No need told", "Belmont")
    assert cells.time(cells.newest, *undated) is None and cells.time(cells.oldest, *undated) is None


def test_rarer_needs_and_places_share_a_line(table):
    cells = need_place(table, PLACES, "town", NEEDS, Shown(1, 1))
    assert [line.kind for line in cells.rows] == [ALL, ONE, REST, NONE]
    assert cells.rows[2].name == "2 rarer needs" and set(cells.rows[2].keys) == {"rescue", "news"}
    assert cells.posts[0, 0] == table.height


def test_needs_that_ask_somebody_to_act_stand_before_all_others(table):
    usual = [line.keys for line in need_place(table, PLACES, "town", NEEDS).rows if line.kind == ONE]
    last = usual[-1][0]
    rows = need_place(table, PLACES, "town", NEEDS, Shown(first=frozenset({last}))).rows
    assert [line.keys for line in rows if line.kind == ONE] == [(last,), *usual[:-1]]


def test_no_posts_and_no_columns_make_an_empty_matrix(table):
    assert need_place(table.head(0), PLACES, "town", NEEDS).posts.tolist() == [[0]]
    bare = need_place(pl.DataFrame({Col.TEXT: ["a", "b"]}), PLACES.head(0), "town", {})
    assert bare.posts.tolist() == [[2, 2], [2, 2]]
    assert [line.kind for line in bare.columns] == [ALL, NONE]
    assert bare.time(bare.newest, 0, 0) is None


def test_the_table_and_the_sentence_tell_the_same_numbers(table):
    cells = need_place(table, PLACES, "town", NEEDS)
    told = matrix_table(cells)
    assert told.height == len(cells.rows) and told["All places"][0] == 7
    said = matrix_sentence(cells)
    assert said.startswith("7 posts.") and "Water in Aldport, 2 high or critical" in said
    assert "1 posts tell several" in said or "1 post tells several" in said
    twice = PLACES.with_columns(pl.lit("Aldport").alias("name"))
    assert "Aldport (2)" in matrix_table(need_place(table, twice, "town", NEEDS)).columns


def test_old_is_told_from_the_newest_post_or_from_now(table):
    ages = ages_of(table, 24)
    assert ages.moment == START + timedelta(hours=30)
    assert ages.stale(START + timedelta(hours=5)) and not ages.stale(START + timedelta(hours=6))
    assert not ages.stale(None) and not Ages(ages.moment, 0).stale(START)
    assert ages_of(table, 24, now=True).stale(START) or datetime.now(UTC) < START + timedelta(hours=24)
    assert "2026-03-02 12:00 UTC" in ages.told() and "24 h" in ages.told()
    assert ages_of(table.with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(Col.TIME))).moment is None


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0.1, "6 min"), (1.9, "114 min"), (2, "2 h"), (47, "47 h"), (49, "2 d"), (24 * 800, "2 y"), (-3, "0 min")],
)
def test_an_age_is_one_number_and_one_unit(hours, said):
    assert age_words(timedelta(hours=hours)) == said
