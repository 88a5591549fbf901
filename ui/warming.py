"""What the first page needs is loaded while the server starts, in a thread beside it, so that nobody waits for it."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import ui
from ctse_core.home import cache_home

_loaded = threading.Event()
_loaded.set()  # a page that runs without the server, as in tests, has nothing to wait for


@asynccontextmanager
async def warming(server: Any) -> AsyncGenerator[None, None]:
    """Begin to load when the ``server`` starts; it answers meanwhile."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_home() / "numba"))  # what a worker compiled is here, too
    _loaded.clear()
    threading.Thread(target=_load, name="warming", daemon=True).start()
    yield


def warm() -> None:
    """Come back when everything is loaded: two threads that import the same libraries only hold each other up."""
    _loaded.wait()


def _load() -> None:
    try:
        for module in pkgutil.iter_modules(ui.__path__):
            importlib.import_module(f"ui.{module.name}")
        _draw()
    finally:  # what cannot be loaded says so on the page that needs it
        gc.freeze()  # what is loaded stays: looking through it after each visit took a fifth of a second
        _loaded.set()


def _draw() -> None:
    """Draw what the overview draws of the example's posts: libraries load parts of themselves at their first use."""
    from ctse_core.example import EXAMPLE
    from ctse_core.figures import languages_figure, volume_figure
    from ctse_core.project import Project
    from ctse_core.project.topic_events import topic_events
    from ctse_core.stored import load_analysis

    topic_events(EXAMPLE)
    table = load_analysis(Project(EXAMPLE)).table
    languages_figure(table)
    volume_figure(table)
