"""Texts ─▶ their token ids, computed once: tokenising again in every epoch would cost more than reading them."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from ctse_core.types import Progress, no_progress
from train.beside import one_maker, refuse_other, unwritable
from train.text_store import FlatFile, TextStore

SHARD = 32_768  # texts; what a kill can cost
COUNTED_AT_ONCE = 1 << 24  # tokens
DESCRIPTION = "tokens.json"

Tokenise = Callable[[list[str]], list[list[int]]]


class TokenStore:
    """Token ids of the texts of a store; row i is text i.

    Attributes:
        lengths: (n,) int32 tokens of each text, memory-mapped.
        tokens: of all texts.
    """

    def __init__(self, folder: Path) -> None:
        try:
            told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            self.lengths: NDArray[np.int32] = _mapped(folder / "lengths.array", np.int32)
            self.tokens = int(told["tokens"])
        except (OSError, ValueError, KeyError) as error:
            raise TrainError(f"{folder} holds no tokens that can be opened ({error}). Make them again.") from error
        self._folder = folder
        self._ids = FlatFile(folder / "ids.array")
        self._ends = FlatFile(folder / "ends.array")

    def __len__(self) -> int:
        return len(self.lengths)

    def ids(self, rows: Sequence[int] | NDArray) -> list[NDArray[np.int32]]:
        """Return the token ids (t,) of each of ``rows`` (m,), in their order; the arrays are read-only."""
        return [self._of(int(row)) for row in rows]

    def counts(self, vocabulary: int) -> NDArray[np.int64]:
        """Return how often the texts use each token id, (vocabulary,)."""
        every = _mapped(self._folder / "ids.array", np.int32)
        found = np.zeros(vocabulary, dtype=np.int64)
        for start in range(0, len(every), COUNTED_AT_ONCE):
            found += np.bincount(every[start : start + COUNTED_AT_ONCE], minlength=vocabulary)
        return found

    def counts_by(self, groups: NDArray[np.integer], count: int, vocabulary: int) -> NDArray[np.int64]:
        """Return how often the texts of each of ``count`` groups use each token id, (count, vocabulary).

        ``groups`` (n,) holds the group of each text.
        """
        every = _mapped(self._folder / "ids.array", np.int32)
        found = np.zeros(count * vocabulary, dtype=np.int64)
        start = 0
        for row in range(0, len(self), SHARD):
            lengths = np.asarray(self.lengths[row : row + SHARD])
            stop = start + int(lengths.sum(dtype=np.int64))
            owner = np.repeat(np.asarray(groups[row : row + SHARD], dtype=np.int64), lengths)
            cells, seen = np.unique(owner * vocabulary + every[start:stop], return_counts=True)
            found[cells] += seen
            start = stop
        return found.reshape(count, vocabulary)

    def _of(self, row: int) -> NDArray[np.int32]:
        row = range(len(self))[row]
        start, end = np.frombuffer(self._ends.read(8 * row, 16), dtype=np.int64).tolist()
        return np.frombuffer(self._ids.read(4 * start, 4 * (end - start)), dtype=np.int32)

    @classmethod
    def build(
        cls, texts: TextStore, tokenise: Tokenise, folder: Path, key: str, progress: Progress = no_progress
    ) -> TokenStore:
        """Tokenise all ``texts`` into ``folder`` and open them; finished shards of a killed run are taken over.

        ``key`` names the tokenizer with all that decides its ids (prefix, most tokens). Tokens of an equal key and
        equal texts are opened as they are; any others are replaced. Of two runs that ask for the same, one waits.

        Raises:
            TrainError: the folder cannot be written, or holds something else.
        """
        wanted = {"key": key, "texts": len(texts), "digest": texts.digest}
        if not _told(folder / DESCRIPTION, wanted):
            with one_maker(folder, "tokens", progress):
                if not _told(folder / DESCRIPTION, wanted):  # another run may have made them meanwhile
                    _make(texts, tokenise, folder, wanted, progress)
        return cls(folder)


def _make(texts: TextStore, tokenise: Tokenise, folder: Path, wanted: dict[str, object], progress: Progress) -> None:
    """Write the tokens of all ``texts`` into ``folder`` and say last, in its description, that they are whole."""
    shards = folder / "shards"
    try:
        if not _told(shards / DESCRIPTION, wanted):
            refuse_other(folder, DESCRIPTION, shards.name)
            shutil.rmtree(folder, ignore_errors=True)
            shards.mkdir(parents=True)
            (shards / DESCRIPTION).write_text(json.dumps(wanted), encoding="utf-8")
        for rows, some in _missing(texts, shards):
            _write_shard(shards, rows.start // SHARD, tokenise(some))
            progress(0.95 * rows.stop / len(texts), f"Tokenised {rows.stop:,} of {len(texts):,} texts")
        tokens = _join(shards, folder)
        beside = shards / "finished.json"
        beside.write_text(json.dumps({**wanted, "tokens": tokens}), encoding="utf-8")
        os.replace(beside, folder / DESCRIPTION)
        shutil.rmtree(shards)
    except OSError as error:
        raise unwritable(folder, error) from error
    progress(1.0, f"{tokens:,} tokens are ready")


def _missing(texts: TextStore, shards: Path) -> Iterator[tuple[range, list[str]]]:
    """Yield rows and texts of the shards that are not there yet."""
    for start in range(0, len(texts), SHARD):
        if not _shard(shards, start // SHARD).is_file():
            rows = range(start, min(start + SHARD, len(texts)))
            yield rows, texts.texts(rows)


def _shard(shards: Path, number: int) -> Path:
    return shards / f"{number:06d}.array"


def _write_shard(shards: Path, number: int, ids: list[list[int]]) -> None:
    """Write how many texts, their lengths and their ids; renamed when whole, so that a shard is never half there."""
    beside = shards / "shard.part"
    with beside.open("wb") as file:
        file.write(np.array([len(ids), *map(len, ids)], dtype=np.int32).tobytes())
        file.write(np.fromiter(itertools.chain.from_iterable(ids), dtype=np.int32).tobytes())
    os.replace(beside, _shard(shards, number))


def _join(shards: Path, folder: Path) -> int:
    """Write all shards one behind the other; return the number of tokens."""
    end = 0
    with (
        (folder / "ids.array").open("wb") as ids,
        (folder / "lengths.array").open("wb") as lengths,
        (folder / "ends.array").open("wb") as ends,
    ):
        ends.write(np.zeros(1, dtype=np.int64).tobytes())
        for path in sorted(shards.glob("*.array")):
            whole = np.fromfile(path, dtype=np.int32)
            count = int(whole[0])
            some = whole[1 : count + 1]
            lengths.write(some.tobytes())
            ids.write(whole[count + 1 :].tobytes())
            ends.write((end + np.cumsum(some, dtype=np.int64)).tobytes())
            end += int(some.sum(dtype=np.int64))
    return end


def _told(path: Path, wanted: dict[str, object]) -> bool:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and all(told.get(name) == value for name, value in wanted.items())


def _mapped(path: Path, dtype: type) -> NDArray:
    return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.empty(0, dtype=dtype)
