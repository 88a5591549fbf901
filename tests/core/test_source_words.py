"""What is said about who stands behind a post: plain, in short and in full, never a verdict."""

import dataclasses
from datetime import UTC, datetime

import polars as pl
import pytest

from ctse_core.example import EXAMPLE
from ctse_core.project import Project
from ctse_core.source_words import Behind, behind, posts_behind, sources_in_full, sources_in_short, voices_in_short
from ctse_core.sources_layer import source_columns
from ctse_core.stored import load_analysis
from ctse_core.types import Col


@pytest.mark.parametrize(
    ("kind", "independent", "author", "said"),
    [
        ("", 1, "ana", ""),
        ("passed on", 1, "ana", "one source"),
        ("one author", 1, "ana", "one author, again and again"),
        ("in concert", 1, "ana", "same words, many authors, minutes"),
        ("", 3, "ana", "3 independent authors"),
        ("passed on", 3, "ana", "3 independent authors"),
        ("", 3, None, "3 wordings, same figures"),
    ],
)
def test_a_card_says_it_in_a_few_words(kind, independent, author, said):
    post = {Col.REPETITION: kind, Col.INDEPENDENT: independent, Col.AUTHOR: author}
    assert sources_in_short(post) == said


def test_a_post_of_which_nothing_was_counted_says_nothing():
    assert sources_in_short({}) == ""


ONE = Behind(1, 1, 0, 1, "", 0, None, None, (0,), ())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "These words stand in one post."),
        ({"posts": 9, "authors": 8, "credited": 7, "kind": "passed on"}, "9 posts by 8 authors"),
        ({"posts": 9, "authors": 8, "kind": "in concert", "crowd": 8}, "8 authors posted these same words"),
        ({"posts": 9, "authors": 2, "kind": "one author"}, "most of them by one author"),
        ({"posts": 9, "authors": 0, "kind": "passed on"}, "names no authors"),
        ({"posts": 4, "authors": 4, "independent": 4}, "each of 4 authors may have written them alone"),
        ({"others": (5, 7), "independent": 3}, "2 other wordings state the same figures. Altogether 3 independent"),
    ],
)
def test_a_dialogue_says_it_in_sentences(changed, said):
    told = " ".join(sources_in_full(dataclasses.replace(ONE, **changed)))
    assert said in told
    assert told.endswith("says nothing about whether it is true.")


def test_times_are_told_where_there_are_any():
    found = dataclasses.replace(
        ONE, posts=2, since=datetime(2026, 3, 3, 5, tzinfo=UTC), until=datetime(2026, 3, 4, tzinfo=UTC)
    )
    assert "First on 3 Mar 2026 05:00 UTC, last on 4 Mar 2026 00:00 UTC." in sources_in_full(found)


def test_the_voices_of_a_topic_are_told_in_a_sentence():
    posts = pl.DataFrame(
        {Col.AUTHOR: ["ana", "ben", "ben", None], Col.REPETITION: ["passed on", "passed on", "in concert", ""]}
    )
    assert voices_in_short(posts).startswith("2 authors; 2 posts only pass on one source; 1 ")
    assert voices_in_short(posts.drop(Col.AUTHOR).tail(1)) == "the file names no authors"
    assert voices_in_short(posts.drop(Col.REPETITION)) == voices_in_short(posts.clear()) == ""


def test_the_posts_behind_a_post_of_the_example_are_found(tmp_path):
    run, project = load_analysis(Project(EXAMPLE)), Project(tmp_path)
    analysis = dataclasses.replace(run, table=run.table.with_columns(source_columns(run, project).get_columns()))
    position = next(row for row, kind in enumerate(analysis.table[Col.REPETITION]) if kind)
    found = behind(analysis, project, position)
    same, others = posts_behind(analysis, found)
    assert same.height == found.posts == analysis.table[Col.COPIES][position] and position in same["position"]
    assert same[Col.TIME].is_sorted() and others.height == len(found.others)
    assert found.kind == analysis.table[Col.REPETITION][position]
