"""The overview's figures, each a way to set the shared filter, and the posts that pass it."""

from __future__ import annotations

import streamlit as st

from ctse_core.choices import TIME
from ctse_core.figures import (
    TimeChoice,
    duplicates_figure,
    languages_figure,
    places_figure,
    tags_figure,
    topics_figure,
    volume_figure,
)
from ctse_core.types import Col
from ctse_core.words import t
from ui import state
from ui.frame import Workspace
from ui.tagging import posts_with_tags
from ui.widgets import show_figure


def overview_figures(workspace: Workspace) -> None:
    """Draw when, what, in which language, where and how often; a click on a bar filters every page by it.

    A figure about a field of the filter counts the posts that pass all its other conditions, so that what was
    chosen stands among what could be.
    """
    now, topics = workspace.among, workspace.whole.topics
    left, right = st.columns(2)
    with left:
        _volume(workspace)
        show_figure(languages_figure(workspace.beside("languages"), now.languages), "languages")
    with right:
        show_figure(topics_figure(topics, table=workspace.beside("topics"), chosen=now.topics), "topics")
    left, right = st.columns(2)
    if _placed(workspace):
        with left:
            show_figure(places_figure(workspace.beside("places"), now.places), "places")
    if (workspace.whole.table[Col.TAGS].list.len() > 0).any():
        with right:
            show_figure(tags_figure(workspace.beside("tags"), now.tags), "tags")
    with right if _placed(workspace) else left:
        show_figure(duplicates_figure(workspace.table), "copies")


def _placed(workspace: Workspace) -> bool:
    places = workspace.whole.table[Col.PLACE]
    return places.null_count() < len(places)


def _volume(workspace: Workspace) -> None:
    now = workspace.among
    chosen = TimeChoice(now.since, now.until, now.undated)
    closer = False
    if now.since or now.until:
        closer = st.toggle(t("Only the chosen time, in finer steps"), key="volume_closer")
    table = workspace.table if closer else workspace.beside(TIME)
    show_figure(volume_figure(table, TimeChoice() if closer else chosen), "volume")


def filtered_posts(workspace: Workspace) -> None:
    """Draw the posts that pass the filter, to read and to tag; nothing without a filter."""
    if not workspace.among:
        return
    with st.expander(t("Read the {count:,} posts", count=workspace.table.height), icon=":material/article:"):
        chosen = posts_with_tags(workspace, workspace.table, "filtered")
    if chosen.like is not None:
        state.choose(like=chosen.like)
        st.switch_page("pages/search.py")
    if chosen.topic is not None:
        state.choose(open=chosen.topic)
        st.switch_page("pages/topics.py")
