"""Token vectors that pairs moved too seldom are fitted to what an encoder says of random texts."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from ctse_core.encoders import static_of
from ctse_core.encoders.static import StaticEncoder
from tests.fakes import tiny_encoder
from train.random_texts import LONGEST, Makings, makings, random_texts, uses_of
from train.refit import Bridge, RefitSettings, fitted_rows, refit

TEXTS = {
    "en": ["the river rises", "the bridge is gone", "no water", "doctors are needed here", "the road is closed"],
    "el": ["το ποτάμι ανεβαίνει", "δεν υπάρχει νερό", "η γέφυρα έπεσε"],
}
LATIN = Makings(("water", "bridge"), ("wa", "bri"), ("ter", "dge"), " ")


@pytest.fixture
def encoder(tmp_path):
    return static_of(tiny_encoder(tmp_path / "tiny"))


def test_the_same_seed_makes_the_same_texts_and_another_seed_others():
    assert random_texts(LATIN, 20, 1) == random_texts(LATIN, 20, 1) != random_texts(LATIN, 20, 2)


def test_random_texts_are_made_of_words_and_of_pieces():
    texts = random_texts(LATIN, 200, 0)
    assert all(2 <= len(text.split()) <= LONGEST for text in texts)
    words = {word for text in texts for word in text.split()}
    assert {"water", "bridge", "wadge"} <= words


def test_a_language_without_pieces_is_made_of_words():
    texts = random_texts(Makings(("water", "bridge"), (), (), ""), 50, 0)
    assert {letter for text in texts for letter in text} <= set("waterbridge")


def test_pieces_of_a_script_that_one_language_writes_are_its_own(encoder):
    parts = makings(TEXTS, encoder)
    assert "ποτάμι" in parts["el"].words
    assert not [
        piece for piece in (*parts["en"].starts, *parts["en"].rests) if any("α" <= letter <= "ω" for letter in piece)
    ]


def test_uses_are_counted_over_all_texts(encoder):
    uses = uses_of(encoder, list(TEXTS.values()))
    assert uses.sum() == sum(len(ids) for texts in TEXTS.values() for ids in encoder.ids(texts))


def test_fitted_rows_reach_the_targets_where_nothing_holds_them_and_stay_where_something_does():
    draw = np.random.default_rng(0)
    began, wanted = (draw.normal(size=(30, 4)).astype(np.float32) for _ in range(2))
    design = sparse.csr_array((draw.random((400, 30)) < 0.2).astype(np.float32))
    design = design[np.asarray(design.sum(axis=1)).ravel() > 0]
    targets = design @ wanted
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)

    def nearness(rows):
        sums = design @ rows
        return float((sums * targets).sum(axis=1).mean() / np.linalg.norm(sums, axis=1).mean())

    free = fitted_rows(began, design, targets, np.full(30, 1e-3), 20)
    assert nearness(free) > nearness(began) + 0.3
    held = fitted_rows(began, design, targets, np.full(30, 1e9), 20)
    np.testing.assert_allclose(held, began, atol=1e-4)
    some = np.full(30, 1e-3)
    some[:10] = 1e9
    mixed = fitted_rows(began, design, targets, some, 20)
    np.testing.assert_allclose(mixed[:10], began[:10], atol=1e-4)
    assert nearness(began) < nearness(mixed) < nearness(free)


def test_a_token_that_no_random_text_uses_stays(encoder):
    began = np.ones((3, 2), np.float32)
    design = sparse.csr_array(np.array([[1.0, 0, 1], [2, 0, 0]], np.float32))
    fitted = fitted_rows(began, design, np.array([[1, 0], [0, 1]], np.float32), np.zeros(3) + 0.1, 5)
    assert (fitted[1] == 1).all() and not np.allclose(fitted, began)


class Counting:
    """An encoder that counts how often it is asked."""

    def __init__(self, encoder):
        self.name, self.encoder, self.asked, self.fingerprint = "guide", encoder, 0, encoder.fingerprint

    def encode(self, texts):
        self.asked += len(texts)
        return self.encoder.encode(texts)


def test_a_scrambled_table_comes_back_towards_its_guide_and_asks_it_only_once(encoder, tmp_path):
    draw = np.random.default_rng(3)
    rows = encoder.table.detach().numpy().copy()
    used = np.flatnonzero(uses_of(encoder, [TEXTS["el"]]))
    rows[used] = draw.normal(size=(len(used), rows.shape[1])) * np.linalg.norm(rows[used], axis=1).mean() / 4
    scrambled = StaticEncoder("scrambled", encoder.tokenizer, torch.from_numpy(rows), encoder.use)
    guide, settings = Counting(encoder), RefitSettings(texts=300, hold=0.001, hold_uses=0.0)
    bridge = Bridge(TEXTS["en"], encoder.encode(TEXTS["en"]), encoder.encode(TEXTS["en"]))
    fitted = refit(scrambled, TEXTS, (guide, bridge), tmp_path, settings)

    def nearness(one):
        left, right = one.encode(TEXTS["el"]), encoder.encode(TEXTS["el"])
        return float(((left - left.mean(0)) * (right - right.mean(0))).sum())

    assert nearness(fitted) > nearness(scrambled) + 0.05
    asked = guide.asked
    again = refit(scrambled, TEXTS, (guide, bridge), tmp_path, settings)
    assert guide.asked == asked == 600
    np.testing.assert_allclose(again.table.detach(), fitted.table.detach(), atol=1e-6)
    refit(scrambled, TEXTS, (guide, bridge), tmp_path, replace(settings, seed=1))
    assert guide.asked == 2 * asked, "other texts are asked about, however many lie there"
