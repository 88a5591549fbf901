"""Token ids word by word: each different word is cut once, which is several times as fast and gives the same ids."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

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
        told = json.loads(self.uncut().to_str())
        self._by_word = _cuts_by_word(told)
        self._begins = _beginnings(told, backend)
        starts = {added["content"][:1] for added in told["added_tokens"]}
        # What becomes a space reaches beyond its word; the others that do are not printable.
        self._hard = re.compile(f"[{_BLANKS}{re.escape(''.join(starts))}]")
        self._known: dict[str, list[int]] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, cut at the most allowed."""
        if not self._by_word:
            return super().ids(texts)
        known, most = self._known, self.use.max_tokens
        prepared = [self._prepared(text) for text in texts]
        words = [self._words(text) for text in prepared]
        fresh = list({word for row in words for word in row if word not in known})
        if fresh:
            known.update(self._cut(fresh))
        hard = [text for text, row in zip(prepared, words, strict=True) if not row]
        whole = iter(self._whole(hard))
        found = [
            list(chain.from_iterable(map(known.__getitem__, row)))[:most] if row else next(whole)[:most]
            for row in words
        ]
        if len(known) > MOST_WORDS:
            known.clear()
        return found

    def _words(self, text: str) -> list[str]:
        """Return the words of a text that can be cut one by one, none of any other."""
        if not text.isprintable() or self._hard.search(text):
            return []
        words = text.split(" ")
        return [] if "" in words else words

    def _cut(self, words: list[str]) -> dict[str, list[int]]:
        """Return the ids of each word."""
        together = [word for word in words if self._begins and unicodedata.is_normalized("NFKC", word)]
        groups = [together[start : start + WORDS_TOGETHER] for start in range(0, len(together), WORDS_TOGETHER)]
        found: dict[str, list[int]] = {}
        for group, ids in zip(groups, self._whole([" ".join(group) for group in groups]), strict=True):
            starts = [place for place, number in enumerate(ids) if number in self._begins]
            # No normalised word has more than one beginning: as many as words means one each.
            if len(starts) == len(group) and starts[0] == 0:
                ends = [*starts[1:], len(ids)]
                found |= {word: ids[a:b] for word, a, b in zip(group, starts, ends, strict=True)}
        alone = [word for word in words if word not in found]
        return found | dict(zip(alone, self._whole(alone), strict=True))

    def _whole(self, texts: list[str]) -> list[list[int]]:
        self.backend.no_padding()
        self.backend.no_truncation()
        return [each.ids for each in self.backend.encode_batch_fast(texts, add_special_tokens=False)]


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


def _beginnings(told: Mapping[str, Any], backend: Any) -> frozenset[int]:
    """Return the ids of the pieces that begin a word, none where pieces do not show it."""
    if (told["pre_tokenizer"] or {}).get("type") != "Metaspace":
        return frozenset()
    return frozenset(number for piece, number in backend.get_vocab(True).items() if piece.startswith("▁"))
