"""Lines that a compiled library writes past Python to the terminal, kept away from what people read there."""

from __future__ import annotations

import os
import re
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LIBRARY = re.compile(rb"^\[\d{4}-\d\d-\d\d [\d:,.]+ [A-Z] \d+ \d+\] [^\n]*\n?", re.M)
_STDERR = 2


@contextmanager
def library_lines_dropped() -> Iterator[None]:
    """Pass on what is written to stderr but for the lines of a C++ log: ``[date time LEVEL process thread] …``.

    Ray's library writes such lines of its own inner workings there, which no setting stops; what goes wrong comes as
    an error. A line is written at once, so that what is not whole is no such line.
    """
    kept = os.dup(_STDERR)
    ours, theirs = os.pipe()
    done = threading.Event()

    def pass_on() -> None:
        while True:
            there, _, _ = select.select([ours], [], [], 0.05)
            said = os.read(ours, 1 << 16) if there else b""
            os.write(kept, _LIBRARY.sub(b"", said))
            # Processes that were started meanwhile may hold the other end: the end is told, not only seen.
            if not said and (there or done.is_set()):
                return

    reader = threading.Thread(target=pass_on, daemon=True)
    os.dup2(theirs, _STDERR)
    os.close(theirs)
    reader.start()
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        done.set()
        reader.join()
        os.close(ours)
        os.close(kept)
