"""Who stands behind the example's posts: counted over a whole analysis, kept in the project."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from ctse_core import sources_layer
from ctse_core.example import EXAMPLE
from ctse_core.project import Project
from ctse_core.sources_layer import _credited, alike_pairs, facts_of, source_columns
from ctse_core.stored import Near, load_analysis
from ctse_core.types import Col


@pytest.fixture(scope="module")
def analysis():
    return load_analysis(Project(EXAMPLE))


def test_every_post_is_told_and_copies_are_told_alike(analysis, tmp_path):
    told = source_columns(analysis, Project(tmp_path))
    assert told.height == analysis.table.height
    assert told.schema == {Col.INDEPENDENT: pl.Int32, Col.REPEATED: pl.Boolean, Col.REPETITION: pl.Utf8}
    assert told[Col.INDEPENDENT].min() == 1 and told.null_count().sum_horizontal()[0] == 0
    table = analysis.table.with_columns(told.get_columns())
    assert table.group_by(Col.REPRESENTATIVE).agg(pl.col(Col.INDEPENDENT).n_unique())[Col.INDEPENDENT].max() == 1
    assert (table[Col.REPEATED] == (table[Col.REPETITION] != "")).all()


def test_a_post_shared_often_is_one_source(analysis, tmp_path):
    table = analysis.table.with_columns(source_columns(analysis, Project(tmp_path)).get_columns())
    shared = table.filter(pl.col(Col.TEXT).str.starts_with("RT @birim_baker"))
    assert shared.height > 2
    assert shared[Col.INDEPENDENT].to_list() == [1] * shared.height
    assert set(shared[Col.REPETITION]) == {"passed on"}


def test_what_was_read_is_kept_and_a_corrected_place_counts_at_once(analysis, tmp_path):
    project = Project(tmp_path)
    texts = ["Quake kills 48 in Guatemala, buildings fell", "48 people died: powerful quake shook Guatemala"]
    table = analysis.table.with_columns(
        pl.Series(Col.COMPARED, texts + analysis.table[Col.COMPARED].to_list()[2:]), pl.lit("en").alias(Col.LANG)
    )
    words = pl.Series(
        [["quake", "kills", "guatemala", "buildings"], ["died", "powerful", "quake", "guatemala", "shook"]]
    )
    near = dataclasses.replace(
        analysis.neighbours, of=analysis.neighbours.of[:1], rows=analysis.neighbours.rows[:1] * 0 + 1
    )
    vectors = analysis.vectors[:].copy()
    vectors[1] = vectors[0]
    made = dataclasses.replace(
        analysis, table=table, vectors=vectors, neighbours=near, words=pl.concat([words, analysis.words[2:]])
    )
    assert facts_of(made, 0).numbers == {"48"}
    assert alike_pairs(made, project).tolist() == [[0, 1]]
    assert source_columns(made, project)[Col.INDEPENDENT][:2].to_list() == [2, 2]
    lists = [["gA"], ["gB"], *([[]] * (table.height - 2))]
    moved = dataclasses.replace(made, table=table.with_columns(pl.Series(Col.LOCATED, lists, dtype=pl.List(pl.Utf8))))
    assert source_columns(moved, project)[Col.INDEPENDENT][:2].to_list() == [1, 1]
    assert (project.products / "sources").is_dir()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RT @Ana_B: no water", "ana_b"),
        ("“@ana_b: no water” yes", "ana_b"),
        ("no water (via @ana_b)", "ana_b"),
        ("so true! RT @ana_b: no water", "ana_b"),
        ("RT BenCNN no water", "bencnn"),
        ("@ana_b no water", None),
        ("no water, ask @ana_b", None),
    ],
)
def test_whom_a_post_names_as_its_source_is_read(text, name):
    assert _credited(text) == name


def test_after_an_append_only_pairs_with_a_newer_post_are_looked_at_and_none_is_lost(analysis, tmp_path, monkeypatch):
    posts, earlier, near = analysis.table.height, 500, analysis.neighbours
    inside = near.rows[near.of < earlier]
    cut = Near(of=near.of[near.of < earlier], rows=np.where(inside < earlier, inside, -1))
    first = dataclasses.replace(
        analysis, table=analysis.table.head(earlier), neighbours=cut, manifest={"fingerprint": "first"}
    )
    files = [{"posts": earlier}, {"posts": posts - earlier}]
    told = {"fingerprint": "second", "grown_from": ["first"], "counts": {"posts": posts}, "files": files}
    second = dataclasses.replace(analysis, manifest=told)
    looked, all_pairs = [], sources_layer.near_pairs
    monkeypatch.setattr(
        sources_layer, "near_pairs", lambda *by, newer: looked.append(all_pairs(*by, newer=newer)) or looked[-1]
    )
    source_columns(first, Project(tmp_path / "p"))
    grown = source_columns(second, Project(tmp_path / "p"))
    anew = source_columns(second, Project(tmp_path / "anew"))
    of_first, of_newer, of_all = looked
    assert of_newer.max(axis=1).min() >= earlier and len(of_newer) < len(of_all)
    missing = {*map(tuple, of_all.tolist())} - {*map(tuple, [*of_first.tolist(), *of_newer.tolist()])}
    assert len(missing) <= 1  # what is near by chance is told by the posts before
    assert (grown == anew).select(pl.all().mean()).row(0) >= (0.99, 0.99, 0.99)
