"""Adapting an encoder to posts: what it reads, what it learns, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders import load_encoder
from ctse_core.errors import TrainError
from tests.fakes import write_tiny_folder
from train.config import LossSettings, PostSettings, StudentSettings, TrainConfig
from train.contrast import adapt
from train.log import read_log
from train.posts_reading import read_posts_to_learn
from train.posts_task import jaccard, shared_labels

NEEDS = {
    "water": ("we are thirsty", "wells are dry", "no clean water"),
    "roads": ("bridge gone", "mud on the road", "cars stuck"),
}
PLACES = (
    "Norvik",
    "Selmar",
    "Tamburi",
    "Oradova",
    "Kestrel Bay",
    "Lumen",
    "Ostrand",
    "Vel",
    "Quill",
    "Marrow",
    "Hask",
    "Pim",
)


@pytest.fixture
def posts(tmp_path):
    rows = [
        {"message": f"{text} in {place}", "water": int(need == "water"), "roads": int(need == "roads"), "any": 1}
        for need, texts in NEEDS.items()
        for text in texts
        for place in PLACES
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "posts.parquet")
    return tmp_path / "posts.parquet"


@pytest.fixture
def config(posts, tmp_path):
    return TrainConfig(
        recipe="crisis_teacher",
        student=StudentSettings(str(write_tiny_folder(tmp_path / "tiny")), dropout=0.1),
        posts=PostSettings(files=(str(posts),), held_out=0.3),
        loss=LossSettings(distance="", contrastive_weight=1.0, scale=10.0),
        steps=40,
        batch=16,
        tokens=1024,
        learning_rate=2e-3,
        token_learning_rate=2e-3,
        precision="fp32",
    )


def test_labels_are_columns_of_zero_and_one_that_tell_posts_apart(config):
    found = read_posts_to_learn(config.posts)
    assert found.names == ["roads", "water"]
    assert found.labels.sum(axis=0).tolist() == [36, 36]
    assert len(found.texts) == 72


def test_a_column_of_words_is_a_label_a_word(tmp_path):
    pl.DataFrame(
        {"text": [f"post {i}" for i in range(40)], "label": ["aid", None] * 20, "retweet": [0, 1] * 20}
    ).write_csv(tmp_path / "posts.csv")
    found = read_posts_to_learn(PostSettings(files=(str(tmp_path / "posts.csv"),)))
    assert found.names == ["label: aid"]
    assert found.labels.sum() == 20


def test_posts_of_one_need_come_nearer_to_each_other(config, tmp_path):
    trained = adapt(config, tmp_path / "out", device="cpu")
    scores = [
        note["held_out/score"] for note in read_log(tmp_path / "out/training/log.jsonl") if "held_out/score" in note
    ]
    assert trained.best == max(scores) > scores[0]
    manifest = json.loads((tmp_path / "out/training/manifest.json").read_text())
    assert manifest["finished"] and manifest["labels"] == [
        {"label": "roads", "posts": 36},
        {"label": "water", "posts": 36},
    ]


def test_keeping_near_the_start_moves_the_vectors_less(config, tmp_path):
    texts = ["the bridge is gone", "no water in Norvik"]
    start = load_encoder(config.student.encoder, runtime="torch").encode(texts)

    def moved(name, weight):
        adapt(replace(config, posts=replace(config.posts, keep_weight=weight)), tmp_path / name, device="cpu")
        return 1 - float((load_encoder(tmp_path / name, runtime="torch").encode(texts) * start).sum(axis=1).mean())

    assert moved("kept", 20.0) < moved("free", 0.0)


def test_posts_of_an_evaluation_set_are_refused(config, posts, tmp_path):
    pl.read_parquet(posts).select(text=pl.col("message").str.to_uppercase()).head(3).write_parquet(
        tmp_path / "dev.parquet"
    )
    guarded = replace(config, pairs=replace(config.pairs, guard=(str(tmp_path / "dev.parquet"),)))
    with pytest.raises(TrainError, match="3 posts are sentences of an evaluation set"):
        adapt(guarded, tmp_path / "out", device="cpu")


def test_two_views_need_dropout(config, tmp_path):
    with pytest.raises(TrainError, match="dropout"):
        adapt(replace(config, student=replace(config.student, dropout=0.0)), tmp_path / "out", device="cpu")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"files": ()}, "--posts"),
        ({"text": "tweet"}, "has no column tweet"),
        ({"labels": ("urgency",)}, "urgency"),
        ({"files": ("/nowhere/posts.csv",)}, "cannot be read"),
    ],
)
def test_posts_that_cannot_be_learned_from_are_told(config, changes, told):
    with pytest.raises(TrainError, match=told):
        read_posts_to_learn(replace(config.posts, **changes))


def test_too_few_posts_are_told(tmp_path):
    pl.DataFrame({"text": ["a", "", "b"]}).write_csv(tmp_path / "few.csv")
    with pytest.raises(TrainError, match="There are 2 posts"):
        read_posts_to_learn(PostSettings(files=(str(tmp_path / "few.csv"),)))


def test_shared_labels_by_hand():
    labels = np.array([[1, 1], [1, 0], [0, 0]], dtype=bool)
    assert jaccard(labels).tolist() == [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 0]]
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1]], dtype=np.float32)
    assert shared_labels(vectors, labels, nearest=1) == pytest.approx((0.5 + 0.5 + 0) / 3)
