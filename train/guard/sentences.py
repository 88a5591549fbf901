"""Evaluation sets ─▶ the sentences that may not be trained on, found among millions in no time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from train.pairs_clean import text_keys

TEXTS = (
    "english",
    "translation",
    "text",
    "sentence",
    "sentence1",
    "sentence2",
    "message",
    "original",
    "post",
    "tweet",
    "question",
    "paragraph",
)
"""Columns of an evaluation file that hold sentences; a file with none of them is guarded by its long text columns."""

LONG = 20  # characters in the median from which a column of another name counts as sentences
SHOWN = 5


@dataclass(frozen=True)
class Guard:
    """The sentences of evaluation sets, as compared (NFKC, without case, letters, digits and marks only).

    Attributes:
        keys: (s,) UInt64, sorted.
        file_of: (s,) index into ``files``.
        row_of: (s,) row in that file, from 1.
        files: names of the evaluation files.
    """

    keys: NDArray[np.uint64]
    file_of: NDArray[np.int32]
    row_of: NDArray[np.int64]
    files: tuple[str, ...]

    @classmethod
    def of_files(cls, paths: Iterable[str | Path]) -> Guard:
        """Read evaluation files (Parquet, CSV, TSV) with any columns of text.

        Raises:
            TrainError: a file cannot be read, or has no column of sentences.
        """
        names, keys, files, rows = [], [], [], []
        for number, path in enumerate(paths):
            names.append(str(path))
            for texts in _sentences(Path(path)):
                found = text_keys(texts.fill_null("")).to_numpy()
                keys.append(found)
                files.append(np.full(len(found), number, dtype=np.int32))
                rows.append(np.arange(1, len(found) + 1, dtype=np.int64))
        every = np.concatenate(keys) if keys else np.empty(0, dtype=np.uint64)
        distinct, first = np.unique(every, return_index=True)
        real = distinct != 0
        first = first[real]
        file_of = np.concatenate(files)[first] if files else np.empty(0, dtype=np.int32)
        row_of = np.concatenate(rows)[first] if rows else np.empty(0, dtype=np.int64)
        return cls(distinct[real], file_of, row_of, tuple(names))

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return for each of ``keys`` (m,) the guarded sentence (index into ``self.keys``) it is, or -1."""
        if not len(self.keys):
            return np.full(len(keys), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, place, -1)

    def guarded(self, pairs: pl.DataFrame) -> NDArray[np.int64]:
        """Return for each cleaned pair (m,) the guarded sentence that its English or translation is, or -1."""
        english = self.find(pairs["english_key"].to_numpy())
        return np.where(english >= 0, english, self.find(pairs["translation_key"].to_numpy()))

    def told(self, sentence: int) -> str:
        """Return where a guarded sentence stands: "row 12 of dev.parquet"."""
        return f"row {self.row_of[sentence]:,} of {self.files[self.file_of[sentence]]}"


def refusal(found: int, told: list[str], names: Iterable[str]) -> TrainError:
    """Return the sentence for ``found`` pairs that are in evaluation sets, of which ``told`` names the first."""
    more = f" and {found - len(told):,} more" if found > len(told) else ""
    files = " ".join(names)
    return TrainError(
        f"{found:,} pairs hold a sentence of an evaluation set and may not be trained on: {'; '.join(told)}{more}. "
        f"Write a cleaned file with: python -m train.guard PAIRS --against {files} --out CLEANED.parquet"
    )


def _sentences(path: Path) -> list[pl.Series]:
    try:
        frame = _evaluation_file(path)
    except FileNotFoundError as error:
        raise TrainError(f"There is no evaluation file {path}, so nothing could be guarded by it.") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainError(f"The evaluation file {path} cannot be read ({error}). Copy it again.") from error
    texts = [frame[name] for name, kind in frame.schema.items() if kind == pl.String]
    named = [column for column in texts if column.name.lower() in TEXTS]
    long = [column for column in texts if (column.str.len_chars().median() or 0) >= LONG]  # type: ignore[operator]
    if not named and not long:
        raise TrainError(
            f"The evaluation file {path} has no column of sentences; it has {', '.join(frame.columns)}. "
            "Name the column text."
        )
    return named or long


def _evaluation_file(path: Path) -> pl.DataFrame:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return pl.read_parquet(path)
    tabs = ".tsv" in name
    quote = None if tabs else '"'
    return pl.read_csv(path, separator="\t" if tabs else ",", quote_char=quote, infer_schema=False)
