"""What the command line shows while it works: one bar with the time left, or plain lines in a log."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_EVERY = 0.1
_WIDTH = 24
_STEP = 0.05  # of the whole, between two lines of a log
_PAUSE = 10.0  # seconds after which a log tells that work goes on


def spoken(seconds: float) -> str:
    """Return a length of time as a person says it: "8 s", "1 min 40 s", "2 h 05 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Bar:
    """A progress bar on a terminal; where the output is no terminal, a line every twentieth of the work.

    Use it as the ``progress`` of a step: ``bar(share, sentence)``.
    """

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.live = not quiet and self.stream.isatty()
        self._started = time.monotonic()
        self._drawn = 0.0
        self._told = -1.0
        self._pace = ""
        self._left: float | None = None

    def stages(self, stages: Sequence[Mapping[str, Any]], left: float | None) -> None:
        """Take how fast the step at work is, and about how many seconds the rest takes; shown with the next report."""
        at_work = [stage for stage in stages if 0.0 < stage["share"] < 1.0 and stage["posts_a_second"]]
        self._pace = f", {at_work[-1]['posts_a_second']:,} posts/s" if at_work else ""
        self._left = left

    def __call__(self, share: float, sentence: str) -> None:
        """Show the share done in [0, 1] and the sentence."""
        if self.quiet:
            return
        now = time.monotonic()
        sentence = sentence if "posts/s" in sentence else sentence + self._pace
        if not self.live:
            if share >= self._told + _STEP or (now - self._drawn > _PAUSE and share > self._told):
                self._told, self._drawn = share, now
                self.stream.write(f"{share:4.0%}  {sentence}\n")
                self.stream.flush()
            return
        if now - self._drawn < _EVERY and share < 1.0:
            return
        self._drawn = now
        elapsed = now - self._started
        rest = elapsed * (1 - share) / share if self._left is None and share > 0.03 else self._left
        left = f", about {spoken(rest)} left" if rest and elapsed > 3 else ""
        done = round(share * _WIDTH)
        line = f"[{'█' * done}{'·' * (_WIDTH - done)}] {share:4.0%}  {sentence}"
        line = line if " left" in sentence else line + left
        self.stream.write("\r" + line[: shutil.get_terminal_size().columns - 1].ljust(79))
        self.stream.flush()

    def close(self) -> None:
        """End the line of the bar."""
        if self.live and self._drawn:
            self.stream.write("\n")
            self.stream.flush()
