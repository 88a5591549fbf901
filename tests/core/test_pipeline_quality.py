"""The measures of benchmarks.pipeline say what they are named for."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.pipeline_quality import Said, known_groups, worth
from benchmarks.pipeline_sides import Notes

WORDS = (["water", "well", "pump"], ["fire", "smoke", "wind"])
TOKENS = [[*WORDS[row // 20], f"only{row}"] for row in range(40)]
GROUP = np.array(["drought"] * 20 + ["wildfire"] * 18 + ["", ""], dtype=object)


def said():
    return Said(np.arange(40), ["en"] * 40, TOKENS)


def test_clusters_that_are_the_known_groups_agree_with_them_wholly():
    told = worth(np.array([0] * 20 + [1] * 20), GROUP, said())
    assert told["ARI"] == told["NMI"] == 1.0
    assert (told["topics"], told["unsorted"], told["scored posts"]) == (2, 0.0, 38)


def test_mixed_clusters_are_worth_less_than_those_of_one_theme():
    good = worth(np.array([0] * 20 + [1] * 20), GROUP, said())
    mixed = worth(np.arange(40) % 2, GROUP, said())
    assert mixed["ARI"] < 0.1
    assert mixed["NPMI, mean of topics"] < good["NPMI, mean of topics"]


def test_unsorted_posts_bring_no_coherence():
    whole = worth(np.array([0] * 20 + [1] * 20), GROUP, said())
    half = worth(np.array([0] * 20 + [-1] * 20), GROUP, said())
    assert half["unsorted"] == 0.5
    assert half["NPMI, mean of posts"] == pytest.approx(whole["NPMI, mean of posts"] / 2, abs=0.05)
    assert half["ARI of the sorted"] == 1.0


def test_known_groups_have_one_spelling_and_none_where_posts_are_mixed(monkeypatch):
    monkeypatch.delenv("CTSE_SHARED_DATA", raising=False)
    table = pl.DataFrame({"id": ["1", "2", "3", "4"], "event": ["2013_Floods_en", "2013_floods", "mixed", None]})
    assert known_groups(table, "event").tolist() == ["2013_floods", "2013_floods", "", ""]
    assert known_groups(table, "no_such_column").tolist() == [""] * 4


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="tells of Linux processes")
def test_notes_tell_each_stage_even_one_that_was_cut_off(tmp_path):
    notes = Notes(tmp_path / "notes.jsonl")
    notes.begin("work")
    held = np.ones(4_000_000)
    del held
    notes.begin("cut off")
    told = [line.split('"')[1] for line in (tmp_path / "notes.jsonl").read_text().splitlines()]
    assert told == ["import and load", "import and load", "work", "work", "cut off"]
