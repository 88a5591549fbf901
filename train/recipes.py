"""The recipes: functions that return the settings of a run. A variation is a new function, not a new flag."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

from ctse_core.errors import TrainError
from train.config import LossSettings, PairSettings, PostSettings, StudentSettings, TrainConfig

PAPER_PAIRS = 128_000_000
"""Pairs that Lamsal et al. (2024) trained on."""


def ct_xlmr_se() -> TrainConfig:
    """CT-XLMR-SE (Lamsal et al. 2024): XLM-R learns the space of the English CT-M1-Complete-SE.

    Squared distance from the student's English and from its translation to the teacher's English, raw
    mean-pooled vectors of 768 numbers, 128 tokens, at most 500,000 pairs of a language and source, up to 20
    epochs. Learning rate, batch and warm-up are not published; these are the defaults of the script that the
    paper's files point to (sentence-transformers' make_multilingual.py).
    """
    return _paper("ct_xlmr_se", "xlm-roberta-base")


def ct_mbert_se() -> TrainConfig:
    """CT-mBERT-SE (Lamsal et al. 2024): as ``ct_xlmr_se``, with multilingual BERT as the student."""
    return _paper("ct_mbert_se", "bert-base-multilingual-cased")


def _paper(recipe: str, student: str) -> TrainConfig:
    return TrainConfig(
        recipe=recipe,
        student=StudentSettings(student, dropout=0.1),
        teacher="CT-M1-Complete-SE",
        pairs=PairSettings(cap=500_000, weights=(), temperature=1.0),
        loss=LossSettings(distance="mse", space="raw"),
        epochs=20,
        batch=64,
        window=64,
        tokens=16384,
        evaluate_every=5000,
        save_every=5000,
    )


def e5_mse() -> TrainConfig:
    """The paper's method on weights that come with the installation.

    multilingual-e5-small learns the space of all-MiniLM-L6-v2, by the squared distance of unit vectors: this
    teacher normalises, and raw students are some ten times as long as its vectors. The space is turned towards the
    student's first, which changes no cosine and saves thousands of steps.
    """
    return TrainConfig(
        recipe="e5_mse",
        student=StudentSettings("multilingual-e5-small-q4", prefix=""),
        teacher="all-MiniLM-L6-v2",
        pairs=PairSettings(caps=(("verse", 4000),)),
        loss=LossSettings(distance="mse", space="unit", rotated=True),
        steps=3000,
        batch=64,
        window=64,
        tokens=2048,
        learning_rate=1e-4,
        token_learning_rate=1e-4,
    )


def crisis_teacher() -> TrainConfig:
    """An English sentence encoder adapted to crisis posts, as the paper's predecessor made its teacher.

    Contrastive learning on posts (Lamsal et al. 2023): a post against others by two views of it, and posts with
    shared labels together where there are labels.
    """
    return TrainConfig(
        recipe="crisis_teacher",
        student=StudentSettings("all-MiniLM-L6-v2", dropout=0.1),
        posts=PostSettings(views_weight=1.0, labels_weight=1.0, keep_weight=1.0),
        loss=LossSettings(distance="", contrastive_weight=1.0, scale=20.0),
        steps=400,
        batch=128,
        tokens=2048,
        learning_rate=3e-5,
        token_learning_rate=3e-5,
    )


def hybrid() -> TrainConfig:
    """Distillation and a symmetric contrastive loss together, on a smaller student.

    Half the layers and the tokens that the pairs use; the teacher's space holds the meaning, the contrast tells
    near sentences apart (Tan et al. 2023). The distance weighs ten times: among this teacher's vectors, which fill a
    narrow cone, unrelated sentences are 0.2 apart. Languages are drawn by the square root of their size.
    """
    return TrainConfig(
        recipe="hybrid",
        student=StudentSettings("multilingual-e5-small-q4", layers=(0, 2, 4, 6, 8, 10), fewest_uses=3, prefix=""),
        teacher="multilingual-e5-small-q4",
        pairs=PairSettings(caps=(("verse", 4000),), temperature=0.5),
        loss=LossSettings(distance="cosine", space="unit", distance_weight=10.0, contrastive_weight=1.0, scale=50.0),
        steps=3000,
        batch=256,
        tokens=2048,
        held_tokens=16384,
        learning_rate=3e-4,
        token_learning_rate=3e-4,
    )


def crisis_blend() -> TrainConfig:
    """A crisis teacher by linear algebra: two encoders side by side, sharpened by posts and told their labels.

    Nothing is fine-tuned (see ``blend``); it serves as a teacher and is no encoder of the catalogue.
    """
    return TrainConfig(recipe="crisis_blend", student=StudentSettings("multilingual-e5-small-q4"))


def states() -> TrainConfig:
    """Half the layers, brought back to what all of them said: where ``hybrid`` and its kin begin best.

    Every token's last state is drawn to the teacher's, each text in its own language (see ``states_task``).
    """
    return TrainConfig(
        recipe="states",
        student=StudentSettings("multilingual-e5-small-q4", layers=(0, 1, 2, 3, 10, 11), vocabulary=120_000, prefix=""),
        teacher="multilingual-e5-small-q4",
        pairs=PairSettings(caps=(("verse", 4000),), temperature=0.5),
        loss=LossSettings(distance="states", space="raw"),
        steps=1200,
        batch=128,
        tokens=1024,
        learning_rate=8e-4,
        token_learning_rate=8e-4,
        warmup=0.05,
        held_out=20,
    )


def states_narrow() -> TrainConfig:
    """What ``states`` gave, its layers' inner width cut to 1,280 units, brought back to the states once more.

    Begin it from a run of ``states`` (--student). The units kept are those that move their layer most. With a
    linear layer behind the pooling (``head``) it is ctse-small; ``python -m train.shipped small`` does all of it.
    """
    begun = states()
    return replace(
        begun,
        recipe="states_narrow",
        student=StudentSettings("multilingual-e5-small-q4", units=1280, prefix=""),
        steps=2700,
        learning_rate=5e-4,
        token_learning_rate=5e-4,
    )


def static() -> TrainConfig:
    """A bag of token vectors, begun from an encoder's vector of each token, by a contrastive loss over pairs."""
    return TrainConfig(
        recipe="static",
        student=StudentSettings("multilingual-e5-small-q4", kind="static", fewest_uses=3, prefix=""),
        pairs=PairSettings(caps=(("verse", 4000),), temperature=0.5),
        loss=LossSettings(distance="", contrastive_weight=1.0, scale=20.0),
        steps=6000,
        batch=1024,
        tokens=65536,
        held_tokens=1_000_000,
        learning_rate=0.0,
        token_learning_rate=3e-3,
        warmup=0.0,
        clip=0.0,
    )


def ctse_static() -> TrainConfig:
    """The encoder that ships as ctse-static: a bag of token vectors that learns a contrast and a crisis teacher.

    Give it a ``crisis_blend`` (--teacher); ``python -m train.shipped static`` does both.
    """
    return TrainConfig(
        recipe="ctse_static",
        student=StudentSettings("multilingual-e5-small-q4", kind="static", vocabulary=150_000, prefix=""),
        teacher="multilingual-e5-small-q4",
        pairs=PairSettings(caps=(("verse", 4000),), temperature=0.4),
        loss=LossSettings(
            distance="cosine",
            space="unit",
            distance_weight=1.0,
            rotated=True,
            contrastive_weight=1.0,
            scale=20.0,
            joined=0.3,
        ),
        steps=3600,
        batch=1024,
        tokens=65536,
        held_tokens=1_000_000,
        learning_rate=0.0,
        token_learning_rate=3e-3,
        warmup=0.0,
        clip=0.0,
        held_out=20,
    )


RECIPES: dict[str, Callable[[], TrainConfig]] = {
    recipe.__name__: recipe
    for recipe in (
        ct_xlmr_se,
        ct_mbert_se,
        e5_mse,
        crisis_teacher,
        crisis_blend,
        states,
        states_narrow,
        hybrid,
        static,
        ctse_static,
    )
}
"""Every recipe by its name."""


def recipe_named(name: str) -> TrainConfig:
    """Return the settings of a recipe.

    Raises:
        TrainError: there is none of that name.
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise TrainError(f"There is no recipe {name!r}.{hint} Choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]()
