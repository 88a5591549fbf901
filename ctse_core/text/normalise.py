"""One post's text ─▶ the text that is compared, embedded and searched.

What the CrisisTransformers and BERTweet families do before they look at a post: links become
HTTPURL, handles @USER, HTML entities characters, white space single spaces. On top of that, what makes
two copies of a post equal: retweet markers and invisible characters go, quotes and dots are written one
way, runs of more than three equal characters are cut to three, Unicode is NFC.

Emoji stay emoji. BERTweet spells them out in English (":folded_hands:"), which suits an English encoder;
the vocabularies of multilingual encoders hold the characters themselves, and an English word in an Arabic
post would pull it towards English posts.

A post that is nothing but a link or a handle stays "HTTPURL" or "@USER": what it pointed to cannot be
known from here, so such posts fall together as copies of one another instead of being told apart by
addresses that every shortener makes anew.

Source: Nguyen, Vu and Nguyen, "BERTweet", EMNLP 2020 (HTTPURL, @USER); Lamsal, Read and Karunasekera,
"CrisisTransformers", 2023.
"""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST = 4_000
"""Characters of a compared text; encoders read some 500, and a longer cell is cut at a space."""
LINK = "HTTPURL"
HANDLE = "@USER"

_SURROGATES = re.compile("[\ud800-\udfff]+")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Zero-width, bidirectional and formatting characters, variation selectors, interlinear marks, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffd\U000e0000-\U000e01ef]"
)
# Characters that look like a space and are none to Python: Hangul fillers, the empty Braille cell.
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
# The joiners carry meaning between letters of scripts that join (Persian, Indic, Khmer …) and between
# emoji (families, flags); anywhere else they are invisible noise.
_JOINED = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
_PICTURE = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(
    f"(?<![{_JOINED}])\u200c|\u200c(?![{_JOINED}])|(?<![{_JOINED}{_PICTURE}])\u200d|\u200d(?![{_JOINED}{_PICTURE}])"
)
_JOINER_RUN = re.compile("[\u200c\u200d]{2,}")
# Letters in costume: mathematical bold and script, full-width Latin and digits, half-width katakana.
_COSTUME = re.compile("[\U0001d400-\U0001d7ff\uff10-\uff19\uff20-\uff3a\uff41-\uff5a\uff66-\uff9f]+")
_PILED_MARKS = re.compile("([\u0300-\u036f\u0483-\u0489]{3})[\u0300-\u036f\u0483-\u0489]+")
_TYPOGRAPHIC = re.compile("[\u2018-\u201f\u02bc\u00b4\u2032\u2033\u2026\u00ab\u00bb\u2039\u203a\u2013\u2014]")
_PLAIN_SIGN = dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u00b4\u2032\u2039\u203a", "'")
_PLAIN_SIGN |= dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"') | {"\u2026": "..."}
_PLAIN_SIGN |= dict.fromkeys("\u2013\u2014", "-")

_LONG_RUN = re.compile(r"([^\d\s])\1{3,}")
_AMPERSANDS = re.compile(r"&(?:(?:amp|#0{0,5}38|#x0{0,5}26);)+", re.IGNORECASE)

# A link ends at white space, quotes, brackets, or a script that is written without spaces and rarely
# stands in an address (a Chinese word straight after "t.co/abc"); closing punctuation is not its own.
_ADDRESS = (
    "(?:[^\\s<>\"'`{}|^\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u9fff\uac00-\ud7ff\uff00-\uffef"
    "\u2190-\u2bff\U0001f000-\U0001faff]*(?<=[\\w/=%#&~+-]))?"
)
_LINKS = re.compile(rf"[hH][tT][tT][pP][sS]?:/{{1,2}}{_ADDRESS}|\b[wW]{{3}}\.{_ADDRESS}")
_BARE_LINKS = re.compile(
    rf"(?<![@\w])(?:[a-z0-9-]{{1,40}}\.){{1,4}}[a-z]{{2,10}}/{_ADDRESS}"
    r"|(?<![@\w])(?:[a-z0-9-]{1,40}\.){1,4}(?:com|org|net|gov|edu|info)\b(?![.@]?\w)",
    re.IGNORECASE,
)
_MAYBE_BARE_LINK = re.compile(r"\.(?:[a-z]{2,10}/|(?:com|org|net|gov|edu|info)\b)", re.IGNORECASE)
_CUT_LINK = re.compile(r"(?:(?<=\.\.\.)|(?<=\s))htt?p?s?:?/{0,2}$|(?:(?<=\.\.\.)|(?<=\.\.\. ))h$")
_CUT_LINK_ENDS = frozenset("htps:/")
_MAIL = re.compile(r"@?[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,24}\b", re.IGNORECASE)
_MAYBE_MAIL = re.compile(r"\w@\w")
# "@5pm" and "@100" are times and prices; a handle in another script counts where it ends visibly.
_HANDLES = re.compile(
    r"(?:(?<![^\W_])|(?<=\bRT)|(?<=\bMT)|(?<=\bvia))@(?!\d+(?:[ap]m|h|rs)?\b)(?:[a-z0-9_]{1,40}(?:@[\w-]{1,63}(?:\.[\w-]{1,63})+)?"
    r"|\w{2,30}(?=[\s:\uff1a,]|$))",
    re.IGNORECASE,
)
_REPEATED_SIGN = re.compile(rf"(?:{LINK}(?: {LINK})+)|(?:{HANDLE}(?: {HANDLE})+)")
_RETWEET = re.compile(
    rf"^(?:[\s\"'.:|>-]*\b(?:RT|MT)\b[\s:]*(?:{HANDLE}[\s:]*|(?=\S))|[\"']+{HANDLE}:\s*)+", re.IGNORECASE
)
_RETWEET_START = re.compile(r"^[\s\"'.:|>-]*(?:[rm]t\b|(?<=[\"'])@)", re.IGNORECASE)


def normalise(text: str) -> str:
    """Return the compared form of ``text``: pure, and unchanged by a second pass.

    At most LONGEST characters come back; only a text without any visible character gives "".
    """
    text = text[: 4 * LONGEST]
    for _ in range(8):  # one pass does for nearly every post; nested entities and the like need another
        once = _pass(text)
        if once == text:
            return once
        text = once
    return text


def _pass(text: str) -> str:
    if not text.isascii():
        text = _plain_unicode(text)
    elif not text.isprintable():
        text = _CONTROLS.sub("", text)
    if "&" in text:
        text = html.unescape(_AMPERSANDS.sub("&", text))
    text = _LONG_RUN.sub(r"\1\1\1", text)
    if "@" in text:
        if _MAYBE_MAIL.search(text):
            text = _MAIL.sub(HANDLE, text)
        text = _HANDLES.sub(HANDLE, text)
    text = _LINKS.sub(LINK, text)
    if _MAYBE_BARE_LINK.search(text):
        text = _BARE_LINKS.sub(LINK, text)
    if text[-1:] in _CUT_LINK_ENDS:
        text = _CUT_LINK.sub(LINK, text)
    text = " ".join(text.split())
    text = _REPEATED_SIGN.sub(lambda run: run.group().split(" ", 1)[0], text)
    if _RETWEET_START.match(text):
        text = _RETWEET.sub("", text) or text
    return text if len(text) <= LONGEST else _cut(text)


def _plain_unicode(text: str) -> str:
    """Return ``text`` in NFC, without invisible characters, costumes and typographic variants."""
    text = _SURROGATES.sub(_join_surrogates, text)
    text = _INVISIBLE.sub("", _CONTROLS.sub("", text))
    text = _BLANK.sub(" ", text)
    text = _COSTUME.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)
    text = _TYPOGRAPHIC.sub(lambda sign: _PLAIN_SIGN[sign.group()], text)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", _JOINER_RUN.sub(lambda run: run.group()[0], text))
    return _PILED_MARKS.sub(r"\1", unicodedata.normalize("NFC", text))


def _join_surrogates(run: re.Match[str]) -> str:
    """Return the characters that pairs of surrogates stand for; lone ones vanish."""
    units = run.group().encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "ignore")


def _cut(text: str) -> str:
    """Return the first LONGEST characters of ``text``, to a space where one is near."""
    cut = text[:LONGEST]
    space = cut.rfind(" ", LONGEST - 200)
    return cut[:space] if space > 0 else cut
