"""The Python side of the reading queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ctse_core.crisis_names import STATES, state_name
from ctse_core.words import t

_HERE = Path(__file__).parent
ABOUT = ("needs", "places", "history", "sources")
"""What can be asked about posts: needs and urgency, places, what was done with them, who stands behind them."""


@dataclass(frozen=True)
class Told:
    """What was asked for: a ``topic`` to filter by, or ``about`` (one of ABOUT) with its ``posts``."""

    topic: int | None = None
    about: str = ""
    posts: tuple[int, ...] = ()


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "ctse_queue_list",
        html='<div class="holder"></div>',
        css=(_HERE / "queue.css").read_text(encoding="utf-8"),
        js=(_HERE / "queue.js").read_text(encoding="utf-8"),
    )


def show_queue(
    posts: Sequence[Mapping[str, Any]],
    about: Mapping[str, Any],
    key: str,
    done: Callable[[], None],
    more: Callable[[], None],
) -> Told:
    """Draw posts to work through and return what was asked for; ``done`` is called when there are deeds, ``more``
    when the next posts are asked for.

    ``about`` has project (its name), reading (whether handled posts step back), batch (a number, another one for other
    posts), known (the newest deed), taken (the token of the last deed taken over), told, problem, undoable, more (the
    words of the button for the next posts, "" without), owners, tags, me. Deeds come through ``deeds_of``.
    """
    asked = _component()(
        data={**about, "posts": list(posts), "labels": _labels()},
        key=key,
        on_deeds_change=done,
        on_more_change=more,
        on_topic_change=lambda: None,
        on_about_change=lambda: None,
        height="content",
    )
    about = asked.about or {}
    return Told(asked.topic, str(about.get("what", "")), tuple(map(int, about.get("posts", ()))))


def deeds_of(key: str) -> list[dict[str, Any]]:
    """Return what the list holds as done: token, kind, value, posts, known, project; oldest first."""
    return [dict(deed) for deed in (st.session_state.get(key) or {}).get("deeds") or ()]


def _labels() -> dict[str, Any]:
    return {
        "states": {state: state_name(state) for state in STATES},
        "kinds": kinds(),
        "editors": {
            "assign": [t("Who looks after this post?"), t("Who looks after these {posts} posts?")],
            "note": [t("Note on this post"), t("Add to the notes on {posts} posts")],
            "tag": [t("Put a tag on this post"), t("Put a tag on {posts} posts")],
        },
        "keys": _keys(),
        "letters": t("Single letters are commands (switch off if you use speech or a screen reader's letters)"),
        "handled": t("{handled} of {all} read"),
        "chosen": t("{chosen} chosen"),
        "tick": t("Choose this post"),
        "all": t("Choose all shown"),
        "none": t("Choose none"),
        "undo": t("Undo"),
        "help": t("Keys"),
        "save": t("Save"),
        "cancel": t("Cancel"),
        "saving": t("Saving …"),
        "about": {"needs": t("Needs…"), "places": t("Places…"), "history": t("History")},
        "topic": t("Filter to this topic"),
        "sources": t("Who stands behind this post"),
        "id": t("post id"),
        "insist": t("Do it all the same"),
        "leave": t("Leave it as it is"),
        "both": t("Keep both notes"),
    }


def kinds() -> dict[str, str]:
    """Return what is done with posts, in words, by kind of deed."""
    return {
        "seen": t("Seen"),
        "assign": t("Assign…"),
        "done": t("Done"),
        "note": t("Note…"),
        "tag": t("Tag…"),
        "unread": t("Unread"),
    }


def _keys() -> list[tuple[list[str], str]]:
    return [
        (["j", "k"], t("next and previous post")),
        (["g", "G"], t("first and last post")),
        (["x"], t("choose this post; with the mouse, Shift chooses a range")),
        (["X"], t("choose all shown")),
        (["s"], t("seen: read, nothing to do")),
        (["a"], t("assign to somebody")),
        (["d"], t("done: dealt with")),
        (["n"], t("write a note")),
        (["t"], t("put a tag on")),
        (["u"], t("unread: back to the new ones")),
        (["z"], t("take the last step back")),
        (["w"], t("why these needs and this urgency; correct them")),
        (["p"], t("which places are meant; correct them")),
        (["h"], t("who did what with this post")),
        (["."], t("the next posts")),
        (["Esc"], t("choose none, close")),
        (["?"], t("show these keys")),
    ]
