"""Where CTSE keeps things on this machine: projects, own encoders, converted weights, known vectors, consents."""

from __future__ import annotations

import contextlib
import json
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


def evaluations_home() -> Path:
    """Return the folder for evaluations of a person's own encoders and pairs, beside the projects."""
    return projects_home().parent / "evaluations"


def encoders_home() -> Path:
    """Return the folder for a person's own encoders, beside the projects: each sub-folder is one, by its name."""
    return projects_home().parent / "encoders"


def cache_home() -> Path:
    """Return the folder for what can be made again (``$CTSE_HOME/cache`` or the user's cache folder)."""
    own = os.environ.get(HOME_VARIABLE)
    if own:
        return Path(own) / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("ctse", appauthor=False)


def agreed_hosts() -> set[str]:
    """Return the hosts that a person on this machine agreed to send masked texts to."""
    try:
        return set(json.loads(_consents().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


def agree_to(host: str) -> None:
    """Remember that a person on this machine agreed to send masked texts to ``host``."""
    place = _consents()
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.write_text(json.dumps(sorted(agreed_hosts() | {host})), encoding="utf-8")
    os.replace(beside, place)


def remembered(what: str) -> bool:
    """Return whether ``what``, a word, is remembered of the people on this machine."""
    return (projects_home().parent / "remembered" / what).is_file()


def remember(what: str, yes: bool = True) -> None:
    """Remember ``what``, a word, or forget it; where nothing can be written, it is not remembered."""
    place = projects_home().parent / "remembered" / what
    with contextlib.suppress(OSError):
        if yes:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        else:
            place.unlink(missing_ok=True)


def _consents() -> Path:
    return projects_home().parent / "consents.json"
