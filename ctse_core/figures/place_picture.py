"""The map of places as a still picture (SVG): land, merged marks, the names of the largest, the legend."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctse_core.figures.base import shorten, text_width
from ctse_core.figures.place_map import PlaceMap, map_sentence
from ctse_core.figures.shapes import Outlines, outlines
from ctse_core.figures.svg import LETTER, WIDTH, picture, words
from ctse_core.words import number

LAND, BORDER, SEA = "#f4f1ea", "#a9b3ba", "#dfe9ef"
MOST_NORTH = 83.0  # degrees; beyond, Mercator is without end
APART, LARGEST, SMALLEST = 30.0, 24.0, 4.0  # pixels, as on the page
MOST_NAMES = 16
LINE = 20  # pixels of a line of the legend


@dataclass(frozen=True)
class View:
    """What part of the world a picture shows: its middle (world units, Mercator) and pixels a world."""

    x: float
    y: float
    scale: float
    height: float

    def at(self, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """Return pixels of points in world units; the world goes round, so it is the copy nearest to the middle."""
        around = x - self.x - np.round(x - self.x)
        return around * self.scale + WIDTH / 2, (y - self.y) * self.scale + self.height / 2


@dataclass
class Spot:
    """A mark of the picture: middle and radius in pixels, what it holds."""

    x: float
    y: float
    posts: int = 0
    urgent: int = 0
    members: list[int] = field(default_factory=list)


def world(lon: NDArray | float, lat: NDArray | float) -> tuple[NDArray, NDArray]:
    """Return longitudes and latitudes (degrees) as points of the unit square of Mercator's projection."""
    angle = np.radians(np.clip(lat, -MOST_NORTH, MOST_NORTH))
    return np.asarray(lon) / 360 + 0.5, 0.5 - np.log(np.tan(math.pi / 4 + angle / 2)) / (2 * math.pi)


def view_on(box: tuple[float, float, float, float], height: float) -> View:
    """Return the view of a picture that holds a box (west, south, east, north in degrees)."""
    (left, right), (bottom, top) = world(np.array([box[0], box[2]]), np.array([box[1], box[3]]))
    scale = min(0.86 * WIDTH / max(1e-9, right - left), 0.82 * height / max(1e-9, bottom - top))
    scale = max(WIDTH, min(scale, WIDTH / 6e-6))
    half = height / 2 / scale
    middle = min(max((top + bottom) / 2, half), 1 - half) if half < 0.5 else 0.5
    return View(float((left + right) / 2), float(middle), float(scale), height)


def still_places(drawn: PlaceMap, height: float = 430) -> str:
    """Return the map as an SVG picture WIDTH pixels wide, with its legend below and its sentence for those who hear it.

    Without a place it shows the world and says so.
    """
    view = view_on(drawn.home, height)
    rows = drawn.rows
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    shapes = outlines(np.column_stack([lon, lat]) if rows.height else np.zeros((0, 2)))
    spots = merged(drawn, *view.at(*world(lon, lat)))
    spots = [spot for spot in spots if -20 < spot.x < WIDTH + 20 and -20 < spot.y < height + 20]
    legend, foot = _legend(drawn, height + 8)
    parts = [
        f'<clipPath id="stage"><rect width="{WIDTH}" height="{height:.0f}" rx="6"/></clipPath>',
        f'<g clip-path="url(#stage)"><rect width="{WIDTH}" height="{height:.0f}" fill="{SEA}"/>',
        f'<path d="{land_path(shapes, view)}" fill="{LAND}" fill-rule="evenodd" stroke="{BORDER}" stroke-width="0.7"/>',
        *(_circle(drawn, spot, spots[0].posts) for spot in spots),
        *_names(drawn, spots, height),
        "</g>",
        *legend,
    ]
    return picture(map_sentence(drawn), foot, parts)


def merged(drawn: PlaceMap, x: NDArray, y: NDArray) -> list[Spot]:
    """Return the marks at pixels (m,), those nearer than APART to a larger one merged into it, most posts first."""
    cells: dict[tuple[int, int], list[Spot]] = {}
    found: list[Spot] = []
    posts, urgent = drawn.rows["posts"].to_list(), drawn.rows["urgent"].to_list()
    for row, (px, py) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        cell = (int(px // APART), int(py // APART))
        around = [(cell[0] + dx, cell[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        near = (spot for each in around for spot in cells.get(each, ()))
        home = next((spot for spot in near if math.hypot(spot.x - px, spot.y - py) < APART), None)
        if home is None:
            home = Spot(px, py)
            cells.setdefault(cell, []).append(home)
            found.append(home)
        home.members.append(row)
        home.posts += posts[row]
        home.urgent += urgent[row]
    return sorted(found, key=lambda spot: -spot.posts)


def group_of(drawn: PlaceMap, members: Sequence[int]) -> int:
    """Return the group in the legend of several marks together."""
    if drawn.weight is None:
        return int(drawn.group[list(members)].min())
    weights = np.bincount(drawn.group[list(members)], weights=drawn.weight[list(members)])
    return int(weights.argmax()) if weights.any() else int(drawn.group[members[0]])


def land_path(shapes: Outlines, view: View) -> str:
    """Return the outlines that a view shows as the data of an SVG path, in pixels; points too near are left out."""
    x, y = world(shapes.points[:, 0].astype(np.float64), shapes.points[:, 1].astype(np.float64))
    told = []
    for copy in (-1, 0, 1):
        px, py = (x - view.x + copy) * view.scale + WIDTH / 2, (y - view.y) * view.scale + view.height / 2
        for start, end in zip(shapes.starts[:-1].tolist(), shapes.starts[1:].tolist(), strict=True):
            here, there = px[start:end], py[start:end]
            outside = here.max() < 0 or here.min() > WIDTH or there.max() < 0 or there.min() > view.height
            if outside or max(np.ptp(here), np.ptp(there)) < 1:
                continue
            kept = _apart(np.clip(here, -9 * WIDTH, 9 * WIDTH), np.clip(there, -9 * WIDTH, 9 * WIDTH))
            told.append("M" + "L".join(f"{one:.1f} {other:.1f}" for one, other in kept) + "Z")
    return "".join(told)


def _apart(x: NDArray, y: NDArray) -> list[tuple[float, float]]:
    kept = [(float(x[0]), float(y[0]))]
    for one, other in zip(x.tolist(), y.tolist(), strict=True):
        if abs(one - kept[-1][0]) + abs(other - kept[-1][1]) >= 0.9:
            kept.append((one, other))
    return kept


def _radius(posts: int, most: int) -> float:
    # Where there are few posts, the largest circle is small, too.
    largest = min(LARGEST, 7 + 4 * math.log2(max(1, most)))
    return max(SMALLEST, largest * math.sqrt(posts / max(1, most)))


def _circle(drawn: PlaceMap, spot: Spot, most: int) -> str:
    group = drawn.groups[group_of(drawn, spot.members)]
    opacity = 0.12 if group.hollow else 0.75
    return (
        f'<circle cx="{spot.x:.1f}" cy="{spot.y:.1f}" r="{_radius(spot.posts, most):.1f}" fill="{group.colour}" '
        f'fill-opacity="{opacity}" stroke="{group.colour}"/>'
    )


def _names(drawn: PlaceMap, spots: Sequence[Spot], height: float) -> list[str]:
    """Return the names of the largest marks where there is room for them, on a pale ground of their own."""
    most = spots[0].posts if spots else 1
    circles = [(s.x - r, s.y - r, s.x + r, s.y + r, r) for s in spots for r in (_radius(s.posts, most),)]
    taken: list[tuple[float, float, float, float]] = []
    told: list[str] = []
    for spot, own in zip(spots[:60], circles, strict=False):
        text, r = _label(drawn, spot), own[4]
        # The name of a large mark may cover small ones.
        others = [each[:4] for each in circles if each is not own and each[4] > r / 3]
        for box in _beside(spot, r, LETTER * text_width(text)):
            inside = box[0] > 2 and box[2] < WIDTH - 2 and box[1] > 2 and box[3] < height - 2
            if inside and not any(_touch(box, other) for other in (*taken, *others)):
                taken.append(box)
                told.append(_haloed(box[0], box[3] - 3, text))
                break
        if len(told) >= MOST_NAMES:
            break
    return told


Box = tuple[float, float, float, float]


def _beside(spot: Spot, r: float, width: float) -> list[Box]:
    """Return where a name may stand: right of its mark, left, above, below (left, top, right, bottom in pixels)."""
    lefts = (spot.x + r + 4, spot.x - r - 4 - width, spot.x - width / 2, spot.x - width / 2)
    feet = (spot.y + 4, spot.y + 4, spot.y - r - 5, spot.y + r + 13)
    return [(left, foot - 11, left + width, foot + 3) for left, foot in zip(lefts, feet, strict=True)]


def _touch(one: Box, other: Box) -> bool:
    return other[0] < one[2] and other[2] > one[0] and other[1] < one[3] and other[3] > one[1]


def _haloed(x: float, y: float, text: str) -> str:
    shown = html.escape(text)
    under = f'stroke="{LAND}" stroke-width="3" stroke-linejoin="round" fill="{LAND}"'
    return "".join(f'<text x="{x:.1f}" y="{y:.1f}" {look}>{shown}</text>' for look in (under, 'fill="#2b2f33"'))


def _label(drawn: PlaceMap, spot: Spot) -> str:
    name = shorten(drawn.rows["name"][spot.members[0]], 28) if drawn.marks.level != "point" else ""
    more = f" +{len(spot.members) - 1}" if len(spot.members) > 1 else ""
    return f"{name}{more} · {number(spot.posts)}" if name else number(spot.posts)


def _legend(drawn: PlaceMap, top: float) -> tuple[list[str], float]:
    """Return the legend from ``top`` on, in pixels, and where it ends."""
    told, x, y = [], 6.0, top + 12
    for group in (one for one in drawn.groups if one.listed and drawn.rows.height):
        width = 22 + LETTER * text_width(group.name) + 16
        if x + width > WIDTH and x > 6:
            x, y = 6.0, y + LINE
        fill = "none" if group.hollow else group.colour
        told.append(
            f'<g><circle cx="{x + 6:.0f}" cy="{y - 4:.0f}" r="5" fill="{fill}" stroke="{group.colour}"/>'
            f"{words(x + 17, y, group.name)}</g>"
        )
        x += width
    return told, y + 8
