"""What other programs read: GeoJSON, HXL, JSON lines and Parquet with needs, places, states; all of it adds up."""

import csv
import dataclasses
import io
import json
import re

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ctse_core.report import DATA_DICTIONARY, FORMATS, REPORT_FILES, write_report
from ctse_core.report.tables import AT_FROM, LEVEL, NEED_NAMES, PLACE_NAMES, TABLES, posts_table, tables_of
from ctse_core.types import Col
from tests.sample_analysis import sample_analysis
from tests.sample_crisis import NEEDS, sample_crisis

# The core hashtags of HXL 1.1 final, hxlstandard.org/standard/1-1final/dictionary.
CORE = """access activity adm1 adm2 adm3 adm4 adm5 affected beneficiary capacity cause channel contact country crisis
currency date delivery description event frequency geo group impact indicator inneed item loc meta modality need
operations org output population reached region respondee sector service severity status subsector targeted value"""
HASHTAG = re.compile(r"#([a-z][a-z0-9_]*)((?:\+[a-z][a-z0-9_]*)*)")


@pytest.fixture(scope="module")
def analysis():
    return sample_crisis(300)


@pytest.fixture(scope="module")
def folder(analysis, tmp_path_factory):
    where = tmp_path_factory.mktemp("taken")
    write_report(analysis, where, ("csv", "jsonl", "parquet", "geojson", "hxl", "xlsx"))
    return where


def collection(path):
    return json.loads(path.read_text(encoding="utf-8"))


def rows_of(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_every_post_is_a_feature_and_the_unplaced_are_told(analysis, folder):
    told = collection(folder / "posts.geojson")
    features = told["features"]
    assert [one["id"] for one in features] == analysis.table[Col.POST_ID].to_list()
    unplaced = sum(one["geometry"] is None for one in features)
    assert unplaced == analysis.table[Col.AT_LAT].null_count() > 0
    assert told["ctse"]["unplaced"] == unplaced and told["ctse"]["placed"] == len(features) - unplaced
    assert f"{unplaced:,} posts have no coordinates" in told["ctse"]["said"]


def test_coordinates_are_longitude_first_exact_and_say_whose_they_are(analysis, folder):
    told = collection(folder / "posts.geojson")
    own = [one for one in told["features"] if one["properties"][AT_FROM] == "file"]
    assert own and all(one["geometry"] == {"type": "Point", "coordinates": [140.123456789, -12.3456789]} for one in own)
    by_place = [one for one in told["features"] if one["properties"][AT_FROM] == "place"]
    assert by_place and all(one["properties"]["lat"] is None for one in by_place)
    west, south, east, north = told["bbox"]
    for one in told["features"]:
        if one["geometry"]:
            x, y = one["geometry"]["coordinates"]
            assert west <= x <= east and south <= y <= north


def test_features_bear_what_people_added(analysis, folder):
    features = {one["id"]: one["properties"] for one in collection(folder / "posts.geojson")["features"]}
    for post in analysis.table.iter_rows(named=True):
        told = features[post[Col.POST_ID]]
        for name in (Col.NEEDS, Col.TAGS, Col.STATE, Col.OWNER, Col.NOTE, Col.INDEPENDENT, Col.REPEATED, Col.URGENCY):
            assert told[name] == post[name], name
        assert told[NEED_NAMES] == [NEEDS[key] for key in post[Col.NEEDS]]


def test_places_are_features_with_their_posts_and_the_unplaced_have_no_point(analysis, folder):
    told = collection(folder / "places.geojson")
    by_key = {one["id"]: one for one in told["features"]}
    country = by_key["cXX"]["properties"]["posts"]
    assert country + by_key["unplaced"]["properties"]["posts"] == analysis.table.height
    assert by_key["unplaced"]["geometry"] is None
    assert by_key["g100"]["geometry"]["coordinates"] == [100.5, -10.0]
    assert by_key["aXX.07"]["properties"]["posts"] <= country


def test_a_file_with_coordinates_and_nothing_else_has_its_points(tmp_path):
    base = sample_analysis(40)
    table = base.table.with_columns(pl.lit(1.25).alias(Col.LAT), pl.lit(-2.5).alias(Col.LON))
    table = table.with_columns(pl.when(pl.col(Col.ROW) > 3).then(Col.LAT).alias(Col.LAT))
    paths = write_report(dataclasses.replace(base, table=table), tmp_path, ("geojson",))
    assert [path.name for path in paths] == ["posts.geojson"]
    features = collection(paths[0])["features"]
    assert [one["geometry"] is None for one in features[:5]] == [True, True, True, False, False]
    assert features[4]["geometry"]["coordinates"] == [-2.5, 1.25]


def test_json_lines_are_exact_with_ids_lists_and_times(analysis, folder):
    lines = [json.loads(line) for line in (folder / "posts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == analysis.table.height
    for told, post in zip(lines, analysis.table.iter_rows(named=True), strict=True):
        assert told[Col.POST_ID] == post[Col.POST_ID] and told[Col.TEXT] == post[Col.TEXT]
        assert told[Col.NEEDS] == post[Col.NEEDS] and told[Col.NOTE] == post[Col.NOTE]
        assert (told[Col.TIME] is None) == (post[Col.TIME] is None)
    timed = next(line for line in lines if line[Col.TIME])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", timed[Col.TIME])


@pytest.mark.parametrize("name", ["posts.hxl.csv", "needs.hxl.csv"])
def test_hashtags_follow_the_standard(folder, name):
    heads, tags, *rows = rows_of(folder / name)
    assert len(heads) == len(tags) == len(set(tags)) and all(len(row) == len(tags) for row in rows)
    for tag in tags:
        found = HASHTAG.fullmatch(tag)
        assert found, tag
        assert found[1] in CORE.split() or found[1].startswith("x_"), tag


def test_hxl_posts_keep_ids_places_and_names(analysis, folder):
    _, tags, *rows = rows_of(folder / "posts.hxl.csv")
    at = {tag: place for place, tag in enumerate(tags)}
    assert [row[at["#meta+id"]] for row in rows] == analysis.table[Col.POST_ID].to_list()
    assert rows[0][at["#country+code+v_iso2"]] == "XX" and rows[0][at["#country+name"]] == "Nowhere"
    assert rows[0][at["#loc+name"]] == ""
    town = next(row for row in rows if row[at["#loc+name"]])
    assert town[at["#adm1+name"]] == "Selva"
    assert rows[1][at["#need+v_trec_is+name+list"]] == "Water | Search and rescue"
    assert rows[3][at["#description+note"]] == "'=1+1 asked back"


def test_hxl_needs_add_up_by_need_with_rows_for_no_need_and_no_place(analysis, folder):
    _, tags, *rows = rows_of(folder / "needs.hxl.csv")
    at = {tag: place for place, tag in enumerate(tags)}
    total = {}
    for row in rows:
        key = row[at["#need+v_trec_is+code"]]
        total[key] = total.get(key, 0) + int(row[at["#x_posts+num+total"]])
    wanted = {key: sum(key in needs for needs in analysis.table[Col.NEEDS]) for key in total if key}
    assert {key: posts for key, posts in total.items() if key} == wanted
    assert total[""] == sum(len(needs) == 0 for needs in analysis.table[Col.NEEDS])
    assert any(row[at["#loc+code"]] == "" and row[at["#country+code+v_iso2"]] == "" for row in rows)


def test_sectors_get_the_hashtag_of_sectors(analysis, tmp_path):
    scheme = dataclasses.replace(analysis.crisis, scheme=type(analysis.crisis.scheme)(key="ocha", types=[]))
    write_report(dataclasses.replace(analysis, crisis=scheme), tmp_path, ("hxl",))
    assert "#sector+v_ocha+name+list" in rows_of(tmp_path / "posts.hxl.csv")[1]


def test_tables_of_needs_and_places_add_up(analysis):
    tables = tables_of(analysis)
    assert set(tables) == set(TABLES)
    needs = dict(tables["needs"].select("key", "posts").rows())
    assert needs[""] == sum(len(one) == 0 for one in analysis.table[Col.NEEDS]) and needs["never"] == 0
    assert tables["needs"]["name"][-1] == "No need told"
    places = dict(tables["places"].select("key", "posts").rows())
    assert places["g100"] == sum("g100" in one for one in analysis.table[Col.LOCATED])
    assert tables["places"]["key"][-1] == ""
    mentions = tables["place_mentions"]
    assert mentions.height == analysis.table[Col.LOCATED].list.len().sum()
    assert mentions[Col.POST_ID][0] == analysis.table[Col.POST_ID][0]


def test_names_stand_beside_keys_and_the_rest_is_as_it_was(analysis):
    posts = posts_table(analysis)
    assert posts[LEVEL].to_list()[:5] == [None, "medium", "high", "critical", "low"]
    assert posts[PLACE_NAMES].list.len().to_list() == analysis.table[Col.LOCATED].list.len().to_list()
    assert_frame_equal(posts.select(analysis.table.columns), analysis.table)


def test_every_table_that_leaves_is_in_the_dictionary(analysis):
    sheet = {"empty_rows": "Empty rows, Unreadable rows", "unreadable_rows": "Empty rows, Unreadable rows"}
    told = {(entry.table, entry.column) for entry in DATA_DICTIONARY}
    for name, table in tables_of(analysis).items():
        for column in table.columns:
            wanted = (sheet.get(name, name.replace("_", " ").capitalize()), column)
            assert wanted in told or column.startswith("file:"), wanted


def test_the_workbook_holds_needs_places_and_people(analysis, folder):
    sheets = pl.read_excel(folder / "posts.xlsx", sheet_id=0)
    assert {"Posts", "Places", "Needs", "Place mentions", "Data dictionary"} <= set(sheets)
    assert sheets["Posts"][Col.OWNER].to_list() == analysis.table[Col.OWNER].to_list()
    assert sheets["Posts"][Col.NOTE].to_list()[3] == "=1+1 asked back"


def test_csv_disarms_what_people_wrote(folder):
    posts = pl.read_csv(folder / "posts.csv", infer_schema=False)
    assert posts[Col.NOTE][3] == "'=1+1 asked back"


def test_every_file_that_a_report_leaves_is_known_to_whoever_tidies_up(analysis, tmp_path):
    for path in write_report(analysis, tmp_path, FORMATS):
        assert path.name in REPORT_FILES, path.name


def test_of_one_post_and_of_none_there_are_files_all_the_same(analysis, tmp_path):
    formats = ("csv", "jsonl", "parquet", "geojson", "hxl", "xlsx", "viewer")
    for count in (0, 1):
        mentions = analysis.crisis.mentions.filter(pl.col("position") < count)
        part = dataclasses.replace(
            analysis,
            table=analysis.table.head(count),
            topics=analysis.topics.head(0),
            crisis=dataclasses.replace(analysis.crisis, mentions=mentions),
        )
        where = tmp_path / str(count)
        write_report(part, where, formats)
        assert len(collection(where / "posts.geojson")["features"]) == count
        assert len(rows_of(where / "posts.hxl.csv")) == count + 2
        assert len((where / "posts.jsonl").read_text().splitlines()) == count
