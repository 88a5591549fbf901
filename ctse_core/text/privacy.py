"""One post's text ─▶ what in it points to a person: handles, e-mail addresses, telephone, card and document numbers.

Numbers are read in the digits of any script. What only looks alike stays: dates, times, amounts, coordinates,
magnitudes, numbers of up to five digits, and telephone numbers that the numbering plan gives to no person (free-phone
numbers, hotlines), because people in need are told to call them. Names of people in running text are not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from ctse_core.text.private_numbers import numbers_in

HANDLE, EMAIL, PHONE, CARD, DOCUMENT, NUMBER = "handle", "e-mail", "phone", "card", "document", "number"
KINDS = (HANDLE, EMAIL, PHONE, CARD, DOCUMENT, NUMBER)
"""What is masked; "number" is a run of nine digits or more that nothing tells more about."""
PRIVACY = 2  # raise when other marks are found
NAMELESS = frozenset({"user", "users", "username", "everyone", "all", "here", "channel"})


class Mark(NamedTuple):
    """A place in a text that points to a person: characters ``start`` to ``end``, its kind, and the ``value`` there.

    The value is in one form however it was written: digits in ASCII without separators, letters small.
    """

    start: int
    end: int
    kind: str
    value: str


_LINK = re.compile(r"(?:https?:/{1,2}|\bwww\.|\bmailto:|\btel:)\S+", re.IGNORECASE)
# In links to profiles the name is the part of the path behind the host, or a telephone number.
_PROFILE = re.compile(
    r"(?<![\w.])(?:(?:mobile\.|m\.|www\.)?(?:twitter|x|instagram|facebook|tiktok|threads|youtube|linkedin|vk|reddit)\.(?:com|net)"
    r"|t\.me|fb\.com|telegram\.me|bsky\.app)/(?:in/|user/|profile/|u/|people/)?(@?[\w.\-]{2,40})",
    re.IGNORECASE,
)
_PAGES = """i intent share sharer sharer.php search hashtag home explore watch events groups pages p reel reels status
statuses photo photo.php photos permalink.php story.php login about help channel playlist shorts embed results r
story s joinchat company jobs feed video videos media web www app notes live"""
_NO_NAMES = frozenset(_PAGES.split())
_LINKED_PHONE = re.compile(r"(?:wa\.me/|[?&]phone=|\btel:)\+?(\d{7,15})", re.IGNORECASE)
# Addresses also in the disguise people give them: "name (at) host (dot) org".
_AT, _DOT = r"(?:@|\s?[\[({]\s?(?:at|@|arroba)\s?[\])}]\s?)", r"(?:\.|\s?[\[({]\s?(?:dot|punto|\.)\s?[\])}]\s?)"
_EMAIL = re.compile(
    rf"(?<![\w.+%-])[\w+%-](?:[\w.+%-]{{0,62}}[\w+%-])?{_AT}(?:[\w-]{{1,63}}{_DOT}){{1,4}}[^\W\d_]{{2,24}}(?![\w])",
    re.IGNORECASE,
)
# To the next sign that no handle holds: letters of scripts with combining marks are not all "word" characters.
_HANDLE = re.compile(
    r"(?<!@)(?:(?<![^\W_])|(?<=\bRT)|(?<=\bMT)|(?<=\bvia)|(?=@[a-z0-9_]{3}))@(?!\d{1,6}(?:[ap]m|h|rs|%|st|nd|rd|th)?\b)"
    r"([^\s@#,;:!?()\[\]{}<>\"'…،؛؟。、！？«»“”‘’|/\\*~^=+%&$]{1,40}(?:@[\w-]{1,63}(?:\.[\w-]{1,63})+)?)",
    re.IGNORECASE,
)
_REDDIT = re.compile(r"(?<![\w/])/u/([\w-]{3,20})(?![\w/])")
# Case counts in the last part alone: codes of letters and digits are written in capitals.
_MAYBE = re.compile(
    r"[@＠]|(?:\d[\W_]{0,3}){5}\d|\d{5}|[\[({]\s?(?i:at|arroba)|(?i:t\.me|\.(?:com|net)|/u)/|[A-Z]{4,6}\d{2}"
)


def find_marks(text: str, regions: Sequence[str] = (), kinds: Sequence[str] = KINDS) -> list[Mark]:
    """Return what points to a person in ``text``, in order, none overlapping another.

    ``regions`` are the countries (ISO 3166, two letters) whose telephone numbers may stand there without the
    country's own prefix, likeliest first; ``kinds`` are those of KINDS that are wanted.
    """
    if not _MAYBE.search(text):
        return []
    seen = plain_signs(text)
    found: list[Mark] = []
    taken = bytearray(len(text))
    for start, end, kind, value in _marks(seen, regions):
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            found.append(Mark(start, end, kind, value))
    return sorted(mark for mark in found if mark.kind in kinds)


def masked_text(text: str, marks: Sequence[Mark], token: Callable[[Mark], str]) -> str:
    """Return ``text`` with each of ``marks`` (in order) replaced by its ``token``."""
    parts, at = [], 0
    for mark in marks:
        parts += [text[at : mark.start], token(mark)]
        at = mark.end
    return "".join([*parts, text[at:]])


def handle_value(written: str) -> str:
    """Return a handle or an author's name in the one form in which it is compared: folded, without "@" and blanks."""
    return unicodedata.normalize("NFKC", written).strip().lstrip("@＠").casefold().strip()


def plain_signs(text: str) -> str:
    """Return ``text``, letter for letter, with digits of any script, full-width signs, spaces and dashes as ASCII."""
    return text if text.isascii() else "".join(map(_plain_sign, text))


@cache
def _plain_sign(letter: str) -> str:
    if letter.isascii():
        return letter
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(int(digit))
    category = unicodedata.category(letter)
    if category == "Pd" or letter == "−":
        return "-"
    if category == "Zs":
        return " "
    folded = unicodedata.normalize("NFKC", letter)
    return folded if len(folded) == 1 and folded.isascii() else letter


def _marks(seen: str, regions: Sequence[str]) -> list[Mark]:
    """Return marks, the surer ones first; later ones that overlap them do not count."""
    marks: list[Mark] = []
    hidden = seen
    for link in _LINK.finditer(seen):
        marks += [_moved(mark, link.start()) for mark in _in_link(link.group())]
        hidden = _blanked(hidden, link.start(), link.end())
    marks += [_mark(found, EMAIL, _plain_address(found.group())) for found in _EMAIL.finditer(hidden)]
    for mark in marks:
        hidden = _blanked(hidden, mark.start, mark.end)
    for profile in _PROFILE.finditer(hidden):
        marks += [_moved(mark, profile.start()) for mark in _in_link(profile.group())]
        hidden = _blanked(hidden, profile.start(), profile.end())
    for found in (*_HANDLE.finditer(hidden), *_REDDIT.finditer(hidden)):
        name = found.group(1).rstrip(".-…")
        value = handle_value(name)
        if value and re.split(r"[.\-]", value, maxsplit=1)[0] not in NAMELESS:
            marks.append(Mark(found.start(), found.start(1) + len(name), HANDLE, value))
        hidden = _blanked(hidden, found.start(), found.end())
    return marks + [Mark(*number) for number in numbers_in(hidden, regions)]


def _in_link(link: str) -> list[Mark]:
    """Return what points to a person inside an address."""
    phone = _LINKED_PHONE.search(link)
    if phone:
        return [Mark(phone.start(1), phone.end(1), PHONE, phone.group(1))]
    mail = _EMAIL.search(link.removeprefix("mailto:"))
    if mail and "@" in link.split("?")[0]:
        shift = len(link) - len(link.removeprefix("mailto:"))
        if link.lower().startswith("mailto:"):
            return [Mark(mail.start() + shift, mail.end() + shift, EMAIL, mail.group().casefold())]
    profile = _PROFILE.search(link)
    if profile and profile.group(1).casefold().rstrip(".") not in _NO_NAMES:
        name = profile.group(1).rstrip(".-")
        return [Mark(profile.start(1), profile.start(1) + len(name), HANDLE, handle_value(name))]
    return []


def _plain_address(written: str) -> str:
    written = re.sub(r"\s?[\[({]\s?(?:at|@|arroba)\s?[\])}]\s?", "@", written, flags=re.IGNORECASE)
    return re.sub(r"\s?[\[({]\s?(?:dot|punto|\.)\s?[\])}]\s?", ".", written, flags=re.IGNORECASE)


def _mark(found: re.Match[str], kind: str, value: str) -> Mark:
    return Mark(found.start(), found.end(), kind, value.casefold())


def _moved(mark: Mark, by: int) -> Mark:
    return mark._replace(start=mark.start + by, end=mark.end + by)


def _blanked(text: str, start: int, end: int) -> str:
    # A letter that belongs to no word, so that nothing is read across it.
    return text[:start] + "\x00" * (end - start) + text[end:]
