"""The map of places: posts are counted where a click finds them, colours tell what they say, pictures are still."""

import xml.etree.ElementTree as ET
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from ctse_core.figures.ages import Ages, ages_of
from ctse_core.figures.need_picture import still_needs
from ctse_core.figures.need_place import need_place
from ctse_core.figures.place_map import map_sentence, marks_table, place_map
from ctse_core.figures.place_marks import known_levels, place_marks, point_keys, view_of
from ctse_core.figures.place_picture import group_of, still_places
from ctse_core.filters import Filter
from ctse_core.types import Col
from tests.core.test_need_place import NEEDS, PLACES, START, posts


@pytest.fixture
def table():
    north = ("aXA.01", "cXA")
    return posts(
        (["water"], ["g1", *north], 3, 0, "new"),
        (["news"], ["g1", *north], 0, 20, "new"),
        (["news"], ["g1", *north], None, 40, "seen"),
        (["rescue"], ["g1", "g3", *north], 2, 30, "new"),
        ([], ["cXA"], 1, 5, "new"),
        (["water"], [], 1, None, "new"),
    )


def test_a_mark_counts_what_a_filter_by_its_key_finds(table):
    for level in ("town", "region", "country"):
        marks = place_marks(table, PLACES, level)
        for key, count in marks.rows.select("key", "posts").iter_rows():
            assert Filter(located=(key,)).mask(table).sum() == count, key
        assert marks.placed + marks.wider + marks.nowhere == marks.posts == table.height
    assert (place_marks(table, PLACES, "town").wider, place_marks(table, PLACES, "country").wider) == (1, 0)


def test_a_mark_knows_how_urgent_how_new_and_what_presses_most(table):
    row = place_marks(table, PLACES, "town").rows.row(0, named=True)
    assert (row["name"], row["posts"], row["urgent"], row["judged"], row["unread"]) == ("Aldport", 4, 2, 3, 3)
    assert row["newest"] == START + timedelta(hours=40)
    assert row["need"] == "water" and row["weight"] == 8  # one critical post outweighs two of low urgency


def test_regions_without_coordinates_lie_where_their_towns_do_and_countries_in_their_outlines(table):
    region = place_marks(table, PLACES, "region").rows.row(0, named=True)
    assert (region["lat"], region["lon"]) == (10.25, 20.25)
    real = PLACES.with_columns(pl.lit("HT").alias("country")).filter(pl.col("kind") == "country")
    country = place_marks(table, real, "country").rows.row(0, named=True)
    assert country["name"] == "Haiti" and 18 < country["lat"] < 20


def test_what_has_no_position_is_counted_and_not_drawn(table):
    lost = PLACES.with_columns(pl.when(pl.col("key") != "g3").then(pl.col("lat")).alias("lat"))
    drawn = place_map(place_marks(table, lost, "town"), "need", ages_of(table), NEEDS)
    assert drawn.rows["key"].to_list() == ["g1"] and drawn.lost == 1
    assert "not known: 1 post" in map_sentence(drawn)
    assert marks_table(drawn, NEEDS).height == 2


def test_the_files_own_coordinates_are_marks_of_their_own(table):
    own = table.with_columns(
        pl.Series(Col.LAT, [1.00001, 1.00002, 2.0, None, 3.0, None]),
        pl.Series(Col.LON, [5.0, 5.0, 6.0, 7.0, 8.0, None]),
    )
    assert known_levels(own, PLACES) == ["town", "region", "country", "point"]
    marks = place_marks(own, PLACES, "point")
    assert marks.rows["posts"].to_list() == [2, 1, 1] and (marks.placed, marks.nowhere, marks.wider) == (4, 2, 0)
    assert point_keys(own).null_count() == 2 and marks.rows["key"][0] == point_keys(own)[0] == point_keys(own)[1]
    assert "have no coordinates" in map_sentence(place_map(marks, "age", ages_of(own), NEEDS))


def test_tables_without_needs_places_or_times_still_make_marks():
    bare = pl.DataFrame({Col.WITHIN: [["g1"], ["g1"], []]}, schema={Col.WITHIN: pl.List(pl.Utf8)})
    marks = place_marks(bare, PLACES, "town")
    assert marks.rows["posts"].to_list() == [2] and marks.nowhere == 1
    drawn = place_map(marks, "urgency", Ages(None), {})
    assert [group.name for group in drawn.groups][-1] == "Not judged" and drawn.group.tolist() == [4]
    assert known_levels(pl.DataFrame({Col.TEXT: ["a"]}), PLACES) == []
    assert place_marks(pl.DataFrame({Col.TEXT: ["a"]}), PLACES, "town").nowhere == 1


def test_colours_tell_the_need_the_share_of_urgent_posts_or_the_age(table):
    marks = place_marks(table, PLACES, "town")
    by = {look: place_map(marks, look, ages_of(table, 8), NEEDS) for look in ("need", "urgency", "age")}
    said = {look: [one.groups[group].name for group in one.group] for look, one in by.items()}
    assert said["need"] == ["Water", "Search and rescue"]
    assert said["urgency"] == ["Half or more high or critical"] * 2
    assert said["age"] == ["Newest post under 2 h", "Nothing newer than 8 h"]
    assert by["age"].weight is None and by["need"].weight.tolist() == [8.0, 4.0]


def test_more_needs_than_colours_share_one():
    many = [f"need {number}" for number in range(12)]
    table = posts(*[([need], [f"t{number}"], number % 4, 0, "new") for number, need in enumerate(many)])
    places = pl.DataFrame(
        {
            "key": [f"t{number}" for number in range(12)], "name": many, "kind": "town", "country": "XA",
            "region": "01", "lat": np.linspace(0, 5, 12), "lon": np.linspace(0, 5, 12), "population": 1,
        }
    )  # fmt: skip
    drawn = place_map(place_marks(table, places, "town"), "need", ages_of(table), {})
    listed = [group for group in drawn.groups if group.listed]
    assert [group.name for group in listed][-1] == "Other needs" and len({group.colour for group in listed}) == 7
    assert all(drawn.groups[group].name == name for group, name in zip(drawn.group, drawn.rows["name"], strict=True))


def test_several_rare_needs_together_are_not_what_presses_most():
    rare = [([f"rare {number}"], [f"t{number}"], 0, 0, "new") for number in range(9)]
    table = posts(*[(["water"], ["t9"], 1, 0, "new")] * 3, *rare, *[(["food"], ["t10"], 3, 0, "new")] * 9)
    keys = [f"t{number}" for number in range(11)]
    places = PLACES.head(1).drop("key", "lat").join(pl.DataFrame({"key": keys, "lat": 1.0}), how="cross")
    drawn = place_map(place_marks(table, places, "town"), "need", ages_of(table), {})
    together = group_of(drawn, [row for row, key in enumerate(drawn.rows["key"]) if key != "t10"])
    assert drawn.groups[together].name == "water"


def test_a_view_holds_the_places_and_goes_over_the_date_line():
    assert view_of([10, 12], [20, 25]) == (20, 10, 25, 12)
    west, _, east, _ = view_of([-17, -16], [178, -179])
    assert (west, east) == (178, 181)
    west, south, east, north = view_of([5], [5])
    assert np.allclose([east - west, north - south], 0.6)
    assert view_of([], [])[0] < -100


def test_a_few_places_far_out_do_not_make_the_first_view_wide(table):
    far = pl.concat([PLACES, PLACES.head(1).with_columns(key=pl.lit("g9"), lat=pl.lit(-30.0), lon=pl.lit(150.0))])
    rows = [(["water"], ["g1"], 1, 0, "new")] * 60 + [(["water"], ["g2"], 1, 0, "new")] * 60
    drawn = place_map(
        place_marks(posts(*rows, (["water"], ["g9"], 1, 0, "new")), far, "town"), "need", Ages(None), NEEDS
    )
    assert drawn.home[2] < 30 < 149 < drawn.all[2]


def test_pictures_are_whole_svg_with_a_sentence_and_escaped_names(table):
    odd = PLACES.with_columns(name=pl.when(pl.col("key") == "g1").then(pl.lit('<b>&"')).otherwise(pl.col("name")))
    drawn = place_map(place_marks(table, odd, "town"), "need", ages_of(table), NEEDS)
    cells = need_place(table, odd, "town", NEEDS)
    for written in (still_places(drawn), still_needs(cells, ages_of(table, 6))):
        root = ET.fromstring(written)  # noqa: S314 - our own
        assert root.find("{http://www.w3.org/2000/svg}title").text
        assert '<b>&"' in "".join(root.itertext())
    assert len(still_places(drawn)) < 200_000


def test_pictures_of_nothing_are_pictures(table):
    nobody = table.head(0)
    assert "<svg" in still_places(place_map(place_marks(nobody, PLACES, "town"), "need", ages_of(nobody), NEEDS))
    assert "<svg" in still_needs(need_place(nobody, PLACES, "town", NEEDS), ages_of(nobody))
