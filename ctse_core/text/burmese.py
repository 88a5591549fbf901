"""Burmese typed for the Zawgyi font ─▶ Burmese in Unicode.

Until about 2019 most posts in Myanmar were typed for Zawgyi, a font that uses the code points of Unicode
for other shapes and writes signs in the order in which they are seen. Read as Unicode such a post is
noise: no search finds it, no encoder understands it, and another font shows it wrong. It is mojibake in
all but name.
"""

from __future__ import annotations

import re

_LETTER = "\u1000-\u102a\u103f\u1040\u104e"
_E, _RA, _STACK, _KINZI = "\u1031", "\u103c", "\u1039", "\u1004\u103a\u1039"

# What one kind of text has and the other cannot: in Zawgyi the killer is U+1039 and the vowel E stands
# before its consonant; in Unicode U+1039 stacks the next consonant and U+103E is the sign for ha. The
# letters of Mon, Karen and Shan, which share code points with shapes of Zawgyi, prove nothing.
_ONLY_ZAWGYI = re.compile(
    "\u1039(?![\u1000-\u1021\u105a-\u1081])|\u1033|\u1034|\u103b\u1031?[\u1000-\u1021]\u1039"
    "|(?<![\u1000-\u102a\u103b-\u103f\u1050-\u1097])\u1031"
)
_ONLY_UNICODE = re.compile("\u103e|\u103a\u1039|[\u1000-\u1021\u103b-\u103d]\u1031[\u102c\u102b]\u103a")
_BURMESE = re.compile("[\u1000-\u109f]")

_STACKED = {
    "\u1060": "က", "\u1061": "ခ", "\u1062": "ဂ", "\u1063": "ဃ", "\u1065": "စ", "\u1066": "ဆ", "\u1067": "ဆ",
    "\u1068": "ဇ", "\u1069": "ဈ", "\u106c": "ဋ", "\u106d": "ဌ", "\u1070": "ဏ", "\u1071": "တ", "\u1072": "တ",
    "\u1073": "ထ", "\u1074": "ထ", "\u1075": "ဒ", "\u1076": "ဓ", "\u1077": "န", "\u1078": "ပ", "\u1079": "ဖ",
    "\u107a": "ဗ", "\u107b": "ဘ", "\u1093": "ဘ", "\u107c": "မ", "\u1085": "လ",
}  # fmt: skip
_SHAPES = {
    "\u103a": "\u103b", "\u107d": "\u103b", "\u103c": "\u103d", "\u103d": "\u103e", "\u1087": "\u103e",
    "\u1039": "\u103a", "\u1033": "\u102f", "\u1034": "\u1030", "\u1094": "\u1037", "\u1095": "\u1037",
    "\u1088": "\u103e\u102f", "\u1089": "\u103e\u1030", "\u108a": "\u103d\u103e", "\u105a": "\u102b\u103a",
    "\u1064": _KINZI, "\u108b": _KINZI + "\u102d", "\u108c": _KINZI + "\u102e", "\u108d": _KINZI + "\u1036",
    "\u108e": "\u102d\u1036", "\u106a": "\u1009", "\u106b": "\u100a", "\u108f": "\u1014", "\u1090": "\u101b",
    "\u1086": "\u103f", "\u106e": "ဍ္ဍ", "\u106f": "ဍ္ဎ", "\u1091": "ဏ္ဍ", "\u1092": "ဋ္ဌ", "\u1097": "ဋ္ဋ",
    "\u1096": "\u1039တ\u103d", "\u104e": "၎င်း",
}  # fmt: skip
_TO_UNICODE = str.maketrans(
    _SHAPES
    | {shape: _STACK + letter for shape, letter in _STACKED.items()}
    | dict.fromkeys("\u103b\u107e\u107f\u1080\u1081\u1082\u1083\u1084", _RA)
)
# A syllable as it is seen: E and ra before the consonant, whatever else around it.
_SIGNS = "\u102b-\u1030\u1032\u1036-\u1038\u103a\u103b\u103d\u103e"
_SYLLABLE = re.compile(f"([{_E}{_RA}]*)([{_LETTER}])((?:{_KINZI}|{_STACK}[\u1000-\u1021]|[{_SIGNS}])*)")
# The order in which Unicode writes the signs of a syllable (Unicode Technical Note 11).
_ORDER = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u103a\u1036\u1037\u1038"
_STACKED_LETTER = re.compile(f"{_STACK}[\u1000-\u1021]")
_SPELLINGS = (  # a digit or letter of the same look, letters that are one in Unicode, signs typed twice
    (re.compile("(?<![\u1040-\u1049])\u1040(?=[\u1000-\u1021\u102b-\u103e])"), "\u101d"),
    (re.compile("(?<=[\u1000-\u1021\u102b-\u103e])\u1040(?![\u1040-\u1049])"), "\u101d"),
    (re.compile("\u1044(?=\u1004\u103a\u1038)"), "\u104e"),
    (re.compile("\u1005\u103b"), "\u1008"),
    (re.compile("\u101e\u103c"), "\u1029"),
    (re.compile("\u1025\u102e"), "\u1026"),
    (re.compile("\u1025(?=\u1037?\u103a)"), "\u1009"),
    (re.compile("([\u102b-\u1038])\\1+"), "\\1"),
)


def to_unicode(text: str) -> str:
    """Return ``text`` with Burmese typed for Zawgyi in Unicode; any other text comes back as it is."""
    if not is_zawgyi(text):
        return text
    text = _SYLLABLE.sub(_in_order, text.translate(_TO_UNICODE))
    for wrong, right in _SPELLINGS:
        text = wrong.sub(right, text)
    return text


def is_zawgyi(text: str) -> bool:
    """Whether ``text`` holds Burmese that was surely typed for Zawgyi."""
    if text.isascii() or not _BURMESE.search(text):
        return False
    return len(_ONLY_ZAWGYI.findall(text)) > len(_ONLY_UNICODE.findall(text))


def _in_order(syllable: re.Match[str]) -> str:
    """Return a syllable with its consonant first and its signs in the order of Unicode."""
    before, letter, rest = syllable.groups()
    kinzi = _KINZI if _KINZI in rest else ""
    rest = rest.replace(_KINZI, "")
    stacked = "".join(_STACKED_LETTER.findall(rest))
    signs = _STACKED_LETTER.sub("", rest) + "".join(dict.fromkeys(before))
    return kinzi + letter + stacked + "".join(sorted(signs, key=_ORDER.index))
