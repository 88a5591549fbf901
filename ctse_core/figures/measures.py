"""What the measures of the bench are called: the one list that figures and pages take their headings from."""

from __future__ import annotations

MEASURES = {
    "matching": ("Translations found", "share of sentences that find their translation"),
    "encoding": ("Crisis posts told apart", "score on labelled crisis posts"),
    "messages_ndcg": ("Messages of the same needs found", "nDCG@10 on crisis messages"),
    "sts": ("Similarity as people judge it", "Spearman correlation"),
    "topics_v": ("Topics told apart", "V-measure of clusters and topics"),
    "drift": ("Meaning before words", "share of posts whose reworded twin lies nearest"),
    "matching_to": ("Translations found from English", "share of English sentences that find their translation"),
    "matching_from": ("English found from translations", "share of translations that find their English sentence"),
    "matching_text": ("Translations found, by text", "share of sentences that find their translation in this text"),
    "matching_49": ("Translations found, the 49 shared languages", "share of sentences that find their translation"),
    "matching_weakest10": (
        "Translations found, ten weakest languages",
        "share of sentences that find their translation",
    ),
    "matching_at_095": ("Languages at 0.95", "languages in which 0.95 of the sentences find their translation"),
    "matching_at_095_of_49": (
        "Of the 49 shared languages at 0.95",
        "languages in which 0.95 of the sentences find their translation",
    ),
    "encoding_margin": ("Same class against other classes", "mean cosine of the same class minus that of others"),
    "encoding_knn": ("Class of the nearest posts", "macro-F1 of the nearest posts of the same event"),
    "encoding_across": ("Class of the nearest posts of other events", "macro-F1 of the nearest posts elsewhere"),
    "encoding_v": ("Clusters and classes", "V-measure of clusters and classes"),
    "encoding_ndcg": ("Posts of a class found", "nDCG@10 on labelled crisis posts"),
    "topics_margin": ("Same topic against other topics", "mean cosine of the same topic minus that of others"),
    "topics_knn": ("Topic of the nearest sentences", "share whose nearest sentences in other languages tell the topic"),
    "drift_ratio": ("Weight of meaning against words", "distance of a changed meaning over that of changed words"),
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
    return MEASURES.get(measure, (plain.capitalize(), plain))
