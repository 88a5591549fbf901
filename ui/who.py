"""Who is at work in this window: a name to put beside what is added, since several people may share one server."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ctse_core.project import database
from ctse_core.words import t

_KEY = "who_name"
_KEPT = "_who"


def listen() -> None:
    """Let everything that is added from now on bear the name of the window it was added in."""
    database.ask_who(_asked)


def name_field() -> None:
    """Draw the field for a person's name."""
    st.text_input(
        t("Your name"),
        key=_KEY,
        value=st.session_state.get(_KEPT, ""),
        placeholder=database.account(),
        max_chars=40,
        on_change=_keep,
        help=t("Stands beside what you add: tags, marks, edits. It is kept while this window is open."),
    )


def _keep() -> None:
    # The widget's own value goes when a page without it is drawn.
    st.session_state[_KEPT] = str(st.session_state.get(_KEY, ""))


def _asked() -> str:
    if get_script_run_ctx(suppress_warning=True) is None:
        return ""
    return str(st.session_state.get(_KEPT, ""))
