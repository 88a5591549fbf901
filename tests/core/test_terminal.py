"""The command line's bar: one line on a terminal with the time left, few lines in a log, nothing when quiet."""

import io

import pytest

from ctse_core import terminal
from ctse_core.terminal import Bar, spoken


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.6, "1 min 00 s"), (100, "1 min 40 s"), (7500, "2 h 05 min"), (-3, "0 s")]
)
def test_lengths_of_time_are_said_as_people_say_them(seconds, words):
    assert spoken(seconds) == words


def test_a_terminal_gets_one_line_with_the_time_left(monkeypatch):
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    screen = Screen()
    bar = Bar(screen)
    bar(0.25, "Embedding")
    bar(0.5, "Embedding")
    bar.close()
    assert "about 30 s left" in screen.getvalue()
    assert "about 20 s left" in screen.getvalue()
    assert screen.getvalue().count("\n") == 1


def test_a_log_gets_few_lines():
    log = io.StringIO()
    bar = Bar(log)
    for step in range(1001):
        bar(step / 1000, f"Post {step}")
    assert 10 < len(log.getvalue().splitlines()) < 25


def test_quiet_says_nothing():
    log = Screen()
    bar = Bar(log, quiet=True)
    bar(0.5, "Embedding")
    bar.close()
    assert log.getvalue() == ""
