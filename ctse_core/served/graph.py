"""The graph that vectors in the database are searched through: when it pays, and the memory it is built in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctse_core.errors import SettingError

if TYPE_CHECKING:
    from ctse_core.served.connection import Link

FEW = 20_000
"""Vectors among which every one is compared; more are searched through the graph."""
LEAST, BESIDE = 256, 880
"""Megabytes that building takes in any case, and bytes of each vector's place in the graph (16 links, 32 below)."""
MOST = 2_000_000
"""Megabytes that may be told: PostgreSQL's maintenance_work_mem ends at 2 TB."""
_ALLOWED = """
SELECT greatest(pg_size_bytes(current_setting('maintenance_work_mem')),
    pg_size_bytes(current_setting('effective_cache_size')) - pg_size_bytes(current_setting('shared_buffers'))) >> 20
"""


@dataclass(frozen=True)
class Memory:
    """Megabytes that the graph of ``count`` vectors ``needed`` to be built in memory, and that it may take."""

    count: int
    needed: int
    allowed: int

    @property
    def taken(self) -> int:
        """What it is built in: no more than it needs."""
        return min(self.needed, self.allowed)

    def sentence(self) -> str:
        """Return what to do where it does not fit, "" where it does."""
        if self.needed <= self.allowed:
            return ""
        return (
            f"{self.count:,} vectors were linked in {self.allowed / 1024:,.1f} GB of the server's memory and beyond "
            f"that on its disk, many times as slowly: {self.needed / 1024:,.1f} GB would hold them "
            "(--build-memory, or effective_cache_size on the server)."
        )


def needed_megabytes(count: int, width: int) -> int:
    """Return the megabytes in which a graph of ``count`` vectors of ``width`` numbers, two bytes each, is built."""
    return LEAST + count * (2 * width + BESIDE) // 1_000_000


def memory_for(connection: Link, count: int, width: int, told: int = 0) -> Memory:
    """Return what building the graph may take: ``told`` megabytes, or where 0 what the server's settings leave.

    What a server may hold beside its own buffers is told by its effective_cache_size; half a machine's memory or more
    is usual. Where who looks after it set maintenance_work_mem higher, that counts.

    Raises:
        SettingError: ``told`` is negative, or more than PostgreSQL takes.
    """
    if not 0 <= told <= MOST:
        raise SettingError(f"The server's memory for linking is from 1 MB to {MOST:,} MB, not {told:,}.")
    found = connection.execute(_ALLOWED).fetchone()
    allowed = told or (int(found[0]) if found else LEAST)
    return Memory(count, needed_megabytes(count, width), allowed)


def link_vectors(connection: Link, table: str, name: str, memory: Memory) -> None:
    """Build the graph ``name`` over the column ``vector`` of a table, in no more memory than that."""
    connection.execute("SELECT set_config('maintenance_work_mem', %s, true)", [f"{memory.taken}MB"])
    connection.execute(f"CREATE INDEX {name} ON {table} USING hnsw (vector halfvec_ip_ops)")
