"""Search: a question in any language, posts in every language."""

import streamlit as st

from ctse_core.words import t
from ui.frame import page
from ui.search_form import ask_form, how_to_ask, standing_question
from ui.search_results import show_answer
from ui.search_saved import saved_list
from ui.search_tray import tray
from ui.standing import standing_questions

with page(t("Search")) as workspace:
    ask_form(workspace)
    tray(workspace)
    question = standing_question(workspace)
    saved_list(workspace)
    if question is None:
        how_to_ask()
        standing_questions(workspace)
        st.stop()
    show_answer(workspace, question)
