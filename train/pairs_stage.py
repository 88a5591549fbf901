"""Files of pairs ─▶ cleaned batches on disk, and a record for each pair that the draw can sort by."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from ctse_core.text.language_codes import tidy_code
from ctse_core.types import Progress
from train.config import PairSettings
from train.guard import SHOWN, Guard, refusal
from train.pairs_clean import clean, pair_keys
from train.pairs_draw import PAIR, Group, shelf_of_key
from train.pairs_files import PairFile
from train.pairs_reading import iter_rows
from train.shelves import Shelves

READ, UNASKED, LEFT_OUT = "read", "other_language", "left_out_source"
_PART = 0.6  # of the work, for the progress


@dataclass
class Staged:
    """Cleaned pairs on their way into a store.

    Attributes:
        folder: batches of english and translation, one Arrow file each.
        pairs: records PAIR on shelves by key.
        kept: records PAIR on shelves by row, filled by the draw.
        groups: (language, source, kind) by number, in the order in which they were met.
        starts: row of the first pair of each batch, and at the end the number of pairs.
        counts: rows by (language, source, kind) and reason.
    """

    folder: Path
    pairs: Shelves
    kept: Shelves
    groups: list[Group] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    counts: dict[str, Counter[Group]] = field(default_factory=dict)
    numbers: dict[Group, int] = field(default_factory=dict)

    @property
    def seen(self) -> set[Group]:
        """Every (language, source, kind) that was read, whatever became of it."""
        return set(self.counts.get(READ, ()))

    def count(self, reason: str, rows: pl.DataFrame) -> None:
        """Add ``rows`` (lang, source, kind) to the count of a reason."""
        if len(rows):
            sizes = rows.group_by(pl.col("lang").fill_null(""), "source", "kind").len()
            self.counts.setdefault(reason, Counter()).update({row[:3]: row[3] for row in sizes.iter_rows()})

    def add(self, batch: pl.DataFrame) -> None:
        """Append cleaned pairs (m,)."""
        if not len(batch):
            return
        start = self.starts[-1]
        batch.select("english", "translation").write_ipc(self._path(len(self.starts) - 1), compression="lz4")
        records = np.zeros(len(batch), dtype=PAIR)
        records["key"] = pair_keys(batch)
        records["row"] = np.arange(start, start + len(batch))
        records["group"] = self._groups_of(batch)
        self.pairs.add(shelf_of_key(records["key"]), records)
        self.starts.append(start + len(batch))

    def batches(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield (row of the first pair, english and translation) of each batch."""
        for number, start in enumerate(self.starts[:-1]):
            yield start, pl.read_ipc(self._path(number))

    def remove(self) -> None:
        """Remove everything from disk."""
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.arrow"

    def _groups_of(self, batch: pl.DataFrame) -> NDArray[np.int32]:
        names = batch.select("lang", "source", "kind")
        for group in names.unique(maintain_order=True).iter_rows():
            if group not in self.numbers:
                self.numbers[group] = len(self.groups)
                self.groups.append(group)
        known = pl.DataFrame(self.groups, schema=["lang", "source", "kind"], orient="row").with_row_index("group")
        return names.join(known, on=["lang", "source", "kind"], how="left", maintain_order="left")["group"].to_numpy()


def stage(files: list[PairFile], settings: PairSettings, guard: Guard, folder: Path, progress: Progress) -> Staged:
    """Read and clean all ``files`` into ``folder``, without what ``settings`` leaves out, counting every row.

    Raises:
        TrainError: a file is damaged or holds no pair, a source to leave out is unknown, or pairs are guarded.
    """
    staged = Staged(folder, Shelves(folder / "pairs", PAIR), Shelves(folder / "kept", PAIR))
    found = 0
    told: list[str] = []
    whole, done = sum(file.bytes for file in files) or 1, 0
    for file in files:
        rows = good = 0
        for raw in iter_rows(file):
            batch = clean(raw)
            pairs = batch.filter(pl.col("fault").is_null())
            rows, good = rows + len(raw), good + len(pairs)
            _count_faults(staged, batch)
            asked = _asked(staged, pairs, settings)
            sentences = guard.guarded(asked)
            for row in np.flatnonzero(sentences >= 0)[: SHOWN - len(told)]:
                told.append(f"row {asked['row'][int(row)]:,} of {file.path} is {guard.told(int(sentences[row]))}")
            found += int((sentences >= 0).sum())
            staged.add(asked)
            progress(_PART * done / whole, f"{file.path.name}: {rows:,} rows read, {staged.starts[-1]:,} pairs in all")
        if not good:
            raise _nothing_readable(file, rows, batch if rows else None)
        done += file.bytes
    if found:
        raise refusal(found, told, guard.files)
    _refuse_unknown(settings.without, staged)
    return staged


def _count_faults(staged: Staged, batch: pl.DataFrame) -> None:
    staged.count(READ, batch)
    for (fault,), rows in batch.filter(pl.col("fault").is_not_null()).group_by("fault"):
        staged.count(str(fault), rows)


def _asked(staged: Staged, pairs: pl.DataFrame, settings: PairSettings) -> pl.DataFrame:
    """Return the pairs in the languages and from the sources that are asked for, and count the others."""
    if settings.languages:
        other = ~pairs["lang"].is_in([tidy_code(lang) for lang in settings.languages])
        staged.count(UNASKED, pairs.filter(other))
        pairs = pairs.filter(~other)
    if settings.without:
        left_out = pairs["source"].is_in(settings.without)
        staged.count(LEFT_OUT, pairs.filter(left_out))
        pairs = pairs.filter(~left_out)
    return pairs


def _nothing_readable(file: PairFile, rows: int, last: pl.DataFrame | None) -> TrainError:
    if last is None:
        return TrainError(f"{file.path} is empty. Leave it out, or name another file with --pairs.")
    faults = last["fault"].value_counts(sort=True)
    why = ", ".join(f"{fault.replace('_', ' ')} ({count:,})" for fault, count in faults.iter_rows())
    return TrainError(
        f"None of the {rows:,} rows of {file.path} is a pair; the last ones have: {why}. A pair has an English "
        "text, its translation, and a language in a column lang or in the file's name, such as news.en-de.tsv."
    )


def _refuse_unknown(without: tuple[str, ...], staged: Staged) -> None:
    sources = {source for _, source, _ in staged.seen}
    unknown = [name for name in without if name not in sources]
    if unknown:
        raise TrainError(
            f"No pair comes from {', '.join(unknown)}, so leaving it out changes nothing; the sources are "
            f"{', '.join(sorted(sources))}."
        )
