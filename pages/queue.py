"""Queue: the posts to read now, who looks after which, what was done; teaching by marking posts."""

import streamlit as st

from ctse_core.words import t
from ui.frame import page
from ui.needs_teach import teach_tab
from ui.queue import reading_list
from ui.triage_log import triage_log

with page(t("Queue")) as workspace:
    read, teach, log = st.tabs([t("Read"), t("Teach"), t("Log")], key="queue_part", on_change="rerun")
    if read.open:
        with read:
            reading_list(workspace)
    if teach.open:
        with teach:
            teach_tab(workspace)
    if log.open:
        with log:
            triage_log(workspace)
