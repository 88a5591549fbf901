"""What can be done with one topic, each with a look at what comes of it: merge, split, move posts; the unsorted."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.structure.edit_proposals import MOST_PARTS
from ctse_core.structure.edits import Edit
from ctse_core.topic_previews import Adoption, adoption, nearest_in, parts_of, topics_like
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import number, t
from ui import resources
from ui.frame import Workspace
from ui.post_list import Chosen, Offers, show_posts
from ui.search_tray import follow_post
from ui.topic_edit import do, make_topic, names_of
from ui.widgets import paged_posts, plain, with_positions

_EXAMPLES = 5


def merge_view(workspace: Workspace, topic: int) -> None:
    """Draw which other topics may be merged into this one, the most alike first."""
    assert workspace.project is not None  # noqa: S101 - a page with an analysis has a project
    names, memory = names_of(workspace), resources.memory(workspace.project)
    sizes = dict(workspace.whole.topics.select(TopicCol.ID, TopicCol.SIZE).rows())
    chosen = st.multiselect(
        t("Merge into this topic (the most alike first)"),
        topics_like(memory, workspace.whole, topic),
        format_func=lambda other: t("{topic} ({count:,} posts)", topic=names[other], count=sizes[other]),
        key=f"topic_merge_{topic}",
    )
    if chosen:
        together = sizes[topic] + sum(sizes[other] for other in chosen)
        st.caption(t("Together they have {count:,} posts. A name that somebody gave stays.", count=together))
    if st.button(t("Merge"), type="primary", disabled=not chosen, key="topic_merge"):
        do(workspace, Edit("merge", {"topics": [topic, *chosen], "into": topic}))


def split_view(workspace: Workspace, topic: int) -> None:
    """Draw the parts that the topic would be split into, before it is."""
    assert workspace.project is not None  # noqa: S101 - a page with an analysis has a project
    counts = {0: t("As many as stand apart"), **{parts: number(parts) for parts in range(2, MOST_PARTS + 1)}}
    parts = st.segmented_control(
        t("Split into so many topics"), list(counts), default=0, format_func=counts.__getitem__, required=True,
        key=f"topic_parts_{topic}",
    )  # fmt: skip
    with st.spinner(t("Looking for parts …"), show_time=False):
        found = parts_of(resources.memory(workspace.project), workspace.whole, topic, int(parts or 0))
    if len(found.posts) < 2:
        st.info(t("These posts are too few or too much alike to be parted."))
        return
    label = t("Split into {count} topics", count=len(found.posts))
    if st.button(label, type="primary", icon=":material/call_split:", key="topic_split"):
        do(workspace, found.edit(topic))
    st.caption(t("The first part keeps the number and a given name of the topic; Undo takes the split back."))
    whole = with_positions(workspace.whole.table)
    columns = st.columns(min(3, len(found.posts)))
    for place, part in enumerate(found.topics.iter_rows(named=True)):
        with columns[place % len(columns)].container(border=True):
            st.markdown(f"**{plain(part[TopicCol.NAME])}**")
            st.caption(plain(t("{count:,} posts: {terms}", count=part[TopicCol.SIZE], terms=_terms(part))))
            typical = whole[part[TopicCol.TYPICAL][:2]]
            follow_post(show_posts(typical, key=f"part_{topic}_{parts}_{place}", topics=False))


def _terms(topic: dict[str, list[str]]) -> str:
    return ", ".join(topic[TopicCol.TERMS][:8])


def posts_view(workspace: Workspace, topic: int, posts: pl.DataFrame) -> Chosen:
    """Draw a topic's posts with boxes to tick, and what can be done with the ticked ones; return other clicks."""
    names = names_of(workspace)
    orders = {"firm": t("Firmest first"), "loose": t("Loosest first"), "new": t("Newest first")}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    order = left.segmented_control(
        t("Order"), list(orders), default="firm", format_func=orders.__getitem__, required=True,
        key=f"topic_order_{topic}",
    )  # fmt: skip
    others = [other for other in names if other not in (topic, UNSORTED)]
    target = right.selectbox(
        t("Where ticked posts go"), others, index=None, format_func=names.__getitem__, key=f"topic_target_{topic}",
        placeholder=t("Choose a topic to move them to"),
    )  # fmt: skip
    several = {"new": t("Make a new topic")}
    if topic != UNSORTED:
        several["unsorted"] = t("Take out of this topic")
    if target is not None:
        several["move"] = t("Move to “{topic}”", topic=names[target])
    by = {"firm": (Col.STRENGTH, True), "loose": (Col.STRENGTH, False), "new": (Col.TIME, True)}[str(order)]
    ordered = posts.sort(by[0], descending=by[1], nulls_last=True, maintain_order=True)
    clicked = paged_posts(ordered, f"members_{topic}_{order}", topics=False, offers=Offers(several=several))
    if clicked.action == "new":
        make_topic(workspace, list(clicked.posts))
    if clicked.action == "unsorted":
        do(workspace, Edit("reassign", {"posts": list(clicked.posts), "to": UNSORTED}))
    if clicked.action == "move":
        do(workspace, Edit("reassign", {"posts": list(clicked.posts), "to": target}))
    return clicked


def unsorted_view(workspace: Workspace) -> None:
    """Draw how near unsorted posts must be to a topic to move into it, and which would, before they do."""
    assert workspace.project is not None  # noqa: S101 - a page with an analysis has a project
    memory = resources.memory(workspace.project)
    nearest = nearest_in(memory, workspace.whole)
    if not len(nearest.posts):
        st.info(t("No post is unsorted, or there is no topic that one could move to."))
        return
    percent = st.slider(
        t("Move an unsorted post when it is nearer to a topic than this many percent of the topic's own posts"),
        1, 90, 10, format="%d %%", key="topic_adopt_percent",
        help=t("Low values move many posts, some of which fit poorly; high values move few that fit well."),
    )  # fmt: skip
    found = adoption(memory, nearest, int(percent))
    moving = int(found.moves["posts"].sum())
    if not moving:
        st.info(
            t("None of the {count:,} unsorted posts is so near to a topic; choose a lower value.", count=found.unsorted)
        )
        return
    topics = found.moves["topic"].n_unique()
    st.markdown(
        t("**{moving:,} of {all:,} unsorted posts** would move into {topics:,} topics.",
          moving=moving, all=found.unsorted, topics=topics)
    )  # fmt: skip
    if st.button(t("Move {count:,} posts", count=moving), type="primary", key="topic_adopt"):
        do(workspace, found.edit())
    st.caption(t("Moved posts are marked as loosely held (strength at most 0.3); Undo takes it back."))
    _adoption_table(workspace, found)


def _adoption_table(workspace: Workspace, found: Adoption) -> None:
    """Draw which topics get how many posts, and the least sure posts among them."""
    names = names_of(workspace)
    each = found.moves.group_by("topic").agg(pl.col("posts").sum()).sort("posts", "topic", descending=[True, False])
    left, right = st.columns([2, 3])
    left.dataframe(
        pl.DataFrame({t("Topic"): [names[topic] for topic in each["topic"]], t("Posts that move"): each["posts"]}),
        hide_index=True,
        key="topic_adopt_table",
    )
    with right:
        st.markdown(t("**The least sure of them**, with the topic that they would move to"))
        least = found.moves.tail(_EXAMPLES).reverse()
        posts = with_positions(workspace.whole.table)[least["position"].to_list()]
        to = pl.Series(Col.TOPIC, [f"→ {names[topic]}" for topic in least["topic"]])
        shown = posts.with_columns(to, least["topic"].alias(Col.CLUSTER))
        follow_post(show_posts(shown, key=f"least_sure_{found.percent}"))
