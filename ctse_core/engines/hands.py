"""Helping processes: a step that looks at one post after the other is done in pieces, on every processor core.

``python -m ctse_core.engines.hands`` is such a process. It reads pieces of a table on its input, writes what came of
them, and ends when its input does, so that none outlives the work: not even a kill of the process that began it.
A piece that a helper could not do, because it died or the machine had no room for it, is done in this process.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from ctse_core.types import PIECE, Tell, joined_pieces, told_nobody

MOST_HELPERS = 3
"""Each holds some 300 MB: a process with the tables of languages and names that it reads posts by."""
WORTH = 8_000
"""Posts from which helpers pay: starting one takes a second."""
_LENGTHS = struct.Struct("<QQ")


def free_cores() -> int:
    """Return the processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Hands:
    """The helpers there are, and whether they may be started yet."""

    most: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def started(self) -> list[subprocess.Popen[bytes]]:
        """Return the helpers, started now where they were not yet; fewer where the machine has no room."""
        while len(self.processes) < self.most:
            try:
                self.processes.append(_helper())
            except OSError:
                self.most = len(self.processes)
        return [process for process in self.processes if process.poll() is None]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
            process.wait()


_at_work: _Hands | None = None


@contextlib.contextmanager
def helping() -> Iterator[None]:
    """Let ``spread`` share work out to helpers, which end with this context."""
    global _at_work
    before, _at_work = _at_work, _Hands(min(free_cores() - 1, MOST_HELPERS))
    try:
        yield
    finally:
        _at_work.end()
        _at_work = before


def spread(
    work: Callable[..., pl.DataFrame],
    table: pl.DataFrame,
    given: Mapping[str, Any],
    tell: Tell = told_nobody,
    size: int = PIECE,
) -> pl.DataFrame:
    """Return the tables that ``work(piece, **given)`` makes of each ``size`` rows of ``table``, below each other.

    ``work`` is a function of a module, ``given`` what JSON can write. Within ``helping`` long tables are shared out to
    processes beside this one; what comes out is the same. ``tell`` hears the share done in [0, 1].
    """
    helpers = _at_work.started() if _at_work is not None and table.height >= WORTH else []
    if not helpers:
        return joined_pieces(work, table, given, tell, size)
    shared = _Shared(work, table, given, size)
    threads = [threading.Thread(target=shared.hand_out, args=(helper,), daemon=True) for helper in helpers]
    for thread in threads:
        thread.start()
    try:
        while (number := shared.next()) is not None:
            tell(shared.share())
            shared.made[number] = work(shared.piece(number), **given)
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
                tell(shared.share())
    finally:
        shared.stop()
    for number in shared.left():  # a helper died over it
        shared.made[number] = work(shared.piece(number), **given)
    tell(1.0)
    return pl.concat([shared.made[number] for number in range(shared.pieces)])


class _Shared:
    """The pieces of one table, each taken by whoever is free, and what came of them."""

    def __init__(
        self, work: Callable[..., pl.DataFrame], table: pl.DataFrame, given: Mapping[str, Any], size: int
    ) -> None:
        self.table, self.size = table, size
        self.pieces = -(-table.height // size)
        self.made: dict[int, pl.DataFrame] = {}
        self._named = json.dumps({"work": f"{work.__module__}:{work.__qualname__}", "given": dict(given)}).encode()
        self._next = 0
        self._lock = threading.Lock()

    def next(self) -> int | None:
        """Take the next piece nobody has begun, None where there is none."""
        with self._lock:
            if self._next >= self.pieces:
                return None
            self._next += 1
            return self._next - 1

    def piece(self, number: int) -> pl.DataFrame:
        return self.table.slice(number * self.size, self.size)

    def share(self) -> float:
        return len(self.made) / self.pieces

    def left(self) -> list[int]:
        return [number for number in range(self.pieces) if number not in self.made]

    def stop(self) -> None:
        with self._lock:
            self._next = self.pieces

    def hand_out(self, helper: subprocess.Popen[bytes]) -> None:
        """Have a helper do one piece after the other, until none is left or it is no more."""
        to_helper, from_helper = cast(BinaryIO, helper.stdin), cast(BinaryIO, helper.stdout)
        while (number := self.next()) is not None:
            try:
                _send(to_helper, self._named, self.piece(number))
                _, answer = _receive(from_helper)
            except (OSError, EOFError, ValueError):
                helper.kill()
                return
            self.made[number] = answer


def _send(stream: BinaryIO, head: bytes, table: pl.DataFrame) -> None:
    body = io.BytesIO()
    table.write_ipc(body)
    stream.write(_LENGTHS.pack(len(head), body.tell()) + head)
    stream.write(body.getbuffer())
    stream.flush()


def _receive(stream: BinaryIO) -> tuple[bytes, pl.DataFrame]:
    """Return what was sent.

    Raises:
        EOFError: the other side is gone.
    """
    head, body = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    return _read(stream, head), pl.read_ipc(io.BytesIO(_read(stream, body)))


def _read(stream: BinaryIO, size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found


def _helper() -> subprocess.Popen[bytes]:
    """Start a helper that uses one core."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | one | {"PYTHONPATH": path},
    )


def main() -> None:
    """Do the pieces that come on standard input, until it ends."""
    source, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library says may come between the answers
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            head, piece = _receive(source)
            told = json.loads(head)
            module, _, name = told["work"].partition(":")
            work = getattr(importlib.import_module(module), name)
            _send(answers, b"", work(piece, **told["given"]))


if __name__ == "__main__":
    main()
