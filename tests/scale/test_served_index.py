"""The index in PostgreSQL does all that every index must do, on a real server."""

import uuid

import pytest

from ctse_core.errors import EncoderError, ServerError
from ctse_core.served import index as served
from ctse_core.served.address import read_address
from tests.core.index_conformance import IndexConformance, some_vectors

pytestmark = pytest.mark.scale


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


def test_members_of_the_group_own_together_what_any_of_them_shares(server):
    """delivery/database.sql, run as it stands, then two people of the group and one who is not of it."""
    import psycopg

    from delivery.bundle import ROOT

    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE team")
        with psycopg.connect(server.replace("/postgres?", "/team?"), autocommit=True) as team:
            team.execute((ROOT / "delivery" / "database.sql").read_text(encoding="utf-8"))
        for name in ("ana", "li"):
            admin.execute(f"CREATE ROLE {name} LOGIN IN ROLE ctse")
        admin.execute("CREATE ROLE eve LOGIN")
    where = server.replace("/postgres?", "/team?") + "#group"
    vectors = some_vectors(3, 4)
    ana, li = (served.ServedIndex(read_address(where.replace("postgres@", f"{who}@")), 4) for who in ("ana", "li"))
    ana.add(["a"], vectors[:1])
    li.add(["b"], vectors[1:2])
    assert len(ana) == 2 and li.delete(["a"]) == 1
    with pytest.raises(ServerError, match="does not allow"):
        served.ServedIndex(read_address(where.replace("postgres@", "eve@")), 4)
    with psycopg.connect(server, autocommit=True) as admin:
        ana.close(), li.close()
        admin.execute("DROP DATABASE team WITH (FORCE)")
        for name in ("ana", "li", "eve", "ctse"):
            admin.execute(f"DROP ROLE {name}")
