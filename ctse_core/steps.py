"""Running the steps of an analysis: each kept under a fingerprint, timed, and telling how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ctse_core import __version__
from ctse_core.project import Parts, Project, fingerprint
from ctse_core.types import Progress

_CLOCK = "took"


@dataclass(frozen=True)
class Step:
    """One step: its key (also the product's name on disk), its title, its usual share of the time.

    ``version`` goes up whenever the same inputs give another result, so that older products do not count.
    """

    key: str
    title: str
    weight: float
    version: int = 1


@dataclass(frozen=True)
class Made:
    """What a step left: its parts, the fingerprint of its inputs, and the seconds its making took."""

    parts: dict[str, Any]
    fingerprint: str
    seconds: float

    def __getitem__(self, part: str) -> Any:
        return self.parts[part]


class Runner:
    """Runs steps in order over one project and turns their progress into one share in [0, 1]."""

    def __init__(self, project: Project, steps: tuple[Step, ...], progress: Progress) -> None:
        self.project = project
        self.progress = progress
        self.durations: dict[str, float] = {}
        self._steps = {step.key: step for step in steps}
        self._before: dict[str, float] = {}
        total = sum(step.weight for step in steps)
        reached = 0.0
        for step in steps:
            self._before[step.key] = reached / total
            reached += step.weight
        self._total = total

    def run(self, key: str, inputs: tuple[Any, ...], make: Callable[[Progress], Parts]) -> Made:
        """Return the step's product, read from disk if these inputs made it, else made now."""
        step = self._steps[key]
        mark = fingerprint(__version__, step.key, step.version, *inputs)
        tell = self.teller(key)
        tell(0.0, step.title)

        def timed() -> Parts:
            started = time.perf_counter()
            parts = make(tell)
            return {**parts, _CLOCK: round(time.perf_counter() - started, 3)}

        parts = self.project.keep(key, mark, timed)
        seconds = float(parts.pop(_CLOCK, 0.0))
        self.durations[key] = seconds
        tell(1.0, step.title)
        return Made(parts, mark, seconds)

    @contextmanager
    def timed(self, key: str) -> Iterator[Progress]:
        """Give the progress of a step that is not kept, and note the seconds it takes."""
        started = time.perf_counter()
        yield self.teller(key)
        self.durations[key] = round(time.perf_counter() - started, 3)

    def teller(self, key: str) -> Progress:
        """Return the progress of one step as seen from the whole."""
        start, width = self._before[key], self._steps[key].weight / self._total

        def tell(share: float, sentence: str) -> None:
            self.progress(start + width * min(max(share, 0.0), 1.0), sentence)

        return tell
