"""Texts as a task of the engine: every token's last state near the teacher's, each text in its own language.

A student with fewer layers is far from its teacher at first. The teacher's vector of a sentence says little of how to
come back, its states of all tokens say much more, and no translation is needed (Jiao et al. 2020, TinyBERT: the
distance of last hidden states; Sanh et al. 2019 begin from every second layer, too).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders import OnnxEncoder, SentenceEncoder
from ctse_core.encoders.tokens import TextTokenizer, padded
from ctse_core.errors import TrainError
from train.batches import Plan, Rows
from train.engine import Batch, Losses
from train.evaluate.held_out import HeldOut, chance
from train.pairs_store import PairStore
from train.students import Student, TransformerStudent, autocast, plain_attention
from train.tokens_store import TokenStore

if TYPE_CHECKING:
    from torch import Tensor

JOINED_BELOW = 24  # tokens
ENGLISH = 8  # one text in so many is the English side
MEASURED = 128  # texts by which the teacher's spread is known


class StatesStudent(TransformerStudent):
    """A transformer under training whose ``vectors`` are the states of all tokens, one text behind the other."""

    def vectors(self, ids: Sequence[Any]) -> Tensor:
        """Return (t, d) states of the tokens of all texts, differentiable."""
        with autocast(self.encoder.device.type, self.precision):
            return token_states(self.encoder, ids)


def token_states(encoder: Any, ids: Sequence[Any]) -> Tensor:
    """Return the last hidden states (t, d) float32 of the tokens of texts (b,), one text behind the other."""
    import torch

    tokens, mask = padded(ids, encoder.pad_id)
    device = encoder.device
    features = {
        "input_ids": torch.from_numpy(tokens).to(device),
        "attention_mask": torch.from_numpy(mask).to(device),
    }
    return encoder.model(**features).last_hidden_state.float()[features["attention_mask"].bool()]


class StatesTask:
    """Texts of all languages, read by student and teacher at once."""

    def __init__(
        self,
        store: PairStore,
        tokens: tuple[TokenStore, TokenStore],
        plan: Plan,
        teacher: StatesTeacher,
        held_out: HeldOut | None,
    ) -> None:
        self.store, self.plan, self.teacher, self.held_out = store, plan, teacher, held_out
        self.english, self.translations = tokens
        self.spread: float | None = None

    def batch(self, step: int) -> Batch:
        """Return the texts of a step; short ones of a language are joined, so that tokens stand in a context."""
        rows = self.plan.rows(step)
        ids = self._ids(rows)
        if self.spread is None:  # by the first step's texts, wherever a run is taken up
            self.spread = self.teacher.spread(self._ids(self.plan.rows(0))[:MEASURED])
        return Batch(
            ids=ids,
            pairs=len(rows),
            loss=self._loss(ids),
            separable=True,
            describe=lambda: [{"row": int(row), "text": text} for row, text in self._texts(rows)],
            parts=("states", "pooled"),
        )

    def _ids(self, rows: Rows) -> list[NDArray[np.int32]]:
        english = np.asarray(self.store.english_of[rows[::ENGLISH]], dtype=np.int64)
        ids = joined(self.translations.ids(rows), np.asarray(self.store.lang_of[rows]), JOINED_BELOW)
        return ids + joined(self.english.ids(english), np.zeros(len(english), dtype=np.int64), JOINED_BELOW)

    def score(self, student: Student) -> Losses:
        """Return the held-out matching, as pairs do."""
        if self.held_out is None:
            return {}
        mean, table = self.held_out.score(student.encode)
        return {"score": mean, "chance": chance(table)}

    def _texts(self, rows: Rows) -> zip[tuple[int, str]]:
        return zip(rows.tolist(), self.store.translations.texts(rows), strict=True)

    def _loss(self, ids: Sequence[NDArray[np.int32]]) -> Callable[[Tensor, Rows], tuple[Tensor, dict[str, Tensor]]]:
        total, texts, spread = sum(map(len, ids)), len(ids), self.spread or 1.0

        def loss(states: Tensor, rows: Rows) -> tuple[Tensor, dict[str, Tensor]]:
            import torch

            mine = [ids[row] for row in rows]
            wanted, pooled = self.teacher.states(mine)
            lengths = torch.tensor([len(each) for each in mine], device=states.device)
            owner = torch.repeat_interleave(torch.arange(len(mine), device=states.device), lengths)
            means = torch.zeros(len(mine), states.shape[1], device=states.device).index_add(0, owner, states)
            means = means / lengths[:, None]
            away = (states - wanted).square().sum() / (total * spread)
            apart = (1 - torch.nn.functional.cosine_similarity(means, pooled)).sum() / texts
            return away + POOLED * apart, {"states": away.detach(), "pooled": apart.detach()}

        return loss


POOLED = 10.0
"""Weight of 1 - cosine of the mean states: among this family's vectors unrelated sentences are 0.2 apart."""


class StatesTeacher:
    """The teacher of a ``StatesTask``: it sees the student's own tokens, its prefix in front of them.

    In the fast runtime it reads without padding, in eight bits, more than twice as fast as torch does in float32 on a
    processor (``python -m benchmarks.states_teacher``, which tells also how far its states are then away).

    Raises:
        TrainError: the student has a token that the teacher does not know.
    """

    def __init__(self, encoder: SentenceEncoder | OnnxEncoder, student: SentenceEncoder, precision: str) -> None:
        self.encoder, self.precision = encoder, precision
        known = encoder.tokens.backend.get_vocab()
        own = student.tokens.backend.get_vocab()
        missing = [piece for piece in own if piece not in known]
        if missing:
            raise TrainError(
                f"The teacher {encoder.name} cuts texts into other tokens than the student: it has no {missing[0]!r}. "
                "States can only be learned from a teacher with the student's vocabulary, or a larger one."
            )
        self._ids = np.zeros(max(own.values()) + 1, dtype=np.int32)
        for piece, number in own.items():
            self._ids[number] = known[piece]
        self._prefix = _prefix_ids(encoder)
        if not isinstance(encoder, OnnxEncoder):
            plain_attention(encoder)
            encoder.model.eval()

    def states(self, ids: Sequence[NDArray[np.int32]]) -> tuple[Tensor, Tensor]:
        """Return the states (t, d) of the texts' own tokens, and the mean states (b, d), the prefix's among them."""
        import torch

        first = len(self._prefix)
        given = [np.concatenate([self._ids[each[:1]], self._prefix, self._ids[each[1:]]]) for each in ids]
        if isinstance(self.encoder, OnnxEncoder):
            parts = tuple(map(torch.from_numpy, self.encoder.token_vectors(given)))
        else:
            with torch.inference_mode(), autocast(self.encoder.device.type, self.precision):
                parts = token_states(self.encoder, given).split([len(each) for each in given])
        own = torch.cat([torch.cat([part[:1], part[1 + first :]]) for part in parts])
        return own.clone(), torch.stack([part.mean(0) for part in parts])

    def spread(self, ids: Sequence[NDArray[np.int32]]) -> float:
        """Return the mean squared distance of states to their mean, by which distances are made comparable."""
        states, _ = self.states(ids)
        return float((states - states.mean(0)).square().sum(1).mean())


def _prefix_ids(encoder: SentenceEncoder | OnnxEncoder) -> NDArray[np.int32]:
    """Return the ids that the encoder's prefix puts behind the mark of the beginning."""
    whole = encoder.tokens.ids(["a"])[0]
    bare = TextTokenizer(encoder.tokens.backend, replace(encoder.tokens.use, prefix=""), encoder.tokens.marks)
    plain = bare.ids(["a"])[0]
    return np.array(whole[1 : 1 + len(whole) - len(plain)], dtype=np.int32)


def joined(ids: Sequence[NDArray[np.int32]], groups: NDArray[np.integer], below: int) -> list[NDArray[np.int32]]:
    """Return texts of token ids in which short ones of one group stand one behind the other, in their order.

    Each begins and ends with the marks of the first and the last of its parts; none grows once it has ``below``
    tokens, and no token but inner marks is lost.
    """
    found: list[NDArray[np.int32]] = []
    open_at: dict[int, int] = {}
    for group, each in zip(groups.tolist(), ids, strict=True):
        place = open_at.get(group)
        if place is not None and len(each) < below:
            found[place] = np.concatenate([found[place][:-1], each[1:]])
        elif len(each) < below:
            place = open_at[group] = len(found)
            found.append(each)
        else:
            found.append(each)
            continue
        if len(found[place]) >= below:
            del open_at[group]
    return found
