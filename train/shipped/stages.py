"""What is made before what, until an encoder lies there in the form in which it ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ctse_core.encoders import Encoder, OnnxEncoder, SentenceEncoder, load_encoder, save_eight_bit, write_about
from ctse_core.encoders.layout import require_writable
from ctse_core.encoders.own import read_about
from ctse_core.encoders.static import StaticEncoder
from ctse_core.errors import TrainError
from ctse_core.types import Progress, Vectors, no_progress
from train.blend import has_blended, is_blend, load_blend, make_blend
from train.config import KIND_WEIGHTS, PairSettings, PostSettings, TrainConfig
from train.distil import distil, has_ended, open_pairs
from train.head import HeadSettings, put_head
from train.pairs_store import PairStore
from train.recipes import recipe_named
from train.refit import Bridge, refit
from train.teacher import raw_vectors, teacher_vectors
from train.whitening import whiten

STAGES = {"small": ("crisis_blend", "states", "states_narrow"), "static": ("crisis_blend", "ctse_static")}
"""The recipes of each encoder, in their order."""
BEGUN_FROM = {"states_narrow": "states"}
"""The stage whose encoder is the student of another."""
TOKEN_BITS = 4
WHITENING = 0.25
"""Of ctse-static: the power that finds most translations (docs/training.md tells what was measured)."""
HEAD = HeadSettings()
"""Of ctse-small (``python -m benchmarks.head`` draws what each share is worth)."""
FITTED_BY = 200  # pairs of each language
SAMPLED = 12_000
GUIDE = "multilingual-e5-small-q4"
"""The encoder that is asked about random texts; the teacher's first part."""
BRIDGED = 60_000


def ship(
    name: str, sources: tuple[PairSettings, PostSettings], work: Path, out: Path, progress: Progress = no_progress
) -> Path:
    """Make an encoder from its first stage to the folder that ships, and return that folder.

    ``sources`` are the files of pairs and posts, with the evaluation files that guard them. What ``work`` holds of an
    earlier start is taken up where it stopped.

    Raises:
        TrainError, EncoderError: see ``make_blend`` and ``distil``; ``out`` holds something else than an encoder, or
            lies where the stages do; ``work`` holds stages of other pairs, posts or settings.
        Cancelled: the person stopped it; the stage's last step is kept.
    """
    if name not in STAGES:
        raise TrainError(f"There is no shipped encoder {name!r}; choose {' or '.join(STAGES)}.")
    _require_apart(out, work)
    require_writable(out)
    for recipe in STAGES[name]:
        config = staged(recipe_named(recipe), sources, work)
        if recipe == "crisis_blend":
            if not (is_blend(work / recipe) and has_blended(config, work / recipe)):
                make_blend(config, work / recipe, progress)
        elif not has_ended(config, work / recipe, work / "data"):
            distil(config, work / recipe, progress, resume=(work / recipe / "training").is_dir(), data=work / "data")
    last = work / STAGES[name][-1]
    store = open_pairs(staged(recipe_named(STAGES[name][-1]), sources, work), work / "data")
    made: StaticEncoder | SentenceEncoder
    if name == "static":
        made = whiten(refitted(StaticEncoder.load(last), store, work, progress), sample(store), WHITENING)
    else:
        made = with_head(SentenceEncoder.load(last), store, work)
    save_eight_bit(made, out, tokens=TOKEN_BITS)
    write_about(out, read_about(last))
    return out


def with_head(bare: SentenceEncoder, store: PairStore, work: Path) -> SentenceEncoder:
    """Return a student with the linear layer behind its pooling that is fitted to the form in which it will ship."""
    english, translations = balanced(store)
    wanted = load_blend(work / "crisis_blend").encode(english)
    ships = load_encoder(save_eight_bit(bare, work / "without_head", tokens=TOKEN_BITS))
    return put_head(bare, (raw(ships, english), raw(ships, translations)), wanted, HEAD)


def _require_apart(out: Path, work: Path) -> None:
    """See that the encoder does not take the place of the stages it is made of, or of a folder that holds them."""
    if out.resolve() in (work.resolve(), *work.resolve().parents) or work.resolve() in out.resolve().parents:
        raise TrainError(f"The encoder cannot lie in {out}: the stages lie in {work}. Choose a folder apart from it.")


def refitted(encoder: StaticEncoder, store: PairStore, work: Path, progress: Progress = no_progress) -> StaticEncoder:
    """Return a trained bag of token vectors, fitted to what the guide says of random texts in the pairs' languages."""
    order = np.argsort(store.lang_of, kind="stable")
    ends = np.cumsum(np.bincount(store.lang_of, minlength=len(store.languages)))
    texts = {
        language: store.translations.texts(np.sort(rows))
        for language, rows in zip(store.languages, np.split(order, ends[:-1]), strict=True)
        if len(rows)
    }
    texts["en"] = store.english.texts(np.arange(len(store.english)))
    teacher, folder = load_blend(work / "crisis_blend"), work / "data" / "teachers"
    rows = np.sort(np.random.default_rng(0).permutation(len(store.english))[:BRIDGED])
    bridge = Bridge(
        store.english.texts(rows),
        teacher.kept(store.english, folder, progress)[rows],
        teacher_vectors(teacher.parts[0], store.english, folder, progress)[rows],
    )
    return refit(encoder, texts, (load_encoder(GUIDE), bridge), work / "random_texts", progress=progress)


def sample(store: PairStore) -> list[str]:
    """Return a sample of the pairs' two sides."""
    return [
        text
        for side, count in ((store.translations, SAMPLED), (store.english, SAMPLED // 3))
        for text in side.texts(np.random.default_rng(1).permutation(len(side))[:count])
    ]


def raw(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Return a transformer's vectors (n, d) that are not normalised, by whatever runtime it was opened with.

    Raises:
        TrainError: it is no transformer of this machine.
    """
    if isinstance(encoder, OnnxEncoder):
        return encoder.raw(texts)
    if isinstance(encoder, SentenceEncoder):
        return raw_vectors(encoder, texts)
    raise TrainError(f"{encoder.name} is no transformer on this machine; name the folder of one.")


def balanced(store: PairStore) -> tuple[list[str], list[str]]:
    """Return as many pairs of each language: English sentences (n,) and their translations (n,).

    Readier kinds are drawn more often, as in training: a pair goes first by u ** (1 / weight), u even in [0, 1)
    (Efraimidis and Spirakis 2006).
    """
    weights = np.array([dict(KIND_WEIGHTS).get(kind, 1.0) for kind in store.kinds])[np.asarray(store.kind_of)]
    order = np.argsort(-(np.random.default_rng(2).random(store.pairs) ** (1 / weights)), kind="stable")
    of = np.asarray(store.lang_of)[order]
    rows = np.sort(np.concatenate([order[of == each][:FITTED_BY] for each in np.unique(of)]))
    return store.english.texts(np.asarray(store.english_of[rows], dtype=np.int64)), store.translations.texts(rows)


def staged(config: TrainConfig, sources: tuple[PairSettings, PostSettings], work: Path) -> TrainConfig:
    """Return a recipe's settings with the files of this run, and the stages before it as student and teacher."""
    pairs, posts = sources
    config = replace(
        config,
        pairs=replace(config.pairs, files=pairs.files, guard=pairs.guard),
        posts=replace(config.posts, files=posts.files),
    )
    if config.recipe == "ctse_static":
        config = replace(config, teacher=str(work / "crisis_blend"))
    if config.recipe in BEGUN_FROM:
        config = replace(config, student=replace(config.student, encoder=str(work / BEGUN_FROM[config.recipe])))
    return config


def files(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of files as settings keep them."""
    return tuple(map(str, names))
