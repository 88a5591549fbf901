"""Every session key and every address parameter, typed, in one place.

The session holds choices, never products. The address repeats the choices that make a view, so that a
link or a refresh brings it back; Streamlit clears the address on a page change, so it is written anew
from the session on every run.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import streamlit as st

from ctse_core.filters import Filter
from ctse_core.question import MODES, Mode
from ctse_core.words import LANGUAGES, spoken

PROJECT = "project"
UI = "ui"
FILTER = "filter"
QUESTION = "q"
MODE = "mode"
LIKE = "like"
UNLIKE = "unlike"
TOPIC = "open"
COLOUR = "colour"
RERANK = "rerank"
NAMES = "names"
ZONE = "tz"
LEVEL, SHADE, STALE, AGES = "level", "shade", "stale", "ages"
OFF = "off"
PAST, FUTURE = "filter_past", "filter_future"
MOST_STEPS = 50  # of the filter that can be taken back
UPLOAD_ROUND = "upload_round"
SELECTION = "selection"
_OF_PROJECT = (
    "filter_",
    "question_",
    "role_",
    "structure_",
    "endpoint",
    "send_",
    "topic_",
    "queue_",
    "triage_",
    "switch_",
    "_selection",
    "_seed_",
)

_PLAIN_PARAMETERS = (
    *(PROJECT, QUESTION, MODE, LIKE, UNLIKE, TOPIC, COLOUR, RERANK, NAMES, ZONE),
    *(LEVEL, SHADE, STALE, AGES),
)


def begun() -> bool:
    """Return whether this session has shown a page yet."""
    return "_page" in st.session_state


def read_address(page: str) -> None:
    """Take the choices from the address where it has any, else keep the session's; then write them back."""
    if st.session_state.get("_page") != page:
        # Streamlit empties widgets on a page change: each takes its choice from the session again.
        st.session_state["_page"] = page
        for key in [key for key in st.session_state if str(key).startswith("_seed_")]:
            del st.session_state[key]
    given = st.query_params.to_dict()
    keep_interface(given.get(UI))
    if given:
        for name in _PLAIN_PARAMETERS:
            if name in given:
                st.session_state[f"_{name}"] = given[name]
            elif PROJECT in given:
                st.session_state.pop(f"_{name}", None)
        if PROJECT in given:
            st.session_state[f"_{FILTER}"] = Filter.from_query(given)
    write_address()


def write_address() -> None:
    """Write the session's choices into the address, if they are not there already."""
    wanted = {name: str(st.session_state[f"_{name}"]) for name in (*_PLAIN_PARAMETERS, UI) if _chosen(name)}
    wanted |= chosen_filter().to_query()
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def interface() -> str:
    """Return the chosen interface language, or an empty text."""
    return str(st.session_state.get(f"_{UI}", ""))


def keep_interface(code: str | None) -> None:
    """Keep a language of the interface as chosen; other codes change nothing."""
    if code in LANGUAGES:
        st.session_state[f"_{UI}"] = code


def _chosen(name: str) -> bool:
    value = st.session_state.get(f"_{name}")
    return value is not None and value is not False and value != ""  # topic 0 and post 0 are choices


def choose(**choices: Any) -> None:
    """Set choices by name (None forgets one) and write the address."""
    for name, value in choices.items():
        if value is None or value == "":
            st.session_state.pop(f"_{name}", None)
        else:
            st.session_state[f"_{name}"] = value
    write_address()


def project_name() -> str | None:
    """Return the chosen project's name, or None."""
    return st.session_state.get(f"_{PROJECT}")


def open_project(name: str | None) -> None:
    """Choose a project; choices that belong to the one before are forgotten."""
    for other in (FILTER, PAST, FUTURE, QUESTION, MODE, LIKE, UNLIKE, TOPIC, COLOUR, RERANK, NAMES):
        st.session_state.pop(f"_{other}", None)
    for key in [key for key in st.session_state if str(key).startswith(_OF_PROJECT)]:
        del st.session_state[key]
    choose(project=name)


def chosen_filter() -> Filter:
    """Return the filter that all pages share."""
    return st.session_state.get(f"_{FILTER}", Filter())


def choose_filter(wanted: Filter) -> None:
    """Set the filter that all pages share; the one before can be brought back."""
    before = chosen_filter()
    if wanted != before:
        st.session_state[f"_{PAST}"] = [*_steps(PAST), before][-MOST_STEPS:]
        st.session_state.pop(f"_{FUTURE}", None)
    choose(filter=wanted if wanted else None)


def undo_filter() -> None:
    """Bring back the filter that was set before this one, if there was one."""
    _step_filter(PAST, FUTURE)


def redo_filter() -> None:
    """Set the filter again that was taken back last, if one was."""
    _step_filter(FUTURE, PAST)


def can_undo() -> bool:
    """Return whether a filter was set before this one."""
    return bool(_steps(PAST))


def can_redo() -> bool:
    """Return whether a filter was taken back that can be set again."""
    return bool(_steps(FUTURE))


def _steps(name: str) -> list[Filter]:
    return list(st.session_state.get(f"_{name}", []))


def _step_filter(source: str, target: str) -> None:
    steps = _steps(source)
    if not steps:
        return
    wanted = steps.pop()
    st.session_state[f"_{target}"] = [*_steps(target), chosen_filter()]
    st.session_state[f"_{source}"] = steps
    choose(filter=wanted if wanted else None)


def question() -> str:
    """Return the question last asked, or an empty text."""
    return str(st.session_state.get(f"_{QUESTION}", ""))


def mode() -> Mode:
    """Return how questions are looked for."""
    asked = st.session_state.get(f"_{MODE}", MODES[0])
    return asked if asked in MODES else MODES[0]


def rerank() -> bool:
    """Return whether questions are re-ranked where they can be: yes, unless somebody switched it off."""
    return text(RERANK) != OFF


def language_of_names() -> str:
    """Return the language in which topics are named: the one chosen, else the interface's."""
    return text(NAMES) or spoken()


def zone() -> str:
    """Return the time zone that times are told in, as the IANA names it; UTC where none is chosen or known."""
    chosen = text(ZONE, "UTC")
    return chosen if chosen in zones() else "UTC"


@functools.cache
def zones() -> tuple[str, ...]:
    """Return the time zones that can be chosen: UTC, then those named for a city."""
    from zoneinfo import available_timezones

    apart = ("Etc/", "posix/", "right/", "SystemV/", "US/")
    return ("UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(apart)))


def number(name: str) -> int | None:
    """Return a choice that is a whole number, or None."""
    try:
        return int(st.session_state[f"_{name}"])
    except (KeyError, TypeError, ValueError):
        return None


def positions(name: str) -> tuple[int, ...]:
    """Return a choice that is positions of posts, each once; parts that are no numbers are left out."""
    parts = [part.strip() for part in text(name).split(",")]
    return tuple(dict.fromkeys(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10))


def text(name: str, default: str = "") -> str:
    """Return a choice that is a text."""
    return str(st.session_state.get(f"_{name}", default))


def one_of(name: str, allowed: Iterable[str]) -> str:
    """Return a choice if it is one of ``allowed``, else the first of them."""
    known = list(allowed)
    chosen = text(name)
    return chosen if chosen in known else known[0]


def follow(key: str, value: Any) -> None:
    """Give the widget with this key ``value``, if that changed outside the widget or the widget is new.

    A widget keeps its own value while a person works on it; a link, a chip or a click elsewhere moves it.
    """
    if key not in st.session_state or st.session_state.get(f"_seed_{key}") != value:
        st.session_state[key] = value
    st.session_state[f"_seed_{key}"] = value


def taken(key: str, value: Any) -> None:
    """Tell that the widget's own value has become the choice, so that it is not moved back."""
    st.session_state[f"_seed_{key}"] = value


def selection(fresh: list[int]) -> list[int]:
    """Return the positions selected on the map: the fresh ones, else those selected before."""
    if fresh:
        st.session_state[f"_{SELECTION}"] = fresh
    return list(st.session_state.get(f"_{SELECTION}", []))


def clear_selection() -> None:
    """Forget what was selected on the map, there too."""
    st.session_state.pop(f"_{SELECTION}", None)
    st.session_state["_map_round"] = map_round() + 1


def map_round() -> int:
    """Return a number that changes when the map's own selection is to be forgotten."""
    return int(st.session_state.get("_map_round", 0))


def upload_round() -> int:
    """Return a number that changes when an upload was taken over, so that the uploader forgets the file."""
    return int(st.session_state.get(f"_{UPLOAD_ROUND}", 0))


def next_upload_round() -> None:
    """Make the uploader forget the file that was taken over."""
    st.session_state[f"_{UPLOAD_ROUND}"] = upload_round() + 1
