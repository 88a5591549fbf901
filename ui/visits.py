"""What is new since a person last looked: told on every page, with what can be done about it."""

from __future__ import annotations

import dataclasses

import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.project import Project
from ctse_core.project.visits import Newer, newer, note_visit
from ctse_core.words import minute, t
from ui import state
from ui.widgets import done


def new_since(project: Project, analysis: Analysis) -> None:
    """Draw how many posts are new to the person at work, with what can be done; nothing where none is."""
    news = newer(project.folder, analysis.table)
    if not news.posts:
        return
    now = state.chosen_filter()
    with st.container(border=True, gap="small", key="new_since"):
        st.badge(t("{count:,} new", count=news.posts), icon=":material/fiber_new:", color="green")
        st.caption(_told(news))
        with st.container(horizontal=True, gap="small"):
            shown = now.files == news.files
            if st.button(t("Show them"), key="new_show", disabled=shown, help=t("Filter every page to these posts.")):
                state.choose_filter(dataclasses.replace(now, files=news.files))
                st.rerun()
            told = t("From now on only posts that come in later are new to you; other people keep their own.")
            if st.button(t("I have looked"), key="new_seen", help=told):
                done(lambda: note_visit(project.folder, analysis.table))


def _told(news: Newer) -> str:
    if news.since is None:
        return t("They came with the newest file; you have not marked anything as looked at yet.")
    return t("since you last looked, {when}", when=minute(news.since))
