"""Two-stage search: a coarse encoder finds, a close one puts in order and says what is more than chance."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core.analysis import AnalysisSettings, analyse
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.question import Question, Searcher, can_rerank
from ctse_core.search import Judged, Unrelated, among, found_background, rank_again
from ctse_core.search.confidence import question_background
from ctse_core.second_look import FOUND, language_sample
from ctse_core.types import Col
from tests.fakes import WordEncoder

PLACES = [
    f"{a}{b}" for a in ("nor", "sud", "est", "wes", "mid") for b in ("ville", "ham", "burg", "ford", "dale", "port")
]
EVENTS = ["flood", "terremoto", "tempête", "wildfire", "electricidad", "bridge", "hospital", "food"]


class Coarse(WordEncoder):
    """Words share few axes, so that much looks alike: what a bag of token vectors is to a transformer."""

    runtime = "static"

    def __init__(self):
        super().__init__(dim=20, name="coarse")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("second")
    path = folder / "posts.csv"
    pl.DataFrame({"text": [f"{event} near {place} today" for event in EVENTS for place in PLACES]}).write_csv(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CTSE_HOME", str(folder / "home"))
        patch.setattr(order, "load_encoder", lambda *_, **__: Coarse())
        yield analyse(path, Project(folder / "p"), AnalysisSettings(encoder="coarse"))


@pytest.fixture
def close():
    return WordEncoder(dim=512, name="close")


@pytest.fixture
def searcher(made, close):
    return Searcher(made, Coarse(), second=lambda: close)


@pytest.mark.parametrize("mode", ["meaning", "hybrid"])
def test_the_close_encoder_puts_in_order_what_the_coarse_one_found(searcher, mode):
    question = Question("norville", mode, k=8)
    first = searcher.ask(question)
    again = searcher.ask(replace(question, rerank=True))
    assert again.posts[Col.TEXT].str.contains("norville").all()
    assert mode == "hybrid" or not first.posts[Col.TEXT].str.contains("norville").all()
    assert again.sentence.endswith("Re-ranked by close.") and "Re-ranked" not in first.sentence
    assert again.posts["similarity"].is_sorted(descending=True) or mode == "hybrid"


def test_only_the_first_hundred_are_read_and_only_once(searcher, close):
    searcher.prepare_rerank()
    question = Question("earthquake estham", "meaning", k=5, rerank=True)
    before = len(close.encoded)
    searcher.ask(question)
    assert len(close.encoded) - before <= FOUND + 1
    before = len(close.encoded)
    searcher.ask(question)
    assert close.encoded[before:] == ["earthquake estham"]


def test_another_session_reads_the_vectors_from_the_disk(made, close):
    question = Question("earthquake estham", "meaning", k=5, rerank=True)
    first = Searcher(made, Coarse(), second=lambda: close).ask(question)
    before = len(close.encoded)
    told = []
    later = Searcher(made, Coarse(), second=lambda: close)
    later.prepare_rerank(lambda share, sentence: told.append(sentence))
    assert later.ask(question).posts.equals(first.posts)
    assert close.encoded[before:] == ["earthquake estham"]
    assert told == []


def test_as_many_as_are_asked_for_are_judged_by_the_same_encoder(searcher):
    answer = searcher.ask(Question("flood", "meaning", k=180, rerank=True))
    assert answer.posts.height == 180
    assert answer.posts["similarity"].is_sorted(descending=True)


def test_chance_is_what_unrelated_questions_score_with_the_encoder_that_judges(searcher):
    asked = searcher.ask(Question("flood near norville today", "meaning", k=5, rerank=True))
    assert asked.answered and asked.posts["band"][0] == "strong"
    other = searcher.ask(Question("zither", "meaning", k=5, rerank=True))
    assert not other.answered and "Nothing here matches" in other.sentence
    assert set(other.posts["band"]) == {"none"}


def test_a_search_by_words_needs_no_second_encoder(made):
    def refuse():
        raise AssertionError("the second encoder was loaded")

    searcher = Searcher(made, Coarse(), second=refuse)
    assert searcher.ask(Question("flood", "words", k=5, rerank=True)).posts.height == 5
    assert "Re-ranked" not in searcher.ask(Question("flood", "words", k=5, rerank=True)).sentence


def test_a_filter_that_leaves_nothing_is_answered_so(searcher):
    answer = searcher.ask(Question("flood", "meaning", 5, Filter(words="nobody wrote this"), rerank=True))
    assert answer.posts.height == 0 and "filter" in answer.sentence


def test_projects_of_a_bag_of_token_vectors_can_be_re_ranked(made):
    assert can_rerank(made.manifest)
    assert not can_rerank({"encoder": {"runtime": "onnx-int8"}})
    assert not can_rerank({"encoder": {}})


def test_where_every_post_is_found_chance_is_that_of_the_whole_collection():
    rng = np.random.default_rng(4)
    posts, unrelated = (rng.standard_normal((count, 16)).astype(np.float32) for count in (60, 12))
    posts /= np.linalg.norm(posts, axis=1, keepdims=True)
    unrelated /= np.linalg.norm(unrelated, axis=1, keepdims=True)
    asked, middle = Unrelated(unrelated), posts.mean(axis=0)
    whole = question_background(asked, middle, [(np.arange(60), unrelated @ posts.T)], 60)
    found = among(found_background(asked, middle, [posts] * 12), posts)
    for part in ("plain", "adjusted", "few"):
        assert getattr(found, part).level == pytest.approx(getattr(whole, part).level, abs=1e-5)
        assert getattr(found, part).spread == pytest.approx(getattr(whole, part).spread, abs=1e-5)
    assert found.hubness == pytest.approx(whole.hubness, abs=1e-5)
    nothing = found_background(asked, middle, [posts[:0]] * 12)
    assert (among(nothing, posts).bands(unrelated, np.arange(60)[None], unrelated @ posts.T) == "none").all()


def test_words_still_count_when_posts_are_ranked_again():
    rows, near = np.array([4, 7, 9]), np.array([0.5, 0.5, 0.2], dtype=np.float32)
    bands = np.array(["maybe", "maybe", "none"])
    found = rank_again(Judged(rows, near, bands, np.array([0.0, 1.0, 0.0])), strong=0.9, k=2)
    assert found.rows.tolist() == [7, 4]
    assert found.words[0] > 0 == found.words[1]


def test_the_sample_holds_every_language_and_no_copy():
    languages = ["en"] * 5000 + ["sw"] * 30 + ["my"] * 3
    copies = ["x" if row % 2 else None for row in range(5033)]
    table = pl.DataFrame({Col.LANG: languages, Col.DUPLICATE_OF: copies})
    rows = language_sample(table, posts=300)
    assert len(rows) <= 300 and len(set(rows.tolist())) == len(rows)
    assert not set(rows % 2) & {1}
    assert {languages[row] for row in rows} == {"en", "sw", "my"}
    assert len(language_sample(table.head(50), posts=300)) == 25
