"""The posts table ─▶ the same table with what is compared and the language of each post."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ctse_core.text.language import LanguageSettings, languages_of
from ctse_core.text.language_codes import tidy_code
from ctse_core.text.normalise import normalise
from ctse_core.text.repair import repair_all
from ctse_core.types import UNDETERMINED, Col, Progress, Spread, joined_pieces, no_progress


@dataclass(frozen=True)
class Prepared:
    """The table with COMPARED, LANG and LANG_CONFIDENCE, and how many texts were repaired."""

    table: pl.DataFrame
    repaired: int


def prepare_text(
    table: pl.DataFrame,
    progress: Progress = no_progress,
    settings: LanguageSettings | None = None,
    spread: Spread = joined_pieces,
) -> Prepared:
    """Return the posts table with TEXT repaired and what is compared and the language added.

    The language is ours; the file's own (GIVEN_LANG) stands in only where ours is undetermined, because
    files are often wrong about it and seldom say how sure they are. The confidence stays ours, too.
    """
    count = table.height
    written = table.select(pl.col(Col.TEXT).fill_null(""))
    clean = spread(cleaned, written, {}, lambda share: progress(0.6 * share, f"Cleaning the texts of {count:,} posts."))
    told = languages_of(
        clean[Col.COMPARED],
        settings,
        spread,
        lambda share: progress(0.6 + 0.4 * share, f"Telling the languages of {count:,} posts."),
    )
    codes = told["lang"]
    if Col.GIVEN_LANG in table.columns:
        given = table[Col.GIVEN_LANG].cast(pl.Utf8).fill_null("")
        theirs = {code: tidy_code(code) for code in given.unique().to_list()}
        tidy = given.replace_strict(theirs, return_dtype=pl.Utf8)
        codes = codes.zip_with(codes != UNDETERMINED, tidy)
    languages = codes.n_unique() - int((codes == UNDETERMINED).any())
    progress(1.0, f"{languages:,} languages in {count:,} posts.")
    added = [
        clean[Col.TEXT],
        clean[Col.COMPARED],
        codes.alias(Col.LANG),
        told["confidence"].alias(Col.LANG_CONFIDENCE),
    ]
    return Prepared(table.with_columns(added), int(clean["changed"].sum()))


def cleaned(piece: pl.DataFrame) -> pl.DataFrame:
    """Return the texts of ``piece`` repaired, what is compared of each, and whether it "changed" by the repair."""
    written = piece[Col.TEXT]
    repaired, _ = repair_all(written.to_list())
    texts = pl.Series(Col.TEXT, repaired, dtype=pl.Utf8)
    compared = pl.Series(Col.COMPARED, [normalise(text) for text in repaired], dtype=pl.Utf8)
    return pl.DataFrame([texts, compared, (texts != written).alias("changed")])
