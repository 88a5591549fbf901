"""A project repeated to any number of posts, as the benchmarks do: it opens, and its parts fit together."""

import shutil

import numpy as np
import polars as pl
import pytest

from benchmarks.repeated import repeated_project
from ctse_core.edited import edited
from ctse_core.example import EXAMPLE
from ctse_core.project import Project
from ctse_core.stored import load_analysis
from ctse_core.types import Col

POSTS = 1500


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A copy of the example: a project that is opened gets a salt of its own."""
    place = tmp_path_factory.mktemp("base") / "example"
    shutil.copytree(EXAMPLE, place)
    return Project(place)


@pytest.fixture(scope="module")
def many(base, tmp_path_factory):
    return repeated_project(base, tmp_path_factory.mktemp("home") / "many", POSTS)


def test_every_repeated_post_has_an_id_and_a_vector_of_its_own(many):
    found = load_analysis(many)
    assert found.table.height == len(found.vectors) == len(found.words) == POSTS
    assert found.table[Col.POST_ID].n_unique() == POSTS
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-4)


def test_copies_stand_behind_a_post_that_stands_for_itself(many):
    table = load_analysis(many).table
    of = table[Col.REPRESENTATIVE].to_numpy()
    assert (of[of] == of).all()
    copies = table[Col.DUPLICATE_OF].is_not_null().to_numpy()
    assert (copies == (of != np.arange(POSTS))).all() and copies.any()
    assert table[Col.COPIES].to_list() == np.bincount(of, minlength=POSTS)[of].tolist()


def test_what_was_read_of_the_posts_is_repeated_with_them(base, many):
    shown, before = edited(load_analysis(many), many).table, edited(load_analysis(base), base).table
    first = shown.head(before.height)
    assert first[Col.NEEDS].list.len().sum() > 0
    assert first[Col.LOCATED].to_list() == before[Col.LOCATED].to_list()
    again = shown.slice(before.height, POSTS - before.height)
    assert again[Col.LOCATED].to_list()[: before.height] == before[Col.LOCATED].to_list()[: again.height]
    assert shown.select(pl.col(Col.URGENCY).is_not_null().mean()).item() > 0.9
