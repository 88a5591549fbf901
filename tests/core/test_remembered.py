"""What costs much is made once: kept in memory, and in the project where it took long."""

import polars as pl

from ctse_core import remembered
from ctse_core.project import Project
from ctse_core.remembered import laid


def _tables(calls, value=1):
    def make():
        calls.append(value)
        return {"posts": pl.DataFrame({"needs": [["water"], []], "level": [value, None]})}

    return make


def _anew(monkeypatch):
    """Forget what this process remembers, as a server that starts anew does."""
    monkeypatch.setattr(remembered, "_kept", {})


def test_what_took_long_is_found_in_the_project_by_the_next_process(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "QUICK", 0.0)
    project, calls = Project(tmp_path), []
    first = laid("needs", project, ("run", 2), _tables(calls))
    _anew(monkeypatch)
    again = laid("needs", project, ("run", 2), _tables(calls))
    assert calls == [1]
    assert again["posts"].equals(first["posts"]) and again["posts"].schema == first["posts"].schema


def test_what_depends_on_something_else_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "QUICK", 0.0)
    project, calls = Project(tmp_path), []
    laid("needs", project, ("run", 2), _tables(calls))
    found = laid("needs", project, ("another run", 2), _tables(calls, 5))
    assert calls == [1, 5] and found["posts"]["level"][0] == 5


def test_what_is_made_quickly_takes_no_place_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "QUICK", 60.0)
    project, calls = Project(tmp_path), []
    laid("needs", project, ("run", 2), _tables(calls))
    laid("needs", project, ("run", 2), _tables(calls))
    assert calls == [1] and not project.products.exists()


def test_a_damaged_table_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "QUICK", 0.0)
    project, calls = Project(tmp_path), []
    laid("needs", project, ("run", 2), _tables(calls))
    (project.products / "laid-needs" / "posts.arrow").write_bytes(b"not a table")
    _anew(monkeypatch)
    assert laid("needs", project, ("run", 2), _tables(calls))["posts"].height == 2
    assert calls == [1, 1]
