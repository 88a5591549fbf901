"""The scripts, the frame and the style of the map of meaning, which the app and the file to pass on share."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from ctse_core.errors import ProjectError

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "semantic_map"
# In this order they are one script; only the last one exports.
MAP_SCRIPTS = (
    *("arrays", "view", "grid", "looks", "density", "webgl", "canvas"),
    *("labels", "reader", "tools", "hands", "keys", "map"),
)
PARTS_SCRIPTS = ("arrays", "parts")


def script(names: Sequence[str]) -> str:
    """Return several scripts of the map, by their names, as one.

    Raises:
        ProjectError: a file is not where the installation should have it.
    """
    return "\n".join(map_file(f"{name}.js") for name in names)


@functools.cache
def map_file(name: str) -> str:
    """Return the text of one of the map's files.

    Raises:
        ProjectError: it is not where the installation should have it.
    """
    try:
        return (FOLDER / name).read_text(encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"The map's file “{name}” is missing from “{FOLDER}”; install CTSE again.") from error
