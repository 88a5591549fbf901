"""How many: posts in each language, posts in each topic, originals and copies."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from ctse_core.figures.base import (
    FAINT,
    PALETTE,
    QUIET,
    Bars,
    Figure,
    all_or_some,
    bin_id,
    blank,
    count,
    horizontal_bars,
    nothing,
    percent,
    shorten,
    with_legend,
)
from ctse_core.figures.language_names import language_name
from ctse_core.types import UNDETERMINED, UNSORTED, Col, TopicCol
from ctse_core.words import mark, said, t

MOST_LANGUAGES = 12
MOST_TOPICS = 20
MOST_COPIED = 10
_SMALLER = -2  # stands for all smaller topics while bars are drawn
LANGUAGES_TITLE, TOPICS_TITLE, COPIED_TITLE = mark("Languages"), mark("Largest topics"), mark("Most copied posts")

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


def languages_figure(table: pl.DataFrame, chosen: Sequence[str] | None = None) -> Figure:
    """Draw how many posts are in each language, largest first, the smallest ones together.

    The figure's table has every language; its ``posts`` add up to the n rows of ``table``. With ``chosen`` (codes,
    maybe none) bars can be clicked, and the chosen ones stand out.
    """
    if table.is_empty():
        return nothing(t("There are no posts."), _LANGUAGES, said(LANGUAGES_TITLE))
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
    bars = [
        (language_name(code, own=True), posts, PALETTE[0], [code])
        for code, posts in head.select("code", "posts").rows()
    ]
    rest = known.slice(head.height)
    if rest.height:
        name = t("{count:,} more languages", count=rest.height)
        bars.append((name, int(rest["posts"].sum()), QUIET, rest["code"].to_list()))
    unknown = table.height - int(known["posts"].sum())
    if unknown:
        bars.append((language_name(UNDETERMINED), unknown, FAINT, [UNDETERMINED]))
    plot = blank()
    names, posts, colours, stand_for = zip(*bars, strict=True)
    horizontal_bars(plot, names, [(t("Posts"), posts, list(colours))], pick_bars(stand_for, chosen))
    largest = [
        f"{name} {percent(number, table.height)}" for name, number in known.select("language", "posts").head(3).rows()
    ]
    sentence = t("{posts} in {languages}", posts=count(table.height, "post"), languages=count(known.height, "language"))
    sentence += f": {', '.join(largest)}" if largest else ""
    sentence += t("; the language of {count:,} is undetermined", count=unknown) if unknown else ""
    bins = [] if chosen is None else [bin_id([code]) for code in counted["code"]]
    return Figure(plot, counted, sentence + ".", said(LANGUAGES_TITLE), "languages", tuple(bins))


def pick_bars(stand_for: Sequence[Sequence[object]], chosen: Collection[object] | None) -> Bars | None:
    """Return the ids of bars by the values they stand for, and which are chosen; None where none can be clicked."""
    if chosen is None:
        return None
    among = [bool(values) and all(value in chosen for value in values) for values in stand_for]
    return Bars([bin_id(list(values)) for values in stand_for], all_or_some(among))


def topics_figure(
    topics: pl.DataFrame,
    unsorted: int | None = None,
    table: pl.DataFrame | None = None,
    chosen: Sequence[int] | None = None,
) -> Figure:
    """Draw the largest topics by their posts, copies counted; ``unsorted`` posts, if given, as the last bar.

    ``table`` (posts that pass a filter; columns cluster, duplicate_of): sizes and unsorted posts are counted
    there instead, and topics without posts in it are left out. The figure's table has every topic that has
    posts, and the unsorted posts as its last row. With ``chosen`` (topic ids, maybe none) bars can be clicked, and
    the chosen ones stand out.
    """
    if table is not None and table.is_empty():
        return nothing(t("There are no posts."), _TOPICS, said(TOPICS_TITLE))
    if topics.is_empty():
        return nothing(t("These posts are too few or too different for topics."), _TOPICS, said(TOPICS_TITLE))
    sorted_in, loose = _as_counted(topics, unsorted) if table is None else _counted_in(table, topics)
    if sorted_in.is_empty():
        return nothing(t("None of these posts is in a topic."), _TOPICS, said(TOPICS_TITLE))
    listed = sorted_in.sort(["posts", "topic_id"], descending=[True, False])
    head, small = listed.head(MOST_TOPICS), listed.slice(MOST_TOPICS)
    stand_for = [[number] for number in head["topic_id"]]
    if small.height:
        together = t("{count:,} smaller topics", count=small.height)
        row = (_SMALLER, together, int(small["posts"].sum()), int(small["unique"].sum()), None)
        head = head.vstack(pl.DataFrame([row], schema=_TOPICS, orient="row"))
        stand_for.append(small["topic_id"].to_list())
    head = head.vstack(loose)
    stand_for += [[UNSORTED]] * loose.height
    names = [
        shorten(name, 300) or t("Topic {number}", number=number)
        for number, name in head.select("topic_id", "topic").rows()
    ]
    colours = [{UNSORTED: FAINT, _SMALLER: QUIET}.get(number, PALETTE[0]) for number in head["topic_id"]]
    unique = head["unique"].fill_null(head["posts"])
    copies = head["posts"] - unique
    plot = blank()
    bars = [(t("Originals"), unique.to_list(), colours), (t("Copies"), copies.to_list(), QUIET)]
    horizontal_bars(plot, names, bars, pick_bars(stand_for, chosen))
    with_legend(plot, bool(copies.sum()))
    first = zip(names[:3], head["posts"], strict=False)
    largest = [t("“{name}” with {posts}", name=name, posts=count(posts, "post")) for name, posts in first]
    sentence = count(listed.height, "topic") + "; "
    sentence += t("the {most} largest are drawn; ", most=MOST_TOPICS) if listed.height > MOST_TOPICS else ""
    sentence += t("largest: {topics}", topics=", ".join(largest[: listed.height]))
    rest = int(loose["posts"].sum())
    sentence += t("; {count:,} posts are unsorted", count=rest) if rest else ""
    whole = listed.vstack(loose)
    bins = [] if chosen is None else [bin_id([number]) for number in whole["topic_id"]]
    return Figure(plot, whole, sentence + ".", said(TOPICS_TITLE), "topics", tuple(bins))


def _as_counted(topics: pl.DataFrame, unsorted: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return topics with the sizes that they carry, and the row of the unsorted posts (none or one)."""
    listed = topics.select(
        pl.col(TopicCol.ID).alias("topic_id"),
        pl.col(TopicCol.NAME).alias("topic"),
        pl.col(TopicCol.SIZE).alias("posts"),
        pl.col(TopicCol.UNIQUE).alias("unique"),
        pl.col(TopicCol.SHARE).alias("share"),
    ).cast(_TOPICS)  # type: ignore[arg-type]
    share = unsorted / (unsorted + int(listed["posts"].sum())) if unsorted else 0.0
    loose = [(UNSORTED, t("Unsorted"), unsorted, None, share)] if unsorted else []
    return listed, pl.DataFrame(loose, schema=_TOPICS, orient="row")


def _counted_in(table: pl.DataFrame, topics: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return topics that have posts in ``table`` with their sizes there, and the row of the unsorted posts."""
    counted = (
        table.select(pl.col(Col.CLUSTER).cast(pl.Int32).fill_null(UNSORTED), is_original(table).alias("original"))
        .group_by(Col.CLUSTER)
        .agg(pl.len().alias("posts"), pl.col("original").sum().alias("unique"))
        .with_columns((pl.col("posts") / table.height).alias("share"))
    )
    names = topics.select(pl.col(TopicCol.ID).cast(pl.Int32).alias("topic_id"), pl.col(TopicCol.NAME).alias("topic"))
    listed = names.join(counted, left_on="topic_id", right_on=Col.CLUSTER, how="inner")
    loose = counted.filter(pl.col(Col.CLUSTER) == UNSORTED).select(
        pl.col(Col.CLUSTER).alias("topic_id"), pl.lit(t("Unsorted")).alias("topic"), "posts", "unique", "share"
    )
    return listed.select(*_TOPICS).cast(_TOPICS), loose.cast(_TOPICS)  # type: ignore[arg-type]


def duplicates_figure(table: pl.DataFrame) -> Figure:
    """Draw the posts that were repeated most: how many posts of ``table`` say the same as each of them.

    The figure's table has the most copied posts with their text.
    """
    if table.is_empty():
        return nothing(t("There are no posts."), _COPIED, said(COPIED_TITLE))
    originals = int(is_original(table).sum())
    copies = table.height - originals
    sentence = t(
        "{originals} and {copies} ({share} of all posts)",
        originals=count(originals, "original"),
        copies=count(copies, "copy"),
        share=percent(copies, table.height),
    )
    if Col.REPRESENTATIVE not in table.columns:
        return nothing(sentence + ".", _COPIED, said(COPIED_TITLE))
    most = (
        table.select(pl.col(Col.REPRESENTATIVE).alias("group"), pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
        .group_by("group")
        .agg(pl.len().cast(pl.Int64).alias("posts"), pl.col("row").min())
        .filter(pl.col("posts") > 1)
        .sort("posts", "group", descending=[True, False])
    )
    if most.is_empty():
        return nothing(sentence + t("; no post says the same as another."), _COPIED, said(COPIED_TITLE))
    head = most.head(MOST_COPIED)
    # Texts are looked up for the few that are drawn: gathering those of a million groups takes seconds.
    head = head.hstack(table.select(Col.POST_ID, Col.LANG, Col.TEXT)[head["row"]])
    texts = [shorten(text, 300) for text in head[Col.TEXT].to_list()]
    plot = blank()
    horizontal_bars(plot, texts, [(t("Posts"), head["posts"].to_list(), PALETTE[0])])
    listed = head.select(
        pl.col(Col.POST_ID).alias("post_id"),
        pl.col(Col.LANG).map_elements(language_name, return_dtype=pl.Utf8).alias("language"),
        "posts",
        pl.Series("text", texts, dtype=pl.Utf8),
    )
    sentence += t(
        "; {texts} came more than once, the most frequent {times:,} times",
        texts=count(most.height, "text"),
        times=head["posts"][0],
    )
    return Figure(plot, listed, sentence + ".", said(COPIED_TITLE))
