"""Needs against places as a still picture (SVG), for a page that people print."""

from __future__ import annotations

import html

import numpy as np

from ctse_core.figures.ages import Ages
from ctse_core.figures.base import INK, PALETTE, fitted, text_width
from ctse_core.figures.need_place import NONE, ONE, REST, WIDER, NeedPlace, matrix_sentence
from ctse_core.figures.svg import LETTER, WIDTH, picture, stroke, words
from ctse_core.words import number, t

ROW, HEAD = 30, 44  # pixels of a row, of the names above
NAMES = 180  # pixels of the needs' names
GREY = "#8595a0"
HATCH = (
    '<pattern id="stale" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{GREY}" fill-opacity="0.1"/>'
    f'<path d="M 0 0 V 6" stroke="{GREY}" stroke-width="1.6" stroke-opacity="0.35"/></pattern>'
)


def still_needs(cells: NeedPlace, ages: Ages, most: tuple[int, int] = (12, 5)) -> str:
    """Return the table of needs and places as an SVG picture WIDTH pixels wide: posts, ▲ urgent ones, newest.

    At most so many needs and places as ``most`` tells are drawn; lines for all, for none told and for wider places
    always are. Cells without news for longer than the limit are grey and hatched.
    """
    rows, columns = _drawn(cells, 0, most[0]), _drawn(cells, 1, most[1])
    wide = (WIDTH - NAMES) / max(1, len(columns))
    parts = [f"<defs>{HATCH}</defs>"]
    for place, column in enumerate(columns):
        name = cells.columns[column].name
        for line, text in enumerate(reversed(_two_lines(name, (wide - 8) / LETTER))):
            parts.append(words(NAMES + (place + 1) * wide - 6, HEAD - 8 - 15 * line, text, "end", bold=column == 0))
    parts.append(stroke(0, HEAD, WIDTH, HEAD, GREY))
    top = int(cells.posts[np.ix_(rows[1:], columns[1:])].max()) if len(rows) > 1 and len(columns) > 1 else 1
    for line, row in enumerate(rows):
        y = HEAD + line * ROW
        parts.append(words(4, y + 19, fitted(cells.rows[row].name, (NAMES - 12) / LETTER), bold=row == 0))
        for place, column in enumerate(columns):
            parts.append(_cell(cells, ages, (row, column), (NAMES + place * wide, y, wide), max(1, top)))
    told = f"{t('▲ counts posts of high or critical urgency.')} {ages.told()}"
    foot = HEAD + len(rows) * ROW + 20
    parts.append(words(4, foot, fitted(told, (WIDTH - 8) / LETTER)))
    return picture(f"{matrix_sentence(cells)} {told}", foot + 10, parts)


def _drawn(cells: NeedPlace, axis: int, most: int) -> list[int]:
    lines = (cells.rows, cells.columns)[axis]
    single = [number for number, line in enumerate(lines) if line.kind == ONE][:most]
    return [0, *single, *(number for number, line in enumerate(lines) if line.kind in (REST, WIDER, NONE))]


def _two_lines(name: str, width: float) -> list[str]:
    """Return a name in one line or two, each at most ``width`` Latin letters wide."""
    if text_width(name) <= width or not {" ", "-"} & set(name):
        return [fitted(name, width)]
    cuts = [place + 1 for place, letter in enumerate(name[:-1]) if letter in " -"]
    fits = [cut for cut in cuts if text_width(name[:cut].strip()) <= width] or cuts[:1]
    return [fitted(name[: fits[-1]].strip(), width), fitted(name[fits[-1] :], width)]


def _cell(cells: NeedPlace, ages: Ages, at: tuple[int, int], box: tuple[float, float, float], top: int) -> str:
    """Return one cell; ``box``: left, top and width in pixels."""
    posts = int(cells.posts[at])
    left, y, wide = box
    if not posts:
        return words(left + wide - 6, y + 19, "·", "end")
    newest = cells.time(cells.newest, *at)
    stale = ages.stale(newest)
    part = 0.05 if 0 in at else 0.08 + 0.4 * min(1.0, (posts / top) ** 0.5)
    look = 'fill="url(#stale)"' if stale else f'fill="{PALETTE[0]}" fill-opacity="{part:.2f}"'
    ground = f'<rect x="{left + 1:.1f}" y="{y + 1:.1f}" width="{wide - 2:.1f}" height="{ROW - 2}" rx="3" {look}/>'
    urgent = int(cells.urgent[at])
    shown = [words(left + wide - 6, y + 14, number(posts), "end", bold=True)]
    if urgent:
        shown.append(_small(left + 5, y + 26, f"▲{number(urgent)}", "start", GREY if stale else "#b92942"))
    shown.append(_small(left + wide - 6, y + 26, ages.said(newest), "end"))
    return f"<g>{ground}{''.join(shown)}</g>"


def _small(x: float, y: float, text: str, anchor: str, colour: str = INK) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="10.5"'
    return f'<text {place} fill="{colour}">{html.escape(text)}</text>'
