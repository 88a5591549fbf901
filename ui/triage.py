"""State, owner and note of posts, wherever posts are listed: one post, those that are ticked, all of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis_names import state_name
from ctse_core.errors import CtseError
from ctse_core.project import Project
from ctse_core.project.database import author
from ctse_core.project.triage import LONGEST_NOTE, STATES, Deed, newest_deed, triage_at
from ctse_core.project.triage import mark as mark_posts
from ctse_core.project.triage_log import PostChange, history, told
from ctse_core.types import Col
from ctse_core.words import minute, t
from ui.frame import Workspace
from ui.queue_deeds import clash_told, with_copies
from ui.widgets import plain

TRIAGE = "triage"
"""The key of the action on posts that opens the dialogue about their state, owner and note."""
_CAME = "triage_came"
_MOST_TOLD = 20  # conflicts told one by one


@dataclass(frozen=True)
class _Meant:
    project: Project
    analysis: Analysis
    positions: list[int]
    known: int
    """The newest deed when the dialogue was opened."""


def owners_of(table: pl.DataFrame) -> list[str]:
    """Return who looks after posts of the table (n rows), with the person at work, by name."""
    named = table[Col.OWNER].drop_nulls().unique().to_list() if Col.OWNER in table.columns else []
    return sorted({*named, author()}, key=str.casefold)


def triage_button(workspace: Workspace, positions: Sequence[int] | pl.Series, key: str) -> None:
    """Draw the button that marks the posts at ``positions`` of the posts table: seen, assigned, done, a note."""
    count = len(positions)
    if count and workspace.project is not None:
        label = t("Mark these {count:,} posts…", count=count)
        if st.button(label, icon=":material/checklist:", key=f"{key}_triage"):
            triage_dialogue(workspace.project, workspace.whole, list(positions))


def triage_dialogue(project: Project, analysis: Analysis, positions: Sequence[int]) -> None:
    """Open the dialogue in which posts get a state, an owner, a note."""
    inside = [position for position in positions if 0 <= position < analysis.table.height]
    st.session_state.pop(_CAME, None)
    meant = _Meant(project, analysis, inside, newest_deed(project.folder))
    st.dialog(t("Mark {count:,} posts", count=len(inside)), width="medium")(_dialogue)(meant)


def history_dialogue(project: Project, position: int) -> None:
    """Open the dialogue that tells who did what with a post, when."""
    st.dialog(t("What was done with this post"), width="medium")(_history)(project, position)


def _dialogue(meant: _Meant) -> None:
    project, table = meant.project, meant.analysis.table
    _stand(project, meant.positions)
    kinds = {
        "seen": t("Seen"), "assign": t("Assign to"), "done": t("Done"), "note": t("Note"), "release": t("To nobody"),
        "unread": t("Unread"),
    }  # fmt: skip
    kind = st.segmented_control(
        t("What to do"), list(kinds), default="seen", format_func=kinds.__getitem__, required=True, key="triage_kind"
    )
    value = _value(kind, meant)
    copies = with_copies(table, meant.positions)
    posts = meant.positions
    if len(copies) > len(posts):
        more = len(copies) - len(posts)
        posts = copies if st.checkbox(t("The {count:,} copies of them, too", count=more), value=True) else posts
    several = kind == "note" and len(posts) > 1
    deed = Deed("add_note" if several else kind, value, meant.known)
    ready = bool(value) or kind not in ("assign", "note") or (kind == "note" and not several)
    if st.button(t("Do it"), type="primary", disabled=not ready, key="triage_do"):
        _do(meant, posts, deed)
    _clashes(meant)
    if len(meant.positions) == 1:
        _history(project, meant.positions[0])


def _value(kind: str, meant: _Meant) -> str:
    """Draw the field that a kind of deed needs and return what is in it."""
    if kind == "assign":
        known = owners_of(meant.analysis.table)
        return st.selectbox(
            t("Who looks after them"), known, index=known.index(author()), accept_new_options=True, key="triage_owner"
        ) or ""  # fmt: skip
    if kind != "note":
        return ""
    single = len(meant.positions) == 1
    begun = triage_at(meant.project.folder, meant.positions)[0][Col.NOTE][0] if single else None
    label = t("Note") if single else t("Add to their notes")
    return st.text_area(label, begun or "", max_chars=LONGEST_NOTE, key=f"triage_note_{meant.positions[0]}")


def _stand(project: Project, positions: Sequence[int]) -> None:
    """Tell how many of the posts stand how."""
    stand, _ = triage_at(project.folder, positions)
    counts = dict(stand.group_by(Col.STATE).len().iter_rows())
    shown = [f"{state_name(state)} {counts[state]:,}" for state in STATES if state in counts]
    st.caption(plain(t("Now: {states}", states=" · ".join(shown))))


def _do(meant: _Meant, posts: list[int], deed: Deed) -> None:
    try:
        came = mark_posts(meant.project.folder, posts, deed)
    except CtseError as problem:
        st.error(plain(str(problem)))
        return
    if not came.conflicts.height:
        st.toast(
            plain(told(deed.kind, deed.value, came.changed) if came.changed else t("These posts stand so already"))
        )
        st.rerun()
    st.session_state[_CAME] = (deed, came)


def _clashes(meant: _Meant) -> None:
    """Tell which posts somebody else changed since the dialogue was opened, and let the person choose."""
    if _CAME not in st.session_state:
        return
    deed, came = st.session_state[_CAME]
    count = came.conflicts.height
    lead = told(deed.kind, deed.value, came.changed) + ". " if came.changed else ""
    st.warning(
        plain(lead + t("{count:,} posts were changed by somebody else meanwhile and stay as they are.", count=count))
    )
    for theirs in came.conflicts.head(_MOST_TOLD).iter_rows(named=True):
        post = meant.analysis.table[Col.POST_ID][theirs["position"]]
        st.caption(plain(f"{post}: {clash_told(theirs, deed)}"))
    with st.container(horizontal=True):
        if st.button(t("Do it all the same"), key="triage_insist"):
            mark_posts(meant.project.folder, came.conflicts["position"].to_numpy(), Deed(deed.kind, deed.value))
            st.rerun()
        if st.button(t("Leave them as they are"), key="triage_leave"):
            st.rerun()


def _history(project: Project, position: int) -> None:
    lines = history(project.folder, position)
    if not lines:
        st.caption(t("Nobody did anything with this post yet."))
        return
    rows = [(minute(line.at), line.author, _line(line)) for line in lines]
    shown = pl.DataFrame(rows, schema=[t("When"), t("Who"), t("What")], orient="row")
    st.dataframe(shown, hide_index=True, key=f"triage_history_{position}")


def _line(line: PostChange) -> str:
    said = state_name(line.state)
    if line.owner:
        said = t("{state}: {owner}", state=said, owner=line.owner)
    if line.note:
        said += f" · “{line.note}”"
    return t("refused, somebody else was first: {wish}", wish=said) if line.refused else said
