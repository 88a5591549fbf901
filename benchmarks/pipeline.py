"""The whole path against what a user would do without us: the same weights through sentence-transformers'
``encode``, then BERTopic with its defaults. Both run as processes of their own, one after the other.

    CTSE_SHARED_DATA=folder python -m benchmarks.pipeline --posts 100000 --encoder ctse-static
    python -m benchmarks.pipeline --file posts.csv --text-column text --group-column event
    … --keep-baseline folder     the defaults' figures are kept there and read the next time
    … --only ours                (or: defaults)

Posts are those of ``benchmarks.many_posts``. Ours is the command ``analyse``, cold, without any known vector. It also
reads roles and times, normalises, finds languages, collapses copies, draws the map, tells needs and places and writes
the project, which the defaults do not do. "After embedding" counts of ours the cutting of words, neighbours, map,
clusters and names; of the defaults ``fit_transform`` with vectors given: import and compiling counted in the first
line, not in the second. Both cluster vectors of the same encoder and the same posts. Printed are wall seconds,
processor seconds and peak memory a stage (on a machine that is shared, read processor seconds), then what the
clusters are worth beside known groups (``--group-column``) and each other. A side that takes more than
``--most-minutes`` (of processor time) or ``--most-gb`` is stopped, and the table says where.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks import pipeline_sides
from benchmarks.pipeline_quality import known_groups, read_project, worth
from ctse_core.encoders import DEFAULT_ENCODER, ENCODERS, load_encoder, save_plain
from ctse_core.encoders.sources import encoder_folder

if TYPE_CHECKING:
    import psutil

OUR_TOPICS = ("words", "structure", "topics")
"""Our stages that do what the defaults' ``fit_transform`` does, and the map."""
BASELINE = 1
"""Goes up when what the defaults are asked to do changes, so that what was kept does not count."""
EMBEDDING = ("encoder", "vectors")
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Limits:
    """What a side may take: processor seconds and resident GB."""

    seconds: float
    gigabytes: float


@dataclass
class Side:
    """What one side took: wall and processor seconds, peak GB of all its processes together, and of each stage."""

    seconds: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    stopped: str = ""
    stages: dict[str, list[float]] = field(default_factory=dict)

    def of(self, stages: tuple[str, ...], part: int) -> float:
        """Return wall (0) or processor (1) seconds of some stages."""
        return sum(self.stages[stage][part] for stage in stages if stage in self.stages)


def main() -> None:
    """Run both and print the tables."""
    asked = _asked()
    limits = Limits(asked.most_minutes * 60, asked.most_gb)
    with tempfile.TemporaryDirectory(dir=asked.work) as folder:
        place = Path(folder)
        source = asked.file or _draw(place / "posts.csv", asked.posts, asked.seed)
        table = pl.read_csv(source, infer_schema_length=0)
        groups = table.select(set(table.columns) & {asked.group_column, "id"})
        print(f"{table.height:,} posts, {asked.encoder}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        posts = table.height
        del table
        project = asked.out or place / "project"
        ours = defaults = labels = None
        if asked.only != "defaults":
            ours = run_ours(source, asked, place, project, limits)
            show("CTSE", ours)
        if asked.only != "ours":
            defaults, labels = run_defaults(source, asked, place, limits)
            show("sentence-transformers + BERTopic", defaults)
        if ours and defaults:
            compare(ours, defaults)
        told = {"ours": ours and asdict(ours), "defaults": defaults and asdict(defaults), "worth": {}}
        if asked.json:
            asked.json.write_text(json.dumps(told))
        if ours and not ours.stopped:
            told["worth"] = quality(project, groups, asked.group_column, labels, posts)
            if asked.json:
                asked.json.write_text(json.dumps(told))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000, help="of benchmarks.many_posts")
    parser.add_argument("--file", type=Path, help="a CSV file of your own instead")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--group-column", default="event", help="a known group of each post, not shown to either side")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=("ours", "defaults"), help="run one side only")
    parser.add_argument("--again", action="store_true", help="the defaults once more, compiled, and a map")
    parser.add_argument("--keep-baseline", type=Path, metavar="FOLDER", help="keep the defaults' figures, or read them")
    parser.add_argument("--out", type=Path, metavar="PROJECT", help="keep our project there")
    parser.add_argument("--code", type=Path, default=ROOT, help="another checkout of the program, to compare with")
    parser.add_argument("--work", type=Path, help="folder for what lies there meanwhile")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--most-minutes", type=float, default=60.0, help="processor minutes a side may take")
    parser.add_argument("--most-gb", type=float, default=16.0)
    return parser.parse_args()


def _draw(file: Path, posts: int, seed: int) -> Path:
    from benchmarks.many_posts import many_posts

    many_posts(posts, seed).write_csv(file)
    return file


def run_ours(source: Path, asked: argparse.Namespace, place: Path, project: Path, limits: Limits) -> Side:
    """Run the command line on a project of its own, without any known vector, and return what it took."""
    from ctse_core.project import cache_home

    home = place / "home"
    (home / "cache").mkdir(parents=True)
    # Weights and compiled code stay as they are; known vectors of earlier runs must not help.
    for kept in cache_home().iterdir() if cache_home().is_dir() else ():
        if kept.name not in ("vectors", "token_vectors", "file_digests.json"):
            (home / "cache" / kept.name).symlink_to(kept.resolve())
    arguments = ["analyse", str(source), "--text-column", asked.text_column, "--out", str(project)]
    arguments += ["--encoder", asked.encoder, "--quiet"]
    environment = {"CTSE_HOME": str(home), "PYTHONPATH": str(asked.code.resolve())}
    return measured(["ours"], arguments, place / "ours.jsonl", limits, environment)


def run_defaults(
    source: Path, asked: argparse.Namespace, place: Path, limits: Limits
) -> tuple[Side, np.ndarray | None]:
    """Run the defaults, or read what was kept of them; return what they took and their topic of each post (n,)."""
    kept = asked.keep_baseline and asked.keep_baseline / _key(source, asked)
    if kept and kept.with_suffix(".json").is_file():
        side = Side(**json.loads(kept.with_suffix(".json").read_text()))
        print("\nThe defaults' figures were kept from an earlier run.")
        return side, np.load(kept.with_suffix(".npy")) if kept.with_suffix(".npy").is_file() else None
    vectors, labels = place / "vectors.npy", place / "labels.npy"
    whole = Limits(3600, limits.gigabytes)
    made = measured(
        ["vectors"], [str(source), asked.text_column, asked.encoder, str(vectors)], place / "vectors.jsonl", whole, {}
    )
    if made.stopped:
        sys.exit(f"The vectors for the defaults could not be made: {made.stopped}")
    weights = save_plain(encoder_folder(ENCODERS[asked.encoder]), place / "weights")
    arguments = [str(source), asked.text_column, str(weights), ENCODERS[asked.encoder].prefix, str(vectors)]
    arguments += [str(labels), "again" if asked.again else "once"]
    side = measured(["defaults"], arguments, place / "defaults.jsonl", limits, {"HF_HUB_OFFLINE": "1"})
    found = np.load(labels) if labels.is_file() else None
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        if found is not None:
            np.save(kept.with_suffix(".npy"), found)
        kept.with_suffix(".json").write_text(json.dumps(asdict(side)))
    return side, found


def _key(source: Path, asked: argparse.Namespace) -> str:
    """Return a name that changes with the posts, the encoder, the libraries and what is run."""
    marks = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(1 << 22):
            marks.update(block)
    libraries = [importlib.metadata.version(name) for name in ("bertopic", "umap-learn", "hdbscan", "pynndescent")]
    marks.update(
        repr((BASELINE, asked.text_column, load_encoder(asked.encoder).fingerprint, asked.again, libraries)).encode()
    )
    return f"defaults_{marks.hexdigest()[:16]}"


def measured(side: list[str], arguments: list[str], notes: Path, limits: Limits, environment: dict[str, str]) -> Side:
    """Run one side of ``pipeline_sides`` and return what it took; stop it beyond ``limits``."""
    import psutil

    told, started = Side(), time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-P", pipeline_sides.__file__, *side, str(notes), *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=notes.parent, start_new_session=True,
    )  # fmt: skip
    root = psutil.Process(process.pid)
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        told.seconds = time.perf_counter() - started
        if ended:
            break
        resident, processor = _taken(root)
        told.peak = max(told.peak, resident)
        if told.peak > limits.gigabytes or processor > limits.seconds:
            told.stopped = f"stopped after {processor / 60:.0f} processor minutes at {told.peak:.1f} GB"
            os.killpg(process.pid, signal.SIGKILL)
            limits = Limits(float("inf"), float("inf"))
        time.sleep(0.5)  # looking up descendants costs more than it seems
    process.returncode = status
    told.processor = usage.ru_utime + usage.ru_stime
    for line in notes.read_text().splitlines() if notes.is_file() else ():
        stage, wall, processor, peak = json.loads(line)
        before = told.stages.get(stage, [0.0, 0.0, 0.0])
        told.stages[stage] = [before[0] + wall, before[1] + processor, max(before[2], peak)]
    told.peak = max([told.peak, *(peak for _, _, peak in told.stages.values())])
    if told.stopped and told.stages:
        told.stopped += f" in “{list(told.stages)[-1]}”"
    elif status:
        told.stopped = f"ended with status {status} after {told.seconds / 60:.0f} min at {told.peak:.1f} GB"
    return told


def _taken(root: psutil.Process) -> tuple[float, float]:
    """Return the GB that are resident in a process and its descendants, and the processor seconds they took."""
    import psutil

    total, seconds = 0, 0.0
    try:
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_info().rss
            seconds += sum(process.cpu_times()[: 4 if process is root else 2])
    except psutil.Error:  # one has just ended
        pass
    return total / (1 << 30), seconds


def show(title: str, side: Side) -> None:
    """Print one side."""
    print(f"\n{title}: {side.seconds:.1f} s, {side.processor:.1f} processor s, peak {side.peak:.2f} GB {side.stopped}")
    print(f"  {'stage':24s} {'s':>8s} {'processor s':>12s} {'peak GB':>8s}")
    for stage, (wall, processor, peak) in side.stages.items():
        print(f"  {stage:24s} {wall:8.1f} {processor:12.1f} {peak:8.2f}", flush=True)


def compare(ours: Side, defaults: Side) -> None:
    """Print both sides beside each other, wall and processor seconds."""
    rest = tuple(stage for stage in ours.stages if stage not in (*EMBEDDING, "import and load"))
    first = ("import bertopic", "topics, first time")
    rows = [
        ("after embedding, a process of its own", ours.of(OUR_TOPICS, 0), ours.of(OUR_TOPICS, 1), first),
        ("after embedding, all compiled", ours.of(OUR_TOPICS, 0), ours.of(OUR_TOPICS, 1), ("topics, compiled",)),
        ("the same and a map", ours.of(OUR_TOPICS, 0), ours.of(OUR_TOPICS, 1), ("topics, compiled", "map")),
        ("all of ours but embedding", ours.of(rest, 0), ours.of(rest, 1), first),
        ("embedding", ours.of(("vectors",), 0), ours.of(("vectors",), 1), ("encode",)),
    ]
    print("\n| | CTSE s | defaults s | ratio | CTSE processor s | defaults | ratio |\n|---|" + "---:|" * 6)
    for name, wall, processor, stages in rows:
        if all(stage in defaults.stages for stage in stages):
            _row(name, (wall, defaults.of(stages, 0)), (processor, defaults.of(stages, 1)))
    once = ("import and load", "encode", *first)
    if all(stage in defaults.stages for stage in once):
        whole, processor = defaults.of(once, 0), defaults.of(once, 1)
        _row("whole path", (ours.seconds, whole), (ours.processor, processor))
    peak = max((defaults.stages[stage][2] for stage in once if stage in defaults.stages), default=0.0)
    print(f"\npeak memory: {ours.peak:.2f} GB; the defaults {peak or defaults.peak:.2f} GB {defaults.stopped}")


def _row(name: str, wall: tuple[float, float], processor: tuple[float, float]) -> None:
    cells = [f"{ours:.1f} | {theirs:.1f} | {theirs / max(ours, 1e-9):.1f}x" for ours, theirs in (wall, processor)]
    print(f"| {name} | {cells[0]} | {cells[1]} |", flush=True)


def quality(
    project: Path, groups: pl.DataFrame, column: str, labels: np.ndarray | None, posts: int
) -> dict[str, dict[str, float]]:
    """Print and return what both clusterings are worth, and how far they agree."""
    from sklearn.metrics import adjusted_rand_score

    found, said = read_project(project, posts)
    group = known_groups(groups, column)
    told = {"CTSE": worth(found, group, said)}
    if labels is not None:
        told["defaults"] = worth(labels, group, said)
    print(f"\n| clusters | {' | '.join(told['CTSE'])} |\n|---|" + "---:|" * len(told["CTSE"]))
    for name, values in told.items():
        cells = [
            f"{value:,.0f}" if key in ("topics", "scored posts") else f"{value:.3f}" for key, value in values.items()
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    if labels is not None:
        both = (labels >= 0) & (found >= 0)
        agreement = adjusted_rand_score(labels[both], found[both]) if both.any() else float("nan")
        print(f"\nBoth clusterings beside each other, posts that both sort: ARI {agreement:.3f}")
    return told


if __name__ == "__main__":
    main()
