"""Reading a CSV of posts: seconds, rows a second and peak memory, beside polars.read_csv alone in the same run.

    CTSE_SHARED_DATA=folder python -m benchmarks.reading [--megabytes 200] [--runs 3]

The crisis tweets as they are, repeated to --megabytes, and the same with three broken rows in every copy
(which sends the whole file down the careful way). Every figure is the best of --runs, each in a process of
its own. polars.read_csv types and checks nothing here: it is the floor, not a rival.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

MEASURED = """
import resource, sys, time
from pathlib import Path
import polars as pl
from ctse_core.posts import preview, read_posts
path, way = Path(sys.argv[1]), sys.argv[2]
start = time.perf_counter()
if way == "polars.read_csv":
    rows = pl.read_csv(path, infer_schema=False).height
elif way == "preview":
    rows = preview(path).rows_estimate
else:
    rows = read_posts(path).rows_in_file
print(time.perf_counter() - start, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    """Write the files, read each of them each way, print one line a measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    tweets = Path(os.environ["CTSE_SHARED_DATA"]) / "crisis_tweets_shared.parquet"
    header, body = pl.read_parquet(tweets).write_csv().encode().split(b"\n", 1)
    copies = max(1, asked.megabytes * 1_000_000 // len(body))
    broken = b'x,"an open quote,y\nshort,row\n"a" b,c\n'
    print(
        f"{'file':<22}{'way':<17}{'MB':>6}{'rows':>11}{'s':>8}{'MB/s':>7}{'rows/s':>11}{'peak MB':>9}{'x polars':>10}"
    )
    floor = 1.0
    with tempfile.TemporaryDirectory() as folder:
        for name, count, extra in (
            ("as it is", 1, b""),
            ("repeated", copies, b""),
            ("with broken rows", copies, broken),
        ):
            path = Path(folder) / "posts.csv"
            with path.open("wb") as out:
                out.write(header + b"\n")
                for _ in range(count):
                    out.write(body + extra)
            floor = _measure(name, path, asked.runs, floor)


def _measure(name: str, path: Path, runs: int, floor: float) -> float:
    """Print each way of reading one file; return what polars.read_csv took, or ``floor`` where it fails."""
    size = path.stat().st_size / 1e6
    for way in ("polars.read_csv", "read_posts", "preview"):
        try:
            seconds, rows, peak = min(_timed(path, way) for _ in range(runs))
        except subprocess.CalledProcessError:
            print(f"{name:<22}{way:<17} fails on this file; compared with its time for the file before")
            continue
        floor = seconds if way == "polars.read_csv" else floor
        print(
            f"{name:<22}{way:<17}{size:>6.0f}{rows:>11,.0f}{seconds:>8.2f}{size / seconds:>7.0f}"
            f"{rows / seconds:>11,.0f}{peak:>9.0f}{seconds / floor:>10.1f}"
        )
    return floor


def _timed(path: Path, way: str) -> tuple[float, float, float]:
    command = [sys.executable, "-c", MEASURED, str(path), way]
    seconds, rows, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(rows), float(peak)


if __name__ == "__main__":
    main()
