"""Topics as a list one reads from the top, and one topic opened with its typical posts."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.figures import language_name
from ctse_core.filters import Filter
from ctse_core.types import UNSORTED, Col, TopicCol
from ui import state
from ui.frame import Workspace
from ui.widgets import paged_posts, plain, with_positions


def topic_list(workspace: Workspace) -> None:
    """Draw a searchable table of the topics under the filter; a row opens its topic."""
    topics = counted(workspace.table, workspace.whole.topics)
    wanted = st.text_input("Find a topic", key="topic_words", placeholder="A word of its name or terms")
    if wanted.strip():
        folded = wanted.strip().lower()
        topics = topics.filter(
            pl.col(TopicCol.NAME).str.to_lowercase().str.contains(folded, literal=True)
            | pl.col(TopicCol.TERMS).list.join(" ").str.to_lowercase().str.contains(folded, literal=True)
        )
    shown = topics.select(
        pl.col(TopicCol.NAME).alias("Topic"),
        pl.col("posts").alias("Posts"),
        pl.col(TopicCol.TERMS).list.head(8).list.join(", ").alias("Terms"),
        pl.col(TopicCol.LANGUAGES)
        .list.head(6)
        .list.eval(pl.element().map_elements(language_name, return_dtype=pl.Utf8))
        .list.join(", ")
        .alias("Languages"),
        pl.col(TopicCol.FIRST).alias("First (UTC)"),
        pl.col(TopicCol.LAST).alias("Last (UTC)"),
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="topic_table",
        column_config={"Posts": st.column_config.NumberColumn(format="localized")},
    )
    unsorted = workspace.table.filter(pl.col(Col.CLUSTER) == UNSORTED).height
    st.caption(
        f"{topics.height:,} topics; {unsorted:,} posts are unsorted (in no topic). Mark a row to open its topic."
    )
    rows = event.selection.rows
    if rows:
        state.choose(open=int(topics[TopicCol.ID][rows[0]]))
        st.rerun()


def counted(table: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    """Return the topics that have posts in ``table``, with those ``posts`` counted, largest first."""
    sizes = table.group_by(Col.CLUSTER).len(name="posts")
    return topics.join(sizes, left_on=TopicCol.ID, right_on=Col.CLUSTER, how="inner").sort(
        "posts", TopicCol.ID, descending=[True, False]
    )


def open_topic(workspace: Workspace, topic: int) -> None:
    """Draw one topic: name, terms, size, languages, time span, typical posts, all its posts."""
    if st.button("All topics", icon=":material/arrow_back:"):
        state.choose(open=None)
        st.rerun()
    found = workspace.whole.topics.filter(pl.col(TopicCol.ID) == topic)
    if not found.height:
        st.warning("There is no such topic in this analysis any more.")
        return
    facts = found.row(0, named=True)
    st.subheader(plain(facts[TopicCol.NAME]), anchor=False)
    st.caption(plain(", ".join(facts[TopicCol.TERMS])))
    posts = workspace.table.filter(pl.col(Col.CLUSTER) == topic)
    languages = ", ".join(
        f"{language_name(code)} {count:,}"
        for code, count in zip(facts[TopicCol.LANGUAGES][:8], facts[TopicCol.LANGUAGE_POSTS][:8], strict=True)
    )
    span = "undated"
    if facts[TopicCol.FIRST] is not None:
        span = f"{facts[TopicCol.FIRST]:%d %b %Y %H:%M} – {facts[TopicCol.LAST]:%d %b %Y %H:%M} UTC"
    st.markdown(
        plain(
            f"{facts[TopicCol.SIZE]:,} posts ({facts[TopicCol.SHARE]:.1%} of all), "
            f"{facts[TopicCol.UNIQUE]:,} of them unique; {languages}; {span}"
        )
    )
    if workspace.among:
        st.caption(f"These facts are of the whole topic; {posts.height:,} of its posts pass the filter.")
    if st.button("Filter everything to this topic", icon=":material/filter_alt:"):
        state.choose_filter(Filter(topics=(topic,)))
        st.rerun()
    st.markdown("**Typical posts**")
    typical = with_positions(workspace.whole.table)[facts[TopicCol.TYPICAL]]
    _follow(paged_posts(typical, "typical", topics=False))
    st.markdown(f"**All {posts.height:,} posts{' that pass the filter' if workspace.among else ''}**")
    _follow(paged_posts(posts.sort(Col.STRENGTH, descending=True, maintain_order=True), "members", topics=False))


def _follow(clicked: object) -> None:
    like = getattr(clicked, "like", None)
    if like is not None:
        state.choose(like=like)
        st.switch_page("pages/search.py")
