"""The log of the queue: who did what with how many posts, when; each step can be taken back."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.project.tags import all_tags
from ctse_core.project.triage_log import DeedDone, deeds, told, undo
from ctse_core.words import minute, t
from ui.frame import Workspace
from ui.widgets import done, plain

_MOST = 300


def triage_log(workspace: Workspace) -> None:
    """Draw the newest deeds of the project; one that is marked can be taken back."""
    project = workspace.project
    if project is None:
        return
    _tags(workspace)
    found = deeds(project.folder, _MOST)
    if not found:
        st.info(t("Nobody did anything with these posts yet. What you do in the reading list is told here."))
        return
    people = sorted({deed.author for deed in found}, key=str.casefold)
    who = st.pills(t("Who"), people, key="queue_log_who") if len(people) > 1 else None
    shown = [deed for deed in found if who in (None, deed.author)]
    st.caption(t("The newest {count:,} steps. Mark one to take it back.", count=len(shown)))
    event = st.dataframe(
        _table(shown), hide_index=True, key="queue_log", on_select="rerun", selection_mode="single-row"
    )
    rows = event.selection.rows if event else []  # type: ignore[attr-defined]
    if rows and rows[0] < len(shown):
        _take_back(workspace, shown[rows[0]])


def _tags(workspace: Workspace) -> None:
    """Draw, folded up, who put which tag on how many posts, when."""
    if workspace.project is None:
        return
    put = all_tags(workspace.project.folder).group_by("at", "author", "tag").len().sort("at", "tag", descending=True)
    if not put.height:
        return
    rows = [
        (minute(at), who, t("Tagged {count:,} posts “{tag}”", count=count, tag=tag))
        for at, who, tag, count in put.head(_MOST).iter_rows()
    ]
    with st.expander(t("Tags that posts have, and who put them on"), icon=":material/sell:"):
        names = [t("When"), t("Who"), t("What")]
        st.dataframe(
            pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Utf8), orient="row"), hide_index=True, key="queue_tags"
        )


def _table(shown: list[DeedDone]) -> pl.DataFrame:
    rows = [
        (
            minute(deed.at),
            deed.author,
            told(deed.kind, deed.value, deed.posts),
            deed.value if deed.kind in ("note", "add_note") else "",
            f"{deed.refused:,}" if deed.refused else "",
            t("taken back") if deed.undone else "",
        )
        for deed in shown
    ]
    names = [t("When"), t("Who"), t("What"), t("Note"), t("Refused"), t("Since then")]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Utf8), orient="row")


def _take_back(workspace: Workspace, deed: DeedDone) -> None:
    if deed.undone:
        st.caption(t("This step was taken back already."))
        return
    st.markdown(plain(told(deed.kind, deed.value, deed.posts)))
    project = workspace.project
    if project is not None and st.button(t("Take this step back"), icon=":material/undo:", key=f"undo_{deed.number}"):
        done(lambda: undo(project.folder, deed.number))
