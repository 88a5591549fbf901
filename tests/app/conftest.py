"""Projects for the pages: the shipped example in a home of its own."""

import pytest

from ctse_core.example import open_example
from ctse_core.project import projects_home


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with nothing in it."""
    monkeypatch.setenv("CTSE_HOME", str(tmp_path))
    return projects_home()


@pytest.fixture
def example(home):
    """The example as a project."""
    return open_example(home)
