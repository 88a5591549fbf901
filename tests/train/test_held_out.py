"""Held-out matching: the same sentences each time, and a mean that can be checked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import EncoderError, TrainError
from train.evaluate.held_out import held_out

LINES = [f"Sentence {number} about the {number * 7 % 50} bridges" for number in range(50)]


def pairs(codes=("es", "de"), lines=LINES) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame({"lang": code, "english": lines, "translation": [f"{code} {line}" for line in lines]})
        for code in codes
    )


def knowing(codes):
    """Return an encoder that understands the languages ``codes`` and gives every other text one vector."""

    def encode(texts):
        vectors = np.zeros((len(texts), 51), dtype=np.float32)
        for row, text in enumerate(texts):
            words = text.split()
            known = words[0] == "Sentence" or words[0] in codes
            vectors[row, int(words[words.index("Sentence") + 1]) if known else 50] = 1
        return vectors

    return encode


@pytest.fixture
def path(tmp_path):
    pairs().write_parquet(tmp_path / "dev.parquet")
    return tmp_path / "dev.parquet"


def test_the_mean_is_that_of_the_languages(path):
    mean, table = held_out([path], per_language=25).score(knowing({"es"}))
    values = dict(table.select("lang", "value").iter_rows())
    assert values["es"] == 1.0
    assert values["de"] == pytest.approx(1 / 25)  # one vector for everything: the first of equals counts
    assert mean == pytest.approx((1 + 1 / 25) / 2)
    assert table["count"].to_list() == [25, 25]


def test_languages_are_asked_the_same_sentences_and_equal_seeds_agree(path):
    first, again = held_out([path], 25, seed=3), held_out([path], 25, seed=3)
    assert first.data.equals(again.data)
    by_lang = first.data.group_by("lang").agg(pl.col("english").sort())
    assert by_lang["english"].n_unique() == 1
    assert not held_out([path], 25, seed=4).data.equals(first.data)


def test_languages_without_shared_sentences_get_their_share_too(tmp_path):
    table = pl.concat([pairs(("es",)), pairs(("de",), [f"{line} alone" for line in LINES])])
    table.write_parquet(tmp_path / "dev.parquet")
    counts = held_out([tmp_path / "dev.parquet"], 30).data.group_by("lang").len()
    assert counts["len"].to_list() == [30, 30]


def test_every_text_is_encoded_once(path):
    asked = []
    encode = knowing({"es", "de"})
    held_out([path], 25).score(lambda texts: asked.extend(texts) or encode(texts))
    assert len(asked) == len(set(asked)) == 75


def test_vectors_that_are_no_numbers_are_told(path):
    with pytest.raises(EncoderError, match="NaN"):
        held_out([path]).score(lambda texts: np.full((len(texts), 4), np.nan, dtype=np.float32))


def test_a_file_without_pairs_is_told(tmp_path):
    pl.DataFrame({"sentence1": LINES, "sentence2": LINES, "score": range(50)}).write_csv(tmp_path / "sts.csv")
    with pytest.raises(TrainError, match="holds no pairs"):
        held_out([tmp_path / "sts.csv"])
    with pytest.raises(TrainError, match="Name a file"):
        held_out([])
