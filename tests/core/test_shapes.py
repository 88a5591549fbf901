"""Outlines of countries: they ship small, lines that countries share fit at every level, names are known."""

import numpy as np
import pytest

from ctse_core import words
from ctse_core.figures.shape_file import STEP, TOLERANCES, packed, simplified
from ctse_core.figures.shapes import (
    ASSETS,
    country_middle,
    country_name,
    country_widths,
    lit_countries,
    near_squares,
    outlines,
)

NOWHERE = np.zeros((0, 2))


def rings(shapes, code):
    wanted = lit_countries([code], shapes.codes)
    return [
        shapes.points[shapes.starts[number] : shapes.starts[number + 1]]
        for number, country in enumerate(shapes.country)
        if country in wanted
    ]


def test_the_world_is_small_and_what_is_near_is_finer():
    coarse, fine = outlines(NOWHERE), outlines(np.array([[-72.3, 18.5]]))
    assert len(coarse.points) < 30_000
    assert sum(map(len, rings(fine, "HT"))) > 3 * sum(map(len, rings(coarse, "HT")))
    assert sum(map(len, rings(fine, "MN"))) == sum(map(len, rings(coarse, "MN")))
    assert (ASSETS / "countries.npz").stat().st_size < 700_000


def test_rings_are_closed_and_within_the_world():
    shapes = outlines(np.array([[179.0, -17.0], [20.0, 10.0]]))
    for start, end in zip(shapes.starts[:-1], shapes.starts[1:], strict=True):
        ring = shapes.points[start:end]
        assert np.allclose(ring[0], ring[-1], atol=2 * STEP)
        assert np.abs(np.diff(ring[:, 0])).max() <= 360 and np.ptp(ring[:, 1]) < 180
    assert np.abs(shapes.points[:, 1]).max() <= 90


def test_no_outline_runs_back_around_the_world_at_the_date_line():
    shapes = outlines(NOWHERE)
    for code in ("FJ", "RU", "NZ"):
        assert max(np.abs(np.diff(ring[:, 0])).max() for ring in rings(shapes, code)) < 60, code


def test_countries_have_a_middle_a_width_and_a_name_in_each_language():
    lon, lat = country_middle("HT")
    assert -74.5 < lon < -71.6 and 18 < lat < 20
    assert country_middle("TV") is not None and country_middle("ZZ") is None
    assert country_widths()["RU"] > 100 > country_widths()["FR"]
    words.speak("fr")
    assert country_name("DE") == "Allemagne"
    words.speak("en")
    assert country_name("DE") == "Germany" and country_name("ZZ") == "ZZ"


def test_squares_around_places_leave_out_what_has_no_coordinates():
    squares = near_squares(np.array([[2.0, 3.0], [np.nan, 1.0]]))
    assert len(squares) == 9 and (0, 0) in squares and (-1, 1) in squares


@pytest.fixture
def two_squares():
    """Two square countries that share a side with a dent in it."""
    shared = [[1, 0], [1, 0.5], [1.05, 0.55], [1, 0.6], [1, 1]]
    left, right = [[1, 1], [0, 1], [0, 0], [1, 0]], [[1, 0], [2, 0], [2, 1], [1, 1]]
    arcs = []
    for line in (shared, left, right):
        grid = np.round(np.array(line) * 1000).astype(int)
        arcs.append(np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=int)).tolist())
    shapes = [{"type": "Polygon", "arcs": [[0, 1]]}, {"type": "MultiPolygon", "arcs": [[[2, ~0]]]}]
    return {
        "arcs": arcs,
        "transform": {"scale": [0.001, 0.001], "translate": [0, 0]},
        "objects": {"countries": {"geometries": shapes}},
    }


def test_a_packed_file_keeps_shared_lines_once_and_knows_their_levels(two_squares):
    kept = packed(two_squares, ["AA", "BB"])
    assert len(kept["starts"]) == 4 and kept["ring_arcs"].tolist() == [0, 1, 2, -1]
    assert kept["ring_country"].tolist() == [0, 1] and kept["codes"].tolist() == ["AA", "BB"]
    first = slice(kept["starts"][0], kept["starts"][1])
    assert np.cumsum(kept["dx"][first])[[0, -1]].tolist() == [round(1 / STEP)] * 2
    assert kept["level"][first].tolist() == [0, 1, 1, 1, 0]  # the dent is 0.05 degrees deep
    assert TOLERANCES[0] > 0.05 > TOLERANCES[1]


def test_a_line_is_simplified_no_further_than_allowed():
    line = np.column_stack([np.linspace(0, 1, 50), 0.01 * np.sin(np.linspace(0, 9, 50))])
    assert simplified(line, 0.02).tolist() == [0, 49]
    kept = simplified(line, 0.002)
    assert 4 < len(kept) < 30
    between = np.interp(line[:, 0], line[kept, 0], line[kept, 1])
    assert np.abs(between - line[:, 1]).max() <= 0.0021
    island = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0.0]])
    assert len(simplified(island, 0.1)) == 5 and len(simplified(island, 5)) == 2
