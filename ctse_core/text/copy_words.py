"""Texts ─▶ the words by which copies are told, as numbers; and which texts may be near copies of each other (MinHash).

Source: Broder, "On the resemblance and containment of documents", 1997.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.text.lists import word_lists
from ctse_core.text.normalise import HANDLE, LINK
from ctse_core.types import Spread, Tell, joined_pieces, told_nobody

BANDS = 16
_SEQUENCE = 3  # words that are hashed together
_BLOCK = 50_000  # texts whose words are hashed at once
_READ, _TAIL = 1_000, 200  # characters of a text that are cut into words; characters looked at for a cut
_PLACEHOLDER = re.compile(f"{LINK}|{HANDLE}")
# Where sharing broke a post off: dots, behind them nothing but signs, hashtags and where it was shared from.
_CUT = re.compile(r"\.\.\.[^\w#]*(?:(?:via|by|rt|#\w+)[^\w#]*){0,4}$")
# Scripts without spaces: every character is a word of its own.
_WORD = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\W_][^\s\"#()*+,./:;<=>?@\[\]^_`{|}~!$%&\-。、！？「」]*"
)


@dataclass(frozen=True)
class Texts:
    """The words of m texts: ``flat`` (t,) numbers of words, text i from ``ends[i]`` to ``ends[i + 1]``.

    Words are numbered as they come up; ``words`` are those, in that order. ``cut`` (m,): dots end the text.
    """

    flat: NDArray[np.int32]
    ends: NDArray[np.int64]
    cut: NDArray[np.bool_]
    words: pl.Series

    def __len__(self) -> int:
        return len(self.cut)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """(m,) how many words each text has."""
        return np.diff(self.ends)

    def numbers(self, text: int) -> NDArray[np.int32]:
        """Return the numbers of one text's words."""
        return self.flat[self.ends[text] : self.ends[text + 1]]

    def spelled(self, text: int) -> list[str]:
        """Return the words of one text."""
        return [self._vocabulary[word] for word in self.numbers(text).tolist()]

    @cached_property
    def _vocabulary(self) -> list[str]:
        return self.words.to_list()


def read_texts(
    texts: pl.Series, spread: Spread = joined_pieces, tell: Tell = told_nobody
) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Return (n,) the first row that has each text, upper and lower case aside, and the n texts' words and cuts."""
    read = spread(words_of_texts, texts.alias("text").to_frame(), {}, tell)
    return first_rows(read["folded"]), read.select("words", "cut")


def first_rows(texts: pl.Series) -> NDArray[np.int64]:
    """Return (n,) the first row that has each text."""
    rows = pl.DataFrame({"text": texts, "row": np.arange(len(texts))})
    return rows.select(pl.col("row").first().over("text"))["row"].to_numpy()


def words_of_texts(piece: pl.DataFrame) -> pl.DataFrame:
    """Return for each normalised text of ``piece`` ("text") itself "folded", its "words", and whether it is "cut"."""
    texts = piece["text"].to_list()
    found = [_read(text) for text in texts]
    return pl.DataFrame(
        {
            "folded": pl.Series([text.casefold() for text in texts], dtype=pl.Utf8),
            "words": word_lists("words", [words for words, _ in found]),
            "cut": pl.Series([cut for _, cut in found], dtype=pl.Boolean),
        }
    )


def _read(text: str) -> tuple[list[str], bool]:
    bare = _PLACEHOLDER.sub(" ", text) if LINK in text or HANDLE in text else text
    bare = bare.lower()
    cut = _CUT.search(bare[-_TAIL:]) if "..." in bare else None
    if cut:
        bare = bare[: len(bare) - min(_TAIL, len(bare)) + cut.start()]
    words = _WORD.findall(bare[:_READ])
    if len(bare) > _READ:  # what lies beyond must be equal: one word stands for all of it
        words.append(blake2b(bare[_READ:].encode("utf-8", "replace"), digest_size=8).hexdigest() + "0")
    return words, cut is not None


def numbered(read: pl.DataFrame) -> Texts:
    """Return the texts of ``read`` ("words", "cut") with their words as numbers."""
    lengths = read["words"].list.len().to_numpy().astype(np.int64)
    named = read["words"].explode(empty_as_null=False).cast(pl.Categorical)
    codes = named.to_physical()
    order = codes.unique(maintain_order=True).to_numpy()
    place = np.zeros(int(order.max()) + 1 if len(order) else 0, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Texts(
        flat=place[codes.to_numpy()],
        ends=np.concatenate([[0], np.cumsum(lengths)]),
        cut=read["cut"].to_numpy(),
        words=named.unique(maintain_order=True).cast(pl.Utf8),
    )


def band_groups(texts: Texts) -> NDArray[np.int32]:
    """Return (m, bands) the number of the group of texts that share a band's key, -1 where a text shares it with none.

    Two texts agree in a band about as often as their sequences of words overlap.
    """
    groups = np.empty((len(texts), BANDS), dtype=np.int32)
    keys = band_keys(texts)
    for band in range(BANDS):
        groups[:, band] = shared_groups(keys[band], texts.lengths > 0)
    return groups


def shared_groups(keys: NDArray[np.uint64], counted: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return (m,) the number of the group of equal ``keys`` (m,), -1 for keys that stand alone or are not counted."""
    rows = np.flatnonzero(counted)
    order = rows[np.argsort(keys[rows], kind="stable")]
    starts = np.concatenate([[True], keys[order][1:] != keys[order][:-1]]) if len(order) else np.zeros(0, dtype=bool)
    group = np.cumsum(starts) - 1
    several = np.bincount(group, minlength=1)[group] > 1 if len(order) else starts
    found = np.full(len(keys), -1, dtype=np.int32)
    found[order[several]] = group[several]
    return found


def band_keys(texts: Texts) -> NDArray[np.uint64]:
    """Return (bands, m) MinHash values over the sequences of three words of each text; zeros for one without words."""
    keys = np.zeros((BANDS, len(texts)), dtype=np.uint64)
    for start in range(0, len(texts), _BLOCK):
        end = min(start + _BLOCK, len(texts))
        flat = texts.flat[texts.ends[start] : texts.ends[end]]
        keys[:, start:end] = _keys_of(flat.astype(np.uint64), texts.lengths[start:end])
    return keys


def _keys_of(flat: NDArray[np.uint64], lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    ends = np.cumsum(lengths)
    hashed = mixed(flat)
    rolled = hashed.copy()
    left = np.repeat(ends, lengths) - np.arange(len(flat))
    for step in range(1, _SEQUENCE):  # sequences that would run into the next text stay shorter
        following = np.zeros_like(hashed)
        following[:-step] = hashed[step:]
        rolled = mixed(rolled * np.uint64(31) + np.where(left > step, following, np.uint64(0)))
    keys = np.zeros((BANDS, len(lengths)), dtype=np.uint64)
    filled = np.flatnonzero(lengths)
    starts = (ends - lengths)[filled]
    for band in range(BANDS):
        salted = mixed(rolled ^ np.uint64(0x9E3779B97F4A7C15 * (band + 1) % 2**64))
        if len(filled):
            keys[band, filled] = np.minimum.reduceat(salted, starts)
    return keys


def whole_keys(texts: Texts) -> NDArray[np.uint64]:
    """Return (m,) a hash of each text's words in their order; zero for a text without words."""
    inside = np.arange(len(texts.flat)) - np.repeat(texts.ends[:-1], texts.lengths)
    hashed = mixed(
        mixed(texts.flat.astype(np.uint64) + np.uint64(1)) + inside.astype(np.uint64) * np.uint64(0x9E3779B9)
    )
    keys = np.zeros(len(texts), dtype=np.uint64)
    filled = np.flatnonzero(texts.lengths)
    if len(filled):
        keys[filled] = np.add.reduceat(hashed, texts.ends[:-1][filled])
    return keys


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well spread 64-bit hashes (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
