"""What several runs share is made by one of them, and a place that cannot be written is told with what helps."""

import errno
import threading
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import Cancelled, TrainError
from tests.fakes import WordEncoder
from train import beside
from train.beside import one_maker, unwritable
from train.config import PairSettings
from train.pairs_store import build_store
from train.teacher import teacher_vectors
from train.text_store import TextStore
from train.tokens_store import TokenStore

TEXTS = [f"flood at house {number}" for number in range(12)]


class Meeting:
    """Two runs: the first holds still in the middle of its work until the second says that it waits."""

    def __init__(self):
        self.inside, self.seen = threading.Event(), threading.Event()
        self.works = []
        self.told = []

    def work(self, who):
        self.works.append(who)
        if who == "first":
            self.inside.set()
            self.seen.wait(5)

    def heard(self, _, told):
        self.told.append(told)
        if told.startswith("Another run is making these"):
            self.seen.set()

    def hold(self, run):
        """Return what ``run`` gives a first and a second time, the second begun in the middle of the first."""
        found = []
        first = threading.Thread(target=lambda: found.append(run("first")))
        with ExitStack() as end:
            end.callback(first.join)
            end.callback(self.seen.set)
            first.start()
            assert self.inside.wait(5)
            second = run("second")
        return found[0], second


@pytest.fixture
def meeting(monkeypatch):
    monkeypatch.setattr(beside, "POLL", 0.02)
    return Meeting()


def test_a_second_run_waits_for_the_teachers_vectors_of_the_first(tmp_path, meeting):
    texts = TextStore.of_texts(TEXTS, tmp_path / "texts")

    class Teacher(WordEncoder):
        def __init__(self, who):
            super().__init__()
            self.who = who

        def encode(self, some):
            meeting.work(self.who)
            return super().encode(some)

    first, second = meeting.hold(
        lambda who: np.array(teacher_vectors(Teacher(who), texts, tmp_path / "vectors", meeting.heard))
    )
    assert meeting.works == ["first"]
    assert "Another run is making these teacher's vectors; waiting for it" in meeting.told
    assert np.array_equal(first, second)
    assert np.abs(second - WordEncoder().encode(TEXTS)).max() < 1e-3


def test_a_second_run_waits_for_the_tokens_of_the_first(tmp_path, meeting):
    texts = TextStore.of_texts(TEXTS, tmp_path / "texts")

    def run(who):
        def tokenise(some):
            meeting.work(who)
            return [[len(text)] for text in some]

        return TokenStore.build(texts, tokenise, tmp_path / "tokens", "lengths", meeting.heard)

    stores = meeting.hold(run)
    assert meeting.works == ["first"]
    assert [store.lengths.tolist() for store in stores] == [[1] * len(TEXTS)] * 2


def test_a_second_run_waits_for_the_pairs_of_the_first(tmp_path, meeting):
    rows = [("news", "de", text, f"Haus {number}") for number, text in enumerate(TEXTS)]
    pl.DataFrame(rows, schema=["source", "lang", "english", "translation"], orient="row").write_parquet(
        tmp_path / "a.parquet"
    )
    settings = PairSettings(files=(str(tmp_path / "a.parquet"),))

    def run(who):
        def progress(share, told):
            meeting.heard(share, told)
            if told.startswith("Drawing"):
                meeting.work(who)

        return build_store(settings, tmp_path / "store", progress)

    assert [store.pairs for store in meeting.hold(run)] == [12, 12]
    assert meeting.works == ["first"]


def test_waiting_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(beside, "POLL", 0.02)

    def stop(*_):
        raise Cancelled("Stopped.")

    with one_maker(tmp_path / "entry", "tokens"), pytest.raises(Cancelled), one_maker(tmp_path / "entry", "x", stop):
        pass
    with one_maker(tmp_path / "entry", "tokens", stop):
        pass


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "Free some space there, or choose another place with --data."),
        (errno.EACCES, "You may not write there; choose another place with --data."),
        (errno.ENOENT, "Something was taken away from there meanwhile; start again."),
        (errno.EIO, "Choose another place with --data."),
    ],
)
def test_what_helps_follows_from_the_fault(number, told):
    assert str(unwritable(Path("x"), OSError(number, "No"))) == f"Writing x failed (No). {told}"


def test_the_option_named_is_that_of_the_place():
    assert "with --out" in str(unwritable(Path("x"), OSError(errno.ENOSPC, "Full"), "--out"))


def test_a_lock_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainError, match="--data"), one_maker(tmp_path / "file" / "entry", "tokens"):
        pass
