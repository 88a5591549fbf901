"""What the measures of the bench are called: the one list that figures and pages take their headings from."""

from __future__ import annotations

from ctse_core.words import mark, said

MEASURES = {
    "matching": (mark("Translations found"), mark("share of sentences that find their translation")),
    "encoding": (mark("Crisis posts told apart"), mark("score on labelled crisis posts")),
    "messages_ndcg": (mark("Messages of the same needs found"), mark("nDCG@10 on crisis messages")),
    "sts": (mark("Similarity as people judge it"), mark("Spearman correlation")),
    "topics_v": (mark("Topics told apart"), mark("V-measure of clusters and topics")),
    "drift": (mark("Meaning before words"), mark("share of posts whose reworded twin lies nearest")),
    "matching_to": (
        mark("Translations found from English"),
        mark("share of English sentences that find their translation"),
    ),
    "matching_from": (
        mark("English found from translations"),
        mark("share of translations that find their English sentence"),
    ),
    "matching_text": (
        mark("Translations found, by text"),
        mark("share of sentences that find their translation in this text"),
    ),
    "matching_49": (
        mark("Translations found, the 49 shared languages"),
        mark("share of sentences that find their translation"),
    ),
    "matching_weakest10": (
        mark("Translations found, ten weakest languages"),
        mark("share of sentences that find their translation"),
    ),
    "matching_at_095": (
        mark("Languages at 0.95"),
        mark("languages in which 0.95 of the sentences find their translation"),
    ),
    "matching_at_095_of_49": (
        mark("Of the 49 shared languages at 0.95"),
        mark("languages in which 0.95 of the sentences find their translation"),
    ),
    "encoding_margin": (
        mark("Same class against other classes"),
        mark("mean cosine of the same class minus that of others"),
    ),
    "encoding_knn": (mark("Class of the nearest posts"), mark("macro-F1 of the nearest posts of the same event")),
    "encoding_across": (
        mark("Class of the nearest posts of other events"),
        mark("macro-F1 of the nearest posts elsewhere"),
    ),
    "encoding_v": (mark("Clusters and classes"), mark("V-measure of clusters and classes")),
    "encoding_ndcg": (mark("Posts of a class found"), mark("nDCG@10 on labelled crisis posts")),
    "topics_margin": (
        mark("Same topic against other topics"),
        mark("mean cosine of the same topic minus that of others"),
    ),
    "topics_knn": (
        mark("Topic of the nearest sentences"),
        mark("share whose nearest sentences in other languages tell the topic"),
    ),
    "drift_ratio": (
        mark("Weight of meaning against words"),
        mark("distance of a changed meaning over that of changed words"),
    ),
}
"""A heading and what the axis says, the main measures first."""
SHARES = frozenset(MEASURES) - {
    "sts",
    "matching_at_095",
    "matching_at_095_of_49",
    "encoding_margin",
    "topics_margin",
    "drift_ratio",
}
"""Measures that lie between 0 and 1."""


def measure_words(measure: str) -> tuple[str, str]:
    """Return a heading and what the axis says; a measure that is not in the list goes by its name."""
    plain = measure.replace("_", " ")
    heading, axis = MEASURES.get(measure, (plain.capitalize(), plain))
    return said(heading), said(axis)
