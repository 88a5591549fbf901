"""Work that is killed again and again, at every kind of moment, goes on from what was finished and ends the same."""

import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core import append as appending
from ctse_core.analysis import AnalysisSettings, analyse
from ctse_core.append import append
from ctse_core.project import Project
from ctse_core.stored import load_analysis
from ctse_core.types import Col
from tests.fakes import WordEncoder

NAMED = AnalysisSettings(encoder="word-encoder")


class Killed(BaseException):
    """What stands for a kill: nothing that tidies up runs after it."""


@pytest.fixture
def lives(monkeypatch):
    """A function that gives the process so many more things put into place until it is killed; None: no kill."""
    left = []
    rmtree, rename, replace = shutil.rmtree, Path.rename, os.replace

    def put(move):
        def counted(*given):
            if left and left[0] <= 0:
                raise Killed
            left[:] = [left[0] - 1] if left else []
            return move(*given)

        return counted

    monkeypatch.setattr(os, "replace", put(replace))
    monkeypatch.setattr(Path, "rename", put(rename))
    # What a dead process would have removed stays where it is.
    monkeypatch.setattr(shutil, "rmtree", lambda *by, **how: None if left and left[0] <= 0 else rmtree(*by, **how))

    def give(number):
        left[:] = [] if number is None else [number]

    return give


@pytest.fixture
def encoder(monkeypatch, tmp_path):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    fake = WordEncoder()
    for room in (order, appending):
        monkeypatch.setattr(room, "load_encoder", lambda *_, **__: fake)
    return fake


def posts_file(path, events, count):
    rows = [f"the {event} took house {number} near the river" for number in range(count) for event in events]
    pl.DataFrame({"id": [f"{path.stem}{number}" for number in range(len(rows))], "text": rows}).write_csv(path)
    return path


def lived(lives, work):
    """Do ``work`` in lives of one to five things put into place each; return how many kills it took."""
    for kills in range(200):
        lives(1 + kills % 5)
        try:
            work()
        except Killed:
            continue
        finally:
            lives(None)
        return kills
    raise AssertionError("it never came to an end")


def told(project):
    analysis = load_analysis(project)
    return analysis.table.drop(Col.TAGS), analysis.topics, analysis.manifest["counts"]


def test_an_analysis_and_an_append_killed_at_every_turn_end_as_if_nothing_had_happened(encoder, lives, tmp_path):
    first, newer = (posts_file(tmp_path / f"{name}.csv", events, 12) for name, events in (
        ("first", ("flood", "fire", "quake")), ("newer", ("flood", "storm"))))  # fmt: skip
    whole, killed = Project(tmp_path / "whole"), Project(tmp_path / "killed")
    analyse(first, whole, NAMED)
    assert lived(lives, lambda: analyse(first, killed, NAMED)) > 8
    for one, other in zip(told(killed), told(whole), strict=True):
        assert one.equals(other) if isinstance(one, pl.DataFrame) else one == other
    append(newer, whole)
    lives(2)  # the project before the append stands until the append is whole
    with pytest.raises(Killed):
        append(newer, killed)
    lives(None)
    assert told(killed)[2]["posts"] == 36
    lived(lives, lambda: append(newer, killed))
    for one, other in zip(told(killed), told(whole), strict=True):
        assert one.equals(other) if isinstance(one, pl.DataFrame) else one == other
    left = [path.name for path in (killed.products, killed.folder) for path in path.iterdir() if ".old" in path.name]
    with killed.locked():  # the next writer removes what dead ones left
        beside = [path.name for path in killed.products.iterdir() if path.name.startswith(".")]
    assert not beside, (left, beside)
