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


def topic_names(analysis: Analysis) -> dict[int, str]:
    """Return the name of each topic by its id, "Unsorted" for -1."""
    topics = analysis.topics
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    return names | {UNSORTED: UNSORTED_NAME}


def filter_bar(analysis: Analysis) -> None:
    """Draw the filter's controls; a change reruns the page with the new filter."""
    now = state.chosen_filter()
    names = topic_names(analysis)
    # The keys carry the filter, so that controls follow a chip that was taken off or a click on a figure.
    stamp = "_".join(now.to_query().values()) or "none"
    with st.expander("Filter", expanded=bool(now), icon=":material/filter_alt:"):
        languages = st.multiselect(
            "Languages",
            language_options(analysis.table),
            default=[code for code in now.languages if code in set(analysis.table[Col.LANG])],
            format_func=language_name,
            key=f"filter_languages_{stamp}",
        )
        topics = st.multiselect(
            "Topics",
            list(names),
            default=[topic for topic in now.topics if topic in names],
            format_func=lambda topic: names[topic],
            key=f"filter_topics_{stamp}",
        )
        since, until = _days(analysis, now, stamp)
        words = st.text_input("Holds the words", now.words, key=f"filter_words_{stamp}")
        originals = st.checkbox("Without copies", now.originals, key=f"filter_originals_{stamp}")
    wanted = Filter(tuple(languages), tuple(topics), since, until, words.strip(), originals)
    if wanted != now:
        state.choose_filter(wanted)
        st.rerun()


def _days(analysis: Analysis, now: Filter, stamp: str) -> tuple[datetime | None, datetime | None]:
    times = analysis.table[Col.TIME].drop_nulls()
    if not len(times):
        return None, None
    first, last = times.min().date(), times.max().date()  # type: ignore[union-attr]
    default: tuple[date, ...] = ()
    if now.since or now.until:
        start = now.since.date() if now.since else first
        end = (now.until - timedelta(seconds=1)).date() if now.until else last
        default = (min(max(start, first), last), min(max(end, first), last))
    chosen = st.date_input(
        "Days (UTC)", value=list(default), min_value=first, max_value=last, key=f"filter_days_{stamp}"
    )
    if not isinstance(chosen, (tuple, list)) or len(chosen) != 2:
        return now.since, now.until
    start = datetime.combine(chosen[0], datetime.min.time(), UTC)
    end = datetime.combine(chosen[1], datetime.min.time(), UTC) + timedelta(days=1)
    # A link may name hours; they stay while the days are not touched.
    if default and tuple(chosen) == default:
        return now.since, now.until
    return start, end


def filter_chips(analysis: Analysis) -> None:
    """Draw what the filter holds as chips; a click takes one off."""
    now = state.chosen_filter()
    if not now:
        return
    names = topic_names(analysis)
    chips: dict[str, Filter] = {}
    for code in now.languages:
        rest = tuple(other for other in now.languages if other != code)
        chips[language_name(code)] = dataclasses.replace(now, languages=rest)
    for topic in now.topics:
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
