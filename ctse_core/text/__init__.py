"""One post's text ─▶ what is compared: repaired, normalised, its language, its words, its copies."""

from ctse_core.text.duplicates import Duplicates, DuplicateSettings, collapse_duplicates
from ctse_core.text.joined_copies import join_copies
from ctse_core.text.language import LanguageSettings, detect_languages
from ctse_core.text.language_codes import tidy_code
from ctse_core.text.normalise import normalise
from ctse_core.text.places import parts, word_places
from ctse_core.text.plain import hashtag_words, plain
from ctse_core.text.prepare import Prepared, prepare_text
from ctse_core.text.repair import repair, repair_all
from ctse_core.text.stopwords import stopwords
from ctse_core.text.tokens import tokens, tokens_of_all, words_of_all

__all__ = [
    "DuplicateSettings",
    "Duplicates",
    "LanguageSettings",
    "Prepared",
    "collapse_duplicates",
    "detect_languages",
    "hashtag_words",
    "join_copies",
    "normalise",
    "parts",
    "plain",
    "prepare_text",
    "repair",
    "repair_all",
    "stopwords",
    "tidy_code",
    "tokens",
    "tokens_of_all",
    "word_places",
    "words_of_all",
]
