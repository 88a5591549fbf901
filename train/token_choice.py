"""Which tokens a smaller vocabulary keeps: what some language uses most, not what all texts together use most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctse_core.text.scripts import letters_by_script

PRIOR = 0.3
"""Weight of what the tokenizer's own frequencies say beside what the pairs say."""
SEEN = 0.1
"""A script of which the pairs use a smaller share of the tokens is none of theirs."""


def most_used(
    counts: NDArray[np.int64], pieces: list[str], log_shares: NDArray[np.float64] | None, size: int
) -> NDArray[np.int64]:
    """Return the ids (k,), ascending, of the ``size`` tokens that languages use most.

    A token counts as much as its largest share of any language's tokens, so that a language with few pairs keeps
    its words beside one with many. A language's pairs may be too few to show its words: where the tokenizer knows how
    frequent each token was in its own training (Unigram), that frequency within the token's script counts, too.

    ``counts`` (l, v) is how often each language's texts use each token, ``pieces`` (v,) the tokens as text,
    ``log_shares`` (v,) the tokenizer's log probabilities or None.
    """
    totals = counts.sum(axis=1, keepdims=True)
    weight = (counts / np.maximum(totals, 1)).max(axis=0)
    if log_shares is not None:
        weight = np.maximum(weight, PRIOR * _within_scripts(counts.sum(axis=0) > 0, pieces, log_shares))
    best = np.argsort(-weight, kind="stable")[:size]
    return np.sort(best[weight[best] > 0])


def _within_scripts(used: NDArray[np.bool_], pieces: list[str], log_shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share (v,) of each token among those of its script, 0 where the pairs do not use the script."""
    letters = letters_by_script(pieces)
    script = np.where(letters.any(axis=1), letters.argmax(axis=1), -1)
    shares = np.where(log_shares < 0, np.exp(log_shares), 0.0)
    found = np.zeros(len(pieces))
    for each in np.unique(script[script >= 0]):
        mine = script == each
        if used[mine].mean() >= SEEN and shares[mine].sum() > 0:
            found[mine] = shares[mine] / shares[mine].sum()
    return found
