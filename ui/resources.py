"""Every cache of the app: warm copies of what the disk holds, keyed by fingerprints, never by big arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import streamlit as st
from numpy.typing import NDArray

from ctse_core.analysis import Analysis, load_analysis
from ctse_core.choices import TIME, without
from ctse_core.crisis.standing import starter_pack
from ctse_core.edited import edited
from ctse_core.encoders import DEFAULT_ENCODER, Encoder, load_encoder
from ctse_core.filters import Filter
from ctse_core.home import encoders_home
from ctse_core.manifest import loads_by
from ctse_core.naming import analysis_for
from ctse_core.project import Project, projects_home
from ctse_core.project.database import revision
from ctse_core.project.folder import project_named
from ctse_core.question import Searcher, encoder_of
from ctse_core.standing import StandingAnswer, answers
from ctse_core.topic_editing import TopicMemory
from ctse_core.when import bursts_in, told_by
from ctse_core.words import spoken
from train.evaluate.own import own_scores as read_own_scores
from train.evaluate.table import read_scores
from ui import state
from ui.widgets import with_positions

Made = TypeVar("Made")


def project(name: str) -> Project:
    """Return the project of that name."""
    return project_named(projects_home(), name)


@st.cache_resource(max_entries=6, show_spinner="Opening the project …")
def _analysis(folder: str, fingerprint: str, made: str) -> Analysis:
    return load_analysis(Project(Path(folder)))


@st.cache_resource(max_entries=6, show_spinner=False)
def _memory(folder: str, fingerprint: str, made: str) -> TopicMemory:
    return TopicMemory(_analysis(folder, fingerprint, made))


@st.cache_resource(max_entries=6, show_spinner=False)
def _edited(folder: str, fingerprint: str, made: str, revision: int) -> Analysis:
    run = (folder, fingerprint, made)
    return edited(_analysis(*run), Project(Path(folder)), _memory(*run))


@st.cache_resource(max_entries=6, show_spinner=False)
def _named(folder: str, fingerprint: str, made: str, revision: int, lang: str) -> Analysis:
    return analysis_for(_edited(folder, fingerprint, made, revision), lang)


def analysis(chosen: Project) -> Analysis | None:
    """Return the project's finished analysis with what people added to it, or None while there is none.

    Its topics are named in the language chosen for names.
    """
    manifest = chosen.manifest()
    if manifest is None:
        return None
    run = (str(chosen.folder), str(manifest.get("fingerprint")), str(manifest.get("made")))
    return _named(*run, revision(chosen.folder), state.language_of_names())


@st.cache_resource(max_entries=256, show_spinner=False)
def _passing(folder: str, fingerprint: str, made: str, revision: int, part: Filter) -> NDArray[np.bool_]:
    found = _edited(folder, fingerprint, made, revision)
    return part.mask(found.table, found.sets)


def passing(chosen: Project, among: Filter) -> NDArray[np.bool_]:
    """Return (n,) which posts of the project pass the filter; each of its conditions is looked up once."""
    run = _run(chosen)
    parts = [_passing(*run, revision(chosen.folder), part) for part in among.parts()]
    return np.logical_and.reduce(parts)


@st.cache_resource(max_entries=3, show_spinner=False)
def _filtered(run: tuple[str, str, str], revision: int, lang: str, among: Filter, _whole: pl.DataFrame) -> pl.DataFrame:
    return with_positions(_whole).filter(pl.Series(passing(Project(Path(run[0])), among)))


def filtered(chosen: Project, among: Filter, whole: pl.DataFrame) -> pl.DataFrame:
    """Return the posts of ``whole``, the project's table as it is shown now, that pass the filter.

    They have their ``position`` in it. Those of the latest few filters are kept.
    """
    if not among:
        return with_positions(whole)
    return _filtered(_run(chosen), revision(chosen.folder), state.language_of_names(), among, whole)


@st.cache_resource(max_entries=512, show_spinner=False)
def _kept(key: tuple[Any, ...], _make: Callable[[], Any]) -> Any:
    return _make()


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept_large(key: tuple[Any, ...], _make: Callable[[], Any]) -> Any:
    return _make()


def kept(chosen: Project, what: str, make: Callable[[], Made], *depends_on: Any, large: bool = False) -> Made:
    """Return what ``make`` gives, made once for ``what`` of a project as it stands and as it is spoken of now.

    ``depends_on`` is all else that it follows from, such as a filter. What has a row a post is ``large``: fewer are
    kept of those.
    """
    key = (*_run(chosen), revision(chosen.folder), state.language_of_names(), spoken(), what, *depends_on)
    return (_kept_large if large else _kept)(key, make)


def _run(chosen: Project) -> tuple[str, str, str]:
    """Return what names the run that a project holds."""
    manifest = chosen.manifest() or {}
    return str(chosen.folder), str(manifest.get("fingerprint")), str(manifest.get("made"))


@st.cache_resource(max_entries=6, show_spinner=False)
def _told_by(folder: str, fingerprint: str, made: str, revision: int, lang: str) -> int:
    found = _named(folder, fingerprint, made, revision, lang)
    return told_by(found.table, found.topics)


@st.cache_resource(max_entries=64, show_spinner=False)
def _bursts(
    run: tuple[str, str, str], told: int, among: Filter, _table: pl.DataFrame, _found: Analysis
) -> pl.DataFrame:
    return bursts_in(_table, _found.topics, _found.crisis)


def bursts(chosen: Project, among: Filter) -> pl.DataFrame:
    """Return the bursts of the posts that pass the filter without its time, as ``when.bursts_in`` does.

    Marking posts makes none of it anew, unless the filter asks for marks.
    """
    run = _run(chosen)
    now, lang, timeless = revision(chosen.folder), state.language_of_names(), without(among, TIME)
    found = _named(*run, now, lang)
    if not timeless:
        return _bursts(run, _told_by(*run, now, lang), timeless, found.table, found)
    return _bursts(run, hash((now, lang)), timeless, filtered(chosen, timeless, found.table), found)


def memory(chosen: Project) -> TopicMemory:
    """Return what edits of the project's topics need again and again."""
    return _memory(*_run(chosen))


@st.cache_resource(max_entries=2, show_spinner="Loading the encoder …")
def _encoder(name: str, changed: int) -> Encoder:
    return load_encoder(name)


def encoder(name: str) -> Encoder:
    """Return an encoder of this machine, shared by all sessions of this server; anew where it was trained anew."""
    own = encoders_home() / name
    return _encoder(name, own.stat().st_mtime_ns if own.is_dir() else 0)


@st.cache_resource(max_entries=2, show_spinner="Loading the encoder …")
def _made_by(name: str, send_to: str, _analysis: Analysis) -> Encoder:
    return encoder_of(_analysis)


@st.cache_resource(max_entries=3, show_spinner="Preparing the search …")
def _searcher(folder: str, fingerprint: str, made: str) -> Searcher:
    found = _analysis(folder, fingerprint, made)
    made_by = found.manifest["encoder"]
    first = _made_by(loads_by(made_by), made_by["send_to"], found)
    return Searcher(found, first, second=lambda: encoder(DEFAULT_ENCODER), project=Project(Path(folder)))


def searcher(chosen: Project) -> Searcher:
    """Return what answers questions about the project, with what people added; the indexes are made once a run."""
    made = _searcher(*_run(chosen))
    return made.over(analysis(chosen) or made.analysis)


@st.cache_resource(max_entries=16, show_spinner=False)
def _standing(folder: str, fingerprint: str, made: str, revision: int, among: Filter) -> list[StandingAnswer]:
    found = _edited(folder, fingerprint, made, revision)
    searcher = _searcher(folder, fingerprint, made).over(found)
    return answers(searcher, starter_pack().questions, among=among)


def standing(chosen: Project, among: Filter) -> list[StandingAnswer]:
    """Return what the posts that pass the filter say to each of the standing questions."""
    run = _run(chosen)
    return _standing(*run, revision(chosen.folder), among)


@st.cache_data(max_entries=64, show_spinner=False)
def scores(path: str, changed: float) -> pl.DataFrame:
    """Return a table of scores; ``changed`` is when the file was written."""
    return read_scores(Path(path))


@st.cache_data(max_entries=64, show_spinner=False)
def own_scores(folder: str, changed: float) -> pl.DataFrame:
    """Return the scores of an evaluation on this machine; ``changed`` is when they were written."""
    return read_own_scores(Path(folder))


@st.cache_data(max_entries=8, show_spinner=False)
def table(path: str, changed: float) -> pl.DataFrame:
    """Return a table of the product, a CSV file; ``changed`` is when it was written."""
    return pl.read_csv(Path(path), infer_schema_length=None).with_columns(pl.col(pl.Utf8).fill_null(""))
