"""The places of one post: why each was read, what else it may be, and the way to correct it."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis.gazetteer import PLACES_SCHEMA, load_gazetteer
from ctse_core.crisis.place_words import name_words
from ctse_core.crisis.told_places import spans_of, with_surroundings_of
from ctse_core.errors import EditError
from ctse_core.place_facts import (
    SaidName,
    countries_of,
    kind_label,
    look_up,
    names_in_post,
    new_place,
    place_label,
    posts_saying,
    why_told,
)
from ctse_core.project import Project
from ctse_core.project.place_marks import (
    EVERYWHERE,
    PlaceMark,
    add_place_mark,
    place_marks,
    told,
    undo_place_mark,
)
from ctse_core.types import Col
from ctse_core.words import t
from ui.widgets import done, plain

PLACES = "places"
"""The key of the action on posts that opens the dialogue about their places."""
_NONE, _OTHER, _TYPED = "", "?", "typed"
_SEEN = "place_fix_seen"


def place_dialogue(project: Project, analysis: Analysis, position: int) -> None:
    """Open the dialogue about the places of the post at ``position`` of the posts table."""
    marks = place_marks(project.folder)
    st.session_state[_SEEN] = marks[-1].id if marks else 0
    st.dialog(t("Places of this post"), width="large")(_dialogue)(project, analysis, position)


def _dialogue(project: Project, analysis: Analysis, position: int) -> None:
    st.text(analysis.table[Col.TEXT][position], width="stretch")
    names = names_in_post(analysis, project, position)
    places = analysis.crisis.places if analysis.crisis is not None else pl.DataFrame()
    if not names:
        st.info(t("No word of this post is the name of a place that is known here. Add the place below."))
    labels = {place: _chip(name, places) for place, name in enumerate(names)} | {len(names): t("Add a place")}
    chosen = st.pills(
        t("Names in this post"),
        list(labels),
        format_func=labels.__getitem__,
        default=0,
        required=True,
        key="place_fix_name",
    )
    name = names[chosen] if chosen is not None and chosen < len(names) else None
    if name is not None:
        _now(name, places)
    _correct(project, analysis, position, name)
    told_here = {
        mark.said for mark in place_marks(project.folder) if spans_of(analysis.table[Col.TEXT][position], mark.said)
    }
    _corrections(project, position, told_here | {name_words(one.said) for one in names})


def _chip(name: SaidName, places: pl.DataFrame) -> str:
    """Return a name and what it is taken for, in few words."""
    if name.key and (not name.said or name.why in ("column", "coordinates")):
        return t("the file: {place}", place=_label(name.key, name.candidates, places))
    said = name.said
    if not name.key:
        return t("“{said}”: no place", said=said)
    return t("“{said}”: {place}", said=said, place=_label(name.key, name.candidates, places))


def _row(key: str, *tables: pl.DataFrame) -> dict[str, Any] | None:
    for table in tables:
        found = table.filter(pl.col("key") == key) if table.height else table
        if found.height:
            return found.row(0, named=True)
    return None


def _label(key: str, candidates: pl.DataFrame, places: pl.DataFrame) -> str:
    row = _row(key, places, candidates)
    return key if row is None else place_label(row, places)


def _now(name: SaidName, places: pl.DataFrame) -> None:
    """Say what the name is taken for, how surely, and why."""
    row = _row(name.key, places, name.candidates) if name.key else None
    if row is None:
        st.markdown(t("“{said}” is **not** taken for a place here.", said=plain(name.said)))
    elif name.why.startswith("person"):
        st.markdown(
            t("Taken for **{place}** ({kind}).", place=plain(place_label(row, places)), kind=plain(kind_label(row)))
        )
    else:
        told_as = t("Taken for **{place}** ({kind}), {percent:.0%} sure.", place=plain(place_label(row, places)),
                    kind=plain(kind_label(row)), percent=name.confidence)  # fmt: skip
        st.markdown(told_as)
    reasons = why_told(name.why)
    if reasons:
        st.caption(plain(" ".join(reasons)))


def _correct(project: Project, analysis: Analysis, position: int, name: SaidName | None) -> None:
    """Draw the form that says what the name means, in this post or in all."""
    row = _chosen_place(analysis, name)
    if row is None:
        return
    said = name.said if name is not None else str(row.get(_TYPED, ""))
    if name is None and not spans_of(analysis.table[Col.TEXT][position], name_words(said)):
        said = ""
    scope, key = position, str(row.get("key", _NONE))
    if said:
        count = posts_saying(analysis, said)
        everywhere = t("In all {count:,} posts that say “{said}”", count=count, said=said)
        where = st.radio(t("Where"), [t("Only in this post"), everywhere], key="place_fix_scope", horizontal=True)
        scope = EVERYWHERE if where == everywhere else position
    unchanged = name is not None and key == name.key and scope == position
    if st.button(t("Save"), type="primary", disabled=unchanged, key="place_fix_save"):
        kept = {column: row[column] for column in PLACES_SCHEMA} if key else None
        done(lambda: _save(project, PlaceMark(name_words(said), key, scope, said, kept)))


def _save(project: Project, mark: PlaceMark) -> None:
    """Keep a correction; where somebody was faster, the next save knows of it."""
    try:
        add_place_mark(project.folder, mark, int(st.session_state.get(_SEEN, 0)))
    except EditError:
        st.session_state[_SEEN] = place_marks(project.folder)[-1].id
        raise


def _chosen_place(analysis: Analysis, name: SaidName | None) -> dict[str, Any] | None:
    """Return the row of the place that the person chooses, without a key for "no place", None while none is chosen."""
    if name is None:
        return _searched(analysis, "")
    places = analysis.crisis.places if analysis.crisis is not None else name.candidates
    rows = {row["key"]: row for row in name.candidates.iter_rows(named=True)}
    if name.key and name.key not in rows:
        rows = {name.key: _row(name.key, places) or {}} | rows
    labels = {key: f"{place_label(row, places)} ({kind_label(row)})" for key, row in rows.items() if row}
    labels |= {_OTHER: t("Another place …"), _NONE: t("No place")}
    keys = list(labels)
    now = keys.index(name.key) if name.key in labels else keys.index(_NONE)
    key = st.selectbox(
        t("It means"), keys, index=now, format_func=labels.__getitem__, key=f"place_fix_means_{name.said}"
    )
    if key == _OTHER:
        return _searched(analysis, name.said)
    return rows.get(key, {"key": _NONE}) if key is not None else None


def _searched(analysis: Analysis, said: str) -> dict[str, Any] | None:
    """Draw the search for a place by name; one that nobody knows can be added with its degrees."""
    written = st.text_input(t("Name of the place"), value=said, key=f"place_fix_search_{said}").strip()
    if not written:
        return None
    known = look_up(written, countries_of(analysis))
    around = with_surroundings_of(known["key"].to_list(), load_gazetteer())
    rows = {row["key"]: row for row in known.iter_rows(named=True)}
    if not any(name_words(row["name"]) == name_words(written) for row in rows.values()):
        st.caption(t("No place is called exactly “{name}” in the list that comes with CTSE. Choose one that is nearly "
                     "called so, or add it with its degrees.", name=plain(written)))  # fmt: skip
    labels = {key: f"{place_label(row, around)} ({kind_label(row)})" for key, row in rows.items()}
    labels[_OTHER] = t("A place of our own: “{name}”", name=written)
    key = st.radio(t("Which one"), list(labels), format_func=labels.__getitem__, key=f"place_fix_which_{written}")
    row = _own(analysis, written) if key == _OTHER else rows.get(key or "")
    return None if row is None else row | {_TYPED: written}


def _own(analysis: Analysis, name: str) -> dict[str, Any] | None:
    """Draw the fields of a place that no list knows."""
    countries = countries_of(analysis)
    with st.container(horizontal=True):
        lat = st.number_input(t("Latitude"), -90.0, 90.0, value=None, format="%.4f", key="place_fix_lat")
        lon = st.number_input(t("Longitude"), -180.0, 180.0, value=None, format="%.4f", key="place_fix_lon")
        country = st.selectbox(t("Country"), ["", *countries], key="place_fix_country", accept_new_options=True)
    st.caption(t("Without degrees it is counted, and not drawn on the map."))
    if (lat is None) != (lon is None):
        return None
    return new_place(name, lat, lon, (country or "").upper()[:2])


def _corrections(project: Project, position: int, names: set[str]) -> None:
    """List the corrections that concern this post, each with who and when, and take one back."""
    marks = [
        mark
        for mark in place_marks(project.folder)
        if mark.position == position or (mark.position == EVERYWHERE and mark.said in names)
    ]
    if not marks:
        return
    with st.expander(t("Corrections ({count})", count=len(marks))):
        for mark in reversed(marks[-30:]):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(told(mark)) if not mark.undone else f"~~{plain(told(mark))}~~")
                if not mark.undone and st.button(t("Take back"), key=f"place_fix_undo_{mark.id}"):
                    done(partial(undo_place_mark, project.folder, mark.id))
