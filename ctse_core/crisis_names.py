"""What needs, levels of urgency, states and places are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ctse_core.crisis_layer import Layer
from ctse_core.filters import NOT_JUDGED
from ctse_core.words import t

URGENCIES = (0, 1, 2, 3)
STATES = ("new", "seen", "assigned", "done")


def urgency_name(level: int | None) -> str:
    """Return what a level of urgency is called; None and -1 are not judged."""
    names = {0: t("Low"), 1: t("Medium"), 2: t("High"), 3: t("Critical")}
    return names.get(NOT_JUDGED if level is None else level, t("Not judged"))


def state_name(state: str) -> str:
    """Return what a post's state is called."""
    names = {"new": t("New"), "seen": t("Seen"), "assigned": t("Assigned"), "done": t("Done")}
    return names.get(state, state)


def need_name(layer: Layer | None, key: str) -> str:
    """Return what an information type is called, "No need told" for ""."""
    if not key:
        return t("No need told")
    return key if layer is None else layer.need_names.get(key, key)


def place_name(layer: Layer | None, key: str) -> str:
    """Return what a located place is called, "No known place" for "", its key where its name is not known."""
    if not key:
        return t("No known place")
    return key if layer is None else layer.place_names.get(key, key)


def named(layer: Layer | None) -> Mapping[str, Callable[[Any], str]]:
    """Return the function that names a value of each of the filter's fields about the crisis."""
    return {
        "needs": lambda key: need_name(layer, key),
        "urgencies": urgency_name,
        "located": lambda key: place_name(layer, key),
        "states": state_name,
        "owners": lambda owner: owner or t("Nobody"),
    }
