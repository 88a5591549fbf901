"""A crisis teacher out of English encoders and labelled posts, by linear algebra alone.

Fine-tuning an encoder on a few thousand posts bends it to those posts and serves other crises worse (measured, see
docs/training.md). What carries over is less: which directions crisis posts differ in, and what their labels have in
common. So the encoders stay as they are and their vectors, side by side, are

- sharpened: directions in which posts differ much count more (variance to the power ``sharpness``);
- told the labels: a ridge regression's guess of every label stands beside them, weighted by ``labels_weight``;
- brought to the student's width by the posts' principal directions (Jolliffe 2002).

The teacher of two encoders of like quality is better than either (Hinton et al. 2015, teacher ensembles).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import TrainError
from ctse_core.types import Progress, Vectors, no_progress
from train.beside import unwritable
from train.checkpoint import read_json
from train.config import BlendSettings, TrainConfig, check_config
from train.guard import Guard
from train.posts_reading import read_posts_to_learn, refuse_guarded
from train.teacher import teacher_vectors
from train.text_store import TextStore

DESCRIPTION = "blend.json"
WEIGHTS = "blend.safetensors"
_ROWS = 16_384  # at once
_LEAST_VARIANCE = 1e-5


@dataclass(frozen=True)
class Blend:
    """The map of a blend: from its encoders' unit vectors, side by side (n, e), to the teacher's (n, d).

    Attributes:
        means: (e,) mean of each encoder's vectors over the posts.
        sharp: (e, e) from centred vectors to sharpened ones.
        labels: (e, l) from centred vectors to the weighted guesses of the labels.
        principal: (e + l, d) orthonormal columns.
    """

    means: Vectors
    sharp: Vectors
    labels: Vectors
    principal: Vectors

    def __call__(self, parts: Sequence[Vectors]) -> Vectors:
        """Return unit rows (n, d) for the vectors (n, e_k) of each of the encoders."""
        beside = _beside(parts, self.means)
        return unit_rows(
            np.concatenate([unit_rows(beside @ self.sharp), beside @ self.labels], axis=1) @ self.principal
        )


def fit_blend(parts: Sequence[Vectors], labels: NDArray[np.bool_], settings: BlendSettings) -> Blend:
    """Return the blend of encoders' unit vectors (n, e_k) of posts with ``labels`` (n, l); l may be 0.

    Raises:
        TrainError: the width asked for is larger than what there is.
    """
    means = np.concatenate([part.mean(axis=0) for part in parts]).astype(np.float32)
    beside = _beside(parts, means).astype(np.float64)
    width = beside.shape[1] + labels.shape[1]
    if settings.dim > min(width, len(beside)):
        raise TrainError(
            f"{len(beside):,} posts and vectors of {width} numbers cannot give a teacher of {settings.dim}; "
            "set blend.dim lower, or give more posts."
        )
    variances, directions = np.linalg.eigh(beside.T @ beside / len(beside))
    sharp = directions * np.maximum(variances, _LEAST_VARIANCE) ** settings.sharpness
    told = _label_map(beside, labels.astype(np.float64), settings)
    every = np.concatenate([unit_rows(beside @ sharp), beside @ told], axis=1)
    principal = np.linalg.eigh(every.T @ every)[1][:, ::-1][:, : settings.dim]
    return Blend(means, *(each.astype(np.float32) for each in (sharp, told, np.ascontiguousarray(principal))))


def _beside(parts: Sequence[Vectors], means: Vectors) -> Vectors:
    """Return centred unit vectors of all encoders side by side (n, e)."""
    starts = np.cumsum([0, *(part.shape[1] for part in parts)])
    return np.concatenate(
        [
            unit_rows(part - means[start : start + part.shape[1]])
            for part, start in zip(parts, starts[:-1], strict=True)
        ],
        axis=1,
    )


def _label_map(
    beside: NDArray[np.float64], labels: NDArray[np.float64], settings: BlendSettings
) -> NDArray[np.float64]:
    if not labels.shape[1] or not settings.labels_weight:
        return np.zeros((beside.shape[1], 0))
    ridge = beside.T @ beside + settings.ridge * np.eye(beside.shape[1])
    told = np.linalg.solve(ridge, beside.T @ (labels - labels.mean(axis=0)))
    return told / (beside @ told).std(axis=0) * settings.labels_weight / np.sqrt(labels.shape[1])


class BlendedTeacher:
    """A teacher that is a map over other encoders' vectors.

    Attributes:
        name, dim, fingerprint: as any encoder's.
        parts: the encoders it is made of.
        blend: the map.
    """

    def __init__(self, name: str, parts: Sequence[Any], blend: Blend) -> None:
        self.name, self.parts, self.blend = name, list(parts), blend
        digest = hashlib.sha256("".join(part.fingerprint for part in parts).encode())
        for array in (blend.means, blend.sharp, blend.labels, blend.principal):
            digest.update(np.ascontiguousarray(array).tobytes())
        self.fingerprint = digest.hexdigest()

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self.blend.principal.shape[1])

    @property
    def space(self) -> str:
        """The space its vectors lie in."""
        return self.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d)."""
        return self.blend([part.encode(texts) for part in self.parts])

    def kept(self, texts: TextStore, folder: Path, progress: Progress = no_progress) -> NDArray[np.float16]:
        """Return the vectors (e, d) float16 of all ``texts``, memory-mapped; those of its parts are kept and reused.

        Raises:
            TrainError: see ``teacher_vectors``.
        """
        parts = [teacher_vectors(part, texts, folder, progress) for part in self.parts]
        key = hashlib.sha256(f"{self.fingerprint} {texts.digest} {len(texts)}".encode()).hexdigest()[:16]
        whole, shape = folder / f"{key}.blend.f16", (len(texts), self.dim)
        if not whole.is_file() or whole.stat().st_size != 2 * shape[0] * shape[1]:
            beside = whole.with_suffix(f".{os.getpid()}.part")
            try:
                with beside.open("wb") as file:
                    for start in range(0, len(texts), _ROWS):
                        some = [np.asarray(part[start : start + _ROWS], dtype=np.float32) for part in parts]
                        file.write(self.blend(some).astype(np.float16).tobytes())
                os.replace(beside, whole)
            except OSError as error:
                beside.unlink(missing_ok=True)
                raise unwritable(whole, error) from error
        return np.memmap(whole, dtype=np.float16, mode="r", shape=shape)


def is_blend(folder: str | Path) -> bool:
    """Return whether a folder holds a blended teacher."""
    return (Path(folder) / DESCRIPTION).is_file()


def load_blend(folder: str | Path, device: str | None = None) -> BlendedTeacher:
    """Open a blended teacher and the encoders it is made of.

    Raises:
        TrainError: the folder is damaged, or an encoder is not the one that it was made with.
        EncoderError: an encoder cannot be had.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from ctse_core.encoders import load_encoder

    folder = Path(folder)
    try:
        told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        arrays = load_file(folder / WEIGHTS)
        blend = Blend(*(arrays[name] for name in ("means", "sharp", "labels", "principal")))
        names, spaces = told["encoders"], told["spaces"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise TrainError(f"The teacher in {folder} is damaged ({error}); make it again.") from error
    parts = [load_encoder(name, device=device) for name in names]
    for part, space in zip(parts, spaces, strict=True):
        if part.space != space:
            raise TrainError(f"{part.name} is another than the teacher in {folder} was made with; make it again.")
    return BlendedTeacher(folder.name, parts, blend)


def has_blended(config: TrainConfig, folder: Path) -> bool:
    """Return whether the teacher in ``folder`` was made of the very posts, by the settings, that ``config`` names.

    Raises:
        TrainError: the posts cannot be read.
    """
    told = read_json(folder / DESCRIPTION)
    asked = _asked(config, read_posts_to_learn(config.posts))
    return all(told.get(name) == value for name, value in json.loads(json.dumps(asked)).items())


def _asked(config: TrainConfig, posts: Any) -> dict[str, Any]:
    digest = hashlib.sha256(np.packbits(posts.labels).tobytes())
    for text in posts.texts:
        digest.update(text.encode() + b"\0")
    return {
        "encoders": list(config.blend.encoders),
        "posts_digest": digest.hexdigest(),
        "labels": posts.names,
        "settings": {name: getattr(config.blend, name) for name in ("sharpness", "labels_weight", "ridge", "dim")},
    }


def make_blend(config: TrainConfig, out: Path, progress: Progress = no_progress) -> BlendedTeacher:
    """Fit a blend on posts as ``config.blend`` and ``config.posts`` say, and leave it in ``out``.

    Raises:
        TrainError: no posts, posts of an evaluation set, settings that do not fit, a folder that cannot be written.
        EncoderError: an encoder cannot be had.
    """
    from ctse_core.encoders import load_encoder

    check_config(config)
    if out.exists() and any(out.iterdir()) and not is_blend(out):
        raise TrainError(f"{out} holds something else than a teacher; choose a new folder.")
    posts = read_posts_to_learn(config.posts)
    refuse_guarded(posts, Guard.of_files([*config.pairs.guard, *config.evaluation]))
    encoders = [load_encoder(name, progress=progress) for name in config.blend.encoders]
    parts = []
    for place, encoder in enumerate(encoders):
        progress(place / len(encoders), f"{encoder.name} reads {len(posts.texts):,} posts")
        parts.append(encoder.encode(posts.texts))
    teacher = BlendedTeacher(out.name, encoders, fit_blend(parts, posts.labels, config.blend))
    told = {
        **_asked(config, posts),
        "recipe": config.recipe,
        "spaces": [encoder.space for encoder in encoders],
        "files": [Path(file).name for file in config.posts.files],
        "posts": len(posts.texts),
        "fingerprint": teacher.fingerprint,
    }
    _write(teacher.blend, told, out)
    progress(1.0, f"The teacher is in {out}")
    return teacher


def _write(blend: Blend, told: dict[str, Any], out: Path) -> None:
    from safetensors.numpy import save_file

    arrays = {name: np.ascontiguousarray(getattr(blend, name)) for name in ("means", "sharp", "labels", "principal")}
    try:
        out.mkdir(parents=True, exist_ok=True)
        save_file(arrays, out / f".{WEIGHTS}")
        os.replace(out / f".{WEIGHTS}", out / WEIGHTS)
        beside = out / f".{DESCRIPTION}"
        beside.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(beside, out / DESCRIPTION)  # last: without it nothing is there
    except OSError as error:
        raise unwritable(out, error) from error
