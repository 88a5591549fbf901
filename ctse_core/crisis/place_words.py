"""A text ─▶ the words in which names of places are looked for, each with where it stands.

Folding keeps the number of letters, so that a word's place in the folded text is its place in the text.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

import regex

# Scripts that set no blanks between words; Hangul glues particles to names. Each letter stands for itself there.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Hangul}ー"
_ALIKE = dict(zip("أإآٱىیکہۀةؤ", "ااااييكهههو", strict=True))
_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "FULLWIDTH")
_NO_NAMES = regex.compile(r"(?:https?|hxxps?)\s?:\s?//\S+|\bwww\.\S+|[\w.+-]+@[\w-]+\.\w+|(?<!\w)[@＠]\w+")
# What is glued to names: before them in Semitic scripts, behind them elsewhere; the longest first.
_BEFORE = {
    "ARABIC": ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ف", "ب", "ل", "ك"),
    "HEBREW": ("וב", "ול", "ומ", "שב", "וה", "ב", "ל", "מ", "ה", "ו", "ש", "כ"),
    "ETHIOPIC": ("በ", "ከ", "ለ", "የ", "ወደ", "እና"),
}
_BEHIND = {
    "CYRILLIC": tuple("ского ской ском ами ями ах ях ов ом ем ой ою ей ью ії ію а я у ю е и і ы".split()),  # noqa: SIM905
    "BENGALI": ("গুলোতে", "য়ের", "তেও", "এর", "ের", "তে", "য়", "কে", "র", "ে"),
    "DEVANAGARI": ("मध्ये", "ातील", "ावर", "ात", "मा", "को", "चे", "च्या"),
    "TAMIL": ("த்திலிருந்து", "யிலிருந்து", "த்தில்", "யில்", "க்கு", "வில்", "ிலிருந்து", "ில்", "ின்"),
    "TELUGU": ("లోని", "లోనూ", "నుండి", "లో", "కి", "కు"),
    "GUJARATI": ("માંથી", "માં", "થી", "નું", "ના", "ની"),
    "MALAYALAM": ("ത്തിൽ", "യിൽ", "ിൽ", "ിലെ"),
    "GEORGIAN": ("ში", "დან", "ის", "ს"),
    "ARMENIAN": ("ում", "ից", "ի"),
    "GREEK": ("ς", "ν"),
    "LATIN": ("ssa", "ssä", "ban", "ben", "ban", "nda", "nde", "daki", "deki", "da", "de", "ta", "te", "ni"),
}
_VOWELS = "аяоеиіїыуюьйэ"
_SHORTEST = 4  # letters that must be left of a word when something is cut off


class _Folding(dict[int, str]):
    """A table for ``str.translate`` that is filled when letters come up; every letter stays one letter."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = _folded_letter(letter)
        return self[code]


def _folded_letter(letter: str) -> str:
    if letter in _ALIKE:
        return _ALIKE[letter]
    if letter == "ı":  # Turkish
        return "i"
    bases = [one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one)]
    if len(bases) == 1 and unicodedata.name(letter, "").startswith(_FOLDED_SCRIPTS):
        letter = bases[0]
    small = letter.lower()
    return small if len(small) == 1 else letter


FOLDING = _Folding()


def folded(text: str) -> str:
    """Return the text without capitals and, in Latin, Greek and Cyrillic, without accents; of the same length."""
    return text.translate(FOLDING)


@cache
def word_pattern() -> Any:
    """Return the pattern of words: a run of letters, marks and digits; one letter where no blanks are set."""
    joined = rf"(?![{UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}\u200c\u200d]"
    return regex.compile(rf"[{UNSPACED}]\p{{M}}*|(?:{joined})+")


@cache
def unspaced_pattern() -> Any:
    """Return the pattern of one letter of a script that sets no blanks between words."""
    return regex.compile(rf"[{UNSPACED}]")


def without_links(text: str) -> str:
    """Return the text with links, addresses and handles as blanks; of the same length."""
    if "@" not in text and "/" not in text and "www" not in text and "＠" not in text:
        return text
    return _NO_NAMES.sub(lambda found: " " * len(found.group()), text)


def words_of(text: str) -> list[tuple[str, int, int]]:
    """Return the folded words of a text in their order, each with its start and end; links and handles left out.

    A hashtag is cut where its capitals tell parts ("#PrayForHaiti").
    """
    found: list[tuple[str, int, int]] = []
    for match in word_pattern().finditer(folded(without_links(text))):
        start, end = match.span()
        if start and text[start - 1] in "#＃" and not text[start:end].isupper():
            found += _parts(text, start, end)
        else:
            found.append((match.group(), start, end))
    return found


_PART = regex.compile(r"\p{Lu}+(?!\p{Ll})|\p{Lu}?[^\p{Lu}\d]+|\d+")


def _parts(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    parts = [(start + part.start(), start + part.end()) for part in _PART.finditer(text[start:end])]
    return [(folded(text[one:other]), one, other) for one, other in parts]


def name_words(name: str) -> str:
    """Return a name as it is looked up: its folded words, a blank between them."""
    return " ".join(word_pattern().findall(folded(name)))


@cache
def script_of(letter: str) -> str:
    """Return the first word of the letter's Unicode name, which tells its script: "LATIN", "CJK", "THAI"."""
    return unicodedata.name(letter, "NONE").split(" ", 1)[0].split("-")[0]


def cut_forms(word: str) -> list[str]:
    """Return what may be left of a word when what languages glue to names is cut off, the likeliest first."""
    script = script_of(word[0])
    forms: list[str] = []
    for start in _BEFORE.get(script, ()):
        if word.startswith(start) and len(word) - len(start) >= 3:
            forms.append(word[len(start) :])
            if script == "ARABIC" and not start.endswith("ال") and start != "لل":
                forms.append("ال" + word[len(start) :])
    for ending in _BEHIND.get(script, ()):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= _SHORTEST:
            rest = rest.rstrip("\u200c\u200d")
            forms.append(rest)
            if script == "GEORGIAN":
                forms.append(rest + "ი")
            if script == "CYRILLIC":
                forms += [rest + vowel for vowel in _VOWELS]
    return list(dict.fromkeys(forms))
