"""What an analysis has found so far: how many posts, when and in which languages, as soon as the file is read."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.figures import languages_figure, volume_figure
from ctse_core.project import Project
from ctse_core.words import t
from ui.widgets import show_figure

_SHOWN = "_so_far_of"


def so_far(project: Project) -> None:
    """Draw when the posts were written and their languages, while the rest is at work."""
    place = _read(project)
    if place is None:
        st.session_state.pop(_SHOWN, None)
        return
    table = _table(str(place), place.stat().st_mtime)
    st.session_state[_SHOWN] = str(place)
    st.subheader(t("Found so far"), anchor=False)
    left, right = st.columns(2)
    with left:
        show_figure(volume_figure(table), "volume_so_far")
    with right:
        show_figure(languages_figure(table), "languages_so_far")


def more_to_show(project: Project) -> bool:
    """Return whether the file has been read since the page was drawn."""
    place = _read(project)
    return place is not None and st.session_state.get(_SHOWN) != str(place)


def _read(project: Project) -> Path | None:
    """Return where the cleaned posts lie, once they do; a project that has its analysis shows that instead."""
    place = project.products / "text" / "table.parquet"
    return place if project.manifest() is None and place.is_file() else None


@st.cache_data(max_entries=4, show_spinner=False)
def _table(path: str, changed: float) -> pl.DataFrame:
    return pl.read_parquet(Path(path))
