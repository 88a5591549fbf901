"""Where names go on a map so that they stay readable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LETTER = 0.0105  # of the map's width, for 12-pixel letters on a map some 650 pixels wide or wider
LINE = 0.046  # of the map's height, with padding, on a map 500 pixels high
PADDING = 0.014
SHIFTS = ((0, 0), (0, 1), (0, -1), (0.5, 0.7), (-0.5, 0.7), (0.5, -0.7), (-0.5, -0.7), (0, 2), (0, -2))


def place_labels(
    anchors: NDArray[np.float64], letters: Sequence[float], points: NDArray[np.float64]
) -> list[tuple[float, float] | None]:
    """Return where each label goes (c), in order of importance; None where it would cover an earlier one.

    ``anchors`` (c, 2): where each label wants to be; ``letters`` (c): its width in letters; ``points`` (n, 2): all
    that is drawn, which sets the scale.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    taken: list[tuple[float, float, float, float]] = []
    places: list[tuple[float, float] | None] = []
    for anchor, length in zip((anchors - low) / span, letters, strict=True):
        half_width, half_height = (length * LETTER + PADDING) / 2, LINE / 2
        found = None
        for right, up in SHIFTS:
            x = float(np.clip(anchor[0] + right * half_width, half_width, max(half_width, 1 - half_width)))
            y = float(anchor[1] + up * LINE)
            box = (x - half_width, y - half_height, x + half_width, y + half_height)
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found = (float(low[0] + x * span[0]), float(low[1] + y * span[1]))
                break
        places.append(found)
    return places


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
