"""Encoders: what each is worth, how ours were made, one's own evaluations, what there is, two sentences to try."""

import streamlit as st

from ctse_core.words import t
from ui.encoder_cards import encoder_cards
from ui.encoder_scores import encoder_scores
from ui.encoder_table import encoder_table, two_sentences
from ui.frame import page
from ui.own_evaluation import evaluate_own

with page(t("Encoders"), needs_analysis=False):
    compare, cards, evaluate, catalogue, sentences = st.tabs(
        [t("Compare"), t("Model cards"), t("Evaluate"), t("Catalogue"), t("Two sentences")]
    )
    with compare:
        encoder_scores()
    with cards:
        encoder_cards()
    with evaluate:
        evaluate_own()
    with catalogue:
        encoder_table()
    with sentences:
        two_sentences()
