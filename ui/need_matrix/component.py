"""The Python side of the table of needs against places."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from ctse_core.figures.ages import Ages
from ctse_core.figures.need_place import NeedPlace
from ctse_core.words import MONTHS, mark, minute, number, said, spoken, t

_HERE = Path(__file__).parent
UNDER = {"newest": mark("Newest"), "since": mark("Since when"), "unread": mark("Not yet seen")}
"""What stands in a cell under its number of posts."""


@dataclass(frozen=True)
class Cell:
    """A cell that was clicked, by its row and column; 0 is the line for all."""

    row: int
    column: int


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "ctse_need_matrix",
        html='<div class="holder"></div>',
        css=(_HERE / "matrix.css").read_text(encoding="utf-8"),
        js=(_HERE / "matrix.js").read_text(encoding="utf-8"),
    )


def draw_matrix(cells: NeedPlace, ages: Ages, under: str, chosen: Collection[tuple[int, int]]) -> Cell | None:
    """Draw the table, ``chosen`` cells marked, and return the one that was clicked; ``under`` is one of UNDER."""
    data = description(cells, ages, under) | {"chosen": [list(cell) for cell in chosen]}
    pick = _component()(data=data, key="need_matrix", on_pick_change=lambda: None, height="content").pick
    if not pick:
        return None
    row, column = int(pick["row"]), int(pick["column"])
    inside = 0 <= row < len(cells.rows) and 0 <= column < len(cells.columns)
    return Cell(row, column) if inside else None


def description(cells: NeedPlace, ages: Ages, under: str) -> dict[str, Any]:
    """Return what the browser is told: names, and for each cell its posts, what stands under them, and all in words."""
    words = _words()
    most = int(cells.posts[1:, 1:].max()) if cells.posts[1:, 1:].size else 0
    return {
        "rows": [{"name": line.name, "kind": line.kind} for line in cells.rows],
        "columns": [{"name": line.name, "kind": line.kind} for line in cells.columns],
        "cells": [
            [_cell(cells, ages, under, (row, column), words) for column in range(len(cells.columns))]
            for row in range(len(cells.rows))
        ],
        "most": max(1, most),
        "locale": spoken(),
        "labels": {
            "caption": t("Needs in rows, places in columns"),
            "corner": t("Need"),
            "filter": t("Click to filter to these posts."),
            "keys": t("Arrow keys go from cell to cell, Enter filters to one."),
        },
    }


def _cell(cells: NeedPlace, ages: Ages, under: str, at: tuple[int, int], words: dict[str, str]) -> dict[str, Any]:
    posts = int(cells.posts[at])
    if not posts:
        return {"posts": 0}
    newest, oldest = cells.time(cells.newest, *at), cells.time(cells.oldest, *at)
    urgent, unread = int(cells.urgent[at]), int(cells.unread[at])
    stale = ages.stale(newest)
    # Hundreds of cells: their words are looked up once, and only filled here.
    told = [
        f"{cells.rows[at[0]].name}, {cells.columns[at[1]].name}",
        words["posts"].replace("{count}", number(posts)),
        words["urgent"].replace("{count}", number(urgent)) if urgent else "",
        words["first"].replace("{at}", minute(oldest)) if oldest else words["undated"],
        words["newest"].replace("{at}", minute(newest)) if newest else "",
        words["unread"].replace("{count}", number(unread)),
        words["stale"] if stale else "",
    ]
    return {
        "posts": posts,
        "urgent": urgent,
        "under": _under(ages, under, (newest, oldest), unread, words),
        "stale": stale,
        "told": ". ".join(line for line in told if line),
    }


def _under(
    ages: Ages, under: str, times: tuple[datetime | None, datetime | None], unread: int, words: dict[str, str]
) -> str:
    """Return what stands under a number; ``times``: of the newest and the oldest post."""
    if under == "newest":
        return ages.said(times[0])
    if under == "since":
        return _short(times[1])
    return words["unseen"].replace("{count}", number(unread)) if unread else words["seen"]


def _words() -> dict[str, str]:
    return {
        "posts": t("Posts: {count}", count="{count}"),
        "urgent": t("High or critical: {count}", count="{count}"),
        "first": t("First: {at}", at="{at}"),
        "newest": t("Newest: {at}", at="{at}"),
        "undated": t("No time known"),
        "unread": t("Not yet seen: {count}", count="{count}"),
        "unseen": t("{count} unseen", count="{count}"),
        "seen": t("all seen"),
        "stale": t("Nothing new for longer than the limit"),
    }


def _short(moment: datetime | None) -> str:
    """Return a time so short that it fits into a cell: "12 Jan 22:05"; what the cell says in words has the year."""
    if moment is None:
        return t("no time")
    month = said(MONTHS[moment.month - 1])
    return f"{moment.day} {month} {moment:%H:%M}"
