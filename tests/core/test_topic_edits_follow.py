"""What people take away follows their edits: reports, tables, searches, from the app's functions and by command."""

import json

import polars as pl
import pytest

from ctse_core.__main__ import main
from ctse_core.analysis import load_analysis
from ctse_core.edited import edited
from ctse_core.example import open_example
from ctse_core.report import edit_rows, write_report
from ctse_core.structure.edits import Edit
from ctse_core.topic_editing import TopicMemory, record
from ctse_core.topic_previews import adoption, nearest_in, parts_of, topics_like
from ctse_core.types import UNSORTED, Col, TopicCol

NAME = "Boats that the village needs"


@pytest.fixture
def project(tmp_path):
    return open_example(tmp_path / "projects")


@pytest.fixture
def memory(project):
    return TopicMemory(load_analysis(project))


@pytest.fixture
def renamed(project, memory):
    """The example with one topic renamed and two merged."""
    record(project, memory, Edit("rename", {"topic": 1, "name": NAME}), {1: "before"})
    record(project, memory, Edit("merge", {"topics": [2, 3], "into": 2}), {})
    return project


def test_every_format_of_the_report_follows(renamed, tmp_path):
    analysis = edited(load_analysis(renamed), renamed)
    paths = {path.name: path for path in write_report(analysis, tmp_path / "out")}
    html = paths["report.html"].read_text(encoding="utf-8")
    assert NAME in html and "Edits of topics" in html
    topics = pl.read_csv(paths["topics.csv"])
    assert NAME in topics[TopicCol.NAME].to_list() and 3 not in topics[TopicCol.ID].to_list()
    assert topics[TopicCol.EDITED].sum() == 2
    posts = pl.read_parquet(paths["posts.parquet"])
    assert posts.filter(pl.col(Col.CLUSTER) == 1)[Col.TOPIC].unique().to_list() == [NAME]
    assert NAME in pl.read_excel(paths["posts.xlsx"], sheet_name="Topics")[TopicCol.NAME].to_list()
    method = pl.read_excel(paths["posts.xlsx"], sheet_name="Method", infer_schema_length=None)
    told = dict(method.filter(pl.col("part") == "Corrected by people").select("what", "value").rows())
    assert told["Edits of topics"] == "2" and told["Kinds"] == "rename 1, merge 1"


def test_a_topic_that_others_join_keeps_its_name_in_every_language(renamed):
    run, after = load_analysis(renamed), edited(load_analysis(renamed), renamed)
    before, merged = (one.topics.filter(pl.col(TopicCol.ID) == 2) for one in (run, after))
    assert merged[TopicCol.SIZE][0] > before[TopicCol.SIZE][0]
    assert merged[TopicCol.NAME][0] == before[TopicCol.NAME][0]
    assert merged[TopicCol.NAMES].to_list() == before[TopicCol.NAMES].to_list()


def test_the_commands_follow(renamed, tmp_path, capsys):
    assert main(["report", str(renamed.folder), "--format", "csv", "--out", str(tmp_path / "cli")]) == 0
    assert NAME in (tmp_path / "cli" / "topics.csv").read_text(encoding="utf-8")
    capsys.readouterr()
    word = load_analysis(renamed).topics.filter(pl.col(TopicCol.ID) == 1)[TopicCol.TERMS][0][0]
    assert main(["search", str(renamed.folder), word, "--topic", "1", "--mode", "words", "--json", "-k", "3"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found and {post[Col.TOPIC] for post in found} == {NAME}


def test_a_report_of_nobody_s_edits_says_nothing_of_them(project):
    assert edit_rows(load_analysis(project).manifest) == []


def test_the_parts_of_a_topic_are_shown_before_it_is_split_and_are_what_comes(project, memory):
    run = memory.run
    parts = parts_of(memory, run, 0, 3)
    assert len(parts.posts) == parts.topics.height == 3
    assert parts.topics[TopicCol.SIZE].sum() == run.topics[TopicCol.SIZE][0]
    assert parts.topics[TopicCol.SIZE].is_sorted(descending=True)
    record(project, memory, parts.edit(0), {})
    after = edited(run, project, memory)
    made = after.topics.filter(pl.col(TopicCol.ID).is_in([0, 10_000, 10_001]))
    assert made[TopicCol.SIZE].to_list() == parts.topics[TopicCol.SIZE].to_list()
    assert set(made[TopicCol.NAME]) == set(parts.topics[TopicCol.NAME])
    again = parts_of(TopicMemory(run), run, 0, 3)
    assert [part.tolist() for part in again.posts] == [part.tolist() for part in parts.posts]


def test_a_topic_of_one_post_is_not_parted(project, memory):
    record(project, memory, Edit("reassign", {"posts": [5], "to": UNSORTED, "new": True}), {})
    shown = edited(memory.run, project, memory)
    for parts in (0, 2, 8):
        assert len(parts_of(memory, shown, 10_000, parts).posts) == 1


def test_the_preview_of_unsorted_posts_is_what_moves(project, memory):
    nearest = nearest_in(memory, memory.run)
    few, many = adoption(memory, nearest, 60), adoption(memory, nearest, 1)
    assert few.moves.height <= many.moves.height
    assert many.moves.height
    before = (memory.run.table[Col.CLUSTER] == UNSORTED).sum()
    assert many.unsorted == before
    record(project, memory, many.edit(), {})
    after = edited(memory.run, project, memory)
    assert (after.table[Col.CLUSTER] == UNSORTED).sum() == before - many.moves["posts"].sum()
    moved = after.table[many.moves["position"].to_list()]
    assert moved[Col.CLUSTER].to_list() == many.moves["topic"].to_list()
    assert moved[Col.STRENGTH].max() <= 0.3


def test_other_topics_are_offered_by_likeness(memory):
    others = topics_like(memory, memory.run, 0)
    assert sorted([0, *others]) == sorted(memory.run.topics[TopicCol.ID])
