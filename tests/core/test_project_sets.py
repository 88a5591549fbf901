"""Kept sets of posts: found again by a key made of their positions, never by a path that somebody typed."""

import numpy as np
import pytest

from ctse_core.errors import ProjectError
from ctse_core.project.sets import FOLDER, KeptSets, keep_set


def test_a_set_is_found_again_with_what_is_told_about_it(tmp_path):
    key = keep_set(tmp_path, [9, 3, 3, 5], "  Results for\n“water” ", "search")
    sets = KeptSets(tmp_path)
    assert sets[key].tolist() == [3, 5, 9]
    about = sets.about(key)
    assert (about.label, about.how, about.posts) == ("Results for “water”", "search", 3)
    assert about.author and about.at.tzinfo is not None
    assert list(sets) == [key] and len(sets) == 1


def test_the_same_posts_have_the_same_key_and_the_last_label(tmp_path):
    first = keep_set(tmp_path, np.array([1, 2]), "one", "search")
    assert keep_set(tmp_path, [2, 1], "two", "map") == first
    assert keep_set(tmp_path, [2, 1, 0], "three", "map") != first
    assert KeptSets(tmp_path).about(first).label == "two"


def test_sets_kept_later_are_there_as_well(tmp_path):
    sets = KeptSets(tmp_path)
    assert len(sets) == 0 and "0123456789ab" not in sets
    key = keep_set(tmp_path, [4], "", "rows")
    assert key in sets
    assert sets.about(key).label == "rows"


@pytest.mark.parametrize("key", ["../secret", "..", "", "0123456789AB", "0123456789abc", "x" * 12, "0123456789a/"])
def test_no_key_leads_out_of_the_folder(tmp_path, key):
    np.save(tmp_path / "secret.npy", np.arange(3))
    keep_set(tmp_path, [1], "one", "search")
    sets = KeptSets(tmp_path)
    assert key not in sets
    assert sets.about(key) is None
    with pytest.raises(KeyError):
        sets[key]


def test_a_damaged_set_is_as_good_as_gone(tmp_path):
    key = keep_set(tmp_path, [1, 2], "one", "search")
    (tmp_path / FOLDER / f"{key}.npy").write_bytes(b"torn")
    (tmp_path / FOLDER / f"{key}.json").write_text("{")
    with pytest.raises(KeyError):
        KeptSets(tmp_path)[key]
    assert KeptSets(tmp_path).about(key) is None


@pytest.mark.parametrize("positions", [[], [-1, 4]])
def test_nothing_and_what_is_no_position_is_not_kept(tmp_path, positions):
    with pytest.raises(ProjectError, match="no posts to keep"):
        keep_set(tmp_path, positions, "one", "search")
    assert not (tmp_path / FOLDER).exists()
