"""Encoders: what each is worth, an evaluation of one's own, what there is, and how near two sentences come."""

import streamlit as st

from ui.encoder_scores import encoder_scores
from ui.encoder_table import encoder_table, two_sentences
from ui.frame import page
from ui.own_evaluation import evaluate_own

with page("Encoders", needs_analysis=False):
    compare, evaluate, catalogue, sentences = st.tabs(["Compare", "Evaluate", "Catalogue", "Two sentences"])
    with compare:
        encoder_scores()
    with evaluate:
        evaluate_own()
    with catalogue:
        encoder_table()
    with sentences:
        two_sentences()
