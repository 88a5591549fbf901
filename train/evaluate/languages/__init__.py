"""Why a language does not match: figures, wrong neighbours and the likely cause, as a table and as a page."""

from __future__ import annotations

from train.evaluate.languages.causes import likely_cause, with_causes
from train.evaluate.languages.diagnose import KnownEncoder, LanguageSettings, diagnose
from train.evaluate.languages.page import Heading, languages_page
from train.evaluate.languages.seen import counts_of

__all__ = [
    "Heading",
    "KnownEncoder",
    "LanguageSettings",
    "counts_of",
    "diagnose",
    "languages_page",
    "likely_cause",
    "with_causes",
]
