"""Language codes: from what a set calls a text to the two letters that the whole table uses, as data.

Texts that share a code (both scripts of Chinese and of Serbian, Canadian French, Brazilian Portuguese, Mexican
Spanish) are folded: the language's figure is the mean of its texts, and each text is told apart as well. ``ku``
is Kurmanji, as in every set at hand; Sorani stands apart under ``ckb`` and enters no mean.
"""

from __future__ import annotations

SHARED_CODES = tuple(
    [
        "ar",
        "bg",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "fa",
        "fi",
        "fr",
        "gl",
        "gu",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "id",
        "it",
        "ja",
        "ka",
        "ko",
        "ku",
        "lt",
        "lv",
        "mk",
        "mn",
        "mr",
        "ms",
        "my",
        "nb",
        "nl",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "th",
        "tr",
        "uk",
        "ur",
        "vi",
        "zh",
    ]
)
"""The 49 codes of the 52 languages of the multilingual CrisisTransformers (fr-ca, pt-br and zh-tw folded)."""

APART = frozenset({"ckb"})
"""Languages that are measured and told, and left out of every mean."""

_THREE_LETTERS = dict(
    pair.split(":")
    for pair in [
        "als:sq",
        "arb:ar",
        "ara:ar",
        "ben:bn",
        "bul:bg",
        "cat:ca",
        "ces:cs",
        "cmn:zh",
        "dan:da",
        "deu:de",
        "ell:el",
        "est:et",
        "fas:fa",
        "fil:tl",
        "fin:fi",
        "fra:fr",
        "glg:gl",
        "guj:gu",
        "hat:ht",
        "heb:he",
        "hin:hi",
        "hrv:hr",
        "hun:hu",
        "hye:hy",
        "ind:id",
        "ita:it",
        "jpn:ja",
        "kat:ka",
        "khk:mn",
        "kmr:ku",
        "kor:ko",
        "kur:ku",
        "lav:lv",
        "lit:lt",
        "lvs:lv",
        "mar:mr",
        "mkd:mk",
        "mon:mn",
        "msa:ms",
        "mya:my",
        "nld:nl",
        "no:nb",
        "nob:nb",
        "pes:fa",
        "pol:pl",
        "por:pt",
        "ron:ro",
        "rus:ru",
        "slk:sk",
        "slv:sl",
        "spa:es",
        "sqi:sq",
        "srp:sr",
        "swe:sv",
        "tam:ta",
        "tel:te",
        "tgl:tl",
        "tha:th",
        "tur:tr",
        "ukr:uk",
        "urd:ur",
        "vie:vi",
        "zho:zh",
        "zsm:ms",
    ]
)
OURS = frozenset(SHARED_CODES) | {"bn", "ht", "ta", "te", "tl"}
"""The 54 languages of the training pairs."""


UNKNOWN = frozenset({"", "und", "unk", "unknown", "mul", "zxx", "none", "null", "nan"})
"""What stands where no language is told."""


def language_of(code: str) -> str:
    """Return the code of a language as the table has it: "zho-TW", "zh_Hant" and "zh" are "zh", "fil" is "tl".

    What is no language of ours keeps its own code without script and country.
    """
    plain = code.strip().replace("_", "-").split("-")[0].casefold()
    return _THREE_LETTERS.get(plain, plain)
