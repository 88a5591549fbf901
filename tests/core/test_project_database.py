import threading

import pytest
from sqlalchemy import Column, Integer, String, Table, insert, select

from ctse_core.errors import ProjectError
from ctse_core.project.database import FILE, reading, revision, tables, writing


@pytest.fixture
def notes():
    name = "notes_of_a_test"
    table = tables().tables.get(name)
    if table is None:
        table = Table(name, tables(), Column("id", Integer, primary_key=True), Column("text", String))
    yield table
    tables().remove(table)


def test_nothing_is_written_by_reading(tmp_path):
    with reading(tmp_path) as connection:
        assert connection is None
    assert not list(tmp_path.iterdir())
    assert revision(tmp_path) == 0


def test_what_was_written_is_read_and_changes_the_revision(tmp_path, notes):
    with writing(tmp_path) as connection:
        connection.execute(insert(notes).values(text="a bridge"))
    before = revision(tmp_path)
    with reading(tmp_path) as connection:
        assert connection.execute(select(notes.c.text)).scalars().all() == ["a bridge"]
    assert revision(tmp_path) == before > 0


def test_a_failed_transaction_leaves_nothing(tmp_path, notes):
    with pytest.raises(ZeroDivisionError), writing(tmp_path) as connection:
        connection.execute(insert(notes).values(text="half"))
        _ = 1 / 0
    with reading(tmp_path) as connection:
        assert not connection.execute(select(notes)).all()


def test_two_writers_at_once_lose_nothing(tmp_path, notes):
    def write(first: int) -> None:
        for number in range(first, first + 20):
            with writing(tmp_path) as connection:
                connection.execute(insert(notes).values(text=str(number)))

    writers = [threading.Thread(target=write, args=(start,)) for start in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with reading(tmp_path) as connection:
        assert len(connection.execute(select(notes)).all()) == 40


def test_a_damaged_file_is_told_in_a_sentence(tmp_path):
    (tmp_path / FILE).write_bytes(b"this is no database, and long enough to be looked at" * 40)
    with pytest.raises(ProjectError, match="cannot be read"), reading(tmp_path):
        pass
