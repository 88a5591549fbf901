"""Classes, votes, ranks: against answers by hand; and the measures on texts that WordEncoder understands."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import EncoderError
from tests.fakes import CONCEPTS, WordEncoder
from train.evaluate.encoding import encoding
from train.evaluate.labelled import margins, ndcg, unit, votes
from train.evaluate.messages import messages
from train.evaluate.sts import sts
from train.evaluate.topics import topics

RNG = np.random.default_rng(0)


def test_margins_are_means_of_cosines():
    vectors = unit(RNG.normal(size=(9, 4)).astype(np.float32))
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2])
    cosine = vectors @ vectors.T
    for row, found in enumerate(margins(vectors, labels)):
        same = [cosine[row, other] for other in range(9) if labels[other] == labels[row] and other != row]
        apart = [cosine[row, other] for other in range(9) if labels[other] != labels[row]]
        assert found == pytest.approx(np.mean(same) - np.mean(apart), abs=1e-5)


def test_the_only_post_of_a_class_has_no_margin():
    assert np.isnan(margins(np.eye(3, dtype=np.float32), np.array([0, 0, 1]))[2])


def test_votes_go_to_the_majority_and_never_count_what_is_barred():
    pool = unit(np.array([[1, 0]] * 6 + [[0.9, 0.1]] * 4 + [[0, 1]] * 20, dtype=np.float32))
    labels = np.array([5] * 6 + [7] * 4 + [9] * 20)
    query = np.array([[1, 0]], dtype=np.float32)
    assert votes(query, pool, labels).tolist() == [5]
    barred = (labels == 5)[None]
    assert votes(query, pool, labels, barred).tolist() == [9]  # four of 7, then six of 9


def test_equal_counts_of_votes_go_to_the_nearer():
    pool = unit(np.array([[1, 0.3]] * 5 + [[1, 0.1]] * 5, dtype=np.float32))
    assert votes(np.array([[1, 0]], dtype=np.float32), pool, np.array([3] * 5 + [8] * 5)).tolist() == [8]


def test_ndcg_is_that_of_sklearn():
    from sklearn.metrics import ndcg_score

    vectors = unit(RNG.normal(size=(30, 5)).astype(np.float32))
    gain = np.round(RNG.random((30, 30)), 1).astype(np.float32)
    found = ndcg(vectors, gain)
    for row in range(30):
        others = [other for other in range(30) if other != row]
        # sklearn means each gain's own 2**g - 1 nowhere: its gains are linear, as ours.
        expected = ndcg_score([gain[row, others]], [vectors[others] @ vectors[row]], k=10)
        assert found[row] == pytest.approx(expected, abs=1e-5)


def posts(events=("one", "two"), lang="en", first=0) -> pl.DataFrame:
    """Return 60 posts an event in two classes, each told in words of one concept."""
    rows = []
    for event in events:
        for number in range(60):
            label, concept = (("water", 3), ("road", 6))[number % 2]
            word = sorted(CONCEPTS[concept])[number // 2 % 4]
            rows.append((first + len(rows), lang, "set", event, f"{word} {event}", label))
    return pl.DataFrame(rows, schema=["item", "lang", "collection", "event", "text", "label"], orient="row")


def found_of(table: pl.DataFrame) -> dict:
    return {(measure, variant, lang): value for measure, variant, lang, value, *_ in table.rows()}


def test_classes_told_in_other_words_are_found_within_and_across_events():
    found = found_of(encoding(WordEncoder().encode, posts()))
    for part in ("knn", "across", "v", "ndcg"):
        assert found[f"encoding_{part}", "cosine", "en"] == pytest.approx(1.0), part
    assert found["encoding", "cosine", ""] == pytest.approx(1.0)
    assert found["encoding_margin", "cosine", "en"] == pytest.approx(0.5, abs=0.01)  # half of each post is the event


def test_an_encoder_without_meaning_finds_no_classes():
    def nothing(texts):
        seeds = [int.from_bytes(text.encode()[:6], "big") for text in texts]
        return np.stack([np.random.default_rng(seed).normal(size=64) for seed in seeds]).astype(np.float32)

    data = posts().with_columns(pl.format("{} {}", pl.col("item") * 7919 % 101, "text").alias("text"))
    found = found_of(encoding(nothing, data))
    assert abs(found["encoding_margin", "cosine", "en"]) < 0.05
    assert found["encoding_v", "cosine", "en"] < 0.2


def test_one_event_alone_has_no_figure_across():
    found = found_of(encoding(WordEncoder().encode, posts(("one",))))
    assert ("encoding_across", "cosine", "en") not in found
    assert found["encoding_knn", "cosine", "en"] == pytest.approx(1.0)


def test_stretching_cosines_changes_the_margin_and_not_the_scaled_one():
    def narrow(texts):  # everything pulled towards one direction, as in many encoders
        vectors = WordEncoder().encode(texts)
        return np.hstack([0.3 * vectors, np.ones((len(texts), 1), dtype=np.float32)])

    plain, tight = found_of(encoding(WordEncoder().encode, posts())), found_of(encoding(narrow, posts()))
    key = ("encoding_margin", "cosine", "en")
    assert tight[key] < 0.2 * plain[key]
    key = ("encoding_margin", "scaled", "en")
    assert tight[key] == pytest.approx(plain[key], rel=0.01)
    assert tight["encoding", "cosine", "en"] == pytest.approx(plain["encoding", "cosine", "en"])


def test_classes_and_groups_that_are_too_small_say_nothing():
    rare = posts(("one",)).with_columns(
        pl.when(pl.col("item") < 4).then(pl.lit("rare")).otherwise("label").alias("label")
    )
    assert found_of(encoding(WordEncoder().encode, rare))["encoding_knn", "cosine", "en"] == pytest.approx(1.0)
    assert encoding(WordEncoder().encode, posts().head(30)).is_empty()


def test_messages_with_the_same_needs_come_first():
    flags = [(number % 2, 1 - number % 2) for number in range(40)]
    words = ("water", "food")
    data = pl.DataFrame(
        {
            "item": range(40),
            "lang": "en",
            "text": [f"{words[number % 2]} w{number}" for number in range(40)],
            "food": [a for a, _ in flags],
            "water": [b for _, b in flags],
        }
    )
    assert found_of(messages(WordEncoder().encode, data))["messages_ndcg", "cosine", "en"] == pytest.approx(1.0)


def test_sts_is_one_where_cosines_rank_as_people_do():
    # More words in common, higher scores.
    first = [" ".join(f"w{n}" for n in range(10))] * 25
    second = [" ".join(f"{'w' if n < number % 11 else 'v'}{n}" for n in range(10)) for number in range(25)]
    data = pl.DataFrame(
        {"item": range(25), "lang": "de", "first": first, "second": second, "score": [float(n % 11) for n in range(25)]}
    )
    found = found_of(sts(WordEncoder(4096).encode, data))
    assert found["sts", "cosine", "de"] == pytest.approx(1.0, abs=0.02)
    data = data.with_columns(-pl.col("score"))
    assert found_of(sts(WordEncoder(4096).encode, data))["sts", "cosine", ""] == pytest.approx(-1.0, abs=0.02)


def sib(translations) -> pl.DataFrame:
    topics_of = ["flood", "earthquake", "fire"]
    rows = [
        (
            number,
            lang,
            lang,
            f"{topics_of[number % 3]} n{number}",
            f"{words[number % 3]} {lang}{number}",
            topics_of[number % 3],
        )
        for lang, words in translations.items()
        for number in range(45)
    ]
    return pl.DataFrame(rows, schema=["item", "lang", "text", "english", "translation", "topic"], orient="row")


def test_topics_are_found_through_other_languages():
    data = sib({"es": ["inundación", "terremoto", "incendio"], "tr": ["sel", "deprem", "yangın"]})
    found = found_of(topics(WordEncoder(2048).encode, data))
    assert {found["topics_knn", "cosine", lang] for lang in ("en", "es", "tr")} == {1.0}
    assert found["topics_margin", "cosine", "es"] == pytest.approx(0.5, abs=0.02)
    assert found["topics_v", "together", ""] == pytest.approx(1.0)


def test_topics_of_an_unknown_language_are_not_found_by_translations():
    # Klingon is not known: each sentence lies nearest to its own translation by its number, which is barred.
    data = sib({"es": ["inundación", "terremoto", "incendio"], "xx": ["aa", "bb", "cc"]})
    data = data.with_columns(
        pl.when(pl.col("lang") == "xx").then(pl.format("n{}", "item")).otherwise("translation").alias("translation")
    )
    assert found_of(topics(WordEncoder(2048).encode, data))["topics_knn", "cosine", "xx"] < 0.7


@pytest.mark.parametrize("measure", [encoding, sts, topics, messages])
def test_vectors_that_are_no_numbers_are_told(measure):
    data = {
        encoding: posts(),
        sts: pl.DataFrame({"item": [0], "lang": ["en"], "first": ["a"], "second": ["b"], "score": [1.0]}),
        topics: sib({"es": ["a", "b", "c"]}),
        messages: pl.DataFrame({"item": [0], "lang": ["en"], "text": ["a"], "water": [1]}),
    }[measure]
    with pytest.raises(EncoderError, match="NaN"):
        measure(lambda texts: np.full((len(texts), 3), np.nan, dtype=np.float32), data)
