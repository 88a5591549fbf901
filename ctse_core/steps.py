"""Running the steps of an analysis: each kept under a fingerprint, timed, and telling how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ctse_core import __version__
from ctse_core.project import Parts, Project, fingerprint
from ctse_core.types import Progress

_CLOCK = "took"
_SURE = 0.1  # share of a step from which on it tells how long the whole of it takes
_SHORT = 0.2  # seconds below which a pace means nothing


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
    """Runs steps in order over one project and turns their progress into one share in [0, 1].

    A progress that has a method ``stages`` is told, too, how far each step is, as ``project.Job`` keeps it.
    """

    def __init__(self, project: Project, steps: tuple[Step, ...], progress: Progress) -> None:
        self.project = project
        self.progress = progress
        self.durations: dict[str, float] = {}
        self._stages = {step.key: _Stage(step.key, step.title, step.weight) for step in steps}
        self._steps = {step.key: step for step in steps}
        self._posts = 0
        self._unit: float | None = None
        self._spread(0.0, list(self._stages.values()))

    def expect(self, posts: int, seconds: Mapping[str, float] | None = None) -> None:
        """Tell how many posts there are, and the ``seconds`` that steps not begun yet are expected to take, by key.

        The share that is left is spread over them, so that it grows evenly with time.
        """
        self._posts = posts
        coming = [stage for stage in self._stages.values() if stage.begun is None]
        if not seconds or not coming:
            return
        reached = min(stage.start for stage in coming)
        for stage in coming:
            stage.expected = max(seconds.get(stage.key, 0.0), 1e-3)
        self._unit = 1.0
        self._spread(reached, coming)

    def _spread(self, reached: float, coming: list[_Stage]) -> None:
        width = (1.0 - reached) / sum(stage.expected for stage in coming)
        for stage in coming:
            stage.start, stage.width = reached, stage.expected * width
            reached += stage.width

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
        self._stages[key].took = seconds
        tell(1.0, step.title)
        return Made(parts, mark, seconds)

    @contextmanager
    def timed(self, key: str) -> Iterator[Progress]:
        """Give the progress of a step that is not kept, and note the seconds it takes."""
        started = time.perf_counter()
        yield self.teller(key)
        self.durations[key] = self._stages[key].took = round(time.perf_counter() - started, 3)

    def teller(self, key: str) -> Progress:
        """Return the progress of one step as seen from the whole."""
        stage = self._stages[key]

        def tell(share: float, sentence: str) -> None:
            stage.begun = stage.begun or time.perf_counter()
            stage.share = min(max(share, 0.0), 1.0)
            listen = getattr(self.progress, "stages", None)
            if listen is not None:
                listen([one.told(self._posts) for one in self._stages.values()], self._left())
            self.progress(stage.start + stage.width * stage.share, sentence)

        return tell

    def _left(self) -> float | None:
        """Return about how many seconds the rest takes: as expected, by how far that was right so far."""
        if self._unit is None:
            return None
        left, begun = 0.0, [stage for stage in self._stages.values() if stage.begun is not None]
        for stage in self._stages.values():
            left += stage.expected if stage.begun is None else (1.0 - stage.share) * stage.length()
        reached = begun[-1].start + begun[-1].width * begun[-1].share
        return round(left, 1) if reached < 1.0 else 0.0


@dataclass
class _Stage:
    """How far a step is: its ``share``, where it starts in the whole and how wide it is, when it had ``begun``."""

    key: str
    title: str
    expected: float
    start: float = 0.0
    width: float = 0.0
    share: float = 0.0
    begun: float | None = None
    took: float | None = None

    def seconds(self) -> float:
        """Return the seconds it took, or takes so far."""
        return self.took if self.took is not None else time.perf_counter() - (self.begun or time.perf_counter())

    def length(self) -> float:
        """Return the seconds it takes in all: as its share tells once that is sure enough, else as was expected."""
        return self.seconds() / self.share if self.share > _SURE else max(self.expected, self.seconds())

    def told(self, posts: int) -> dict[str, Any]:
        """Return it as a job keeps it."""
        seconds = self.seconds()
        pace = posts * self.share / seconds if seconds > _SHORT else 0.0
        shown = {"key": self.key, "title": self.title, "share": round(self.share, 4)}
        return {**shown, "seconds": round(seconds, 1), "posts_a_second": round(pace)}
