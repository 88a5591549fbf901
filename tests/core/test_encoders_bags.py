"""Texts whose tokens are cut piece by piece get the vectors that they get one by one."""

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders import FAST_ENCODER, cut_elsewhere, embed, embed_bags, load_encoder
from ctse_core.types import joined_pieces

TEXTS = ["no water in Kesh", "", "  ", "L'eau monte près du pont", "the the bridge", "🙏", None, "地震で停電"] * 3


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(FAST_ENCODER)


def test_tokens_cut_in_pieces_give_the_same_vectors(encoder):
    def pieces(work, table, given, tell, size=5):
        return joined_pieces(work, table, given, tell, 5)

    told = []
    texts = pl.Series(TEXTS, dtype=pl.Utf8)
    found = embed_bags(texts, encoder, pieces, lambda share, _: told.append(share))
    assert np.array_equal(found, embed([text or "" for text in TEXTS], encoder))
    assert told == sorted(told) and told[-1] == 1.0


def test_only_many_texts_and_encoders_that_another_process_finds_by_name_are_cut_elsewhere(encoder):
    assert cut_elsewhere(encoder, 100_000)
    assert not cut_elsewhere(encoder, 1_000)
    encoder.name, name = "of one's own", encoder.name
    assert not cut_elsewhere(encoder, 100_000)
    encoder.name = name
