"""The words of the interface in the reader's language: English in the code, catalogues beside it."""

from __future__ import annotations

import functools
import json
import string
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français", "ar": "العربية"}
"""The languages of the interface by code, each named in itself."""
RIGHT_TO_LEFT = frozenset({"ar"})
CATALOGUES = Path(__file__).resolve().parents[1] / "assets" / "interface"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIGNS = {"es": ("\u202f", ","), "fr": ("\u202f", ",")}
"""What stands between thousands and before decimals, where not "," and "."."""

_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)
_asked: Callable[[], str] = lambda: "en"  # noqa: E731 - stands until somebody listens


def speak(code: str) -> None:
    """Choose the interface language of this thread or task; an unknown code means English."""
    _spoken.set(code if code in LANGUAGES else "en")


def listen(asked: Callable[[], str]) -> None:
    """Ask ``asked`` for the language in threads that nobody told: parts of a page run by themselves, too."""
    global _asked
    _asked = asked


def spoken() -> str:
    """Return the code of the interface language."""
    code = _spoken.get() or _asked()
    return code if code in LANGUAGES else "en"


@functools.cache
def catalogue(code: str) -> dict[str, Any]:
    """Return the translations into ``code`` by their English: a text, or texts by grammatical number.

    English has a catalogue, too, for what reads otherwise of one than of many.
    """
    path = CATALOGUES / f"{code}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def t(text: str, /, **values: object) -> str:
    """Return ``text`` in the interface language, its ``{fields}`` filled from ``values`` as ``str.format`` does.

    What a catalogue does not have stays English; the field "count" decides between one and many. Numbers are
    written as the language does. Call it with a literal: the test that looks for missing translations reads them.
    """
    return said(text, **values)


def mark(text: str) -> str:
    """Return ``text`` as it is, marked for translation: a label that stands in data until ``said`` shows it."""
    return text


def said(text: str, /, **values: object) -> str:
    """Return a text that was marked, or one that comes from elsewhere, as ``t`` does with literals."""
    code = spoken()
    shown = catalogue(code).get(text, text)
    if isinstance(shown, dict):
        shown = shown.get(number_class(code, values.get("count")), shown.get("other", text))
    return _WRITER.vformat(shown, (), values) if values else shown


def number(value: float, form: str = ",") -> str:
    """Return a number written as the interface language does, by a format such as "," or ".1%"."""
    return _WRITER.format_field(value, form)


def day(moment: datetime) -> str:
    """Return a date with its month in words: "3 Mar 2026"."""
    return f"{moment.day} {said(MONTHS[moment.month - 1])} {moment.year}"


def minute(moment: datetime) -> str:
    """Return a time in UTC: "3 Mar 2026 14:05 UTC"."""
    return f"{day(moment)} {moment:%H:%M} UTC"


@functools.cache
def _language_names() -> dict[str, dict[str, str]]:
    path = CATALOGUES / "languages.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def named_language(code: str, english: str) -> str:
    """Return the name of a language in the interface language, where it has one there."""
    return _language_names().get(spoken(), {}).get(code, english)


def number_class(code: str, count: object) -> str:
    """Return which form a word takes beside ``count`` in a language: one, two, few, many or other."""
    if isinstance(count, bool) or not isinstance(count, (int, float)):
        return "other"
    if code == "fr":
        return "one" if abs(count) < 2 else "other"
    if code != "ar":
        return "one" if count == 1 else "other"
    if count in (0, 1, 2):
        return ("zero", "one", "two")[int(count)]
    rest = int(count) % 100
    return "few" if 3 <= rest <= 10 else "many" if rest >= 11 else "other"


class _Writer(string.Formatter):
    """Fills fields as ``str.format`` does, numbers with the signs of the interface language."""

    def format_field(self, value: Any, format_spec: str) -> str:
        shown = str(super().format_field(value, format_spec))
        signs = _SIGNS.get(spoken())
        if signs is None or isinstance(value, bool) or not isinstance(value, (int, float)) or not format_spec:
            return shown
        return shown.translate({ord(","): signs[0], ord("."): signs[1], ord("%"): "\u00a0%"})


_WRITER = _Writer()
