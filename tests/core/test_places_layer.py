"""Places laid over an analysis: the file's own column and coordinates, corrections, who was faster."""

from types import SimpleNamespace

import polars as pl
import pytest

from ctse_core import place_facts, places_layer
from ctse_core.crisis.gazetteer import PLACES_SCHEMA
from ctse_core.crisis.told_places import name_pattern, own_place, spans_of
from ctse_core.crisis_layer import Layer
from ctse_core.errors import EditError, SettingError
from ctse_core.places_layer import place_columns
from ctse_core.project import Project
from ctse_core.project.place_marks import (
    EVERYWHERE,
    PlaceMark,
    add_place_mark,
    place_marks,
    told,
    undo_place_mark,
)
from ctse_core.types import Col

POSTS = [
    ("We need water in Jacmel, Haiti", None, None, None),
    ("Cazeau needs tents. Near Cazeau the road is cut", None, None, None),
    ("pa gen dlo nan CAZEAU", None, None, None),
    ("The roof is gone", None, 18.2342, -72.5347),
    ("Help us", "Camp Bois Rond", 18.5, -72.5),
    ("Nothing left at Camp Bois Rond", None, None, None),
    ("Help us", "Jacmel, Haiti", None, None),
    ("No name here", "", None, None),
]


@pytest.fixture
def laid(tmp_path):
    """A project of a few invented posts, and a function that reads its places anew."""
    count = len(POSTS)
    table = pl.DataFrame(
        {
            Col.TEXT: [post[0] for post in POSTS],
            Col.TIME: pl.Series([None] * count, dtype=pl.Datetime("us", "UTC")),
            Col.PLACE: pl.Series([post[1] for post in POSTS], dtype=pl.Utf8),
            Col.LAT: pl.Series([post[2] for post in POSTS], dtype=pl.Float64),
            Col.LON: pl.Series([post[3] for post in POSTS], dtype=pl.Float64),
            Col.CLUSTER: pl.Series([0] * count, dtype=pl.Int32),
        }
    )
    project = Project(tmp_path / "haiti")
    project.claim()
    analysis = SimpleNamespace(table=table, manifest={"fingerprint": "f", "made": "now"}, crisis=None)
    return SimpleNamespace(project=project, analysis=analysis, read=lambda: place_columns(analysis, project))


def named(located, post):
    names = dict(located.places.select("key", "name").iter_rows())
    return [names[key] for key in located.columns[Col.LOCATED][post]]


def test_each_post_has_its_places_the_finest_first_and_others_an_empty_list(laid):
    located = laid.read()
    assert located.columns.height == len(POSTS)
    assert named(located, 0) == ["Jacmel", "Haiti"]
    assert located.columns[Col.LOCATED][7].to_list() == []
    assert located.columns[Col.LOCATED].null_count() == 0
    assert located.columns[Col.AT_LAT][0] == pytest.approx(18.234, abs=0.01)
    assert located.columns[Col.AT_LAT][7] is None


def test_the_files_own_column_names_places_and_posts_then_may_say_them(laid):
    located = laid.read()
    assert named(located, 4) == named(located, 5) == ["Camp Bois Rond"]
    assert located.columns[Col.LOCATED][4][0].startswith("x")
    assert named(located, 6) == ["Jacmel"]
    assert located.columns[Col.AT_LAT][4] == 18.5 and located.columns[Col.AT_LAT][5] == 18.5


def test_a_name_less_its_first_letter_does_not_win_over_the_files_column(laid):
    posts = ["نحتاج ماء بدمشق", "نحتاج ماء بدمشق", "نحتاج ماء في دمشق"]
    for post, (text, place) in enumerate(zip(posts, ["Jacmel, Haiti", None, "Jacmel, Haiti"], strict=True)):
        laid.analysis.table[post, Col.TEXT] = text
        laid.analysis.table[post, Col.PLACE] = place
    located = laid.read()
    assert named(located, 0) == ["Jacmel"]
    assert named(located, 1) == ["Damascus"]
    assert set(named(located, 2)) == {"Jacmel", "Damascus"}


def test_a_post_that_names_no_place_lies_in_the_town_at_its_own_coordinates(laid):
    located = laid.read()
    assert named(located, 3) == ["Jacmel"]
    assert located.columns[Col.AT_LAT][3] == 18.2342
    assert located.mentions.filter(pl.col("position") == 3)["why"].to_list() == ["coordinates"]


def test_every_key_has_a_row_and_so_have_the_region_and_country_around_it(laid):
    places = laid.read().places
    assert dict(places.schema) == PLACES_SCHEMA
    told_keys = {key for keys in laid.read().columns[Col.LOCATED] for key in keys}
    assert told_keys <= set(places["key"]) and {"cHT", "aHT.13"} <= set(places["key"])


def cazeau():
    return own_place("Cazeau", 18.59, -72.29, "HT", "11")


def test_a_place_of_ones_own_is_found_wherever_its_name_is_said(laid):
    place = cazeau()
    add_place_mark(laid.project.folder, PlaceMark("cazeau", place["key"], EVERYWHERE, "Cazeau", place), 0)
    located = laid.read()
    assert named(located, 1) == named(located, 2) == ["Cazeau"]
    mine = located.mentions.filter(pl.col("key") == place["key"])
    assert mine["said"].to_list() == ["Cazeau", "Cazeau", "CAZEAU"]
    assert located.columns[Col.AT_LAT][1] == 18.59


def test_a_correction_of_one_post_wins_over_one_of_all_and_both_are_kept(laid):
    folder = laid.project.folder
    add_place_mark(folder, PlaceMark("jacmel", "", 0, "Jacmel"), 0)
    add_place_mark(folder, PlaceMark("jacmel", "cHT", EVERYWHERE, "Jacmel"), 1)
    located = laid.read()
    assert located.columns[Col.LOCATED][0].to_list() == ["cHT"]  # Haiti is said, too
    assert located.mentions.filter((pl.col("position") == 0) & (pl.col("said") == "Jacmel")).height == 0
    assert len(place_marks(folder)) == 2


def test_a_correction_taken_back_leaves_what_was_read(laid):
    before = laid.read()
    mark = add_place_mark(laid.project.folder, PlaceMark("jacmel", "", EVERYWHERE, "Jacmel"), 0)
    assert named(laid.read(), 0) == ["Haiti"]
    assert undo_place_mark(laid.project.folder, mark.id) is not None
    assert laid.read().columns.equals(before.columns)
    assert undo_place_mark(laid.project.folder, mark.id) is None
    assert place_marks(laid.project.folder)[0].undone


def test_who_saves_on_what_they_did_not_see_is_told_who_changed_it_to_what(laid):
    folder = laid.project.folder
    first = add_place_mark(folder, PlaceMark("jacmel", "", EVERYWHERE, "Jacmel"), 0)
    with pytest.raises(EditError, match="no place in any post"):
        add_place_mark(folder, PlaceMark("jacmel", "cHT", 0, "Jacmel"), 0)
    assert len(place_marks(folder)) == 1
    add_place_mark(folder, PlaceMark("cazeau", "", EVERYWHERE, "Cazeau"), 0)  # about another name
    second = add_place_mark(folder, PlaceMark("jacmel", "cHT", 0, "Jacmel"), first.id)
    assert second.id > first.id and first.author in told(second)


def test_a_post_is_placed_that_names_no_place(laid):
    place = cazeau()
    add_place_mark(laid.project.folder, PlaceMark("", place["key"], 7, "", place), 0)
    assert named(laid.read(), 7) == ["Cazeau"]


def test_what_the_files_column_says_is_corrected_with_the_words_of_posts(laid):
    folder, before = laid.project.folder, laid.read()
    mark = add_place_mark(folder, PlaceMark("camp bois rond", "cHT", EVERYWHERE, "Camp Bois Rond"), 0)
    assert [laid.read().columns[Col.LOCATED][post].to_list() for post in (4, 5)] == [["cHT"], ["cHT"]]
    undo_place_mark(folder, mark.id)
    add_place_mark(folder, PlaceMark("camp bois rond", "", 4, "Camp Bois Rond"), mark.id)
    assert laid.read().columns[Col.LOCATED][4].to_list() == []
    assert laid.read().columns[Col.LOCATED][5].to_list() == before.columns[Col.LOCATED][5].to_list()


def test_a_place_in_a_country_that_no_post_speaks_of_brings_its_country_along(laid):
    place = place_facts.new_place("Base camp", -1.2921, 36.8219)
    add_place_mark(laid.project.folder, PlaceMark("", place["key"], 7, "", place), 0)
    places = laid.read().places
    assert {"cKE", place["key"], "cHT"} <= set(places["key"])
    assert places["key"].is_unique().all() and not places["name"].is_in(["Nairobi"]).sum() > 1


def test_a_name_is_found_with_any_accents_and_marks_between_its_words():
    texts = pl.Series(["à Port-au-Prince!", "PORT AU PRINCE", "Pòrt aù prince", "airport au princely", "portail"])
    assert texts.str.contains(name_pattern("port au prince")).to_list() == [True, True, True, True, False]
    assert spans_of("à Port-au-Prince!", "port au prince") == [(2, 16)]
    assert spans_of("airport au princely", "port au prince") == []


def test_what_is_told_of_a_name_has_its_reasons_and_what_else_it_may_be(laid):
    located = laid.read()
    laid.analysis.crisis = Layer(places=located.places, mentions=located.mentions)
    names = place_facts.names_in_post(laid.analysis, laid.project, 0)
    jacmel = next(name for name in names if name.said == "Jacmel")
    assert jacmel.key == located.columns[Col.LOCATED][0][0] and jacmel.candidates["name"][0] == "Jacmel"
    assert jacmel.candidates["label"][0] == "Jacmel, Sud-Est, Haiti"
    assert "“in” stands before it." in place_facts.why_told(jacmel.why)
    row = located.places.filter(pl.col("key") == jacmel.key).row(0, named=True)
    assert place_facts.kind_label(row) == f"town, {row['population']:,} people"
    assert place_facts.kind_label(row | {"kind": "region"}) == "region"
    assert place_facts.place_label(row, located.places) == "Jacmel, Sud-Est, Haiti"
    assert place_facts.posts_saying(laid.analysis, "Cazeau") == 2


def test_a_place_that_does_not_exist_is_answered_by_names_nearly_so_or_by_none():
    assert place_facts.look_up("Jacmell", ["HT"])["name"].to_list() == ["Jacmel"]
    assert place_facts.look_up("zzqqxx").height == 0 and place_facts.look_up("  ").height == 0
    assert place_facts.look_up("San José", ["CR"])["country"][0] == "CR"


def test_a_place_of_ones_own_lies_in_the_country_of_the_nearest_town_and_inside_the_world():
    place = place_facts.new_place("Cazeau", 18.59, -72.29)
    assert (place["country"], place["region"]) == ("HT", "11")
    with pytest.raises(SettingError, match="nowhere"):
        place_facts.new_place("Cazeau", 91.0, 0.0)
    with pytest.raises(SettingError, match="needs both"):
        place_facts.new_place("Cazeau", 18.0, None)
    with pytest.raises(SettingError, match="needs a name"):
        place_facts.new_place(" - ", None, None)


@pytest.mark.parametrize(("column", "lengths"), [("Jacmel, Haiti", [4, 4, 8]), ("Camp Bois Rond", [4, 8, 8])])
def test_after_an_append_only_newer_posts_are_read_but_where_the_file_names_a_place_of_its_own(
    laid, tmp_path, monkeypatch, column, lengths
):
    texts = ["Flood in Jacmel, Haiti", "hurricane Sandy hit", "Les Cayes is under water", "near Camp Bois Rond"]
    newer = ["Help needed in Jacmel", "hurricane Sandy again", "Hurricane Sandy is near", "Sandy"]
    table = laid.analysis.table.with_columns(
        pl.Series(Col.TEXT, texts + newer), pl.Series(Col.PLACE, [None] * 7 + [column], dtype=pl.Utf8)
    )
    first = SimpleNamespace(table=table.head(4), manifest={"fingerprint": "first"})
    told = {"fingerprint": "second", "grown_from": ["first"], "counts": {"posts": 8}, "files": [{}, {"posts": 4}]}
    second, read, finds_of = SimpleNamespace(table=table, manifest=told), [], places_layer.finds_of
    monkeypatch.setattr(places_layer, "finds_of", lambda texts, *by: read.append(len(texts)) or finds_of(texts, *by))
    places_layer.read_places(first, laid.project)
    grown = places_layer.read_places(second, laid.project)
    anew = places_layer.read_places(second, Project(tmp_path / "anew"))
    assert read == lengths
    for part in ("mentions", "candidates", "places"):
        assert grown[part].equals(anew[part]), part
