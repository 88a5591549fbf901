"""What can be done with posts in any list, with all of them or some: tags, state, owner, note; "filter to these"."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.project import Project
from ctse_core.project.sets import keep_set
from ctse_core.project.tags import LONGEST, add_tag, remove_tag
from ctse_core.types import Col
from ctse_core.words import t
from ui import state
from ui.frame import Workspace
from ui.needs import NEEDS, need_names_here, needs_dialogue
from ui.place_fix import PLACES, place_dialogue
from ui.post_list import Chosen, Offers
from ui.queue_deeds import with_copies
from ui.triage import TRIAGE, triage_button, triage_dialogue
from ui.widgets import Why, done, paged_posts

TAG = "tag"
"""The key of the action on posts that opens the dialogue about their tags."""


def tag_offers() -> Offers:
    """Return the offers to tag and to mark one post, and those that are ticked, for a list of posts."""
    offers = {TRIAGE: t("Mark…"), NEEDS: t("Needs…"), TAG: t("Tag…")}
    return Offers(each=offers | {PLACES: t("Places…")}, several=offers, need_names=need_names_here())


def tags_of(table: pl.DataFrame) -> list[str]:
    """Return the tags that posts of a table (n rows) have, most frequent first."""
    if Col.TAGS not in table.columns:
        return []
    named = table.select(pl.col(Col.TAGS).alias("tag")).filter(pl.col("tag").list.len() > 0)
    if not named.height:
        return []
    counted = named.explode("tag").group_by("tag").len()
    return counted.sort("len", "tag", descending=[True, False])["tag"].to_list()


def tag_button(workspace: Workspace, positions: Sequence[int] | pl.Series, key: str) -> None:
    """Draw the buttons that mark and tag the posts at ``positions`` of the posts table."""
    count = len(positions)
    if count and workspace.project is not None:
        triage_button(workspace, positions, key)
        label = t("Tag these {count:,} posts…", count=count)
        if st.button(label, icon=":material/sell:", key=f"{key}_tag"):
            tag_dialogue(workspace.project, workspace.whole, list(positions))


def filter_button(workspace: Workspace, positions: Sequence[int] | pl.Series, label: str, how: str, key: str) -> None:
    """Draw the button that filters to the posts at ``positions``, under ``label``; ``how`` is "search", "map" …"""
    count = len(positions)
    if not count or workspace.project is None:
        return
    told = t("Filter to these {count:,} posts", count=count)
    if st.button(told, icon=":material/filter_alt:", key=f"{key}_filter"):
        filter_to(workspace.project, list(positions), label, how)
        st.rerun()


def filter_to(project: Project, positions: Sequence[int], label: str, how: str) -> None:
    """Keep the posts at ``positions`` as a set of the project and let only those through, beside the filter as it is.

    Raises:
        ProjectError: there are none, or they cannot be kept.
    """
    now = state.chosen_filter()
    key = keep_set(project.folder, positions, label, how)
    state.choose_filter(dataclasses.replace(now, sets=tuple(dict.fromkeys([*now.sets, key]))))


def posts_with_tags(
    workspace: Workspace, posts: pl.DataFrame, key: str, why: Why | None = None, topics: bool = True
) -> Chosen:
    """Draw posts (with their ``position``) a page at a time; they can be tagged, all of them, some or one.

    ``why`` gives for the posts that are shown why each was found.
    """
    with st.container(horizontal=True, gap="small"):
        tag_button(workspace, posts["position"], key)
    chosen = paged_posts(posts, key, why=why, topics=topics, offers=tag_offers())
    tag_chosen(workspace, chosen)
    return chosen


def tag_chosen(workspace: Workspace, chosen: Chosen) -> None:
    """Open the dialogue about tags, needs, places, or state, owner and note, where a list was asked for it."""
    if chosen.action == TRIAGE and workspace.project is not None:
        triage_dialogue(workspace.project, workspace.whole, list(chosen.posts))
    if chosen.action == NEEDS and workspace.project is not None:
        needs_dialogue(workspace.project, workspace.whole, list(chosen.posts))
    if chosen.action == TAG and workspace.project is not None:
        tag_dialogue(workspace.project, workspace.whole, list(chosen.posts))
    if chosen.action == PLACES and workspace.project is not None and chosen.posts:
        place_dialogue(workspace.project, workspace.whole, chosen.posts[0])


def tag_dialogue(project: Project, analysis: Analysis, positions: Sequence[int]) -> None:
    """Open the dialogue in which posts get and lose tags."""
    inside = [position for position in positions if 0 <= position < analysis.table.height]
    st.dialog(t("Tag {count:,} posts", count=len(inside)))(_dialogue)(project, analysis, inside)


def _dialogue(project: Project, analysis: Analysis, positions: list[int]) -> None:
    chosen = analysis.table[positions]
    too = False
    copies = with_copies(analysis.table, positions)
    if len(copies) > len(positions):
        more = len(copies) - len(positions)
        too = st.checkbox(t("The {count:,} copies of them, too", count=more), value=True)
    known, have = tags_of(analysis.table), tags_of(chosen)
    tag = st.selectbox(
        t("Tag"), known, index=None, accept_new_options=True, key="tagging_new",
        placeholder=t("Choose one or write a new one"), help=t("At most {letters} letters.", letters=LONGEST),
    )  # fmt: skip
    meant = copies if too else positions
    if st.button(t("Put it on"), type="primary", disabled=not tag, key="tagging_add"):
        done(lambda: add_tag(project.folder, meant, tag or ""))
    if have:
        st.caption(t("On these posts now: take one off"))
        gone = st.pills(t("Take off"), have, key="tagging_off", label_visibility="collapsed")
        if gone:
            done(lambda: remove_tag(project.folder, meant, gone))
