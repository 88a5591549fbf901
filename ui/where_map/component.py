"""The Python side of the map of places: what the browser is sent, and what a person did there."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ctse_core.figures.map_files import script
from ctse_core.figures.map_payload import part
from ctse_core.figures.place_map import PlaceMap
from ctse_core.figures.shapes import (
    Outlines,
    country_middle,
    country_name,
    country_widths,
    lit_countries,
    outlines,
)
from ctse_core.words import spoken, t
from ui.semantic_map.component import send_parts

_HERE = Path(__file__).parent
SCRIPTS = ("geo", "merge", "draw", "hands", "where")  # in this order they are one script; the last one exports


@dataclass(frozen=True)
class Picked:
    """What was chosen on the map: keys of marks, and whether they are all that was in view."""

    keys: tuple[str, ...] = ()
    view: bool = False


@st.cache_resource
def _component() -> Any:
    own = "\n".join((_HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return st.components.v2.component(
        "ctse_where_map",
        html=(_HERE / "where.html").read_text(encoding="utf-8"),
        css=(_HERE / "where.css").read_text(encoding="utf-8"),
        js=f"{script(('arrays',))}\n{own}",
    )


def draw_places(drawn: PlaceMap, chosen: Collection[str], view_key: str) -> Picked:
    """Draw the map and return what was picked, once; ``chosen`` keys stand out.

    ``view_key`` names the project, for a person who comes back finds the map where it was.
    """
    lon, lat = (drawn.rows[axis].to_numpy() for axis in ("lon", "lat"))
    shapes = outlines(np.column_stack([lon, lat]) if drawn.rows.height else np.zeros((0, 2)))
    parts = {
        "where_points": part(shapes.points.astype("<f4").tobytes()),
        "where_starts": part(shapes.starts.astype("<i4").tobytes()),
        "where_country": part(shapes.country.astype("<i2").tobytes()),
    }
    send_parts(parts)
    prints = {name.removeprefix("where_"): one.print for name, one in parts.items()}
    data = description(drawn, shapes) | {"prints": prints, "chosen": list(chosen), "view_key": view_key}
    pick = _component()(data=data, key="where_map", on_pick_change=lambda: None, height="content").pick
    if not pick:
        return Picked()
    return Picked(tuple(str(key) for key in pick.get("keys", ())), bool(pick.get("view")))


def description(drawn: PlaceMap, shapes: Outlines) -> dict[str, Any]:
    """Return what the browser is told of the marks, their colours and the countries around."""
    rows = drawn.rows
    ages = [drawn.ages.said(newest) for newest in rows["newest"]]
    known = {age: number for number, age in enumerate(dict.fromkeys(ages))}
    point = drawn.marks.level == "point"
    return {
        "marks": {
            "key": rows["key"].to_list(),
            "name": rows["name"].to_list(),
            "lat": rows["lat"].round(5).to_list(),
            "lon": rows["lon"].round(5).to_list(),
            "posts": rows["posts"].to_list(),
            "urgent": rows["urgent"].to_list(),
            "unread": rows["unread"].to_list(),
            "weight": [] if drawn.weight is None else drawn.weight.tolist(),
            "group": drawn.group.tolist(),
            "age": [known[age] for age in ages],
        },
        "ages": list(known),
        "groups": [dataclasses.asdict(group) for group in drawn.groups],
        "sums": drawn.weight is not None,
        "pressing": drawn.look == "need",
        "named": not point,
        "home": list(drawn.home),
        "all": list(drawn.all),
        "lit": lit_countries(rows["country"].unique().to_list(), shapes.codes),
        "countries": [] if drawn.marks.level == "country" else _countries(),
        "words": _words(point),
        "locale": spoken(),
    }


def _countries() -> list[list[Any]]:
    """Return name, longitude, latitude and width (degrees) of each country, widest first."""
    told = []
    for code, wide in sorted(country_widths().items(), key=lambda one: -one[1]):
        middle = country_middle(code)
        if middle is not None:
            told.append([country_name(code), round(middle[0], 2), round(middle[1], 2), round(wide, 2)])
    return told


def _words(point: bool) -> dict[str, str]:
    return {
        "map": t("Map of the places that posts speak of"),
        "keys": t(
            "Arrows move, plus and minus zoom, 0 goes back, N and P go through the marks, Enter filters to one. The "
            "places are in the table below."
        ),
        "tools": t("Tools of the map"),
        "nearer": t("Nearer"),
        "further": t("Further away"),
        "home": t("Where most posts are"),
        "all": t("All places"),
        "filter": t("Filter to the places in view"),
        "nothing": t("No post of these is on the map."),
        "posts": t("Posts: {count}", count="{count}"),
        "mentions": t("Posts, place by place: {count}", count="{count}"),
        "urgent": t("High or critical: {count}", count="{count}"),
        "unread": t("Not yet seen: {count}", count="{count}"),
        "pressing": t("Most pressing: {need}", need="{need}"),
        "newest": t("Newest: {age}", age="{age}"),
        "several": t("Points here: {count}", count="{count}") if point else t("Places here: {count}", count="{count}"),
        "more": t("and {count} more", count="{count}"),
        "part": t("Click to come nearer"),
        "pick": t("Click to filter to it"),
        "in_view": t("Places in view: {count}.", count="{count}"),
        "outside": t("Outside the view: {count}.", count="{count}"),
    }
