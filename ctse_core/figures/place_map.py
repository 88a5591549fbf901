"""The map of places: marks in the colours of what presses most, how urgent or how fresh; as data and as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures.ages import Ages, age_words
from ctse_core.figures.base import PALETTE, QUIET
from ctse_core.figures.place_marks import LEAST_WIDE, LEVELS, Marks, view_of
from ctse_core.words import mark, number, said, t

LOOKS = {"need": mark("Most pressing need"), "urgency": mark("Urgency"), "age": mark("Age")}
"""What the colours of marks can tell."""
MOST_NEEDS = 6  # that have a colour of their own
_FAR_OUT = 0.03  # of all posts that may lie outside the first view on each side


@dataclass(frozen=True)
class Group:
    """What a mark can stand for; ``hollow`` marks stand back, one that is not ``listed`` has no line in the legend."""

    name: str
    colour: str
    hollow: bool = False
    listed: bool = True


@dataclass(frozen=True)
class PlaceMap:
    """Marks that have coordinates (m rows, most posts first), each with its ``group`` (m,) in the legend.

    Where several become one mark, it has the group whose ``weight`` (m,) is largest in sum, or, without weights, the
    first in the legend.
    ``home`` and ``all`` are boxes (west, south, east, north in degrees) that hold most posts and all marks;
    ``lost`` posts are at places whose coordinates nobody knows.
    """

    marks: Marks
    rows: pl.DataFrame
    groups: tuple[Group, ...]
    group: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    home: tuple[float, float, float, float]
    all: tuple[float, float, float, float]
    lost: int
    look: str
    ages: Ages


def place_map(marks: Marks, look: str, ages: Ages, needs: Mapping[str, str]) -> PlaceMap:
    """Return the map of ``marks`` whose colours tell ``look``, one of LOOKS; ``needs`` names needs by key."""
    there = pl.col("lat").is_not_null() & pl.col("lon").is_not_null()
    rows = marks.rows.filter(there)
    make = {"need": _by_need, "urgency": _by_urgency, "age": _by_age}[look]
    groups, group = make(rows, ages, needs)
    lat, lon = rows["lat"].to_numpy(), rows["lon"].to_numpy()
    least = LEAST_WIDE[marks.level]
    home = view_of(*_most(lat, lon, rows["posts"].to_numpy()), least)
    lost = int(marks.rows.filter(~there)["posts"].sum())
    weight = {"need": rows["weight"], "urgency": rows["judged"]}.get(look)
    weighed = None if weight is None else weight.cast(pl.Float64).to_numpy()
    return PlaceMap(marks, rows, groups, group, weighed, home, view_of(lat, lon, least), lost, look, ages)


def _most(lat: NDArray, lon: NDArray, posts: NDArray) -> tuple[NDArray, NDArray]:
    """Return the coordinates without those few posts that lie far out, if leaving them out makes the view nearer."""
    inside = np.ones(len(lat), dtype=bool)
    for axis in (lat, lon):
        order = np.argsort(axis, kind="stable")
        share = np.cumsum(posts[order]) / max(1, posts.sum())
        low = axis[order[np.searchsorted(share, _FAR_OUT)]] if len(axis) else 0
        high = axis[order[min(len(axis) - 1, int(np.searchsorted(share, 1 - _FAR_OUT)))]] if len(axis) else 0
        inside &= (axis >= low) & (axis <= high)
    if not inside.any():
        return lat, lon
    wide, near = view_of(lat, lon), view_of(lat[inside], lon[inside])
    nearer = (near[2] - near[0]) * (near[3] - near[1]) < 0.5 * (wide[2] - wide[0]) * (wide[3] - wide[1])
    return (lat[inside], lon[inside]) if nearer else (lat, lon)


Coloured = tuple[tuple[Group, ...], NDArray[np.int64]]


def _by_need(rows: pl.DataFrame, ages: Ages, needs: Mapping[str, str]) -> Coloured:
    told = rows.filter(pl.col("need") != "")
    ranked = told.group_by("need").agg(pl.col("weight").sum()).sort(["weight", "need"], descending=[True, False])
    keys = ranked["need"].to_list()
    head = keys[:MOST_NEEDS] if len(keys) > MOST_NEEDS + 1 else keys[: MOST_NEEDS + 1]
    groups = [Group(needs.get(key, key), PALETTE[rank]) for rank, key in enumerate(head)]
    if len(head) < len(keys):
        groups.append(Group(t("Other needs"), QUIET))
    place = {key: rank for rank, key in enumerate(head)}
    if told.height < rows.height or not groups:
        place[""] = len(groups)
        groups.append(Group(t("No need told"), QUIET, hollow=True))
    # Rarer needs look alike and still are several: together they are not what presses most.
    place |= {key: len(groups) + rank for rank, key in enumerate(keys[len(head) :])}
    groups += [Group(needs.get(key, key), QUIET, listed=False) for key in keys[len(head) :]]
    return tuple(groups), np.array([place[key] for key in rows["need"]], dtype=np.int64)


SHARES = (0.5, 0.25, 0.1, 0.0)
"""Least shares of posts of high or critical urgency, one a group."""


def _by_urgency(rows: pl.DataFrame, ages: Ages, needs: Mapping[str, str]) -> Coloured:
    # The highest level would be "critical" at every place with many posts: the share tells places apart.
    groups = [
        Group(t("Half or more high or critical"), PALETTE[6]),
        Group(t("A quarter or more"), PALETTE[1]),
        Group(t("A tenth or more"), PALETTE[4]),
        Group(t("Fewer"), PALETTE[0]),
    ]
    share = (rows["urgent"] / rows["judged"]).to_numpy() if rows.height else np.zeros(0)
    judged = rows["judged"].to_numpy() > 0
    at = np.argmax(share[:, None] >= np.array(SHARES), axis=1) if rows.height else np.zeros(0, dtype=np.int64)
    if not judged.all():
        groups.append(Group(t("Not judged"), QUIET, hollow=True))
    return tuple(groups), np.where(judged, at, len(SHARES)).astype(np.int64)


def _by_age(rows: pl.DataFrame, ages: Ages, needs: Mapping[str, str]) -> Coloured:
    hours = ages.hours or 24
    limits = [timedelta(hours=hours / 4), timedelta(hours=hours)]
    groups = [
        Group(t("Newest post under {limit}", limit=age_words(limits[0])), PALETTE[2]),
        Group(t("Newest post under {limit}", limit=age_words(limits[1])), PALETTE[0]),
        Group(t("Nothing newer than {limit}", limit=age_words(limits[1])), QUIET, hollow=True),
    ]
    at = []
    for newest in rows["newest"]:
        age = None if newest is None or ages.moment is None else ages.moment - newest
        at.append(3 if age is None else sum(age > limit for limit in limits))
    if 3 in at:
        groups.append(Group(t("No time known"), QUIET, hollow=True))
    return tuple(groups), np.array(at, dtype=np.int64)


def marks_table(drawn: PlaceMap, needs: Mapping[str, str]) -> pl.DataFrame:
    """Return the marks as a table to read, most posts first, those without coordinates too."""
    rows = drawn.marks.rows
    return pl.DataFrame(
        {
            t("place"): rows["name"],
            t("posts"): rows["posts"],
            t("high or critical"): rows["urgent"],
            t("not yet seen"): rows["unread"],
            t("newest"): [drawn.ages.said(newest) for newest in rows["newest"]],
            t("most pressing need"): [needs.get(key, key) if key else t("No need told") for key in rows["need"]],
        }
    )


def map_sentence(drawn: PlaceMap) -> str:
    """Return what the map says in words: its places, and where the posts are that are not on it."""
    marks = drawn.marks
    told = [
        t(
            "{placed} of {count:,} posts are on the map. Places: {places}.",
            count=marks.posts, placed=number(marks.placed), places=number(marks.rows.height),
        )
    ]  # fmt: skip
    if marks.wider:
        told.append(t("{count:,} posts name only a place too wide for this level.", count=marks.wider))
    if marks.nowhere:
        points = marks.level == "point"
        told.append(
            t("{count:,} posts have no coordinates.", count=marks.nowhere)
            if points
            else t("{count:,} posts name no known place.", count=marks.nowhere)
        )
    if drawn.lost:
        told.append(t("Of places whose position is not known: {count:,} posts.", count=drawn.lost))
    return " ".join(told)


def level_name(level: str) -> str:
    """Return what a level of LEVELS is called."""
    return said(LEVELS[level])
