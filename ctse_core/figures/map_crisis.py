"""The map of meaning coloured by what responders ask: how urgent posts are, what they need."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures.map_points import FIRST_NAMED, LOOSE, LOOSE_COLOUR, OTHER, Group, coloured
from ctse_core.types import Col
from ctse_core.words import t

URGENT_COLOURS = ("#8595a0", "#2ba575", "#c1703b", "#b92942")
"""Low grey, medium green, high orange, critical red: the more pressing, the warmer."""


def urgency_coloured(table: pl.DataFrame) -> tuple[list[Group], NDArray[np.uint8]]:
    """Return the levels of urgency as groups, the most pressing first, and the colour index (n,) of each post."""
    levels = table[Col.URGENCY].cast(pl.Int64).fill_null(-1).to_numpy()
    counts = np.bincount(levels + 1, minlength=5)
    names = (t("Low"), t("Medium"), t("High"), t("Critical"))
    shown = [(level, names[level], URGENT_COLOURS[level], int(counts[level + 1])) for level in (3, 2, 1, 0)]
    groups = [Group(FIRST_NAMED + level, name, colour, posts) for level, name, colour, posts in shown]
    groups.append(Group(LOOSE, t("Not judged"), LOOSE_COLOUR, int(counts[0])))
    return [group for group in groups if group.posts], np.where(levels < 0, LOOSE, levels + FIRST_NAMED).astype(
        np.uint8
    )


def need_coloured(
    table: pl.DataFrame, topics: pl.DataFrame, names: Mapping[str, str]
) -> tuple[list[Group], NDArray[np.uint8]]:
    """Return the surest need of each post as groups, twelve by name, and the colour index (n,) of each post.

    ``names`` are those of the information types by their keys.
    """
    first = table[Col.NEEDS].list.first()
    named = first.replace_strict(list(names), list(names.values()), default=first) if names else first
    # A label is any text; posts without one are those that tell no need.
    groups, looks = coloured("label", table.with_columns(named.alias(Col.LABEL)), topics)
    told = {LOOSE: t("No need told"), OTHER: t("Other needs")}
    return [Group(one.index, told.get(one.index, one.name), one.colour, one.posts) for one in groups], looks
