"""A teacher made of other encoders and labelled posts."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import TrainError
from tests.fakes import write_tiny_folder
from train.blend import fit_blend, has_blended, load_blend, make_blend
from train.config import BlendSettings, PostSettings, StudentSettings, TrainConfig
from train.text_store import TextStore


def cloud(seed=0, rows=400, dim=24):
    """Vectors whose first direction varies most but whose label stands in another."""
    rng = np.random.default_rng(seed)
    spread = np.linspace(1.5, 0.3, dim)
    vectors = rng.normal(size=(rows, dim)) * spread
    labels = rng.random(rows) < 0.5
    vectors[:, -1] += np.where(labels, 0.6, -0.6)
    return unit_rows(vectors.astype(np.float32)), labels[:, None]


def apart(vectors, labels):
    """Mean cosine of posts with the same label less that of others."""
    same = labels == labels.T
    cosines = vectors @ vectors.T
    return cosines[same].mean() - cosines[~same].mean()


def test_what_the_labels_tell_draws_posts_together_that_were_not_seen():
    vectors, labels = cloud()
    other, others = cloud(seed=1)
    plain = fit_blend([vectors], labels, BlendSettings(sharpness=0, labels_weight=0, dim=16))
    told = fit_blend([vectors], labels, BlendSettings(sharpness=0, labels_weight=1, ridge=1, dim=16))
    assert apart(told([other]), others) > apart(plain([other]), others) + 0.05


def test_sharpening_lets_the_largest_differences_count_more():
    vectors, labels = cloud()
    none = labels[:, :0]

    def share(sharpness):
        made = fit_blend([vectors], none, BlendSettings(sharpness=sharpness, dim=24))([vectors])
        values = np.linalg.eigvalsh(np.cov(made.T))
        return values[-1] / values.sum()

    assert share(0.3) > share(0) * 1.2


def test_a_teacher_wider_than_its_posts_tell_is_refused():
    vectors, labels = cloud(rows=10)
    with pytest.raises(TrainError, match=r"blend\.dim"):
        fit_blend([vectors], labels, BlendSettings(dim=16))


@pytest.fixture
def config(tmp_path):
    rows = [
        {
            "message": f"{need} number {number} in the harbour",
            "water": int("water" in need),
            "roads": int("road" in need),
        }
        for number in range(30)
        for need in ("no water", "road closed")
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "posts.parquet")
    encoders = tuple(str(write_tiny_folder(tmp_path / name, seed=seed)) for name, seed in (("one", 1), ("two", 2)))
    return TrainConfig(
        recipe="crisis_blend",
        student=StudentSettings(encoders[0]),
        posts=PostSettings(files=(str(tmp_path / "posts.parquet"),)),
        blend=BlendSettings(encoders=encoders, ridge=1.0, dim=16),
    )


def test_a_blend_is_the_same_when_it_is_opened_again(config, tmp_path):
    made = make_blend(config, tmp_path / "out")
    again = load_blend(tmp_path / "out", "cpu")
    texts = ["no water", "the bridge is gone", ""]
    assert again.fingerprint == made.fingerprint and again.dim == 16
    assert np.allclose(again.encode(texts), made.encode(texts), atol=1e-6)
    assert json.loads((tmp_path / "out/blend.json").read_text())["labels"] == ["roads", "water"]


def test_a_teacher_is_known_again_by_its_posts_and_settings(config, tmp_path):
    make_blend(config, tmp_path / "out")
    assert has_blended(config, tmp_path / "out")
    assert not has_blended(replace(config, blend=replace(config.blend, ridge=2.0)), tmp_path / "out")
    posts = tmp_path / "posts.parquet"
    pl.read_parquet(posts).head(50).write_parquet(posts)
    assert not has_blended(config, tmp_path / "out")


def test_kept_vectors_are_those_of_its_texts(config, tmp_path):
    teacher = make_blend(config, tmp_path / "out")
    store = TextStore.of_texts(["no water", "road closed"], tmp_path / "texts")
    kept = np.asarray(teacher.kept(store, tmp_path / "kept"), dtype=np.float32)
    assert np.allclose(kept, teacher.encode(["no water", "road closed"]), atol=2e-3)


def test_a_damaged_teacher_and_a_changed_encoder_are_sentences(config, tmp_path):
    make_blend(config, tmp_path / "out")
    write_tiny_folder(tmp_path / "one", seed=9)
    with pytest.raises(TrainError, match="another than the teacher"):
        load_blend(tmp_path / "out", "cpu")
    (tmp_path / "out/blend.safetensors").write_bytes(b"x")
    with pytest.raises(TrainError, match="damaged"):
        load_blend(tmp_path / "out", "cpu")


def test_posts_of_an_evaluation_set_are_refused(config, tmp_path):
    pl.DataFrame({"english": ["No water number 3 in the harbour"], "translation": ["x"]}).write_parquet(
        tmp_path / "dev.parquet"
    )
    guarded = replace(config, pairs=replace(config.pairs, guard=(str(tmp_path / "dev.parquet"),)))
    with pytest.raises(TrainError, match="evaluation set"):
        make_blend(guarded, tmp_path / "out")
