"""When and where: what a person picks on the map or in the table becomes the filter; what is not known is told."""

import dataclasses

import polars as pl
import pytest

from ctse_core.crisis_layer import Layer
from ctse_core.figures.ages import ages_of
from ctse_core.figures.need_place import WIDER, need_place
from ctse_core.figures.place_map import place_map
from ctse_core.figures.place_marks import place_marks
from ctse_core.figures.shapes import outlines
from ctse_core.filters import Filter
from ctse_core.types import Col
from tests.app.test_pages import opened, words
from tests.core.test_need_place import NEEDS, PLACES, posts
from tests.core.test_place_map import table  # noqa: F401 - a fixture
from ui import resources, where
from ui.frame import Workspace
from ui.need_matrix import Cell
from ui.need_matrix.component import description as told_cells
from ui.where import chosen_cells
from ui.where_map import Picked
from ui.where_map.component import description as told_marks


def test_the_browser_is_told_marks_colours_and_countries_but_no_post(table):  # noqa: F811
    drawn = place_map(place_marks(table, PLACES, "town"), "need", ages_of(table), NEEDS)
    shapes = outlines(drawn.rows.select("lon", "lat").to_numpy())
    told = told_marks(drawn, shapes)
    assert told["marks"]["key"] == ["g1", "g3"] and told["marks"]["posts"] == [4, 1]
    assert [told["groups"][group]["name"] for group in told["marks"]["group"]] == ["Water", "Search and rescue"]
    assert all(len(column) in (0, 2) for column in told["marks"].values())
    assert "Germany" in [name for name, *_ in told["countries"]] and told["sums"] and told["named"]


def test_the_browser_is_told_each_cell_in_words(table):  # noqa: F811
    cells = need_place(table, PLACES, "town", NEEDS)
    told = told_cells(cells, ages_of(table, 12), "newest")
    water = [row["name"] for row in told["rows"]].index("Water")
    place = [column["name"] for column in told["columns"]].index("Aldport")
    cell = told["cells"][water][place]
    assert (cell["posts"], cell["urgent"], cell["under"], cell["stale"]) == (1, 1, "40 h", True)
    assert cell["told"].startswith("Water, Aldport. Posts: 1.") and "High or critical: 1" in cell["told"]
    assert told["cells"][water][-2] == {"posts": 0}
    assert told_cells(cells, ages_of(table), "unread")["cells"][water][place]["under"] == "1 unseen"
    assert told_cells(cells, ages_of(table), "since")["cells"][water][place]["under"] == "1 Mar 06:00"


def test_the_filter_shows_in_the_table_as_the_cell_it_stands_for(table):  # noqa: F811
    cells = need_place(table, PLACES, "town", NEEDS)
    rows, columns = [line.name for line in cells.rows], [line.name for line in cells.columns]
    assert chosen_cells(cells, Filter()) == [] == chosen_cells(cells, Filter(languages=("en",)))
    assert chosen_cells(cells, Filter(needs=("water",))) == [(rows.index("Water"), 0)]
    both = Filter(needs=("water",), located=("g1",))
    assert chosen_cells(cells, both) == [(rows.index("Water"), columns.index("Aldport"))]
    nowhere = chosen_cells(cells, Filter(located=("",)))
    assert nowhere == [(0, columns.index("No known place"))]


class Stopped(Exception):
    """In place of the rerun."""


@pytest.fixture
def chosen(monkeypatch):
    """Return what the filter becomes, with the session and the page stood in for."""
    kept = {}

    def rerun():
        raise Stopped

    monkeypatch.setattr(where.state, "choose_filter", lambda wanted: kept.update(filter=wanted))
    monkeypatch.setattr(where.state, "chosen_filter", lambda: kept.get("filter", Filter()))
    monkeypatch.setattr(where.st, "rerun", rerun)
    monkeypatch.setattr(where, "filter_to", lambda project, positions, label, how: kept.update(set=(positions, label)))
    return kept


def picked(chosen, act, *told):
    chosen.pop("set", None)
    with pytest.raises(Stopped):
        act(Workspace(object(), None), *told)
    return chosen.get("filter")


def test_a_picked_cell_is_the_filter_and_picked_again_it_is_not(table, chosen):  # noqa: F811
    table = table.with_row_index("position")
    cells = need_place(table, PLACES, "town", NEEDS)
    row, column = [line.name for line in cells.rows].index("News"), 1
    found = picked(chosen, where._pick_cell, table, cells, Cell(row, column))
    assert (found.needs, found.located) == (("news",), ("g1",))
    assert found.mask(table).sum() == cells.posts[row, column]
    assert not picked(chosen, where._pick_cell, table, cells, Cell(row, column))
    assert picked(chosen, where._pick_cell, table, cells, Cell(0, column)) == Filter(located=("g1",))


def test_posts_of_a_wider_area_are_kept_as_they_are(table, chosen):  # noqa: F811
    table = table.with_row_index("position")
    cells = need_place(table, PLACES, "town", NEEDS)
    column = [line.kind for line in cells.columns].index(WIDER)
    picked(chosen, where._pick_cell, table, cells, Cell(0, column))
    assert chosen["set"] == ([4], "All posts, Only a wider area")


def test_places_picked_on_the_map_are_the_filter_many_are_kept_as_posts(table, chosen):  # noqa: F811
    table = table.with_row_index("position")
    marks = place_marks(table, PLACES, "town")
    assert picked(chosen, where._pick_places, table, marks, Picked(("g1",))).located == ("g1",)
    assert picked(chosen, where._pick_places, table, marks, Picked(("g3",))).located == ("g1", "g3")
    assert picked(chosen, where._pick_places, table, marks, Picked(("g3",), view=True)).located == ("g3",)
    many = tuple(f"g{number}" for number in range(1, 90))
    picked(chosen, where._pick_places, table, marks, Picked(many, view=True))
    assert chosen["set"][0] == [0, 1, 2, 3]


def test_points_of_the_file_are_kept_as_posts(table, chosen):  # noqa: F811
    own = table.with_row_index("position").with_columns(
        pl.Series(Col.LAT, [1.0, 1.0, 2.0, None, 3.0, None]), pl.Series(Col.LON, [5.0, 5.0, 6.0, 7.0, 8.0, None])
    )
    marks = place_marks(own, PLACES, "point")
    picked(chosen, where._pick_places, own, marks, Picked((marks.rows["key"][0],)))
    assert chosen["set"][0] == [0, 1]


@pytest.fixture
def somewhere(example, monkeypatch):
    """The example with needs and places of our own, or with none."""
    made = posts(
        (["water"], ["g1", "aXA.01", "cXA"], 3, 0, "new"), (["rescue"], ["cXA"], 1, 9, "new"), ([], [], None, 3, "new")
    )

    def analysis(project, places=PLACES):
        found = resources.load_analysis(project)
        bare = found.table.with_columns(pl.lit(None, dtype=pl.Float64).alias(axis) for axis in (Col.LAT, Col.LON))
        rows = made[[number % 3 for number in range(found.table.height)]].drop(Col.TIME)
        return dataclasses.replace(found, table=bare.hstack(rows), crisis=Layer(places=places))

    def with_places(places):
        monkeypatch.setattr(resources, "analysis", lambda project: analysis(project, places))
        return example

    return with_places


def test_the_page_counts_what_is_on_the_map_and_what_is_not(somewhere):
    app = opened("when_where.py", project=somewhere(PLACES).name)
    assert not app.error, [error.value for error in app.error]
    said = words(app).replace("\\", "")
    assert "229 of 686 posts are on the map. Places: 1." in said and "229 posts name only a place too wide" in said
    assert "Most urgent posts: water in Aldport, 229 high or critical" in said
    app.segmented_control(key="where_level").set_value("country").run()
    assert "458 of 686 posts are on the map" in words(app).replace("\\", "")
    assert app.query_params["level"] in (["country"], "country")


def test_without_a_place_the_page_says_so_and_still_counts_needs(somewhere):
    app = opened("when_where.py", project=somewhere(PLACES.head(0)).name)
    assert any("No place is known" in info.value for info in app.info)
    assert "686 posts" in words(app)
