"""A database that nobody used yet: several begin at once, and vectors are linked in what the server can spare."""

import shutil
import threading

import numpy as np
import pytest

from ctse_core.errors import CtseError, SettingError
from ctse_core.project import Project
from ctse_core.served import graph, index, writing
from ctse_core.served.address import read_address
from ctse_core.served.connection import Server
from ctse_core.sharing import share
from tests.scale.test_sharing import EXAMPLE

pytestmark = pytest.mark.scale


@pytest.fixture
def fresh(server, request):
    """The address of a new database in which nothing was set up."""
    import psycopg

    name = f"fresh_{abs(hash(request.node.name))}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def at_once(works):
    """Do all at the same moment; return what failed."""
    begin, failed = threading.Barrier(len(works)), []

    def does(work):
        begin.wait()
        try:
            work()
        except CtseError as error:
            failed.append(error)

    threads = [threading.Thread(target=does, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def test_many_open_their_first_indexes_at_once(fresh):
    opened = []
    assert not at_once(
        [lambda n=n: opened.append(index.ServedIndex(read_address(f"{fresh}#index {n}"), 4)) for n in range(8)]
    )
    assert [len(one) for one in opened] == [0] * 8
    for one in opened:
        one.close()


def test_two_share_their_first_projects_at_once(fresh, tmp_path):
    projects = []
    for name in ("ana", "li"):
        shutil.copytree(EXAMPLE, tmp_path / name)
        projects.append(Project(tmp_path / name))
    outcomes = []
    works = [lambda one=one: outcomes.append(share(one, read_address(f"{fresh}#{one.name}"))) for one in projects]
    # Both come to the set-up together, whatever their calibration took.
    begin, set_up = threading.Barrier(2), Server.set_up

    def together(self, statements):
        begin.wait(60)
        set_up(self, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "set_up", together)
        assert not at_once(works)
    assert {outcome.sent.new for outcome in outcomes} == {686} and len(outcomes) == 2


def test_vectors_are_linked_in_what_the_server_can_spare_or_a_person_says(fresh, monkeypatch):
    monkeypatch.setattr(writing, "FEW", 100)
    at = Server(read_address(fresh))
    with at.reading() as connection:
        connection.execute("SET effective_cache_size = '24GB'")
        spare = graph.memory_for(connection, 10_000_000, 384)
        assert 24 * 1024 - 256 <= spare.allowed < 24 * 1024 and spare.taken == spare.needed > 16_000
        connection.execute("SET maintenance_work_mem = '30GB'")
        assert graph.memory_for(connection, 10_000_000, 384).allowed == 30 * 1024
        assert graph.memory_for(connection, 10_000_000, 384, 7_000).taken == 7_000
        for wrong in (-1, graph.MOST + 1):
            with pytest.raises(SettingError, match="from 1 MB"):
                graph.memory_for(connection, 5, 4, wrong)
    vectors = np.random.default_rng(0).standard_normal((3_000, 64)).astype(np.float16)
    at.set_up("CREATE SCHEMA small")
    with at.writing("test") as connection:
        connection.execute("CREATE TABLE small.vectors (position integer, vector halfvec(64))")
        with connection.cursor() as cursor, cursor.copy("COPY small.vectors FROM STDIN") as copying:
            for row, vector in enumerate(vectors.tolist()):
                copying.write_row((row, str(vector)))
        memory = writing.build_graph(connection, "small", 64, 300)
        assert memory.taken == memory.needed < 300 and not memory.sentence()
        connection.execute("DROP INDEX small.graph")
        assert "0.2 GB would hold" not in (told := writing.build_graph(connection, "small", 64, 2).sentence())
        assert "--build-memory" in told
    at.close()
