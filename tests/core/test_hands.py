"""Work shared out to helping processes gives what it gives in one process, whatever becomes of them."""

import polars as pl
import pytest

from ctse_core.engines import hands
from ctse_core.private_marks import marks_of_texts
from ctse_core.text.tokens import words_of_texts
from ctse_core.types import joined_pieces

TEXTS = pl.DataFrame(
    {"text": [f"the bridge number {row} over the river Marl has fallen" for row in range(60)], "lang": ["en"] * 60}
)


def test_short_tables_and_those_outside_are_done_at_once():
    seen = []

    def note(piece):
        seen.append(piece.height)
        return piece

    assert hands.spread(note, TEXTS, {}, size=40).equals(TEXTS)
    assert seen == [40, 20]


@pytest.fixture(scope="module")
def helped():
    before = hands.WORTH
    hands.WORTH = 20
    hands.free_cores, cores = (lambda: 2), hands.free_cores
    with hands.helping():
        yield hands._at_work
    hands.WORTH, hands.free_cores = before, cores


def test_pieces_done_by_a_helper_come_back_in_their_order(helped):
    told = []
    made = hands.spread(words_of_texts, TEXTS, {}, told.append, size=7)
    assert made.equals(joined_pieces(words_of_texts, TEXTS, {}))
    assert helped.processes[0].poll() is None, "the helper fell over its work"
    assert told == sorted(told) and told[-1] == 1.0


def test_what_a_helper_is_given_arrives(helped):
    texts = TEXTS.with_columns(pl.lit("call 555 0100 or @someone, é").alias("text"), here=pl.int_range(60))
    given = {"regions": ["US", "FR"], "salt": "ab12"}
    shared = hands._Shared(marks_of_texts, texts, given, 50)
    shared.next()
    shared.hand_out(helped.started()[0])
    assert shared.made[1].equals(marks_of_texts(texts.tail(10), **given))
    assert shared.made[1]["position"].unique().sort().to_list() == list(range(50, 60))


def test_the_piece_of_a_helper_that_dies_is_done_here(helped):
    for process in helped.started():
        process.kill()
        process.wait()
    shared = hands._Shared(words_of_texts, TEXTS, {}, 7)
    shared.hand_out(helped.processes[0])
    assert shared.left()
    helped.processes.clear()
    helped.started()[0].kill()
    assert hands.spread(words_of_texts, TEXTS, {}, size=7).equals(joined_pieces(words_of_texts, TEXTS, {}))


def test_a_fault_in_the_work_is_told_as_if_nobody_had_helped(helped):
    helped.processes.clear()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        hands.spread(words_of_texts, TEXTS.drop("lang"), {}, size=7)


def test_helpers_end_with_the_work():
    with hands.helping():
        hands._at_work.most = 1
        helper = hands._at_work.started()[0]
    assert helper.poll() is not None
