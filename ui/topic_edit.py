"""Edits of topics: done at once, told, undone; who did what and when."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from ctse_core.errors import EditError
from ctse_core.project.topic_events import last_done, next_undone, told, topic_events
from ctse_core.structure.edits import Edit
from ctse_core.topic_editing import record, redo, undo
from ctse_core.types import UNSORTED, TopicCol
from ctse_core.words import minute, t
from ui import resources
from ui.frame import Workspace
from ui.widgets import plain

_TOLD = "_topic_told"


def names_of(workspace: Workspace) -> dict[int, str]:
    """Return the name of each topic by its id, "Unsorted" for -1."""
    topics = workspace.whole.topics
    return dict(topics.select(TopicCol.ID, TopicCol.NAME).rows()) | {UNSORTED: t("Unsorted")}


def do(workspace: Workspace, edit: Edit) -> None:
    """Do an edit and run the page again; where it does not apply any more, the page says so."""
    assert workspace.project is not None  # noqa: S101 - a page with an analysis has a project
    try:
        record(workspace.project, resources.memory(workspace.project), edit, names_of(workspace))
    except EditError as wrong:
        st.session_state[_TOLD] = str(wrong)
    st.rerun()


def make_topic(workspace: Workspace, posts: list[int], name: str = "") -> None:
    """Make a new topic of the posts at these positions, from wherever they are, and run the page again."""
    do(workspace, Edit("reassign", {"posts": posts, "to": UNSORTED, "new": True, "name": name}))


def refused() -> None:
    """Say why an edit was not done, once."""
    wrong = st.session_state.pop(_TOLD, "")
    if wrong:
        st.warning(plain(wrong), icon=":material/sync_problem:")


def lately(workspace: Workspace) -> dict[str, Any]:
    """Return the number of the last edit and the topics that it left or made; number 0 where there is none."""
    project = workspace.project
    last = last_done(topic_events(project.folder), resources.memory(project).runs) if project else None
    if last is None:
        return {"edit": 0, "topics": []}
    told = last.payload
    topics = [told.get("into"), told.get("topic"), told.get("to"), *(part["id"] for part in told.get("parts", ()))]
    pinned = told.get("topics", ()) if last.kind in ("pin", "unpin") else ()
    return {"edit": last.id, "topics": [topic for topic in (*topics, *pinned) if topic is not None]}


def undo_and_redo(workspace: Workspace) -> None:
    """Draw Undo and Redo with the last edit, into the row that is being drawn; nothing where nobody edited."""
    project = workspace.project
    events = topic_events(project.folder) if project else []
    if project is None or not events:
        return
    memory = resources.memory(project)
    last, again = last_done(events, memory.runs), next_undone(events, memory.runs)
    back = st.button(
        t("Undo"), icon=":material/undo:", disabled=last is None, help=told(last) if last else None, key="topic_undo"
    )
    forth = st.button(
        t("Redo"), icon=":material/redo:", disabled=again is None, help=told(again) if again else None, key="topic_redo"
    )
    said = t("Topics are as the analysis found them.")
    if last is not None:
        said = t("Last edit: {what} ({who}, {when})", what=told(last), who=last.author, when=minute(last.at))
    st.caption(plain(said), width="content")
    if back:
        undo(project, memory)
        st.rerun()
    if forth:
        redo(project, memory)
        st.rerun()


def history(workspace: Workspace) -> None:
    """Draw who edited which topics when, newest first; nothing where nobody did."""
    project = workspace.project
    events = topic_events(project.folder) if project else []
    if project is None or not events:
        return
    skipped: dict[str, str] = workspace.whole.manifest.get("edits", {}).get("skipped", {})
    runs = resources.memory(project).runs
    with st.expander(t("History of edits ({count:,})", count=len(events)), icon=":material/history:"):
        rows: list[dict[str, Any]] = []
        for event in reversed(events):
            state = t("done")
            if event.undone:
                state = t("undone")
            elif event.base not in runs:
                state = t("of an earlier analysis, not applied")
            elif str(event.id) in skipped:
                state = t("skipped: {why}", why=skipped[str(event.id)])
            rows.append({"when": minute(event.at), "who": event.author, "what": told(event), "state": state})
        names = {"when": t("When"), "who": t("Who"), "what": t("What"), "state": t("State")}
        st.dataframe(pl.DataFrame(rows).rename(names), hide_index=True, key="topic_history")
