"""Killing the worker at random moments of an analysis until it is done, and asking it to stop at random moments.

    python -m benchmarks.kills [--posts 3000] [--kills 8] [--cancels 8]

A file of invented posts is analysed by the worker process that the app uses, in a home of its own. It is killed
(SIGKILL) after a random time and asked for again, until it ends; the result must equal that of an analysis nobody
disturbed. Then further analyses are cancelled at random moments. Prints at which steps the kills came, whether the
result is the same, and the seconds from the click on Cancel until the process is gone.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import psutil

from benchmarks.append import texts
from ctse_core.analysis import JOB_TARGET, load_analysis
from ctse_core.engines import cancel_job, start_job
from ctse_core.project import Project, read_job
from ctse_core.project.folder import new_project

ENDED = ("done", "failed", "cancelled", "interrupted")


def ended(project: Project, seconds: float = 1e9) -> str:
    """Wait until the project's job has ended, so many seconds at most; return its state."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job = read_job(project)
        if job is not None and job.state in ENDED:
            return job.state
        time.sleep(0.02)
    return "running"


def begun(home: Path, source: Path, encoder: str) -> Project:
    """Start the analysis of the file as the app does, and return its project."""
    project = new_project(home / "projects", source.name)
    project.take_source(source)
    start_job(project, JOB_TARGET, {"encoder": encoder})
    return project


def worker_of(project: Project) -> int:
    """Wait for the worker and return its number."""
    while True:
        job = read_job(project)
        if job is not None and job.pid is not None:
            return job.pid
        time.sleep(0.02)


def killed(project: Project, encoder: str, longest: float, most: int, rng: np.random.Generator) -> int:
    """Kill the worker at random moments, ``most`` times at most, then let it end; return how often it was killed."""
    for kills in range(most + 1):
        if kills < most and ended(project, rng.uniform(0.5, longest)) == "running":
            os.kill(worker_of(project), signal.SIGKILL)
            print(f"  killed: {read_job(project).sentence}", flush=True)  # type: ignore[union-attr]
        state = ended(project)
        if state == "done":
            return kills
        if state == "failed":
            raise SystemExit(read_job(project))
        start_job(project, JOB_TARGET, {"encoder": encoder})
    raise SystemExit(f"It did not end after {most} kills: {read_job(project)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=3_000)
    parser.add_argument("--kills", type=int, default=8, help="most kills of one analysis")
    parser.add_argument("--cancels", type=int, default=8)
    parser.add_argument("--encoder", default="ctse-static")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ["CTSE_HOME"] = name
        source = home / "posts.csv"
        pl.DataFrame({"text": texts(asked.posts, asked.seed)}).write_csv(source)
        whole = begun(home, source, asked.encoder)
        started = time.monotonic()
        print(f"undisturbed: {ended(whole)}, {time.monotonic() - started:.1f} s")
        longest = 0.5 * (time.monotonic() - started)
        cut = begun(home, source, asked.encoder)
        kills = killed(cut, asked.encoder, longest, asked.kills, rng)
        one, other = load_analysis(whole), load_analysis(cut)
        same = one.table.equals(other.table) and one.topics.equals(other.topics)
        same = same and np.array_equal(one.vectors, other.vectors)
        print(f"killed {kills} times, then done: {'the same result' if same else 'ANOTHER RESULT'}")
        waits = []
        for _ in range(asked.cancels):
            project = begun(home, source, asked.encoder)
            worker = psutil.Process(worker_of(project))
            time.sleep(rng.uniform(0.2, longest))
            clicked = time.monotonic()
            cancel_job(project)
            state = ended(project)
            worker.wait(30)
            waits.append(time.monotonic() - clicked)
            job = read_job(project)
            told = "" if job is None else job.error or job.sentence
            print(f"  {state} after {waits[-1]:.2f} s: {told}", flush=True)
            project.remove()
        if waits:
            print(f"Cancel: median {np.median(waits):.2f} s, longest {max(waits):.2f} s")


if __name__ == "__main__":
    main()
