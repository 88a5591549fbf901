"""The development sets themselves: known for what they are, complete, and repaired."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from train.evaluate.codes import OURS, SHARED_CODES
from train.evaluate.sets import MOST_POSTS, read_set

pytestmark = [pytest.mark.shared, pytest.mark.slow]


def found(name: str, **more):
    return read_set(Path(os.environ["CTSE_SHARED_DATA"]) / f"{name}.parquet", **more)


@pytest.mark.parametrize(("name", "kind", "texts"), [("dev_tico19", "pairs", 18), ("dev_sib200", "topics", 55)])
def test_pairs_have_all_our_languages_and_sorani_apart(name, kind, texts):
    each = found(name)
    assert each.kind == kind
    assert each.data["text"].n_unique() == texts
    assert set(each.data["lang"]) <= OURS | {"ckb"}


def test_news_have_the_49_shared_codes_and_burmese_in_unicode():
    data = found("dev_ntrex_half1", limit=60).data
    assert set(SHARED_CODES) <= set(data["lang"])
    assert data.group_by("lang").len().filter(lang="zh")["len"].item() == 120
    # Zawgyi writes the vowel sign E before its consonant; Unicode never begins a word with it.
    assert not any(word.startswith("\u1031") for text in data.filter(lang="my")["translation"] for word in text.split())


def test_similarity_messages_and_posts_are_known():
    assert (found("dev_stsb_multi_mt").kind, found("crisis_messages_shared").kind) == ("sts", "messages")
    posts = found("crisis_tweets_shared")
    assert posts.kind == "posts"
    groups = posts.data.group_by("lang", "collection", "event").len()
    assert groups["len"].max() == MOST_POSTS
    assert {"en", "es", "it", "ru", "tl"} <= set(groups["lang"])
    assert groups.filter(lang="en").height == 22
