"""The choice of the language in which topics are named."""

from __future__ import annotations

import streamlit as st

from ctse_core.figures import language_name
from ctse_core.naming import languages_of_names
from ctse_core.words import t
from ui import state
from ui.frame import Workspace


def names_in(workspace: Workspace) -> None:
    """Draw the choice of the language in which topics are named on all pages; nothing where they have one name."""
    languages = languages_of_names(workspace.whole.topics)
    if len(languages) < 2:
        return
    now = state.language_of_names()
    now = now if now in languages else languages[0]
    state.follow("topic_names_in", now)
    chosen = st.selectbox(
        t("Names in"),
        languages,
        format_func=language_name,
        key="topic_names_in",
        width=220,
        help=t("Words of all languages that mean the same are one; topics are named by the words of this language "
               "where the posts have them."),
    )  # fmt: skip
    if chosen != now:
        state.choose(names=chosen)
        state.taken("topic_names_in", chosen)
        st.rerun()
