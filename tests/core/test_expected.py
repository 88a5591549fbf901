"""What an analysis needs: memory told before it starts, what would fit offered, containers' limits honoured."""

import numpy as np
import polars as pl
import pytest

from ctse_core import expected
from ctse_core.engines.memory import free_memory
from ctse_core.errors import RoomError
from ctse_core.expected import Room, check_room, expected_steps, first_posts, needed_bytes, room_for
from ctse_core.types import Col


def test_more_posts_need_more_and_what_fits_fits():
    needs = [needed_bytes(posts) for posts in (0, 5_000, 10_000, 300_000, 1_000_000, 3_000_000)]
    assert needs == sorted(needs) and needs[0] > 0
    for free in (2e9, 4e9, 9e9):
        room = room_for(5_000_000, int(free))
        assert not room.enough and needed_bytes(room.fit) <= free < needed_bytes(room.fit + 3_000)
    assert room_for(20_000, int(9e9)).enough
    assert room_for(100_000, 0).fit == 0


def test_an_analysis_that_would_not_fit_is_refused_with_an_offer_in_the_words_of_page_and_command_line():
    with pytest.raises(
        RoomError, match=r"2,000,000 posts need about .* GB .* only its first \d+,000 posts, or"
    ) as told:
        check_room(2_000_000, int(6e9))
    fit = told.value.room["fit"]
    assert f"(--first {fit})" in told.value.typed and "(--anyway)" in told.value.typed and "--" not in str(told.value)
    assert Room(**told.value.room) == room_for(2_000_000, int(6e9))
    check_room(2_000_000, int(60e9))
    with pytest.raises(RoomError, match="more memory") as told:
        check_room(2_000_000, int(6e9), cut=False)
    assert "--first" not in told.value.typed and not told.value.room["fit"]


@pytest.mark.parametrize("posts", [1, 2_000, 9_999, 50_000])
def test_few_posts_are_refused_too_where_memory_surely_does_not_do(posts):
    with pytest.raises(RoomError, match="use a machine with more memory"):
        check_room(posts, int(2e8))
    check_room(posts, needed_bytes(posts))


def test_what_is_offered_is_never_refused_and_is_there_wherever_fewer_posts_would_be_taken():
    for free in np.linspace(0, 3e9, 60).astype(int):
        offered = room_for(50_000, int(free)).fit
        if offered:
            check_room(offered, int(free))
        else:
            with pytest.raises(RoomError):
                check_room(101, int(free))


@pytest.mark.parametrize(
    ("files", "free"),
    [
        (
            {"memory.max": "3000000", "memory.current": "2500000", "memory.stat": "anon 5\ninactive_file 400000"},
            900_000,
        ),
        ({"memory.max": "max", "memory.current": "2500000"}, None),
        (
            {"memory/memory.limit_in_bytes": "1000", "memory/memory.usage_in_bytes": "900"},
            100,
        ),
        ({"memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "900"}, None),
        ({}, None),
    ],
)
def test_a_containers_limit_counts_where_it_is_lower_than_what_the_machine_has(tmp_path, files, free):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    found = free_memory(tmp_path)
    assert found == free if free is not None else found > 1_000_000


def test_the_first_posts_are_those_of_a_file_that_ended_there_and_a_note_says_so():
    def rows(*numbers):
        return pl.DataFrame({Col.ROW: numbers, "text": [str(number) for number in numbers]})

    parts = {"table": rows(1, 3, 4, 7), "empty": rows(2, 6), "unreadable": rows(5, 8)}
    parts["facts"] = {"rows_in_file": 8, "notes": ["a note"], "source": {}}
    cut = first_posts(parts, 3)
    assert [cut[part][Col.ROW].to_list() for part in ("table", "empty", "unreadable")] == [[1, 3, 4], [2], []]
    assert cut["facts"]["rows_in_file"] == 4 and "first 3 posts" in cut["facts"]["notes"][1]
    assert first_posts(parts, 0)["table"].height == first_posts(parts, 9)["table"].height == 4


def test_a_fast_encoder_makes_embedding_a_small_part_of_the_time():
    small, static = (expected_steps(100_000, fast) for fast in (False, True))
    assert set(static) | {"read", "text", "copies"} == {step for step in expected_keys()}
    assert static["vectors"] < 0.2 * sum(static.values()) < 0.2 * small["vectors"]


def expected_keys():
    from ctse_core.analysis import STEPS

    assert expected.SECONDS
    return [step.key for step in STEPS]
