"""Map of meaning: each point a post, near ones mean alike; select points and read the posts."""

import streamlit as st

from ctse_core.words import t
from ui.frame import page
from ui.semantic_map import choose_colouring, show_map, show_posts_below, show_simple_map, wants_simple_map

with page(t("Map")) as workspace:
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        colouring = choose_colouring(workspace)
        simple = wants_simple_map()
    selected = show_simple_map(workspace, colouring) if simple else []
    if not simple:
        show_map(workspace, colouring)
    show_posts_below(workspace, selected)
