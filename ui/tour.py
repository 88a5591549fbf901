"""A tour of the example in five steps, one a page: a quiet panel at the top that can be left and taken again."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ctse_core.example import NAME
from ctse_core.home import remember, remembered
from ctse_core.project import Project
from ctse_core.words import t

SEEN = "tour"
_ON = "_tour"


@dataclass(frozen=True)
class Step:
    """One step: the page it stands on, under the title it bears there, and what is said."""

    page: str
    title: str
    told: str


def steps() -> list[Step]:
    """Return the steps in the order in which they are taken."""
    return [
        Step(
            "pages/overview.py",
            t("Overview"),
            t(
                "Invented posts about a flood and an earthquake, in more than thirty languages. Click a bar of a "
                "figure, and every page shows only those posts; the chip at the top takes the filter off again."
            ),
        ),
        Step(
            "pages/search.py",
            t("Search"),
            t(
                "Ask in your own words and language, for example “Where is drinking water missing?”. Posts in every "
                "language answer, and each says how sure the match is."
            ),
        ),
        Step(
            "pages/map.py",
            t("Map"),
            t(
                "Each point is a post; near ones mean alike. Draw around some with the lasso to read them below, or to "
                "look at only those on every page."
            ),
        ),
        Step(
            "pages/topics.py",
            t("Topics"),
            t(
                "What is being said, sorted by machine. Open a topic and read its typical posts; rename, merge or "
                "split what you would sort otherwise. Every change can be undone."
            ),
        ),
        Step(
            "pages/report.py",
            t("Report"),
            t(
                "Take it away: one file for the browser, tables for the spreadsheet, and the method with its limits. "
                "Your own file is next: “Open another file”."
            ),
        ),
    ]


def tour(title: str, project: Project | None) -> None:
    """Draw the step of the page with this title, while the example is open and the tour was not left."""
    if project is None or project.name != NAME or not _going():
        return
    all_steps = steps()
    place = next((place for place, step in enumerate(all_steps) if step.title == title), None)
    if place is None:
        return
    last = place == len(all_steps) - 1
    what = t("Tour, {step} of {steps}", step=place + 1, steps=len(all_steps))
    with st.container(border=True, key="tour"):
        text, go_on, leave = st.columns([8, 1, 2], vertical_alignment="center", gap="small")
        text.markdown(f"**{what}** · {all_steps[place].told}")
        if not last and go_on.button(t("Next"), key="tour_next", type="primary", width="stretch"):
            st.switch_page(all_steps[place + 1].page)
        if leave.button(t("Finish") if last else t("Leave the tour"), key="tour_leave", width="stretch"):
            _keep(going=False)
            st.rerun()


def tour_again(project: Project | None) -> None:
    """Offer the tour again where the example is open and the tour was left."""
    if project is None or project.name != NAME or _going():
        return
    if st.button(t("Take the tour"), key="tour_again", icon=":material/tour:"):
        _keep(going=True)
        st.switch_page(steps()[0].page)


def _going() -> bool:
    if _ON not in st.session_state:
        st.session_state[_ON] = not remembered(SEEN)
    return bool(st.session_state[_ON])


def _keep(going: bool) -> None:
    st.session_state[_ON] = going
    remember(SEEN, not going)
