"""Typical posts of a topic: near its centre, in its several languages, none a copy of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Vectors

_CANDIDATES = 40
_SAME_WORDS = 0.6
_SAME_VECTOR = 0.92
_FULL_LENGTH = 6


def typical_posts(
    vectors: Vectors,
    tokens: Sequence[Sequence[str]],
    languages: Sequence[str],
    strength: NDArray[np.float32],
    main: Sequence[str],
    wanted: int = 5,
) -> list[int]:
    """Return up to ``wanted`` places in [0, m) of the posts that stand best for a topic's m posts.

    ``vectors`` (m, d) unit rows; ``tokens`` m word lists; ``strength`` (m,). Posts near the centre win, very short and
    weakly held ones lose. First one post of each ``main`` language, then the best of all; a post that shares most
    of its words or its direction with a chosen one is left out. At least one place is returned where m > 0.
    """
    if not len(vectors):
        return []
    middle = vectors.sum(axis=0)
    nearness = vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-9))
    length = np.array([min(1.0, len(words) / _FULL_LENGTH) for words in tokens])
    worth = nearness * (0.5 + 0.5 * length) * (0.8 + 0.2 * np.asarray(strength))
    best = np.argsort(-worth, kind="stable")
    spoken = np.asarray(languages, dtype=str)
    chosen: list[int] = []
    for language in main[:wanted]:
        _add_first(best[spoken[best] == language], chosen, vectors, tokens, 1)
    _add_first(best, chosen, vectors, tokens, wanted - len(chosen))
    return chosen or [int(best[0])]


def _add_first(
    candidates: NDArray[np.int64],
    chosen: list[int],
    vectors: Vectors,
    tokens: Sequence[Sequence[str]],
    more: int,
) -> None:
    """Add to ``chosen`` the first ``more`` of the candidates that are no near-copies of what was chosen."""
    for post in candidates[:_CANDIDATES].tolist():
        if more <= 0:
            return
        if any(_near_copies(post, other, vectors, tokens) for other in chosen):
            continue
        chosen.append(post)
        more -= 1


def _near_copies(one: int, other: int, vectors: Vectors, tokens: Sequence[Sequence[str]]) -> bool:
    if one == other or float(vectors[one] @ vectors[other]) > _SAME_VECTOR:
        return True
    left, right = set(tokens[one]), set(tokens[other])
    return bool(left | right) and len(left & right) >= _SAME_WORDS * len(left | right)
