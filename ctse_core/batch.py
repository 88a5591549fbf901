"""Millions of texts in Parquet files to vectors, shard by shard: read, normalise, tell the language, embed.

The same shards come out whichever engine runs them: this process, or a Ray cluster.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from platform import node
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core import __version__
from ctse_core.encoders import DEFAULT_ENCODER, Encoder, embed, load_encoder
from ctse_core.engines.on_ray import RaySettings, run_on_ray
from ctse_core.engines.places import absolute, folder_made, names_in, place_of, shown, write_whole
from ctse_core.engines.shards import (
    InputFile,
    Shard,
    parquet_files,
    plan_shards,
    read_shard,
    shard_of_row,
    whole_shards,
)
from ctse_core.errors import ColumnError, InputFileError, JobError, SettingError
from ctse_core.project import fingerprint
from ctse_core.shard_copies import digest_of, write_copies
from ctse_core.shard_heap import DIGEST, GLOBAL_ROW, ROW, TOLD, VECTOR, Heap, Made, joined, listed
from ctse_core.text import prepare_text
from ctse_core.types import Col, Progress, no_progress

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

ENGINES = ("here", "ray")
OWN = (GLOBAL_ROW, ROW, Col.COMPARED, Col.LANG, Col.LANG_CONFIDENCE, DIGEST, VECTOR)
"""Columns that no kept one can be called."""
_FORMAT = 2
"""Of a shard; other formats are other shards."""


@dataclass(frozen=True)
class BatchSettings:
    """What is done to each text: ``column`` holds it, ``keep`` names further columns that go along, ``rows`` a shard.

    ``engine`` is "here" or "ray"; ``ray`` says where and how wide. ``remove_old`` deletes shards that no longer count.
    """

    column: str = "text"
    keep: tuple[str, ...] = ()
    encoder: str = DEFAULT_ENCODER
    runtime: str = "auto"
    rows: int = 20_000
    engine: str = "here"
    ray: RaySettings = field(default_factory=RaySettings)
    remove_old: bool = False


@dataclass(frozen=True)
class Encoded:
    """What was done: ``shards`` of ``rows`` rows lie in ``out``, ``made`` of them now, in ``seconds``.

    ``old`` more lie there that do not count: of files that changed or went, or of other settings.
    """

    out: str
    shards: int
    made: int
    rows: int
    seconds: float
    old: int = 0


def encode_shards(
    source: str, out: str, settings: BatchSettings | None = None, progress: Progress = no_progress
) -> Encoded:
    """Embed the texts of the Parquet files of ``source`` into one Parquet file a shard in the folder ``out``.

    A shard has ``row`` (in its input file), the kept columns, ``compared_text``, ``lang``, ``lang_confidence``,
    ``digest`` (16 bytes; equal for texts that compare as equal) and ``vector`` (d numbers, float16, unit length; zeros
    for an empty text). ``copies.parquet``, written last, tells which shards count (shard_heap.py) and which texts are
    there more than once: ``digest``, ``first_row``, ``posts``. A shard is of one file as that was: what lies there is
    not made again, so that a run that was stopped goes on, a new file adds shards, and a changed one replaces its own.

    Raises:
        InputFileError: there are no Parquet files or rows, or one cannot be read.
        ColumnError: a file lacks a column, or it holds no texts. EncoderError: the encoder cannot be had.
        SettingError: there is no such engine, a column cannot be kept, or ``out`` is where the input lies.
        JobError: the cluster cannot be reached, a worker failed, or nothing can be written to ``out``.
    """
    settings = settings or BatchSettings()
    settings = replace(settings, keep=tuple(dict.fromkeys(settings.keep)))
    began, source, out = time.monotonic(), absolute(source), absolute(out)
    files = _checked(source, out, settings)
    encoder = load_encoder(settings.encoder, runtime=settings.runtime)
    maker, decides = (__version__, encoder.fingerprint), (settings.column, settings.keep, settings.rows)
    marks = [fingerprint(_FORMAT, maker, one.path, one.stamp, decides) for one in files]
    system, folder = folder_made(out)
    shards, before = plan_shards(files, marks, settings.rows), listed(out)
    heap = joined(out, files, marks, Made(settings.encoder, encoder.space, encoder.dim, settings.rows), before)
    done = whole_shards(system, folder, shards)
    todo = [shard for shard in shards if shard.name not in done]
    texts, made = sum(shard.rows for shard in shards if shard.name in done), 0
    given = {"source": source, "out": out, "maker": maker, "settings": replace(settings, engine="here")}
    for made, summary in enumerate(_run(todo, given, settings), 1):
        texts += int(summary["rows"])
        progress(texts / heap.posts, _told(made, len(todo), texts, heap.posts, began))
    if made or heap != before:
        write_copies(heap)
    old = _old(system, folder, heap, settings.remove_old)
    progress(1.0, f"{len(shards):,} shards of {heap.posts:,} texts lie in {shown(out)}.")
    return Encoded(shown(out), len(shards), made, heap.posts, time.monotonic() - began, old)


def _checked(source: str, out: str, settings: BatchSettings) -> list[InputFile]:
    """Return the input files, all of which have what is asked of them."""
    if settings.engine not in ENGINES:
        raise SettingError(f"There is no engine “{settings.engine}”; choose {' or '.join(ENGINES)}.")
    taken = [name for name in settings.keep if name in OWN]
    if taken:
        raise SettingError(f"“{taken[0]}” is what a column of the shards is called itself; it cannot be kept.")
    files = parquet_files(source)
    system, folder = place_of(out)
    if system.type_name == place_of(source)[0].type_name and any(
        file.path.rpartition("/")[0] == folder for file in files
    ):
        raise SettingError(f"The input lies in “{shown(out)}” itself; name another folder for --out.")
    for file in files:
        _check_columns(file, settings)
    if not any(file.rows for file in files):
        raise InputFileError(f"The Parquet files of “{shown(source)}” have no rows.")
    return files


def _check_columns(file: InputFile, settings: BatchSettings) -> None:
    import pyarrow as pa

    for name in (settings.column, *settings.keep):
        if file.schema.names.count(name) != 1:
            has = "has no" if name not in file.schema.names else "has more than one"
            raise ColumnError(f"“{file.path}” {has} column “{name}”; it has {', '.join(file.schema.names[:20])}.")
    kind = file.schema.field(settings.column).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_nested(kind) or "binary" in str(kind):
        raise ColumnError(f"The column “{settings.column}” of “{file.path}” holds {kind}, not texts; name another.")
    for name in settings.keep:
        try:
            pl.from_arrow(file.schema.empty_table().select([name]))
        except (pl.exceptions.PolarsError, pa.ArrowException) as strange:
            kept = file.schema.field(name).type
            raise ColumnError(f"The column “{name}” of “{file.path}” holds {kept}, which cannot be kept.") from strange


def _run(todo: Sequence[Shard], given: dict[str, Any], settings: BatchSettings) -> Iterator[dict[str, Any]]:
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


def _old(system: FileSystem, folder: str, heap: Heap, remove: bool) -> int:
    """Return how many shards lie there that do not count, none where they are to be removed."""
    counts = {shard.name for shard in heap.shards}
    old = {name for name in names_in(system, folder) if name.startswith("shard-") and name.endswith(".parquet")}
    old -= counts
    for name in old if remove else ():
        try:
            system.delete_file(f"{folder}/{name}")
        except FileNotFoundError:  # somebody else was faster
            continue
        except OSError as fault:
            raise JobError(f"“{folder}/{name}” cannot be removed ({fault}); all that counts is there.") from fault
    return 0 if remove else len(old)


class ShardWorker:
    """Holds an encoder and turns one shard after another into its file; made on whichever machine runs it."""

    def __init__(self, source: str, out: str, maker: tuple[str, str], settings: BatchSettings) -> None:
        """Load the encoder.

        Raises:
            JobError: program or encoder are others than where the run was begun: shards would not fit together.
        """
        self.system, _ = place_of(source)
        self.target, self.folder = place_of(out)
        self.settings = settings
        self.encoder = load_encoder(settings.encoder, runtime=settings.runtime)
        if (__version__, self.encoder.fingerprint) != tuple(maker):
            raise JobError(
                f"{node()} has another CTSE or another “{settings.encoder}” than the machine that began the run; "
                "install the same on all."
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Make the one shard of a batch of one row, as Ray Data hands it over."""
        shard = shard_of_row({name: values[0] for name, values in batch.items()})
        return {name: np.array([value]) for name, value in self.made(shard).items()}

    def made(self, shard: Shard) -> dict[str, int]:
        """Read, prepare, embed and write one shard; return its rows."""
        table = read_shard(self.system, shard, (self.settings.column, *self.settings.keep))
        encoded = encoded_table(table, shard.start, self.settings, self.encoder)
        told = {
            "program": __version__, "encoder": self.settings.encoder, "space": self.encoder.space,
            "column": self.settings.column, "file": shard.path, "start": shard.start,
        }  # fmt: skip
        encoded = encoded.replace_schema_metadata({TOLD: json.dumps(told, ensure_ascii=False).encode()})
        write_whole(self.target, f"{self.folder}/{shard.name}", encoded)
        return {"rows": shard.rows}


def encoded_table(table: pa.Table, start: int, settings: BatchSettings, encoder: Encoder) -> pa.Table:
    """Return a shard's rows, of which the first is row ``start`` of its file, with what ``encode_shards`` promises."""
    import pyarrow as pa

    posts = pl.DataFrame(pl.from_arrow(table))
    texts = posts[settings.column].cast(pl.Utf8).fill_null("").alias(Col.TEXT)
    prepared = prepare_text(texts.to_frame()).table
    digests = [digest_of(text) for text in prepared[Col.COMPARED].to_list()]
    _, firsts, of = np.unique(np.array(digests), return_index=True, return_inverse=True)
    vectors = embed(prepared[Col.COMPARED].gather(firsts).to_list(), encoder)[of].astype(np.float16)
    told = pl.DataFrame(
        [
            pl.Series(ROW, np.arange(start, start + posts.height)),
            *posts.select(settings.keep),
            prepared[Col.COMPARED],
            prepared[Col.LANG],
            prepared[Col.LANG_CONFIDENCE],
            pl.Series(DIGEST, digests, dtype=pl.Binary),
        ]
    )
    flat = pa.array(vectors.ravel(), type=pa.float16())
    return told.to_arrow().append_column(VECTOR, pa.FixedSizeListArray.from_arrays(flat, encoder.dim))
