"""The interface's own language: chosen in the sidebar or by the address, else the browser's; right-to-left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ctse_core import words
from ctse_core.words import LANGUAGES, RIGHT_TO_LEFT, t
from ui import state

_RIGHT_TO_LEFT_STYLE = Path(__file__).resolve().parents[1] / "assets" / "right_to_left.css"
_TELL_DOCUMENT = """
export default function ({ data }) {
  document.documentElement.lang = data.language;
}
"""


def speak() -> None:
    """Take the language of this visit before anything is drawn; every part of the page then speaks it."""
    words.listen(_asked)
    given = st.query_params.get(state.UI)
    if given in LANGUAGES:
        state.keep_interface(given)
    words.speak(_asked())


def dress() -> None:
    """Give the page its direction, and tell the document its language, for screen readers."""
    if words.spoken() in RIGHT_TO_LEFT:
        st.html(f"<style>{_RIGHT_TO_LEFT_STYLE.read_text(encoding='utf-8')}</style>")
    _document()(data={"language": words.spoken()}, key="document_language", height="content")


def language_switch() -> None:
    """Draw the choice of the interface language."""
    now = words.spoken()
    chosen = st.selectbox(
        t("Interface language"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(now),
        format_func=LANGUAGES.__getitem__,
        key=f"interface_language_{now}",
    )
    if chosen != now:
        state.keep_interface(chosen)
        state.write_address()
        st.rerun()


def _asked() -> str:
    """Return the language that was chosen, else the browser's if the interface has it, else English."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    browser = (st.context.locale or "en").replace("_", "-").partition("-")[0].lower()
    return state.interface() or (browser if browser in LANGUAGES else "en")


@st.cache_resource
def _document() -> Any:
    return st.components.v2.component("ctse_document", html="<span hidden></span>", js=_TELL_DOCUMENT)
