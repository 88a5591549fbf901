"""What chance looks like where one encoder finds posts and another one judges them.

The second encoder has read only the posts that the first one found, so chance is taken as such a question meets
it: unrelated questions go the same way, and what the best of the posts found for them scores with the second
encoder is what an unanswerable question scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctse_core.search.confidence import FEW, ConfidenceSettings, QuestionBackground, Unrelated, judged_by
from ctse_core.types import Vectors


def found_background(
    unrelated: Unrelated, middle: Vectors, found: Sequence[Vectors], settings: ConfidenceSettings | None = None
) -> QuestionBackground:
    """Return the background of ``unrelated`` questions from the posts found for each of them.

    ``middle`` (d,) is the mean of the collection's unit posts; ``found`` has m tables (r, d) of unit rows, by the
    encoder that judges. The background knows no post yet: see ``among``. Questions for which nothing was found tell
    nothing and are left out.
    """
    count = len(unrelated.vectors)
    plain = np.full(count, -np.inf)
    best = np.full((count, FEW), -np.inf)
    for question, posts in enumerate(found):
        if len(posts):
            cosines = posts @ unrelated.vectors.T
            own = cosines[:, question]
            others = (cosines.sum(axis=1) - own) / (count - 1)
            nearest = np.sort(own - others)[::-1][:FEW]
            plain[question] = own.max()
            best[question, : len(nearest)] = nearest
    return judged_by(unrelated, middle, np.zeros(0, dtype=np.float32), (plain, best), settings)


def among(background: QuestionBackground, posts: Vectors) -> QuestionBackground:
    """Return the background for these posts (r, d), unit rows: row i of its hubness is post i."""
    return replace(background, hubness=(posts @ background.unrelated.T).mean(axis=1))
