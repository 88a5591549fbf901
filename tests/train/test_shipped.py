"""The last stage of an encoder that ships: a layer is fitted behind it, and it is kept in eight bits."""

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders import SentenceEncoder, load_encoder
from ctse_core.encoders.eight_bit import is_eight_bit
from tests.fakes import write_tiny_folder
from train.config import PairSettings, PostSettings
from train.distil import open_pairs
from train.recipes import recipe_named
from train.shipped import ship, stages

NOUNS = ("river", "bridge", "road", "school", "doctor", "water")
VERBS = ("rises", "falls", "is closed", "is open", "is needed", "is here")
OTHERS = {"es": ("el", "ya"), "fr": ("le", "encore")}


@pytest.fixture
def sources(tmp_path):
    rows = [
        {
            "source": "ours",
            "lang": lang,
            "english": f"the {noun} {verb}",
            "translation": f"{front} {noun}o {verb}a {end}",
        }
        for lang, (front, end) in OTHERS.items()
        for noun in (NOUNS if lang == "es" else NOUNS[:1])
        for verb in VERBS
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "pairs.parquet")
    return PairSettings(files=(str(tmp_path / "pairs.parquet"),)), PostSettings()


class CrisisTeacher:
    def encode(self, texts):
        return np.random.default_rng(0).normal(size=(len(texts), 8)).astype(np.float32)


def test_small_is_its_last_run_with_a_layer_behind_it_in_eight_bits(sources, tmp_path, monkeypatch):
    ran = []

    def trained(config, out, progress, resume, data):
        ran.append((config.recipe, config.student.encoder))
        write_tiny_folder(out)

    monkeypatch.setattr(stages, "distil", trained)
    monkeypatch.setattr(stages, "is_blend", lambda folder: True)
    monkeypatch.setattr(stages, "load_blend", lambda folder: CrisisTeacher())
    out = ship("small", sources, tmp_path / "work", tmp_path / "out")
    assert [recipe for recipe, _ in ran] == ["states", "states_narrow"]
    assert ran[1][1] == str(tmp_path / "work" / "states"), "each stage begins where the one before ended"
    assert is_eight_bit(out)
    made = load_encoder(out, device="cpu", runtime="torch")
    last = SentenceEncoder.load(tmp_path / "work" / "states_narrow")
    assert len(made.head) == len(last.head) + 1
    texts = [f"the {noun} rises" for noun in NOUNS]
    assert np.linalg.norm(made.encode(texts).mean(axis=0)) < np.linalg.norm(last.encode(texts).mean(axis=0))


def test_no_language_has_more_pairs_than_its_share_of_those_the_layer_is_fitted_to(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "FITTED_BY", 10)
    config = stages.staged(recipe_named("states_narrow"), sources, tmp_path)
    store = open_pairs(config, tmp_path / "data")
    english, translations = stages.balanced(store)
    assert len(english) == len(translations) == 10 + len(VERBS)
    assert sum(text.endswith("encore") for text in translations) == len(VERBS)
    for one, other in zip(english, translations, strict=True):
        assert one.split()[1] == other.split()[1].removesuffix("o"), "both sides are of one pair"
