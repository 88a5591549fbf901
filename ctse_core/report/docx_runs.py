"""Runs of text in DOCX that come out right in every script: direction, language and fonts of each said in full."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

LATIN, ARABIC, CHINESE = "Calibri", "Arial", "Microsoft YaHei"
_INDIC = ("hi", "ne", "mr", "sa", "bn", "as", "gu", "pa", "or", "ta", "te", "kn", "ml", "si", "sat", "mai", "bho")
COMPLEX = dict.fromkeys(_INDIC, "Nirmala UI") | dict.fromkeys(("th", "lo", "km"), "Leelawadee UI")
COMPLEX |= {"my": "Myanmar Text", "bo": "Microsoft Himalaya", "dz": "Microsoft Himalaya"}
EASTERN = {"ja": "Yu Gothic", "ko": "Malgun Gothic"}
SIMPLE = dict.fromkeys(("am", "ti"), "Ebrima") | dict.fromkeys(("ka", "hy"), "Sylfaen")
"""Fonts that come with office programs, by language; those choose another one where theirs has no letter."""

_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010d00-\U00010d3f\U0001e900-\U0001e95f"
_TO_THE_RIGHT = re.compile(f"[{_RIGHT}](?:[^A-Za-z\u00c0-\u052f]*[{_RIGHT}])?")
_TO_THE_LEFT = re.compile(f"[A-Za-z\u00c0-\u052f@#](?:[^{_RIGHT}]*[A-Za-z\u00c0-\u052f0-9/])?")
# What XML cannot hold, and the signs that set names apart: here runs say which direction they have.
_LEFT_OUT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u2066-\u2069\ufffe\uffff\ud800-\udfff]")


_ORDER = [
    "pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr", "tblStyle", "bidiVisual",
    "tblW", "tcW", "jcTable", "tblBorders", "tcBorders", "shd", "bidi", "spacing", "ind", "jc", "tblLayout",
    "tblCellMar", "vAlign", "tblLook", "rPr",
]  # fmt: skip
"""The order in which the format wants the properties of paragraphs, tables and cells."""


@dataclass(frozen=True)
class Look:
    """How a run looks: ``size`` in points, ``colour`` as six hexadecimal digits ("" the style's)."""

    size: float = 10.0
    colour: str = ""
    bold: bool = False


def element(name: str, attributes: dict[str, str] | None = None) -> Any:
    """Return an empty element of a document, such as "w:bidi", with attributes."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in (attributes or {}).items():
        made.set(qn(key), value)
    return made


def put(properties: Any, child: Any) -> None:
    """Add a child to the properties of a paragraph, a table or a cell where the format wants it."""
    rank = _rank(child)
    later = next((one for one in properties if _rank(one) > rank), None)
    if later is None:
        properties.append(child)
    else:
        later.addprevious(child)


def _rank(child: Any) -> int:
    name = child.tag.rpartition("}")[2]
    return _ORDER.index(name) if name in _ORDER else -1


def add_run(paragraph: Paragraph, text: str, look: Look, code: str, rtl: bool = False) -> None:
    """Add ``text`` in the language ``code``, in as many runs as it has stretches of one direction.

    ``rtl``: the direction of the paragraph, which signs between letters of both directions follow.
    """
    for part, right in stretches(_LEFT_OUT.sub("", text), rtl):
        run = paragraph.add_run(part)
        _dress(run, look, code, right)


def stretches(text: str, rtl: bool) -> list[tuple[str, bool]]:
    """Return ``text`` cut where its direction changes, each part with whether it runs right to left."""
    others = _TO_THE_LEFT if rtl else _TO_THE_RIGHT
    parts: list[tuple[str, bool]] = []
    at = 0
    for found in others.finditer(text):
        if found.start() > at:
            parts.append((text[at : found.start()], rtl))
        parts.append((found.group(), not rtl))
        at = found.end()
    return [*parts, (text[at:], rtl)] if at < len(text) else parts


def _dress(run: Any, look: Look, code: str, right: bool) -> None:
    """Write down font, size, language and direction, for simple, eastern and complex scripts alike."""
    properties = run._r.get_or_add_rPr()
    plain = SIMPLE.get(code, LATIN)
    fonts = {"w:ascii": plain, "w:hAnsi": plain, "w:eastAsia": EASTERN.get(code, CHINESE)}
    properties.append(element("w:rFonts", fonts | {"w:cs": COMPLEX.get(code, ARABIC)}))
    if look.bold:
        properties.append(element("w:b"))
        properties.append(element("w:bCs"))
    if look.colour:
        properties.append(element("w:color", {"w:val": look.colour}))
    half_points = str(round(2 * look.size))
    properties.append(element("w:sz", {"w:val": half_points}))
    properties.append(element("w:szCs", {"w:val": half_points}))
    if right:
        properties.append(element("w:rtl"))
    if 2 <= len(code) <= 3 and code != "und":
        properties.append(element("w:lang", {"w:val": code, "w:eastAsia": code, "w:bidi": code}))


def set_direction(paragraph: Paragraph, rtl: bool) -> None:
    """Let a paragraph run right to left, so that it begins at the right."""
    if rtl:
        put(paragraph._p.get_or_add_pPr(), element("w:bidi"))


def border(paragraph: Paragraph, side: str, colour: str, eighths: int) -> None:
    """Draw a line beside a paragraph; ``side``: left or right, ``eighths`` of a point thick."""
    edges = element("w:pBdr")
    edges.append(element(f"w:{side}", {"w:val": "single", "w:sz": str(eighths), "w:space": "6", "w:color": colour}))
    put(paragraph._p.get_or_add_pPr(), edges)


def shade(properties: Any, colour: str) -> None:
    """Colour the ground of a paragraph or a cell, whose properties are given."""
    put(properties, element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": colour}))


def bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    """Let links lead to this paragraph."""
    told = {"w:id": str(number), "w:name": name}
    paragraph._p.append(element("w:bookmarkStart", told))
    paragraph._p.append(element("w:bookmarkEnd", {"w:id": str(number)}))


def link(paragraph: Paragraph, text: str, name: str) -> None:
    """Add a link to a place of the same document."""
    leading = element("w:hyperlink", {"w:anchor": name, "w:history": "1"})
    run = paragraph.add_run(text)
    _dress(run, Look(colour="3F4CA3"), "en", False)
    leading.append(run._r)
    paragraph._p.append(leading)
