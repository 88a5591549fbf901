"""A normalised post ─▶ its words alone, as one line, for whatever asks what language it is."""

from __future__ import annotations

import re

from ctse_core.text.normalise import HANDLE, LINK

ENOUGH = 20
"""Characters; with as many outside its hashtags, a post's hashtags are not needed to tell its language."""

# Signs, digits and emoji; letters, their marks and the apostrophe stay.
_SIGNS = re.compile(
    "[\x00-\x26\x28-\x40\x5b-\x60\x7b-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u02b9-\u02ff\u0660-\u0669\u06f0-\u06f9"
    "\u060c\u061b\u061f\u0640\u0964-\u096f\u104a\u104b\u17d4-\u17da\u2000-\u200b\u200e-\u2bff\u3001-\u3004"
    "\u3008-\u3020\u3030\uff00-\uff20\uff3b-\uff40\uff5b-\uff65\U0001d000-\U0001dfff\U0001f000-\U0001faff]+"
)
_PLACEHOLDERS = re.compile(rf"{LINK}|{HANDLE}|\b(?:RT|MT|via)(?= {HANDLE})")
HASHTAG = re.compile("[#\uff03]([^\\s#\uff03@.,;:!?'\"()\\[\\]{}/|\u060c\u061f\u3001\u3002\uff0c\uff01\uff1f-]+)")
_SEAM = re.compile(r"_+|(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d])(?=\d)|(?<=\d)(?=[A-Z])")


def plain(text: str) -> str:
    """Return the words of a normalised text: no links, handles, hashtags, digits, signs or emoji.

    Hashtags travel from language to language, so they are left out where ENOUGH characters remain
    without them; else they are kept, split into their words.
    """
    if LINK in text or HANDLE in text:
        text = _PLACEHOLDERS.sub(" ", text)
    if "#" in text or "\uff03" in text:
        body = _SIGNS.sub(" ", HASHTAG.sub(" ", text)).strip()
        if len(body) >= ENOUGH:
            return body
        text = HASHTAG.sub(lambda tag: " ".join(hashtag_words(tag.group(1))), text)
    return _SIGNS.sub(" ", text).strip()


def hashtag_words(tag: str) -> list[str]:
    """Return the words of a hashtag (without its sign), split at inner capitals, digits and underscores."""
    return [word for word in _SEAM.split(tag) if word]
