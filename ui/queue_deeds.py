"""Deeds of the reading queue taken over from the browser: done once, in order; conflicts wait for a choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis_names import state_name
from ctse_core.errors import CtseError
from ctse_core.project import Project
from ctse_core.project.tags import add_tag
from ctse_core.project.triage import Deed, Marked, triage_at
from ctse_core.project.triage import mark as mark_posts
from ctse_core.project.triage_log import told, undo
from ctse_core.types import Col
from ctse_core.words import minute, t
from ui.queue_list.component import deeds_of

LIST = "queue_list"
_TAKEN, _CLASHES, _OWN, _SAID, _WRONG = "queue_taken", "queue_clashes", "queue_own", "queue_said", "queue_wrong"
_CHOICES = ("insist", "both", "leave")


def take_over(project: Project, analysis: Analysis) -> None:
    """Do what the list holds as done and was not done yet; a deed that came before is left out."""
    taken: dict[str, int] = st.session_state.setdefault(_TAKEN, {})
    for deed in deeds_of(LIST):
        if deed.get("project") != project.name:  # the browser still holds what was done in the one before
            continue
        window, _, number = str(deed["token"]).partition("-")
        if int(number) <= taken.get(window, 0):
            continue
        try:
            said, wrong = _do(project, analysis, deed), ""
        except CtseError as problem:
            said, wrong = "", str(problem)
        taken.pop(window, None)
        taken[window] = int(number)  # the window heard last stands last
        st.session_state[_SAID], st.session_state[_WRONG] = said, wrong


def standing() -> dict[str, Any]:
    """Return what the list is told: the token taken over last, what came of it, what went wrong, whether to undo."""
    taken = st.session_state.get(_TAKEN) or {"": 0}
    window, number = list(taken.items())[-1]
    return {
        "taken": f"{window}-{number}",
        "told": st.session_state.get(_SAID, ""),
        "problem": st.session_state.get(_WRONG, ""),
        "undoable": bool(st.session_state.get(_OWN)),
    }


def clash_of(position: int) -> dict[str, Any] | None:
    """Return what somebody else changed on the post meanwhile, in words, or None: told, note, known."""
    clash = _clashes().get(position)
    return None if clash is None else {name: clash[name] for name in ("told", "note", "known")}


def with_copies(table: pl.DataFrame, positions: list[int]) -> list[int]:
    """Return the posts at ``positions`` of the posts table (n rows) and all copies of them, ascending."""
    if Col.REPRESENTATIVE not in table.columns:
        return sorted(set(positions))
    groups = table[Col.REPRESENTATIVE].gather(positions).unique()
    return table.select(pl.col(Col.REPRESENTATIVE).is_in(groups.implode())).to_series().arg_true().to_list()


def _clashes() -> dict[int, dict[str, Any]]:
    return st.session_state.setdefault(_CLASHES, {})


def _do(project: Project, analysis: Analysis, deed: Mapping[str, Any]) -> str:
    """Do one deed and return what came of it, in words."""
    kind, value = str(deed["kind"]), str(deed.get("value") or "")
    inside = [int(post) for post in deed["posts"] if 0 <= int(post) < analysis.table.height]
    if kind == "undo":
        return _undo(project)
    if kind in _CHOICES:
        return _choose(project, kind, inside)
    if not inside:
        return ""
    if kind == "tag":
        count = add_tag(project.folder, with_copies(analysis.table, inside), value)
        return t("Tagged {count:,} posts “{tag}”", count=count, tag=value)
    meant = _alike(project, analysis, inside)
    wish = Deed(kind, value, int(deed["known"]), str(deed["token"]))
    return _marked(project, analysis, inside, meant, wish)


def _alike(project: Project, analysis: Analysis, positions: list[int]) -> list[int]:
    """Return the posts and those of their copies that stand as they do: what others took in hand is left to them."""
    whole = with_copies(analysis.table, positions)
    if len(whole) == len(positions):
        return whole
    stand = triage_at(project.folder, whole)[0].with_columns(analysis.table[Col.REPRESENTATIVE].gather(whole))
    own = stand.filter(pl.col("position").is_in(positions)).select(Col.REPRESENTATIVE, Col.STATE, Col.OWNER).unique()
    return stand.join(own, on=own.columns, how="semi", nulls_equal=True)["position"].to_list()


def _marked(project: Project, analysis: Analysis, posts: list[int], meant: list[int], wish: Deed) -> str:
    came = mark_posts(project.folder, meant, wish)
    if came.changed:
        own = st.session_state.setdefault(_OWN, [])
        if came.number not in own:
            own.append(came.number)
    _remember(analysis, posts, came, wish)
    said = [told(wish.kind, wish.value, came.changed)] if came.changed else []
    if came.conflicts.height:
        said.append(t("{count:,} posts were changed by somebody else meanwhile: choose below", count=len(_clashes())))
    return " · ".join(said) or t("These posts stand so already")


def _remember(analysis: Analysis, posts: list[int], came: Marked, wish: Deed) -> None:
    """Keep what was refused with the post in the list that stands for it, until the person chooses."""
    clashes = _clashes()
    group = analysis.table[Col.REPRESENTATIVE] if Col.REPRESENTATIVE in analysis.table.columns else None
    shown = {post if group is None else group[post]: post for post in posts}
    for theirs in came.conflicts.iter_rows(named=True):
        post = shown.get(theirs["position"] if group is None else group[theirs["position"]], theirs["position"])
        clash = clashes.setdefault(post, {"posts": [], "known": came.number, "deed": wish})
        clash["posts"].append(theirs["position"])
        clash |= {"told": clash_told(theirs, wish), "note": wish.kind == "note"}
    for post in posts:
        if not came.conflicts.height and post in clashes:
            del clashes[post]


def clash_told(theirs: Mapping[str, Any], wish: Deed) -> str:
    """Return in words who changed a post to what, and what was wished beside it."""
    about = {"name": theirs["author"], "time": minute(theirs["at"])}
    if wish.kind in ("note", "add_note"):
        said = t("{name} wrote a note here ({time}), after this page showed the post: “{note}”",
                 **about, note=theirs[Col.NOTE] or "")  # fmt: skip
        return said + "\n" + t("Yours is kept in the history: “{note}”", note=wish.value)
    state = state_name(theirs[Col.STATE])
    if theirs[Col.OWNER]:
        state = t("{state}: {owner}", state=state, owner=theirs[Col.OWNER])
    said = t("{name} set this post to “{state}” ({time}), after this page showed it.", **about, state=state)
    return said + "\n" + t("You wanted: {wish}", wish=wish_told(wish))


def wish_told(wish: Deed) -> str:
    """Return in few words what somebody wanted to do with a post."""
    words = {
        "seen": t("Seen"), "done": t("Done"), "unread": t("Unread"), "release": t("To nobody"),
        "assign": t("Assign to {name}", name=wish.value),
    }  # fmt: skip
    return words.get(wish.kind, wish.kind)


def _choose(project: Project, kind: str, posts: list[int]) -> str:
    """Do what a person chose about a conflict: their own wish after all, both notes, or what stands."""
    said = ""
    for post in posts:
        clash = _clashes().pop(post, None)
        if clash is None or kind == "leave":
            continue
        wish: Deed = clash["deed"]
        came = mark_posts(project.folder, clash["posts"], Deed("add_note" if kind == "both" else wish.kind, wish.value))
        if came.changed:
            st.session_state.setdefault(_OWN, []).append(came.number)
            said = told(wish.kind, wish.value, came.changed)
    return said


def _undo(project: Project) -> str:
    own: list[int] = st.session_state.get(_OWN, [])
    if not own:
        return ""
    restored, stayed = undo(project.folder, own.pop())
    said = told("undo", "", restored)
    if stayed:
        said += " · " + t("{count:,} were changed since and stay", count=stayed)
    return said
