"""The overview's figures, each a way to set the shared filter, and the posts that pass it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import streamlit as st

from ctse_core.choices import TIME, without
from ctse_core.crisis_names import URGENCIES, urgency_name
from ctse_core.figures import (
    Figure,
    TimeChoice,
    duplicates_figure,
    languages_figure,
    needs_figure,
    places_figure,
    tags_figure,
    topics_figure,
    urgency_figure,
    volume_figure,
)
from ctse_core.filters import NOT_JUDGED
from ctse_core.types import Col
from ctse_core.words import t
from ui import state
from ui.frame import Workspace
from ui.needs_scheme import scheme_panel
from ui.search_tray import follow_post
from ui.tagging import posts_with_tags
from ui.widgets import show_figure


def overview_figures(workspace: Workspace) -> None:
    """Draw when, what, in which language, where and how often; a click on a bar filters every page by it.

    A figure about a field of the filter counts the posts that pass all its other conditions, so that what was
    chosen stands among what could be.
    """
    now, topics = workspace.among, workspace.whole.topics
    needs_and_urgency(workspace)
    left, right = st.columns(2)
    with left:
        _volume(workspace)
        _show(workspace, "languages", lambda: languages_figure(workspace.beside("languages"), now.languages))
    with right:
        _show(
            workspace, "topics",
            lambda: topics_figure(topics, table=workspace.beside("topics"), chosen=now.topics),
        )  # fmt: skip
        show_figure(workspace.kept("figure of copies", lambda: duplicates_figure(workspace.table)), "copies")
    left, right = st.columns(2)
    if _placed(workspace):
        with left:
            _show(workspace, "places", lambda: places_figure(workspace.beside("places"), now.places))
    if (workspace.whole.table[Col.TAGS].list.len() > 0).any():
        with right if _placed(workspace) else left:
            _show(workspace, "tags", lambda: tags_figure(workspace.beside("tags"), now.tags))


def needs_and_urgency(workspace: Workspace) -> None:
    """Draw what posts tell and how urgent they are, with the scheme that needs are told by."""
    layer, now = workspace.whole.crisis, workspace.among
    if layer is None or layer.scheme is None or workspace.project is None:
        return
    left, right = st.columns([3, 2])
    with left:
        names = {one.key: one.name for one in layer.scheme.told}
        _show(workspace, "needs", lambda: needs_figure(workspace.beside("needs"), names, now.needs))
    with right:
        levels = {level: urgency_name(level) for level in (*URGENCIES, NOT_JUDGED)}
        _show(workspace, "urgency", lambda: urgency_figure(workspace.beside("urgencies"), levels, now.urgencies))
        scheme_panel(workspace.project)


def _show(workspace: Workspace, key: str, make: Callable[[], Figure]) -> None:
    """Draw a figure, made once for each filter; where its own field is filtered, say that it counts more."""
    now = workspace.among
    figure = workspace.kept(f"figure of {key}", make, state.zone())
    if figure.bins and without(now, figure.field) != now:
        beside = t(
            "This figure counts what passes the rest of the filter; the chosen {count:,} posts stand out.",
            count=workspace.count(now),
        )
        figure = dataclasses.replace(figure, summary=f"{figure.summary} {beside}")
    show_figure(figure, key)


def _placed(workspace: Workspace) -> bool:
    places = workspace.whole.table[Col.PLACE]
    return places.null_count() < len(places)


def _volume(workspace: Workspace) -> None:
    now = workspace.among
    chosen = TimeChoice(now.since, now.until, now.undated)
    closer = False
    if now.since or now.until:
        closer = st.toggle(t("Only the chosen time, in finer steps"), key="volume_closer")
    if closer:
        figure = workspace.kept(
            "figure of time, closer", lambda: volume_figure(workspace.table, TimeChoice(), state.zone()), state.zone()
        )
        show_figure(figure, "closer")
    else:
        _show(workspace, "time", lambda: _clicked(volume_figure(workspace.beside(TIME), chosen, state.zone())))


def _clicked(figure: Figure) -> Figure:
    """Return a figure of time whose bars are clicked here; they are drawn over on the page of when and where."""
    figure.plot.update_layout(dragmode=False)
    return figure


def filtered_posts(workspace: Workspace) -> None:
    """Draw the posts that pass the filter, to read and to tag; nothing without a filter."""
    if not workspace.among:
        return
    with st.expander(t("Read the {count:,} posts", count=workspace.count(workspace.among)), icon=":material/article:"):
        chosen = posts_with_tags(workspace, workspace.table, "filtered")
    follow_post(chosen)
