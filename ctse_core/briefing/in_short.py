"""The first page of a briefing: its numbers, what matters most in a few sentences, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from ctse_core.briefing.changes import Change, changes_of, fallen, risen
from ctse_core.briefing.cited import apart, telling
from ctse_core.briefing.context import POSITION, Context
from ctse_core.crisis_names import need_name, place_name
from ctse_core.figures.base import count, percent, shorten
from ctse_core.report.brief import Block, Heading, Point, Points, Tile, Tiles, Words
from ctse_core.types import UNDETERMINED, Col, TopicCol
from ctse_core.when import EVERYTHING, NEED, TOPIC
from ctse_core.words import minute, number, said, t

TOP_NEEDS, TOP_PLACES = 3, 3
RISES = 2
NAME = 60  # letters of a topic's name in a sentence
CRITICAL = 3
NEWEST = timedelta(days=3)  # before the last post: how far back a burst still is new


def first_page(context: Context) -> list[Block]:
    """Return the numbers, what matters most, and what changed."""
    blocks: list[Block] = [tiles(context)]
    if not context.table.height:
        return [*blocks, Words(t("There are no posts, so there is nothing to tell."))]
    blocks += [Heading(t("In short")), Points(tuple(_in_short(context)))]
    blocks += [Heading(t("What changed")), Points(tuple(_changed(context)))]
    return blocks


def tiles(context: Context) -> Tiles:
    """Return the numbers at the top; they add up to the rows of the file on the last page."""
    table = context.table
    copies = int(table[Col.DUPLICATE_OF].is_not_null().sum())
    languages = table[Col.LANG].drop_nulls()
    known = languages.filter(languages != UNDETERMINED).n_unique()
    unsure = table.height - int((languages != UNDETERMINED).sum())
    remark = f"{count(table.height - copies, 'original')}, {count(copies, 'copy')}"
    told = [Tile(t("Posts"), number(table.height), remark)]
    if context.has_urgency:
        pressing = context.pressing
        critical = int((pressing[Col.URGENCY] >= CRITICAL).sum())
        remark = t("{count:,} of them critical", count=critical)
        if Col.STATE in table.columns:
            unread = int((pressing[Col.STATE].fill_null("new") == "new").sum())
            remark = f"{remark}; {t('{count:,} not yet read', count=unread)}"
        told.append(Tile(t("High or critical"), number(pressing.height), remark))
    if Col.LOCATED in table.columns:
        placed = int((table[Col.LOCATED].list.len().fill_null(0) > 0).sum())
        rest = t("{count:,} posts name no known place", count=table.height - placed)
        told.append(Tile(t("Posts with a place"), number(placed), rest))
    topics = context.analysis.topics.height
    loose = table.height - int((table[Col.CLUSTER].fill_null(-1) >= 0).sum())
    told.append(Tile(t("Topics"), number(topics), t("{count:,} posts unsorted", count=loose)))
    undetermined = t("{count:,} posts undetermined", count=unsure) if unsure else ""
    return Tiles((*told, Tile(t("Languages"), number(known), undetermined)))


def _in_short(context: Context) -> Iterator[Point]:
    shown: list[int] = []
    if context.has_needs:
        for key, posts in _top_needs(context):
            cites = telling(posts.filter(pl.col(Col.DUPLICATE_OF).is_null()), 2, shown)
            shown += cites
            yield Point(
                _need_words(context, posts), f"{apart(need_name(context.layer, key))}:", context.cited.cite(cites)
            )
        untold = int((context.table[Col.NEEDS].list.len().fill_null(0) == 0).sum())
        if untold == context.table.height:
            yield Point(t("No post tells a need of the scheme “{name}”.", name=_scheme_name(context)))
    else:
        yield Point(t("What posts need was not worked out."))
    topics = context.analysis.topics.sort([TopicCol.SIZE, TopicCol.ID], descending=[True, False]).head(3)
    if topics.height:
        names = "; ".join(
            f"“{apart(shorten(name or '', NAME))}” ({number(size)})"
            for name, size in topics.select(TopicCol.NAME, TopicCol.SIZE).rows()
        )
        yield Point(names, t("Largest topics:"))
    alone = _one_source(context)
    if alone:
        yield alone


def _top_needs(context: Context) -> list[tuple[str, pl.DataFrame]]:
    """Return the needs with most posts of high or critical urgency, then most posts, each with its posts.

    Those that ask somebody to act come before all others.
    """
    told = context.numbered.filter(pl.col(Col.NEEDS).list.len() > 0)
    each = told.select(POSITION, pl.col(Col.NEEDS).alias("key")).explode("key")
    weight = pl.lit(1)
    if context.has_urgency:
        pressing = context.pressing.select(POSITION, pl.lit(context.table.height).alias("more"))
        each = each.join(pressing, on=POSITION, how="left")
        weight = pl.lit(1) + pl.col("more").fill_null(0)
    ranked = each.group_by("key").agg(weight.sum().alias("weight"))
    first = pl.col("key").is_in(list(context.layer.asking))
    ranked = ranked.sort(first, "weight", "key", descending=[True, True, False])
    return [(key, told.filter(pl.col(Col.NEEDS).list.contains(key))) for key in ranked["key"].head(TOP_NEEDS)]


def _need_words(context: Context, posts: pl.DataFrame) -> str:
    told = [t("{count:,} posts", count=posts.height)]
    if context.has_urgency:
        told.append(t("{count:,} high or critical", count=int((posts[Col.URGENCY].fill_null(-1) >= 2).sum())))
    where = _places_words(context, posts)
    if where:
        told.append(where)
    newest = posts[Col.TIME].max()
    if newest is not None and context.ages.moment is not None:
        told.append(t("the newest is {age} old", age=context.ages.said(newest)))  # type: ignore[arg-type]
    return "; ".join(told) + "."


def _places_words(context: Context, posts: pl.DataFrame) -> str:
    column = Col.WITHIN if Col.WITHIN in posts.columns else Col.LOCATED
    if context.marks is None or context.level == "point" or column not in posts.columns:
        return ""
    wanted = context.layer.places.filter(pl.col("kind") == context.level)["key"]
    counted = posts.select(pl.col(column).alias("key")).explode("key").filter(pl.col("key").is_in(wanted.implode()))
    top = counted["key"].value_counts().sort(["count", "key"], descending=[True, False]).head(TOP_PLACES)
    names = [f"{apart(place_name(context.layer, key))} ({number(count)})" for key, count in top.rows()]
    return t("most in {places}", places=", ".join(names)) if names else ""


def _scheme_name(context: Context) -> str:
    return str(getattr(context.layer.scheme, "name", "") or getattr(context.layer.scheme, "key", ""))


def _one_source(context: Context) -> Point | None:
    """Return how many posts one source alone repeats, where anybody looked."""
    if Col.REPEATED not in context.table.columns:
        return None
    repeated = context.numbered.filter(pl.col(Col.REPEATED).fill_null(False))
    if not repeated.height:
        return None
    largest = repeated.filter(pl.col(Col.DUPLICATE_OF).is_null()).sort(Col.COPIES, descending=True).head(1)
    share = percent(repeated.height, context.table.height)
    told = t(
        "{count:,} posts ({share}) repeat one source or were repeated in concert; that says nothing about whether "
        "they are true.",
        count=repeated.height, share=share,
    )  # fmt: skip
    return Point(told, t("Repetition:"), context.cited.cite(largest[POSITION].to_list()))


def _changed(context: Context) -> Iterator[Point]:
    latest = context.latest
    if latest is None:
        undated = context.table[Col.TIME].null_count() == context.table.height
        yield Point(
            t("No post bears a time, so nothing can be said about what changed.")
            if undated
            else t("The posts span too little time to say what changed.")
        )
    else:
        yield _volume(context)
        needs = changes_of(context.table, Col.NEEDS, latest)
        topics = changes_of(context.table, Col.CLUSTER, latest)
        names = {str(key): name for key, name in context.analysis.topics.select(TopicCol.ID, TopicCol.NAME).rows()}
        named = [(t("More than before:"), risen(needs, latest), False), (t("Less than before:"), fallen(needs), False)]
        named += [(t("Growing topics:"), risen(topics, latest), True)]
        for lead, changes, is_topic in named:
            told = [_change(one, names if is_topic else None, context) for one in changes[:RISES]]
            if told:
                yield Point("; ".join(told) + ".", lead, _newest(context, changes[:RISES], is_topic))
    yield from _flares(context)
    yield from _new_topics(context)


def _volume(context: Context) -> Point:
    latest = context.latest
    assert latest is not None  # noqa: S101 - asked by the caller
    told = t(
        "{count:,} different posts in the last {length} (up to {end}), {before:,} in the {length} before.",
        count=latest.posts, length=said(latest.name), end=minute(latest.end), before=latest.before,
    )  # fmt: skip
    undated = context.table[Col.TIME].null_count()
    if undated:
        told = f"{told} {t('{count:,} posts bear no time.', count=undated)}"
    return Point(told, t("Posts:"))


def _change(change: Change, names: dict[str, str] | None, context: Context) -> str:
    told = need_name(context.layer, change.key) if names is None else f"“{shorten(names.get(change.key, ''), NAME)}”"
    return t("{name} (from {before:,} to {now:,})", name=apart(told), before=change.before, now=change.posts)


def _newest(context: Context, changes: list[Change], is_topic: bool) -> tuple[int, ...]:
    """Return citations of posts of the latest stretch, one for each change."""
    latest = context.latest
    assert latest is not None  # noqa: S101
    now = context.originals.filter((pl.col(Col.TIME) >= latest.start) & (pl.col(Col.TIME) < latest.end))
    cites: list[int] = []
    for change in changes:
        of = pl.col(Col.CLUSTER) == int(change.key) if is_topic else pl.col(Col.NEEDS).list.contains(change.key)
        cites += telling(now.filter(of), 1, cites)
    return context.cited.cite(cites)


def _flares(context: Context) -> Iterator[Point]:
    """Return what flared up of late: the strongest burst of each kind that reaches into the newest days, newest first.

    Older ones are nothing that changed.
    """
    since = _since(context)
    if since is None:
        return
    late = context.bursts.filter(pl.col("to_last") | (pl.col("end") >= since))
    found = late.filter((pl.col("kind") != EVERYTHING) & ~pl.col("inner"))
    found = found.unique("kind", keep="first", maintain_order=True) if found.height else late.head(1)
    for one in found.sort("start", "end", descending=True, maintain_order=True).iter_rows(named=True):
        what = t("All posts") if one["kind"] == EVERYTHING else f"“{apart(shorten(one['name'], NAME))}”"
        until = minute(one["end"]) if not one["to_last"] else t("the last post")
        told = t(
            "{count:,} different posts from {start} until {end}",
            count=one["posts"], start=minute(one["start"]), end=until,
        )  # fmt: skip
        told = f"{told}, {_usual(one['times'], one['usual'])}"
        inside = context.originals.filter((pl.col(Col.TIME) >= one["start"]) & (pl.col(Col.TIME) <= one["end"]))
        cites = telling(inside.filter(_of(one["kind"], one["key"])), 1)
        yield Point(told, t("{what} flared up:", what=what), context.cited.cite(cites))


def _since(context: Context) -> datetime | None:
    """Return when the newest posts begin: with the latest stretch, or a few days before the last post if earlier."""
    latest = context.latest
    if latest is not None:
        return min(latest.start, latest.end - NEWEST)
    last = context.table[Col.TIME].max()
    return last - NEWEST if isinstance(last, datetime) else None


def _of(kind: str, key: str) -> pl.Expr:
    """Return which posts a burst is of."""
    if kind == EVERYTHING:
        return pl.lit(True)
    if kind == TOPIC:
        return pl.col(Col.CLUSTER) == int(key)
    return pl.col(Col.NEEDS if kind == NEED else Col.LOCATED).list.contains(key)


def _usual(times: float, usual: float) -> str:
    """Return how a burst compares with what is usual; times of next to nothing say nothing."""
    if usual < 1:
        return t("where as a rule there is hardly any.")
    return t("{times} times as many as usual.", times=number(times, ",.0f") if times >= 10 else number(times, ".1f"))


def _new_topics(context: Context) -> Iterator[Point]:
    topics = context.analysis.topics
    if TopicCol.NEW not in topics.columns or not topics[TopicCol.NEW].fill_null(False).any():
        return
    new = topics.filter(pl.col(TopicCol.NEW).fill_null(False)).sort(TopicCol.SIZE, descending=True)
    names = "; ".join(
        f"“{apart(shorten(name or '', NAME))}” ({number(size)})"
        for name, size in new.head(3).select(TopicCol.NAME, TopicCol.SIZE).rows()
    )
    lead = t("{count:,} topics came up with the newest file:", count=new.height)
    yield Point(names, lead)
