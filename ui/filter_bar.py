"""The shared filter: set in the sidebar or by a click on any page, shown as chips that can be taken off."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.figures import language_name
from ctse_core.filters import Filter
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, TopicCol
from ui import state
from ui.widgets import language_options

MOST_CHIPS = 5


def topic_names(analysis: Analysis) -> dict[int, str]:
    """Return the name of each topic by its id, "Unsorted" for -1."""
    topics = analysis.topics
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    return names | {UNSORTED: UNSORTED_NAME}


def filter_bar(analysis: Analysis) -> None:
    """Draw the filter's controls; a change reruns the page with the new filter."""
    now = state.chosen_filter()
    names = topic_names(analysis)
    spoken = language_options(analysis.table)
    state.follow("filter_languages", [code for code in now.languages if code in spoken])
    state.follow("filter_topics", [topic for topic in now.topics if topic in names])
    state.follow("filter_words", now.words)
    state.follow("filter_originals", now.originals)
    with st.expander("Filter", expanded=bool(now), icon=":material/filter_alt:"):
        languages = st.multiselect("Languages", spoken, format_func=language_name, key="filter_languages")
        topics = st.multiselect("Topics", list(names), format_func=lambda topic: names[topic], key="filter_topics")
        since, until = _days(analysis, now)
        words = st.text_input("Holds the words", key="filter_words")
        originals = st.checkbox("Without copies", key="filter_originals")
    wanted = Filter(
        # All of them is no filter.
        tuple(languages) if len(languages) < len(spoken) else (),
        tuple(topics) if len(topics) < len(names) else (),
        since,
        until,
        words.strip(),
        originals,
    )
    if wanted != now:
        state.choose_filter(wanted)
        st.rerun()


def _days(analysis: Analysis, now: Filter) -> tuple[datetime | None, datetime | None]:
    times = analysis.table[Col.TIME].drop_nulls()
    earliest, latest = times.min(), times.max()
    if not isinstance(earliest, datetime) or not isinstance(latest, datetime):
        return now.since, now.until
    first, last = earliest.date(), latest.date()
    shown: tuple[date, ...] = ()
    if now.since or now.until:
        start = now.since.date() if now.since else first
        end = (now.until - timedelta(seconds=1)).date() if now.until else last
        shown = (min(max(start, first), last), min(max(end, first), last))
    state.follow("filter_days", shown)
    chosen = st.date_input("Days (UTC)", min_value=first, max_value=last, key="filter_days")
    days = tuple(chosen) if isinstance(chosen, (tuple, list)) else ()
    # A link may name hours; they stay while the days are not touched.
    if len(days) != 2 or days == shown:
        return now.since, now.until
    start_of = datetime.combine(days[0], datetime.min.time(), UTC)
    end_of = datetime.combine(days[1], datetime.min.time(), UTC) + timedelta(days=1)
    return start_of, end_of


def filter_chips(analysis: Analysis) -> None:
    """Draw what the filter holds as chips; a click takes one off."""
    now = state.chosen_filter()
    if not now:
        return
    names = topic_names(analysis)
    chips: dict[str, Filter] = {}
    if len(now.languages) > MOST_CHIPS:
        chips[f"{len(now.languages)} languages"] = dataclasses.replace(now, languages=())
    for code in now.languages if len(now.languages) <= MOST_CHIPS else ():
        rest = tuple(other for other in now.languages if other != code)
        chips[language_name(code)] = dataclasses.replace(now, languages=rest)
    if len(now.topics) > MOST_CHIPS:
        chips[f"{len(now.topics)} topics"] = dataclasses.replace(now, topics=())
    for topic in now.topics if len(now.topics) <= MOST_CHIPS else ():
        rest_topics = tuple(other for other in now.topics if other != topic)
        chips[f"Topic: {names.get(topic, topic)}"] = dataclasses.replace(now, topics=rest_topics)
    if now.since:
        chips[f"from {now.since:%d %b %Y %H:%M} UTC"] = dataclasses.replace(now, since=None)
    if now.until:
        chips[f"before {now.until:%d %b %Y %H:%M} UTC"] = dataclasses.replace(now, until=None)
    if now.words:
        chips[f"“{now.words}”"] = dataclasses.replace(now, words="")
    if now.originals:
        chips["without copies"] = dataclasses.replace(now, originals=False)
    if len(chips) > 1:
        chips["Clear all"] = Filter()
    clicked = st.pills(
        "Filter",
        list(chips),
        format_func=lambda chip: f"{chip} ✕" if chip != "Clear all" else chip,
        key=f"filter_chips_{'_'.join(now.to_query().values())}",
        label_visibility="collapsed",
    )
    if clicked:
        state.choose_filter(chips[clicked])
        st.rerun()
