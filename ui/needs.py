"""What one post is told to need, why, and the way to correct it; the same for several posts at once."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis.schemes import Scheme
from ctse_core.crisis_names import URGENCIES, urgency_name
from ctse_core.errors import CtseError
from ctse_core.figures import language_name
from ctse_core.needs_layer import scheme_of
from ctse_core.needs_why import NeedReason, UrgencyReason, marks_on, why_needs
from ctse_core.project import Project
from ctse_core.project.need_marks import NeedMark, Said, mark_posts, newest_mark, undo_marks
from ctse_core.types import Col
from ctse_core.words import minute, t
from ui import resources, state
from ui.widgets import plain

NEEDS = "needs"
"""The key of the action on posts that opens the dialogue about their needs and urgency."""
_SEEN, _CLASH = "needs_seen", "needs_clash"
_MOST_TOLD = 10


def needs_dialogue(project: Project, analysis: Analysis, positions: Sequence[int]) -> None:
    """Open the dialogue about the needs and the urgency of the posts at ``positions`` of the posts table."""
    inside = [position for position in positions if 0 <= position < analysis.table.height]
    st.session_state[_SEEN] = newest_mark(project.folder)[0]
    st.session_state.pop(_CLASH, None)
    title = t("What this post tells") if len(inside) == 1 else t("What {count:,} posts tell", count=len(inside))
    st.dialog(title, width="large")(_dialogue)(project, analysis, inside)


def need_names_here() -> dict[str, str]:
    """Return the names of the needs by key, in the scheme of the project that is open; none where none is open."""
    name = state.project_name()
    return {} if name is None else {one.key: one.name for one in scheme_of(resources.project(name)).told}


def _dialogue(project: Project, analysis: Analysis, positions: list[int]) -> None:
    scheme, one = scheme_of(project), positions[0] if len(positions) == 1 else None
    if one is not None:
        st.text(analysis.table[Col.TEXT][one])
        tell_why(project, analysis, one)
    needs, urgency = needs_form(scheme, analysis.table, one, "needs")
    had = None if one is None else analysis.table[Col.URGENCY][one]
    said = Said(needs, None if urgency == had else urgency)
    if st.button(t("Save"), type="primary", key="needs_save", disabled=said == Said()):
        save(project, scheme, positions, said)
    clash(project, scheme, positions)
    if one is not None:
        _history(project, scheme, marks_on(analysis, project, one))


def needs_form(
    scheme: Scheme, table: pl.DataFrame, position: int | None, key: str
) -> tuple[tuple[str, ...] | None, int | None]:
    """Draw the choice of needs and urgency, as they stand for one post; return what is chosen, None: nothing.

    Of several posts (``position`` None) nothing stands, and what is left empty is left as it is.
    """
    names = {one.key: one.name for one in scheme.told}
    have = [] if position is None else [need for need in table[Col.NEEDS][position] if need in names]
    level = None if position is None else table[Col.URGENCY][position]
    help_text = t("Choose none where it tells nothing that responders ask for.")
    chosen = st.pills(
        t("It tells"), list(names), selection_mode="multi", default=have, format_func=names.__getitem__,
        key=f"{key}_keys_{position}", help=help_text if position is not None else None,
    )  # fmt: skip
    urgency = st.segmented_control(
        t("How urgent"), list(URGENCIES), default=level, format_func=urgency_name, key=f"{key}_level_{position}"
    )
    needs = tuple(chosen) if position is not None or chosen else None
    if position is None and st.checkbox(t("They tell no need"), key=f"{key}_none"):
        needs = ()
    return needs, urgency


def save(project: Project, scheme: Scheme, positions: Sequence[int], said: Said, part: bool = False) -> None:
    """Say ``said`` of the posts, unless somebody else said something else meanwhile, and run the page again.

    Called back by a button (``part``), the page runs again by itself.
    """
    seen = int(st.session_state.get(_SEEN, 0))
    try:
        others = mark_posts(project.folder, positions, scheme.key, said, seen)
    except CtseError as problem:
        st.error(plain(str(problem)))
        return
    if others:
        st.session_state[_CLASH] = (said, others)
        return
    if part:  # who marks one after the other sees the next
        return
    st.toast(plain(t("Kept for {count:,} posts. What you say wins over what was computed.", count=len(positions))))
    st.rerun()


def clash(project: Project, scheme: Scheme, positions: Sequence[int]) -> None:
    """Where somebody else was faster, say who said what when, and let the person choose."""
    if _CLASH not in st.session_state:
        return
    said, others = st.session_state[_CLASH]
    st.warning(t("Somebody else marked {count:,} of these posts while you had them open.", count=len(others)))
    for mark in others[:_MOST_TOLD]:
        st.caption(plain(_line(scheme, mark)))
    with st.container(horizontal=True):
        if st.button(t("Keep mine"), key="needs_mine"):
            mark_posts(project.folder, positions, scheme.key, said)
            st.session_state.pop(_CLASH)
            st.rerun()
        if st.button(t("Keep theirs"), key="needs_theirs"):
            st.session_state.pop(_CLASH)
            st.rerun()


def tell_why(project: Project, analysis: Analysis, position: int) -> None:
    """Say why the post is told what it is: how clearly, by which examples, words and marks."""
    reasons, urgent = why_needs(analysis, project, position)
    told = [reason for reason in reasons if reason.sure != "not"]
    others = [reason for reason in reasons if reason.sure == "not"]
    if told:
        for reason in told:
            st.markdown(f"**{plain(reason.name)}** · {plain(_sure(reason.sure))}")
            _because(analysis, reason)
    else:
        st.markdown(t("By itself this post was told **no need**."))
    with st.expander(t("What came closest beside, and why it is so urgent")):
        for reason in others:
            st.markdown(f"**{plain(reason.name)}** · {plain(_sure(reason.sure))}")
            _because(analysis, reason)
        _urgent(urgent)


def apart(text: str) -> str:
    """Return a text that keeps its own direction inside a line of another one."""
    return f"\u2068{text}\u2069"


def _sure(sure: str) -> str:
    return {"clear": t("clear"), "likely": t("likely"), "close": t("a close call")}.get(sure, t("not told"))


def _because(analysis: Analysis, reason: NeedReason) -> None:
    lines = []
    if reason.terms:
        words = ", ".join(f"“{term}”" for term in reason.terms)
        lines.append(t("It says {words}.", words=words))
    if reason.examples:
        shown = " · ".join(
            t("“{text}” ({lang})", text=apart(example.text), lang=language_name(example.lang))
            for example, _ in reason.examples
        )  # fmt: skip
        lines.append(t("Nearest examples: {examples}", examples=shown))
    if reason.marked is not None:
        text = analysis.table[Col.TEXT][reason.marked][:160]
        lines.append(t("Nearest post that was marked so: “{text}”", text=apart(text)))
    st.caption("  \n".join(plain(line) for line in lines))


def _urgent(urgent: UrgencyReason) -> None:
    st.markdown(f"**{plain(t('Urgency'))}**")
    shown = " · ".join(
        t("“{text}” ({level})", text=apart(example.text), level=urgency_name(level))
        for example, level, _ in urgent.examples
    )
    st.caption(plain(t("Nearest examples: {examples}", examples=shown)))
    if urgent.terms:
        words = ", ".join(f"“{term}”" for term in urgent.terms)
        st.caption(plain(t("Words that call for help: {words}", words=words)))


def _history(project: Project, scheme: Scheme, marks: Sequence[NeedMark]) -> None:
    """Draw who said what of the post, when; the last one can be taken back."""
    if not marks:
        return
    st.markdown(f"**{plain(t('What people said of it'))}**")
    last = next((mark for mark in marks if not mark.undone), None)
    for mark in marks[:_MOST_TOLD]:
        line = _line(scheme, mark)
        st.caption(plain(t("{what} (taken back)", what=line) if mark.undone else line))
    if last is not None and st.button(t("Take the last one back"), icon=":material/undo:", key="needs_undo"):
        undo_marks(project.folder, [last.id])
        st.rerun()


def _line(scheme: Scheme, mark: NeedMark) -> str:
    """Return a mark in a line: who, when, what."""
    names = {one.key: one.name for one in scheme.types}
    said = []
    if mark.needs is not None:
        said.append(", ".join(names.get(key, key) for key in mark.needs) or t("no need"))
    if mark.urgency is not None:
        said.append(t("urgency: {level}", level=urgency_name(mark.urgency)))
    return t("{who}, {when}: {what}", who=mark.author, when=minute(mark.at), what="; ".join(said))
