"""A file of pairs, of whatever kind and size ─▶ batches of rows, in memory that does not grow with the file."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from ctse_core.errors import TrainError
from train.pairs_clean import clean
from train.pairs_files import PairFile, opened, pair_file

BATCH = 65_536  # rows
NAMES = {
    "source": ("source", "corpus", "dataset"),
    "lang": ("lang", "language", "lang_code", "target_lang"),
    "english": ("english", "en", "eng", "source_text", "message"),
    "translation": ("translation", "target", "target_text", "original", "text"),
    "kind": ("kind",),
}
"""What a column may be called; the first name that the file has counts."""
FIRST_TWO = {"english": 0, "translation": 1}
"""Columns of a TSV without a header."""


def iter_pairs(path: str | Path | PairFile) -> Iterator[pl.DataFrame]:
    """Yield the good pairs of a file: row, source, lang, english, translation, kind (all tidy), and their keys.

    Raises:
        TrainError: the file is missing, damaged, or nothing in it can be read as a pair.
    """
    for batch in iter_rows(path):
        good = clean(batch)
        yield good.filter(pl.col("fault").is_null()).drop("fault")


def iter_rows(path: str | Path | PairFile) -> Iterator[pl.DataFrame]:
    """Yield every row of a file as it is written (columns RAW), those that are no pairs with their fault.

    Raises:
        TrainError: the file is missing, damaged, or has no columns of pairs.
    """
    file = path if isinstance(path, PairFile) else pair_file(Path(path))
    rows = 0
    for batch in _READERS[file.form](file):
        yield batch.select(
            pl.int_range(rows + 1, rows + 1 + pl.len(), dtype=pl.Int64).alias("row"),
            *(
                pl.col(name).cast(pl.String) if name in batch.columns else pl.lit(default, dtype=pl.String).alias(name)
                for name, default in (
                    ("source", file.source),
                    ("lang", file.lang or None),
                    ("english", None),
                    ("translation", None),
                    ("kind", None),
                    ("fault", None),
                )
            ),
        )
        rows += len(batch)


def _parquet(file: PairFile) -> Iterator[pl.DataFrame]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened(file.path) as stream, tempfile.TemporaryFile() as unpacked:
        readable: IO[bytes] = stream
        if file.path.suffix.lower() != ".parquet":  # Parquet is read from its end
            shutil.copyfileobj(stream, unpacked, 1 << 20)
            readable = unpacked  # type: ignore[assignment]
        try:
            # Buffered and group by group: otherwise what was read stays in memory until the end.
            table = pq.ParquetFile(readable, buffer_size=1 << 20, pre_buffer=False)
            columns = _columns(file, table.schema_arrow.names)
            for group in range(table.num_row_groups):
                for batch in table.iter_batches(BATCH, row_groups=[group], columns=[*columns.values()]):
                    frame = pl.DataFrame(pl.from_arrow(batch))
                    yield frame.select(pl.col(there).alias(name) for name, there in columns.items())
        except (pa.ArrowInvalid, pl.exceptions.PolarsError) as error:
            raise TrainError(f"{file.path} is no Parquet file, or is damaged ({error}). Copy it again.") from error


def _csv(file: PairFile) -> Iterator[pl.DataFrame]:
    import pyarrow as pa
    from pyarrow import csv

    broken: list[int] = []  # rows with too few or too many fields, counted from 0

    def skip(row: Any) -> str:
        broken.append(row.number - 2)
        return "skip"

    with opened(file.path) as stream:
        try:
            table = csv.open_csv(
                stream,
                csv.ReadOptions(use_threads=False, block_size=1 << 24),  # with threads, rows have no numbers
                csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
                csv.ConvertOptions(column_types=dict.fromkeys(sum(NAMES.values(), ()), pa.string())),
            )
            columns = _columns(file, table.schema.names)
            rows = 0
            for batch in table:
                frame = pl.DataFrame(pl.from_arrow(batch))
                frame = frame.select(pl.col(there).cast(pl.String).alias(name) for name, there in columns.items())
                frame = _with_broken(frame, rows, broken)
                rows += len(frame)
                yield frame
            if broken:
                yield pl.DataFrame({"fault": ["columns"] * len(broken)})
        except (pa.ArrowInvalid, pl.exceptions.PolarsError) as error:
            raise TrainError(f"{file.path} cannot be read as CSV ({error}). Save it as UTF-8, or as TSV.") from error


def _with_broken(frame: pl.DataFrame, start: int, broken: list[int]) -> pl.DataFrame:
    """Return ``frame`` with the ``broken`` rows (taken off that list) at their places; its first is row ``start``."""
    here: list[int] = []
    while broken and broken[0] < start + len(frame) + len(here):
        here.append(broken.pop(0))
    places = np.setdiff1d(np.arange(start, start + len(frame) + len(here)), here)
    faults = pl.DataFrame({"place": here, "fault": ["columns"] * len(here)}, {"place": pl.Int64, "fault": pl.String})
    whole = pl.concat([frame.with_columns(place=pl.Series(places, dtype=pl.Int64)), faults], how="diagonal")
    return whole.sort("place").drop("place")


def _tsv(file: PairFile) -> Iterator[pl.DataFrame]:
    """Read lines of fields between tabs; quotes are ordinary characters, as in OPUS and Tatoeba."""
    header: list[str] | None = None
    columns = FIRST_TWO
    with opened(file.path) as stream:
        for lines in _lines(stream):
            fields = lines["line"].str.split("\t")
            if header is None:
                first = [field.strip().lower() for field in fields[0]]
                named = _known(first)
                header = first if {"english", "translation"} <= named.keys() else []
                if header:
                    lines, fields = lines[1:], fields[1:]
                columns = {name: header.index(there) for name, there in named.items()} if header else FIRST_TWO
                width = len(header) or None
            counts = fields.list.len()
            right = counts == width if width else counts >= 2
            fault = pl.when(lines["fault"].is_null() & ~right).then(pl.lit("columns")).otherwise(lines["fault"])
            yield pl.DataFrame(
                {name: fields.list.get(place, null_on_oob=True) for name, place in columns.items()}
            ).with_columns(fault=fault)


def _moses(file: PairFile) -> Iterator[pl.DataFrame]:
    with opened(file.parts[0]) as english, opened(file.parts[1]) as translation:
        for left, right in itertools.zip_longest(_lines(english), _lines(translation)):
            if left is None or right is None or len(left) != len(right):
                raise TrainError(
                    f"{file.path} and {file.parts[1]} differ in their number of lines, so no line can be trusted to be "
                    "the translation of the other's. Take both from one download."
                )
            yield pl.DataFrame(
                {
                    "english": left["line"],
                    "translation": right["line"],
                    "fault": left["fault"].fill_null(right["fault"]),
                }
            )


def _lines(stream: IO[bytes]) -> Iterator[pl.DataFrame]:
    """Yield lines (without their ends) and a fault for those that are not UTF-8."""
    first = True
    while raw := list(itertools.islice(stream, BATCH)):
        if first:
            raw[0] = raw[0].removeprefix(b"\xef\xbb\xbf")
            first = False
        lines: list[str | None] = []
        try:
            lines.extend(b"".join(raw).decode("utf-8").split("\n"))
            if raw[-1].endswith(b"\n"):
                lines.pop()
        except UnicodeDecodeError:
            lines = [_decoded(line) for line in raw]
        series = pl.Series("line", lines, dtype=pl.String)
        yield pl.DataFrame(
            {
                "line": series.str.strip_suffix("\r").fill_null(""),
                "fault": pl.Series([None], dtype=pl.String).new_from_index(0, len(lines)),
            }
        ).with_columns(fault=pl.when(series.is_null()).then(pl.lit("encoding")))


def _decoded(line: bytes) -> str | None:
    try:
        return line.removesuffix(b"\n").decode("utf-8")
    except UnicodeDecodeError:
        return None


def _known(there: list[str]) -> dict[str, str]:
    """Return which of the columns ``there`` plays which part."""
    lower = {name.lower(): name for name in reversed(there)}
    found = {part: next((lower[name] for name in names if name in lower), None) for part, names in NAMES.items()}
    return {part: name for part, name in found.items() if name is not None}


def _columns(file: PairFile, there: list[str]) -> dict[str, str]:
    columns = _known(there)
    if not {"english", "translation"} <= columns.keys():
        raise TrainError(
            f"{file.path} has no columns named english and translation; it has {', '.join(there)}. Rename two of them."
        )
    return columns


def _tmx(file: PairFile) -> Iterator[pl.DataFrame]:
    from train.pairs_tmx import tmx_pairs

    with opened(file.path) as stream:
        pairs = tmx_pairs(stream, file.path)
        while some := list(itertools.islice(pairs, BATCH)):
            yield pl.DataFrame(some, schema=dict.fromkeys(("lang", "english", "translation"), pl.String), orient="row")


_READERS = {"parquet": _parquet, "csv": _csv, "tsv": _tsv, "moses": _moses, "tmx": _tmx}
