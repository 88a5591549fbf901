"""What every index of posts can do, wherever it lies: in a folder of this machine or in a team's database.

An entry is a key (a post's id, text), a vector (d,) and facts: columns beside it, by which a search is narrowed and
which it gives back. Verdicts (confidence.py) are not the index's business: it ranks, and tells the cosine.
tests/core/index_conformance.py holds every index to what is written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import SettingError
from ctse_core.types import Vectors

Value: TypeAlias = str | int | float | bool | datetime


@dataclass(frozen=True)
class Condition:
    """What one fact of an entry must be: one of ``any_of`` where these are given, and within the limits given.

    A fact that is a list (needs, tags) meets ``any_of`` with any of its values. ``at_least`` is inclusive, ``below``
    exclusive; both need a fact that is a number or a time (UTC). An entry without the fact (null) meets no condition,
    but for ``missing``, which lets entries through whose fact is null or an empty list, beside the others.
    """

    fact: str
    any_of: tuple[Value, ...] = ()
    at_least: float | datetime | None = None
    below: float | datetime | None = None
    missing: bool = False

    def __post_init__(self) -> None:
        if not self.any_of and self.at_least is None and self.below is None and not self.missing:
            raise SettingError(f"The condition on “{self.fact}” asks for nothing; name values or limits.")


@dataclass(frozen=True)
class Where:
    """Which entries a search looks at: all ``conditions`` hold, the key is none of ``without``."""

    conditions: tuple[Condition, ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions or self.without)


@dataclass(frozen=True)
class Found:
    """What one query found, best first, m <= k entries; equal cosines are ordered by key.

    ``keys`` (m,) text; ``similarity`` (m,) float32 cosine in [-1, 1]; ``facts`` m rows, the columns asked for.
    """

    keys: tuple[str, ...]
    similarity: NDArray[np.float32]
    facts: pl.DataFrame = field(default_factory=pl.DataFrame)


@runtime_checkable
class Index(Protocol):
    """Entries that are searched by meaning; several programs may read and write the same index at once.

    A writer's change is there as a whole or not at all, also where the program dies. Searches see the index as it was
    when it was opened or last ``refresh``ed, and what this very object wrote.
    """

    @property
    def width(self) -> int:
        """The width d of the vectors."""
        ...

    def __len__(self) -> int:
        """Return how many entries there are."""
        ...

    def add(self, keys: Sequence[str], vectors: Vectors, facts: pl.DataFrame | None = None) -> None:
        """Put in entries: ``keys`` (m,) all different, ``vectors`` (m, d) of any length, ``facts`` m rows.

        An entry whose key is already there is replaced whole, its facts with it. The first ``facts`` decide which
        columns there are and of which kind; a column left out later is null. An entry whose vector is zeros is kept,
        counted and never found.

        Raises:
            SettingError: keys, vectors and facts differ in number, a key comes twice, or a fact is of another kind.
            EncoderError: the vectors have another width, or are not finite.
        """
        ...

    def delete(self, keys: Sequence[str]) -> int:
        """Take out the entries with these keys and return how many were there; unknown keys do no harm."""
        ...

    def search(
        self, queries: Vectors, k: int = 10, where: Where | None = None, give: Sequence[str] = ()
    ) -> list[Found]:
        """Return the ``k`` entries most similar to each of ``queries`` (q, d) or (d,), one Found a query.

        ``give`` names the facts that come back with each. A query of zeros finds nothing.

        Raises:
            SettingError: ``k`` is below 1, or a fact is asked for that the index does not have.
            EncoderError: the queries have another width than the index, or are not finite.
        """
        ...

    def vectors(self, keys: Sequence[str]) -> Vectors:
        """Return the vectors (m, d) of the entries, as near to those put in as the index keeps them; zeros: unknown."""
        ...

    def refresh(self) -> None:
        """See what others wrote since."""
        ...

    def close(self) -> None:
        """Let go of files or connections; what was written stays. Closing twice does no harm."""
        ...
