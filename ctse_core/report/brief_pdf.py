"""The briefing as PDF, and its pictures as PNG: set by typst in the fonts that ship, without system libraries."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from ctse_core.errors import ProjectError
from ctse_core.figures.base import INK
from ctse_core.report.brief import Brief

ASSETS = Path(__file__).resolve().parents[2] / "assets"
TEMPLATE = ASSETS / "report" / "brief.typ"
FONTS = ASSETS / "fonts"
DOTS_AN_INCH = 170
PAPER_INK = "#3a434c"
_PAGE = "#set page(width: 24cm, height: auto, margin: 0pt)"
_PICTURE = f'{_PAGE}\n#image(bytes(sys.inputs.svg), format: "svg", width: 100%)'


def pdf_of(brief: Brief) -> bytes:
    """Return the briefing as a tagged PDF on A4; as PDF/UA-1 (ISO 14289-1) unless a letter is in none of the fonts.

    Raises:
        ProjectError: the template or the fonts are not where the installation should have them, or it cannot be set.
    """
    inputs = {"brief": _for_paper(brief)}
    try:
        return _set(TEMPLATE, inputs, format="pdf", pdf_standards="ua-1")
    except ProjectError as error:
        if "PDF/UA" not in str(error):
            raise
        return _set(TEMPLATE, inputs, format="pdf")


def png_of(svg: str) -> bytes:
    """Return a picture as PNG, for files that hold no SVG.

    Raises:
        ProjectError: as ``pdf_of``.
    """
    return _set(_PICTURE.encode(), {"svg": on_paper(svg)}, format="png", ppi=DOTS_AN_INCH)


def on_paper(svg: str, fonts: str = "Noto Sans") -> str:
    """Return a picture in the ink and the fonts of paper: figures are grey so that they read on black, too."""
    darker = svg.replace(f'fill="{INK}"', f'fill="{PAPER_INK}"')
    return re.sub(r'font-family="[^"]*"', f'font-family="{fonts}"', darker, count=1)


def _for_paper(brief: Brief) -> str:
    written = brief.written()
    for block in written["blocks"]:
        if block["kind"] == "picture":
            block["svg"] = on_paper(block["svg"])
    return json.dumps(written, ensure_ascii=False)


@cache
def _fonts() -> Any:
    """Return the fonts that ship, read once."""
    import typst

    if not any(FONTS.glob("*.ttf")):
        raise ProjectError(f"The fonts of briefings are missing from “{FONTS}”; install CTSE again.")
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _set(source: Path | bytes, inputs: dict[str, str], **options: Any) -> Any:
    import typst

    given = str(source) if isinstance(source, Path) else source
    if isinstance(source, Path) and not source.is_file():
        raise ProjectError(f"The briefing's template is missing from “{source.parent}”; install CTSE again.")
    try:
        return typst.compile(given, font_paths=_fonts(), sys_inputs=inputs, **options)
    except RuntimeError as error:
        told = f"The briefing cannot be set as PDF ({str(error)[:300]}). Take it as HTML instead."
        raise ProjectError(told) from error
