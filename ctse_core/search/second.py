"""What chance looks like where one encoder finds posts and another one judges them.

The second encoder has read only the posts that the first one found, so chance is taken as such a question meets
it: unrelated questions go the same way, and what the best of the posts found for them scores with the second
encoder is what an unanswerable question scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ctse_core.search.confidence import QUESTION_SHARE, ConfidenceSettings, QuestionBackground, centre_and_spread
from ctse_core.types import Vectors


def found_background(
    unrelated: Vectors, found: Sequence[Vectors], settings: ConfidenceSettings | None = None
) -> QuestionBackground:
    """Return the background of unit ``unrelated`` questions (m, d) from the posts found for each of them.

    ``found`` has m tables (r, d) of unit rows, by the encoder that judges. The background knows no post yet: see
    ``among``. Questions for which nothing was found tell nothing and are left out.
    """
    plain, adjusted = [], []
    nearness = QUESTION_SHARE * _others(unrelated @ unrelated.T)
    for question, posts in enumerate(found):
        if len(posts):
            cosines = posts @ unrelated.T
            own = cosines[:, question]
            others = (cosines.sum(axis=1) - own) / (len(unrelated) - 1)
            plain.append(own.max())
            adjusted.append((own - others).max() - nearness[question])
    return QuestionBackground(
        unrelated,
        np.zeros(0, dtype=np.float32),
        _one(plain),
        _one(adjusted),
        settings or ConfidenceSettings(),
    )


def among(background: QuestionBackground, posts: Vectors) -> QuestionBackground:
    """Return the background for these posts (r, d), unit rows: row i of its hubness is post i."""
    return replace(background, hubness=(posts @ background.unrelated.T).mean(axis=1))


def _others(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    return (cosines.sum(axis=1) - cosines.diagonal()) / (len(cosines) - 1)


def _one(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return np.inf, 1.0
    centre, spread = centre_and_spread(np.asarray(values, dtype=np.float64)[None])
    return float(centre[0]), float(spread[0])
