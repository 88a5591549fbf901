"""Search among many posts: one byte a number, offsets taken off as rows are read, indexes kept by the project."""

import numpy as np
import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core import indexes
from ctse_core.analysis import analyse
from ctse_core.project import Project
from ctse_core.question import Question, Searcher
from ctse_core.search import Shifted, Unrelated, VectorIndex, index_of, index_parts, quantise
from ctse_core.search import quantised as quantised_file
from tests.fakes import WordEncoder


def some_posts(rows, width=32, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((30, width))
    made = centres[rng.integers(0, 30, rows)] + 0.5 * rng.standard_normal((rows, width))
    made[::97] = 0
    return (made * rng.uniform(0.5, 2, (rows, 1))).astype(np.float32)


def moved(vectors, seed=3):
    rng = np.random.default_rng(seed)
    group, offsets = rng.integers(0, 3, len(vectors)), rng.standard_normal((3, vectors.shape[1])).astype(np.float32)
    copy = vectors - offsets[group]
    copy[~vectors.any(axis=1)] = 0
    return Shifted(vectors, group, offsets), copy


@pytest.mark.parametrize("alone", [100, 100_000], ids=["threads", "one thread"])
@pytest.mark.parametrize("share", [None, 0.5, 0.05, 0.002])
@pytest.mark.parametrize("shifted", [False, True], ids=["plain", "shifted"])
def test_one_byte_a_number_finds_what_all_of_them_find(monkeypatch, share, shifted, alone):
    monkeypatch.setattr(quantised_file, "ALONE", alone)
    vectors = some_posts(5_000)
    table = moved(vectors)[0] if shifted else vectors
    where = None if share is None else np.random.default_rng(2).random(5_000) < share
    exact, quick = VectorIndex(table), VectorIndex(table, codes=quantise(vectors))
    same = total = 0
    for query in some_posts(12, seed=9)[1:]:
        true, found = exact.search(query, 10, where), quick.search(query, 10, where)
        same += len(set(true.rows[0]) & set(found.rows[0]))
        total += len(set(true.rows[0]))
        shared = np.isin(true.rows[0], found.rows[0])
        if shared.all():  # the candidates are compared in full: the same numbers in the same order
            assert (true.rows == found.rows).all() and (true.similarity == found.similarity).all()
    assert same / total >= 0.99


def test_a_shifted_table_reads_as_the_copy_would():
    vectors = some_posts(300)
    table, copy = moved(vectors)
    assert len(table) == 300 and table.shape == (300, 32) and table.ndim == 2
    assert (table[10:20] == copy[10:20]).all() and (table[np.array([5, 97, 3])] == copy[[5, 97, 3]]).all()
    assert (table[7] == copy[7]).all() and not table[97].any()
    assert (VectorIndex(table).search(copy[4], 9).rows == VectorIndex(copy).search(copy[4], 9).rows).all()


@pytest.mark.parametrize("asked", [None, Unrelated(some_posts(40, seed=5), ["en", "es"] * 20)], ids=["bulk", "asked"])
def test_an_index_judges_as_before_once_it_was_kept(asked):
    vectors, queries = some_posts(800), some_posts(30, seed=11)
    index = VectorIndex(vectors, asked)
    kept = index_of(index_parts(index), vectors, quantise(vectors))
    for query in queries:
        here, there = index.search(query, 5, languages=["es"]), kept.search(query, 5, languages=["es"])
        assert (here.rows == there.rows).all() and (here.band == there.band).all()
        assert (here.answered == there.answered).all()


def test_vectors_of_half_precision_are_searched_as_they_are():
    half = some_posts(400).astype(np.float16)
    whole = VectorIndex(half.astype(np.float32))
    for index in (VectorIndex(half), VectorIndex(half, codes=quantise(half))):
        for row in (3, 77):
            assert (index.search(half[row].astype(np.float32), 5).rows == whole.search(half[row], 5).rows).all()


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CTSE_HOME", str(folder / "home"))
        patch.setattr(order, "load_encoder", lambda *_, **__: WordEncoder())
        words = ["water", "fire", "bridge", "food", "road", "school", "doctor", "tent"]
        texts = [f"{one} {two} needed {three}" for one in words for two in words for three in "abc" if one != two]
        pl.DataFrame({"text": texts}).write_csv(folder / "posts.csv")
        yield analyse(folder / "posts.csv", Project(folder / "p")), Project(folder / "p")


QUESTIONS = [Question("water bridge"), Question("fire school", "meaning"), Question("doctor", "words")]


def test_many_posts_are_answered_as_few_are_and_their_indexes_are_kept(analysed, monkeypatch):
    analysis, project = analysed
    few = Searcher(analysis, WordEncoder(), project=project)
    assert not (project.products / "search").exists()
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 10)
    many = Searcher(analysis, WordEncoder(), project=project)
    for question in QUESTIONS:
        here, there = few.ask(question), many.ask(question)
        assert here.sentence == there.sentence
        assert here.posts["band"].to_list() == there.posts["band"].to_list()
        assert sorted(here.posts["similarity"].fill_null(0)) == pytest.approx(
            sorted(there.posts["similarity"].fill_null(0)), abs=1e-5
        )
    assert isinstance(many.index.vectors, Shifted) and many.index.scan is not None
    assert isinstance(many.judge.vectors, np.ndarray)
    # What is kept is read: nothing is made again.
    monkeypatch.setattr(indexes, "quantise", None)
    again = Searcher(analysis, WordEncoder(), project=Project(project.folder))
    assert again.ask(QUESTIONS[0]).posts.equals(many.ask(QUESTIONS[0]).posts)
    assert (project.products / "search_words").is_dir()


def test_indexes_are_made_in_memory_where_nothing_can_be_kept(analysed, monkeypatch):
    analysis, project = analysed
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 10)

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(Project, "keep", full)
    for where in (project, None):
        assert Searcher(analysis, WordEncoder(), project=where).ask(QUESTIONS[0]).posts.height
