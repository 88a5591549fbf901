"""Numbers in a text that point to a person: telephones, cards, documents, accounts; dates and amounts are none.

Telephone numbers are judged by the numbering plans that the library phonenumbers holds, cards and documents by the
check digits that python-stdnum knows. Where neither tells, the words before a number and its shape do.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

from ctse_core.text.private_words import DOCUMENT_CUE, PHONE_CUE

PHONE, CARD, DOCUMENT, NUMBER = "phone", "card", "document", "number"
PUBLIC = "public"  # a telephone that is nobody's own: free-phone, hotlines, premium
Found = tuple[int, int, str, str]
"""Start, end, kind and value, the value without separators."""

_CUE_LETTERS = 40  # before a number that are read for a word that tells what it is
_MOST_DIGITS = 19
_MOST_CUED = 13  # digits of one number behind a word for telephone
LONG_RUN = 9  # digits from which a bare run that nothing explains is masked
FEWEST = 6  # digits that a telephone number has at least; shorter ones are hotlines, years, counts

_YEAR = r"(?:19|20)\d\d"
_ALONE = r"(?<![\d])(?<!\d[.,/\-])"
_ENDS = r"(?![.,/\-]?\d)"
_DATES = (
    rf"{_ALONE}{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:[T ]{{1,2}}(?:-\s)?\d{{1,2}}(?::\d\d){{1,2}})?(?!\d)",
    rf"{_ALONE}\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:{_YEAR}|\d\d){_ENDS}",
    rf"{_ALONE}\d{{1,2}}/{_YEAR}{_ENDS}",
    rf"{_ALONE}{_YEAR}(?:\s?[-/]{{1,2}}\s?|\s)(?:{_YEAR}|\d\d){_ENDS}",
    r"(?<!\d)\d{1,2}:\d\d(?::\d\d)?(?!\d)",
    rf"{_ALONE}{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{{4}}|\d{{6}})?(?!\d)",
)
_AMOUNTS = (
    r"(?:[$€£¥₹₱₦₺₽﷼৳]|\b(?:rs|usd|eur|php|inr|pkr|htg|idr|ngn|us\$)\.?)\s?\d[\d.,' ]*",
    r"(?<![\d.,'])\d{1,3}(?:[,']\d{3})+(?:\.\d+)?(?!\d)",
    r"(?<![\d.,'\-])\d{1,3}(?:\.\d{3}){1,3}(?:,\d+)?(?![\d]|[.\-]\d)",
    r"(?<!\d)\d+(?:[ .]\d{3})*\s?(?:%|km|kg|mm|cm|ml|million|millones|dollars|euros|usd|eur|people|personas)\b",
    # Addresses of machines, coordinates, magnitudes and other decimals.
    r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])",
    r"(?<![\d.])[-+]?(?:(?:1[0-7]\d|\d{1,2})[.,]\d{1,9}|\d{1,3}[.,]\d{1,4})(?![\d]|[.\-]\d)[°]?",
)
_DATE = re.compile("|".join(_DATES))
# What looks like a number of a person and is none; blanked before anything is looked for.
_HARMLESS = re.compile("|".join((*_DATES, *_AMOUNTS)), re.IGNORECASE)
_CANDIDATE = re.compile(r"(?<![\d])(?:\+|\(\+?)?\d(?:[\s.()\-/]{0,3}\d){5,21}(?!\d)")
# Where one number may end and another begin.
_BETWEEN = re.compile(r"[.,\-/]?\s+(?:[-/]\s*)?|/|(?<=\d{6})-(?=\d{6})|(?<=\d)(?=\()")
_FOREIGN_AREA = re.compile(r"\d{4}\s*\(")  # an area code does not stand behind four digits: those are a postcode
_SPACED_DASH = re.compile(r"\s+[-/]\s+|\n|\s{3,}")
_LISTED = re.compile(r"[\s,;/|&+\-:]*(?:(?:and|or|to|y|o|e|u|ou|et|und|oder|ou|и|или|و|أو|या|और|at|ak|oswa)\s+)?")
# Free in North America and Australia, and known there by their look, also where a word follows: "1-800-621-FEMA".
_FREE = re.compile(
    r"1?[ .-]?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]\d{3}(?:[ .-]?\d{4})?|1[38]00[ .-]?\d{3}(?:[ .-]?\d{3})?"
)
_MARKED_AS_OTHER = re.compile(
    r"[#$€£¥_=&?]$|[A-Za-z]\d*-$|\d[,:]$|(?:^|\W)(?:[A-Z]{1,3}|\d+[A-Z])$|\b(?:EQ|ISBN:?|v)\s?$"
)
# Written as telephone numbers are, wherever they are from: "(254) 202-1100", "405-895-6064", "0789/69502".
_SHAPED = re.compile(r"(?:1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]{1,2}\d{4}|\(\d{2,5}\).*|0\d{1,4}[/-]\d{4,8}")
_PART = r"(?:[A-Za-z]{0,4}\d[\dA-Za-z]*|[A-Z](?![^\W_]))"
_CODE = re.compile(rf"(?<![A-Za-z0-9_])(?:[A-Z]{{1,3}}[ \-]?)?[A-Za-z]{{0,6}}\d[\dA-Za-z]*(?:[ .\-/]{_PART}){{0,7}}")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Z0-9])")
# Forms of their own, by the module of stdnum that knows their check digits.
_DOCUMENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (module, re.compile(rf"(?<![^\W_])(?<![.,\-]){form}(?![^\W_])"))
    for module, form in (
        ("it.codicefiscale", r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]"),
        ("mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d"),
        ("us.ssn", r"\d{3}-\d{2}-\d{4}"),
        ("pk.cnic", r"\d{5}-\d{7}-\d"),
        ("in_.pan", r"[A-Z]{5}\d{4}[A-Z]"),
        ("in_.aadhaar", r"[2-9]\d{3} \d{4} \d{4}"),
        ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
        ("cl.rut", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dKk]"),
        ("es.dni", r"\d{8}[ -]?[A-Z]"),
        ("es.nie", r"[XYZ][ -]?\d{7}[ -]?[A-Z]"),
        ("cn.ric", r"\d{17}[\dXx]"),
        ("kr.rrn", r"\d{6}-[1-4]\d{6}"),
        ("th.pin", r"\d-\d{4}-\d{5}-\d{2}-\d"),
        ("id.nik", r"\d{16}"),
    )
)
_CARDS = re.compile(r"(?:4|5[1-5]|2[2-7]|3[4-7]|6(?:011|5)|35|30|38|60|62)")


def numbers_in(seen: str, regions: Sequence[str]) -> Iterator[Found]:
    """Yield the numbers in ``seen`` that point to a person, the surer ones first.

    ``seen`` has digits in ASCII; ``regions`` are the countries whose numbers may lack the country's prefix.
    """
    if not re.search(r"\d", seen):
        return
    yield from _documents(seen)
    quiet = _HARMLESS.sub(_kept_or_blanked, seen)
    last = -1  # where the telephone number before ends
    for found in _CANDIDATE.finditer(quiet):
        for start, end in _cut(quiet, found.start(), found.end(), tuple(regions)):
            written = quiet[start:end]
            kind = _kind(quiet, start, written, tuple(regions))
            listed = last >= 0 and sum(map(str.isdigit, written)) >= FEWEST and _LISTED.fullmatch(quiet, last, start)
            if kind is None and listed:
                kind = PHONE  # "0917 814 4965/7360221": what stands beside a telephone number is another
            last = end if kind == PHONE else -1
            if kind is not None and kind != PUBLIC:
                yield start, end, kind, _bare(written).lstrip("+")


def _kept_or_blanked(found: re.Match[str]) -> str:
    """Blank what is harmless, unless a word before it says that it is somebody's telephone number."""
    before = found.string[max(0, found.start() - _CUE_LETTERS) : found.start()]
    digits = sum(letter.isdigit() for letter in found.group())
    phone = digits >= FEWEST + 1 and ":" not in found.group() and _direct(before)
    return found.group() if phone else "\x01" * len(found.group())


def _documents(seen: str) -> Iterator[Found]:
    for found in _IBAN.finditer(seen):
        if _valid("iban", found.group()):
            yield found.start(), found.end(), DOCUMENT, _bare(found.group())
    for module, form in _DOCUMENTS:
        for found in form.finditer(seen):
            if _valid(module, found.group()):
                yield found.start(), found.end(), DOCUMENT, _bare(found.group())
    for found in _CODE.finditer(seen):
        code = found.group()
        before = seen[max(0, found.start() - _CUE_LETTERS) : found.start()].casefold()
        if sum(letter.isdigit() for letter in code) < 5 or _DATE.fullmatch(code):
            continue
        cue, phone = DOCUMENT_CUE.search(before), PHONE_CUE.search(before)
        if cue and not (phone and phone.start() > cue.start()):  # the nearer word tells
            yield found.start(), found.end(), DOCUMENT, _bare(code)


def _cut(quiet: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield start and end of the numbers in a run of digits and separators: the whole if that is one, else the longest
    beginning that is one, and what follows.
    """
    while start < end:
        cuts, plain = _places_to_cut(quiet, start, end)
        stop, begin = next(
            (cut for cut in cuts if _kind(quiet, start, quiet[start : cut[0]], regions) in (PHONE, PUBLIC, CARD)), plain
        )
        yield start, stop
        start = begin


def _places_to_cut(quiet: str, start: int, end: int) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Return the separators behind which a number may end, the farthest first, and the first that parts any two.

    No number has more than 19 digits: of a list of thousands only its beginning is looked at.
    """
    near: list[tuple[int, int]] = []
    plain = None
    digits, seen = 0, start
    for found in _BETWEEN.finditer(quiet, start, end):
        if found.start() == start:  # "(" behind a digit parts them, but not what begins with it from itself
            continue
        digits, seen = digits + sum(map(str.isdigit, quiet[seen : found.start()])), found.end()
        if digits <= _MOST_DIGITS:
            near.append(found.span())
        if plain is None and found.group().strip() != "/":
            plain = found.span()
        if digits > _MOST_DIGITS and plain is not None:
            return near[::-1], plain
    return [(end, end), *reversed(near)], plain or (end, end)


def _kind(quiet: str, start: int, written: str, regions: tuple[str, ...]) -> str | None:
    """Return what a number is: a kind, PUBLIC for telephones that are nobody's own, None for none."""
    digits = "".join(letter for letter in written if letter.isdigit())
    if len(digits) < FEWEST or len(digits) > _MOST_DIGITS or _FOREIGN_AREA.search(written):
        return None
    before = quiet[max(0, start - _CUE_LETTERS) : start]
    cue = bool(PHONE_CUE.search(before.casefold()))
    abroad = written.startswith(("+", "(+"))
    if len(digits) >= 13 and not abroad and _is_card(written, digits):
        return CARD
    known = _telephone(written, regions) if len(digits) <= 16 else None
    if _MARKED_AS_OTHER.search(before[-6:]) and not cue:
        return PHONE if known == PHONE and written.isdigit() and len(digits) >= 10 and before[-1] in "#-" else None
    glued = before[-1:].isalpha() and before[-1:].isascii() and not cue  # part of a name or a code: "KarenTa303870"
    if (
        known is not None
        and (known == PUBLIC or cue or _plausible(written, digits))
        and not (glued and len(digits) < 10)
    ):
        return known
    if glued:
        return None
    if len(digits) > 16 or (_SPACED_DASH.search(written) and not abroad):
        return None
    shaped = _SHAPED.fullmatch(written) and len(digits) >= 8
    if abroad or shaped or (cue and len(digits) <= _MOST_CUED and (len(digits) > FEWEST or written.isdigit())):
        return PHONE
    return NUMBER if written.isdigit() and LONG_RUN <= len(digits) <= 15 else None


def _plausible(written: str, digits: str) -> bool:
    """Return whether a number that some country could have given is written like one: "48 50 52 54" is a count."""
    groups = re.findall(r"\d+", written)
    return len(digits) > 8 or (len(digits) == 8 and (len(groups) <= 2 or (len(groups) == 3 and len(groups[-1]) > 2)))


@lru_cache(maxsize=8_192)
def _telephone(written: str, regions: tuple[str, ...]) -> str | None:
    """Return PHONE where a numbering plan knows the number, PUBLIC where it is nobody's own, else None.

    Where one of the regions could have given it to a person, it is a person's.
    """
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    nobodys = {kinds.TOLL_FREE, kinds.PREMIUM_RATE, kinds.SHARED_COST}
    if _FREE.fullmatch(written):
        return PUBLIC
    abroad = written.startswith(("+", "(+", "00"))
    number = f"+{_bare(written)[2:]}" if written.startswith("00") else written
    public = False
    for region in (None,) if abroad else regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            kind = phonenumbers.number_type(parsed)
            company = kind == kinds.UAN and len(_bare(written)) > 8
            if not company and kind not in nobodys:
                return PHONE
            public = True
    return PUBLIC if public else None


def _is_card(written: str, digits: str) -> bool:
    grouped = re.fullmatch(r"\d{4}([ -])(?:\d{4}\1){2}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19}", written)
    return bool(grouped and _CARDS.match(digits) and _valid("luhn", digits))


def _direct(before: str) -> bool:
    """Return whether a word for telephone stands right before a number, with nothing but signs between."""
    found = PHONE_CUE.search(before.casefold())
    return bool(found and len(re.findall(r"\w+", found.group())) == 1)


def _bare(written: str) -> str:
    return re.sub(r"[^\w+]", "", written).upper()


@cache
def _checker(module: str) -> Callable[[str], bool]:
    check: Callable[[str], bool] = importlib.import_module(f"stdnum.{module}").is_valid
    return check


def _valid(module: str, written: str) -> bool:
    return _checker(module)(written)
