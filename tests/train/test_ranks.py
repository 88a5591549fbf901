"""What several processes tell each other, as far as one process can show it."""

from __future__ import annotations

from train.ranks import Ranks


def test_a_student_of_token_vectors_alone_has_nothing_to_add_up():
    # Outside torchrun a message to the other process would fail; none may be sent.
    Ranks(0, 2, "cpu").add_up_gradients([])
