"""One frame a page: title, project, shared filter, and the one place where an error becomes a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from ctse_core.analysis import Analysis
from ctse_core.choices import without
from ctse_core.engines import keep_moving
from ctse_core.errors import CtseError
from ctse_core.filters import Filter
from ctse_core.project import Project, list_projects, projects_home, read_job
from ctse_core.words import t
from ui import language, resources, state, who
from ui.chips import filter_chips, settled
from ui.filter_bar import filter_bar
from ui.privacy import privacy_switch
from ui.tour import tour, tour_again
from ui.visits import new_since
from ui.widgets import plain, with_positions

_log = logging.getLogger(__name__)

Made = TypeVar("Made")

ASSETS = Path(__file__).resolve().parents[1] / "assets"
ICON = ASSETS / "icon.png"
STYLE = ASSETS / "app.css"

PAGES = {
    "overview": "pages/overview.py",
    "search": "pages/search.py",
    "map": "pages/map.py",
    "topics": "pages/topics.py",
    "when_where": "pages/when_where.py",
    "queue": "pages/queue.py",
    "report": "pages/report.py",
    "encoders": "pages/encoders.py",
}


@dataclass(frozen=True)
class Workspace:
    """What a page works with: the chosen project and its analysis, both None where there is none yet."""

    project: Project | None
    analysis: Analysis | None

    @property
    def among(self) -> Filter:
        """The filter that all pages share."""
        return state.chosen_filter()

    @cached_property
    def table(self) -> pl.DataFrame:
        """The posts that pass the filter, with their ``position`` in the whole table."""
        return self._passing(self.among)

    def beside(self, *fields: str) -> pl.DataFrame:
        """Return the posts that pass the filter without its conditions on ``fields``, for a figure about them."""
        lifted = self.among
        for field in fields:
            lifted = without(lifted, field)
        return self.table if lifted == self.among else self._passing(lifted)

    def count(self, among: Filter) -> int:
        """Return how many posts pass a filter, without gathering them."""
        if not among or self.project is None:
            return self.whole.table.height
        return int(resources.passing(self.project, among).sum())

    def kept(self, what: str, make: Callable[[], Made], *depends_on: Any, large: bool = False) -> Made:
        """Return what ``make`` makes of the posts that pass the filter: once for each filter, see resources.kept."""
        if self.project is None:
            return make()
        return resources.kept(self.project, what, make, self.among, *depends_on, large=large)

    def kept_of_all(self, what: str, make: Callable[[], Made], *depends_on: Any) -> Made:
        """Return what ``make`` makes of all posts, whatever the filter is: once, see resources.kept."""
        return make() if self.project is None else resources.kept(self.project, what, make, *depends_on)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """Return what ``make`` makes of the analysis as this page was given it; its parts run again with the same."""
        made: dict[str, Any] = self.__dict__.setdefault("_once", {})
        if what not in made:
            made[what] = make()
        return made[what]

    def _passing(self, among: Filter) -> pl.DataFrame:
        if self.project is None:
            return with_positions(self.whole.table)
        return resources.filtered(self.project, among, self.whole.table)

    @property
    def whole(self) -> Analysis:
        """The analysis of a page that cannot be seen without one."""
        assert self.analysis is not None  # noqa: S101 - pages ask after `page(needs_analysis=True)`
        return self.analysis


@contextmanager
def page(title: str, needs_analysis: bool = True) -> Iterator[Workspace]:
    """Open a page: draw its frame, give it its workspace, and show any error of ours as a sentence."""
    _through_the_front_door()
    # A picture of our own: Streamlit fetches emoji and symbols for the tab from a host outside.
    st.set_page_config(page_title=f"{title} · CTSE", page_icon=str(ICON), layout="wide")
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
    who.listen()
    language.dress()
    state.read_address(title)
    keep_moving()  # the line of jobs goes on after a restart of the machine
    workspace = _workspace()
    gone = settled(workspace.analysis) if workspace.analysis else []
    _sidebar(workspace)
    st.title(title, anchor=False)
    tour(title, workspace.project)
    for sentence in gone:
        st.info(plain(sentence), icon=":material/filter_alt_off:")
    try:
        if needs_analysis:
            _ready(workspace)
        yield workspace
    except CtseError as told:
        st.error(plain(str(told)), icon=":material/error:")
    except Exception:  # noqa: BLE001 - the one boundary: people get a sentence, the log the traceback
        _log.exception("The page %s failed", title)
        st.error(
            t(
                "This page met a fault of ours; the server's log has the details. Your projects are safe on disk: "
                "reload the page, or open another one."
            ),
            icon=":material/error:",
        )


def _through_the_front_door() -> None:
    """Begin again with app.py where Streamlit ran a page's file by itself.

    Until app.py has told the navigation once, a server whose first visitor asks for a page's own address takes the
    files in pages/ for the navigation, and shows their names.
    """
    if PagesManager.uses_pages_directory and not state.begun():
        PagesManager.uses_pages_directory = False
        st.rerun()


def _ready(workspace: Workspace) -> None:
    """Go on only where there are analysed posts that pass the filter; else say what to do."""
    if workspace.analysis is None:
        job = read_job(workspace.project) if workspace.project else None
        if job is not None and job.active:
            st.info(t("The analysis is at work ({share:.0%}); this page opens when it has ended.", share=job.share))
        else:
            st.info(t("No analysed posts yet. Open a file or the example on the Overview page."))
        st.page_link(PAGES["overview"], label=t("Go to Overview"), icon=":material/upload_file:")
        st.stop()
    filter_chips(workspace.analysis)
    if workspace.among:
        posts = workspace.whole.table.height
        count = workspace.count(workspace.among)
        st.caption(t("{count:,} of {all:,} posts pass the filter.", count=count, all=posts))
    if not workspace.count(workspace.among):
        st.info(t("No post passes the filter. Take one of its chips off, or clear it."))
        st.stop()


def _workspace() -> Workspace:
    """Return what is chosen; a project that is gone is let go, a damaged one stays without its analysis."""
    name = state.project_name()
    if name is None:
        return Workspace(None, None)
    try:
        project = resources.project(name)
    except CtseError as told:
        st.error(plain(str(told)), icon=":material/error:")
        state.open_project(None)
        return Workspace(None, None)
    try:
        return Workspace(project, resources.analysis(project))
    except CtseError as told:
        st.error(plain(str(told)), icon=":material/error:")
        return Workspace(project, None)


def _sidebar(workspace: Workspace) -> None:
    with st.sidebar:
        projects = [project.name for project in list_projects(projects_home())]
        if projects:
            chosen = st.selectbox(
                t("Project"),
                projects,
                index=projects.index(workspace.project.name)
                if workspace.project and workspace.project.name in projects
                else None,
                placeholder=t("Choose a project"),
                key=f"project_of_{workspace.project.name if workspace.project else 'none'}",
            )
            if chosen and (workspace.project is None or chosen != workspace.project.name):
                state.open_project(chosen)
                st.rerun()
        if workspace.project is not None and st.button(t("Open another file"), icon=":material/add:"):
            state.open_project(None)
            st.switch_page(PAGES["overview"])
        if workspace.project is not None and workspace.analysis is not None:
            new_since(workspace.project, workspace.analysis)
            privacy_switch(workspace.project, workspace.analysis)
            filter_bar(workspace.project, workspace.analysis)
        who.name_field()
        language.language_switch()
        tour_again(workspace.project)
