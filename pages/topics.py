"""Topics: what is being said, by cluster; find, rename, merge, split, pin; open one to read its posts."""

import streamlit as st

from ctse_core.words import t
from ui import state
from ui.frame import page
from ui.topic_cards import open_topic, topic_list
from ui.topic_views import topic_views

with page(t("Topics")) as workspace:
    if not workspace.whole.topics.height and "edits" not in workspace.whole.manifest:
        st.info(t("These posts are too few or too different for topics; read them on Search or on the Map."))
        st.stop()
    opened = state.number(state.TOPIC)
    if opened is not None:
        open_topic(workspace, opened)
        st.stop()
    topic_list(workspace)
    topic_views(workspace)
