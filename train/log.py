"""The run's diary: one JSON line a note, the same numbers as TensorBoard events, and time left."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class RunLog:
    """Notes of losses, speeds and scores.

    A run that is taken up at ``step`` forgets what was noted beyond it: those steps will be done again. ``seconds`` is
    what the steps before it took.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / "log.jsonl"
        self.seconds = 0.0
        if self._path.is_file():
            lines = self._path.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if 0 <= _step_of(line) <= step]
            self.seconds = max((float(json.loads(line).get("seconds", 0)) for line in kept), default=0.0)
            beside = self._path.with_name(".log.jsonl.part")
            beside.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
            os.replace(beside, self._path)
        self._file = self._path.open("a", encoding="utf-8")
        self._events = _events(folder / "events", step)

    def note(self, step: int, values: Mapping[str, Any]) -> None:
        """Write one line for a step that is done (counted from 1)."""
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()
        if self._events is not None:
            for name, value in values.items():
                if isinstance(value, (int, float)):
                    self._events.add_scalar(name, value, step)

    def close(self) -> None:
        """Finish the files."""
        self._file.close()
        if self._events is not None:
            self._events.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the notes of a ``log.jsonl``; a last line that a kill cut off is left out."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines if _step_of(line) >= 0]


class Pace:
    """Pairs and tokens a second since it began, without what ``pause`` leaves out."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self.seconds = 0.0
        self.pairs = 0
        self.tokens = 0
        self.steps = 0

    def add(self, pairs: int, tokens: int) -> None:
        """Count a step that has just ended."""
        now = time.monotonic()
        self.seconds += now - self._since
        self._since = now
        self.pairs += pairs
        self.tokens += tokens
        self.steps += 1

    def pause(self) -> None:
        """Leave out the time since the last step (an evaluation, a checkpoint)."""
        self._since = time.monotonic()

    @property
    def pairs_per_second(self) -> float:
        """Return pairs a second."""
        return self.pairs / max(self.seconds, 1e-9)

    @property
    def tokens_per_second(self) -> float:
        """Return tokens a second, padding left out."""
        return self.tokens / max(self.seconds, 1e-9)

    def seconds_left(self, steps: int) -> float:
        """Return the seconds that so many more steps take at this pace."""
        return steps * self.seconds / max(self.steps, 1)


def _step_of(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return -1


def _events(folder: Path, step: int) -> Any:
    """Return TensorBoard's writer, or None where the library is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step + 1)
