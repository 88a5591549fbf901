"""Outlines on the map: what lies inside, and outlines with few corners that keep their form."""

import math

import numpy as np
import pytest

from ctse_core.areas import MOST_CORNERS, area_of, inside

SQUARE = ((0, 0), (4, 0), (4, 4), (0, 4))
HORSESHOE = ((0, 0), (6, 0), (6, 6), (4, 6), (4, 2), (2, 2), (2, 6), (0, 6))


@pytest.mark.parametrize(
    ("area", "x", "y", "expected"),
    [
        (SQUARE, [2, 5, -1, 2, math.nan], [2, 2, 2, 9, 2], [True, False, False, False, False]),
        (SQUARE[::-1], [2, 5], [2, 2], [True, False]),
        (HORSESHOE, [1, 3, 5, 3], [4, 4, 4, 1], [True, False, True, True]),
        (((0, 0), (4, 0)), [1], [0], [False]),
        ((), [1], [0], [False]),
    ],
)
def test_points_lie_inside_or_outside(area, x, y, expected):
    assert inside(np.array(x, dtype=float), np.array(y, dtype=float), area).tolist() == expected


def test_a_grid_over_a_square_is_parted_as_plain_comparison_does():
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 5, 50), np.linspace(-1, 5, 50)))
    expected = (x > 0) & (x < 4) & (y > 0) & (y < 4)
    assert (inside(x.astype(np.float32), y.astype(np.float32), SQUARE) == expected).all()


def test_a_lasso_of_many_corners_keeps_its_form():
    angles = np.linspace(0, 2 * math.pi, 900, endpoint=False)
    wave = 5 + np.sin(5 * angles)
    drawn = list(zip(wave * np.cos(angles), wave * np.sin(angles), strict=True))
    area = area_of(drawn)
    assert len(area) == MOST_CORNERS
    x, y = np.random.default_rng(0).uniform(-7, 7, (2, 20_000))
    assert (inside(x, y, area) == inside(x, y, tuple(drawn))).mean() > 0.99
    assert area_of(area) == area


@pytest.mark.parametrize("drawn", [[], [(1, 2)], [(0, 0), (1, 1), (0, 0)], [(math.nan, 1), (1, 1), (2, 2)]])
def test_what_encloses_nothing_is_no_area(drawn):
    assert area_of(drawn) == ()
