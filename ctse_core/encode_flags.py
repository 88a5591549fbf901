"""Embedding on the command line: one column of a file into one array, or a heap of Parquet files into shards."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ctse_core.batch import ENGINES, BatchSettings, encode_shards
from ctse_core.encode import encode_column
from ctse_core.encoders import DEFAULT_ENCODER
from ctse_core.engines.on_ray import RaySettings
from ctse_core.errors import SettingError
from ctse_core.types import Progress


def add_encode_flags(command: ArgumentParser) -> None:
    """Let a command take what ``encode`` does."""
    command.add_argument(
        "file", metavar="FILE", help="a file of posts; with --engine Parquet: a folder, s3://bucket/2026-*.parquet"
    )
    command.add_argument("--column", required=True, metavar="C", help="the column with the texts")
    command.add_argument("--encoder", metavar="NAME")
    command.add_argument("--send-texts-to", default="", metavar="HOST")
    command.add_argument("--runtime", default="auto")
    command.add_argument("--raw", action="store_true", help="embed the texts as written, not normalised")
    command.add_argument(
        "--out", required=True, metavar="FILE.npy", help="with --engine a folder, or s3://bucket/folder"
    )
    command.add_argument("--quiet", action="store_true")
    shards = command.add_argument_group("many Parquet files, shard by shard; a run that was stopped goes on")
    shards.add_argument("--engine", choices=ENGINES, help="here: this process; ray: a Ray cluster")
    shards.add_argument("--keep", default="", metavar="A,B", help="further columns that go along")
    shards.add_argument("--shard-rows", type=int, default=BatchSettings.rows, metavar="N", help="rows of a shard")
    shards.add_argument(
        "--remove-old", action="store_true", help="delete shards in --out that no longer count: of files that changed"
    )
    shards.add_argument("--address", default="auto", help="of the Ray cluster: auto, HOST:PORT, or local to start one")
    shards.add_argument("--workers", type=int, default=RaySettings.workers, help="encoders at work at once")
    shards.add_argument("--worker-cpus", type=float, default=RaySettings.cpus, help="of each; may be a fraction")
    shards.add_argument("--worker-gpus", type=float, default=RaySettings.gpus, help="of each; may be a fraction")


def encoded(asked: Namespace, send_to: str, progress: Progress) -> str:
    """Do what the flags ask for and return what came of it in one sentence.

    Raises:
        SettingError: flags that do not go together. Others: see ``encode_column`` and ``encode_shards``.
    """
    encoder = asked.encoder or DEFAULT_ENCODER
    if asked.engine is None:
        vectors = encode_column(
            Path(asked.file), asked.column, Path(asked.out), progress,
            encoder=encoder, runtime=asked.runtime, send_to=send_to, raw=asked.raw,
        )  # fmt: skip
        return f"{vectors.shape[0]:,} vectors of width {vectors.shape[1]} in {asked.out}"
    if asked.raw or encoder.startswith(("http://", "https://")):
        raise SettingError("With --engine texts are normalised and embedded by an encoder on each machine.")
    if asked.shard_rows < 1:
        raise SettingError("A shard needs a row.")
    done = encode_shards(
        asked.file,
        asked.out,
        BatchSettings(
            column=asked.column,
            keep=tuple(name.strip() for name in asked.keep.split(",") if name.strip()),
            encoder=encoder,
            runtime=asked.runtime,
            rows=asked.shard_rows,
            engine=asked.engine,
            ray=RaySettings.asked(asked.address, asked.workers, asked.worker_cpus, asked.worker_gpus),
            remove_old=asked.remove_old,
        ),
        progress,
    )
    told = f"{done.rows:,} texts in {done.shards:,} shards in {done.out}; {done.made:,} of them made now."
    if done.old:
        told += f" {done.old:,} older shards lie there that no longer count; --remove-old deletes them."
    return told
