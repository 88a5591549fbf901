"""What to read next: urgent before less urgent, new before more of the same, copies once, nothing twice."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from ctse_core.reading_queue import in_order, next_to_read
from ctse_core.types import Col


def posts(n, **columns):
    told = {
        "position": list(range(n)),
        Col.REPRESENTATIVE: list(range(n)),
        Col.TIME: [None] * n,
        Col.STATE: ["new"] * n,
        Col.URGENCY: [0] * n,
        Col.URGENCY_SCORE: [0.1] * n,
        Col.INDEPENDENT: [1] * n,
    } | columns
    return pl.DataFrame(told).with_columns(pl.col(Col.TIME).cast(pl.Datetime("us", "UTC")))


def apart(n, dim=64):
    return np.eye(dim, dtype=np.float32)[:n]


def order(table, vectors, **more):
    return next_to_read(table, table, vectors, **more).rows["position"].to_list()


def test_levels_come_one_after_another_and_posts_not_judged_last():
    table = posts(4, **{Col.URGENCY: [0, 3, None, 2], Col.URGENCY_SCORE: [0.9, 0.1, None, 0.5]})
    assert order(table, apart(4)) == [1, 3, 0, 2]


def test_read_posts_do_not_come_again_and_passed_ones_do_not_either():
    table = posts(4, **{Col.STATE: ["new", "seen", "new", "done"]})
    assert order(table, apart(4)) == [0, 2]
    assert order(table, apart(4), passed=[0]) == [2]


def test_copies_are_one_row_that_says_how_many_it_stands_for():
    table = posts(4, **{Col.REPRESENTATIVE: [0, 0, 2, 0]})
    found = next_to_read(table, table, apart(4))
    assert found.rows.select("position", "members").rows() == [(0, 3), (2, 1)]
    assert found.waiting == 2


def test_what_is_unlike_anything_before_comes_before_more_of_the_same():
    vectors = apart(4)
    vectors[1] = vectors[0] * 0.98 + vectors[2] * 0.199
    table = posts(4, **{Col.URGENCY_SCORE: [0.5, 0.49, 0.45, 0.44]})
    assert order(table, vectors) == [0, 2, 3, 1]
    # What was read counts as well.
    read = posts(4, **{Col.URGENCY_SCORE: [0.5, 0.49, 0.45, 0.44], Col.STATE: ["done", "new", "new", "new"]})
    assert order(read, vectors) == [2, 3, 1]


def test_a_copy_that_came_after_the_others_were_read_is_nothing_new():
    table = posts(3, **{Col.REPRESENTATIVE: [0, 1, 0], Col.STATE: ["done", "new", "new"]})
    found = next_to_read(table, table, apart(3)).rows
    assert found["position"].to_list() == [1, 2] and found["novelty"].to_list() == [1.0, 0.0]


def test_what_many_say_on_their_own_comes_before_what_one_says():
    table = posts(3, **{Col.INDEPENDENT: [1, 9, 2]})
    assert order(table, apart(3)) == [1, 2, 0]


def test_without_any_judgement_the_newest_come_first():
    table = posts(3, **{Col.TIME: [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 3, 2)]})
    table = table.drop(Col.URGENCY, Col.URGENCY_SCORE, Col.INDEPENDENT, Col.STATE)
    assert order(table, apart(3)) == [1, 2, 0]


def test_only_as_many_as_asked_for_and_none_of_none():
    table = posts(60)
    assert len(order(table, apart(60))) == 20
    assert next_to_read(table, table, apart(60)).waiting == 60
    assert order(table.head(0), apart(60)) == []


def test_the_rest_stands_by_urgency_a_page_at_a_time():
    table = posts(5, **{Col.URGENCY: [0, 3, 1, 2, 3], Col.URGENCY_SCORE: [0.1, 0.8, 0.3, 0.5, 0.9]})
    assert in_order(table, 0, 3).rows["position"].to_list() == [4, 1, 3]
    assert in_order(table, 3, 3).rows["position"].to_list() == [2, 0]
    assert in_order(table).waiting == 5


@pytest.mark.parametrize("read", [0, 50_000])
def test_a_hundred_thousand_posts_are_ordered_in_a_moment(read):
    import time

    generator = np.random.default_rng(0)
    n = 100_000
    vectors = generator.standard_normal((n, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = posts(n, **{
        Col.URGENCY: generator.integers(0, 4, n), Col.URGENCY_SCORE: generator.random(n),
        Col.STATE: ["seen"] * read + ["new"] * (n - read),
    })  # fmt: skip
    started = time.perf_counter()
    assert next_to_read(table, table, vectors).rows.height == 20
    assert time.perf_counter() - started < 1
