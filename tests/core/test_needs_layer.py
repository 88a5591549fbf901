"""Needs over an analysis: told, corrected, learnt, explained, kept; an encoder that is gone closes nothing."""

import dataclasses

import numpy as np
import polars as pl
import pytest

import ctse_core.needs_layer as layer
from ctse_core.crisis.scheme_file import read_scheme
from ctse_core.crisis.schemes import built_in, dict_of_scheme
from ctse_core.crisis_layer import Layer, _needs
from ctse_core.errors import EncoderError
from ctse_core.figures.needs import needs_figure, urgency_figure
from ctse_core.needs_layer import needs_columns, scheme_of
from ctse_core.needs_teaching import posts_to_mark, teaching
from ctse_core.needs_why import marks_on, why_needs
from ctse_core.project import Project
from ctse_core.project.need_marks import Said, choose_scheme, mark_posts, undo_marks
from ctse_core.stored import Analysis
from ctse_core.types import Col
from tests.fakes import WordEncoder

OWN = """type,example,urgency,terms
Water,We need water now,high,water
Water,No drinking water here,high,agua
Bridge,The bridge is closed,medium,bridge
Bridge,Bridge road blocked,medium,
None,Good morning friends,low,
None,Happy birthday dear friend,low,
"""
TEXTS = [
    "we need drinking water now", "no water here now", "the bridge is blocked", "bridge closed again",
    "good morning friends", "happy birthday dear ada", "water now please", "bridge road is blocked",
    "we need drinking water now", "", "lovely song", "people sing songs",
]  # fmt: skip
COPY_OF = {8: 0}


@pytest.fixture
def project(tmp_path):
    found = Project(tmp_path / "flood")
    found.claim()
    scheme = read_scheme(OWN.encode(), "own.csv")
    choose_scheme(found.folder, scheme.key, dict_of_scheme(scheme))
    return found


@pytest.fixture
def analysis(monkeypatch):
    encoder = WordEncoder()
    monkeypatch.setattr(layer, "encoder_of", lambda _: encoder)
    return made(TEXTS, encoder)


def made(texts, encoder, run="run"):
    rows = [COPY_OF.get(row, row) if texts is TEXTS else row for row in range(len(texts))]
    table = pl.DataFrame(
        {
            Col.POST_ID: [f"p{row}" for row in range(len(texts))],
            Col.TEXT: texts,
            Col.COMPARED: texts,
            Col.LANG: ["en"] * len(texts),
            Col.REPRESENTATIVE: rows,
        }
    )
    vectors = np.array([encoder.encode([text])[0] if text else np.zeros(encoder.dim) for text in texts], np.float32)
    manifest = {"fingerprint": run, "made": run, "encoder": {"fingerprint": encoder.fingerprint}}
    empty = pl.DataFrame()
    return Analysis(table, vectors, empty, empty, empty, manifest, pl.Series([[]] * len(texts)), None)


def test_posts_are_told_what_their_examples_and_terms_say(analysis, project):
    found = needs_columns(analysis, project)
    needs = found[Col.NEEDS].to_list()
    assert needs[0] == needs[8] == ["water"] and needs[2] == ["bridge"]
    assert needs[4] == needs[9] == [], "what stands aside and what is empty tells no need"
    assert found[Col.URGENCY][9] is None and found[Col.URGENCY_SCORE][9] is None
    assert found.schema[Col.NEEDS] == pl.List(pl.Utf8) and found.schema[Col.URGENCY] == pl.Int8
    assert found[Col.URGENCY_SCORE].drop_nulls().is_between(0, 1).all()


def test_what_a_person_says_wins_for_the_copies_too_and_can_be_taken_back(analysis, project):
    scheme = scheme_of(project)
    computed = needs_columns(analysis, project)
    mark_posts(project.folder, [8], scheme.key, Said(["bridge"], 3))
    found = needs_columns(analysis, project)
    assert found[Col.NEEDS].to_list()[0] == found[Col.NEEDS].to_list()[8] == ["bridge"]
    assert found[Col.URGENCY].to_list()[0] == 3
    mark_posts(project.folder, [0], scheme.key, Said(()))
    assert needs_columns(analysis, project)[Col.NEEDS].to_list()[8] == []
    assert [mark.position for mark in marks_on(analysis, project, 8)] == [0, 8]
    undo_marks(project.folder, [1, 2])
    assert needs_columns(analysis, project).equals(computed)


def test_marks_under_another_scheme_wait_and_levels_count_under_any(analysis, project):
    own = scheme_of(project)
    mark_posts(project.folder, [2], own.key, Said(["water"], 3))
    choose_scheme(project.folder, "ocha")
    there = needs_columns(analysis, project)
    assert there[Col.NEEDS][2].to_list() != ["water"] and there[Col.URGENCY][2] == 3
    choose_scheme(project.folder, own.key, dict_of_scheme(own))
    assert needs_columns(analysis, project)[Col.NEEDS][2].to_list() == ["water"]


def test_ten_marks_are_learnt_from(project, monkeypatch):
    encoder = WordEncoder()
    monkeypatch.setattr(layer, "encoder_of", lambda _: encoder)
    texts = [f"tent {number}" for number in range(11)] + [f"{number} other words" for number in range(20, 60)]
    found = made(texts, encoder)
    scheme = scheme_of(project)
    assert needs_columns(found, project)[Col.NEEDS].to_list()[10] == []
    mark_posts(project.folder, range(9), scheme.key, Said(["water"]))
    assert needs_columns(found, project)[Col.NEEDS].to_list()[10] == [], "nine are not enough"
    assert teaching(found, project).missing == 1
    mark_posts(project.folder, [9], scheme.key, Said(["water"]))
    assert needs_columns(found, project)[Col.NEEDS].to_list()[10] == ["water"]
    known = teaching(found, project)
    assert known.marked == 10 and known.before.right.sum() == 0
    assert known.after is not None and known.after.recall == 1.0
    assert known.types.filter(pl.col("key") == "water").select("marked", "right").row(0) == (10, 10)


def test_posts_to_mark_are_neither_marked_nor_copies_nor_empty(analysis, project):
    first = posts_to_mark(analysis, project, 20)
    assert set(first) == set(range(12)) - {8, 9}
    mark_posts(project.folder, [first[0]], scheme_of(project).key, Said(()))
    assert first[0] not in posts_to_mark(analysis, project, 20)


def test_the_reason_names_examples_terms_and_runners_up(analysis, project):
    reasons, urgent = why_needs(analysis, project, 0)
    assert (reasons[0].key, reasons[0].terms) == ("water", ("water",)) and reasons[0].sure != "not"
    assert "water" in reasons[0].examples[0][0].text
    assert [reason.sure for reason in reasons[1:]] == ["not"]
    assert len(urgent.examples) == 2
    assert not any(reason.sure != "not" for reason in why_needs(analysis, project, 9)[0])


def test_what_is_made_once_is_kept_and_a_new_run_makes_it_anew(analysis, project):
    needs_columns(analysis, project)
    encoder = WordEncoder()
    kept = project.products / "needs" / "fingerprint.json"
    before = kept.read_text()
    needs_columns(dataclasses.replace(analysis, manifest=analysis.manifest | {"fingerprint": "again"}), project)
    assert kept.read_text() != before
    one = made(["we need water"], encoder, "one")
    assert needs_columns(one, project)[Col.NEEDS].to_list() == [["water"]]


def test_without_its_encoder_a_project_opens_with_nothing_told(analysis, project, monkeypatch):
    def gone(_):
        raise EncoderError("gone")

    monkeypatch.setattr(layer, "encoder_of", gone)
    run = dataclasses.replace(analysis, manifest=analysis.manifest | {"fingerprint": "gone"})
    with pytest.raises(EncoderError):
        needs_columns(run, project)
    told, crisis = _needs(run, project, Layer())
    assert told[Col.NEEDS].to_list() == [[]] * 12 and told[Col.URGENCY].null_count() == 12
    assert crisis.scheme == scheme_of(project)


def test_nobody_chose_a_scheme_means_trec_is(tmp_path):
    assert scheme_of(Project(tmp_path)) == built_in("trec_is")


def test_hashtags_alone_are_told_only_of_posts_with_hardly_anything_else(project, monkeypatch):
    encoder = WordEncoder()
    monkeypatch.setattr(layer, "encoder_of", lambda _: encoder)
    choose_scheme(project.folder, "trec_is")
    texts = ["#flood #news #today #help", "#flood #news we all need help here today now", "plain words"]
    needs = needs_columns(made(texts, encoder), project)[Col.NEEDS].to_list()
    assert "Report-Hashtags" in needs[0] and "Report-Hashtags" not in needs[1]


NAMES = {"a": "Water", "b": "Roads"}
POSTS = pl.DataFrame(
    {
        Col.NEEDS: pl.Series([["a"], ["a", "b"], [], []], dtype=pl.List(pl.Utf8)),
        Col.URGENCY: pl.Series([3, 0, None, 2], dtype=pl.Int8),
    }
)


def test_the_figure_of_needs_has_a_bar_for_posts_that_tell_none():
    figure = needs_figure(POSTS, NAMES, [])
    assert figure.table.select("key", "posts", "urgent").rows() == [("a", 2, 1), ("b", 1, 0), ("", 2, 1)]
    assert figure.field == "needs" and len(figure.bins) == 3
    assert "2 posts tell" in figure.summary and "2 posts tell no need" in figure.summary


def test_the_figure_of_needs_puts_rare_types_together_and_its_table_has_all():
    lists = [[f"k{number}"] for number in range(15) for _ in range(20 - number)]
    table = pl.DataFrame({Col.NEEDS: lists, Col.URGENCY: pl.Series([0] * len(lists), dtype=pl.Int8)})
    figure = needs_figure(table, {}, [])
    assert figure.table.height == 15 and len(figure.plot.layout.yaxis.ticktext) == 11
    assert not needs_figure(POSTS.head(0), NAMES).bins


def test_the_levels_of_urgency_add_up_with_those_not_judged():
    figure = urgency_figure(POSTS, {3: "Critical", -1: "Not judged"}, [3])
    assert figure.table["posts"].sum() == 4
    assert dict(figure.table.select("level", "posts").rows()) == {3: 1, 2: 1, 1: 0, 0: 1, -1: 1}
