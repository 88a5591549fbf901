"""A click on a figure's bar, or on a row of its table, sets the one filter."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.choices import TIME, clicked
from ctse_core.figures import Figure
from ctse_core.words import t
from ui import state


def picked_chart(figure: Figure, key: str, config: dict[str, Any]) -> None:
    """Draw a figure whose bars are clicked, or drawn over where it says so; the page runs anew with the filter."""
    # Where bars are drawn over, plotly gives no clicks.
    drawn_over = figure.field == TIME and figure.plot.layout.dragmode == "select"
    st.plotly_chart(
        figure.plot,
        key=key,
        on_select=lambda: _of_chart(key, figure.field),
        selection_mode="box" if drawn_over else "points",
        config=config,
        alt=figure.summary,
        theme=None,
    )


def _of_chart(key: str, field: str) -> None:
    event = st.session_state.get(key) or {}
    ids = [str(point["id"]) for point in event.get("selection", {}).get("points", ()) if point.get("id")]
    _choose(field, list(dict.fromkeys(ids)))


def picked_table(figure: Figure, shown: pl.DataFrame, key: str) -> None:
    """Draw a figure's table as ``shown``; a marked row is chosen as its bar would be, also by keyboard."""
    # Another filter is another table: what was marked before is marked no longer.
    own = f"{key}_{filter_mark()}"
    st.caption(t("Mark a row to filter by it; mark it again to take the filter off."))
    st.dataframe(
        shown,
        hide_index=True,
        key=own,
        on_select=lambda: _of_table(own, figure.field, figure.bins),
        selection_mode="single-row",
    )


def _of_table(key: str, field: str, bins: tuple[str, ...]) -> None:
    event = st.session_state.get(key) or {}
    rows = event.get("selection", {}).get("rows", ())
    _choose(field, [bins[row] for row in rows if row < len(bins) and bins[row]])


def _choose(field: str, ids: list[str]) -> None:
    if ids:
        state.choose_filter(clicked(state.chosen_filter(), field, ids))


def filter_mark() -> str:
    """Return a short text that is another one for another filter, to tell widgets apart by."""
    return hashlib.blake2b(repr(state.chosen_filter()).encode(), digest_size=4).hexdigest()
