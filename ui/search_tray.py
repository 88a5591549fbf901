"""Posts to seek and to avoid: chosen on any page, shown as chips on the Search page, kept in the address."""

from __future__ import annotations

import streamlit as st

from ctse_core.types import Col
from ctse_core.words import t
from ui import state
from ui.frame import PAGES, Workspace
from ui.post_list import Chosen
from ui.sources import sources_chosen
from ui.widgets import plain

_LETTERS = 40  # of a post on its chip


def chosen_posts(workspace: Workspace) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the positions of the posts to seek and to avoid; what is no post of this project is left out."""
    posts = workspace.whole.table.height
    like, unlike = (
        tuple(position for position in state.positions(name) if position < posts) for name in (state.LIKE, state.UNLIKE)
    )
    return like, unlike


def follow_post(chosen: Chosen, searching: bool = False) -> None:
    """Go where a click on a post leads: more like it, less like it, its topic, who stands behind it.

    On the Search page itself (``searching``) the post joins the question; from other pages "more like this" begins
    a new search.
    """
    sources_chosen(chosen)
    if chosen.like is not None and not searching:
        state.choose(q=None, like=str(chosen.like), unlike=None)
        st.switch_page(PAGES["search"])
    if chosen.like is not None or chosen.unlike is not None:
        _join(chosen.like, chosen.unlike)
        if searching:
            # The chips may stand above what is on the screen.
            more = t("Searching anew: more like the post you chose.")
            st.toast(more if chosen.like is not None else t("Searching anew: less like the post you chose."))
            st.rerun()
        st.switch_page(PAGES["search"])
    if chosen.topic is not None:
        state.choose(open=chosen.topic)
        st.switch_page(PAGES["topics"])


def _join(like: int | None, unlike: int | None) -> None:
    """Put a post on one side of the tray; it cannot be on both."""
    sides = {state.LIKE: like, state.UNLIKE: unlike}
    chosen = like if like is not None else unlike
    for name, position in sides.items():
        rest = [other for other in state.positions(name) if other != chosen]
        _keep(name, [*rest, position] if position is not None else rest)


def _keep(name: str, positions: list[int]) -> None:
    state.choose(**{name: ",".join(str(position) for position in positions) or None})


def tray(workspace: Workspace) -> None:
    """Draw the posts to seek and to avoid as chips; a click takes one away."""
    like, unlike = chosen_posts(workspace)
    if not like and not unlike:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _side(workspace, state.LIKE, t("More like"), like)
        _side(workspace, state.UNLIKE, t("Less like"), unlike)
        st.button(
            t("Clear posts"), icon=":material/close:", type="tertiary", key="tray_clear",
            on_click=state.choose, kwargs={state.LIKE: None, state.UNLIKE: None},
        )  # fmt: skip


def _side(workspace: Workspace, name: str, label: str, positions: tuple[int, ...]) -> None:
    if not positions:
        return
    texts = workspace.whole.table[Col.TEXT]
    # The key changes with the posts, so that no chip stays marked.
    key = f"question_tray_{name}_{'_'.join(map(str, positions))}"
    st.caption(label, width="content")
    st.pills(
        t("{side}; a click takes a post away", side=label),
        positions,
        format_func=lambda position: f"{_short(texts[position])} ✕",
        key=key,
        label_visibility="collapsed",
        on_change=lambda: _take_away(name, st.session_state.get(key)),
        width="content",
    )


def _take_away(name: str, position: int | None) -> None:
    if position is not None:
        _keep(name, [other for other in state.positions(name) if other != position])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return plain(line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…")
