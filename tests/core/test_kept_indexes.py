"""Where posts are many, an analysis and an append end with what the first question would wait for."""

import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core import append as append_order
from ctse_core import indexes
from ctse_core.analysis import analyse
from ctse_core.append import append
from ctse_core.errors import EncoderError
from ctse_core.project import Project
from ctse_core.question import Question, Searcher
from ctse_core.stored import load_analysis
from ctse_core.types import no_progress
from tests.fakes import WordEncoder

WORDS = ["water", "fire", "bridge", "food", "road", "school"]
KEPT = ("search", "search_words")


def written(path, letters):
    texts = [f"{one} {two} needed {three}" for one in WORDS for two in WORDS for three in letters if one != two]
    pl.DataFrame({"text": texts}).write_csv(path)
    return path


@pytest.fixture
def few(tmp_path, monkeypatch):
    """A project that was analysed when so many posts were few."""
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    for module in (order, append_order):
        monkeypatch.setattr(module, "load_encoder", lambda *_, **__: WordEncoder())
    project = Project(tmp_path / "p")
    analyse(written(tmp_path / "posts.csv", "abc"), project)
    return project


def marks(project):
    return [(project.products / name / "fingerprint.json").read_text() for name in KEPT]


def asked_without_making(project, monkeypatch):
    def made(*_):
        raise AssertionError("this was to be kept")

    monkeypatch.setattr(indexes, "_parts", made)
    monkeypatch.setattr(indexes, "LexicalIndex", type("Read", (), {"of": indexes.LexicalIndex.of}))
    return Searcher(load_analysis(project), WordEncoder(), project=project).ask(Question("water bridge"))


def test_of_few_posts_nothing_is_kept(few):
    assert not [name for name in KEPT if (few.products / name).exists()]


def test_the_first_question_after_an_analysis_reads_what_was_kept(few, tmp_path, monkeypatch):
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 10)
    told = []
    analyse(tmp_path / "posts.csv", few, progress=lambda share, sentence: told.append((round(share, 2), sentence)))
    assert indexes.READY in [sentence for _, sentence in told] and told[-1][0] == 1.0
    assert asked_without_making(few, monkeypatch).posts.height


def test_an_append_keeps_them_for_all_posts(few, tmp_path, monkeypatch):
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 10)
    analyse(tmp_path / "posts.csv", few)
    before = marks(few)
    append(written(tmp_path / "newer.csv", "de"), few)
    assert all(old != new for old, new in zip(before, marks(few), strict=True))
    assert asked_without_making(few, monkeypatch).posts.height


def test_without_the_encoder_words_are_kept_all_the_same(few, monkeypatch):
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 10)

    def gone():
        raise EncoderError("It is not here any more.")

    indexes.keep_indexes(load_analysis(few), few, gone, no_progress)
    assert [(few.products / name).exists() for name in KEPT] == [False, True]
