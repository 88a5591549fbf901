"""Embedding shard by shard: one process beside a Ray cluster with one worker, and with two.

    CTSE_SHARED_DATA=folder python -m benchmarks.scale [--posts 60000] [--encoders ctse-static] [--workers 1 2]

Each way runs in a process of its own, over the same Parquet files, --rounds times; the round with the fewest processor
seconds counts. "start" is the wall time until the first shard begins, "work" from there to the last one's end; others'
work on the same machine lengthens both. "per 1,000" is processor seconds of the workers for a thousand posts, which it
lengthens least, and "posts/s of a processor" what follows: what a worker does that has a processor to itself. "Ray" is
processor seconds of all other processes of the run and their memory, "a worker" the memory of one; both memories are
proportional set sizes. At last, what telling the copies over all shards takes, and bytes read and written a post.
benchmarks/heaps.py measures what follows the embedding. Prints Markdown. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
import psutil

from benchmarks.many_posts import many_posts
from ctse_core import batch
from ctse_core.batch import BatchSettings, ShardWorker, encode_shards
from ctse_core.engines.on_ray import RaySettings

NOTES = "CTSE_SCALE_NOTES"  # the folder in which workers write down what they saw


def own_memory(pid: int) -> float:
    """Return a process's proportional set size in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1e3
    return 0.0


class MeasuredWorker(ShardWorker):
    """A worker that writes down what each shard took."""

    def __init__(self, **given: Any) -> None:
        """Load the encoder and write down what that took."""
        self.notes = Path(given.pop("notes"))
        began = time.time()
        super().__init__(**given)
        self.note(rows=0, began=began, cpu=0.0)

    def made(self, shard: Any) -> dict[str, int]:
        """Make a shard and write down what that took."""
        began, cpu = time.time(), time.process_time()
        summary = super().made(shard)
        self.note(rows=shard.rows, began=began, cpu=time.process_time() - cpu)
        return summary

    def note(self, **told: float) -> None:
        """Add a line to this worker's notes."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        told |= {"ended": time.time(), "all_cpu": used.ru_utime + used.ru_stime}
        told |= {"peak": used.ru_maxrss / 1e3, "own": own_memory(os.getpid()), "pid": os.getpid()}
        with (self.notes / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps(told) + "\n")


def child(asked: dict[str, Any]) -> None:
    """Do one run and print what it took as JSON."""
    notes = Path(asked["notes"])
    rays: dict[int, tuple[float, float]] = {}

    def look(share: float, _: str) -> None:
        workers = {int(path.stem) for path in notes.glob("*.jsonl")}
        for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
            try:
                if process.pid not in workers:
                    rays[process.pid] = (sum(process.cpu_times()[:2]), own_memory(process.pid))
            except (psutil.Error, OSError):
                continue

    original = batch.run_on_ray
    batch.run_on_ray = lambda worker, given, items, settings: original(
        MeasuredWorker, {**given, "notes": str(notes)}, items, settings
    )
    if not asked["workers"]:
        batch.ShardWorker = lambda **given: MeasuredWorker(**given, notes=str(notes))  # type: ignore[misc,assignment]
    merge, began = batch.write_copies, time.time()
    merging = [0.0]

    def merged(*given: Any) -> None:
        start = time.process_time()
        merge(*given)
        merging[0] = time.process_time() - start

    batch.write_copies = merged  # type: ignore[assignment]
    settings = BatchSettings(
        encoder=asked["encoder"], keep=("id",), rows=asked["rows"], engine="ray" if asked["workers"] else "here",
        ray=RaySettings("", max(1, asked["workers"]), asked["cpus"]),
    )  # fmt: skip
    encode_shards(asked["source"], asked["out"], settings, look)
    told = [json.loads(line) for path in notes.glob("*.jsonl") for line in path.read_text().splitlines()]
    print(
        json.dumps({"began": began, "ended": time.time(), "merge": merging[0], "notes": told, "rays": [*rays.values()]})
    )


def run(asked: dict[str, Any]) -> dict[str, float]:
    """Do one run in a process of its own and return its figures."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "notes").mkdir()
        given = {**asked, "notes": f"{place}/notes", "out": f"{place}/out"}
        said = subprocess.run(
            [sys.executable, "-m", "benchmarks.scale", "--child", json.dumps(given)],
            capture_output=True, text=True, check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
        if said.returncode:
            raise SystemExit(said.stderr[-2000:])
        size = sum(path.stat().st_size for path in Path(place, "out").glob("shard-*"))
    read = sum(path.stat().st_size for path in Path(asked["source"]).iterdir())
    return {**figures(json.loads(said.stdout.splitlines()[-1])), "size": size, "read": read}


def figures(told: dict[str, Any]) -> dict[str, float]:
    """Return what the table tells of one run."""
    shards = [note for note in told["notes"] if note["rows"]]
    by_worker = {pid: [note for note in shards if note["pid"] == pid] for pid in {note["pid"] for note in shards}}
    rows, cpu = sum(note["rows"] for note in shards), sum(note["cpu"] for note in shards)
    first, last = min(note["began"] for note in shards), max(note["ended"] for note in shards)
    busy = sum(note["ended"] - note["began"] for note in shards)
    workers_cpu = sum(max(note["all_cpu"] for note in notes) for notes in by_worker.values())
    return {
        "workers": len(by_worker), "rows": rows, "start": first - told["began"], "wall": last - first,
        "cpu": cpu, "idle": (last - first) * len(by_worker) - busy,
        "own": max(note["own"] for note in shards), "peak": max(note["peak"] for note in shards),
        "ray_cpu": sum(one for one, _ in told["rays"]), "ray_memory": sum(one for _, one in told["rays"]),
        "start_cpu": workers_cpu - cpu, "merge": told["merge"],
    }  # fmt: skip


def main() -> None:
    """Measure every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--file", type=Path, help="a CSV of posts with id and text, instead of making them")
    parser.add_argument("--shard-rows", type=int, default=5_000)
    parser.add_argument("--encoders", nargs="+", default=["ctse-static"])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--cpus", type=float, default=1.0, help="of each worker")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(json.loads(asked.child))
        return
    with tempfile.TemporaryDirectory() as source:
        if asked.file:
            table = pl.read_csv(asked.file, infer_schema_length=0, n_rows=asked.posts)
        else:
            table = many_posts(asked.posts)
        table.select("id", "text").write_parquet(Path(source) / "posts.parquet", row_group_size=asked.shard_rows)
        print(f"{table.height:,} posts, shards of {asked.shard_rows:,}, {os.cpu_count()} cores\n")
        print(
            "| encoder | way | start s | work s | per 1,000 | posts/s of a processor | loading, processor s |"
            " between shards | a worker MB | Ray: processor s, MB | copies s | bytes a post read, written |\n|---|---|"
            + "---:|"
            * 10
        )
        for encoder in asked.encoders:
            given = {"source": source, "encoder": encoder, "rows": asked.shard_rows, "cpus": asked.cpus}
            for workers in (0, *asked.workers):
                rounds = [run({**given, "workers": workers}) for _ in range(asked.rounds)]
                tell(encoder, workers, min(rounds, key=lambda one: one["cpu"]))


def tell(encoder: str, workers: int, best: dict[str, float]) -> None:
    """Print a line of the table."""
    way = f"Ray, {best['workers']:.0f} of {workers} workers" if workers else "one process"
    print(
        f"| {encoder} | {way} | {best['start']:.0f} | {best['wall']:.0f} | {1000 * best['cpu'] / best['rows']:.3f} |"
        f" {best['rows'] / best['cpu']:,.0f} | {best['start_cpu'] / best['workers']:.1f} |"
        f" {best['idle'] / best['wall'] / best['workers']:.0%} | {best['own']:,.0f} |"
        f" {best['ray_cpu']:.0f}, {best['ray_memory']:,.0f} | {best['merge']:.2f} |"
        f" {best['read'] / best['rows']:.0f}, {best['size'] / best['rows']:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
