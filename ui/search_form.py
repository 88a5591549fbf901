"""The question's form on the Search page, and the question that stands."""

from __future__ import annotations

import streamlit as st

from ctse_core.encoders import DEFAULT_ENCODER
from ctse_core.question import MODES, Mode, Question, can_rerank
from ctse_core.second_look import FOUND
from ctse_core.words import t
from ui import state
from ui.frame import Workspace
from ui.search_tray import chosen_posts

MOST = 200
"""Posts that are listed; where they are re-ranked, as many as are read again."""


def mode_names() -> dict[Mode, str]:
    """Return what the ways of searching are called."""
    return {"hybrid": t("Meaning and words"), "meaning": t("Meaning"), "words": t("Words")}


def ask_form(workspace: Workspace) -> None:
    """Draw the question's form; Enter or the button asks."""
    state.follow("question_text", state.question())
    state.follow("question_mode", state.mode())
    state.follow("question_rerank", state.rerank())
    can, names = can_rerank(workspace.whole.manifest), mode_names()
    with st.form("question", border=False):
        asked, go = st.columns([8, 1], vertical_alignment="bottom")
        text = asked.text_input(
            t("Ask in any language"), key="question_text", placeholder=t("Where is drinking water missing?")
        )
        pressed = go.form_submit_button(t("Search"), type="primary", width="stretch")
        ways, closer = st.columns([3, 2], vertical_alignment="center")
        mode = ways.segmented_control(
            t("Look for"),
            MODES,
            format_func=names.__getitem__,
            required=True,
            key="question_mode",
            label_visibility="collapsed",
        )
        rerank = can and closer.toggle(
            t("Re-ranked by {encoder}", encoder=DEFAULT_ENCODER),
            key="question_rerank",
            help=t("The fast encoder finds the first hundred posts; the closer one reads them and puts them in order."),
        )
    if pressed:
        state.choose(q=text.strip(), mode=mode, rerank=None if rerank or not can else state.OFF)
        state.taken("question_text", text.strip())
        state.taken("question_mode", mode)
        state.taken("question_rerank", state.rerank())


def standing_question(workspace: Workspace) -> Question | None:
    """Return the question of the address and the tray, or None where nothing is asked."""
    like, unlike = chosen_posts(workspace)
    if not state.question() and not like and not unlike:
        return None
    rerank = can_rerank(workspace.whole.manifest) and state.rerank() and state.mode() != "words"
    rerank = bool(rerank and state.question() and not like and not unlike)
    most = FOUND if rerank else MOST
    return Question(state.question(), state.mode(), most, workspace.among, rerank, like, unlike)


def how_to_ask() -> None:
    """Say what can be asked, where nothing is."""
    st.caption(t("The question and the posts may be in different languages: they meet by meaning."))
    st.caption(
        t(
            'Words "in quotes" must stand in a post as they are. By words alone, /a pattern/ between strokes is a '
            "regular expression."
        )
    )
