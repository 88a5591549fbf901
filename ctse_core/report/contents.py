"""What stands in the report, as plain facts: numbers that add up, topics with their posts, tables to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from ctse_core import figures
from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.types import UNDETERMINED, UNSORTED, UNSORTED_NAME, Col, TopicCol

POST_LETTERS = 700
TYPICAL_POSTS = 6
LANGUAGES_SHOWN = 6
TABLE_ROWS = 200
MAP_POINTS = 8_000  # drawn as vectors, so that the file needs no WebGL and prints sharply


@dataclass(frozen=True)
class Number:
    """One number at the top of the report: what it counts, the number as text, and a remark."""

    label: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class PostCard:
    """One post as it is shown: its text, a language, a time, its id, and how many posts say the same."""

    text: str
    shortened: bool
    code: str
    language: str
    time: str
    post_id: str
    copies: int


@dataclass(frozen=True)
class TopicCard:
    """One topic as it is shown; ``posts`` are typical ones in their own words."""

    number: int
    name: str
    terms: tuple[str, ...]
    size: int
    unique: int
    share: str
    languages: tuple[tuple[str, str, int], ...]
    more_languages: int
    span: str
    posts: tuple[PostCard, ...]


@dataclass(frozen=True)
class TableView:
    """A table ready to be shown: heads, rows of texts, which columns are numbers, rows left out."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    left_out: int


@dataclass(frozen=True)
class FigureView:
    """A figure ready to be shown: its id on the page, a title, a sentence, its JSON and its table."""

    key: str
    title: str
    summary: str
    figure: figures.Figure
    table: TableView


def numbers(analysis: AnalysisLike) -> list[Number]:
    """Return the numbers at the top; posts + already there + empty + unreadable is the rows of the files."""
    table = analysis.table
    there = int((analysis.manifest.get("counts") or {}).get("already_there") or 0)
    rows = table.height + analysis.empty.height + analysis.unreadable.height + there
    copies = int(table[Col.DUPLICATE_OF].is_not_null().sum())
    languages = table[Col.LANG].drop_nulls()
    unsorted = int((table[Col.CLUSTER] == UNSORTED).sum())
    undated = f"{table[Col.TIME].null_count():,} posts undated" if table[Col.TIME].null_count() else ""
    loose = f"{unsorted:,} posts unsorted ({_share(unsorted, table.height)})"
    span = _span(table[Col.TIME].min(), table[Col.TIME].max())
    known = languages.filter(languages != UNDETERMINED).n_unique()
    unsure = table.height - int((languages != UNDETERMINED).sum())
    set_aside = f"{analysis.empty.height:,} empty, {analysis.unreadable.height:,} unreadable set aside"
    if there:
        set_aside = f"{there:,} already there in an earlier file; {set_aside}"
    files = len(analysis.manifest.get("files") or ())
    heading = "Rows in the file" if files < 2 else f"Rows in the {files} files"
    part = analysis.manifest.get("filter")
    first = Number(heading, f"{rows:,}", f"{table.height:,} posts; {set_aside}")
    if part:
        first = Number("Posts in the project", f"{part['of']:,}", f"{part['posts']:,} of them pass: {part['told']}")
    return [
        first,
        Number("Posts", f"{table.height:,}", f"{table.height - copies:,} originals and {copies:,} copies"),
        Number("Languages", f"{known:,}", f"{unsure:,} posts undetermined" if unsure else ""),
        Number("Topics", f"{analysis.topics.height:,}", loose),
        Number("Time (UTC)", span, undated),
    ]


def figure_views(analysis: AnalysisLike) -> list[FigureView]:
    """Return the report's figures in reading order, each with its table."""
    table, topics = analysis.table, analysis.topics
    unsorted = int((table[Col.CLUSTER] == UNSORTED).sum())
    made = [
        ("volume", "When people wrote", figures.volume_figure(table)),
        ("topics", "What they wrote about", figures.topics_figure(topics, unsorted)),
        ("over-time", "How topics rose and fell", figures.topics_over_time_figure(table, topics)),
        ("map", "Map of meaning", figures.semantic_map(table, topics, limit=MAP_POINTS)),
        ("languages", "Languages", figures.languages_figure(table)),
        ("copies", "What was repeated most", figures.duplicates_figure(table)),
    ]
    if Col.PLACE in table.columns and table[Col.PLACE].null_count() < table.height:
        made.append(("places", "Places that posts name", figures.places_figure(table)))
    if Col.TAGS in table.columns and (table[Col.TAGS].list.len() > 0).any():
        made.append(("tags", "Tags that people put on posts", figures.tags_figure(table)))
    return [FigureView(key, title, fig.summary, fig, table_view(fig.table)) for key, title, fig in made]


def topic_cards(analysis: AnalysisLike) -> list[TopicCard]:
    """Return every topic, largest first, with its typical posts in their own words."""
    ordered = analysis.topics.sort([TopicCol.SIZE, TopicCol.ID], descending=[True, False])
    return [_topic_card(topic, analysis.table) for topic in ordered.iter_rows(named=True)]


def unsorted_card(analysis: AnalysisLike) -> TopicCard | None:
    """Return the posts that fit no topic, with those that were repeated most; None where there are none."""
    table = analysis.table
    loose = table.filter(pl.col(Col.CLUSTER) == UNSORTED)
    if loose.is_empty():
        return None
    languages = loose.group_by(Col.LANG).len().sort("len", Col.LANG, descending=[True, False]).drop_nulls()
    originals = loose.filter(pl.col(Col.DUPLICATE_OF).is_null())
    often = originals.sort(Col.COPIES, descending=True, maintain_order=True).head(TYPICAL_POSTS)
    codes = languages[Col.LANG].head(LANGUAGES_SHOWN).to_list()
    return TopicCard(
        number=UNSORTED,
        name=UNSORTED_NAME,
        terms=(),
        size=loose.height,
        unique=originals.height,
        share=_share(loose.height, table.height),
        languages=tuple(
            (code, figures.language_name(code), int(posts))
            for code, posts in zip(codes, languages["len"], strict=False)
        ),
        more_languages=languages.height - len(codes),
        span=_span(loose[Col.TIME].min(), loose[Col.TIME].max()),
        posts=tuple(_post_card(post) for post in often.iter_rows(named=True)),
    )


def reasons(rows: pl.DataFrame) -> list[tuple[str, int]]:
    """Return why rows are not among the posts, most frequent reason first, with their number."""
    if rows.is_empty():
        return []
    counted = rows.group_by("reason").len().sort("len", "reason", descending=[True, False])
    return [(str(reason), int(number)) for reason, number in counted.rows()]


def table_view(table: pl.DataFrame) -> TableView:
    """Return a figure's table as texts: thousands separated, shares in percent, times in UTC."""
    shown = table.drop("code", "start", strict=False).head(TABLE_ROWS)
    heads = tuple(name.replace("_", " ").capitalize() for name in shown.columns)
    numeric = tuple(kind.is_numeric() for kind in shown.dtypes)
    columns = [_texts(shown[name], name) for name in shown.columns]
    return TableView(heads, tuple(zip(*columns, strict=True)), numeric, max(0, table.height - TABLE_ROWS))


def _topic_card(topic: Mapping[str, Any], table: pl.DataFrame) -> TopicCard:
    languages = list(zip(topic[TopicCol.LANGUAGES] or (), topic[TopicCol.LANGUAGE_POSTS] or (), strict=False))
    shown = tuple((code, figures.language_name(code), int(posts)) for code, posts in languages[:LANGUAGES_SHOWN])
    typical = [row for row in topic[TopicCol.TYPICAL] or () if 0 <= row < table.height][:TYPICAL_POSTS]
    return TopicCard(
        number=int(topic[TopicCol.ID]),
        name=str(topic[TopicCol.NAME] or f"Topic {topic[TopicCol.ID]}"),
        terms=tuple(topic[TopicCol.TERMS] or ())[:10],
        size=int(topic[TopicCol.SIZE]),
        unique=int(topic[TopicCol.UNIQUE]),
        share=_share(int(topic[TopicCol.SIZE]), table.height),
        languages=shown,
        more_languages=len(languages) - len(shown),
        span=_span(topic[TopicCol.FIRST], topic[TopicCol.LAST]),
        posts=tuple(_post_card(post) for post in table[typical].iter_rows(named=True)),
    )


def _post_card(post: Mapping[str, Any]) -> PostCard:
    text, code, time = str(post[Col.TEXT] or ""), post[Col.LANG] or UNDETERMINED, post[Col.TIME]
    return PostCard(
        text=text[:POST_LETTERS],
        shortened=len(text) > POST_LETTERS,
        code=code,
        language=figures.language_name(code),
        time=f"{time.replace(tzinfo=None).isoformat(' ', 'minutes')} UTC" if time else "undated",
        post_id=str(post[Col.POST_ID]),
        copies=int(post.get(Col.COPIES) or 1),
    )


def _texts(column: pl.Series, name: str) -> list[str]:
    if name == "share":
        return ["" if part is None else f"{100 * part:.1f}\u00a0%" for part in column.to_list()]
    if column.dtype.is_float():
        return ["" if value is None else f"{value:,.2f}" for value in column.to_list()]
    if column.dtype.is_integer():
        return ["" if value is None else f"{value:,}" for value in column.to_list()]
    return ["" if value is None else str(value) for value in column.to_list()]


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f}\u00a0%" if share < 10 else f"{share:.0f}\u00a0%"


def _span(first: Any, last: Any) -> str:
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return "undated"
    if first.date() == last.date():
        return f"{_day(last)}, {first:%H:%M}\u2013{last:%H:%M}"
    begin = _day(first) if first.year != last.year else _day(first).rsplit("\u00a0", 1)[0]
    return f"{begin} – {_day(last)}"


def _day(moment: datetime) -> str:
    return f"{moment.day}\u00a0{moment:%b}\u00a0{moment.year}"
