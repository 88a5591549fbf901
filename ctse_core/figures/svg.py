"""Parts of still pictures: lines, marks and words as SVG text, readable on white and on black."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ctse_core.figures.base import INK

LETTER = 6.6  # pixels of a letter at 12 pixels
WIDTH = 860
SHAPES = {
    "circle": "M -4 0 A 4 4 0 1 0 4 0 A 4 4 0 1 0 -4 0",
    "diamond": "M 0 -5 L 5 0 L 0 5 L -5 0 Z",
    "square": "M -3.6 -3.6 H 3.6 V 3.6 H -3.6 Z",
}


def picture(summary: str, height: float, parts: Sequence[str]) -> str:
    """Return a picture WIDTH pixels wide of ``parts``, with its sentence for those who hear it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}"><title>{html.escape(summary)}</title>'
        f"{''.join(parts)}</svg>\n"
    )


def stroke(x: float, y: float, to_x: float, to_y: float, colour: str, dashes: str = "") -> str:
    """Return a line between two places, in pixels."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M {x:.1f} {y:.1f} L {to_x:.1f} {to_y:.1f}" stroke="{colour}" stroke-width="1.5"{dashed}/>'


def words(x: float, y: float, text: str, anchor: str = "start", bold: bool = False) -> str:
    """Return escaped words whose foot is at (x, y); ``anchor``: start, middle or end."""
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{html.escape(text)}</text>'
