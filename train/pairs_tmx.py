"""A translation memory (TMX) ─▶ pairs of English and each other language of its units, one unit in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError  # the errors of the parser; defusedxml parses

from ctse_core.errors import TrainError

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CODES = {"bpt", "ept", "ph", "it", "ut"}  # hold the formatting codes of the original, not text


def tmx_pairs(stream: IO[bytes], path: Path) -> Iterator[tuple[str, str | None, str]]:
    """Yield (language, English, translation) of every unit; a unit without English gives None for it.

    Entities and what they could fetch are refused (XML bombs).

    Raises:
        TrainError: the file is no XML, breaks off, or declares entities.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        steps = iterparse(stream, events=("start", "end"))
        _, root = next(iter(steps))
        for event, unit in steps:
            if event == "end" and _bare(unit) == "tu":
                yield from _unit(unit)
                unit.clear()
                for part in root:
                    part.clear()  # the body, so that finished units do not pile up
    except DefusedXmlException as error:
        raise TrainError(f"{path} declares XML entities, which are not read. Save it without its DOCTYPE.") from error
    except ParseError as error:
        raise TrainError(f"{path} is no whole TMX file ({error}). Copy or download it again.") from error


def _unit(unit: Any) -> Iterator[tuple[str, str | None, str]]:
    """Yield the pairs of one ``tu``; the first English variant counts."""
    variants = [
        ((each.get(_LANG) or each.get("lang") or "").lower(), _text(each)) for each in unit if _bare(each) == "tuv"
    ]
    english = next((text for lang, text in variants if lang[:2] == "en" and lang[2:3] in ("", "-", "_")), None)
    others = [(lang, text) for lang, text in variants if not (lang[:2] == "en" and lang[2:3] in ("", "-", "_"))]
    for lang, text in others or [("", "")]:
        yield lang, english, text


def _text(variant: Any) -> str:
    segment = next((part for part in variant if _bare(part) == "seg"), None)
    return "" if segment is None else "".join(_pieces(segment))


def _pieces(element: Any) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if _bare(part) not in _CODES:
            yield from _pieces(part)
        yield part.tail or ""


def _bare(element: Any) -> str:
    return element.tag.rsplit("}", 1)[-1]
