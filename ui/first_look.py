"""The upload at a glance: its first posts as they will be read, roles over columns, languages, times, time needed."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.errors import EncoderError
from ctse_core.expected import Room, room_for
from ctse_core.figures import language_name
from ctse_core.first_look import FirstLook, expected_seconds, first_look, likely_encoder
from ctse_core.masked import masked_rows
from ctse_core.posts import ColumnRoles
from ctse_core.project import Project
from ctse_core.types import UNDETERMINED, Col
from ctse_core.words import day, minute, number, t
from ui import resources
from ui.widgets import plain

MOST_SHOWN = 8
MOST_OTHERS = 12
MOST_NAMED = 4
_COLUMN_OF = {
    "text": Col.TEXT,
    "time": Col.TIME,
    "id": Col.POST_ID,
    "author": Col.AUTHOR,
    "lang": Col.GIVEN_LANG,
    "place": Col.PLACE,
    "lat": Col.LAT,
    "lon": Col.LON,
    "label": Col.LABEL,
}


def role_labels() -> dict[str, str]:
    """Return what people call the roles of columns, in the order in which they are shown."""
    return {
        "text": t("Text of the post"),
        "time": t("Time"),
        "author": t("Author"),
        "place": t("Place"),
        "lang": t("Language"),
        "label": t("Label"),
        "id": t("Id"),
        "lat": t("Latitude"),
        "lon": t("Longitude"),
    }


@st.cache_data(max_entries=8, show_spinner=False)
def _look(path: str, modified: float, roles: tuple[str | None, ...], rows: int) -> FirstLook:
    return first_look(Path(path), ColumnRoles(*roles), rows)


def look_at(source: Path, roles: ColumnRoles, rows: int) -> FirstLook:
    """Return what the first rows of the file say under these roles."""
    return _look(str(source), source.stat().st_mtime, dataclasses.astuple(roles), rows)


def facts(look: FirstLook) -> None:
    """Draw what the first rows say, as four short facts."""
    sample = look.posts
    known = [code for code in look.languages if code != UNDETERMINED]
    named = ", ".join(map(language_name, known[:MOST_NAMED])) + (" …" if len(known) > MOST_NAMED else "")
    times = sample.table[Col.TIME].drop_nulls()
    first, last = times.min(), times.max()
    span = t("none")
    if isinstance(first, datetime) and isinstance(last, datetime):
        span = day(first) if first.date() == last.date() else f"{day(first)} – {day(last)}"
    rows = sample.rows_in_file
    told = {
        t("Posts, about"): number(look.expected_posts),
        t("Languages in the first rows"): named or "–",
        t("Times of the first rows (UTC)"): span,
        t("Of the first {number:,} rows", number=rows): t(
            "{empty:,} empty, {unreadable:,} unreadable",
            empty=sample.empty.height,
            unreadable=sample.unreadable.height,
        ),
    }
    for box, (label, value) in zip(st.columns(len(told)), told.items(), strict=True):
        box.markdown(f":small[{plain(label)}]  \n**{plain(value)}**")


def first_posts(look: FirstLook, project: Project) -> None:
    """Draw the first posts as they will be read, people masked, the role written over each column that has one."""
    table, roles = masked_rows(look.posts.table.head(MOST_SHOWN), project), look.posts.roles.named()
    labels, columns, config = role_labels(), {}, {}
    for role, label in labels.items():
        cells = table[_COLUMN_OF[role]]
        from_ids = role == "time" and role not in roles and cells.is_not_null().any()
        if not from_ids and (role not in roles or (role == "lon" and roles.get("lat") == roles["lon"])):
            continue
        shown = [minute(each) if each is not None else "" for each in cells] if role == "time" else cells.to_list()
        columns[role] = ["" if each is None else str(each) for each in shown]
        wide: Any = "large" if role == "text" else None
        config[role] = st.column_config.TextColumn(f"{label} ◂ {roles.get(role) or roles.get('id', '')}", width=wide)
    others = [name for name in table.columns if name.startswith("file:")]
    for name in others[:MOST_OTHERS]:
        columns[name] = table[name].to_list()
        config[name] = st.column_config.TextColumn(name.removeprefix("file:"))
    st.dataframe(pl.DataFrame(columns), hide_index=True, column_config=config, height="content", key="first_posts")
    if len(others) > MOST_OTHERS:
        st.caption(t("{count:,} more columns are kept without a role.", count=len(others) - MOST_OTHERS))
    for note in look.posts.notes:
        st.caption(plain(note))


def time_needed(look: FirstLook, asked: str) -> None:
    """Tell about how long the analysis takes here and by which encoder, after a short trial."""
    name = likely_encoder(asked, look)
    try:
        with st.spinner(t("Estimating the time …")):
            seconds = _seconds(name, look)
    except EncoderError as told:
        st.warning(plain(str(told)))
        return
    st.caption(t("{time} with {encoder}; you may close the page meanwhile.", time=_about(seconds), encoder=plain(name)))


def room_needed(posts: int, cut: bool = True) -> dict[str, Any] | None:
    """Tell where so many posts would not fit into memory, and return what a person wants then, None until it is said.

    ``cut``: the first posts alone can be had instead.
    """
    room = room_for(posts, cut=cut)
    if room.enough:
        return {}
    st.warning(short_of_memory(room), icon=":material/memory:")
    # What can be chosen is called the same while free memory changes from one moment to the next.
    offered: dict[str, tuple[str, dict[str, Any]]] = {
        "anyway": (t("Go on all the same, though memory may run out"), {"anyway": True})
    }
    if room.fit:
        offered = {"first": (t("Only the first posts, as many as fit"), {"first": room.fit})} | offered
    chosen = st.radio(
        t("What to do"), list(offered), index=0 if room.fit else None, key=f"room_choice_{cut}",
        format_func=lambda one: offered[one][0], label_visibility="collapsed",
    )  # fmt: skip
    return offered[chosen][1] if chosen else None


def short_of_memory(room: Room) -> str:
    """Return what is needed, what there is, what would fit, and what a person can do, in sentences."""
    told = [room.sentence()]
    if room.fit:
        told.append(t("About {count:,} of them would fit.", count=room.fit))
    return " ".join([*told, t("Close other programs, or use a machine with more memory.")])


def _seconds(name: str, look: FirstLook) -> float:
    key = f"_pace_{name}_{look.expected_posts}"
    if key not in st.session_state:
        st.session_state[key] = expected_seconds(look, resources.encoder(name))
    return float(st.session_state[key])


def _about(seconds: float) -> str:
    if seconds < 60:
        return t("Less than a minute")
    if seconds < 5400:
        return t("About {count} minutes", count=round(seconds / 60))
    return t("About {count} hours", count=round(seconds / 3600))
