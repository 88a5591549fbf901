"""The one door to PostgreSQL: connections, transactions, and what went wrong told in sentences without secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from ctse_core.errors import ServerError
from ctse_core.served.address import Address

if TYPE_CHECKING:
    from psycopg import Error


Link: TypeAlias = Any
"""A psycopg connection; its type wants every statement written out as it stands, tables' names too."""
LEAST_PGVECTOR = (0, 8)  # the first to go on searching where a filter left too few
CANDIDATES = 200  # hnsw.ef_search: of the nearest ten among 100,000 posts 40 finds 0.95, 120 0.97, 200 0.99
SCANNED = 40_000  # tuples after which a filtered search gives up and looks at all that pass
_SETTINGS = {
    "TimeZone": "UTC",
    "jit": "off",  # compiling costs more than these queries
    "plan_cache_mode": "force_custom_plan",  # a filter's share decides the plan
    "work_mem": "64MB",
    "hnsw.ef_search": str(CANDIDATES),
    "hnsw.iterative_scan": "strict_order",
    "hnsw.max_scan_tuples": str(SCANNED),
    "hnsw.scan_mem_multiplier": "2",
}


_MEMBER = "SELECT 1 FROM pg_roles WHERE rolname = 'ctse' AND pg_has_role(oid, 'MEMBER')"
"""Where there is a group of that name (delivery/database.sql) its members own what any of them shares."""


class Server:
    """A connection that is made when first needed and again where it was lost; may be shared by threads."""

    def __init__(self, address: Address) -> None:
        """Remember the ``address``; nothing is connected yet."""
        self.address = address
        self._lock = threading.RLock()
        self._connection: Link | None = None

    @contextmanager
    def reading(self) -> Iterator[Link]:
        """Give a connection on which each statement stands for itself.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        import psycopg

        with self._lock:
            try:
                yield self._connected()
            except psycopg.Error as fault:
                raise self._told(fault) from None

    @contextmanager
    def together(self) -> Iterator[Link]:
        """Give a connection that sees the database at one moment, whatever others write meanwhile.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        with self.reading() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def writing(self, what: str) -> Iterator[Link]:
        """Give a connection inside one transaction; one writer at a time of ``what``, the others wait their turn.

        Raises:
            ServerError: the database cannot be reached, or refuses; nothing was written then.
        """
        with self.reading() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"ctse {what}",))
            yield connection

    def set_up(self, statements: str) -> None:
        """Make sure of pgvector and of what ``statements`` make: whoever does so for the first time does it alone.

        What is made is there for all projects and indexes, so that a lock for one of them would not do.

        Raises:
            ServerError: the database cannot be reached, has no pgvector, or refuses.
        """
        with self.writing("set up") as connection:
            needs_pgvector(connection)
            connection.execute(statements)

    def close(self) -> None:
        """Let go of the connection; closing twice does no harm."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _connected(self) -> Link:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Link:
        try:
            import psycopg
        except ImportError as missing:
            raise ServerError(
                "Shared projects need psycopg, which is not installed; run: pip install -r requirements-scale.txt."
            ) from missing
        try:
            connection = psycopg.connect(
                self.address.connection, autocommit=True, connect_timeout=10, application_name="ctse"
            )
        except psycopg.ProgrammingError:  # its sentence would repeat the address
            raise ServerError("The address of the database cannot be read; see `share --help`.") from None
        names = list(_SETTINGS)
        # hnsw.* are taken on trust until the library is loaded with the first vector.
        connection.execute(
            "SELECT " + ", ".join(["set_config(%s, %s, false)"] * len(names)),
            [part for name in names for part in (name, _SETTINGS[name])],
        )
        if connection.execute(_MEMBER).fetchone() is not None:
            connection.execute("SET ROLE ctse")
        return connection

    def _told(self, fault: Error) -> ServerError:
        from psycopg import OperationalError, errors

        where = self.address.shown
        said = (fault.diag.message_primary or str(fault)).strip().splitlines()
        first = said[0].rstrip(".") if said else type(fault).__name__
        if isinstance(fault, errors.InsufficientPrivilege):
            return ServerError(
                f"{where} does not allow this ({first}); ask who looks after the database for the right."
            )
        if isinstance(fault, (errors.DiskFull, errors.OutOfMemory)):
            return ServerError(f"{where} has no room left ({first}); nothing was changed. Make room and try again.")
        if isinstance(fault, OperationalError):
            return ServerError(
                f"{where} cannot be reached or broke off ({first}); check that it runs, the name and the password "
                "(PGPASSWORD or ~/.pgpass), and try again: nothing was left half done."
            )
        return ServerError(f"{where} refused ({first}); nothing was changed.")


def needs_pgvector(connection: Link) -> None:
    """Make sure that the database can hold vectors.

    Raises:
        ServerError: pgvector is missing, too old, or may not be switched on by this person.
    """
    from psycopg import errors

    found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    if found is None:
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile) as refused:
            raise ServerError(
                "The database has no pgvector; install it there (image pgvector/pgvector), and let who looks after it "
                "run once: CREATE EXTENSION vector."
            ) from refused
        found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    version = str(found[0]) if found else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_PGVECTOR:
        raise ServerError(
            f"The database has pgvector {version}; it needs 0.8 or newer. Update it there, and try again."
        )
