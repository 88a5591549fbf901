"""Posts that are sentences of an evaluation set, named where a person finds them."""

from dataclasses import replace

import polars as pl
import pytest

from ctse_core.errors import TrainError
from train.config import PostSettings
from train.guard import Guard
from train.posts_reading import read_posts_to_learn, refuse_guarded


@pytest.fixture
def settings(tmp_path):
    for name in ("a", "b"):
        texts = ["", *(f"Water stands at house {name}{number}" for number in range(2, 41))]
        pl.DataFrame({"text": texts}).write_csv(tmp_path / f"{name}.csv")
    return PostSettings(files=(str(tmp_path / "a.csv"), str(tmp_path / "b.csv")))


def guard_of(tmp_path, *texts):
    pl.DataFrame({"text": texts}).write_parquet(tmp_path / "dev.parquet")
    return Guard.of_files([tmp_path / "dev.parquet"])


def test_a_guarded_post_is_named_by_its_row_in_its_file(settings, tmp_path):
    guard = guard_of(tmp_path, "WATER stands at house b7!", "water stands at house a3")
    with pytest.raises(TrainError) as error:
        refuse_guarded(read_posts_to_learn(settings), guard)
    told = str(error.value)
    assert told.startswith("2 posts are sentences of an evaluation set")
    assert f"row 3 of {tmp_path / 'a.csv'} is row 2 of {tmp_path / 'dev.parquet'}" in told
    assert f"row 7 of {tmp_path / 'b.csv'} is row 1 of {tmp_path / 'dev.parquet'}" in told


def test_of_many_guarded_posts_the_first_are_named(settings, tmp_path):
    posts = read_posts_to_learn(replace(settings, files=settings.files[:1]))
    with pytest.raises(TrainError, match=r"row 6 of \S+ is row 5 of \S+ and 34 more"):
        refuse_guarded(posts, guard_of(tmp_path, *posts.texts))


def test_posts_typed_for_zawgyi_are_known_in_unicode(settings, tmp_path):
    pl.DataFrame({"text": ["ေရႀကီးေနသည္", *(f"Post {number}" for number in range(40))]}).write_csv(tmp_path / "a.csv")
    with pytest.raises(TrainError, match="row 1 of"):
        refuse_guarded(read_posts_to_learn(settings), guard_of(tmp_path, "ရေကြီးနေသည်"))


def test_posts_of_no_evaluation_set_pass(settings, tmp_path):
    posts = read_posts_to_learn(settings)
    refuse_guarded(posts, guard_of(tmp_path, "Another sentence"))
    assert len(posts.texts) == len(posts.row_of) == len(posts.file_of) == 78
