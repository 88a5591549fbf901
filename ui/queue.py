"""The reading queue: the posts to read now, in order, and what stands already; worked through by keyboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.crisis_names import need_name, place_name, state_name, urgency_name
from ctse_core.figures import language_name
from ctse_core.project.database import author
from ctse_core.project.tags import tags_at
from ctse_core.project.triage import STATES, newest_deed, triage_at, triage_columns
from ctse_core.reading_queue import LENGTH, NEEDED, NEW, NOT_JUDGED, Next, in_order, next_to_read
from ctse_core.remembered import remembered
from ctse_core.source_words import sources_in_short
from ctse_core.types import UNSORTED, Col
from ctse_core.words import minute, speak, spoken, t
from ui import state
from ui.frame import Workspace
from ui.needs import needs_dialogue
from ui.picking import filter_mark
from ui.place_fix import place_dialogue
from ui.queue_deeds import LIST, clash_of, standing, take_over
from ui.queue_list import Told, show_queue
from ui.sources import sources_dialogue
from ui.tagging import tags_of
from ui.triage import history_dialogue, owners_of, triage_button

ALL = "all"
_BATCH, _ON = "queue_batch", "queue_on"
_MUCH_ALIKE = 0.18  # novelty up to which it is said
_MOST_TAGS = 200  # to choose from
_FRESH = 20  # seconds after which the list looks for what others did


@dataclass(frozen=True)
class Batch:
    """The posts in hand: ``mark`` tells what they were chosen from, ``number`` tells one batch from another."""

    mark: tuple[Any, ...]
    number: int
    found: Next
    passed: tuple[int, ...]
    """Posts shown before, in reading order."""


def reading_list(workspace: Workspace) -> None:
    """Draw the choice of what to read, what can be done with all of it, and the posts in hand."""
    if workspace.project is not None:
        _list(workspace, spoken())


@st.fragment(run_every=_FRESH)
def _list(workspace: Workspace, lang: str) -> None:
    """Draw the list as it stands now; only this runs again when something is done with posts."""
    speak(lang)
    project, whole = workspace.project, workspace.whole
    if project is None:
        return
    take_over(project, whole)
    standing_now = _live(workspace)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        view = _view(standing_now)
        posts = standing_now if view == ALL else standing_now.filter(pl.col(Col.STATE) == view)
        triage_button(workspace, posts["position"], "queue")
    batch = _batch(workspace, posts, view)
    if batch.found.rows.height:
        _caption(batch, posts.height, view)
        _cards(workspace, batch, view)
    elif posts.height:
        st.info(t("You have been through all of these. The ones you passed over can be shown again."))
        if st.button(t("Show them again"), icon=":material/replay:"):
            st.session_state.pop(_BATCH, None)
            st.rerun(scope="fragment")
    else:
        _nothing(view)


def _live(workspace: Workspace) -> pl.DataFrame:
    """Return the posts that pass the filter, what orders them, with their states as they are now."""
    project, whole = workspace.project, workspace.whole
    if project is None:
        return workspace.table.head(0)
    posts, run = whole.table.height, whole.manifest.get("made")
    depends_on = (str(project.folder), run, posts, newest_deed(project.folder))
    states = remembered("triage", depends_on, lambda: triage_columns(project.folder, posts))[Col.STATE]
    told = workspace.table.select("position", *(name for name in NEEDED if name in workspace.table.columns))
    return told.with_columns(states.gather(told["position"]))


def _view(posts: pl.DataFrame) -> str:
    """Draw how many posts that pass the filter stand how; return which of them are to be shown."""
    counts = dict(posts.group_by(Col.STATE).len().iter_rows()) | {ALL: posts.height}
    names = {state: state_name(state) for state in STATES} | {ALL: t("All"), NEW: t("To read")}

    def reads(view: str) -> str:
        return t("{name} {count:,}", name=names[view], count=counts.get(view, 0))

    return st.segmented_control(
        t("Which posts"), list(names), default=NEW, format_func=reads, required=True, key="queue_view",
        label_visibility="collapsed",
    )  # fmt: skip


def _nothing(view: str) -> None:
    if view == NEW:
        st.success(t("Nothing new to read among these posts: each was looked at. Change the filter to see others."))
    else:
        st.info(t("No post stands so yet among these."))


def _batch(workspace: Workspace, posts: pl.DataFrame, view: str) -> Batch:
    """Return the posts in hand: those chosen before as long as nothing else is asked for."""
    project, manifest = workspace.project, workspace.whole.manifest
    mark = (project and project.name, manifest.get("made"), filter_mark(), view)
    held: Batch | None = st.session_state.get(_BATCH)
    if held is not None and held.mark == mark and st.session_state.pop(_ON, None) != held.number:
        return held
    before = held if held is not None and held.mark == mark else Batch(mark, 0, Next(pl.DataFrame(), 0), ())
    batch = _chosen(workspace, posts, before, held.number + 1 if held else 1)
    st.session_state[_BATCH] = batch
    return batch


def _go_on(batch: Batch) -> None:
    """Ask for the posts after this batch; said twice it is done once."""
    st.session_state[_ON] = batch.number


def _chosen(workspace: Workspace, posts: pl.DataFrame, before: Batch, number: int) -> Batch:
    passed = before.passed
    if before.mark[-1] == NEW:
        found = next_to_read(posts, workspace.whole.table, workspace.whole.vectors, passed)
    else:
        found = in_order(posts, len(passed))
    return Batch(before.mark, number, found, (*passed, *found.rows["position"].to_list()))


def _caption(batch: Batch, posts: int, view: str) -> None:
    shown, waiting = batch.found.rows.height, batch.found.waiting
    if view == NEW:
        told = t(
            "The {shown} to read now, of {count:,} new posts ({unique:,} without copies): most urgent first, then what "
            "is unlike anything read before and what several people say on their own.",
            shown=shown, count=posts, unique=waiting,
        )  # fmt: skip
    else:
        told = t("{count:,} posts ({unique:,} without copies), most urgent first.", count=posts, unique=waiting)
    st.caption(told)


def _cards(workspace: Workspace, batch: Batch, view: str) -> None:
    """Draw the posts in hand, and do what is asked for."""
    project, whole = workspace.project, workspace.whole
    if project is None:
        return
    posts, known = _standing_posts(workspace, batch)
    more = view == NEW or batch.found.waiting > len(batch.passed)
    about = standing() | {
        "project": project.name,
        "reading": view == NEW,
        "batch": batch.number,
        "known": known,
        "more": t("Next {count}", count=LENGTH) if more else "",
        "owners": workspace.once("owners", lambda: owners_of(whole.table)),
        "tags": workspace.once("tags", lambda: tags_of(whole.table)[:_MOST_TAGS]),
        "me": author(),
    }
    asked = show_queue(posts, about, LIST, lambda: take_over(project, whole), lambda: _go_on(batch))
    if asked.topic is not None:
        state.choose_filter(state.chosen_filter().having("topics", (int(asked.topic),)))
        st.rerun()
    _tell_about(workspace, asked)


def _tell_about(workspace: Workspace, asked: Told) -> None:
    """Open the dialogue that was asked for about posts of the list."""
    project, whole = workspace.project, workspace.whole
    posts = [post for post in asked.posts if 0 <= post < whole.table.height]
    if project is None or not posts:
        return
    match asked.about:
        case "needs":
            needs_dialogue(project, whole, posts)
        case "places":
            place_dialogue(project, whole, posts[0])
        case "history":
            history_dialogue(project, posts[0])
        case "sources":
            sources_dialogue(project, whole, posts[0])


def _standing_posts(workspace: Workspace, batch: Batch) -> tuple[list[dict[str, Any]], int]:
    """Return the posts in hand as the list draws them, as they stand now, and the number of the newest deed."""
    project, whole = workspace.project, workspace.whole
    positions = batch.found.rows["position"].to_list()
    if project is None:
        return [], 0
    stand, known = triage_at(project.folder, positions)
    now = {row["position"]: row for row in stand.iter_rows(named=True)}
    tags = tags_at(project.folder, positions)
    rows = whole.table[positions].iter_rows(named=True)
    cards = []
    for why, post in zip(batch.found.rows.iter_rows(named=True), rows, strict=True):
        place = why["position"]
        cards.append(_card(workspace, post, why) | _stands(now[place]) | {
            "tags": tags.get(place, []), "clash": clash_of(place),
        })  # fmt: skip
    return cards, known


def _stands(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": row[Col.STATE],
        "stateName": state_name(row[Col.STATE]),
        "owner": row[Col.OWNER] or "",
        "note": row[Col.NOTE] or "",
    }


def _card(workspace: Workspace, post: dict[str, Any], why: dict[str, Any]) -> dict[str, Any]:
    layer, cluster, urgency = workspace.whole.crisis, post.get(Col.CLUSTER), post.get(Col.URGENCY)
    return {
        "position": why["position"],
        "level": NOT_JUDGED if urgency is None else urgency,
        "urgency": urgency_name(urgency),
        "needs": [need_name(layer, key) for key in list(post.get(Col.NEEDS) or ())[:3]],
        "places": [place_name(layer, key) for key in list(post.get(Col.LOCATED) or ())[:2]] or _told_place(post),
        "when": minute(post[Col.TIME]) if post[Col.TIME] else t("undated"),
        "text": post[Col.TEXT],
        "code": post[Col.LANG],
        "language": language_name(post[Col.LANG]),
        "author": post.get(Col.AUTHOR) or "",
        "sources": sources_in_short(post),
        "copies": t("{count:,} posts say this", count=why["members"]) if why["members"] > 1 else "",
        "novelty": _novelty(why["novelty"]),
        "topic": "" if cluster is None or cluster == UNSORTED else post.get(Col.TOPIC) or "",
        "cluster": cluster,
        "id": post[Col.POST_ID],
    }


def _told_place(post: dict[str, Any]) -> list[str]:
    place = str(post.get(Col.PLACE) or "").strip()
    return [place] if place else []


def _novelty(novelty: float | None) -> str:
    return t("much like one read before") if novelty is not None and novelty <= _MUCH_ALIKE else ""
