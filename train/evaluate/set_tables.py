"""A file's own columns ─▶ the table that the measures of its kind take."""

from __future__ import annotations

import polars as pl

from ctse_core.text import normalise, repair_all
from train.evaluate.codes import APART, language_of

NOT_CLASSES = frozenset({"not labeled", "not labelled", "not applicable"})
"""Labels that say that there is none."""
_NOT_CATEGORIES = frozenset({"id", "related"})
"""Columns of numbers that are no category, or one that nearly every message has."""


def tidy(texts: list[str | None]) -> list[str]:
    """Return the texts as the app would embed them: repaired (mojibake, Zawgyi) and normalised, "" for none."""
    known = dict.fromkeys(text for text in texts if text)
    made = dict(zip(known, map(normalise, repair_all(list(known))[0]), strict=True))
    return [made[text] if text else "" for text in texts]


def pair_rows(table: pl.DataFrame, keep_foreign: bool) -> pl.DataFrame:
    """Return item, lang, text, english, translation (and topic) of a table of pairs.

    ``item`` numbers the English sentences, the same in every language; ``text`` is the set's own code, which tells
    apart what shares a language. Rows without a language of ours are kept where ``keep_foreign``; Sorani always is.
    """
    own = next((name for name in table.columns if name.endswith(("_code", "_lang"))), "lang")
    told = _strings(table, "lang") if "lang" in table.columns else [None] * table.height
    text = [code or lang or "und" for code, lang in zip(_strings(table, own), told, strict=True)]
    lang = [language_of(given or code) for given, code in zip(told, text, strict=True)]
    ours = [given is not None or code in APART or keep_foreign for given, code in zip(told, lang, strict=True)]
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


def sts_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return item, lang, first, second, score; ``item`` is the row within a language, the same one in each."""
    lang = table["lang"].cast(pl.Utf8).fill_null("und").to_list() if "lang" in table.columns else ["en"] * table.height
    rows = pl.DataFrame(
        {
            "lang": [language_of(code) for code in lang],
            "first": tidy(_strings(table, "sentence1")),
            "second": tidy(_strings(table, "sentence2")),
            "score": table["score"].cast(pl.Float64, strict=False),
            **({"item": table["row"].cast(pl.Int64)} if "row" in table.columns else {}),
        }
    )
    if "item" not in rows.columns:
        rows = rows.with_columns(pl.int_range(pl.len()).over("lang").alias("item"))
    rows = rows.filter((pl.col("first") != "") & (pl.col("second") != "") & pl.col("score").is_finite())
    return rows.select("item", "lang", "first", "second", "score").sort("lang", "item")


def post_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return item, lang, collection, event, text, label of labelled posts, each text once an event.

    A collection whose labels are hundreds (keywords rather than classes) is judged by crisis_related instead.
    """
    lang = next((name for name in ("lang", "lang_guess") if name in table.columns), "")
    rows = pl.DataFrame(
        {
            "lang": [language_of(code or "und") for code in (_strings(table, lang) if lang else ["en"] * table.height)],
            "collection": _or(table, "collection", "posts"),
            "event": _or(table, "event", "posts"),
            "text": tidy(_strings(table, "text")),
            "label": _strings(table, "label") if "label" in table.columns else _or(table, "event", ""),
            "related": _or(table, "crisis_related", ""),
        }
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
    rows = rows.with_columns(pl.col("text").str.to_lowercase().alias("same"))
    rows = rows.unique(["collection", "event", "lang", "same"], keep="first", maintain_order=True)
    rows = rows.sort("collection", "event", "lang", "same").drop("same", "related")
    return rows.with_row_index("item").cast({"item": pl.Int64})


def message_rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return item, lang, text and a column of 0 and 1 a category; originals follow under their own language.

    A message and its original have the same ``item``. Messages without any category are left out.
    """
    names = categories(table)
    flags = table.select(pl.col(name).fill_null(0).clip(0, 1).cast(pl.Int8) for name in names)
    item = pl.Series("item", range(table.height), dtype=pl.Int64)
    parts = [(["en"] * table.height, _strings(table, "message"))]
    if {"original", "original_lang_guess"} <= set(table.columns):
        parts.append(([code or "" for code in _strings(table, "original_lang_guess")], _strings(table, "original")))
    made = [
        pl.DataFrame({"item": item, "lang": lang, "text": tidy(texts)}).hstack(flags.get_columns())
        for lang, texts in parts
    ]
    rows = pl.concat([made[0], *(part.filter(~pl.col("lang").is_in(["", "en"])) for part in made[1:])])
    rows = rows.filter((pl.col("text") != "") & (pl.sum_horizontal(names) > 0))
    return rows.unique(["lang", "text"], keep="first", maintain_order=True).sort("lang", "item")


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
