"""What a search must know of a shared project's posts as a whole: languages' offsets, what chance looks like."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import ServerError
from ctse_core.search.confidence import Chance, QuestionBackground
from ctse_core.structure.languages import LanguageOffsets
from ctse_core.types import Vectors

if TYPE_CHECKING:
    from ctse_core.question import Searcher

_CHANCES = ("plain", "adjusted", "few")


@dataclass(frozen=True)
class Calibration:
    """What the searcher of a project learnt of it, without what it learnt of single posts.

    ``offsets`` of the languages, ``origin`` (d,) of questions; ``judge`` and ``rank``: chance in the encoder's own
    space and in the one without languages, in which posts are ranked; their hubness is empty.
    """

    offsets: LanguageOffsets
    origin: Vectors
    judge: QuestionBackground
    rank: QuestionBackground

    def hubs(self, vectors: Vectors, ranked: Vectors) -> NDArray[np.float32]:
        """Return (m, 2) the mean cosine of posts with questions about other things, as they are and as ranked."""
        lengths = np.linalg.norm(vectors, axis=1)
        plain = (vectors @ self.judge.unrelated.mean(axis=0)) / np.where(lengths > 0, lengths, 1)
        return np.column_stack([plain, ranked @ self.rank.unrelated.mean(axis=0)]).astype(np.float32)

    def plain(self, ranked: Vectors, norms: NDArray[np.float32], languages: list[str]) -> Vectors:
        """Return vectors (m, d) of the encoder, given those that posts are ranked by and what these were cut from."""
        return ranked * norms[:, None] + self.offsets.overall + self.offsets.of(languages)

    def norms(self, vectors: Vectors, languages: list[str]) -> NDArray[np.float32]:
        """Return (m,) how long vectors of the encoder are without the mean and their language's offset."""
        return np.linalg.norm(vectors - self.offsets.overall - self.offsets.of(languages), axis=1)

    def written(self) -> bytes:
        """Return all of it as bytes."""
        arrays: dict[str, Any] = {
            "overall": self.offsets.overall,
            "shift": self.offsets.shift,
            "origin": self.origin,
        }
        told: dict[str, Any] = {"names": self.offsets.names}
        for name, background in (("judge", self.judge), ("rank", self.rank)):
            arrays |= {f"{name}_unrelated": background.unrelated, f"{name}_middle": background.middle}
            told[name] = {chance: asdict(getattr(background, chance)) for chance in _CHANCES}
        arrays["told"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()


def calibration_of(searcher: Searcher) -> Calibration:
    """Return what a searcher learnt of its posts.

    Raises:
        ServerError: it learnt nothing by which a question could be judged.
    """
    judge, rank = searcher.judge.background, searcher.index.background
    if not isinstance(judge, QuestionBackground) or not isinstance(rank, QuestionBackground):
        raise ServerError("These posts have no vectors to search by; analyse their file again before sharing it.")
    nothing = np.zeros(0, dtype=np.float32)
    return Calibration(
        searcher._offsets,
        np.asarray(searcher._origin, dtype=np.float32),
        replace(judge, hubness=nothing),
        replace(rank, hubness=nothing),
    )


def read_calibration(written: bytes) -> Calibration:
    """Return what ``written`` told."""
    with np.load(io.BytesIO(written), allow_pickle=False) as arrays:
        told = json.loads(arrays["told"].tobytes())
        backgrounds = [
            QuestionBackground(
                unrelated=arrays[f"{name}_unrelated"],
                middle=arrays[f"{name}_middle"],
                hubness=np.zeros(0, dtype=np.float32),
                plain=Chance(**told[name]["plain"]),
                adjusted=Chance(**told[name]["adjusted"]),
                few=Chance(**told[name]["few"]),
            )
            for name in ("judge", "rank")
        ]
        offsets = LanguageOffsets(arrays["overall"], tuple(told["names"]), arrays["shift"])
        return Calibration(offsets, arrays["origin"], *backgrounds)
