"""Appending a newer file to a project beside analysing everything again, in one run.

    python -m benchmarks.append [--posts 20000] [--newer 1000]

Posts are crisis tweets where CTSE_SHARED_DATA names their folder, else the invented sample posts; beyond their number
they are repeated with words left out, so that all differ. A project of them is analysed, the newer posts are appended
in a process of its own (imports and the loading of project and encoder counted), then all are analysed together from
the start. Prints both times, the share of old posts that keep their topic (1 by design), and how far topics of the
newer posts agree with those of the analysis anew (adjusted Rand index over posts sorted in both) - beside the old
posts' agreement between both analyses, which is what two analyses of nearly the same posts agree at all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.structure import agreement
from ctse_core.types import UNSORTED, Col

LEFT_OUT = 0.3
"""Share of the words that a repeated post is without."""
ROOT = Path(__file__).resolve().parents[1]
RUN = """
import json, resource, sys, time
start = time.perf_counter()
from pathlib import Path
from ctse_core.analysis import AnalysisSettings, analyse, analyse_together
from ctse_core.append import append
from ctse_core.project import Project
what, source, folder, encoder = sys.argv[1:]
project, settings = Project(Path(folder)), AnalysisSettings(encoder=encoder)
if what == "append":
    done = append(Path(source), project)
elif what == "together":
    done = analyse_together(project, settings)
else:
    done = analyse(Path(source), project, settings)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time(), "peak": peak}))
"""


def texts(wanted: int, seed: int) -> list[str]:
    """Return ``wanted`` different posts; those beyond the collection are its posts with words left out."""
    shared = os.environ.get("CTSE_SHARED_DATA")
    if shared:
        found = pl.read_parquet(Path(shared) / "crisis_tweets_shared.parquet")["text"].to_list()
    else:
        found = pl.read_csv(ROOT / "assets" / "sample_posts.csv")["text"].drop_nulls().to_list()
    rng = np.random.default_rng(seed)
    posts = dict.fromkeys(found[place] for place in rng.permutation(len(found)))
    while len(posts) < wanted:
        words = np.array(found[rng.integers(len(found))].split(), dtype=object)
        posts[" ".join(words[rng.random(len(words)) > LEFT_OUT])] = None
        posts.pop("", None)
    chosen = list(posts)[:wanted]
    return [chosen[place] for place in rng.permutation(wanted)]


def run(what: str, source: Path, folder: Path, encoder: str) -> dict[str, float]:
    """Run one command in a process of its own and return its seconds and peak memory in GB."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, what, str(source), str(folder), encoder],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def show_agreement(name: str, one: np.ndarray, other: np.ndarray) -> None:
    """Print how two sortings of the same posts agree."""
    found = agreement(one, other)
    print(
        f"  {name}: adjusted Rand index {found['rand']:.3f} over the {found['both_sorted']:.0%} sorted in both; "
        f"unsorted {np.mean(one == UNSORTED):.0%} and {np.mean(other == UNSORTED):.0%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=20_000, help="posts of the project")
    parser.add_argument("--newer", type=int, default=1_000, help="posts of the newer file")
    parser.add_argument("--encoder", default="ctse-static")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--place", type=Path, help="an existing folder where files and project are kept, for another run"
    )
    asked = parser.parse_args()
    posts = texts(asked.posts + asked.newer, asked.seed)
    with tempfile.TemporaryDirectory() as name:
        place = asked.place or Path(name)
        table = pl.DataFrame({"id": [f"post {number}" for number in range(len(posts))], "text": posts})
        table.head(asked.posts).write_csv(place / "first.csv")
        table.tail(asked.newer).write_csv(place / "newer.csv")
        first = run("analyse", place / "first.csv", place / "project", asked.encoder)
        before = pl.read_parquet(place / "project" / "posts.parquet")
        appended = run("append", place / "newer.csv", place / "project", asked.encoder)
        after = pl.read_parquet(place / "project" / "posts.parquet")
        entry = json.loads((place / "project" / "manifest.json").read_text(encoding="utf-8"))["files"][-1]
        again = run("together", place, place / "project", asked.encoder)
        anew = pl.read_parquet(place / "project" / "posts.parquet")
    old = before[Col.CLUSTER].to_numpy()
    sorted_before = old != UNSORTED
    kept = (after[Col.CLUSTER].to_numpy()[: before.height] == old)[sorted_before]
    print(f"{before.height:,} posts, {entry['posts']:,} newer ones, {asked.encoder}")
    for what, took in (("the first analysis", first), ("append", appended), ("everything anew", again)):
        ratio = took["seconds"] / appended["seconds"]
        cpu = f"{took['cpu']:.1f} s of processor time ({took['cpu'] / appended['cpu']:.1f}x)"
        print(f"{what}: {took['seconds']:.1f} s ({ratio:.1f}x of append), {cpu}, at most {took['peak']:.2f} GB")
    print("seconds a step: " + json.dumps(entry["durations"]))
    print("drift: " + json.dumps(entry["drift"]))
    print(f"old posts that keep their topic: {kept.mean():.2%}")
    one, other = after[Col.CLUSTER].to_numpy(), anew[Col.CLUSTER].to_numpy()
    show_agreement("newer posts, appended and anew", one[before.height :], other[before.height :])
    show_agreement("old posts, before and anew", one[: before.height], other[: before.height])


if __name__ == "__main__":
    main()
