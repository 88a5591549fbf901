"""The last stage of an encoder that ships: a layer is fitted behind it, and it is kept in eight bits."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders import SentenceEncoder, load_encoder, save_eight_bit
from ctse_core.encoders.eight_bit import is_eight_bit
from ctse_core.encoders.own import read_about
from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import CtseError, TrainError
from tests.fakes import write_tiny_folder
from tests.train.test_distil import config_for
from tests.train.test_states_task import STATES
from train.config import PairSettings, PostSettings
from train.distil import open_pairs
from train.head import fit_head
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
    monkeypatch.setattr(stages, "has_blended", lambda config, folder: True)
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


class Teacher(CrisisTeacher):
    def encode(self, texts):
        return unit_rows(np.array([[len(text), text.count("r"), text.count("o")] for text in texts], np.float32))


@pytest.fixture
def tiny_stages(sources, tmp_path, monkeypatch):
    """Both training stages for real, on a tiny student; the crisis teacher is made up."""
    pairs = Path(sources[0].files[0])
    tiny = write_tiny_folder(tmp_path / "tiny", seed=3)
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        stages,
        "recipe_named",
        lambda name: config_for(pairs, tiny, recipe=name, teacher=str(tiny), loss=STATES, steps=3, held_out=0),
    )
    monkeypatch.setattr(stages, "make_blend", lambda config, folder, progress: folder.mkdir(parents=True))
    monkeypatch.setattr(stages, "is_blend", Path.is_dir)
    monkeypatch.setattr(stages, "has_blended", lambda config, folder: True)
    monkeypatch.setattr(stages, "load_blend", lambda folder: Teacher())
    return sources


def test_the_same_command_goes_on_behind_every_stage_that_has_ended(tiny_stages, tmp_path, monkeypatch):
    out, trained = tmp_path / "out", []
    distil = stages.distil
    monkeypatch.setattr(stages, "distil", lambda config, *more, **named: trained.append(config.recipe) or distil(
        config, *more, **named))  # fmt: skip
    first = ship("small", tiny_stages, tmp_path / "work", out)
    weights = (first / "model.safetensors").read_bytes()
    assert trained == ["states", "states_narrow"]
    ship("small", tiny_stages, tmp_path / "work", out)
    assert trained == ["states", "states_narrow"], "nothing is trained twice"
    shutil.rmtree(tmp_path / "work" / "states_narrow")
    ship("small", tiny_stages, tmp_path / "work", out)
    assert trained[2:] == ["states_narrow"]
    assert (out / "model.safetensors").read_bytes() == weights
    assert set(read_about(out).languages) == {"en", "es", "fr"}


def test_the_layer_is_the_one_fitted_to_the_eight_bit_form(tiny_stages, tmp_path):
    out = ship("small", tiny_stages, tmp_path / "work", tmp_path / "out")
    store = open_pairs(stages.staged(stages.recipe_named("states"), tiny_stages, tmp_path / "work"), tmp_path / "data")
    english, translations = stages.balanced(store)
    bare = load_encoder(save_eight_bit(tmp_path / "work" / "states_narrow", tmp_path / "bare", tokens=4))
    weight, middle = fit_head(
        stages.raw(bare, english), stages.raw(bare, translations), Teacher().encode(english), stages.HEAD
    )
    expected = unit_rows((stages.raw(bare, translations) - middle) @ weight)
    assert (load_encoder(out).encode(translations) * expected).sum(axis=1).min() > 0.999


def test_stages_of_other_pairs_are_not_taken_for_these(tiny_stages, tmp_path):
    ship("small", tiny_stages, tmp_path / "work", tmp_path / "out")
    pairs = tiny_stages[0].files[0]
    pl.read_parquet(pairs).head(20).write_parquet(pairs)
    with pytest.raises(TrainError, match="other pairs"):
        ship("small", tiny_stages, tmp_path / "work", tmp_path / "out")


@pytest.mark.parametrize("out", ["work", "work/states", ".", "kept"])
def test_nothing_that_is_no_encoder_is_replaced(sources, tmp_path, out):
    for name in ("work/states", "kept"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "hours.txt").write_text("of work", encoding="utf-8")
    with pytest.raises(CtseError, match=r"new folder|apart"):
        ship("small", sources, tmp_path / "work", tmp_path / out)
    assert (tmp_path / "work/states/hours.txt").is_file() and (tmp_path / "kept/hours.txt").is_file()


def test_readier_kinds_are_drawn_more_often_for_the_layer(tmp_path, monkeypatch):
    rows = [
        {
            "source": "ours",
            "kind": kind,
            "lang": "es",
            "english": f"the {kind} {row}",
            "translation": f"{row} la {kind}",
        }
        for kind in ("sentence", "term")
        for row in range(300)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "pairs.parquet")
    monkeypatch.setattr(stages, "FITTED_BY", 100)
    config = recipe_named("states")
    settings = PairSettings(files=(str(tmp_path / "pairs.parquet"),))
    english, _ = stages.balanced(
        open_pairs(stages.staged(config, (settings, PostSettings()), tmp_path), tmp_path / "d")
    )
    assert 70 < sum("sentence" in text for text in english) < 95


def test_no_language_has_more_pairs_than_its_share_of_those_the_layer_is_fitted_to(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "FITTED_BY", 10)
    config = stages.staged(recipe_named("states_narrow"), sources, tmp_path)
    store = open_pairs(config, tmp_path / "data")
    english, translations = stages.balanced(store)
    assert len(english) == len(translations) == 10 + len(VERBS)
    assert sum(text.endswith("encore") for text in translations) == len(VERBS)
    for one, other in zip(english, translations, strict=True):
        assert one.split()[1] == other.split()[1].removesuffix("o"), "both sides are of one pair"
