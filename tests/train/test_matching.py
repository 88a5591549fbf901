"""Sentence matching against answers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import EncoderError
from tests.fakes import WordEncoder
from train.evaluate import Match, matching_accuracy
from train.evaluate import matching as matching_module


def test_equal_tables_match_fully():
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    assert matching_accuracy(vectors, vectors) == Match(1.0, 1.0, 50)


def test_directions_are_counted_apart():
    # Sources 0 and 1 both lie nearest to target 0; target 1 lies nearest to source 1.
    source = np.array([[1, 0], [0.9, 0.3]], dtype=np.float32)
    target = np.array([[1, 0.1], [0, 1]], dtype=np.float32)
    found = matching_accuracy(source, target)
    assert (found.forward, found.backward, found.mean) == (0.5, 1.0, 0.75)


def test_lengths_of_vectors_do_not_count():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(20, 5)).astype(np.float32)
    scaled = vectors * rng.uniform(0.1, 10, size=(20, 1)).astype(np.float32)
    assert matching_accuracy(vectors, scaled).mean == 1.0


def test_one_vector_for_everything_scores_one_in_n():
    same = np.ones((10, 4), dtype=np.float32)
    assert matching_accuracy(same, same) == Match(0.1, 0.1, 10)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    source = rng.normal(size=(70, 6)).astype(np.float32)
    target = source + rng.normal(size=(70, 6)).astype(np.float32)
    whole = matching_accuracy(source, target)
    cosine = (source / np.linalg.norm(source, axis=1)[:, None]) @ (target / np.linalg.norm(target, axis=1)[:, None]).T
    assert whole.forward == (cosine.argmax(axis=1) == np.arange(70)).mean()
    assert whole.backward == (cosine.argmax(axis=0) == np.arange(70)).mean()
    monkeypatch.setattr(matching_module, "BLOCK", 16)
    assert matching_accuracy(source, target) == whole


def test_translations_known_to_an_encoder_match():
    encoder = WordEncoder()
    english = encoder.encode(["flood on the road", "fire", "no water"])
    spanish = encoder.encode(["inundación carretera", "incendio", "agua"])
    assert matching_accuracy(english, spanish).mean == 1.0


@pytest.mark.parametrize(
    ("source", "target"),
    [((3, 4), (2, 4)), ((3, 4), (3, 5)), ((0, 4), (0, 4))],
)
def test_tables_that_do_not_fit_are_a_sentence(source, target):
    with pytest.raises(EncoderError):
        matching_accuracy(np.ones(source, dtype=np.float32), np.ones(target, dtype=np.float32))


def test_equal_sentences_are_no_errors():
    # Rows 0 and 1 say the same; whichever of the two is found first is right.
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    same, apart = np.array([0, 0, 1]), np.arange(3)
    forward, backward = matching_module.right_answers(vectors, vectors, (apart, same))
    assert forward.all() and backward.all()
    forward, _ = matching_module.right_answers(vectors, vectors, (apart, apart))
    assert forward.tolist() == [True, False, True]


def test_texts_are_equal_by_their_letters_and_digits():
    numbers = matching_module.same_texts(["Stay away!", "stay AWAY", "Stay  away 2", "किताब", "कताब", "!!", "??"])
    assert numbers[0] == numbers[1] != numbers[2]
    assert numbers[3] != numbers[4]  # a vowel sign makes another word
    assert numbers[5] != numbers[6]  # nothing but signs: compared as they are


def test_a_hub_is_overcome_by_the_margin():
    # Target 0 is near to everything; each source still lies nearer to its own than that one usually does.
    rng = np.random.default_rng(0)
    axes = np.eye(12, dtype=np.float32)
    source = matching_module.unit(axes + 0.6)
    target = axes.copy()
    target[0] = 1.0 + rng.normal(0, 0.01, 12)
    target = matching_module.unit(target)
    rows = np.arange(12)
    plain, _ = matching_module.right_answers(source, target, (rows, rows))
    margin, _ = matching_module.right_answers(source, target, (rows, rows), "margin")
    assert plain.sum() <= 2
    assert margin.sum() >= 11


def test_an_offset_between_languages_is_overcome_by_centring():
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(40, 8)).astype(np.float32)
    one, other = np.zeros((2, 8), dtype=np.float32)
    one[0], other[1] = 6, 6
    same = (np.arange(40), np.arange(40))
    unit = matching_module.unit
    plain = matching_module.right_answers(unit(meaning + one), unit(meaning + other), same)
    centred = matching_module.right_answers(unit(meaning + one), unit(meaning + other), same, "centred")
    assert plain[0].mean() < 0.8
    assert centred[0].mean() > 0.95


def pairs_of(codes, sentences=30):
    lines = [f"line{number} flood{number}" for number in range(sentences)]
    return pl.concat(
        pl.DataFrame(
            {
                "item": range(sentences),
                "lang": lang,
                "text": text,
                "english": lines,
                "translation": [f"{line} {text}" if known else f"{text}{line.split()[0]}" for line in lines],
            }
        )
        for text, lang, known in codes
    )


def test_languages_fold_their_texts_and_sorani_stays_apart():
    data = pairs_of([("zho-CN", "zh", True), ("zho-TW", "zh", False), ("fra", "fr", True), ("ckb", "ckb", False)])
    found = matching_module.matching(WordEncoder(512).encode, data)
    values = {(measure, lang): value for measure, variant, lang, value, *_ in found.rows() if variant == "cosine"}
    assert values["matching", "fr"] == 1.0
    assert values["matching_text", "zho-CN"] == 1.0
    assert values["matching_text", "zho-TW"] < 0.3
    assert values["matching", "ckb"] < 0.3
    assert values["matching", "zh"] == pytest.approx((1 + values["matching_text", "zho-TW"]) / 2)
    assert values["matching", ""] == pytest.approx((values["matching", "zh"] + 1) / 2)  # without ckb
    assert values["matching_at_095", ""] == 1
    assert values["matching_49", ""] == values["matching", ""]


def test_a_language_of_a_few_rows_is_not_measured():
    data = pl.concat([pairs_of([("fra", "fr", True)]), pairs_of([("nob", "nb", True)], 5)])
    assert set(matching_module.matching(WordEncoder(512).encode, data)["lang"]) == {"fr", ""}


def test_texts_of_two_languages_under_one_code_are_no_candidates_of_each_other():
    lines = [f"line{n} road{n}" for n in range(30)]
    rows = {"item": range(30), "text": "anchor", "english": lines, "translation": lines}
    data = pl.concat([pl.DataFrame(rows).with_columns(lang=pl.lit(lang)) for lang in ("es", "fr")])
    found = matching_module.matching(WordEncoder(512).encode, data)
    assert set(found.filter(measure="matching", variant="cosine")["lang"]) == {"", "es", "fr"}
