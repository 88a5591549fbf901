"""One post's text ─▶ what is compared: repaired, normalised, its language, its words, its copies."""

from ctse_core.text.language import LanguageSettings, detect_languages
from ctse_core.text.normalise import normalise
from ctse_core.text.plain import hashtag_words, plain
from ctse_core.text.repair import repair, repair_all

__all__ = [
    "LanguageSettings",
    "detect_languages",
    "hashtag_words",
    "normalise",
    "plain",
    "repair",
    "repair_all",
]
