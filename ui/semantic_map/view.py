"""The map on its page: colours to choose, the map, its table, the posts that pass listed below."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import polars as pl
import streamlit as st
from numpy.typing import NDArray

from ctse_core.figures import semantic_map
from ctse_core.figures.map_crisis import need_coloured, urgency_coloured
from ctse_core.figures.map_payload import Ground, Scene, described, ground_of, scene_parts, topics_on_map
from ctse_core.figures.map_points import Group, coloured
from ctse_core.filters import Filter
from ctse_core.project.database import revision
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import spoken, t
from ui import resources, state
from ui.frame import Workspace
from ui.post_list import Chosen
from ui.search_tray import follow_post
from ui.semantic_map.component import Done, draw, read_texts, send_parts
from ui.tagging import filter_button, posts_with_tags
from ui.widgets import as_table, show_figure


def colourings(table: pl.DataFrame, topics: pl.DataFrame) -> dict[str, str]:
    """Return what the map can be coloured by: those that the posts tell anything about."""
    known = {"topic": t("Topic")}
    if TopicCol.PARENT in topics.columns and topics[TopicCol.PARENT].drop_nulls().n_unique() > 1:
        known["parent"] = t("Group of topics")
    known |= {"lang": t("Language"), "time": t("Time")}
    for name, label in ((Col.LABEL, t("Label")), (Col.PLACE, t("Place"))):
        if name in table.columns and table[name].null_count() < table.height:
            known[name] = label
    if Col.TAGS in table.columns and table[Col.TAGS].list.len().sum():
        known[Col.TAGS] = t("Tag")
    if Col.NEEDS in table.columns and table[Col.NEEDS].list.len().sum():
        known[Col.NEEDS] = t("Need")
    if Col.URGENCY in table.columns and table[Col.URGENCY].null_count() < table.height:
        known[Col.URGENCY] = t("Urgency")
    return known


def choose_colouring(workspace: Workspace) -> str:
    """Let a person choose what the colours tell, and return it."""
    known = colourings(workspace.whole.table, workspace.whole.topics)
    before = state.one_of(state.COLOUR, known)
    state.follow("map_colour", before)
    chosen = st.segmented_control(
        t("Colour by"), list(known), format_func=known.__getitem__, required=True, key="map_colour"
    )
    if chosen and chosen != before:
        state.choose(colour=chosen)
        state.taken("map_colour", chosen)
    return str(chosen or before)


def wants_simple_map() -> bool:
    """Let a person choose the plain chart of a sample in place of the map, and return whether they did."""
    return st.toggle(
        t("Simple map"),
        key="map_simple",
        persist_state="session",
        help=t("A plain chart of at most 50,000 posts, for browsers that do not draw the map well."),
    )


def show_map(workspace: Workspace, colouring: str) -> None:
    """Draw the map of all posts, those that do not pass the filter faint; what is done on it sets the filter."""
    whole, now = workspace.whole, state.chosen_filter()
    mark = _mark(workspace)
    ground = _ground(mark, whole.table, whole.topics)
    first = tuple(topic for topic in now.topics if topic != UNSORTED) if colouring == "topic" else ()
    names = whole.crisis.need_names if whole.crisis else {}
    groups, looks = _coloured((*mark, colouring, first, spoken()), whole.table, whole.topics, names)
    mask = _passing(workspace, now)
    # A new outline replaces the one before and may lie outside it.
    free = _passing(workspace, dataclasses.replace(now, area=())) if now.area else mask
    scene = Scene(mask, free, groups, looks, colouring, now.area)
    parts = scene_parts(ground, scene)
    description = described(ground, scene, whole.topics, parts)
    with st.container(gap=None):
        send_parts(parts)
        read_texts(whole.table, ground.points.positions, ground.places.print, spoken())
        done = draw(description)
    _tell(ground, mask, whole.table.height)
    as_table(lambda: _table(ground, scene, whole.topics), "map")
    _follow(done, ground)


def _mark(workspace: Workspace) -> tuple[Any, ...]:
    """Return what the caches are keyed by: the run, the edits made after it, the language of the topics' names."""
    project, manifest = workspace.project, workspace.whole.manifest
    folder = project.folder if project is not None else None
    run = (str(folder), manifest.get("fingerprint"), manifest.get("made"), revision(folder) if folder else 0)
    return (*run, state.language_of_names())


@st.cache_resource(max_entries=3, show_spinner=False)
def _ground(mark: tuple[Any, ...], _table: pl.DataFrame, _topics: pl.DataFrame) -> Ground:
    return ground_of(_table, _topics)


@st.cache_resource(max_entries=6, show_spinner=False)
def _coloured(
    mark: tuple[Any, ...], _table: pl.DataFrame, _topics: pl.DataFrame, _names: dict[str, str]
) -> tuple[list[Group], NDArray[np.uint8]]:
    if mark[-3] == Col.URGENCY:
        return urgency_coloured(_table)
    if mark[-3] == Col.NEEDS:
        return need_coloured(_table, _topics, _names)
    return coloured(mark[-3], _table, _topics, mark[-2])


def _passing(workspace: Workspace, among: Filter) -> NDArray[np.bool_]:
    if workspace.project is None or not among:
        return np.ones(workspace.whole.table.height, dtype=bool)
    return resources.passing(workspace.project, among)


def _tell(ground: Ground, mask: NDArray[np.bool_], posts: int) -> None:
    points = len(ground.points.positions)
    sentence = t("{count:,} points, each an original post; near ones mean alike.", count=points)
    unplaced = int((ground.points.point_of[mask] < 0).sum())
    if unplaced:
        sentence += " " + t("{count:,} posts have no place on the map.", count=unplaced)
    st.caption(sentence)


def _table(ground: Ground, scene: Scene, topics: pl.DataFrame) -> None:
    """Draw what the map shows as tables: topics with their counts and places, colours with their counts."""
    from ctse_core.figures.map_points import passing_posts

    rows = topics_on_map(ground, passing_posts(ground.points, scene.mask), topics)
    x0, x1, y0, y1 = ground.points.bounds
    shown = rows.sort("posts", "row", descending=[True, False]).select(
        pl.col("name").alias(t("Topic")),
        pl.col("posts").alias(t("Posts")),
        pl.col("points").alias(t("Points")),
        (x0 + pl.col("x") * (x1 - x0)).round(2).alias("x"),
        (y0 + pl.col("y") * (y1 - y0)).round(2).alias("y"),
    )
    counts = np.bincount(scene.looks[scene.mask], minlength=16)
    colours = pl.DataFrame(
        [(group.name, int(counts[group.index])) for group in scene.groups],
        schema={t("Colour"): pl.Utf8, t("Posts"): pl.Int64},
        orient="row",
    )
    left, right = st.columns([3, 2])
    left.dataframe(shown, hide_index=True, key="map_topics_table")
    right.dataframe(colours, hide_index=True, key="map_colours_table")


def _follow(done: Done, ground: Ground) -> None:
    """Do what a person asked for on the map."""
    now = state.chosen_filter()
    if done.like is not None and 0 <= done.like < len(ground.points.positions):
        follow_post(Chosen(like=int(ground.points.positions[done.like])))
    wanted = now
    if done.area:
        wanted = dataclasses.replace(now, area=done.area)
    elif done.topic is not None:
        wanted = dataclasses.replace(now, topics=(int(done.topic),))
    elif done.release:
        wanted = dataclasses.replace(now, area=())
    if wanted != now:
        state.choose_filter(wanted)
        st.rerun()


def show_simple_map(workspace: Workspace, colouring: str) -> list[int]:
    """Draw the plain chart and return the positions of the posts selected on it."""
    known = {"topic": "topic", "lang": "lang", "time": "time"}
    figure = semantic_map(workspace.table, workspace.whole.topics, colour=known.get(colouring, "topic"))  # type: ignore[arg-type]
    return state.selection(show_figure(figure, f"map_{state.map_round()}", selectable=True))


def show_posts_below(workspace: Workspace, selected: list[int]) -> None:
    """List the posts selected on the plain chart, else those that pass the filter, a page at a time."""
    posts = workspace.table
    if selected:
        posts = posts.filter(pl.col("position").is_in(selected))
    elif not workspace.among:
        st.caption(t("Draw around posts, choose a topic or set a filter: the posts are then listed here."))
        return
    st.subheader(t("{count:,} posts selected", count=posts.height), anchor=False)
    if selected:
        filter_button(workspace, posts["position"], t("Selected on the map"), "map", "selection")
        if st.button(t("Clear the selection"), icon=":material/close:"):
            state.clear_selection()
            st.rerun()
    chosen = posts_with_tags(workspace, posts, "selection")
    follow_post(chosen)
