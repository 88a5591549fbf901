"""The work in progress: stages, share, time left, Cancel and Resume; it polls what the worker writes down."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ctse_core import append
from ctse_core.analysis import JOB_TARGET, STEPS
from ctse_core.engines import cancel_job, start_job
from ctse_core.project import Job, Project, read_job
from ctse_core.project.jobs import forget_job
from ctse_core.terminal import spoken
from ctse_core.words import number, said, t
from ui.so_far import more_to_show
from ui.widgets import plain


def begin(project: Project, arguments: dict[str, Any]) -> None:
    """Start the analysis of the project's file in the worker process."""
    start_job(project, JOB_TARGET, arguments)


def job_panel(project: Project) -> bool:
    """Draw the project's job, if it has one that is not done; return whether one is at work."""
    job = read_job(project)
    if job is None or job.state == "done":
        return False
    if job.active:
        _working(str(project.folder))
        return True
    _ended(project, job)
    return False


@st.fragment(run_every=1.0)
def _working(folder: str) -> None:
    from pathlib import Path

    project = Project(Path(folder))
    job = read_job(project)
    if job is None or not job.active or more_to_show(project):
        st.rerun()
        return
    with st.container(border=True):
        st.progress(job.share, text=f"**{number(job.share, '.0%')}** · {plain(said(job.sentence))}")
        left = ""
        if job.share > 0.05 and job.seconds > 5:
            left = t(" · about {time} left", time=spoken(job.seconds * (1 - job.share) / job.share))
        told = t("At work for {time}", time=spoken(job.seconds))
        st.caption(f"{told}{left}. {t('You may close this page: the work goes on.')}")
        st.caption("  →  ".join(_stage(said(step.title), place) for step, place in _places(job)))
        if st.button(t("Cancel"), key="cancel_job", icon=":material/stop_circle:"):
            cancel_job(project)
            st.toast(t("Stopping; what was finished is kept."))


def _places(job: Job) -> list[tuple[Any, str]]:
    steps = append.STEPS if job.target == append.JOB_TARGET else STEPS
    total = sum(step.weight for step in steps)
    reached, places = 0.0, []
    for step in steps:
        start, reached = reached, reached + step.weight / total
        place = "done" if job.share >= reached - 1e-9 else "now" if job.share >= start - 1e-9 else "later"
        places.append((step, place))
    return places


def _stage(title: str, place: str) -> str:
    if place == "done":
        return f"✓ {title}"
    return f"**{title}**" if place == "now" else f":gray[{title}]"


def _ended(project: Project, job: Job) -> None:
    adds = job.target == append.JOB_TARGET
    if job.state == "cancelled":
        told = t("Adding the file was cancelled; the project is as it was.") if adds else ""
        told = told or t("The analysis was cancelled. What was finished is kept.")
        st.warning(told, icon=":material/stop_circle:")
    else:
        st.error(plain(job.error or t("The analysis did not finish.")), icon=":material/error:")
    with st.container(horizontal=True, gap="small"):
        if job.state != "failed" and st.button(
            t("Resume"), key="resume_job", type="primary", icon=":material/play_arrow:"
        ):
            start_job(project, job.target, job.arguments)
            st.rerun()
        if adds and st.button(t("Dismiss"), key="dismiss_job"):
            forget_job(project)
            st.rerun()
