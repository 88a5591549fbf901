"""How many: posts in each language, posts in each topic, originals and copies."""

from __future__ import annotations

import polars as pl

from ctse_core.figures.base import (
    FAINT,
    PALETTE,
    QUIET,
    Figure,
    blank,
    count,
    horizontal_bars,
    nothing,
    percent,
    shorten,
)
from ctse_core.figures.language_names import language_name
from ctse_core.types import UNDETERMINED, UNSORTED, UNSORTED_NAME, Col, TopicCol

MOST_LANGUAGES = 12
MOST_TOPICS = 20
MOST_COPIED = 10

_LANGUAGES = {
    "code": pl.Utf8,
    "language": pl.Utf8,
    "posts": pl.Int64,
    "originals": pl.Int64,
    "share": pl.Float64,
}
_TOPICS = {"topic_id": pl.Int32, "topic": pl.Utf8, "posts": pl.Int64, "unique": pl.Int64, "share": pl.Float64}
_COPIED = {"post_id": pl.Utf8, "language": pl.Utf8, "posts": pl.Int64, "text": pl.Utf8}


def is_original(table: pl.DataFrame) -> pl.Series:
    """Return (n,) True for posts that are no copy of another one."""
    if Col.DUPLICATE_OF in table.columns:
        return table[Col.DUPLICATE_OF].is_null()
    return pl.repeat(True, table.height, eager=True)


def languages_figure(table: pl.DataFrame) -> Figure:
    """Draw how many posts are in each language, largest first, the smallest ones together.

    The figure's table has every language; its ``posts`` add up to the n rows of ``table``.
    """
    if table.is_empty():
        return nothing("There are no posts.", _LANGUAGES)
    counted = (
        table.select(pl.col(Col.LANG).fill_null(UNDETERMINED).alias("code"), is_original(table).alias("original"))
        .group_by("code")
        .agg(pl.len().cast(pl.Int64).alias("posts"), pl.col("original").sum().cast(pl.Int64).alias("originals"))
        .sort(pl.col("code") == UNDETERMINED, "posts", "code", descending=[False, True, False])
        .with_columns(
            pl.col("code").map_elements(language_name, return_dtype=pl.Utf8).alias("language"),
            (pl.col("posts") / table.height).alias("share"),
        )
        .select(*_LANGUAGES)
    )
    known = counted.filter(pl.col("code") != UNDETERMINED)
    head = known.head(MOST_LANGUAGES if known.height > MOST_LANGUAGES + 1 else known.height)
    bars = [(language_name(code, own=True), posts, PALETTE[0]) for code, posts in head.select("code", "posts").rows()]
    rest = known.slice(head.height)
    if rest.height:
        bars.append((f"{rest.height} more languages", int(rest["posts"].sum()), QUIET))
    unknown = table.height - int(known["posts"].sum())
    if unknown:
        bars.append((language_name(UNDETERMINED), unknown, FAINT))
    plot = blank()
    names, posts, colours = zip(*bars, strict=True)
    horizontal_bars(plot, names, [("Posts", posts, list(colours))])
    said = [
        f"{name} {percent(number, table.height)}" for name, number in known.select("language", "posts").head(3).rows()
    ]
    sentence = f"{count(table.height, 'post')} in {count(known.height, 'language')}"
    sentence += f": {', '.join(said)}" if said else ""
    sentence += f"; the language of {unknown:,} is undetermined" if unknown else ""
    return Figure(plot, counted, sentence + ".")


def topics_figure(topics: pl.DataFrame, unsorted: int | None = None) -> Figure:
    """Draw the largest topics by their posts, copies counted; ``unsorted`` posts, if given, as the last bar.

    The figure's table has every topic, and the unsorted posts as their last row.
    """
    if topics.is_empty():
        return nothing("These posts are too few or too different for topics.", _TOPICS)
    ordered = topics.sort([TopicCol.SIZE, TopicCol.ID], descending=[True, False])
    listed = ordered.select(
        pl.col(TopicCol.ID).cast(pl.Int32).alias("topic_id"),
        pl.col(TopicCol.NAME).alias("topic"),
        pl.col(TopicCol.SIZE).cast(pl.Int64).alias("posts"),
        pl.col(TopicCol.UNIQUE).cast(pl.Int64).alias("unique"),
        pl.col(TopicCol.SHARE).cast(pl.Float64).alias("share"),
    )
    sizes = ordered[TopicCol.SIZE].cast(pl.Int64)
    head = ordered.head(MOST_TOPICS)
    unique = head[TopicCol.UNIQUE].cast(pl.Int64).to_list()
    copies = (head[TopicCol.SIZE].cast(pl.Int64) - head[TopicCol.UNIQUE].cast(pl.Int64)).to_list()
    names = [shorten(name, 60) or f"Topic {number}" for number, name in head.select(TopicCol.ID, TopicCol.NAME).rows()]
    colours = [PALETTE[0]] * len(names)
    if unsorted:
        names.append(UNSORTED_NAME)
        unique.append(unsorted)
        copies.append(0)
        colours.append(FAINT)
        share = unsorted / (unsorted + int(sizes.sum()))
        last = pl.DataFrame([[UNSORTED, UNSORTED_NAME, unsorted, None, share]], schema=_TOPICS, orient="row")
        listed = listed.vstack(last)
    plot = blank()
    horizontal_bars(plot, names, [("Originals", unique, colours), ("Copies", copies, QUIET)])
    plot.update_layout(showlegend=bool(sum(copies)))
    largest = [f"“{name}” with {posts:,} posts" for name, posts in listed.select("topic", "posts").head(3).rows()]
    shown = f"the {MOST_TOPICS} largest are drawn; " if ordered.height > MOST_TOPICS else ""
    tail = f"; {unsorted:,} posts are unsorted" if unsorted else ""
    return Figure(plot, listed, f"{count(ordered.height, 'topic')}; {shown}largest: {', '.join(largest)}{tail}.")


def duplicates_figure(table: pl.DataFrame) -> Figure:
    """Draw the posts that were repeated most: how many posts of ``table`` say the same as each of them.

    The figure's table has the most copied posts with their text.
    """
    if table.is_empty():
        return nothing("There are no posts.", _COPIED)
    originals = int(is_original(table).sum())
    copies = table.height - originals
    sentence = f"{count(originals, 'original')} and {count(copies, 'copy', 'copies')}"
    sentence += f" ({percent(copies, table.height)} of all posts)"
    if Col.REPRESENTATIVE not in table.columns:
        return nothing(sentence + ".", _COPIED)
    most = (
        table.group_by(Col.REPRESENTATIVE)
        .agg(pl.len().cast(pl.Int64).alias("posts"), pl.col(Col.POST_ID, Col.LANG, Col.TEXT).first())
        .filter(pl.col("posts") > 1)
        .sort("posts", Col.REPRESENTATIVE, descending=[True, False])
    )
    if most.is_empty():
        return nothing(sentence + "; no post says the same as another.", _COPIED)
    head = most.head(MOST_COPIED)
    texts = [shorten(text, 300) for text in head[Col.TEXT].to_list()]
    plot = blank()
    horizontal_bars(plot, texts, [("Posts", head["posts"].to_list(), PALETTE[0])], letters=60)
    listed = head.select(
        pl.col(Col.POST_ID).alias("post_id"),
        pl.col(Col.LANG).map_elements(language_name, return_dtype=pl.Utf8).alias("language"),
        "posts",
        pl.Series("text", texts, dtype=pl.Utf8),
    )
    sentence += f"; {count(most.height, 'text')} came more than once, the most frequent {head['posts'][0]:,} times"
    return Figure(plot, listed, sentence + ".")
