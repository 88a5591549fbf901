"""What a search gives back: the posts, whether they are more than chance, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from ctse_core.words import t

BANDS = ("strong", "maybe", "words", "none")
"""What a post found may be worth, the most first: ``words`` shares words only, ``none`` may be chance."""


@dataclass(frozen=True)
class Answer:
    """The posts found, best first.

    ``posts`` are rows of the posts table with ``position`` (row in it), ``similarity`` (cosine in
    [-1, 1], null when only words were asked for), ``band`` (strong, maybe, words where only words are shared, none;
    empty where posts are sought by posts) and the shares of ``by_meaning`` and ``by_words`` in [0, 1].
    ``answered`` is False where nothing found is more than chance; ``sentence`` says how it stands.
    """

    posts: pl.DataFrame
    answered: bool
    sentence: str

    @property
    def counts(self) -> dict[str, int]:
        """How many posts are in each band that has any, the best first; empty where posts were not judged."""
        found = self.posts["band"].to_list()
        return {band: found.count(band) for band in BANDS if band in found}


def told(posts: pl.DataFrame, answered: bool, filtered: bool = False, by: str = "") -> Answer:
    """Return the answer with its sentence; ``filtered`` where a filter was set, ``by`` the encoder that re-ranked."""
    answer = _judged(posts, answered, filtered)
    if not by or not posts.height:
        return answer
    return replace(answer, sentence=f"{answer.sentence} {t('Re-ranked by {encoder}.', encoder=by)}")


def _judged(posts: pl.DataFrame, answered: bool, filtered: bool) -> Answer:
    if not posts.height:
        why = t("No post that passes the filter matches.") if filtered else t("No post matches.")
        return Answer(posts, False, why)
    shared = posts["band"].to_list().count("words")
    if not answered and shared:
        return Answer(
            posts,
            False,
            t(
                "Nothing here matches by meaning: no post is closer to the question than chance. "
                "Posts that share words with it: {count:,}.",
                count=shared,
            ),
        )
    if not answered:
        return Answer(
            posts,
            False,
            t(
                "Nothing here matches: no post is closer to the question than chance. "
                "The nearest are listed all the same."
            ),
        )
    answer = Answer(posts, True, "")
    counts = answer.counts
    if not counts or set(counts) == {"none"}:
        return replace(answer, sentence=t("The {count:,} nearest posts, best first.", count=posts.height))
    kinds = {
        "strong": t("{count:,} strong", count=counts.get("strong", 0)),
        "maybe": t("{count:,} maybe", count=counts.get("maybe", 0)),
        "words": t("{count:,} sharing words", count=counts.get("words", 0)),
        "none": t("{count:,} that may be chance", count=counts.get("none", 0)),
    }
    parts = ", ".join(kinds[band] for band in counts)
    return replace(
        answer, sentence=t("The {count:,} nearest posts, best first: {parts}.", count=posts.height, parts=parts)
    )
