"""What is needed where, since when: the map of places and the table of needs against places; both set the filter."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl
import streamlit as st

from ctse_core.choices import clicked, without
from ctse_core.crisis_names import need_name
from ctse_core.figures.ages import HOURS, Ages, age_words, ages_of
from ctse_core.figures.base import Figure, bin_id, blank
from ctse_core.figures.need_place import ALL, WIDER, NeedPlace, Shown, matrix_sentence, matrix_table, need_place
from ctse_core.figures.place_map import LOOKS, PlaceMap, level_name, map_sentence, marks_table, place_map
from ctse_core.figures.place_marks import Marks, known_levels, place_marks, point_keys
from ctse_core.filters import NOWHERE, Filter
from ctse_core.types import Col
from ctse_core.words import mark, said, t
from ui import state
from ui.frame import Workspace
from ui.need_matrix import Cell, draw_matrix
from ui.need_matrix.component import UNDER
from ui.picking import picked_table
from ui.tagging import filter_to
from ui.where_map import Picked, draw_places
from ui.widgets import as_table, plain

MOST_KEYS = 40  # that the filter names one by one; more are kept as a set of posts
FROM = {"posts": mark("the newest post"), "now": mark("now")}
"""What ages are counted from."""
LIMITS = (24, *(hours for hours in HOURS if hours != 24))  # the first one stands where nobody chose


@dataclass(frozen=True)
class Looked:
    """How a person looks at places: the level of the marks, what colours tell, and how ages are counted."""

    level: str
    look: str
    ages: Ages


def choose_look(workspace: Workspace) -> Looked:
    """Draw the choices of level, colours and ages, and return them."""
    levels = _levels(workspace) or ["town"]
    dated = _dated(workspace)
    looks = {one: said(name) for one, name in LOOKS.items() if dated or one != "age"}
    hours, start = "0", "posts"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="where_choices"):
        level = _segments(t("Places"), state.LEVEL, {one: level_name(one) for one in levels})
        look = _segments(t("Colours tell"), state.SHADE, looks, _of_colours())
        if dated:
            hours = _one_of(t("Old is"), state.STALE, {str(one): _limit(one) for one in LIMITS})
            start = _one_of(t("Counted back from"), state.AGES, {one: said(name) for one, name in FROM.items()})
    if start == "now":
        return Looked(level, look, ages_of(workspace.whole.table, int(hours), now=True))
    ages = workspace.kept_of_all("ages", lambda: ages_of(workspace.whole.table, int(hours)), hours)
    return Looked(level, look, ages)


def _levels(workspace: Workspace) -> list[str]:
    return workspace.kept_of_all("levels", lambda: known_levels(workspace.whole.table, _places(workspace)))


def _dated(workspace: Workspace) -> bool:
    times = workspace.whole.table[Col.TIME]
    return times.null_count() < len(times)


def _limit(hours: int) -> str:
    return t("older than {limit}", limit=age_words(timedelta(hours=hours))) if hours else t("nothing")


def _of_colours() -> str:
    return t(
        "Most pressing need: the one whose posts weigh most at a place; each level of urgency weighs twice as much as "
        "the one below. Urgency: how many of the posts are of high or critical urgency. Age: how old the newest is."
    )


def _segments(label: str, name: str, options: dict[str, str], help_: str | None = None) -> str:
    before = state.one_of(name, options)
    state.follow(f"where_{name}", before)
    chosen = st.segmented_control(
        label, list(options), format_func=options.__getitem__, required=True, key=f"where_{name}", help=help_
    )
    return _kept(name, before, chosen)


def _one_of(label: str, name: str, options: dict[str, str]) -> str:
    before = state.one_of(name, options)
    state.follow(f"where_{name}", before)
    chosen = st.selectbox(label, list(options), format_func=options.__getitem__, key=f"where_{name}", width=160)
    return _kept(name, before, chosen)


def _kept(name: str, before: str, chosen: str | None) -> str:
    if chosen and chosen != before:
        state.choose(**{name: chosen})
        state.taken(f"where_{name}", chosen)
    return chosen or before


def _places(workspace: Workspace) -> pl.DataFrame:
    layer = workspace.whole.crisis
    return layer.places if layer is not None else pl.DataFrame(schema=dict.fromkeys(_COLUMNS, pl.Utf8))


_COLUMNS = ("key", "name", "kind", "country", "region", "lat", "lon")


def _asking(workspace: Workspace) -> frozenset[str]:
    layer = workspace.whole.crisis
    return layer.asking if layer else frozenset()


def _need_names(workspace: Workspace) -> dict[str, str]:
    table, layer = workspace.whole.table, workspace.whole.crisis
    if Col.NEEDS not in table.columns:
        return {}

    def named() -> dict[str, str]:
        used = table.select(pl.col(Col.NEEDS).list.explode().drop_nulls().unique()).to_series().to_list()
        return {key: need_name(layer, key) for key in used}

    return workspace.kept_of_all("needs of all posts", named)


def place_view(workspace: Workspace, looked: Looked) -> None:
    """Draw the map of places; a click on a mark filters to it, marks that lie on each other come apart first."""
    if not _levels(workspace):
        st.info(
            t(
                "No place is known in these posts: the file has no coordinates, and no name of a town, region or "
                "country was found in the texts. The table below counts them under “No known place”."
            ),
            icon=":material/location_off:",
        )
        return
    needs = _need_names(workspace)

    def gathered() -> Marks:
        return place_marks(workspace.beside("located"), _places(workspace), looked.level, _asking(workspace))

    marks = workspace.kept("marks of places", gathered, looked.level)
    drawn = place_map(marks, looked.look, looked.ages, needs)
    st.markdown(f"**{t('Where')}**")
    with st.container(gap=None):
        picked = draw_places(drawn, workspace.among.located, workspace.project.name if workspace.project else "")
    ages = looked.ages.told() if looked.look == "age" else ""
    st.caption(plain(" ".join(filter(None, (map_sentence(drawn), ages, _of_borders())))))
    if marks.nowhere and looked.level != "point":
        label = t("Filter to the {count:,} posts without a known place", count=marks.nowhere)
        st.button(
            label, icon=":material/location_off:", type="tertiary", key="where_nowhere",
            on_click=state.choose_filter, args=(dataclasses.replace(workspace.among, located=(NOWHERE,)),),
        )  # fmt: skip
    as_table(lambda: _places_table(workspace, drawn, needs), "where_map")
    if picked.keys:
        _pick_places(workspace, workspace.beside("located"), marks, picked)


def _of_borders() -> str:
    return t("Outlines: Natural Earth; they take no side on borders. Circles are as large as posts are many.")


def _places_table(workspace: Workspace, drawn: PlaceMap, needs: dict[str, str]) -> None:
    told = (drawn.marks.level, drawn.look, drawn.ages)
    shown = workspace.kept("table of places", lambda: marks_table(drawn, needs), *told)
    if drawn.marks.level == "point":
        st.dataframe(shown, hide_index=True, key="where_map_table")
        return
    bins = tuple(bin_id([key]) for key in drawn.marks.rows["key"])
    picked_table(Figure(blank(140), shown, "", field="located", bins=bins), shown, "where_map_table")


def _pick_places(workspace: Workspace, table: pl.DataFrame, marks: Marks, picked: Picked) -> None:
    """Filter to the places that were picked; points of a file and many places at once are kept as a set of posts."""
    now = workspace.among
    if marks.level != "point" and len(picked.keys) <= MOST_KEYS and not picked.view:
        state.choose_filter(clicked(now, "located", [bin_id(list(picked.keys))]))
        st.rerun()
    if marks.level != "point" and len(picked.keys) <= MOST_KEYS:
        state.choose_filter(dataclasses.replace(now, located=picked.keys))
        st.rerun()
    here = point_keys(table) if marks.level == "point" else table[Col.WITHIN]
    wanted = list(picked.keys)
    inside = here.is_in(wanted) if marks.level == "point" else here.list.eval(pl.element().is_in(wanted)).list.any()
    positions = table.filter(inside.fill_null(False))["position"].to_list()
    if positions and workspace.project is not None:
        label = t("At {count:,} places on the map", count=len(picked.keys))
        filter_to(workspace.project, positions, label, "map of places")
        st.rerun()


def need_view(workspace: Workspace, looked: Looked) -> None:
    """Draw needs against places with how fresh each is; a click on a cell filters to its posts."""
    level = looked.level if looked.level != "point" else "town"
    needs = _need_names(workspace)

    def counted() -> NeedPlace:
        table, shown = workspace.beside("needs", "located"), Shown(first=_asking(workspace))
        return need_place(table, _places(workspace), level, needs, shown)

    cells = workspace.kept("needs and places", counted, level, large=True)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{t('What is needed where')}**")
        names = {one: said(name) for one, name in UNDER.items() if one == "unread" or _dated(workspace)}
        first = next(iter(names))
        under = first if len(names) == 1 else st.segmented_control(
            t("Under each number"), list(names), format_func=names.__getitem__, required=True, default=first,
            key="where_under", persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
    picked = draw_matrix(cells, looked.ages, str(under or first), chosen_cells(cells, workspace.among))
    st.caption(plain(f"{matrix_sentence(cells)} {looked.ages.told()} {_of_urgency()}"))
    as_table(lambda: st.dataframe(matrix_table(cells), hide_index=True, key="need_matrix_table"), "need_matrix")
    if picked is not None:
        _pick_cell(workspace, workspace.beside("needs", "located"), cells, picked)


def _of_urgency() -> str:
    return t("▲ counts posts of high or critical urgency.")


def chosen_cells(cells: NeedPlace, now: Filter) -> list[tuple[int, int]]:
    """Return the cells that the filter stands for, none where it names neither needs nor places."""
    if not now.needs and not now.located:
        return []
    rows = _chosen_lines([line.keys for line in cells.rows], now.needs)
    columns = _chosen_lines([line.keys for line in cells.columns], now.located)
    return [(row, column) for row in rows for column in columns]


def _chosen_lines(keys: Sequence[tuple[str, ...]], chosen: tuple[str, ...]) -> list[int]:
    if not chosen:
        return [0]
    return [number for number, held in enumerate(keys) if held and set(held) <= set(chosen)]


def _pick_cell(workspace: Workspace, table: pl.DataFrame, cells: NeedPlace, picked: Cell) -> None:
    row, column = cells.rows[picked.row], cells.columns[picked.column]
    now = workspace.among
    lifted = without(without(now, "needs"), "located")
    if (picked.row, picked.column) in chosen_cells(cells, now):
        state.choose_filter(lifted)
    elif WIDER in (row.kind, column.kind):
        positions = table[cells.cell(picked.row, picked.column).tolist()]["position"].to_list()
        if workspace.project is not None:
            state.choose_filter(lifted)
            filter_to(workspace.project, positions, f"{row.name}, {column.name}", "needs and places")
    else:
        wanted = dataclasses.replace(
            lifted,
            needs=() if row.kind == ALL else row.keys,
            located=() if column.kind == ALL else column.keys,
        )
        state.choose_filter(wanted)
    st.rerun()
