"""Evaluating an encoder of one's own, or on a file of one's own: the form, the work in progress, what was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.encoders import DEFAULT_ENCODER, ENCODERS, list_encoders
from ctse_core.engines import cancel_job, keep_moving, start_job
from ctse_core.errors import CtseError, TrainError
from ctse_core.home import evaluations_home
from ctse_core.project import Job, Project, list_projects, read_job
from ctse_core.project.folder import new_project
from ctse_core.terminal import spoken
from ctse_core.words import mark, said, t
from train.evaluate.overview import headlines, set_title
from train.evaluate.own import ABOUT_FILE, BUILT_IN, JOB, LANGUAGES_FILE, SCORES_FILE, check_file
from ui import resources
from ui.job_panel import waits_for
from ui.widgets import download, plain

KINDS = ["parquet", "csv", "tsv", "gz"]
AMOUNTS = {mark("200 sentences"): 200, mark("1,000 sentences"): 1000, mark("everything"): 0}
_FORMATS = mark("""\
A Parquet, CSV or TSV file with one of these sets of columns. What you give stays on this machine.

| to measure | columns |
|---|---|
| how often sentences find their translation | `english`, `translation`, `lang` (at least 20 pairs a language) |
| how well posts of one class lie together | `text`, `label`; also `event`, `collection`, `lang` (at least 50 posts) |
| agreement with people's judgement | `sentence1`, `sentence2`, `score`; also `lang` |
""")


def evaluate_own() -> None:
    """Draw the form, the work in progress, and what was measured before."""
    _form()
    runs = list_projects(evaluations_home())
    jobs = [(run, read_job(run)) for run in runs]
    for run, job in jobs:
        if job is None or job.state != "done":
            _unfinished(run, job)
    finished = [(run, job) for run, job in jobs if job is not None and job.state == "done"]
    if finished:
        st.subheader(t("Evaluations on this machine"), anchor=False)
        with st.container(border=True, gap="small"):
            for run, job in finished:
                _done(run, job)


def own_tables() -> list[pl.DataFrame]:
    """Return the scores of every finished evaluation on this machine, the latest last.

    Sets bear names that tell apart what was measured on other texts (see ``own_name``).
    """
    tables = []
    for run in reversed(list_projects(evaluations_home())):
        path = run.folder / SCORES_FILE
        if not path.is_file():
            continue
        try:
            tables.append(resources.own_scores(str(run.folder), path.stat().st_mtime))
        except CtseError:  # the list of evaluations says so, with what to do
            continue
    return tables


def _form() -> None:
    ready = {entry.spec.name: entry.spec.title for entry in list_encoders() if entry.at_hand}
    if not ready:
        st.warning(t("No encoder is on this machine; the catalogue says where to put one."))
        return
    first = list(ready).index(DEFAULT_ENCODER) if DEFAULT_ENCODER in ready else 0
    left, right = st.columns([2, 3], gap="large")
    with left:
        encoder = st.selectbox(t("Encoder"), list(ready), index=first, format_func=ready.__getitem__, key="own_encoder")
        amount = st.selectbox(t("How much of the file"), list(AMOUNTS), format_func=said, key="own_amount")
    with right:
        uploaded = st.file_uploader(
            t("A file of yours; without one, the built-in triples in 17 languages are used (seconds)"),
            type=KINDS,
            key="own_file",
        )
    with st.expander(t("What the file looks like")):
        st.markdown(said(_FORMATS))
    if st.button(t("Evaluate"), type="primary", icon=":material/play_arrow:", key="own_start"):
        try:
            _start(encoder, uploaded, AMOUNTS[amount])
        except CtseError as told:  # told here, so that the other tabs stay
            st.error(plain(str(told)), icon=":material/error:")
        else:
            st.rerun()


def _start(encoder: str, uploaded: Any, limit: int) -> None:
    run = new_project(
        evaluations_home(), f"{encoder} {Path(uploaded.name).stem if uploaded is not None else 'triples'}"
    )
    arguments: dict[str, Any] = {"encoder": encoder, "limit": limit}
    try:
        if uploaded is not None:
            arguments["file"] = str(_taken(run, uploaded))
        start_job(run, JOB, arguments)
    except BaseException:  # whatever it was, nothing half begun stays behind
        run.remove()
        raise


def _taken(run: Project, uploaded: Any) -> Path:
    """Keep the file with the run and return its place; one that is no evaluation set is told at once.

    Only its columns and first rows are looked at: the whole of it is read by the worker, not while a page waits.
    """
    beside = run.folder / f".upload{Path(uploaded.name).suffix}"
    try:
        beside.write_bytes(uploaded.getbuffer())
        place = run.take_source(beside, name=uploaded.name)
        beside.unlink()
    except OSError as error:
        told = f"{uploaded.name} cannot be kept ({error.strerror or error}); free some space and try again."
        raise TrainError(told) from error
    check_file(place)
    return place


def _unfinished(run: Project, job: Job | None) -> None:
    with st.container(border=True):
        if job is None:
            st.caption(t("{name} was never started.", name=plain(run.name)))
            _forget(run)
        elif job.active:
            _working(str(run.folder))
        else:
            _ended(run, job)


@st.fragment(run_every=1.0)
def _working(folder: str) -> None:
    run = Project(Path(folder))
    keep_moving()
    job = read_job(run)
    if job is None or not job.active:
        st.rerun()
        return
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    doing = said(job.sentence)
    if job.state == "queued" and (before := waits_for(run)):
        doing = t("Number {place} in line", place=len(before) + 1)
    told = f"**{plain(_what(job))}** · {job.share:.0%} · {plain(doing)} · {spoken(job.seconds)}"
    bar.progress(job.share, text=told)
    if stop.button(t("Cancel"), key=f"cancel_{run.name}", icon=":material/stop_circle:"):
        cancel_job(run)
        st.toast(t("Stopping."))


def _done(run: Project, job: Job) -> None:
    try:
        about = json.loads((run.folder / ABOUT_FILE).read_text(encoding="utf-8"))
        if not isinstance(about, dict):
            raise ValueError(f"{ABOUT_FILE} holds no names and values")
        changed = (run.folder / SCORES_FILE).stat().st_mtime
        told = headlines(resources.own_scores(str(run.folder), changed))
    except (OSError, ValueError, CtseError):
        about, told = {}, [t("its files are damaged; delete it and evaluate again")]
    what, found, pages, forget = st.columns([5, 5, 2, 1], vertical_alignment="center")
    when = f"{plain(str(about.get('made', '')))} · {spoken(job.seconds)}"
    what.markdown(f"**{plain(_what(job, about.get('set')))}**  \n:gray[:small[{when}]]")
    found.caption(plain("; ".join([*told, *about.get("notes", [])])))
    page = run.folder / LANGUAGES_FILE
    with pages:
        if page.is_file():
            download(t("Why (HTML)"), page.read_bytes, f"ctse-{run.name}.html", "text/html", f"why_{run.name}")
    with forget:
        _forget(run)


def _ended(run: Project, job: Job) -> None:
    told, forget = st.columns([6, 1], vertical_alignment="center")
    if job.state == "cancelled":
        told.warning(t("{what} was cancelled.", what=plain(_what(job))), icon=":material/stop_circle:")
    else:
        told.error(f"{plain(_what(job))}: {plain(job.error or t('it did not finish.'))}", icon=":material/error:")
    with forget:
        if st.button(t("Again"), key=f"again_{run.name}", icon=":material/replay:"):
            start_job(run, JOB, job.arguments)
            st.rerun()
        _forget(run)


def _forget(run: Project) -> None:
    if st.button("", key=f"forget_{run.name}", icon=":material/delete:", type="tertiary", help=t("Delete")):
        run.remove()
        st.rerun()


def _what(job: Job, measured: object = None) -> str:
    """Return what a job measures, in a few words: the file, or the name that its set has in the tables."""
    file = job.arguments.get("file")
    on = set_title(measured) if isinstance(measured, str) else Path(file).name if file else set_title(BUILT_IN)
    name = str(job.arguments.get("encoder"))
    title = ENCODERS[name].title if name in ENCODERS else name
    return t("{encoder} on {texts}", encoder=title, texts=on)
