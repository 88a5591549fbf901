"""The browser's side of the map: arrays and texts on their way to it, and the map itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st
from numpy.typing import NDArray

from ctse_core.areas import Area, area_of
from ctse_core.figures import language_name
from ctse_core.figures.base import shorten
from ctse_core.figures.map_files import MAP_SCRIPTS, PARTS_SCRIPTS, map_file, script
from ctse_core.figures.map_payload import Part
from ctse_core.types import Col
from ctse_core.words import minute, speak, t

MOST_READ = 40  # texts sent at once
LETTERS = 900  # of each


@dataclass(frozen=True)
class Done:
    """What a person did on the map: drew an outline, chose a topic, asked for posts like a point, let the area go."""

    area: Area = ()
    topic: int | None = None
    like: int | None = None
    release: bool = False


@st.cache_resource
def _map_component() -> Any:
    return st.components.v2.component(
        "ctse_semantic_map",
        html=map_file("map.html"),
        css=map_file("map.css"),
        js=script(MAP_SCRIPTS),
    )


@st.cache_resource
def _silent_component() -> Any:
    """Return a component with nothing to see: it takes arrays and texts to the map."""
    return st.components.v2.component("ctse_semantic_map_parts", html="<span></span>", js=script(PARTS_SCRIPTS))


def send_parts(parts: dict[str, Part]) -> None:
    """Send arrays to the browser; Streamlit only names those that it sent before."""
    for name, one in parts.items():
        _silent_component()(data=one.message, key=f"map_part_{name}", height="content")


def draw(description: dict[str, Any]) -> Done:
    """Draw the map and return what a person did on it."""
    result = _map_component()(
        data=description,
        key="map_of_meaning",
        on_area_change=lambda: None,
        on_topic_change=lambda: None,
        on_like_change=lambda: None,
        on_release_change=lambda: None,
        height="content",
    )
    corners = (result.area or {}).get("corners", [])
    area = area_of([corner for corner in corners if len(corner) == 2])
    return Done(area, result.topic, result.like, bool(result.release))


@st.fragment
def read_texts(table: pl.DataFrame, positions: NDArray, mark: str, lang: str) -> None:
    """Answer what the map asks for: the posts at some points; only this runs again, not the page.

    ``positions`` (m,) are the points' rows in ``table``, ``mark`` is the fingerprint of their places, ``lang`` the
    language of the interface, which the page has told to itself alone.
    """
    speak(lang)
    asked = (st.session_state.get("map_reader") or {}).get("ask") or {}
    points = [point for point in asked.get("points", [])[:MOST_READ] if 0 <= point < len(positions)]
    texts = {}
    if asked.get("print") == mark and points:
        rows = table[positions[points]]
        texts = dict(zip(map(str, points), map(told, rows.iter_rows(named=True)), strict=True))
    data = {"kind": "reader", "print": mark, "texts": texts}
    _silent_component()(data=data, key="map_reader", on_ask_change=lambda: None, height="content")


def told(post: dict[str, Any]) -> dict[str, Any]:
    """Return what is read at a point: the post's text and the facts about it."""
    copies = int(post.get(Col.COPIES) or 1)
    facts = [
        minute(post[Col.TIME]) if post[Col.TIME] else t("undated"),
        language_name(post[Col.LANG]),
        post.get(Col.PLACE) or "",
        post.get(Col.AUTHOR) or "",
        t("{count:,} copies", count=copies) if copies > 1 else "",
    ]
    return {
        "text": shorten(post[Col.TEXT], LETTERS),
        "code": post[Col.LANG] if post[Col.LANG] != "und" else "",
        "facts": [fact for fact in facts if fact],
    }
