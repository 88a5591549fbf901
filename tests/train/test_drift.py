"""Drift: triples that hold what they promise, and shares that can be counted by hand."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import TrainError
from train.evaluate.drift import drift_items, drift_scores, drift_triples, parallel_pairs

KINDS = {"number", "negation", "place", "roles", "need"}


@pytest.fixture(scope="module")
def triples():
    return drift_triples()


def letters(text):
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in plain)


def trigrams(text):
    plain = f" {' '.join(letters(text).split())} "
    return {plain[i : i + 3] for i in range(len(plain) - 2)}


def overlap(one, other):
    """The share of character trigrams that two texts have in common."""
    return len(trigrams(one) & trigrams(other)) / len(trigrams(one) | trigrams(other))


def encoder_of(places):
    """An encoder that knows the angle (degrees) of each text."""
    angle = lambda text: np.deg2rad(places[text])  # noqa: E731
    return lambda texts: np.array([[np.cos(angle(t)), np.sin(angle(t))] for t in texts], dtype=np.float32)


def by_hand(rows):
    return pl.DataFrame(rows, schema=["id", "lang", "kind", "anchor", "same", "changed"], orient="row")


def value(scores, measure, variant, lang=""):
    found = scores.filter(pl.col("measure") == measure, pl.col("variant") == variant, pl.col("lang") == lang)
    return found.row(0, named=True)


def test_every_situation_is_told_in_every_language(triples):
    assert triples["lang"].n_unique() >= 14
    assert set(triples["kind"]) == KINDS
    assert triples.select("id", "lang").is_unique().all()
    ids = set(triples["id"])
    for lang in triples["lang"].unique():
        some = triples.filter(pl.col("lang") == lang)
        assert set(some["id"]) == ids, lang
        assert 20 <= some.height <= 30
        assert some["kind"].value_counts()["count"].n_unique() == 1, f"{lang}: the kinds are not balanced"
    assert triples.group_by("id").agg(pl.col("kind").n_unique())["kind"].max() == 1


def test_no_text_comes_twice_and_all_are_in_composed_form(triples):
    texts = triples.select("anchor", "same", "changed").unpivot()["value"].to_list()
    assert len({letters(text) for text in texts}) == len(texts)
    assert all(text == unicodedata.normalize("NFC", text).strip() for text in texts)


def test_changed_shares_its_words_with_the_post_and_same_does_not(triples):
    gaps = [overlap(a, changed) - overlap(a, same) for a, same, changed in triples[:, 3:].rows()]
    assert min(gaps) > 0, triples[int(np.argmin(gaps))]
    assert np.mean(np.array(gaps) > 0.3) > 0.95
    reworded = [overlap(a, same) for a, same in triples.select("anchor", "same").rows()]
    assert np.mean(reworded) < 0.12


def test_numbers_change_in_number_triples_only(triples):
    for kind, anchor, changed, lang in triples.select("kind", "anchor", "changed", "lang").rows():
        digits = [sorted(re.findall(r"\d+", letters(text))) for text in (anchor, changed)]
        assert (digits[0] != digits[1]) == (kind == "number"), (lang, anchor)


def test_the_share_counts_triples_whose_meaning_won():
    table = by_hand(
        [
            ("a", "en", "number", "post a", "near a", "far a"),
            ("b", "en", "place", "post b", "far b", "near b"),
            ("c", "en", "place", "post c", "tie c", "even c"),
            ("a", "es", "number", "es a", "es near a", "es far a"),
        ]
    )
    places = {"post a": 0, "near a": 10, "far a": 60, "post b": 0, "far b": 60, "near b": 10, "post c": 0, "tie c": 60,
              "even c": 60, "es a": 90, "es near a": 90, "es far a": 0}  # fmt: skip
    scores = drift_scores(encoder_of(places), table)
    assert value(scores, "drift", "all")["value"] == pytest.approx((1 / 3 + 1) / 2)  # languages weigh the same
    assert value(scores, "drift", "all", "en")["value"] == pytest.approx(1 / 3)  # a tie is no success
    assert value(scores, "drift", "place")["value"] == 0
    assert value(scores, "drift", "number")["count"] == 2
    assert value(scores, "drift", "cross", "es")["value"] == 0  # the English post lies at 0 degrees
    lone = value(scores, "drift", "cross")
    assert (lone["low"], round(lone["high"], 3)) == (0, 0.793)  # Wilson, one trial


def test_the_ratio_compares_the_way_of_a_change_of_meaning_with_that_of_words():
    table = by_hand([("a", "en", "number", "p", "s", "c"), ("b", "en", "number", "q", "t", "d")])
    scores = drift_scores(encoder_of({"p": 0, "s": 90, "c": 60, "q": 0, "t": 90, "d": 60}), table)
    found = value(scores, "drift_ratio", "all")
    assert found["value"] == pytest.approx(0.5, abs=1e-6)  # (1 - cos 60°) / (1 - cos 90°)
    assert found["low"] == found["high"] == pytest.approx(0.5, abs=1e-6)


def test_an_interval_over_languages_is_as_wide_as_the_situations_make_it():
    rows, places = [], {}
    for situation in range(10):
        for lang in ("en", "es", "fr", "de"):  # equal answers in every language: ten trials, not forty
            texts = [f"{situation} {lang} {name}" for name in ("anchor", "same", "changed")]
            rows.append((str(situation), lang, "number", *texts))
            places |= dict(zip(texts, (0, 10, 60) if situation < 5 else (0, 60, 10), strict=True))
    scores = drift_scores(encoder_of(places), by_hand(rows))
    all_of_them, one = value(scores, "drift", "all"), value(scores, "drift", "all", "es")
    assert all_of_them["value"] == one["value"] == 0.5
    assert (all_of_them["count"], one["count"]) == (4, 10)
    assert all_of_them["high"] - all_of_them["low"] == pytest.approx(one["high"] - one["low"], abs=0.06)


def test_two_encoders_are_compared_on_the_same_triples(triples):
    from train.evaluate.compare import differences

    def by_letters(texts):
        axes = [[letters(text).count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        return np.array(axes, dtype=np.float32) + 1e-3

    known = {text: row for row, text in enumerate(triples.select("same", "anchor", "changed").unpivot()["value"])}

    def by_heart(texts):  # anchors and what means the same share an axis
        rows = np.zeros((len(texts), len(triples)), dtype=np.float32)
        rows[range(len(texts)), [known[text] % len(triples) for text in texts]] = 1
        rows[[known[text] >= 2 * len(triples) for text in texts]] *= -1
        return rows

    items = [drift_items(encode, triples) for encode in (by_heart, by_letters)]
    found = differences(*items).filter(pl.col("measure") == "drift", pl.col("variant") == "all", pl.col("lang") == "")
    assert found["verdict"].to_list() == ["better"] and found["low"][0] > 0.8


def test_one_language_alone_has_no_cross_rows():
    table = by_hand([("a", "es", "number", "p", "s", "c")])
    scores = drift_scores(encoder_of({"p": 0, "s": 10, "c": 60}), table)
    assert "cross" not in scores["variant"].to_list()


def test_parallel_pairs_put_english_beside_each_language(triples):
    pairs = parallel_pairs(triples)
    assert pairs.columns == ["english", "translation", "lang", "text"]
    languages = triples["lang"].n_unique() - 1
    assert pairs.height == 2 * languages * triples["id"].n_unique()
    spanish = dict(pairs.filter(pl.col("lang") == "es").select("english", "translation").rows())
    assert spanish["12 dead after the earthquake in Birim"] == "12 muertos tras el terremoto en Birim"
    assert spanish["120 dead after the earthquake in Birim"] == "120 muertos tras el terremoto en Birim"


def test_broken_triples_are_told_in_a_sentence(tmp_path):
    with pytest.raises(TrainError, match="cannot be read as triples"):
        drift_triples(tmp_path / "none.csv")
    short = tmp_path / "short.csv"
    short.write_text("id,lang,kind,anchor,same\n1,en,number,a,b\n", encoding="utf-8")
    with pytest.raises(TrainError, match="has no column changed"):
        drift_triples(short)
    empty = tmp_path / "empty.csv"
    empty.write_text("id,lang,kind,anchor,same,changed\n1,en,number,a,b,c\n2,en,number,a,,c\n", encoding="utf-8")
    with pytest.raises(TrainError, match=r"Line 3 .* empty cell"):
        drift_triples(empty)
    with pytest.raises(TrainError, match="no triple"):
        drift_scores(encoder_of({}), drift_triples().head(0))
