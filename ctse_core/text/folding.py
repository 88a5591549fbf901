"""A word as written ─▶ as it is counted: lower case, without the marks that writers leave out at will."""

from __future__ import annotations

import re

# Arabic vowel signs and the stretching tatweel; Hebrew points. None of them tells words apart in posts.
_VOWEL_SIGNS = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0591-\u05bd\u05bf-\u05c7]"
)
_ARABIC_OR_HEBREW = re.compile("[\u0590-\u06ff]")
# Alef is written with and without hamza; Persian, Urdu and Kurdish keyboards differ in yeh and kaf.
_ALEF = str.maketrans("أإآٱ", "اااا")
_PERSIAN = str.maketrans("يىك", "ییک")
_PERSIAN_LETTERS = frozenset(("fa", "ur", "ps", "ckb", "sd"))
_DOTLESS = frozenset(("tr", "az"))


def folded(text: str, lang: str | None) -> str:
    """Return ``text`` in lower case, without Arabic and Hebrew vowel signs, with letters unified."""
    if lang in _DOTLESS:
        text = text.replace("İ", "i").replace("I", "ı")
    text = text.lower().replace("i\u0307", "i")
    if text.isascii() or not _ARABIC_OR_HEBREW.search(text):
        return text
    text = _VOWEL_SIGNS.sub("", text)
    if lang in _PERSIAN_LETTERS:
        return text.translate(_PERSIAN).replace("\u200c", " ")
    return text.translate(_ALEF)
