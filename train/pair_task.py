"""Pairs as a task of the engine: near the teacher's vector of the English, and nearer to each other than to others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Vectors
from train.batches import Plan, Rows
from train.config import LossSettings
from train.engine import Batch, Losses
from train.evaluate.held_out import HeldOut
from train.losses import distances, symmetric_contrastive_loss
from train.pairs_store import PairStore
from train.students import Student
from train.tokens_store import TokenStore

if TYPE_CHECKING:
    from torch import Tensor


class PairTask:
    """Pairs to be brought to one place: near the teacher's vector of the English, and nearer than others."""

    def __init__(
        self,
        store: PairStore,
        tokens: tuple[TokenStore, TokenStore],
        plan: Plan,
        loss: LossSettings,
        teacher: NDArray[np.float16] | None,
        held_out: HeldOut | None,
        device: str,
    ) -> None:
        self.store, self.plan, self.loss, self.teacher = store, plan, loss, teacher
        self.english, self.translations = tokens
        self.held_out = held_out
        self.device = device
        self.turn: Vectors | None = None  # a rotation of the teacher's vectors

    def batch(self, step: int) -> Batch:
        """Return the pairs of a step: English sentences first, then their translations."""
        rows = self.plan.rows(step)
        english = np.asarray(self.store.english_of[rows], dtype=np.int64)
        ids = [*self.english.ids(english), *self.translations.ids(rows)]
        return Batch(
            ids=ids,
            pairs=len(rows),
            loss=self._loss(english),
            separable=self.loss.contrastive_weight == 0,
            describe=lambda: self._describe(rows),
            parts=("distance",) if self.teacher is not None else (),
        )

    def score(self, student: Student) -> Losses:
        """Return the held-out matching: the mean as "score", and each language's; nothing where nothing is held out."""
        if self.held_out is None:
            return {}
        mean, table = self.held_out.score(student.encode)
        several = table["set"].n_unique() > 1
        names = [f"{name}/{text}" if several else text for name, text in table.select("set", "text").iter_rows()]
        return {"score": mean, **dict(zip(names, table["value"], strict=True))}

    def _loss(self, english: Rows) -> Callable[[Tensor, Rows], tuple[Tensor, dict[str, Tensor]]]:
        import torch

        target = None
        if self.teacher is not None and self.loss.distance:
            rows = np.asarray(self.teacher[english], dtype=np.float32)
            target = torch.from_numpy(rows if self.turn is None else rows @ self.turn).to(self.device)
        group = torch.from_numpy(english).to(self.device)
        settings, pairs = self.loss, len(english)

        def loss(vectors: Tensor, rows: Rows) -> tuple[Tensor, dict[str, Tensor]]:
            total = vectors.sum() * 0
            parts: dict[str, Tensor] = {}
            if target is not None:
                wanted = target[torch.from_numpy(rows % pairs).to(vectors.device)]
                away = distances(vectors, wanted, settings.distance, settings.space)
                parts["distance"] = away.sum() / (2 * pairs)
                total = total + settings.distance_weight * parts["distance"]
            if settings.contrastive_weight:
                same = group[:, None] == group[None, :]
                parts["contrastive"] = symmetric_contrastive_loss(
                    vectors[:pairs], vectors[pairs:], same, settings.scale
                )
                total = total + settings.contrastive_weight * parts["contrastive"]
            return total, parts

        return loss

    def _describe(self, rows: Rows) -> list[dict[str, Any]]:
        languages = self.store.languages
        english = self.store.english.texts(self.store.english_of[rows])
        translations = self.store.translations.texts(rows)
        return [
            {"row": int(row), "lang": languages[int(self.store.lang_of[row])], "english": left, "translation": right}
            for row, left, right in zip(rows, english, translations, strict=True)
        ]
