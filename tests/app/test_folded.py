"""What is folded up is made when it is opened; the server loads before its first visit what that needs."""

import asyncio
import sys

from ctse_core.errors import SettingError
from tests.app.test_pages import opened, unfolded
from ui import warming, widgets

FIGURES = ("time", "languages", "topics", "copies", "needs", "urgency")


def test_tables_of_figures_are_made_when_they_are_opened(example):
    app = opened("overview.py", project=example.name)
    assert not app.dataframe
    assert len([part for part in app.expander if part.label == "Show as table"]) >= len(FIGURES)
    unfolded(app, "languages_as_table")
    assert len(app.dataframe) == 1 and "English" in str(app.dataframe[0].value)


def test_every_figure_of_the_overview_can_be_read_as_a_table(example):
    app = unfolded(opened("overview.py", project=example.name), *(f"{key}_as_table" for key in FIGURES))
    assert len(app.dataframe) == len(FIGURES) and all(len(found.value) for found in app.dataframe)


def test_the_maps_can_be_read_as_tables(example):
    assert len(unfolded(opened("map.py", project=example.name), "map_as_table").dataframe) == 2
    app = unfolded(opened("when_where.py", project=example.name), "where_map_as_table", "need_matrix_as_table")
    assert len(app.dataframe) >= 2


def test_a_fault_in_what_was_opened_is_told_in_its_place(example, monkeypatch):
    def fails(*_: object) -> None:
        raise SettingError("This table cannot be had.")

    app = opened("overview.py", project=example.name)
    monkeypatch.setattr(widgets, "_figure_table", fails)
    unfolded(app, "copies_as_table")
    assert "cannot be had" in app.error[0].value


def test_the_server_answers_while_it_loads_and_a_visit_waits_for_that(monkeypatch):
    begun, done = [], []

    async def served() -> None:
        async with warming.warming(None):
            begun.append(not warming._loaded.is_set() or bool(done))
            await asyncio.to_thread(warming.warm)

    monkeypatch.setattr(warming, "_draw", lambda: done.append(True))
    monkeypatch.setattr(warming.gc, "freeze", lambda: None)
    asyncio.run(served())
    assert begun == [True] and done == [True] and "ui.overview_figures" in sys.modules


def test_what_cannot_be_loaded_keeps_no_visit_waiting(monkeypatch):
    told = []
    monkeypatch.setattr(warming.threading, "excepthook", told.append)
    monkeypatch.setattr(warming.gc, "freeze", lambda: None)

    def fails() -> None:
        raise OSError("no disk")

    monkeypatch.setattr(warming, "_draw", fails)
    asyncio.run(_entered())
    warming.warm()
    assert [str(one.exc_value) for one in told] == ["no disk"]


async def _entered() -> None:
    async with warming.warming(None):
        pass
