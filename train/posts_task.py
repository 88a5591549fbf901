"""Posts as a task of the engine: told apart by two views, drawn together by shared labels, kept near the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Vectors
from train.batches import Plan, Rows
from train.config import LossSettings, PostSettings
from train.engine import Batch, Losses
from train.losses import distances, supervised_contrastive_loss, symmetric_contrastive_loss
from train.posts_reading import LabelledPosts
from train.students import Student

if TYPE_CHECKING:
    from torch import Tensor

NEAREST = 10


class PostTask:
    """Posts of which each should be near itself, near those with its labels, and far from others.

    ``start`` (n, d) holds the vectors that the encoder gave before, or is None where nothing is kept.
    """

    def __init__(
        self, posts: LabelledPosts, ids: list[list[int]], plan: Plan, settings: tuple[PostSettings, LossSettings]
    ) -> None:
        self.posts, self.plan = posts, plan
        self.ids = [np.asarray(each, dtype=np.int32) for each in ids]
        self.settings, self.loss = settings
        self.start: Vectors | None = None
        self.held_out: Rows = np.empty(0, dtype=np.int64)

    def batch(self, step: int) -> Batch:
        """Return the posts of a step, twice: dropout makes two views of each."""
        rows = self.plan.rows(step)
        ids = [self.ids[row] for row in rows]
        return Batch(
            ids=[*ids, *ids],
            pairs=len(rows),
            loss=self._loss(rows),
            separable=False,
            describe=lambda: [{"row": int(row), "text": self.posts.texts[row]} for row in rows],
        )

    def score(self, student: Student) -> Losses:
        """Return how much the ten nearest held-out posts share the labels of a held-out post, in [0, 1]."""
        if len(self.held_out) <= NEAREST or self.posts.labels.shape[1] == 0:
            return {}
        vectors = student.encode([self.posts.texts[row] for row in self.held_out])
        labels = self.posts.labels[self.held_out]
        return {"score": shared_labels(vectors, labels)}

    def _loss(self, rows: Rows) -> Callable[[Tensor, Rows], tuple[Tensor, dict[str, Tensor]]]:
        import torch

        posts = len(rows)
        alike = torch.from_numpy(jaccard(self.posts.labels[rows]))
        same = torch.from_numpy(self.posts.group[rows][:, None] == self.posts.group[rows][None, :])
        kept = None if self.start is None else torch.from_numpy(np.asarray(self.start[rows], dtype=np.float32))

        def loss(vectors: Tensor, _: Rows) -> tuple[Tensor, dict[str, Tensor]]:
            left, right = vectors[:posts], vectors[posts:]
            where, parts = vectors.device, {}
            if self.settings.views_weight:
                views = symmetric_contrastive_loss(left, right, same.to(where), self.loss.scale)
                parts["views"] = self.settings.views_weight * views
            if self.settings.labels_weight and self.posts.labels.shape[1]:
                drawn = supervised_contrastive_loss(left, alike.to(where), self.loss.scale)
                parts["labels"] = self.settings.labels_weight * drawn
            if kept is not None:
                away = distances(left, kept.to(where), "cosine", "unit").mean()
                parts["kept"] = self.settings.keep_weight * away
            return torch.stack(list(parts.values())).sum(), parts

        return loss


def jaccard(labels: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return (b, b) how much posts share their labels (b, l): those both have over those either has, in [0, 1].

    Posts without labels share nothing.
    """
    given = labels.astype(np.float32)
    both = given @ given.T
    counts = given.sum(axis=1)
    either = counts[:, None] + counts[None, :] - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)


def shared_labels(vectors: Vectors, labels: NDArray[np.bool_], nearest: int = NEAREST) -> float:
    """Return the mean Jaccard index of the labels (n, l) of each row's ``nearest`` other rows, in [0, 1]."""
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    rows = np.argpartition(-cosine, nearest, axis=1)[:, :nearest]
    alike = jaccard(labels)
    return float(np.take_along_axis(alike, rows, axis=1).mean())


def describe_labels(posts: LabelledPosts) -> list[dict[str, Any]]:
    """Return a row a label: its name and how many posts have it."""
    counts = posts.labels.sum(axis=0)
    return [{"label": name, "posts": int(count)} for name, count in zip(posts.names, counts, strict=True)]
