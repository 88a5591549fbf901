"""Evaluation sets ─▶ the sentences that may not be trained on, found among millions in no time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from train.pairs_clean import text_keys, tidy
from train.pairs_reading import NAMES

TEXTS = frozenset(
    (
        *NAMES["english"],
        *NAMES["translation"],
        *("sentence", "sentence1", "sentence2", "post", "tweet", "question", "paragraph"),
    )
)
"""Columns of an evaluation file that hold sentences; other columns of text are guarded where they are long."""

BESIDE = frozenset(
    (
        *NAMES["lang"],
        *NAMES["source"],
        *NAMES["kind"],
        *("id", "row", "line", "label", "labels", "topic", "score", "event", "collection", "class", "split", "doc"),
    )
)
"""Columns that stand beside sentences: they tell that the first line of a TSV is a header."""

LONG = 20  # bytes in the median from which a column of another name counts as sentences; a Chinese one has few letters
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
        """Read evaluation files (Parquet, CSV, TSV) with any columns of text; a TSV may lack a header.

        Raises:
            TrainError: a file cannot be read, or has no column of sentences.
        """
        names, keys, files, rows = [], [], [], []
        for number, path in enumerate(paths):
            names.append(str(path))
            for texts in _sentences(Path(path)):
                found = text_keys(tidy(texts)).to_numpy()  # tidied as pairs are
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
    """Return the columns of sentences of an evaluation file: those named so, and every other of long texts."""
    try:
        frame, headed = _evaluation_file(path)
    except FileNotFoundError as error:
        raise TrainError(f"There is no evaluation file {path}, so nothing could be guarded by it.") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainError(f"The evaluation file {path} cannot be read ({error}). Copy it again.") from error
    texts = [column.cast(pl.String) for column in frame if column.dtype in (pl.String, pl.Categorical, pl.Enum)]
    named = {column.name for column in texts if column.name.strip().lower() in TEXTS}
    if not headed:
        named.update(frame.columns[:2])  # English and translation, as pairs without a header have them
    found = [column for column in texts if column.name in named or _is_long(column)]
    if not found:
        raise TrainError(
            f"The evaluation file {path} has no column of sentences; it has {', '.join(frame.columns)}. "
            "Name the column text."
        )
    return found


def _is_long(column: pl.Series) -> bool:
    return bool((column.str.len_bytes().median() or 0) >= LONG)  # type: ignore[operator]


def _evaluation_file(path: Path) -> tuple[pl.DataFrame, bool]:
    """Return the table and whether its columns have names: the first line of a TSV may be a sentence already."""
    name = path.name.lower()
    if name.endswith(".parquet"):
        return pl.read_parquet(path), True
    if ".tsv" not in name:
        return pl.read_csv(path, infer_schema=False), True
    frame = pl.read_csv(path, separator="\t", quote_char=None, infer_schema=False, has_header=False)
    first = [str(field or "").removeprefix("\ufeff").strip() for field in frame.row(0)]
    if not {field.lower() for field in first} & (TEXTS | BESIDE):
        return frame, False
    names = [field if field and first.count(field) == 1 else f"column {place}" for place, field in enumerate(first, 1)]
    return frame.slice(1).rename(dict(zip(frame.columns, names, strict=True))), True
