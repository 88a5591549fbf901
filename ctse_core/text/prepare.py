"""The posts table ─▶ the same table with what is compared and the language of each post."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ctse_core.text.language import LanguageSettings, languages_of_words
from ctse_core.text.language_codes import tidy_code
from ctse_core.text.normalise import normalise
from ctse_core.text.plain import plain
from ctse_core.text.repair import repair_all
from ctse_core.types import UNDETERMINED, Col, Progress, no_progress

_TOGETHER = 10_000


@dataclass(frozen=True)
class Prepared:
    """The table with COMPARED, LANG and LANG_CONFIDENCE, and how many texts were repaired."""

    table: pl.DataFrame
    repaired: int


def prepare_text(
    table: pl.DataFrame, progress: Progress = no_progress, settings: LanguageSettings | None = None
) -> Prepared:
    """Return the posts table with TEXT repaired and what is compared and the language added.

    The language is ours; the file's own (GIVEN_LANG) stands in only where ours is undetermined, because
    files are often wrong about it and seldom say how sure they are. The confidence stays ours, too.
    """
    written = table[Col.TEXT].fill_null("").to_list()
    texts: list[str] = []
    compared: list[str] = []
    changed = 0
    for start in range(0, len(written), _TOGETHER):
        progress(0.6 * start / len(written), f"Reading post {start:,} of {len(written):,}.")
        repaired, repairs = repair_all(written[start : start + _TOGETHER])
        changed += repairs
        texts += repaired
        compared += map(normalise, repaired)
    progress(0.6, f"Telling the languages of {len(written):,} posts.")
    codes, confidence = languages_of_words([plain(text) for text in compared], settings)
    if Col.GIVEN_LANG in table.columns:
        given = table[Col.GIVEN_LANG].cast(pl.Utf8).to_list()
        codes = [ours if ours != UNDETERMINED else tidy_code(theirs) for ours, theirs in zip(codes, given, strict=True)]
    progress(1.0, f"{len(set(codes) - {UNDETERMINED}):,} languages in {len(written):,} posts.")
    added = [
        pl.Series(Col.TEXT, texts, dtype=pl.Utf8),
        pl.Series(Col.COMPARED, compared, dtype=pl.Utf8),
        pl.Series(Col.LANG, codes, dtype=pl.Utf8),
        pl.Series(Col.LANG_CONFIDENCE, confidence, dtype=pl.Float32),
    ]
    return Prepared(table.with_columns(added), changed)
