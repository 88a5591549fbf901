"""Topics seen from several sides: in groups, over time, by language, by label, and which are alike."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from ctse_core.figures import (
    Figure,
    Look,
    groups_figure,
    similar_figure,
    topics_over_time_figure,
    topics_per_label_figure,
    topics_per_language_figure,
)
from ctse_core.types import Col, TopicCol
from ctse_core.words import mark, said, t
from ui import state
from ui.frame import Workspace
from ui.widgets import show_figure

GROUPS, TIME, LANGUAGE, LABEL, ALIKE = (
    mark("In groups"), mark("Over time"), mark("Per language"), mark("Per label"), mark("Alike"),
)  # fmt: skip


def topic_views(workspace: Workspace) -> None:
    """Draw one view of the topics under the filter at a time; a click in it sets the filter."""
    views = _views(workspace)
    chosen = st.segmented_control(
        t("Topics"), list(views), default=next(iter(views)), format_func=said, key="topic_view",
        label_visibility="collapsed",
    )  # fmt: skip
    view = chosen if chosen in views else next(iter(views))
    show_figure(workspace.kept("view of topics", views[view], view, state.zone()), f"topic_view_{view}")


def _views(workspace: Workspace) -> dict[str, Callable[[], Figure]]:
    """Return the views that these posts have, by their names."""
    topics, chosen = workspace.whole.topics, workspace.among.topics
    views: dict[str, Callable[[], Figure]] = {}
    if TopicCol.PARENT in topics.columns:
        views[GROUPS] = lambda: groups_figure(workspace.beside("topics"), topics, chosen)
    views[TIME] = lambda: topics_over_time_figure(workspace.table, topics, clickable=True, look=Look(state.zone()))
    views[LANGUAGE] = lambda: topics_per_language_figure(workspace.table, topics, clickable=True)
    if _labelled(workspace.whole.table):
        views[LABEL] = lambda: topics_per_label_figure(workspace.table, topics, clickable=True)
    if TopicCol.SIMILAR in topics.columns:
        views[ALIKE] = lambda: similar_figure(workspace.beside("topics"), topics, chosen)
    return views


def _labelled(table: pl.DataFrame) -> bool:
    return Col.LABEL in table.columns and table[Col.LABEL].null_count() < table.height
