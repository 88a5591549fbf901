"""A trained bag of token vectors learns from an encoder the words that its pairs had too seldom: by ridge regression.

Training moves the tokens that pairs use; the others stay where they began, in another space. So each token is fitted
to what an encoder says of random texts (random_texts.py), the more freely the less the pairs used it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.static import StaticEncoder
from ctse_core.encoders.vectors import unit_rows
from ctse_core.types import Progress, Vectors, no_progress
from train.losses import nearest_rotation
from train.random_texts import makings, random_texts, uses_of


@dataclass(frozen=True)
class RefitSettings:
    """How freely, and by how much.

    Attributes:
        texts: random texts of each language.
        hold: what holds a token where it is, in squared lengths of a mean token vector.
        hold_uses: so much more of it for each use in the pairs.
        rounds: steps of the solver (conjugate gradients).
        words_from: texts of a language from which its words and pieces are taken.
        seed: of every draw.
    """

    texts: int = 6000
    hold: float = 0.02
    hold_uses: float = 2.0
    rounds: int = 10
    words_from: int = 40_000
    seed: int = 0


@dataclass(frozen=True)
class Bridge:
    """English sentences (m) by which the guide's space is mapped into the teacher's: ``taught`` (m, d) unit rows of
    the teacher whose space the encoder learned, ``guided`` (m, e) what the guide says of them.
    """

    texts: Sequence[str]
    taught: NDArray[np.floating]
    guided: NDArray[np.floating]


def refit(
    encoder: StaticEncoder,
    texts: Mapping[str, Sequence[str]],
    guides: tuple[Any, Bridge],
    kept: Path,
    settings: RefitSettings | None = None,
    progress: Progress = no_progress,
) -> StaticEncoder:
    """Return the encoder with its token vectors fitted to what a multilingual encoder says of random texts.

    ``texts`` are the texts of the pairs by language. ``guides`` are the multilingual encoder and the bridge from its
    space: its vectors, each without its language's mean, are mapped into the teacher's space by ridge regression over
    English, then turned into the encoder's.
    ``kept`` keeps the guide's vectors, so that a second start goes on.
    """
    import torch

    settings = settings or RefitSettings()
    guide, bridge = guides
    draw = np.random.default_rng(settings.seed)
    some = {language: _some(every, settings.words_from, draw) for language, every in texts.items()}
    into = _into(encoder, bridge)
    designs, targets = [], []
    for place, (language, parts) in enumerate(makings(some, encoder).items()):
        progress(place / len(some), f"Asking {guide.name} about random texts: {language}")
        made = random_texts(parts, settings.texts, settings.seed + place)
        said = _said(guide, made, kept / f"{language}-{_digest(guide, made)}.npy")
        designs.append(_design(encoder, made))
        targets.append(into(said - said.mean(axis=0)))
    progress(0.95, "Fitting the token vectors")
    hold = settings.hold * (1 + settings.hold_uses * uses_of(encoder, list(texts.values())))
    table = encoder.table.detach().cpu().numpy()
    from scipy import sparse

    fitted = fitted_rows(table, sparse.vstack(designs).tocsr(), np.vstack(targets), hold, settings.rounds)
    return StaticEncoder(encoder.name, encoder.tokenizer, torch.from_numpy(fitted), encoder.use)


def fitted_rows(table: Vectors, design: Any, targets: Vectors, hold: NDArray, rounds: int) -> Vectors:
    """Return the rows V (v, d) near ``table`` V0 whose sums over texts point where ``targets`` (n, d), unit rows, do.

    ``design`` (n, v), sparse, counts the tokens of each text. Least is the sum of |x V / |x V0| - target|² over the
    texts and of hold |V - V0|² / m² over the tokens, m the mean length of a row of V0, ``hold`` (v,). Solved by
    conjugate gradients, each number of the vectors on its own, in ``rounds`` steps.

    Source: Hestenes and Stiefel 1952; Hoerl and Kennard 1970 (ridge).
    """
    from scipy import sparse

    used = np.flatnonzero(np.asarray(design.sum(axis=0)).ravel())
    began = table[used]
    texts = design[:, used]
    sums = texts @ began
    lengths = np.maximum(np.linalg.norm(sums, axis=1), 1e-6)
    texts = (sparse.diags((1 / lengths).astype(np.float32)) @ texts).tocsr()
    back = texts.T.tocsr()
    weight = (hold[used] / np.linalg.norm(began, axis=1).mean() ** 2).astype(np.float32)[:, None]
    diagonal = np.asarray(texts.multiply(texts).sum(axis=0)).reshape(-1, 1) + weight
    moved = np.zeros_like(began)
    left = back @ (targets - sums / lengths[:, None]).astype(np.float32)
    ahead = left / diagonal
    step, gain = ahead.copy(), (left * ahead).sum(axis=0)
    for _ in range(rounds):
        pushed = back @ (texts @ step) + weight * step
        far = gain / np.maximum((step * pushed).sum(axis=0), 1e-20)
        moved += far * step
        left -= far * pushed
        ahead = left / diagonal
        before, gain = gain, (left * ahead).sum(axis=0)
        step = ahead + gain / np.maximum(before, 1e-20) * step
    fitted = table.copy()
    fitted[used] = began + moved
    return fitted


def _some(texts: Sequence[str], most: int, draw: np.random.Generator) -> list[str]:
    return [texts[place] for place in draw.permutation(len(texts))[:most]]


def _digest(guide: Any, texts: Sequence[str]) -> str:
    """Return what changes with the guide and with any of the texts."""
    digest = hashlib.sha256(str(guide.fingerprint).encode())
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


def _said(guide: Any, texts: Sequence[str], place: Path) -> Vectors:
    """Return the guide's vectors (n, d) of the texts, kept in half precision."""
    if place.is_file():
        return np.load(place, allow_pickle=False).astype(np.float32)
    vectors = guide.encode(texts).astype(np.float16)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}")
    with beside.open("wb") as file:
        np.save(file, vectors, allow_pickle=False)
    beside.replace(place)
    return vectors.astype(np.float32)


def _into(encoder: StaticEncoder, bridge: Bridge) -> Any:
    """Return what maps the guide's vectors, without their language's mean, to unit rows in the encoder's space."""
    taught, guided = unit_rows(np.array(bridge.taught, np.float32)), np.asarray(bridge.guided, np.float32)
    turned = taught @ nearest_rotation(taught, encoder.encode(bridge.texts))
    middle, mean = guided.mean(axis=0), turned.mean(axis=0)
    spread = guided - middle
    # A ridge of one: there are thousands of sentences to a few hundred numbers.
    linear = np.linalg.solve(spread.T @ spread + np.eye(spread.shape[1]), spread.T @ (turned - mean))
    return lambda vectors: unit_rows((vectors @ linear + mean).astype(np.float32))


def _design(encoder: StaticEncoder, texts: Sequence[str]) -> Any:
    """Return how often each token occurs in each text: (n, v), sparse."""
    from scipy.sparse import csr_array

    flat, lengths = encoder.tokens.flat_ids(texts)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(texts), len(encoder.table))
    return csr_array((np.ones(len(flat), np.float32), np.asarray(flat), ends), shape=shape)
