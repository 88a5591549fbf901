"""Posts that come later join the groups of copies that stand, and never change them."""

import numpy as np

from ctse_core.text import DuplicateSettings, collapse_duplicates
from ctse_core.text.joined_copies import join_copies

EARLIER = [
    "the old bridge over the river was swept away by the flood this morning",
    "the old bridge over the river was swept away by the flood this mor...",
    "people are waiting on the roof of the school",
    "#flood",
]
REPRESENTATIVE = np.array([0, 0, 2, 3])


def test_an_exact_copy_joins_the_representative_even_where_its_twin_is_a_copy_itself():
    later = ["People are waiting on the roof of the school", EARLIER[1]]
    assert join_copies(EARLIER, REPRESENTATIVE, later).tolist() == [2, 0]


def test_a_near_copy_joins_and_another_number_does_not():
    later = [
        "breaking: the old bridge over the river was swept away by the flood this morning",
        "the old bridge over the river was not swept away by the flood this morning",
    ]
    assert join_copies(EARLIER, REPRESENTATIVE, later).tolist() == [0, 5]
    assert join_copies(EARLIER, REPRESENTATIVE, later, DuplicateSettings(near=False)).tolist() == [4, 5]


def test_new_texts_group_among_themselves_as_they_would_in_a_file_of_their_own():
    later = [
        "the market burns and nobody can reach the fire engines",
        "RT the market burns and nobody can reach the fire engines",
        "The market burns and nobody can reach the fire engines",
        "water is missing in the north",
    ]
    joined = join_copies(EARLIER, REPRESENTATIVE, later) - len(EARLIER)
    assert joined.tolist() == collapse_duplicates(later).representative.tolist() == [0, 0, 0, 3]


def test_texts_of_nothing_but_marks_and_no_texts_at_all_are_no_trouble():
    assert join_copies(EARLIER, REPRESENTATIVE, ["", "!!!", "#flood", "!!!"]).tolist() == [4, 5, 3, 5]
    assert join_copies([], np.empty(0, np.int64), ["a post", "a post"]).tolist() == [0, 0]
    assert join_copies(EARLIER, REPRESENTATIVE, []).tolist() == []
