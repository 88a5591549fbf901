"""Map of meaning: each point a post, near ones mean alike; select points and read the posts."""

import polars as pl
import streamlit as st

from ctse_core.figures import semantic_map
from ui import state
from ui.frame import page
from ui.widgets import paged_posts, show_figure

COLOURS = {"topic": "Topic", "lang": "Language", "time": "Time"}

with page("Map") as workspace:
    before = state.one_of(state.COLOUR, COLOURS)
    colour = st.segmented_control(
        "Colour by",
        list(COLOURS),
        default=before,
        format_func=COLOURS.__getitem__,
        required=True,
        key="map_colour",
    )
    if colour != before:
        state.choose(colour=colour)
    figure = semantic_map(workspace.table, workspace.whole.topics, colour=colour)
    selected = state.selection(show_figure(figure, f"map_{state.map_round()}", selectable=True))
    if not selected:
        st.caption("Draw a box or a lasso around points, or click one, to read the posts below.")
        st.stop()
    posts = workspace.table.filter(pl.col("position").is_in(selected))
    st.subheader(f"{posts.height:,} posts selected", anchor=False)
    if st.button("Clear the selection", icon=":material/close:"):
        state.clear_selection()
        st.rerun()
    chosen = paged_posts(posts, "selection")
    if chosen.like is not None:
        state.choose(like=chosen.like)
        st.switch_page("pages/search.py")
    if chosen.topic is not None:
        state.choose(open=chosen.topic)
        st.switch_page("pages/topics.py")
