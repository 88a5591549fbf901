"""How long an edit of topics takes until it shows, beside finding the topics' words and names again.

    python -m benchmarks.edits PROJECT [--rounds 5]

Edits are made as the app makes them, from the click to the edited analysis, in a log of their own: the project stays
as it is. Baseline: all topics named again on the same posts, without the encoder. Prints a Markdown table of medians:
seconds on the clock, seconds of the processor (which other work on the machine does not lengthen), and their ratio to
the baseline's.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ctse_core.analysis import Analysis, load_analysis
from ctse_core.edited import edited
from ctse_core.project import Project
from ctse_core.structure import name_topics
from ctse_core.structure.edits import Edit
from ctse_core.topic_editing import TopicMemory, record, undo
from ctse_core.topic_previews import adoption, nearest_in, parts_of
from ctse_core.types import UNSORTED, Col, TopicCol


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the clock and of the processor."""
    begin, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin, time.process_time() - worked


def _middle(taken: list[tuple[float, float]]) -> tuple[float, float]:
    clock, processor = zip(*taken, strict=True)
    return statistics.median(clock), statistics.median(processor)


class _Bench:
    """One project edited over and over; every round picks other topics."""

    def __init__(self, run: Analysis, log: Project) -> None:
        self.run, self.log, self.memory = run, log, TopicMemory(run)
        self.shown = run
        self.ids = run.topics.sort(TopicCol.SIZE, descending=True)[TopicCol.ID].to_list()

    def do(self, edit: Edit) -> None:
        record(self.log, self.memory, edit, {})
        self.shown = edited(self.run, self.log, self.memory)

    def undo(self) -> None:
        undo(self.log, self.memory)
        self.shown = edited(self.run, self.log, self.memory)

    def posts(self, topic: int) -> list[int]:
        return np.flatnonzero(self.shown.table[Col.CLUSTER].to_numpy() == topic).tolist()

    def merge(self, turn: int) -> None:
        some = [self.ids[turn % len(self.ids)], self.ids[-1 - turn % (len(self.ids) - 1)]]
        self.do(Edit("merge", {"topics": some, "into": some[0]}))

    def preview(self, turn: int) -> None:
        parts_of(self.memory, self.shown, self.ids[0], 2 + turn % 6)

    def split(self, turn: int) -> None:
        parts = parts_of(self.memory, self.shown, self.ids[0], 2 + turn % 6)
        self.do(parts.edit(self.ids[0]))

    def reassign(self, turn: int) -> None:
        posts = self.posts(self.ids[0])[20 * turn : 20 * turn + 20]
        self.do(Edit("reassign", {"posts": posts, "to": self.ids[1]}))

    def new(self, turn: int) -> None:
        posts = self.posts(self.ids[0])[-20 * turn - 20 : -1]
        self.do(Edit("reassign", {"posts": posts, "to": UNSORTED, "new": True}))

    def adopt(self, turn: int) -> None:
        found = adoption(self.memory, nearest_in(self.memory, self.shown), 1 + turn)
        if found.moves.height:
            self.do(found.edit())

    def rename(self, turn: int) -> None:
        self.do(Edit("rename", {"topic": self.ids[0], "name": f"Name {turn}"}))

    def noise(self, turn: int) -> None:
        self.do(Edit("noise", {"topics": [self.ids[-1]]}))


STEPS = {
    "merge": "merge two topics",
    "preview": "look at the parts of the largest topic",
    "split": "split it",
    "reassign": "move 20 posts to another topic",
    "new": "make a topic of 20 posts or more",
    "adopt": "move unsorted posts near a topic",
    "rename": "rename",
    "noise": "mark as noise",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    run = load_analysis(Project(chosen.project))
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(run, Project(Path(folder)))
        ready = _timed(lambda: (bench.memory.posts, bench.memory.centred, bench.memory.words))[0]
        clock, again = _middle([_timed(lambda: name_topics(bench.memory.posts)) for _ in range(chosen.rounds)])
        print(f"{run.table.height:,} posts, {run.topics.height:,} topics; made ready in {ready:.2f} s\n")
        print("| what | seconds | of the processor | beside naming all topics |\n|---|---:|---:|---:|")
        print(f"| name all topics again | {clock:.2f} | {again:.2f} | 1.00 |")
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in (*STEPS, "undo")}
        for turn in range(chosen.rounds):
            for name in STEPS:
                before = bench.shown
                taken[name].append(_timed(lambda turn=turn, name=name: getattr(bench, name)(turn)))  # type: ignore[misc]
                if bench.shown is not before:
                    taken["undo"].append(_timed(bench.undo))
        for name, seconds in taken.items():
            clock, processor = _middle(seconds)
            print(f"| {STEPS.get(name, name)} | {clock:.2f} | {processor:.2f} | {processor / again:.2f} |")


if __name__ == "__main__":
    main()
