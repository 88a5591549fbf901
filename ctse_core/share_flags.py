"""Sharing on the command line: a project sent to a team's database, what people noted exchanged."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctse_core.types import Progress


def add_share_flags(command: ArgumentParser) -> None:
    """Let a command take a project and the address of a database."""
    command.add_argument("project", type=Path, metavar="PROJECT")
    command.add_argument(
        "address",
        metavar="postgresql://…",
        help="person@host:5432/database#name; the password in PGPASSWORD or ~/.pgpass (default name: PROJECT's)",
    )
    command.add_argument("--pull", action="store_true", help="then take over what others noted, into PROJECT")
    command.add_argument("--notes", action="store_true", help="exchange notes alone: tags, states, owners, notes")
    command.add_argument("--anew", action="store_true", help="take the place of what is shared there under that name")
    command.add_argument(
        "--build-memory",
        type=float,
        default=0.0,
        metavar="GB",
        help="of the server's memory for linking vectors (default: its effective_cache_size less its shared_buffers)",
    )
    command.add_argument("--quiet", action="store_true", help="show no progress")


def shared_lines(asked: Namespace, progress: Progress) -> list[str]:
    """Share as the flags tell, and return sentences that say what came of it.

    Raises:
        SettingError: a flag is outside its range.
        ServerError, ProjectError: as sharing.share does.
    """
    from ctse_core.errors import SettingError
    from ctse_core.project import Project
    from ctse_core.served.address import read_address
    from ctse_core.served.graph import MOST
    from ctse_core.shared_notes import exchange_notes
    from ctse_core.sharing import share

    if not 0 <= asked.build_memory <= MOST / 1024:
        raise SettingError(f"--build-memory takes GB of the server's memory, not {asked.build_memory:g}.")
    project, address = Project(asked.project), read_address(asked.address)
    told: list[str] = []
    if not asked.notes:
        outcome = share(project, address, asked.anew, progress, round(asked.build_memory * 1024))
        told, address = list(outcome.sentences), outcome.address
    elif not address.name:
        address = address.named(project.name)
    return told + list(exchange_notes(project, address, pull=asked.pull or asked.notes))
