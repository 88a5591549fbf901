"""The words of the interface in the reader's language: English in the code, catalogues beside it."""

from __future__ import annotations

import functools
import json
from contextvars import ContextVar
from pathlib import Path

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français", "ar": "العربية"}
"""The languages of the interface by code, each named in itself."""
RIGHT_TO_LEFT = frozenset({"ar"})
CATALOGUES = Path(__file__).resolve().parents[1] / "assets" / "interface"

_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def speak(code: str) -> None:
    """Choose the interface language of this thread or task; an unknown code means English."""
    _spoken.set(code if code in LANGUAGES else "en")


def spoken() -> str:
    """Return the code of the interface language."""
    return _spoken.get()


@functools.cache
def catalogue(code: str) -> dict[str, str]:
    """Return the translations into ``code`` by their English; empty for English."""
    path = CATALOGUES / f"{code}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def t(text: str, /, **values: object) -> str:
    """Return ``text`` in the interface language, its ``{fields}`` filled from ``values`` as ``str.format`` does.

    What a catalogue does not have stays English. Call it with a literal: the test that looks for missing
    translations reads the literals.
    """
    shown = catalogue(spoken()).get(text, text) if spoken() != "en" else text
    return shown.format(**values) if values else shown
