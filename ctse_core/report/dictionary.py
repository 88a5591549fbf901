"""What every column means: one table, used by the spreadsheet, the CSV files and the documentation."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ctse_core.types import Col, TopicCol


@dataclass(frozen=True)
class Entry:
    """One column of one table: its meaning in words, and its unit, range or form."""

    table: str
    column: str
    meaning: str
    form: str


def _entries(table: str, *columns: tuple[str, str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(table, *column) for column in columns)


POSTS = _entries(
    "Posts",
    (Col.ROW, "Row of the post in the file, header not counted", "1, 2, 3 …"),
    (Col.POST_ID, "Id of the post, exactly as in the file", "text; “row-N” where the file has none"),
    (Col.TEXT, "The post as written; garbled letters repaired", "text"),
    (Col.TIME, "When it was posted", "UTC; empty if unknown"),
    (Col.AUTHOR, "Who posted it", "text as in the file"),
    (Col.PLACE, "Place as the file gives it", "text as in the file"),
    (Col.LAT, "Latitude", "degrees, -90 to 90"),
    (Col.LON, "Longitude", "degrees, -180 to 180"),
    (Col.LABEL, "Label as the file gives it", "text as in the file"),
    (Col.GIVEN_LANG, "Language as the file gives it", "text as in the file"),
    (Col.COMPARED, "The text that was compared: links, handles and spaces made alike", "text"),
    (Col.LANG, "Language found in the text", "two- or three-letter code; “und” = undetermined"),
    (Col.LANG_CONFIDENCE, "How sure the language is", "0 to 1"),
    (Col.DUPLICATE_OF, "Id of the original that this post repeats", "text; empty for originals"),
    (Col.REPRESENTATIVE, "Place of that original in this table, its own place for originals", "0, 1, 2 …"),
    (Col.COPIES, "Posts that say the same, this one counted", "1, 2, 3 …"),
    (Col.X, "Place on the map of meaning, left to right; only nearness means something", "no unit"),
    (Col.Y, "Place on the map of meaning, bottom to top; only nearness means something", "no unit"),
    (Col.CLUSTER, "Number of the topic", "-1 = unsorted; from 10000 on: made by a person"),
    (Col.STRENGTH, "How firmly the post belongs to its topic", "0 to 1; 0 for unsorted posts, 1 if moved by hand"),
    (Col.TOPIC, "Name of the topic, made of its most telling words", "text; “Unsorted” = in no topic"),
    (Col.FILE, "Which of the project's files the post came with", "0 is the first file, 1 the one added next …"),
    (Col.TAGS, "Tags that people put on the post", "by name, separated by |; empty for untagged posts"),
    ("file:…", "Any other column of the file, as it was", "text"),
)
TOPICS = _entries(
    "Topics",
    (TopicCol.ID, "Number of the topic, the cluster of its posts", "from 10000 on: made by a person"),
    (TopicCol.NAME, "Name of the topic, made of its most telling words", "text"),
    (TopicCol.TERMS, "Its most telling words", "best first, separated by |"),
    (TopicCol.SIZE, "Posts in the topic, copies counted", "posts"),
    (TopicCol.UNIQUE, "Posts in the topic, each group of copies counted once", "posts"),
    (TopicCol.SHARE, "Part of all posts", "0 to 1"),
    (TopicCol.LANGUAGES, "Languages of its posts", "codes, most frequent first, separated by |"),
    (TopicCol.LANGUAGE_POSTS, "Posts in each of those languages", "in the same order, separated by |"),
    (TopicCol.FIRST, "Time of its first post", "UTC"),
    (TopicCol.LAST, "Time of its last post", "UTC"),
    (TopicCol.TYPICAL, "Typical posts", "places in the Posts table, 0 is the first, separated by |"),
    (TopicCol.STRENGTH, "How firmly its posts belong to it, on average", "0 to 1"),
    (TopicCol.SINCE, "Which of the project's files it came up with", "0 is the first file"),
    (TopicCol.NEW, "Whether it came up with the newest file, and that is not the first", "true or false"),
    (TopicCol.PINNED, "Whether a person pinned it; only where people edited topics", "true or false"),
    (TopicCol.EDITED, "Whether a person named it or changed its posts; as above", "true or false"),
)
SET_ASIDE = _entries(
    "Empty rows, Unreadable rows",
    ("row", "Row in the file, header not counted", "1, 2, 3 …"),
    ("reason", "Why the row is not among the posts", "text"),
    ("raw", "What stands in the row", "text, cut where very long"),
    (Col.FILE, "Which of the project's files the row is of", "0 is the first file"),
)
CELLS = _entries(
    "All tables",
    (
        "cells in CSV",
        "A text that begins with = + - @ (also full-width), a tab or a line break is preceded by an "
        "apostrophe, so that no spreadsheet takes it for a formula",
        "remove the first apostrophe to get the text as it was",
    ),
    (
        "cells in XLSX",
        "Texts are text cells, never formulas",
        "at most 32,767 characters; “…” at a cut",
    ),
    (
        "cells in CSV and XLSX",
        "Control characters that these formats cannot hold are left out",
        "Parquet keeps all",
    ),
    (
        "ids",
        "Text everywhere; open CSV files through “import” with ids as text",
        "19 digits stay exact in XLSX",
    ),
)

DATA_DICTIONARY: tuple[Entry, ...] = (*POSTS, *TOPICS, *SET_ASIDE, *CELLS)
"""Every column that leaves this house, in the order of its table."""


def dictionary_table() -> pl.DataFrame:
    """Return the data dictionary as a table: table, column, meaning, form."""
    return pl.DataFrame([vars(entry) for entry in DATA_DICTIONARY])
