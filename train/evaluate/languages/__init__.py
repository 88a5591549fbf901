"""Why a language does not match: figures, wrong neighbours and the likely cause, as a table and as a page."""

from __future__ import annotations

from train.evaluate.languages.causes import likely_cause, with_causes
from train.evaluate.languages.diagnose import LanguageSettings, diagnose
from train.evaluate.languages.page import Heading, languages_page

__all__ = ["Heading", "LanguageSettings", "diagnose", "languages_page", "likely_cause", "with_causes"]
