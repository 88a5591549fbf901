"""The jobs of this machine in the order in which they were asked for: a folder of tickets that outlives a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ctse_core.home import projects_home
from ctse_core.project.folder import Project
from ctse_core.project.parts import write_json


@dataclass(frozen=True)
class Ticket:
    """A job's place in the line: the project's ``folder``, who asked (``by``), and the ticket's own file."""

    folder: Path
    by: str
    path: Path


def queue_home() -> Path:
    """Return the folder of tickets; it is there afterwards."""
    home = projects_home() / ".queue"
    home.mkdir(parents=True, exist_ok=True)
    return home


@contextmanager
def queue_locked() -> Iterator[Path]:
    """Hold the line for one process while it is read and changed; gives its folder."""
    from filelock import FileLock

    home = queue_home()
    with FileLock(home / ".lock"):
        yield home


def enter(project: Project, by: str) -> None:
    """Put the project at the end of the line; call it while the line is held."""
    numbers = [int(path.stem) for path in _tickets()]
    leave(project)
    path = queue_home() / f"{max(numbers, default=0) + 1:010d}.json"
    write_json(path, {"folder": str(project.folder.resolve()), "by": by})


def leave(project: Project) -> None:
    """Take the project out of the line."""
    for ticket in tickets():
        if ticket.folder == project.folder.resolve():
            ticket.path.unlink(missing_ok=True)


def tickets() -> list[Ticket]:
    """Return the line, the first one first: the one at work, then those that wait."""
    found = []
    for path in _tickets():
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            found.append(Ticket(Path(told["folder"]), str(told["by"]), path))
        except (OSError, ValueError, KeyError, TypeError):  # gone since, or damaged
            continue
    return found


def ahead_of(project: Project) -> list[Ticket] | None:
    """Return those before the project in the line, None where it is not in the line."""
    line = tickets()
    places = [place for place, ticket in enumerate(line) if ticket.folder == project.folder.resolve()]
    return line[: places[0]] if places else None


def _tickets() -> list[Path]:
    home = projects_home() / ".queue"
    return sorted(path for path in home.glob("*.json") if path.stem.isdigit()) if home.is_dir() else []
