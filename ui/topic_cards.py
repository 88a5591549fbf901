"""Topics as a list one works in, and one topic opened: its name, what it says, its posts, what can be done."""

from __future__ import annotations

import dataclasses
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.figures import language_name
from ctse_core.source_words import voices_in_short
from ctse_core.structure.edits import Edit
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import day, number, t
from ui import state
from ui.frame import Workspace
from ui.post_list import Offers
from ui.search_tray import follow_post
from ui.tagging import tag_button
from ui.topic_edit import do, history, lately, make_topic, refused, undo_and_redo
from ui.topic_edit_views import merge_view, posts_view, split_view, unsorted_view
from ui.topic_facts import confidence_help, confidence_of, facts_of, marks_of, originals_of, rank_of
from ui.topic_list import Act, show_topics
from ui.topic_names import names_in
from ui.widgets import paged_posts, plain, with_positions


def topic_list(workspace: Workspace) -> None:
    """Draw the topics under the filter, with what can be done with one or with several of them."""
    refused()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names_in(workspace)
        undo_and_redo(workspace)
    topics = _counted_here(workspace)
    posts = workspace.count(workspace.among)
    loose = workspace.kept("unsorted posts", lambda: int((workspace.table[Col.CLUSTER] == UNSORTED).sum()))
    dated = topics[TopicCol.FIRST].null_count() < topics.height
    rows = [_row(topic, dated) for topic in topics.iter_rows(named=True)]
    told = t("in no topic; open them to see which are near one")
    unsorted = {"name": t("Unsorted"), "posts": loose, "count": number(loose), "told": told}
    act = show_topics(rows, unsorted, lately(workspace), key="topic_list")
    sums = t("{topics:,} topics with {sorted:,} posts, and {loose:,} unsorted posts: {count:,} in all.",
             topics=topics.height, sorted=topics["posts"].sum(), loose=loose, count=posts)  # fmt: skip
    st.caption(sums)
    if act is not None:
        _done(workspace, act)
    if workspace.among and st.button(
        t("Make a topic of the {count:,} posts that pass the filter", count=posts),
        icon=":material/library_add:",
        key="topic_of_filter",
    ):
        make_topic(workspace, workspace.table["position"].to_list())
    history(workspace)


def _counted_here(workspace: Workspace) -> pl.DataFrame:
    return workspace.kept("topics counted", lambda: counted(workspace.table, workspace.whole.topics))


def _row(topic: dict[str, Any], dated: bool) -> dict[str, Any]:
    """Return a topic as the list shows it; times only where the file is ``dated``."""
    languages = [language_name(code) for code in topic[TopicCol.LANGUAGES][:4]]
    more = len(topic[TopicCol.LANGUAGES]) - len(languages)
    first, last = topic[TopicCol.FIRST], topic[TopicCol.LAST]
    return {
        "id": topic[TopicCol.ID],
        "name": topic[TopicCol.NAME],
        "terms": topic[TopicCol.TERMS][:8],
        "posts": topic["posts"],
        "count": number(topic["posts"]),
        "languages": ", ".join(languages) + (f" +{number(more)}" if more > 0 else ""),
        "span": (t("undated") if first is None else f"{day(first)} – {day(last)}") if dated else "",
        "begin": "" if first is None else first.isoformat(),
        "marks": marks_of(topic),
        "sure": confidence_of(topic, brief=True),
        "why": confidence_of(topic),
        "rank": rank_of(topic),
        "group": topic.get(TopicCol.PARENT_NAME) or "",
        "pinned": bool(topic.get(TopicCol.PINNED)),
    }


def _done(workspace: Workspace, act: Act) -> None:
    """Do what a person did in the list."""
    topics = list(act.topics)
    if act.kind == "open":
        state.choose(open=str(topics[0]))
        st.rerun()
    if act.kind == "filter":
        state.choose_filter(dataclasses.replace(state.chosen_filter(), topics=tuple(topics)))
        st.rerun()
    if act.kind == "rename":
        do(workspace, Edit("rename", {"topic": topics[0], "name": act.name}))
    if act.kind == "merge":
        do(workspace, Edit("merge", {"topics": topics, "into": _largest(workspace, topics)}))
    if act.kind in ("noise", "pin", "unpin"):
        do(workspace, Edit(act.kind, {"topics": topics}))


def _largest(workspace: Workspace, topics: list[int]) -> int:
    sizes = dict(workspace.whole.topics.select(TopicCol.ID, TopicCol.SIZE).rows())
    return max(topics, key=lambda topic: (sizes.get(topic, 0), -topic))


def counted(table: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    """Return the topics that have posts in ``table``, with those ``posts`` counted, largest first."""
    sizes = table.group_by(Col.CLUSTER).len(name="posts")
    return topics.join(sizes, left_on=TopicCol.ID, right_on=Col.CLUSTER, how="inner").sort(
        "posts", TopicCol.ID, descending=[True, False]
    )


def open_topic(workspace: Workspace, topic: int) -> None:
    """Draw one topic, or the unsorted posts: what it is called and says, its posts, and what can be done with it."""
    refused()
    with st.container(horizontal=True, vertical_alignment="center"):
        _steps(workspace, topic)
        undo_and_redo(workspace)
    if topic == UNSORTED:
        _open_unsorted(workspace)
        return
    found = workspace.whole.topics.filter(pl.col(TopicCol.ID) == topic)
    if not found.height:
        st.warning(t("There is no such topic in this analysis any more."))
        history(workspace)
        return
    facts = found.row(0, named=True)
    _name(workspace, facts)
    st.markdown(plain(facts_of(facts)))
    sure = confidence_of(facts)
    if sure:
        st.caption(plain(sure), help=confidence_help())
    voices = workspace.kept_of_all(
        "voices of a topic", lambda: voices_in_short(workspace.whole.table.filter(pl.col(Col.CLUSTER) == topic)), topic
    )
    if voices:
        st.caption(plain(voices))
    _buttons(workspace, facts)
    views = {"read": t("Read"), "split": t("Split"), "merge": t("Merge")}
    view = st.segmented_control(
        t("What to do with this topic"), list(views), default="read", format_func=views.__getitem__, required=True,
        key=f"topic_view_{topic}", label_visibility="collapsed",
    )  # fmt: skip
    if view == "split":
        split_view(workspace, topic)
    elif view == "merge":
        merge_view(workspace, topic)
    else:
        _read(workspace, facts)
    history(workspace)


def _steps(workspace: Workspace, topic: int) -> None:
    """Draw the way back to the list, and to the topics before and after in size."""
    order = _counted_here(workspace)[TopicCol.ID].to_list()
    here = order.index(topic) if topic in order else None
    if st.button(t("All topics"), icon=":material/arrow_back:"):
        state.choose(open=None)
        st.rerun()
    if here is None:
        return
    for label, place in ((t("Larger"), here - 1), (t("Smaller"), here + 1)):
        there = 0 <= place < len(order)
        if st.button(label, disabled=not there, key=f"topic_step_{place - here}"):
            state.choose(open=str(order[place]))
            st.rerun()


def _name(workspace: Workspace, facts: dict[str, Any]) -> None:
    """Draw the name in a field where it can be changed, and the words that it comes from."""
    topic, name = facts[TopicCol.ID], facts[TopicCol.NAME]
    key = f"topic_name_{topic}"
    state.follow(key, name)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    typed = left.text_input(t("Name (Enter keeps it)"), key=key, max_chars=120)
    if typed.strip() and " ".join(typed.split()) != name:
        do(workspace, Edit("rename", {"topic": topic, "name": typed}))
    named = workspace.whole.manifest.get("edits", {}).get("named", ())
    if topic in named and right.button(t("Automatic name"), icon=":material/restart_alt:", key="topic_automatic"):
        do(workspace, Edit("rename", {"topic": topic, "name": ""}))
    st.caption(plain(", ".join(facts[TopicCol.TERMS])))
    words = originals_of(facts)
    if words:
        st.caption(plain(words))


def _buttons(workspace: Workspace, facts: dict[str, Any]) -> None:
    topic, pinned = facts[TopicCol.ID], bool(facts.get(TopicCol.PINNED))
    with st.container(horizontal=True):
        if st.button(t("Filter everything to this topic"), icon=":material/filter_alt:"):
            state.choose_filter(dataclasses.replace(state.chosen_filter(), topics=(topic,)))
            st.rerun()
        if st.button(t("Unpin") if pinned else t("Pin"), icon=":material/keep:", key="topic_pin"):
            do(workspace, Edit("unpin" if pinned else "pin", {"topics": [topic]}))
        if st.button(t("Mark as noise"), icon=":material/block:", key="topic_noise",
                     help=t("Its posts become unsorted; Undo brings the topic back.")):  # fmt: skip
            state.choose(open=None)
            do(workspace, Edit("noise", {"topics": [topic]}))


def _read(workspace: Workspace, facts: dict[str, Any]) -> None:
    """Draw the typical posts, each replaceable, and all posts with boxes to tick."""
    topic = facts[TopicCol.ID]
    posts = workspace.table.filter(pl.col(Col.CLUSTER) == topic)
    if workspace.among:
        st.caption(t("These facts are of the whole topic; {count:,} of its posts pass the filter.", count=posts.height))
    st.markdown(t("**Typical posts**"))
    typical = with_positions(workspace.whole.table)[facts[TopicCol.TYPICAL]]
    offers = Offers(each={"refuse": t("Not typical: show another")})
    clicked = paged_posts(typical, f"typical_{topic}", topics=False, offers=offers)
    if clicked.action == "refuse":
        do(workspace, Edit("typical", {"topic": topic, "post": clicked.posts[0]}))
    follow_post(clicked)
    if workspace.among and posts.height < facts[TopicCol.SIZE]:
        st.markdown(t("**{count:,} posts that pass the filter**", count=posts.height))
        label = t("Make a new topic of these {count:,} posts", count=posts.height)
        if posts.height and st.button(label, icon=":material/call_split:", key="topic_part"):
            make_topic(workspace, posts["position"].to_list())
    else:
        st.markdown(t("**All {count:,} posts**", count=posts.height))
    with st.container(horizontal=True, gap="small"):
        tag_button(workspace, posts["position"], f"topic_{topic}")
    follow_post(posts_view(workspace, topic, posts))


def _open_unsorted(workspace: Workspace) -> None:
    """Draw the unsorted posts: which are near a topic, and all of them."""
    posts = workspace.table.filter(pl.col(Col.CLUSTER) == UNSORTED)
    st.markdown(f"**{plain(t('Unsorted'))}**")
    st.caption(t("Posts that fit no topic clearly. That says nothing about how important they are."))
    views = {"near": t("Move those near a topic"), "read": t("Read")}
    view = st.segmented_control(
        t("What to do with unsorted posts"), list(views), default="near", format_func=views.__getitem__,
        required=True, key="topic_view_unsorted", label_visibility="collapsed",
    )  # fmt: skip
    if view == "near":
        unsorted_view(workspace)
    else:
        st.markdown(t("**All {count:,} posts**", count=posts.height))
        follow_post(posts_view(workspace, UNSORTED, posts))
    history(workspace)
