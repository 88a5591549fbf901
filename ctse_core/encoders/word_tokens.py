"""Token ids word by word: each different word is cut once, which is several times as fast and gives the same ids."""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.layout import EncoderUse
from ctse_core.encoders.tokens import TextTokenizer

MOST_WORDS = 200_000
"""So many words are remembered, some 80 MB; then all are forgotten, and the frequent ones are soon back."""

_BY_CHARACTER = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "BertNormalizer"}
_SPACES = " {2,}"
_XLMR_BLANKS = r"\x{2581}\x{feff}\x{fffd}]"
"""How the class of characters ends that become spaces in XLM-R's vocabulary."""

_BLANKS = (
    "▁\ufffd"  # in XLM-R's vocabulary
    "\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u037a\u0384\u0385\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed\u1fee"
    "\u1ffd\u1ffe\u2017\u203e\u309b\u309c\ufc5e-\ufc63\ufdfa\ufdfb\ufe49-\ufe4c\ufe70-\ufe7f\uffe3"  # in NFKC
)
"""Printable characters that become a space, alone or beside others."""

WORDS_TOGETHER = 64
"""New words are tokenised so many in one text: each text has its price, whatever its length."""


class WordTokenizer(TextTokenizer):
    """As ``TextTokenizer`` without marks of begin and end, where words are cut independently of each other.

    Whether they are is read off the tokenizer; where they are not, and for texts in which it is not plain (spaces
    at the ends or doubled, control characters, what looks like a special token), the whole text is tokenised.
    """

    def __init__(self, backend: Any, use: EncoderUse) -> None:
        super().__init__(backend, use, marks=False)
        told = _steps_before(backend)
        self._by_word = _cuts_by_word(told)
        self._begins = _Beginnings(backend, shown=(told["pre_tokenizer"] or {}).get("type") == "Metaspace")
        starts = {added.content[:1] for added in backend.get_added_tokens_decoder().values()}
        # What becomes a space reaches beyond its word; the others that do are not printable.
        self._hard = re.compile(f"[{_BLANKS}{re.escape(''.join(starts))}]|  |^ | $|^$")
        self._known = _Words()
        self._one_at_a_time = threading.Lock()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, cut at the most allowed."""
        flat, lengths = self.flat_ids(texts)
        found, ends = flat.tolist(), np.cumsum(lengths).tolist()
        return [found[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def flat_ids(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the token ids of all texts one after the other (t,), and how many each text has (n,)."""
        if not self._by_word:
            return _flat(super().ids(texts))
        prepared = [self._prepared(text) for text in texts]
        # Printable texts have one kind of blank, the space: a pattern sees the rest.
        easy = np.array([text.isprintable() and not self._hard.search(text) for text in prepared], dtype=bool)
        if easy.all():
            return self._easy_ids(prepared)
        parts = [[text for text, is_easy in zip(prepared, easy, strict=True) if is_easy == kind] for kind in (1, 0)]
        known, known_lengths = self._easy_ids(parts[0])
        most = self.use.max_tokens
        other, other_lengths = _flat([row[:most] for row in self._whole(parts[1])])
        lengths = np.zeros(len(texts), dtype=np.int64)
        lengths[easy], lengths[~easy] = known_lengths, other_lengths
        of_easy = np.repeat(easy, lengths)
        flat = np.empty(len(of_easy), dtype=np.int32)
        flat[of_easy], flat[~of_easy] = known, other
        return flat, lengths

    def forget(self) -> None:
        """Forget the words that were cut before, so that a measurement begins as a new encoder does."""
        with self._one_at_a_time:
            self._known = _Words()

    def _easy_ids(self, texts: list[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return as ``flat_ids``, for texts whose words can be cut one by one."""
        if not texts:
            return _flat([])
        words = " ".join(texts).split(" ")
        with self._one_at_a_time:
            fresh = list(set(words).difference(self._known.places))
            if fresh:
                self._known.add(*self._cut(fresh))
            flat, lengths = self._known.ids(words)
            if len(self._known.places) > MOST_WORDS:
                self._known = _Words()
        ends = np.cumsum([text.count(" ") + 1 for text in texts])
        tokens = np.concatenate([[0], np.cumsum(lengths)])[np.concatenate([[0], ends])]
        counts = np.diff(tokens)
        most = self.use.max_tokens
        if counts.max() > most:
            flat = flat[np.arange(len(flat)) - np.repeat(tokens[:-1], counts) < most]
            counts = np.minimum(counts, most)
        return flat, counts

    def _cut(self, words: list[str]) -> tuple[list[str], NDArray[np.int32], NDArray[np.int64]]:
        """Return the words in the order in which they were cut, all their ids, and how many each has."""
        together = [word for word in words if self._begins.shown and unicodedata.is_normalized("NFKC", word)]
        groups = [together[start : start + WORDS_TOGETHER] for start in range(0, len(together), WORDS_TOGETHER)]
        flat, lengths = _flat(self._whole([" ".join(group) for group in groups]))
        begins = self._begins.of(flat)
        ends = np.concatenate([[0], np.cumsum(lengths)])
        found = np.diff(np.concatenate([[0], np.cumsum(begins)])[ends])
        # No normalised word has more than one beginning: as many as words means one each.
        first = np.append(begins, False)[ends[:-1]]
        good = (found == [len(group) for group in groups]) & first
        kept = np.repeat(good, lengths)
        starts = np.flatnonzero(begins[kept])
        in_groups = np.diff(np.append(starts, kept.sum()))
        done = [word for group, is_good in zip(groups, good, strict=True) if is_good for word in group]
        alone = list(set(words).difference(done))
        rest, rest_lengths = _flat(self._whole(alone))
        return done + alone, np.concatenate([flat[kept], rest]), np.concatenate([in_groups, rest_lengths])

    def _whole(self, texts: list[str]) -> list[list[int]]:
        self.uncut()
        return [each.ids for each in self.backend.encode_batch_fast(texts, add_special_tokens=False)]


class _Words:
    """The token ids of words that were cut before, one word's after the other's."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._ids = np.empty(0, dtype=np.int32)
        self._lengths = np.empty(0, dtype=np.int64)
        self._starts = np.empty(0, dtype=np.int64)

    def add(self, words: list[str], ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        """Keep new words, all their ids (t,), and how many each has (w,)."""
        self.places.update(zip(words, range(len(self.places), len(self.places) + len(words)), strict=True))
        self._starts = np.concatenate([self._starts, len(self._ids) + np.cumsum(lengths) - lengths])
        self._ids = np.concatenate([self._ids, ids])
        self._lengths = np.concatenate([self._lengths, lengths])

    def ids(self, words: list[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of all words (t,), all of them known, and how many each has (w,)."""
        numbers = np.fromiter(map(self.places.__getitem__, words), np.int64, len(words))
        lengths = self._lengths[numbers]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(self._starts[numbers] - ends + lengths, lengths)
        return self._ids[places], lengths


def _flat(ids: list[list[int]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return all ids one after the other (t,), and how many each list has (n,)."""
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    return np.fromiter(chain.from_iterable(ids), np.int32, int(lengths.sum())), lengths


def _steps_before(backend: Any) -> dict[str, Any]:
    """Return what a tokenizer tells of its steps before the vocabulary, which would take long to tell."""
    from tokenizers import Tokenizer, models

    without = Tokenizer(models.BPE())
    if backend.normalizer is not None:
        without.normalizer = backend.normalizer
    if backend.pre_tokenizer is not None:
        without.pre_tokenizer = backend.pre_tokenizer
    return json.loads(without.to_str())


def _cuts_by_word(told: Mapping[str, Any]) -> bool:
    """Return whether what comes of a word never depends on the words beside it."""
    return _keeps_apart(told["normalizer"]) and _splits(told["pre_tokenizer"])


def _keeps_apart(normalizer: Mapping[str, Any] | None) -> bool:
    if normalizer is None:
        return True
    kind = normalizer["type"]
    if kind == "Sequence":
        return all(_keeps_apart(each) for each in normalizer["normalizers"])
    if kind == "Replace":
        (how, pattern), *_ = normalizer["pattern"].items()
        if how == "String":
            return len(pattern) == 1 and " " not in pattern + normalizer["content"]
        blanks = pattern.startswith("[") and pattern.endswith(_XLMR_BLANKS)
        removes = pattern.startswith("[") and pattern.count("]") == 1 and normalizer["content"] == ""
        return pattern == _SPACES or blanks or (removes and pattern.endswith("]"))
    return kind in _BY_CHARACTER


def _splits(pre_tokenizer: Mapping[str, Any] | None) -> bool:
    kind = pre_tokenizer["type"] if pre_tokenizer else ""
    if pre_tokenizer and kind == "Metaspace":
        return pre_tokenizer["prepend_scheme"] == "always" and bool(pre_tokenizer.get("split", True))
    return kind == "BertPreTokenizer"


class _Beginnings:
    """Which tokens' pieces begin a word, looked up as they come up; none where pieces do not show it."""

    def __init__(self, backend: Any, shown: bool) -> None:
        self.shown = shown
        self._backend = backend
        self._begins = np.full(backend.get_vocab_size(), -1, dtype=np.int8)

    def of(self, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return for each of ``ids`` (t,) whether its piece begins a word (t,)."""
        if not self.shown:
            return np.zeros(len(ids), dtype=bool)
        if len(ids) and ids.max() >= len(self._begins):
            more = int(ids.max()) + 1 - len(self._begins)
            self._begins = np.concatenate([self._begins, np.full(more, -1, dtype=np.int8)])
        for new in np.unique(ids[self._begins[ids] < 0]).tolist():
            self._begins[new] = (self._backend.id_to_token(new) or "").startswith("▁")
        return self._begins[ids] > 0
