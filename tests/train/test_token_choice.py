"""Which tokens stay in a smaller vocabulary."""

import numpy as np

from train.token_choice import most_used

PIECES = ["▁the", "▁of", "▁rare", "ქა", "ლი", "ში", "ខ្មែ"]


def test_a_language_with_few_pairs_keeps_its_words_beside_one_with_many():
    counts = np.array([[900, 90, 10, 0, 0, 0, 0], [0, 0, 0, 2, 1, 0, 0]])
    assert most_used(counts, PIECES, None, 4).tolist() == [0, 1, 3, 4]


def test_the_tokenizers_own_frequencies_speak_for_words_that_the_pairs_lack():
    counts = np.array([[900, 90, 10, 0, 0, 0, 0], [0, 0, 0, 2, 1, 0, 0]])
    log_shares = np.log([0.3, 0.2, 0.001, 0.01, 0.01, 0.008, 0.1])
    kept = most_used(counts, PIECES, log_shares, 5).tolist()
    assert 5 in kept, "a word of a script that the pairs use"
    assert 6 not in kept, "a word of a script that they do not use, however frequent"


def test_tokens_that_nobody_uses_go_though_there_is_room():
    counts = np.array([[1, 0, 0, 0, 0, 0, 0]])
    assert most_used(counts, PIECES, None, 7).tolist() == [0]
