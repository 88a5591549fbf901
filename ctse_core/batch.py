"""Millions of texts in Parquet files to vectors, shard by shard: read, normalise, tell the language, embed.

The same shards come out whichever engine runs them: this process, or a Ray cluster.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from platform import node
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core import __version__
from ctse_core.encoders import DEFAULT_ENCODER, Encoder, embed, load_encoder
from ctse_core.engines.on_ray import RaySettings, run_on_ray
from ctse_core.engines.shards import (
    Shard,
    folder_made,
    parquet_files,
    place_of,
    plan_shards,
    read_shard,
    shard_name,
    shards_done,
    write_whole,
)
from ctse_core.errors import ColumnError, JobError, SettingError
from ctse_core.project import fingerprint
from ctse_core.text import prepare_text
from ctse_core.types import Col, Progress, no_progress

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

ENGINES = ("here", "ray")
GLOBAL_ROW, DIGEST, VECTOR = "global_row", "digest", "vector"
COPIES = "copies.parquet"


@dataclass(frozen=True)
class BatchSettings:
    """What is done to each text: ``column`` holds it, ``keep`` names further columns that go along, ``rows`` a shard.

    ``engine`` is "here" or "ray"; ``ray`` says where and how wide.
    """

    column: str = "text"
    keep: tuple[str, ...] = ()
    encoder: str = DEFAULT_ENCODER
    runtime: str = "auto"
    rows: int = 20_000
    engine: str = "here"
    ray: RaySettings = field(default_factory=RaySettings)


@dataclass(frozen=True)
class Encoded:
    """What was done: ``shards`` of ``rows`` rows lie in ``out``, ``made`` of them now, in ``seconds``."""

    out: str
    shards: int
    made: int
    rows: int
    seconds: float


def encode_shards(
    source: str, out: str, settings: BatchSettings | None = None, progress: Progress = no_progress
) -> Encoded:
    """Embed the texts of the Parquet files of ``source`` into one Parquet file a shard in the folder ``out``.

    A shard has ``global_row`` (its place among all rows), the kept columns, ``compared_text``, ``lang``,
    ``lang_confidence``, ``digest`` (16 bytes; equal for texts that compare as equal) and ``vector`` (d numbers,
    float16, unit length; zeros for an empty text). ``copies.parquet`` tells over all shards which texts are there more
    than once: ``digest``, ``first_row``, ``posts``. What lies there is not made again, so that a run that was stopped
    goes on where it was.

    Raises:
        InputFileError: there are no Parquet files, or one cannot be read.
        ColumnError: a file has no such column. EncoderError: the encoder cannot be had.
        SettingError: there is no such engine. JobError: the cluster cannot be reached, a worker failed, or nothing can
            be written to ``out``.
    """
    settings = settings or BatchSettings()
    if settings.engine not in ENGINES:
        raise SettingError(f"There is no engine “{settings.engine}”; choose {' or '.join(ENGINES)}.")
    began = time.monotonic()
    files = parquet_files(source)
    _check_columns(source, files[0][0], settings)
    shards = plan_shards(files, settings.rows)
    system, folder = folder_made(out)
    maker = (__version__, load_encoder(settings.encoder, runtime=settings.runtime).fingerprint)
    mark = fingerprint(*maker, files, settings.column, settings.keep, settings.rows)
    done = shards_done(system, folder, shards, mark)
    todo = [shard for shard in shards if shard.number not in done]
    rows, texts = sum(shard.rows for shard in shards), sum(shard.rows for shard in shards if shard.number in done)
    given = {"source": source, "out": out, "mark": mark, "maker": maker, "settings": replace(settings, engine="here")}
    for number, summary in enumerate(_run(todo, given, settings), 1):
        texts += int(summary["rows"])
        progress(texts / rows, _told(number, len(todo), texts, rows, began))
    _write_copies(system, folder, [shard_name(shard, mark) for shard in shards])
    progress(1.0, f"{len(shards):,} shards of {rows:,} texts lie in {out}.")
    return Encoded(out, len(shards), len(todo), rows, time.monotonic() - began)


def _check_columns(source: str, path: str, settings: BatchSettings) -> None:
    from pyarrow import parquet as pq

    system, _ = place_of(source)
    names = pq.read_schema(path, filesystem=system).names
    for name in (settings.column, *settings.keep):
        if name not in names:
            raise ColumnError(f"“{path}” has no column “{name}”; it has {', '.join(names[:20])}.")


def _run(todo: list[Shard], given: dict[str, Any], settings: BatchSettings) -> Iterator[dict[str, Any]]:
    if not todo:
        return
    if settings.engine == "ray":
        yield from run_on_ray(ShardWorker, given, [asdict(shard) for shard in todo], settings.ray)
        return
    worker = ShardWorker(**given)
    for shard in todo:
        yield worker.made(shard)


def _told(number: int, todo: int, texts: int, rows: int, began: float) -> str:
    pace = texts / max(1e-6, time.monotonic() - began)
    return f"Shard {number:,} of {todo:,}: {texts:,} of {rows:,} texts, {pace:,.0f} a second"


class ShardWorker:
    """Holds an encoder and turns one shard after another into its file; made on whichever machine runs it."""

    def __init__(self, source: str, out: str, mark: str, maker: tuple[str, str], settings: BatchSettings) -> None:
        """Load the encoder.

        Raises:
            JobError: program or encoder are others than where the run was begun: shards would not fit together.
        """
        self.system, _ = place_of(source)
        self.target, self.folder = place_of(out)
        self.mark, self.settings = mark, settings
        self.encoder = load_encoder(settings.encoder, runtime=settings.runtime)
        if (__version__, self.encoder.fingerprint) != tuple(maker):
            raise JobError(
                f"{node()} has another CTSE or another “{settings.encoder}” than the machine that began the run; "
                "install the same on all."
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Make the one shard of a batch of one row, as Ray Data hands it over."""
        told = {name: values[0] for name, values in batch.items()}
        shard = Shard(path=str(told.pop("path")), **{name: int(value) for name, value in told.items()})
        return {name: np.array([value]) for name, value in self.made(shard).items()}

    def made(self, shard: Shard) -> dict[str, int]:
        """Read, prepare, embed and write one shard; return its number and rows."""
        table = read_shard(self.system, shard, (self.settings.column, *self.settings.keep))
        encoded = encoded_table(table, shard, self.settings, self.encoder)
        write_whole(self.target, f"{self.folder.rstrip('/')}/{shard_name(shard, self.mark)}", encoded)
        return {"number": shard.number, "rows": shard.rows}


def encoded_table(table: pa.Table, shard: Shard, settings: BatchSettings, encoder: Encoder) -> pa.Table:
    """Return a shard's rows with what ``encode_shards`` promises of them."""
    import pyarrow as pa

    posts = pl.DataFrame(pl.from_arrow(table)).with_columns(pl.col(settings.column).cast(pl.Utf8).fill_null(""))
    prepared = prepare_text(posts.select(pl.col(settings.column).alias(Col.TEXT))).table
    digests = [_digest(text) for text in prepared[Col.COMPARED].to_list()]
    _, firsts, of = np.unique(np.array(digests), return_index=True, return_inverse=True)
    vectors = embed(prepared[Col.COMPARED].gather(firsts).to_list(), encoder)[of].astype(np.float16)
    told = pl.DataFrame(
        [
            *posts.select(settings.keep),
            pl.Series(GLOBAL_ROW, np.arange(shard.first, shard.first + shard.rows)),
            prepared[Col.COMPARED],
            prepared[Col.LANG],
            prepared[Col.LANG_CONFIDENCE],
            pl.Series(DIGEST, digests, dtype=pl.Binary),
        ]
    )
    flat = pa.array(vectors.ravel(), type=pa.float16())
    return told.to_arrow().append_column(VECTOR, pa.FixedSizeListArray.from_arrays(flat, encoder.dim))


def _write_copies(system: FileSystem, folder: str, names: list[str]) -> None:
    """Tell which texts are there more than once, over all shards.

    The first reading finds the digests whose first half is met again, the second one counts those. About 100 bytes a
    text are held for it where half of all are copies or copied (benchmarks/scale.py), 8 where none is.
    """
    files = [f"{folder.rstrip('/')}/{name}" for name in names]
    halves = np.concatenate(
        [_halves(told)[0] for told in _digests(system, files, [DIGEST])] or [np.zeros(0, np.uint64)]
    )
    halves.sort()
    again = np.unique(halves[1:][halves[1:] == halves[:-1]])
    del halves
    parts = [(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64))]
    for told in _digests(system, files, [DIGEST, GLOBAL_ROW]):
        first, second = _halves(told)
        copied = _among(first, again)
        parts.append((first[copied], second[copied], told[GLOBAL_ROW].to_numpy()[copied]))
    firsts, seconds, rows = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    del parts
    write_whole(system, f"{folder.rstrip('/')}/{COPIES}", _counted(firsts, seconds, rows).to_arrow())


def _counted(firsts: NDArray[np.uint64], seconds: NDArray[np.uint64], rows: NDArray[np.int64]) -> pl.DataFrame:
    """Return DIGEST, first_row and posts of the digests, in halves, that are there more than once; rows (n,) ascend."""
    order = np.lexsort((seconds, firsts))
    first, second = firsts[order], seconds[order]
    begins = np.flatnonzero(np.r_[len(rows) > 0, (first[1:] != first[:-1]) | (second[1:] != second[:-1])][: len(rows)])
    posts = np.diff(np.r_[begins, len(rows)])
    begins, posts = begins[posts > 1], posts[posts > 1]
    digests = np.stack([first[begins], second[begins]], axis=1).tobytes()
    return pl.DataFrame(
        {
            DIGEST: [digests[place : place + 16] for place in range(0, len(digests), 16)],
            "first_row": rows[order[begins]],
            "posts": posts,
        },
        schema={DIGEST: pl.Binary, "first_row": pl.Int64, "posts": pl.UInt32},
    ).sort("first_row")


def _among(numbers: NDArray[np.uint64], these: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return (n,) which numbers are among ``these``, which ascend."""
    places = np.searchsorted(these, numbers)
    return these[np.minimum(places, len(these) - 1)] == numbers if len(these) else np.zeros(len(numbers), np.bool_)


def _digests(system: FileSystem, files: list[str], columns: list[str]) -> Iterator[pl.DataFrame]:
    from pyarrow import Table, dataset

    parts = dataset.dataset(files, filesystem=system, format="parquet")
    for batch in parts.to_batches(columns=columns):
        yield pl.DataFrame(pl.from_arrow(Table.from_batches([batch])))


def _halves(told: pl.DataFrame) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the first and the last 8 bytes of each digest (n,) as numbers."""
    whole = told[DIGEST].bin
    first, last = (part.bin.reinterpret(dtype=pl.UInt64).to_numpy() for part in (whole.head(8), whole.tail(8)))
    return first, last


def _digest(text: str) -> bytes:
    from hashlib import blake2b

    return blake2b(text.casefold().encode("utf-8", "replace"), digest_size=16).digest()
