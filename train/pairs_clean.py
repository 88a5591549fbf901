"""Rows as a file has them ─▶ pairs that can be trained on, or the reason why not; and what makes two pairs equal."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.text.burmese import to_unicode
from ctse_core.text.language_codes import tidy_code
from ctse_core.types import UNDETERMINED

RAW = {
    "row": pl.Int64,
    "source": pl.String,
    "lang": pl.String,
    "english": pl.String,
    "translation": pl.String,
    "kind": pl.String,
    "fault": pl.String,
}
"""Columns of a batch: ``row`` counts from 1 in the file; ``fault`` is null, or why the row is not a pair."""

LONGEST = 4_000
"""Characters; encoders read some 500, and a longer cell is a document or two columns run together."""
FAULTS = ("columns", "encoding", "no_language", "no_text", "too_long", "same_text")
"""Wrong number of fields, not UTF-8, no language, a side without letters, a side too long, both sides equal."""

KINDS = (
    ("tatoeba-pivot", "indirect"),
    ("tatoeba", "sentence"),
    ("bible", "verse"),
    ("cldr-emoji", "term"),
    ("tico19-terms", "term"),
    ("hotosm", "ui"),
    ("id-tagging", "ui"),
    ("sahana-eden", "ui"),
    ("scratch", "ui"),
    ("mozilla-www", "ui"),
    ("gnome", "ui"),
    ("kde4", "ui"),
    ("ubuntu", "ui"),
    ("php", "ui"),
    ("udhr", "paragraph"),
    ("disaster-messages", "post"),
)
"""The kind of a source whose name begins so, where the file does not tell kinds; any other is "sentence"."""

_ODD_SPACE = r"[\s--\x20]|\x20\x20|^\x20|\x20$|[\x00-\x1f\x7f]"
_SPACES = r"[\s\x00-\x1f\x7f]+"
_BURMESE = "[\u1000-\u109f]"
_NO_LETTER = r"[^\p{L}\p{M}\p{N}]+"


def kind_of_source(source: str) -> str:
    """Return the kind of the pairs of a source that tells none."""
    name = source.casefold()
    return next((kind for start, kind in KINDS if name.startswith(start)), "sentence")


def clean(batch: pl.DataFrame) -> pl.DataFrame:
    """Return ``batch`` (columns RAW) with tidy texts, languages and kinds, and a fault where a row is no pair.

    Texts are NFC, white space is single spaces, Burmese typed for Zawgyi is in Unicode; languages are two-letter
    codes where there is one. The columns ``english_key`` and ``translation_key`` (UInt64) are equal for texts that
    differ in case, width, punctuation or spaces only; a text without letters, digits or marks has the key 0.
    """
    batch = batch.with_columns(
        english=tidy(batch["english"]),
        translation=tidy(batch["translation"]),
        lang=_codes(batch["lang"]),
        source=pl.col("source").fill_null("").str.strip_chars(),
    )
    sources = batch["source"].unique().to_list()
    kinds = {source: kind_of_source(source) for source in sources}
    kind = pl.col("kind").str.strip_chars().str.to_lowercase().replace("", None)
    batch = batch.with_columns(
        kind=kind.fill_null(pl.col("source").replace_strict(kinds, return_dtype=pl.String)),
        english_key=text_keys(batch["english"]),
        translation_key=text_keys(batch["translation"]),
    )
    longest = pl.max_horizontal(pl.col("english").str.len_chars(), pl.col("translation").str.len_chars())
    fault = (
        pl.when(pl.col("lang").is_null())
        .then(pl.lit("no_language"))
        .when((pl.col("english_key") == 0) | (pl.col("translation_key") == 0))
        .then(pl.lit("no_text"))
        .when(longest > LONGEST)
        .then(pl.lit("too_long"))
        .when(pl.col("english") == pl.col("translation"))
        .then(pl.lit("same_text"))
    )
    return batch.with_columns(fault=pl.coalesce("fault", fault))


def tidy(texts: pl.Series) -> pl.Series:
    """Return ``texts`` (m,) in NFC with single spaces, Burmese typed for Zawgyi in Unicode; null becomes ""."""
    texts = texts.fill_null("")
    texts = _where(texts, texts.str.len_bytes() != texts.str.len_chars(), lambda some: some.str.normalize("NFC"))
    texts = _where(texts, texts.str.contains(_BURMESE), _unicode_burmese)
    odd = texts.str.contains(_ODD_SPACE)
    return _where(texts, odd, lambda some: some.str.replace_all(_SPACES, " ").str.strip_chars(" "))


def compared(texts: pl.Series) -> pl.Series:
    """Return ``texts`` (m,) as they are compared: NFKC, without case, letters, digits and marks only."""
    wide = texts.str.len_bytes() != texts.str.len_chars()
    texts = _where(texts, wide, lambda some: some.str.normalize("NFKC")).str.to_lowercase()
    texts = _where(texts, wide, lambda some: some.str.replace_many(["ß", "ς"], ["ss", "σ"]))
    return texts.str.replace_all(_NO_LETTER, "")


def text_keys(texts: pl.Series) -> pl.Series:
    """Return UInt64 (m,): equal for texts that are equal as compared, 0 for those of which nothing is left."""
    plain = compared(texts)
    return plain.hash(7).zip_with(plain != "", pl.Series([0], dtype=pl.UInt64)).fill_null(0)


def pair_keys(batch: pl.DataFrame) -> NDArray[np.uint64]:
    """Return (m,) keys of cleaned pairs: equal where language, English and translation are equal as compared."""
    lang = batch["lang"].hash(7).to_numpy()
    translation = mixed(batch["translation_key"].to_numpy() ^ mixed(lang))
    return mixed(batch["english_key"].to_numpy() ^ translation)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return ``numbers`` (m,) with every bit stirred into every other, one to one (splitmix64).

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    with np.errstate(over="ignore"):
        stirred = np.asarray(numbers, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        stirred = (stirred ^ (stirred >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        stirred = (stirred ^ (stirred >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return stirred ^ (stirred >> np.uint64(31))


def _codes(langs: pl.Series) -> pl.Series:
    codes = {lang: tidy_code(lang) for lang in langs.unique().drop_nulls().to_list()}
    known = {lang: code for lang, code in codes.items() if code != UNDETERMINED}
    return langs.replace_strict(known, default=None, return_dtype=pl.String)


def _where(texts: pl.Series, chosen: pl.Series, change: object) -> pl.Series:
    """Return ``texts`` with ``change`` applied to the ``chosen`` rows only: most rows need no change."""
    rows = chosen.arg_true()
    if not len(rows):
        return texts
    changed = change(texts.gather(rows))  # type: ignore[operator]
    return changed if len(rows) == len(texts) else texts.scatter(rows, changed)


def _unicode_burmese(texts: pl.Series) -> pl.Series:
    return pl.Series([to_unicode(text) for text in texts.to_list()], dtype=pl.String)
