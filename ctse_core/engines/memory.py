"""How much memory this machine, or the container that this process runs in, has left."""

from __future__ import annotations

from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60


def free_memory(groups: Path = _GROUPS) -> int:
    """Return the bytes that can still be taken: what the machine has, less where a container's limit is lower.

    ``groups`` is where the system tells of containers' limits (control groups, version 2 or 1).
    """
    import psutil

    free = int(psutil.virtual_memory().available)
    for limit, used, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        most, now = _number(groups / limit), _number(groups / used)
        if most is not None and now is not None and most < _NO_LIMIT:
            # Pages of files count as used and are given back when memory is short.
            free = min(free, most - now + _told((groups / limit).with_name("memory.stat"), cached))
    return max(free, 0)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max", or no control groups at all
        return None


def _told(path: Path, name: str) -> int:
    try:
        lines = dict(line.split() for line in path.read_text(encoding="ascii").splitlines())
        return int(lines.get(name, 0))
    except (OSError, ValueError):
        return 0
