"""Teaching by marks: how right the needs are, by cross-validation, and which posts to mark next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ctse_core.crisis.learning import LEAST, MOST_LOOKED_AT, Worth, left_out, most_useful, worth
from ctse_core.needs_layer import judged, stands
from ctse_core.project import Project
from ctse_core.remembered import remembered
from ctse_core.stored import Analysis

_SEED = 4_711


@dataclass(frozen=True)
class Teaching:
    """What the marks are worth: ``marked`` posts, ``before`` and ``after`` learning (None below ten marks).

    ``types`` has a row a type that was marked or told: key, name, marked, told, right.
    """

    marked: int
    before: Worth
    after: Worth | None
    types: pl.DataFrame

    @property
    def missing(self) -> int:
        """How many more marks learning needs."""
        return max(0, LEAST - self.marked)


def teaching(analysis: Analysis, project: Project) -> Teaching:
    """Return how right the needs are on the posts that people marked; each is judged by the marks of the others.

    Raises:
        EncoderError: the encoder that made the vectors cannot be had, and the examples were never read with it.
        ProjectError: what people added cannot be read.
    """
    found = judged(analysis, project)
    ground, marks = found.ground, found.marks
    plain = marks.rows @ ground.needs.weights() + ground.needs.mean + marks.terms
    before = worth(plain, marks, ground.aside, fixed=True)
    after = worth(left_out(found.joined, marks), marks, ground.aside) if found.learns else None
    shown = after or before
    types = pl.DataFrame(
        {
            "key": [one.key for one in ground.types],
            "name": [one.name for one in ground.types],
            "marked": shown.wanted,
            "told": shown.told,
            "right": shown.right,
        }
    ).filter(~pl.Series(ground.aside) & ((pl.col("marked") > 0) | (pl.col("told") > 0)))
    return Teaching(len(marks), before, after, types.sort("marked", "told", descending=True))


def posts_to_mark(analysis: Analysis, project: Project, count: int) -> list[int]:
    """Return the positions of posts whose marks would teach most now, at most ``count``, the most useful first.

    Of a large collection, 4,000 posts drawn by chance are looked at. No copy and no marked post is among them.

    Raises:
        EncoderError: as ``teaching`` does.
        ProjectError: what people added cannot be read.
    """
    found = judged(analysis, project)

    def chosen() -> list[int]:
        ground = found.ground
        rest = np.setdiff1d(np.flatnonzero(ground.space.filled), found.marked)
        if len(rest) > MOST_LOOKED_AT:
            rest = np.sort(np.random.default_rng(_SEED).choice(rest, MOST_LOOKED_AT, replace=False))
        best = most_useful(found.joined, ground.space.rows(rest), found.margins[rest], count)
        return [int(row) for row in ground.rows[rest[best]]]

    return remembered("posts to mark", (stands(analysis, project), count), chosen)
