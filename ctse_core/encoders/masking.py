"""Takes out of a text what points to a person, before it leaves this machine."""

from __future__ import annotations

import re

MASKING = 1  # raise when the masked text changes

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.\w+")
# To the next sign that no handle holds: letters of scripts with combining marks are not all "word" characters.
_HANDLE = re.compile(r"(?<![\w@])[@＠][^\s@#,;:!?()\[\]{}<>\"'…،؛؟。、！？]*[^\s@#.,;:!?()\[\]{}<>\"'…،؛؟。、！？]")
# Telephone, card and identity numbers, in the digits of any script: five or more, separators between them.
_NUMBER = re.compile(r"[+＋]?\(?\d(?:[\s().\-–/٫٬]{0,3}\d){4,}")


def mask(text: str) -> str:
    """Return ``text`` with links, e-mail addresses, handles and long numbers replaced by plain words.

    Numbers of up to four digits stay: they are magnitudes, times and counts, which carry meaning.
    """
    text = _LINK.sub("HTTPURL", text)
    text = _MAIL.sub("EMAIL", text)
    text = _HANDLE.sub("@USER", text)
    return _NUMBER.sub("NUMBER", text)
