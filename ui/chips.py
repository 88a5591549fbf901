"""What the shared filter holds, as chips that can be taken off; undo, redo and clear."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis_names import named
from ctse_core.figures import language_name
from ctse_core.filters import Filter
from ctse_core.manifest import files_of
from ctse_core.project.sets import KeptSets
from ctse_core.types import UNSORTED, TopicCol
from ctse_core.words import minute, t
from ui import state
from ui.widgets import plain

MOST_CHIPS = 5  # of one field; more stand together in one chip
_LETTERS = 48  # of a chip


def topic_names(analysis: Analysis) -> dict[int, str]:
    """Return the name of each topic by its id, "Unsorted" for -1."""
    topics = analysis.topics
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    return names | {UNSORTED: t("Unsorted")}


def file_names(analysis: Analysis) -> dict[int, str]:
    """Return the name of each of the project's files by its number, 0 the first."""
    return {number: str(one["name"]) for number, one in enumerate(files_of(analysis.manifest))}


def settled(analysis: Analysis) -> list[str]:
    """Take off the filter what this project does not have any more, and tell so in sentences."""
    now = state.chosen_filter()
    names = topic_names(analysis) if now.topics else {}
    topics = tuple(topic for topic in now.topics if topic in names)
    sets = tuple(key for key in now.sets if analysis.sets.get(key) is not None)
    told = []
    if sets != now.sets:
        told.append(
            t("The filter named kept posts that are not part of this project (any more); that part was taken off.")
        )
    if topics != now.topics:
        told.append(t("The filter named a topic that is not there (any more); that part was taken off."))
    if told:
        wanted = dataclasses.replace(now, topics=topics, sets=sets)
        state.choose(filter=wanted if wanted else None)
    return told


def filter_chips(analysis: Analysis) -> None:
    """Draw what the filter holds as chips; a click takes one off."""
    now = state.chosen_filter()
    if not now and not state.can_undo() and not state.can_redo():
        return
    chips = _chips(now, analysis) if now else {}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter_chips"):
        for name, (reads, rest) in chips.items():
            st.button(
                reads, icon=":material/close:", icon_position="right", key=f"chip_{name}",
                on_click=state.choose_filter, args=(rest,),
            )  # fmt: skip
        _buttons(len(chips))


def _buttons(chips: int) -> None:
    if chips:
        st.button(
            t("Clear all"), icon=":material/filter_alt_off:", type="tertiary", key="filter_clear",
            on_click=state.choose_filter, args=(Filter(),),
        )  # fmt: skip
    if state.can_undo():
        st.button(t("Undo"), icon=":material/undo:", type="tertiary", key="filter_undo", on_click=state.undo_filter)
    if state.can_redo():
        st.button(t("Redo"), icon=":material/redo:", type="tertiary", key="filter_redo", on_click=state.redo_filter)


def _chips(now: Filter, analysis: Analysis) -> dict[str, tuple[str, Filter]]:
    """Return what each chip reads and the filter without it, by a name of its own."""
    names = topic_names(analysis) if now.topics else {}
    named_by = named(analysis.crisis)
    chips: dict[str, tuple[str, Filter]] = {}
    many = {
        "languages": lambda count: t("{count:,} languages", count=count),
        "topics": lambda count: t("{count:,} topics", count=count),
        "places": lambda count: t("{count:,} places", count=count),
        "tags": lambda count: t("{count:,} tags", count=count),
        "files": lambda count: t("{count:,} files", count=count),
        "needs": lambda count: t("{count:,} needs", count=count),
        "urgencies": lambda count: t("{count:,} levels of urgency", count=count),
        "located": lambda count: t("{count:,} places", count=count),
        "states": lambda count: t("{count:,} states", count=count),
        "owners": lambda count: t("{count:,} people", count=count),
    }
    one: dict[str, Callable[..., str]] = {
        "languages": language_name,
        "topics": lambda topic: (
            t("Topic: {name}", name=names.get(topic, topic)) if topic != UNSORTED else t("Unsorted")
        ),
        "places": lambda place: t("Place: {name}", name=place) if place else t("Unplaced"),
        "tags": lambda tag: t("Tag: {name}", name=tag) if tag else t("Untagged"),
        "files": lambda file: t("From file: {name}", name=file_names(analysis).get(file, str(file + 1))),
        "needs": lambda key: t("Need: {name}", name=named_by["needs"](key)) if key else named_by["needs"](key),
        "urgencies": lambda level: t("Urgency: {name}", name=named_by["urgencies"](level)),
        "located": lambda key: t("About: {name}", name=named_by["located"](key)) if key else named_by["located"](key),
        "states": named_by["states"],
        "owners": lambda owner: t("With: {name}", name=named_by["owners"](owner)),
    }
    for field, together in many.items():
        values = getattr(now, field)
        if len(values) > MOST_CHIPS:
            chips[field] = (together(len(values)), now.having(field, ()))
            continue
        for value in values:
            rest = tuple(other for other in values if other != value)
            chips[f"{field} {value}"] = (_short(one[field](value)), now.having(field, rest))
    return chips | _single_chips(now, analysis)


def _single_chips(now: Filter, analysis: Analysis) -> dict[str, tuple[str, Filter]]:
    chips: dict[str, tuple[str, Filter]] = {}
    if now.since or now.until:
        chips["time"] = (_time(now.since, now.until), dataclasses.replace(now, since=None, until=None))
    if now.undated:
        chips["undated"] = (t("Undated"), dataclasses.replace(now, undated=False))
    if now.words:
        chips["words"] = (_short(f"“{now.words}”"), dataclasses.replace(now, words=""))
    if now.originals:
        chips["originals"] = (t("Without copies"), dataclasses.replace(now, originals=False))
    if now.area:
        chips["area"] = (t("Inside an outline on the map"), dataclasses.replace(now, area=()))
    for key in now.sets:
        about = analysis.sets.about(key) if isinstance(analysis.sets, KeptSets) else None
        rest = tuple(other for other in now.sets if other != key)
        name = about.label if about else t("Kept posts")
        chips[f"set {key}"] = (_short(name), dataclasses.replace(now, sets=rest))
    return chips


def _time(since: datetime | None, until: datetime | None) -> str:
    if since and until:
        return t("{since} to {until}", since=minute(since).removesuffix(" UTC"), until=minute(until))
    return t("from {since}", since=minute(since)) if since else t("before {until}", until=minute(until or datetime.min))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return plain(line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…")
