"""Who stands behind a post: the dialogue that tells it, with the posts themselves."""

from __future__ import annotations

import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.project import Project
from ctse_core.source_words import behind, posts_behind, sources_in_full
from ctse_core.types import Col
from ctse_core.words import t
from ui import resources, state
from ui.post_list import SOURCES, Chosen, Offers, show_posts
from ui.widgets import plain

_MOST_SHOWN = 20
_READING = Offers(only_reading=True)


def sources_chosen(chosen: Chosen) -> None:
    """Open the dialogue about who stands behind a post, where a list of posts was asked for it."""
    name = state.project_name()
    if chosen.action != SOURCES or not chosen.posts or name is None:
        return
    project = resources.project(name)
    analysis = resources.analysis(project)
    if analysis is not None:
        sources_dialogue(project, analysis, chosen.posts[0])


def sources_dialogue(project: Project, analysis: Analysis, position: int) -> None:
    """Open the dialogue that tells who stands behind the post at ``position``."""
    if 0 <= position < analysis.table.height and Col.INDEPENDENT in analysis.table.columns:
        st.dialog(t("Who stands behind this post"), width="large")(_dialogue)(project, analysis, position)


def _dialogue(project: Project, analysis: Analysis, position: int) -> None:
    found = behind(analysis, project, position)
    st.markdown(plain(" ".join(sources_in_full(found))))
    same, others = posts_behind(analysis, found)
    if others.height:
        st.markdown(t("**The same figures in other words**"))
        show_posts(others.head(_MOST_SHOWN), "sources_others", topics=False, offers=_READING)
    st.markdown(t("**These words, earliest first**"))
    show_posts(same.head(_MOST_SHOWN), "sources_same", topics=False, offers=_READING)
    if same.height > _MOST_SHOWN:
        st.caption(t("{count:,} more posts with these words.", count=same.height - _MOST_SHOWN))
