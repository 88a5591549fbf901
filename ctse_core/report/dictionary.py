"""What every column means: one table, used by the spreadsheet, the CSV files and the documentation."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ctse_core.report.tables import AT_FROM, LEVEL, NEED_NAMES, PLACE_NAMES
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
    (
        Col.NEEDS,
        "What the post tells or asks for, of the scheme's information types",
        "keys, surest first; empty: none",
    ),
    (NEED_NAMES, "The same by name", "in the same order"),
    (Col.URGENCY, "How pressing the post is, an order for reading and no verdict", "0 to 3; empty: not judged"),
    (LEVEL, "The same in words", "low, medium, high, critical"),
    (Col.URGENCY_SCORE, "What those levels are cut from", "0 to 1"),
    (Col.LOCATED, "Places that the post speaks of", "keys of the Places table, surest first; empty: none known"),
    (PLACE_NAMES, "The same by name", "in the same order"),
    (Col.WITHIN, "Those places and the regions and countries around them", "keys of the Places table"),
    (
        Col.AT_LAT,
        "Where the post is on the map of places: the file's own latitude, else that of the first place under a country",
        "degrees, as in the file or the gazetteer, never moved or rounded; empty: unplaced",
    ),
    (Col.AT_LON, "The longitude that goes with it", "degrees; empty: unplaced"),
    (AT_FROM, "Whose coordinates these are", "file: the file's own; place: the middle of the place; empty: unplaced"),
    (Col.STATE, "What was done about the post", "new, seen, assigned or done"),
    (Col.OWNER, "Who works on it", "empty: nobody"),
    (Col.NOTE, "What people wrote about it", "text"),
    (Col.INDEPENDENT, "Authors who say it in words of their own, with the same figures; at least", "1, 2, 3 …"),
    (Col.REPEATED, "Whether one voice is repeated; says nothing about whether it is true", "true or false"),
    (Col.REPETITION, "How", "passed on, one author, in concert (same words, many authors, minutes); empty: not"),
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
    (TopicCol.NAMES, "Its name for readers of each language", "language code and name"),
    (TopicCol.ORIGINALS, "The words behind the name, in the languages of the posts", "words with their posts"),
    (TopicCol.SEPARATION, "How far it stands apart from the nearest other topic", "-1 to 1"),
    (TopicCol.LANGUAGE_MIX, "How mixed its languages are", "0: one language, 1: as mixed as the file"),
    (TopicCol.COPIES_SHARE, "Part of its posts that are copies", "0 to 1"),
    (TopicCol.AGREEMENT, "How far it comes back when the grouping starts elsewhere", "0 to 1; empty: not measured"),
    (TopicCol.CONFIDENCE, "How firm it is by the two before", "firm, fair or loose; empty: not measured"),
    (TopicCol.SIMILAR, "The nearest other topics", "number and nearness, nearest first"),
    (TopicCol.PARENT, "Number of its group of topics", "0 is the largest"),
    (TopicCol.PARENT_NAME, "Name of that group", "text"),
)
_COUNTED = (
    ("posts", "Posts, copies counted", "posts"),
    ("originals", "Posts, each group of copies counted once", "posts"),
    ("pressing", "Posts of high or critical urgency", "posts"),
    ("oldest", "Time of the oldest of these posts", "UTC"),
    ("newest", "Time of the newest of these posts", "UTC"),
)
PLACES = _entries(
    "Places",
    ("key", "Key of the place, as in the Posts table", "g…: town, a…: region, c…: country, x…: added; empty: unplaced"),
    ("name", "Name of the place", "text"),
    ("kind", "What it is", "country, region or town"),
    ("country", "Country it lies in", "two letters, ISO 3166-1"),
    ("region", "Key of the region it lies in, without the country", "text"),
    ("lat", "Latitude of its middle", "degrees; empty: not known"),
    ("lon", "Longitude of its middle", "degrees"),
    ("population", "People who live there, as the gazetteer has it", "people"),
    *_COUNTED,
)
MENTIONS = _entries(
    "Place mentions",
    (Col.POST_ID, "The post that names the place", "as in the Posts table"),
    ("key", "Key of the place", "as in the Places table"),
    ("name", "Name of the place", "text"),
    ("said", "How the post says it", "text"),
    ("confidence", "How sure it is that this place is meant", "0 to 1"),
    ("why", "What speaks for it", "text"),
)
NEEDS = _entries(
    "Needs",
    ("key", "Key of the information type, as in the Posts table", "empty: no need told"),
    ("name", "Its name", "text"),
    *_COUNTED,
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
        "Parquet and JSONL keep all",
    ),
    (
        "cells in JSONL and Parquet",
        "Texts are as they are, without apostrophes; lists are lists, times are ISO 8601 or timestamps",
        "do not open JSONL in a spreadsheet",
    ),
    (
        "features in GeoJSON",
        "RFC 7946: longitude before latitude, WGS 84; posts without coordinates have no geometry (null), and the file "
        "says how many they are",
        "a feature a post; a feature a place in places.geojson; without compared_text and the file:… columns",
    ),
    (
        "columns in HXL",
        "The hashtags under the heads follow the Humanitarian Exchange Language 1.1; #x_ tags are ours",
        "lists are separated by |; blanks and line breaks in a text are one blank each",
    ),
    (
        "names, numbers and addresses of people",
        "What was masked on the screen is masked here too",
        "the Method sheet says whether it was",
    ),
    (
        "ids",
        "Text everywhere; open CSV files through “import” with ids as text",
        "19 digits stay exact in XLSX",
    ),
)

DATA_DICTIONARY: tuple[Entry, ...] = (*POSTS, *TOPICS, *PLACES, *MENTIONS, *NEEDS, *SET_ASIDE, *CELLS)
"""Every column that leaves this house, in the order of its table."""


def dictionary_table() -> pl.DataFrame:
    """Return the data dictionary as a table: table, column, meaning, form."""
    return pl.DataFrame([vars(entry) for entry in DATA_DICTIONARY])
