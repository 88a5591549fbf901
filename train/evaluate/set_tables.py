"""A file's own columns ─▶ the table that the measures of its kind take."""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from ctse_core.errors import TrainError
from ctse_core.text import normalise, repair_all
from ctse_core.text.normalise import HANDLE, LINK
from train.evaluate.codes import APART, OURS, UNKNOWN, language_of

NOT_CLASSES = frozenset({"not labeled", "not labelled", "not applicable"})
"""Labels that say that there is none."""
_NOT_CATEGORIES = frozenset({"id", "related"})
"""Columns of numbers that are no category, or one that nearly every message has."""
_NO_TEXT = re.compile(r"[^\w]|_")
_SHARED = re.compile(rf"^\W*[rm]t\b|\bvia\b\W*(?={HANDLE}|{LINK}|$)|{HANDLE}\b|\b{LINK}\b", re.IGNORECASE)
"""What sharing puts round a normalised post."""


def tidy(texts: list[str | None]) -> list[str]:
    """Return the texts as the app would embed them: repaired (mojibake, Zawgyi) and normalised, "" for none."""
    known = dict.fromkeys(text for text in texts if text)
    made = dict(zip(known, map(normalise, repair_all(list(known))[0]), strict=True))
    return [made[text] if text else "" for text in texts]


def letters(text: str) -> str:
    """Return the letters, digits and marks of a text (NFKC, casefold): texts that are equal so are the same."""
    # Marks are kept: \w leaves out vowel signs of Indic scripts, without which words would become equal.
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(sign for sign in folded if not _NO_TEXT.match(sign) or unicodedata.category(sign)[0] == "M")
    return kept or text


def pair_rows(table: pl.DataFrame, keep_foreign: bool) -> pl.DataFrame:
    """Return item, lang, text, english, translation (and topic) of a table of pairs.

    ``item`` numbers the English sentences, the same in every language; ``text`` is the set's own code, which tells
    apart what shares a language. Rows whose ``lang`` is empty are kept where ``keep_foreign``; Sorani always is.

    Raises:
        TrainError: no column tells the language.
    """
    codes, told = _codes(table)
    known = {code: language_of(code) for code in {*codes, *told} if code}
    text = [
        code if code and (not given or known[code] == known[given]) else given or "und"
        for code, given in zip(codes, told, strict=True)
    ]
    lang = [known.get(code, "und") for code in text]
    ours = [bool(given) or code in APART or keep_foreign for given, code in zip(told, lang, strict=True)]
    rows = pl.DataFrame(
        {
            "lang": lang,
            "text": text,
            "english": _strings(table, "english"),
            "translation": _strings(table, "translation"),
            **({"topic": _strings(table, "topic")} if "topic" in table.columns else {}),
        }
    ).filter(pl.Series(ours, dtype=pl.Boolean))
    rows = rows.with_columns(_tidy_column(rows, "english"), _tidy_column(rows, "translation"))
    rows = rows.filter((pl.col("english") != "") & (pl.col("translation") != "")).unique(maintain_order=True)
    item = (pl.col("english").rank("dense").cast(pl.Int64) - 1).alias("item")
    return rows.select(item, pl.all()).sort("lang", "text", "item", "translation")


def _codes(table: pl.DataFrame) -> tuple[list[str | None], list[str | None]]:
    """Return each row's code of its text and its ``lang``, for which a column of codes stands in where there is none.

    A column of codes is one whose name ends so and that mostly agrees with ``lang``: ``source_lang`` does not.
    """
    found = [name for name in table.columns if name.endswith(("_code", "_lang"))]
    if "lang" not in table.columns:
        if not found:
            raise TrainError('These pairs do not say their language: add a column lang with a code such as "es".')
        codes = _strings(table, max(found, key=lambda name: table[name].n_unique()))
        return codes, codes
    told = _strings(table, "lang")
    for name in found:
        codes = _strings(table, name)
        both = [(code, given) for code, given in zip(codes, told, strict=True) if code and given]
        agreed = sum(language_of(code) == language_of(given) for code, given in set(both))
        if 2 * agreed > len(set(both)):
            return codes, told
    return told, told


def sts_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return item, lang, first, second, score; ``item`` is the row within a language, the same one in each."""
    rows = pl.DataFrame(
        {
            "lang": _languages(table, "lang", keep_foreign=True),
            "first": tidy(_strings(table, "sentence1")),
            "second": tidy(_strings(table, "sentence2")),
            "score": table["score"].cast(pl.Float64, strict=False),
        }
    )
    number = table["row"].cast(pl.Int64, strict=False) if "row" in table.columns else pl.Series([None])
    own = pl.int_range(pl.len()).over("lang") if number.null_count() or number.min() < 0 else number  # type: ignore[operator]
    rows = rows.with_columns(own.alias("item"))
    rows = rows.filter((pl.col("first") != "") & (pl.col("second") != "") & pl.col("score").is_finite())
    return rows.select("item", "lang", "first", "second", "score").sort("lang", "item")


def post_rows(table: pl.DataFrame, keep_foreign: bool = False) -> pl.DataFrame:
    """Return item, lang, collection, event, text, label of labelled posts, each once an event.

    Posts are the same where their letters are, but for what sharing adds: RT, handles, links. A collection whose
    labels are hundreds (keywords rather than classes) is judged by crisis_related instead.
    """
    lang = next((name for name in ("lang", "lang_guess") if name in table.columns), "lang")
    rows = pl.DataFrame(
        {
            "lang": _languages(table, lang, keep_foreign),
            "collection": _or(table, "collection", "posts"),
            "event": _or(table, "event", "posts"),
            "text": tidy(_strings(table, "text")),
            "label": _strings(table, "label"),
            "related": _or(table, "crisis_related", ""),
        },
        schema_overrides={"label": pl.Utf8},
    )
    keywords = pl.col("label").n_unique().over("collection") > 50
    rows = rows.with_columns(
        pl.when(keywords)
        .then(pl.concat_str(pl.lit("crisis_related "), "related"))
        .otherwise(pl.col("label"))
        .alias("label")
    )
    rows = rows.filter(
        (pl.col("text") != "")
        & pl.col("label").is_not_null()
        & ~pl.col("label").str.to_lowercase().is_in([*NOT_CLASSES, "", "crisis_related "])
    )
    rows = rows.with_columns(_shared_key(rows))
    rows = rows.unique(["collection", "event", "lang", "same"], keep="first", maintain_order=True)
    rows = rows.sort("collection", "event", "lang", "same").drop("same", "related")
    return rows.with_row_index("item").cast({"item": pl.Int64})


def message_rows(table: pl.DataFrame, keep_foreign: bool = False) -> pl.DataFrame:
    """Return item, lang, text and a column of 0 and 1 a category; originals follow under their own language.

    A message and its original have the same ``item``. Messages without any category are left out.
    """
    names = categories(table)
    flags = table.select(pl.col(name).fill_null(0).clip(0, 1).cast(pl.Int8) for name in names)
    item = pl.Series("item", range(table.height), dtype=pl.Int64)
    parts = [(["en"] * table.height, _strings(table, "message"))]
    if {"original", "original_lang_guess"} <= set(table.columns):
        guessed = zip(
            _strings(table, "original_lang_guess"),
            _languages(table, "original_lang_guess", keep_foreign),
            strict=True,
        )
        parts.append(([lang if code else "" for code, lang in guessed], _strings(table, "original")))
    made = [
        pl.DataFrame({"item": item, "lang": lang, "text": tidy(texts)}).hstack(flags.get_columns())
        for lang, texts in parts
    ]
    rows = pl.concat([made[0], *(part.filter(~pl.col("lang").is_in(["", "en"])) for part in made[1:])])
    rows = rows.filter((pl.col("text") != "") & (pl.sum_horizontal(names) > 0))
    rows = rows.with_columns(_shared_key(rows))
    return rows.unique(["lang", "same"], keep="first", maintain_order=True).drop("same").sort("lang", "item")


def _languages(table: pl.DataFrame, column: str, keep_foreign: bool) -> list[str]:
    """Return the language of each row, "und" for none; English without the column.

    What a column of guesses holds beyond our languages is no better than none, unless ``keep_foreign``.
    """
    if column not in table.columns:
        return ["en"] * table.height
    found = _strings(table, column)
    known = {code: language_of(code) for code in set(found) if code}
    if column.endswith("_guess") and not keep_foreign:
        known = {code: lang if lang in OURS | APART | {"en"} else "und" for code, lang in known.items()}
    known = {code: "und" if lang in UNKNOWN else lang for code, lang in known.items()}
    return [known.get(code or "", "und") for code in found]


def _shared_key(rows: pl.DataFrame) -> pl.Series:
    """Return the letters of each text without what sharing adds; of a text of nothing else, its own."""
    texts = rows["text"].to_list()
    return pl.Series("same", [letters(_SHARED.sub(" ", text).strip() or text) for text in texts], dtype=pl.Utf8)


def categories(table: pl.DataFrame) -> list[str]:
    """Return the columns that are categories of a message: whole numbers, both 0 and 1 among them, never beyond 2."""
    numbers = [name for name, kind in table.schema.items() if kind.is_integer() and name not in _NOT_CATEGORIES]
    return [
        name
        for name in numbers
        if {0, 1} <= set(table[name].drop_nulls().unique().head(4)) and (table[name].max() or 0) <= 2  # type: ignore[operator]
    ]


def _strings(table: pl.DataFrame, name: str) -> list[str | None]:
    return table[name].cast(pl.Utf8).to_list()


def _tidy_column(table: pl.DataFrame, name: str) -> pl.Series:
    return pl.Series(name, tidy(table[name].to_list()), dtype=pl.Utf8)


def _or(table: pl.DataFrame, name: str, otherwise: str) -> list[str]:
    return (
        table[name].cast(pl.Utf8).fill_null(otherwise).to_list()
        if name in table.columns
        else [otherwise] * table.height
    )
