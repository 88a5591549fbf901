"""Encoders: what there is, what is at hand, and how near two sentences come."""

from ui.encoder_table import encoder_table, two_sentences
from ui.frame import page

with page("Encoders", needs_analysis=False):
    encoder_table()
    two_sentences()
