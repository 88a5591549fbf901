"""Saved questions: kept once, asked again of new posts only, marked as seen, told in a sentence."""

import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core.analysis import analyse
from ctse_core.errors import ProjectError, SettingError
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.project.saved_questions import (
    delete_question,
    keep_question,
    mark_seen,
    rename_question,
    saved_questions,
)
from ctse_core.question import Question, Searcher
from ctse_core.saved import ask_again, question_of, save, see
from tests.fakes import WordEncoder

OLD = [f"{what} in {where}" for what in ("flood", "fire", "food", "bridge") for where in "abcdefghij"]
NEW = [
    ("agua, agua, water flood in k", "ana"),
    ("flood flood l", "ana"),
    ("inundación en m", "ben"),
    ("flood in a", "cleo"),  # a copy of a post that was there
    ("RT @ana: flood flood l", "dan"),  # a copy of a new post
    ("knitting patterns for winter", "eva"),
]


@pytest.fixture(scope="module")
def encoder():
    return WordEncoder()


@pytest.fixture
def before(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(order, "load_encoder", lambda *_, **__: encoder)
    return analysed(tmp_path, [(text, "old") for text in OLD])


def analysed(folder, rows):
    path = folder / "posts.csv"
    pl.DataFrame(rows, schema=["text", "author"], orient="row").write_csv(path)
    project = Project(folder / "p")
    return project, analyse(path, project)


def kept(text="flood", **more):
    return {"text": text, "mode": "hybrid", "among": {}, "like": (), "unlike": (), **more}


def test_a_question_is_kept_once_renamed_and_forgotten(tmp_path):
    key = keep_question(tmp_path, kept(), 10, [3])
    assert keep_question(tmp_path, kept(), 12, [3, 11]) == key
    other = keep_question(tmp_path, kept(among={"lang": "es"}, name="agua"), 12, [])
    first, second = saved_questions(tmp_path)
    assert (first.name, first.posts, first.seen, first.key) == ("flood", 12, (3, 11), key)
    assert (second.name, second.among) == ("agua", {"lang": "es"}) and first.author and first.at.tzinfo
    rename_question(tmp_path, key, "  high   water ")
    mark_seen(tmp_path, key, 20, [])
    assert [(one.name, one.posts) for one in saved_questions(tmp_path)] == [("high water", 20), ("agua", 12)]
    delete_question(tmp_path, key)
    delete_question(tmp_path, key)
    assert [one.key for one in saved_questions(tmp_path)] == [other]
    with pytest.raises(ProjectError, match="gone"):
        rename_question(tmp_path, key, "x")


def test_nothing_asked_and_names_that_are_none_are_refused(tmp_path):
    with pytest.raises(SettingError, match="Ask something"):
        keep_question(tmp_path, kept("  "), 1, [])
    key = keep_question(tmp_path, kept("long " * 60), 1, [])
    assert len(saved_questions(tmp_path)[0].name) <= 80
    for name in ("  ", "x" * 81):
        with pytest.raises(SettingError):
            rename_question(tmp_path, key, name)


def test_new_posts_are_told_without_copies_and_with_their_authors(before, encoder, tmp_path):
    project, analysis = before
    save(project, Question("flood"), Searcher(analysis, encoder), name="high water")
    assert ask_again(project, analysis, encoder) == []
    project, analysis = analysed(tmp_path, [*((text, "old") for text in OLD), *NEW])
    (news,) = ask_again(project, analysis, encoder)
    assert set(news.posts["text"]) == {"agua, agua, water flood in k", "flood flood l", "inundación en m"}
    assert news.authors == 2 and news.sentence == "3 new posts match “high water”, by 2 authors."
    searcher = Searcher(analysis, encoder)
    assert [each.posts["position"].to_list() for each in ask_again(project, analysis, searcher=searcher)] == [
        news.posts["position"].to_list()
    ]
    see(project, news.question, searcher)
    assert ask_again(project, analysis, encoder) == []


def test_where_nothing_is_new_no_encoder_is_asked_for(before, encoder):
    project, analysis = before
    save(project, Question("flood"), Searcher(analysis, encoder))

    class Untouchable:
        def __getattr__(self, name):
            raise AssertionError("the encoder was used")

    assert ask_again(project, analysis, Untouchable()) == []


def test_the_filter_the_words_and_the_chosen_posts_are_kept_with_the_question(before, encoder, tmp_path):
    project, analysis = before
    searcher = Searcher(analysis, encoder)
    questions = [
        Question("flood", among=Filter(words="inundación")),
        Question("flood station", mode="words"),
        Question("", like=(0,), unlike=(12,)),
    ]
    for question in questions:
        save(project, question, searcher)
    asked = [question_of(one, searcher) for one in saved_questions(project.folder)]
    assert [(one.text, one.mode, one.among, one.like, one.unlike) for one in asked] == [
        (one.text, one.mode, one.among, one.like, one.unlike) for one in questions
    ]
    project, analysis = analysed(tmp_path, [*((text, "old") for text in OLD), *NEW])
    told = {news.question.key: news.posts["text"].to_list() for news in ask_again(project, analysis, encoder)}
    assert told[1] == ["inundación en m"]
    assert 2 not in told  # nobody wrote both words
    assert "flood flood l" in told[3]


def test_a_question_that_nothing_answers_raises_no_alarm(before, encoder, tmp_path):
    project, analysis = before
    save(project, Question("zither concert"), Searcher(analysis, encoder))
    project, analysis = analysed(tmp_path, [*((text, "old") for text in OLD), *NEW])
    assert ask_again(project, analysis, encoder) == []
