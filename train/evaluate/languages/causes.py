"""A plain sentence about the likely cause: each rule looks at one figure and says what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

Row = dict[str, Any]

UNKNOWN = 0.02
CUT_ERRORS = 0.20
FEW_PAIRS = 2_000
TORN = 1.5
HUB = 0.03
HUB_SKEWNESS = 3.0
OFFSET = 0.25
SHORT = 0.40
UNLEARNT = 0.70
ONE_SIDED = 0.05
CLOSE = 0.01
MUTUAL = 0.20  # true errors choose each other in some 5 of 100 cases, shifted pairs far more often


def with_causes(figures: pl.DataFrame, below: float = 0.95) -> pl.DataFrame:
    """Return the figures with a ``cause`` for each language whose matching is under ``below``, else "".

    Compared with the median of the languages at or above the bar in the same set, or of all where none is.
    """
    sentences: list[str] = []
    for row in figures.iter_rows(named=True):
        peers = figures.filter(pl.col("set") == row["set"])
        good = peers.filter(pl.col("matching") >= below)
        usual = usual_of(good, "languages that match") if good.height else usual_of(peers, "the set's median")
        sentences.append("" if row["matching"] >= below else likely_cause(row, usual))
    return figures.with_columns(pl.Series("cause", sentences, dtype=pl.Utf8))


def usual_of(figures: pl.DataFrame, told: str) -> Row:
    """Return the median of each figure, and as ``told`` what they are medians of."""
    numbers = [name for name, kind in figures.schema.items() if kind.is_numeric()]
    return figures.select(pl.col(numbers).median()).row(0, named=True) | {"told": told}


def likely_cause(row: Row, usual: Row) -> str:
    """Return one or two sentences: what most likely keeps the language below the bar, and what would help.

    ``usual``: medians as ``usual_of`` gives them. The rules stand in order of how plainly they explain
    errors; the two first that hold are told.
    """
    told = [sentence for rule in _RULES if (sentence := rule(row, usual))]
    if not told:
        return (
            "No figure stands out: the vectors are simply not yet precise enough. More sentences of this language "
            "in training, or a larger student, would help."
        )
    return " ".join(told[:2])


def _shifted(row: Row, usual: Row) -> str:
    share = row["mutual_errors"]
    if share is None or share < MUTUAL or row["errors"] < 20:
        return ""
    return (
        f"In {_percent(share)} of its errors both sentences choose each other: the set's own pairs look shifted or "
        "mixed up in this language. Read the neighbours below before blaming the encoder."
    )


def _unknown(row: Row, usual: Row) -> str:
    share = row["unknown_share"]
    if share is None or share < UNKNOWN:
        return ""
    return (
        f"{_percent(share)} of its tokens are unknown to the tokenizer: the encoder cannot read this script or some "
        "of its letters. Only a student with another vocabulary helps."
    )


def _cut(row: Row, usual: Row) -> str:
    share, errors = row["cut_share"], row["cut_errors"]
    if share is None or errors is None or errors < CUT_ERRORS or errors < 1.5 * share:
        return ""
    return (
        f"{_percent(errors)} of its errors are on the {_percent(share)} of sentences that are longer than the encoder "
        "reads; let it read more tokens."
    )


def _undeclared(row: Row, usual: Row) -> str:
    if row["declared"] is not False:
        return ""
    return "The encoder was not made for this language."


def _unseen(row: Row, usual: Row) -> str:
    pairs = row["pairs_seen"]
    if pairs is None or pairs >= FEW_PAIRS:
        return ""
    if not pairs:
        return "Training saw no pair of this language; what it can do, it brought along. Add pairs."
    sources = "one source" if row["sources_seen"] == 1 else f"{row['sources_seen']} sources"
    return f"Training saw {pairs:,} pairs of it, from {sources}: that is little. Add pairs, or draw it more often."


def _unlearnt(row: Row, usual: Row) -> str:
    if row["matching"] >= UNLEARNT or row["declared"] is False:
        return ""
    return (
        f"The encoder hardly knows the language: where it errs, another sentence is nearer by {-row['gap']:.3f} of "
        f"cosine ({usual['told']}: {-(usual.get('gap') or 0.0):.3f}). It needs many more pairs."
    )


def _torn(row: Row, usual: Row) -> str:
    ratio, common = row["tokens_per_english_token"], usual.get("tokens_per_english_token") or 0.0
    if ratio is None or ratio < TORN or ratio < 1.3 * common:
        return ""
    return (
        f"A sentence becomes {ratio:.1f} times as many tokens as in English ({usual['told']}: {common:.1f}), "
        f"{row['tokens_per_word']:.1f} a word: words are torn into pieces that mean little by themselves."
    )


def _offset(row: Row, usual: Row) -> str:
    gained = row["centred"] - row["matching"]
    if gained < OFFSET * (1 - row["matching"]) or gained < 0.005:
        return ""
    return (
        f"The language lies apart as a whole: less each side's mean, matching is {row['centred']:.3f} in place of "
        f"{row['matching']:.3f}. Centring mends that much; a contrastive loss would mend it in the encoder."
    )


def _hub(row: Row, usual: Row) -> str:
    if row["hub_share"] < HUB or row["hub_share"] * row["pairs"] < 4:
        if row["hub_skewness"] < HUB_SKEWNESS or row["hub_skewness"] < 1.5 * (usual.get("hub_skewness") or 0.0):
            return ""
        return (
            f"A few sentences lie near to very many (skewness {row['hub_skewness']:.1f}): hubs draw the answers. "
            "A margin in place of the plain cosine helps."
        )
    return (
        f"One sentence alone is the answer to {_percent(row['hub_share'])} of all: a hub. A margin in place of the "
        "plain cosine helps; look whether that text is very short, or hardly read at all."
    )


def _short(row: Row, usual: Row) -> str:
    share = row["short_errors"]
    if share is None or share < SHORT or row["errors"] < 8:
        return ""
    return f"{_percent(share)} of its errors are on the shorter quarter of the sentences: little text, little meaning."


def _one_sided(row: Row, usual: Row) -> str:
    apart = row["to_language"] - row["to_english"]
    if abs(apart) < ONE_SIDED:
        return ""
    weak, strong = ("to English", "from English") if apart > 0 else ("from English", "to English")
    return f"It fails {weak} far more often than {strong} ({row['to_english']:.3f} and {row['to_language']:.3f})."


def _near_miss(row: Row, usual: Row) -> str:
    gap = row["gap"]
    if gap is None or -gap > CLOSE or row["errors"] < 4:
        return ""
    return (
        f"Its errors are near misses: the wrong sentence is nearer by {-gap:.3f} of cosine on average. Sentences "
        "that differ in a detail are told apart by more training with many negatives."
    )


_RULES: tuple[Callable[[Row, Row], str], ...] = (
    _shifted,
    _unknown,
    _undeclared,
    _unseen,
    _unlearnt,
    _cut,
    _torn,
    _offset,
    _hub,
    _one_sided,
    _short,
    _near_miss,
)


def _percent(share: float) -> str:
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"
