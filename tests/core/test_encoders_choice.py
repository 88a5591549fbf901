"""What "auto" picks, what it says of it, and that the trial costs no more than it must."""

import pytest

from ctse_core.encoders import auto_choice, tried_choice
from ctse_core.encoders.choice import MANY_POSTS, SMALL, STATIC, measured_pace, picked
from ctse_core.errors import EncoderError
from tests.fakes import WordEncoder

PACES = {SMALL: 400.0, STATIC: 20_000.0}


@pytest.mark.parametrize(
    ("posts", "gpu", "encoder"),
    [
        (1, False, SMALL),
        (MANY_POSTS - 1, False, SMALL),
        (MANY_POSTS, False, STATIC),
        (MANY_POSTS, True, SMALL),
        (10**7, True, SMALL),
    ],
)
def test_the_choice_follows_the_number_of_posts_and_the_machine(posts, gpu, encoder):
    assert picked(posts, gpu) == encoder == auto_choice(posts, gpu, PACES).encoder


def test_the_sentence_says_why_and_what_the_other_encoder_would_take():
    many = auto_choice(120_000, False, PACES)
    assert many.asked == "auto"
    assert "120,000 different posts" in many.why and "without a GPU" in many.why
    assert "about 6 s on the machine used; ctse-small would take about 5 min 0 s." in many.why
    some = auto_choice(20_000, False, PACES)
    assert "about 50 s on the machine used; ctse-static would take about 1 s." in some.why
    assert "has a GPU" in auto_choice(200_000, True, PACES).why


def test_no_time_is_told_of_an_encoder_that_was_not_tried():
    assert "would" not in auto_choice(120_000, False, {STATIC: 20_000.0}).why
    assert " s" not in auto_choice(120_000, False, {}).why.replace("ctse-s", "")
    assert auto_choice(700, False, {SMALL: 400.0}).why.endswith("so ctse-static would save next to nothing.")


def test_the_other_encoder_is_tried_only_where_its_time_matters():
    loaded = []

    class Slow(WordEncoder):
        def encode(self, texts):
            clock[0] += len(texts) / 50
            return super().encode(texts)

    clock = [0.0]

    def load(name):
        loaded.append(name)
        return Slow()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ctse_core.encoders.choice.time.perf_counter", lambda: clock[0])
        few = tried_choice(200, False, ["water"] * 200, load)
        assert loaded == [SMALL] and "about 4 s" in few.why
        more = tried_choice(3_000, False, ["water"] * 3_000, load)
        assert loaded == [SMALL, SMALL, STATIC] and "about 1 min 0 s" in more.why
        assert clock[0] < 10, "the trial should stop after a fraction of a second of its own clock"


def test_an_encoder_that_is_not_there_leaves_its_time_out_but_the_chosen_one_must_be_there():
    def only(there):
        def load(name):
            if name != there:
                raise EncoderError(f"{name} is missing.")
            return WordEncoder()

        return load

    many = tried_choice(MANY_POSTS, False, ["water"], only(STATIC))
    assert many.encoder == STATIC and "would take" not in many.why
    with pytest.raises(EncoderError):
        tried_choice(MANY_POSTS, False, ["water"], only(SMALL))


def test_a_file_without_words_has_no_pace():
    assert measured_pace(WordEncoder(), ["", "  "]) == 0.0
    assert "takes" not in auto_choice(2, False, {SMALL: 0.0}).why
