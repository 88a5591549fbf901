"""Where a shared project lies: postgresql://person@host/database#name; what is secret in it is never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from ctse_core.errors import ServerError

SCHEMES = ("postgresql://", "postgres://")
_NAME = re.compile(r"[^\x00-\x1f/@?#]{1,80}")
_FORM = "write it as postgresql://person@host:5432/database#name (the password in PGPASSWORD or ~/.pgpass)"


@dataclass(frozen=True)
class Address:
    """A database and the ``name`` of a project in it, "" where none was told.

    ``connection`` is what the driver is given, with what is secret in it; ``shown`` is what may be told to anybody.
    """

    connection: str = field(repr=False)
    shown: str
    name: str = ""

    def named(self, name: str) -> Address:
        """Return the address of the project ``name`` in the same database.

        Raises:
            ServerError: no project can have that name.
        """
        if not _NAME.fullmatch(name):
            raise ServerError(f"“{name[:80]}” cannot name a shared project; use up to 80 letters without / @ ? #.")
        return Address(self.connection, self.shown.partition("#")[0] + f"#{name}", name)


def is_address(written: str) -> bool:
    """Return whether ``written`` means a database and not a folder."""
    return written.startswith(SCHEMES)


def read_address(written: str) -> Address:
    """Return the address as it was written; what it leaves out comes from the PG… variables and ~/.pgpass.

    Raises:
        ServerError: it cannot be read; the sentence repeats nothing of it, for it may hold a password.
    """
    if not is_address(written):
        raise ServerError(f"This is no address of a database; {_FORM}.")
    connection, _, name = written.partition("#")
    try:
        parts = urlsplit(connection)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
        person = f"{unquote(parts.username)}@" if parts.username else ""
    except ValueError:
        raise ServerError(f"The address of the database cannot be read; {_FORM}.") from None
    if "@" in name:  # the password holds a # that is not written as %23
        raise ServerError(f"The address has a # before its @; write it as %23 inside a password, and {_FORM}.")
    bare = Address(connection, f"postgresql://{person}{host}{port}{parts.path}")
    return bare.named(unquote(name)) if name else bare
