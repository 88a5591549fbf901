"""Copies collapse, different reports do not."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ctse_core.text import DuplicateSettings, collapse_duplicates, normalise

REPORT = "The old stone bridge over the Marl near Tessary has collapsed and 14 people are missing"

COPIES = [
    f"RT @user: {REPORT}",
    f"{REPORT} http://t.co/abc",
    REPORT.upper(),
    f"BREAKING: {REPORT}!!!",
    f"{REPORT} #prayers",
    f"{REPORT} - Marl Valley News",
    "The old stone bridge over the Marl near Tessary has collapsed and 14 peo… http://t.co/x",
    "The old stone bridge over the Marl near Tessary has collapsed… #news via @user",
    REPORT.replace("collapsed", "colapsed"),
    REPORT.replace("and 14", "& 14"),
    f"{REPORT} 🙏🙏",
]
OTHERS = [
    REPORT.replace("14", "40"),
    REPORT.replace("Tessary", "Odmere"),
    REPORT.replace("has collapsed", "has not collapsed"),
    REPORT.replace("missing", "safe"),
    REPORT.replace("old stone bridge", "railway bridge"),
    f"Is it false? {REPORT}",
    f"{REPORT}: rumour denied",
    f"{REPORT} and 3 dead",
    "The old stone bridge over the Marl is open",
]


def groups(*posts: str) -> list[int]:
    return collapse_duplicates([normalise(post) for post in posts]).representative.tolist()


@pytest.mark.parametrize("copy", COPIES)
def test_what_sharing_makes_of_a_post_is_a_copy(copy: str) -> None:
    assert groups(REPORT, copy) == [0, 0]


@pytest.mark.parametrize("other", OTHERS)
def test_another_number_place_or_turn_is_another_report(other: str) -> None:
    assert groups(REPORT, other) == [0, 1]


def test_counts_and_places_fit_together() -> None:
    posts = ["Water is rising", "Send rice", "water is rising", "WATER IS RISING!", "Send rice"]
    found = collapse_duplicates([normalise(post) for post in posts])
    assert found.representative.tolist() == [0, 1, 0, 0, 1]
    assert found.unique_rows.tolist() == [0, 1]
    assert found.unique_of.tolist() == [0, 1, 0, 0, 1]
    assert found.copies.tolist() == [3, 2, 3, 3, 2]
    assert (found.exact, found.near) == (2, 1)
    assert [a.dtype for a in (found.representative, found.unique_rows, found.unique_of)] == [np.int64] * 3
    assert found.copies.dtype == np.int32
    assert (found.unique_rows[found.unique_of] == found.representative).all()


def test_near_copies_stay_apart_when_only_exact_ones_are_wanted() -> None:
    posts = [normalise(post) for post in (REPORT, f"{REPORT} #prayers", REPORT)]
    found = collapse_duplicates(posts, DuplicateSettings(near=False))
    assert found.representative.tolist() == [0, 1, 0]


def test_the_representative_is_whole_frequent_and_early() -> None:
    cut = "The old stone bridge over the Marl near Tessary has collapsed and 14…"
    assert groups(cut, f"{REPORT} #a", REPORT, REPORT) == [2, 2, 2, 2]


def test_small_changes_do_not_chain_into_another_report() -> None:
    words = REPORT.split()
    chain = [" ".join(words[:end]) for end in range(len(words), 3, -1)]
    found = collapse_duplicates([normalise(post) for post in chain])
    first, last = found.representative[0], found.representative[-1]
    assert first != last


def test_links_and_emoji_alone_are_copies_of_their_likes_only() -> None:
    assert groups("http://t.co/1", "🙏🙏", "http://t.co/2", "🙏🙏", "@a", "😭") == [0, 1, 0, 1, 4, 5]


def test_short_posts_must_have_equal_words() -> None:
    assert groups("Pray for Tessary", "pray for #Tessary!!", "Pray for Odmere", "Pray for Tessary now") == [
        0,
        0,
        2,
        3,
    ]


def test_unspaced_scripts_are_compared_sign_by_sign() -> None:
    assert groups(
        "泰瑟里的石桥已经倒塌十四人失踪",
        "泰瑟里的石桥已经倒塌，十四人失踪！",
        "泰瑟里的石桥已经倒塌四十人失踪",
    ) == [0, 0, 2]


def test_long_posts_that_differ_at_their_end_are_different() -> None:
    long = "the water keeps rising in the lower town and nobody comes " * 30
    assert groups(long + "send boats", long + "send doctors", long + "send boats") == [0, 1, 0]


def test_nothing_one_post_and_all_identical_posts_work() -> None:
    empty = collapse_duplicates([])
    assert len(empty.representative) == len(empty.unique_rows) == empty.exact == 0
    assert collapse_duplicates(["only"]).copies.tolist() == [1]
    same = collapse_duplicates(["same post again"] * 500)
    assert same.unique_rows.tolist() == [0] and same.copies[0] == 500


def test_the_same_posts_give_the_same_groups_and_others_do_not_disturb_them() -> None:
    dice = random.Random(2)  # noqa: S311
    words = ("water", "rice", "boat", "roof", "school", "road", "child", "doctor", "north", "river", "tent")
    noise = [" ".join(dice.choices(words, k=9)) for _ in range(800)]
    posts = [normalise(post) for post in (*noise, REPORT, *COPIES)]
    one, two = collapse_duplicates(posts), collapse_duplicates(list(posts))
    assert (one.representative == two.representative).all()
    assert set(one.representative[len(noise) :]) == {len(noise)}
