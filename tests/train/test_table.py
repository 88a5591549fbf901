"""The table of scores: intervals, and that what is written comes back."""

from __future__ import annotations

import polars as pl
import pytest

from ctse_core.errors import TrainError
from train.evaluate.table import SCORES, labelled, measured, read_scores, wilson, write_scores

ROWS = measured(
    [("matching", "cosine", "", 0.5, 0.4, 0.6, 20), ("matching", "cosine", "nb", 1.0, 0.9, 1.0, 10)],
)


def test_what_is_written_comes_back(tmp_path):
    scores = labelled("mine", "news", ROWS)
    write_scores(scores, tmp_path / "deep" / "scores.csv")
    found = read_scores(tmp_path / "deep" / "scores.csv")
    assert found.equals(scores)
    assert found["lang"].to_list() == ["", "nb"]  # the mean over languages is no missing value
    assert found.columns == list(SCORES)


def test_nothing_is_left_beside_the_table(tmp_path):
    write_scores(labelled("mine", "news", ROWS), tmp_path / "scores.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_a_file_that_is_no_table_of_scores_is_told(tmp_path):
    path = tmp_path / "other.csv"
    pl.DataFrame({"a": [1]}).write_csv(path)
    with pytest.raises(TrainError, match="no column encoder"):
        read_scores(path)
    with pytest.raises(TrainError, match="Run the bench again"):
        read_scores(tmp_path / "missing.csv")


def test_wilson_is_the_published_interval():
    # 81 of 263: the worked example of Newcombe (1998), method 3.
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(1.0, 10)[1] == pytest.approx(1.0)
    assert 0.69 < wilson(1.0, 10)[0] < 0.73  # all right in ten is not certainty
    assert wilson(0.5, 0) == (0.0, 1.0)
