"""The catalogue of encoders, and a try of two sentences."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.encoders import DEFAULT_ENCODER, list_encoders
from ctse_core.figures import language_name
from ctse_core.home import encoders_home
from ctse_core.text import normalise
from ctse_core.words import t
from ui import resources
from ui.widgets import plain


def encoder_table() -> None:
    """Draw the catalogue and one's own encoders: width, licence, and whether each is on this machine."""
    entries = list_encoders()
    specs = [entry.spec for entry in entries]
    st.dataframe(
        pl.DataFrame(
            {
                t("Encoder"): [spec.title for spec in specs],
                t("Note"): [spec.note for spec in specs],
                t("Ready"): [entry.at_hand for entry in entries],
                t("Where"): [entry.where for entry in entries],
                t("Width"): [spec.dim for spec in specs],
                t("Languages"): [len(spec.languages) for spec in specs],
                t("Licence"): [spec.licence for spec in specs],
            }
        ),
        hide_index=True,
        height="content",
    )
    st.caption(
        plain(t("Encoders of your own are listed as soon as their folder is in {folder}.", folder=encoders_home()))
    )
    told = {spec.name: spec for spec in specs if spec.languages}
    named = st.selectbox(t("Languages of"), list(told), format_func=lambda name: told[name].title, key="languages_of")
    st.caption(plain(", ".join(sorted(language_name(code) for code in told[named].languages))))


def two_sentences() -> None:
    """Let two sentences be compared, in any two languages."""
    st.subheader(t("Try two sentences"), anchor=False)
    ready = [entry.spec.name for entry in list_encoders() if entry.at_hand]
    if not ready:
        st.warning(t("No encoder is on this machine; see the notes above for where to put one."))
        return
    with st.form("two_sentences", border=False):
        left, right = st.columns(2)
        one = left.text_input(t("One"), "We have no drinking water")
        two = right.text_input(t("The other"), "Pa gen dlo pou bwè")
        name = st.selectbox(t("Encoder"), ready, index=ready.index(DEFAULT_ENCODER) if DEFAULT_ENCODER in ready else 0)
        pressed = st.form_submit_button(t("Compare"), type="primary")
    if not pressed:
        return
    if not (normalise(one) and normalise(two)):
        st.info(t("Write a sentence on either side."))
        return
    vectors = resources.encoder(name).encode([normalise(one), normalise(two)])
    st.metric(t("Cosine"), f"{float(vectors[0] @ vectors[1]):.3f}")
    st.caption(
        t(
            "1 is the same direction. Encoders use different parts of the scale (multilingual-e5 stays above 0.7 "
            "even for unrelated sentences), so compare pairs under one encoder, not numbers between encoders."
        )
    )
