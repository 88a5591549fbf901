"""What the browser is sent of a map: small, stable, and without a single post's text."""

import json

import numpy as np
import pytest

from ctse_core.areas import area_of
from ctse_core.figures.map_files import MAP_SCRIPTS, PARTS_SCRIPTS, script
from ctse_core.figures.map_payload import Scene, described, ground_of, part, scene_parts
from ctse_core.figures.map_points import coloured
from tests.sample_analysis import sample_analysis
from ui.semantic_map.component import told


@pytest.fixture(scope="module")
def analysis():
    return sample_analysis(300)


def scene_of(analysis, mask=None, area=()):
    whole = np.ones(analysis.table.height, dtype=bool)
    groups, looks = coloured("topic", analysis.table, analysis.topics)
    return Scene(whole if mask is None else mask, whole, groups, looks, "topic", area)


def test_a_part_tells_its_fingerprint_and_holds_its_bytes():
    one = part(b"\x01\x02\x03\x04")
    length = int.from_bytes(one.message[:4], "little")
    assert json.loads(one.message[4 : 4 + length]) == {"print": one.print}
    assert one.message[4 + length :] == b"\x01\x02\x03\x04"
    assert part(b"\x01\x02\x03\x05").print != one.print


def test_a_filter_changes_only_what_passes(analysis):
    ground = ground_of(analysis.table, analysis.topics)
    before = scene_parts(ground, scene_of(analysis))
    mask = np.arange(analysis.table.height) % 3 == 0
    after = scene_parts(ground, scene_of(analysis, mask))
    assert {name for name in before if before[name].print != after[name].print} == {"passing"}
    points = len(ground.points.positions)
    assert len(before["places"].message) < 4 * points + 60
    assert len(after["passing"].message) < points / 8 + 8 * points / 3 + 70


def test_the_description_counts_what_passes_and_holds_no_post(analysis):
    ground = ground_of(analysis.table, analysis.topics)
    mask = np.arange(analysis.table.height) % 2 == 0
    scene = scene_of(analysis, mask, area_of([(0, 0), (1, 0), (1, 1)]))
    parts = scene_parts(ground, scene)
    sent = described(ground, scene, analysis.topics, parts)
    written = json.dumps(sent)
    assert not [text for text in analysis.table["text"] if len(text) > 20 and text in written]
    assert set(sent["prints"]) == {"places", "topics", "groups", "passing", "free"}
    assert sum(group["posts"] for group in sent["groups"]) == mask.sum()
    posts = {topic["id"]: topic["posts"] for topic in sent["topics"]}
    clusters = analysis.table["cluster"].to_numpy()[mask]
    assert all(count == (clusters == number).sum() for number, count in posts.items())
    shades = {group["index"]: group["name"] for group in sent["groups"]}
    assert all(shades[topic["group"]] == topic["name"] for topic in sent["topics"]), "fewer than twelve: each its own"
    assert sent["order"] == sorted(sent["order"], key=lambda row: (-sent["topics"][row]["posts"], row))
    assert all(0 <= topic["x"] <= 1 and 0 <= topic["y"] <= 1 for topic in sent["topics"] if topic["posts"])


def test_what_is_read_at_a_point_tells_copies_and_undated_posts(analysis):
    rows = analysis.table.with_row_index("position").iter_rows(named=True)
    read = [told(post) for post in rows]
    assert any("undated" in one["facts"] for one in read)
    assert any("copies" in fact for one in read for fact in one["facts"])
    assert all(one["code"] != "und" for one in read)


def test_the_scripts_are_whole_and_export_once():
    for names in (MAP_SCRIPTS, PARTS_SCRIPTS):
        assert script(names).count("export default") == 1
    assert len(script(PARTS_SCRIPTS)) < 5000, "every array carries this script"
