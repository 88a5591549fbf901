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
from train.evaluate.held_out import HeldOut, chance
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
        self.marks = True  # whether texts begin and end with marks, as those of a transformer do

    def batch(self, step: int) -> Batch:
        """Return the pairs of a step: English sentences first, then their translations."""
        rows = self.plan.rows(step)
        english = np.asarray(self.store.english_of[rows], dtype=np.int64)
        languages = np.asarray(self.store.lang_of[rows])
        items = joined_items(languages, round(self.loss.joined * len(rows)))
        sides = [self.english.ids(english), self.translations.ids(rows)]
        ids = [one_text([side[part] for part in item], self.marks) for side in sides for item in items]
        return Batch(
            ids=ids,
            pairs=len(rows),
            loss=self._loss([english[item] for item in items]),
            separable=self.loss.contrastive_weight == 0,
            describe=lambda: self._describe(rows),
            parts=("distance",) if self.teacher is not None else (),
        )

    def score(self, student: Student) -> Losses:
        """Return the held-out matching: the mean as "score", its standard error as "chance", and each language's.

        Nothing where nothing is held out.
        """
        if self.held_out is None:
            return {}
        mean, table = self.held_out.score(student.encode)
        several = table["set"].n_unique() > 1
        names = [f"{name}/{text}" if several else text for name, text in table.select("set", "text").iter_rows()]
        return {"score": mean, "chance": chance(table), **dict(zip(names, table["value"], strict=True))}

    def _loss(self, items: list[Rows]) -> Callable[[Tensor, Rows], tuple[Tensor, dict[str, Tensor]]]:
        import torch

        target = None
        if self.teacher is not None and self.loss.distance:
            # What a teacher says of two sentences in one text is nearly the mean of what it says of each.
            rows = np.stack([np.asarray(self.teacher[item], dtype=np.float32).mean(axis=0) for item in items])
            target = torch.from_numpy(rows if self.turn is None else rows @ self.turn).to(self.device)
        single = [int(item[0]) if len(item) == 1 else -1 - place for place, item in enumerate(items)]
        group = torch.tensor(single, device=self.device)
        settings, pairs = self.loss, len(items)

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


def joined_items(languages: NDArray[np.integer], count: int) -> list[Rows]:
    """Return the pairs (n,) as items: of the first ``count``, two neighbours of a language make one.

    Most pairs are short. Two of one language, one behind the other, are a pair again, and a longer one (Kondo et al.
    2021 train translation so).
    """
    items: list[Rows] = []
    waiting: dict[int, int] = {}
    for row, language in enumerate(languages.tolist()):
        place = waiting.pop(language, None) if row < count else None
        if place is not None:
            items[place] = np.array([items[place][0], row])
            continue
        if row < count:
            waiting[language] = len(items)
        items.append(np.array([row]))
    return items


def one_text(parts: list[NDArray[np.int32]], marks: bool) -> NDArray[np.int32]:
    """Return the token ids of texts as those of one: inner marks of begin and end fall away where there are marks."""
    if len(parts) == 1:
        return parts[0]
    if not marks:
        return np.concatenate(parts)
    return np.concatenate([parts[0][:-1], *(part[1:-1] for part in parts[1:-1]), parts[-1][1:]])
