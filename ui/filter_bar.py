"""The shared filter's controls in the sidebar: every field that can be set without a figure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis_names import STATES, named
from ctse_core.figures import language_name
from ctse_core.filters import NOT_JUDGED, Filter, place_named
from ctse_core.project import Project
from ctse_core.types import Col
from ctse_core.words import t
from ui import resources, state
from ui.chips import filter_chips, topic_names
from ui.widgets import language_options

__all__ = ["filter_bar", "filter_chips"]

MOST_OPTIONS = 300  # places to choose from; rarer ones are chosen in the figure's table


@dataclass(frozen=True)
class Options:
    """What each field of the filter can be set to in these posts, most frequent first.

    ``undated`` counts the posts without a time, ``first`` and ``last`` are the days of the others.
    """

    languages: list[str]
    places: list[str]
    tags: list[str]
    needs: list[str]
    urgencies: list[int]
    located: list[str]
    states: tuple[str, ...]
    owners: list[str]
    undated: int
    first: date | None
    last: date | None


def options_of(table: pl.DataFrame) -> Options:
    """Return what the filter can be set to for the posts of a table (n rows)."""
    levels = sorted(table[Col.URGENCY].unique().fill_null(NOT_JUDGED), reverse=True) if _has(table, Col.URGENCY) else []
    earliest, latest = table[Col.TIME].min(), table[Col.TIME].max()
    return Options(
        languages=language_options(table),
        places=_places(table),
        tags=_tags(table),
        needs=_listed(table, Col.NEEDS),
        urgencies=levels,
        located=_listed(table, Col.WITHIN),
        states=STATES if _has(table, Col.STATE) else (),
        owners=_owners(table),
        undated=table[Col.TIME].null_count(),
        first=earliest.date() if isinstance(earliest, datetime) else None,
        last=latest.date() if isinstance(latest, datetime) else None,
    )


def filter_bar(project: Project, analysis: Analysis) -> None:
    """Draw the filter's controls; a change reruns the page with the new filter."""
    now = state.chosen_filter()
    names = topic_names(analysis)
    known = resources.kept(project, "options of the filter", lambda: options_of(analysis.table))
    with st.expander(t("Filter"), expanded=bool(now), icon=":material/filter_alt:"):
        wanted = dataclasses.replace(
            now,
            languages=_any_of(t("Languages"), "languages", known.languages, language_name),
            topics=_any_of(t("Topics"), "topics", list(names), lambda topic: names.get(topic, str(topic))),
            places=_any_of(t("Places"), "places", known.places, lambda place: place or t("Unplaced")),
            tags=_any_of(t("Tags"), "tags", known.tags, lambda tag: tag or t("Untagged")),
        )
        wanted = _crisis(analysis, known, wanted)
        since, until = _days(known, now)
        undated = _undated(known.undated, analysis.table.height, now)
        state.follow("filter_words", now.words)
        state.follow("filter_originals", now.originals)
        words = st.text_input(t("Holds the words"), key="filter_words")
        originals = st.checkbox(t("Without copies"), key="filter_originals")
    if undated and not now.undated:
        since, until = None, None
    undated &= since is None and until is None
    wanted = dataclasses.replace(
        wanted, since=since, until=until, undated=undated, words=words.strip(), originals=originals
    )
    if wanted != now:
        state.choose_filter(wanted)
        st.rerun()


def _any_of(label: str, field: str, known: Sequence[Any], named: Callable[[Any], str]) -> tuple[Any, ...]:
    """Draw a choice of any values of a field; none where there is nothing to choose."""
    chosen = getattr(state.chosen_filter(), field)
    if len(known) < 2 and not chosen:
        return ()
    options = [*known, *(value for value in chosen if value not in known)]
    state.follow(f"filter_{field}", list(chosen))
    picked = st.multiselect(label, options, format_func=named, key=f"filter_{field}")
    # All of them is no filter.
    return tuple(picked) if len(picked) < len(options) or len(options) == 1 else ()


def _crisis(analysis: Analysis, known: Options, wanted: Filter) -> Filter:
    """Draw the choices of needs, urgency, located places, states and owners that these posts have."""
    named_by = named(analysis.crisis)

    def choice(label: str, field: str, values: Sequence[Any]) -> tuple[Any, ...]:
        return _any_of(label, field, values, named_by[field])

    return dataclasses.replace(
        wanted,
        needs=choice(t("Needs"), "needs", known.needs),
        urgencies=choice(t("Urgency"), "urgencies", known.urgencies),
        located=choice(t("About the place"), "located", known.located),
        states=choice(t("State"), "states", known.states),
        owners=choice(t("Who works on it"), "owners", known.owners),
    )


def _has(table: pl.DataFrame, column: str) -> bool:
    return column in table.columns and table[column].null_count() < table.height


def _listed(table: pl.DataFrame, column: str) -> list[str]:
    """Return the values of a column of lists, most frequent first, "" last where some posts have none."""
    if column not in table.columns:
        return []
    names = table.select(pl.when(pl.col(column).list.len() > 0).then(pl.col(column)).alias("name")).explode("name")
    return _most_frequent(names.with_columns(pl.col("name").fill_null("")))


def _owners(table: pl.DataFrame) -> list[str]:
    return _most_frequent(table.select(pl.col(Col.OWNER).fill_null("").alias("name"))) if _has(table, Col.OWNER) else []


def _places(table: pl.DataFrame) -> list[str]:
    if Col.PLACE not in table.columns or table[Col.PLACE].null_count() == table.height:
        return []
    return _most_frequent(table.select(place_named().alias("name")))


def _tags(table: pl.DataFrame) -> list[str]:
    if Col.TAGS not in table.columns:
        return []
    tagged = table.select(pl.col(Col.TAGS).alias("name")).filter(pl.col("name").list.len() > 0)
    if not tagged.height:
        return []
    return [*_most_frequent(tagged.explode("name")), ""]


def _most_frequent(names: pl.DataFrame) -> list[str]:
    counted = names.group_by("name").len().sort(pl.col("name") == "", "len", "name", descending=[False, True, False])
    known = counted.filter(pl.col("name") != "").head(MOST_OPTIONS)["name"].to_list()
    return [*known, ""] if len(known) < counted.height and (counted["name"] == "").any() else known


def _undated(without: int, posts: int, now: Filter) -> bool:
    if not (0 < without < posts) and not now.undated:
        return False
    state.follow("filter_undated", now.undated)
    return st.checkbox(t("Only the {count:,} undated posts", count=without), key="filter_undated")


def _days(known: Options, now: Filter) -> tuple[datetime | None, datetime | None]:
    first, last = known.first, known.last
    if first is None or last is None:
        return now.since, now.until
    shown: tuple[date, ...] = ()
    if now.since or now.until:
        start = now.since.date() if now.since else first
        end = (now.until - timedelta(seconds=1)).date() if now.until else last
        shown = (min(max(start, first), last), min(max(end, first), last))
    state.follow("filter_days", shown)
    chosen = st.date_input(t("Days (UTC)"), min_value=first, max_value=last, key="filter_days")
    days = tuple(chosen) if isinstance(chosen, (tuple, list)) else ()
    # A link may name hours; they stay while the days are not touched.
    if len(days) != 2 or days == shown:
        return now.since, now.until
    start_of = datetime.combine(days[0], datetime.min.time(), UTC)
    end_of = datetime.combine(days[1], datetime.min.time(), UTC) + timedelta(days=1)
    return start_of, end_of
