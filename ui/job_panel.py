"""The work in progress: place in the line, stages, share, time left, Cancel and Resume; read off what is on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ctse_core import append
from ctse_core.analysis import JOB_TARGET
from ctse_core.engines import cancel_job, keep_moving, start_job
from ctse_core.expected import Room
from ctse_core.project import Job, Project, read_job
from ctse_core.project.jobs import forget_job
from ctse_core.project.queue import Ticket, ahead_of
from ctse_core.terminal import spoken
from ctse_core.words import number, said, t
from ui.first_look import short_of_memory
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
    project = Project(Path(folder))
    keep_moving()
    job = read_job(project)
    if job is None or not job.active or more_to_show(project):
        st.rerun()
        return
    with st.container(border=True):
        if job.state == "queued" and (before := waits_for(project)):
            _in_line(before)
        else:
            _at_work(job)
        if st.button(t("Cancel"), key="cancel_job", icon=":material/stop_circle:"):
            cancel_job(project)
            st.toast(t("Stopping; what was finished is kept."))


def waits_for(project: Project) -> list[tuple[Ticket, Job]]:
    """Return what is at work or waits before the project."""
    jobs = [(ticket, read_job(Project(ticket.folder))) for ticket in ahead_of(project) or ()]
    return [(ticket, job) for ticket, job in jobs if job is not None and job.active]


def _in_line(before: list[tuple[Ticket, Job]]) -> None:
    """Tell the place in the line and who is before it: one analysis at a time has the memory."""
    st.markdown(t("**Number {place} in line.** It starts by itself; you may close this page.", place=len(before) + 1))
    for ticket, job in before:
        told = t("Before it: {project}, asked for by {who}", project=ticket.folder.name, who=ticket.by)
        st.caption(plain(f"{told} · {number(job.share, '.0%')}"))


def _at_work(job: Job) -> None:
    st.progress(job.share, text=f"**{number(job.share, '.0%')}** · {plain(said(job.sentence))}")
    rest = job.seconds * (1 - job.share) / job.share if job.left is None and job.share > 0.05 else job.left
    left = t(" · about {time} left", time=spoken(rest)) if rest and job.seconds > 5 else ""
    told = t("At work for {time}", time=spoken(job.seconds))
    st.caption(f"{told}{left}. {t('You may close this page: the work goes on.')}")
    st.caption("  →  ".join(_stage(stage) for stage in job.stages))


def _stage(stage: dict[str, Any]) -> str:
    title = plain(said(stage["title"]))
    if stage["share"] >= 1.0:
        return f"✓ {title} ({spoken(stage['seconds'])})"
    if not stage["share"] and not stage["seconds"]:
        return f":gray[{title}]"
    pace = stage["posts_a_second"]
    return f"**{title}**" + (f" ({t('{count:,} posts/s', count=pace)})" if pace else "")


def _ended(project: Project, job: Job) -> None:
    adds = job.target == append.JOB_TARGET
    if job.state == "cancelled":
        told = t("Adding the file was cancelled; the project is as it was.") if adds else ""
        told = told or t("The analysis was cancelled. What was finished is kept.")
        st.warning(told, icon=":material/stop_circle:")
    elif job.room:
        st.warning(short_of_memory(Room(**job.room)), icon=":material/memory:")
    else:
        st.error(plain(job.error or t("The analysis did not finish.")), icon=":material/error:")
    with st.container(horizontal=True, gap="small"):
        for key, (label, asked) in _ways_on(job).items():
            kind: Any = "primary" if key == "resume_job" else "secondary"
            if st.button(label, key=key, type=kind, icon=":material/play_arrow:"):
                start_job(project, job.target, job.arguments | asked)
                st.rerun()
        if adds and st.button(t("Dismiss"), key="dismiss_job"):
            forget_job(project)
            st.rerun()


def _ways_on(job: Job) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the buttons that take the job up again: key, label, and what each asks for besides."""
    ways: dict[str, tuple[str, dict[str, Any]]] = {}
    if job.state != "failed" or job.room:
        ways["resume_job"] = (t("Resume"), {})
    if job.room.get("fit"):
        count = job.room["fit"]
        ways["first_job"] = (t("Analyse only the first {count:,} posts, which fit", count=count), {"first": count})
    if job.room:
        ways["anyway_job"] = (t("Go on all the same, though memory may run out"), {"anyway": True})
    return ways
