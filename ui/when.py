"""When: the timeline to draw over, what flared up and since when, and what was spoken of over time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from ctse_core.choices import TIME
from ctse_core.crisis_names import URGENCIES, named
from ctse_core.figures import (
    Figure,
    Kind,
    Look,
    Span,
    TimeChoice,
    bursts_figure,
    language_name,
    topics_over_time_figure,
    values_over_time_figure,
    volume_figure,
)
from ctse_core.figures.ages import Ages
from ctse_core.filters import NOT_JUDGED
from ctse_core.types import UNDETERMINED, Col
from ctse_core.when import EVERYTHING
from ctse_core.words import mark, said, t
from ui import resources, state
from ui.frame import Workspace
from ui.widgets import show_figure

if TYPE_CHECKING:
    from ctse_core.crisis_layer import Layer

TOPICS, NEEDS, URGENCY, PLACES, LANGUAGES = (
    mark("Topics"), mark("Needs"), mark("Urgency"), mark("Places"), mark("Languages"),
)  # fmt: skip


def when(workspace: Workspace, ages: Ages | None = None) -> None:
    """Draw when posts came, what flared up and what was spoken of over time; clicks and drags set the filter.

    ``ages`` tells from when on a line is stale (None: nothing is said about age).
    """
    posts = workspace.count(workspace.among)
    undated = workspace.kept("undated posts", lambda: workspace.table[Col.TIME].null_count())
    if undated == posts:
        st.info(
            t(
                "None of these {count:,} posts has a time, so nothing can be said about when. If the file has a column "
                "with times, choose it on the Overview page under “Analyse this file again”.",
                count=undated,
            )
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_zone()
        closer = _closer(workspace)
    found = resources.bursts(workspace.project, workspace.among) if workspace.project is not None else None
    timeline(workspace, closer, found)
    if found is not None:
        _flared_up(workspace, found)
    _over_time(workspace, ages)


def choose_zone() -> str:
    """Draw the choice of the clocks that times are told by, and return it; the filter's own times stay UTC."""
    key = "when_zone"
    state.follow(key, state.zone())
    chosen = st.selectbox(
        t("Time zone"), state.zones(), key=key, width=280, format_func=lambda zone: zone.replace("_", " "),
        help=t("Hours and days on this page begin by these clocks. Write a city to find its zone."),
    )  # fmt: skip
    if chosen != state.zone():
        state.taken(key, chosen)
        state.choose(tz=None if chosen == "UTC" else chosen)
        st.rerun()
    return chosen


def _closer(workspace: Workspace) -> bool:
    now = workspace.among
    if now.since is None and now.until is None:
        return False
    return st.toggle(t("Only the chosen time, in finer steps"), key="when_closer")


def timeline(workspace: Workspace, closer: bool, found: pl.DataFrame | None) -> None:
    """Draw posts over time, bursts of all of them marked; drawing over bars chooses that stretch of time."""
    now = workspace.among
    marked = [] if found is None else _marked(found)
    chosen = TimeChoice() if closer else TimeChoice(now.since, now.until, now.undated)

    def drawn() -> Figure:
        return volume_figure(workspace.table if closer else workspace.beside(TIME), chosen, state.zone(), marked)

    figure = workspace.kept("timeline", drawn, closer, state.zone())
    hint = t("Draw over bars to choose that time.")
    beside = t("Shaded: more posts than usual.") if marked else ""
    summary = " ".join(part for part in (figure.summary, hint, beside) if part)
    show_figure(dataclasses.replace(figure, summary=summary), f"when_volume_{closer}")


def _marked(found: pl.DataFrame) -> list[Span]:
    """Return the bursts of all posts that have no other inside."""
    told = [Span(*row) for row in found.filter(pl.col("kind") == EVERYTHING).select("start", "end").rows()]
    return [
        one
        for one in told
        if not any(other != one and other.start >= one.start and other.end <= one.end for other in told)
    ]


def _flared_up(workspace: Workspace, found: pl.DataFrame) -> None:
    now = workspace.among
    chosen = TimeChoice(now.since, now.until, now.undated)
    make = partial(_bursts_drawn, workspace, found, chosen)
    show_figure(workspace.kept("figure of bursts", make, state.zone()), "when_bursts")


def _bursts_drawn(workspace: Workspace, found: pl.DataFrame, chosen: TimeChoice) -> Figure:
    return bursts_figure(found, workspace.beside(TIME), state.zone(), chosen)


def _over_time(workspace: Workspace, ages: Ages | None) -> None:
    views = _views(workspace, Look(state.zone(), ages))
    chosen = st.segmented_control(
        t("Over time"), list(views), default=next(iter(views)), format_func=said, key="when_view",
        label_visibility="collapsed",
    )  # fmt: skip
    view = chosen if chosen in views else next(iter(views))
    figure = workspace.kept("over time", lambda: views[view](workspace.table), view, state.zone(), ages)
    show_figure(figure, f"when_view_{view}")


def _views(workspace: Workspace, look: Look) -> dict[str, Callable[[pl.DataFrame], Figure]]:
    """Return what can be followed over time in these posts, by name: what draws it of a table of posts."""
    whole, topics, layer = workspace.whole.table, workspace.whole.topics, workspace.whole.crisis
    columns: dict[str, Callable[[pl.DataFrame], pl.Series]] = {}
    if layer is not None and Col.NEEDS in whole.columns:
        columns[NEEDS] = lambda table: _surest(table, Col.NEEDS)
    if Col.URGENCY in whole.columns and _judged(workspace):
        columns[URGENCY] = lambda table: table[Col.URGENCY].cast(pl.Int32).fill_null(NOT_JUDGED)
    if layer is not None and Col.LOCATED in whole.columns:
        columns[PLACES] = lambda table: _surest(table, Col.LOCATED)
    columns[LANGUAGES] = lambda table: table[Col.LANG].fill_null(UNDETERMINED)
    kinds = _kinds(layer)

    def lines(name: str, table: pl.DataFrame) -> Figure:
        return values_over_time_figure(table, columns[name](table), kinds[name], True, look)

    def of_topics(table: pl.DataFrame) -> Figure:
        return topics_over_time_figure(table, topics, 12, True, look)

    return {TOPICS: of_topics, **{name: partial(lines, name) for name in columns}}


def _judged(workspace: Workspace) -> bool:
    """Return whether the urgency of any of the posts that pass is known."""
    return workspace.kept("judged posts", lambda: workspace.table[Col.URGENCY].count()) > 0


def _surest(table: pl.DataFrame, column: str) -> pl.Series:
    """Return each post's first key (n,), "" where it has none: so every post stands in exactly one line."""
    return table.select(pl.col(column).list.first().fill_null("")).to_series()


def _kinds(layer: Layer | None) -> dict[str, Kind]:
    """Return what lines may be of besides topics, by the names of the views."""
    need, place, urgency = (named(layer)[field] for field in ("needs", "located", "urgencies"))
    levels = (*sorted(URGENCIES, reverse=True), NOT_JUDGED)
    needs, places = (
        mark("Needs over time, each post under its surest"),
        mark("Places over time, each post under its surest"),
    )
    urgent, spoken = mark("Urgency over time"), mark("Languages over time")
    unknown = t("Undetermined")
    return {
        NEEDS: Kind("needs", needs, need(""), t("Other needs"), need),
        URGENCY: Kind("urgencies", urgent, urgency(NOT_JUDGED), "", urgency, NOT_JUDGED, levels),
        PLACES: Kind("located", places, place(""), t("Other places"), place),
        LANGUAGES: Kind("languages", spoken, unknown, t("Other languages"), language_name, UNDETERMINED),
    }
