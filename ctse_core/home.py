"""Where CTSE keeps things on this machine: projects, converted weights, known vectors."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "CTSE_HOME"


def projects_home() -> Path:
    """Return the folder that holds the app's projects (``$CTSE_HOME/projects`` or the user's data folder)."""
    own = os.environ.get(HOME_VARIABLE)
    if own:
        return Path(own) / "projects"
    from platformdirs import user_data_path

    return user_data_path("ctse", appauthor=False) / "projects"


def cache_home() -> Path:
    """Return the folder for what can be made again (``$CTSE_HOME/cache`` or the user's cache folder)."""
    own = os.environ.get(HOME_VARIABLE)
    if own:
        return Path(own) / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("ctse", appauthor=False)
