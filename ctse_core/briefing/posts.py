"""The posts of a briefing: those to read first, those that topics rest on, and all others that were cited."""

from __future__ import annotations

import polars as pl

from ctse_core.briefing.cited import HIGH, telling
from ctse_core.briefing.context import POSITION, Context
from ctse_core.crisis_names import need_name, place_name
from ctse_core.figures.base import percent, shorten
from ctse_core.figures.language_names import language_name
from ctse_core.figures.still_meaning import still_meaning
from ctse_core.reading_queue import in_order, next_to_read
from ctse_core.report.brief import Block, Heading, Picture, Point, Points, Posts, Words
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import day, t

FIRST, OF_ONE_TOPIC, LOOKED_AT = 6, 2, 60
TOPICS, OF_A_TOPIC = 6, 2
TITLE = 110  # letters of a topic's name as a heading
LANGUAGES = 3
MAP_HEIGHT = 240.0


def read_first(context: Context) -> list[Block]:
    """Return the most urgent posts that nobody has read, no more than a few of one topic; copies are one."""
    if not context.has_urgency:
        return []
    waiting = context.pressing
    if Col.STATE in waiting.columns:
        waiting = waiting.filter(pl.col(Col.STATE).fill_null("new") == "new")
    heading = Heading(t("Read these first"))
    if not waiting.height:
        return [heading, Words(t("No unread post is of high or critical urgency."), "quiet")]
    vectors = getattr(context.analysis, "vectors", None)
    if vectors is not None and len(vectors) == context.table.height:
        ordered = next_to_read(waiting, context.table, vectors, length=LOOKED_AT)
    else:
        ordered = in_order(waiting, length=LOOKED_AT)
    chosen: list[int] = []
    of_topic: dict[int, int] = {}
    for position in ordered.rows["position"].to_list():
        topic = _topic_of(context, position)
        if topic == UNSORTED or of_topic.get(topic, 0) < OF_ONE_TOPIC:
            of_topic[topic] = of_topic.get(topic, 0) + 1
            chosen.append(position)
        if len(chosen) == FIRST:
            break
    told = t(
        "The most urgent of {count:,} different posts of high or critical urgency that nobody has read yet.",
        count=ordered.waiting,
    )
    return [heading, Words(told, "quiet"), Posts(context.cited.show(chosen))]


def _topic_of(context: Context, position: int) -> int:
    """Return the topic of a post, UNSORTED where it has none."""
    topic = context.table[Col.CLUSTER][position]
    return UNSORTED if topic is None else int(topic)


def topics(context: Context) -> list[Block]:
    """Return the largest topics with their posts, and the map of meaning they lie on."""
    found = context.analysis.topics.sort([TopicCol.SIZE, TopicCol.ID], descending=[True, False])
    if not context.table.height:
        return []
    blocks: list[Block] = [Heading(t("What people write about"))]
    if not found.height:
        blocks.append(Words(t("These posts are too few or too different for topics."), "quiet"))
        return [*blocks, *_a_few(context)]
    told = t("Map of meaning: every dot a post, near ones mean alike, colours are topics, grey is unsorted.")
    blocks.append(Picture(still_meaning(context.table, found, MAP_HEIGHT), told))
    left = found.height - min(TOPICS, found.height)
    if left:
        rest = int(found[TopicCol.SIZE].slice(TOPICS).sum())
        told = t("The {shown:,} largest of {all:,} topics; the other {count:,} have {posts:,} posts.",
                 shown=TOPICS, all=found.height, count=left, posts=rest)  # fmt: skip
        blocks.append(Words(told, "quiet"))
    for topic in found.head(TOPICS).iter_rows(named=True):
        members = context.originals.filter(pl.col(Col.CLUSTER) == topic[TopicCol.ID])
        name = shorten(topic[TopicCol.NAME] or "", TITLE) or t("Topic {number}", number=topic[TopicCol.ID])
        blocks += [Heading(name, 3), Words(_topic_words(context, topic), "quiet")]
        chosen = _typical(context, topic, members)
        above = context.cited.cite(telling(members, OF_A_TOPIC)) if not chosen else ()
        shown_above = Points((Point(t("Its posts are shown above:"), "", above),))
        blocks.append(Posts(context.cited.show(chosen)) if chosen else shown_above)
    return blocks


def _a_few(context: Context) -> list[Block]:
    """Return some posts where there are no topics to choose from."""
    some = [row for row in telling(context.originals, FIRST) if not context.cited.is_shown(row)]
    return [Posts(context.cited.show(some))] if some else []


def _typical(context: Context, topic: dict, members: pl.DataFrame) -> list[int]:
    """Return typical posts that were not shown yet; where the topic has urgent ones, the first is of those."""
    fresh = members.filter(~pl.Series([context.cited.is_shown(row) for row in members[POSITION]], dtype=pl.Boolean))
    chosen: list[int] = []
    if context.has_urgency:
        chosen = telling(fresh.filter(pl.col(Col.URGENCY).fill_null(-1) >= HIGH), 1)
    known = set(fresh[POSITION].to_list()) - set(chosen)
    chosen += [row for row in topic[TopicCol.TYPICAL] or () if row in known][: OF_A_TOPIC - len(chosen)]
    if len(chosen) < OF_A_TOPIC:
        chosen += telling(fresh, OF_A_TOPIC - len(chosen), chosen) if fresh.height > len(chosen) else []
    return list(dict.fromkeys(chosen))


def _topic_words(context: Context, topic: dict) -> str:
    size = int(topic[TopicCol.SIZE])
    told = [t("{count:,} posts", count=size), percent(size, context.table.height)]
    told.append(", ".join(language_name(code) for code in (topic[TopicCol.LANGUAGES] or ())[:LANGUAGES]))
    members = context.table.filter(pl.col(Col.CLUSTER) == topic[TopicCol.ID])
    if Col.URGENCY in members.columns:
        urgent = int((members[Col.URGENCY].fill_null(-1) >= HIGH).sum())
        told.append(t("{count:,} high or critical", count=urgent) if urgent else "")
    told.append(_most(context, members, Col.NEEDS))
    told.append(_most(context, members, Col.LOCATED))
    first, last = topic[TopicCol.FIRST], topic[TopicCol.LAST]
    if first is not None and last is not None:
        told.append(day(first) if first.date() == last.date() else f"{day(first)} – {day(last)}")
    return " · ".join(part for part in told if part)


def _most(context: Context, members: pl.DataFrame, column: str) -> str:
    """Return what most posts need or where they are about, "" where that is unknown."""
    if column not in members.columns:
        return ""
    counted = members.select(pl.col(column).alias("key")).explode("key").drop_nulls()["key"].value_counts()
    top = counted.sort(["count", "key"], descending=[True, False]).head(2)["key"].to_list()
    name = need_name if column == Col.NEEDS else place_name
    return ", ".join(name(context.layer, key) for key in top)


def cited_rest(context: Context) -> list[Block]:
    """Return the posts that sentences rest on and that were not shown in full before."""
    left = context.cited.rest()
    if not left:
        return []
    return [Heading(t("Other posts that this rests on")), Posts(context.cited.show(left))]
