"""A newer file for the project at hand: taking it in, what it changed, and analysing all files together."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import streamlit as st

from ctse_core.append import INCOMING, JOB_TARGET, entry_of
from ctse_core.append_drift import accounted, advice, drift_sentences
from ctse_core.append_rows import roles_like_first
from ctse_core.engines import start_job
from ctse_core.errors import CtseError
from ctse_core.filters import Filter
from ctse_core.manifest import files_of
from ctse_core.posts import ColumnRoles, Preview, preview
from ctse_core.project import Project, read_job
from ctse_core.project.folder import safe_file_name
from ctse_core.structure import StructureSettings
from ctse_core.types import TopicCol
from ctse_core.words import day, t
from ui import state
from ui.encoder_choice import encoder_select
from ui.first_look import room_needed
from ui.frame import Workspace
from ui.intake import KINDS, choose_columns, glance_at, role_choices
from ui.job_panel import begin
from ui.widgets import plain, settings_form

_COPY_BLOCK = 1 << 20


def newest_file(workspace: Workspace) -> None:
    """Tell how many posts the newest file brought, what they changed, and offer to look at them alone."""
    manifest = workspace.whole.manifest
    files = files_of(manifest)
    if len(files) < 2 or workspace.project is None:
        return
    entry, number = files[-1], len(files) - 1
    topics = workspace.whole.topics
    new = topics.filter(topics[TopicCol.NEW])[TopicCol.ID].to_list() if TopicCol.NEW in topics.columns else []
    with st.container(border=True):
        st.markdown(_headline(files, len(new)))
        _look_at(number, new)
        with st.expander(t("What the newest file changed"), icon=":material/trending_up:"):
            for sentence in [accounted(entry), *drift_sentences(entry, topics)]:
                st.markdown(f"- {plain(sentence)}")
        warning = advice(entry)
        if warning:
            st.warning(plain(warning), icon=":material/restart_alt:")
            together(workspace.project, manifest["settings"], "advised")


def _headline(files: list[dict[str, Any]], topics: int) -> str:
    entry, since = files[-1], day(_moment(files[-2]["added"]))
    posts = t("**{count:,} new posts** since {day}", count=entry["posts"], day=since)
    if not topics:
        return t("{posts}, from {file}: no new topics", posts=posts, file=plain(entry["name"]))
    if topics == 1:
        return t("{posts}, from {file}: 1 new topic", posts=posts, file=plain(entry["name"]))
    return t("{posts}, from {file}: {count:,} new topics", posts=posts, file=plain(entry["name"]), count=topics)


def _moment(written: str) -> Any:
    from datetime import UTC, datetime

    try:
        return datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return datetime.now(UTC)


def _look_at(number: int, topics: list[int]) -> None:
    """Offer filters: the newest file's posts, the new topics."""
    with st.container(horizontal=True, gap="small"):
        if st.button(t("Show only these posts"), key="newest_posts", icon=":material/filter_alt:"):
            state.choose_filter(dataclasses.replace(Filter(), files=(number,)))
            st.rerun()
        if topics and st.button(t("Show the new topics"), key="newest_topics", icon=":material/filter_alt:"):
            state.choose_filter(dataclasses.replace(Filter(), topics=tuple(topics)))
            st.rerun()


def add_file(project: Project, at_work: bool) -> None:
    """Offer to add a newer file of posts: upload, a look at its columns, the button that starts the work."""
    if at_work:
        job = read_job(project)
        if job is not None and job.target == JOB_TARGET:
            st.info(
                t("A newer file is being added; the top of this page tells how far it is."), icon=":material/post_add:"
            )
        return
    waiting = _waiting(project)
    with st.expander(t("Add a newer file of posts"), icon=":material/post_add:", expanded=waiting is not None):
        if waiting is not None:
            _confirm(project, waiting)
            return
        st.markdown(
            t(
                "Posts that are here already are recognised and not added twice. Topics keep their numbers and names; "
                "what fits none of them is looked through for new topics."
            )
        )
        uploaded = st.file_uploader(
            t("CSV, TSV, JSONL, XLSX or Parquet; also .gz and .zip"),
            type=KINDS,
            key=f"append_{project.name}_{state.upload_round()}",
        )
        if uploaded is not None:
            _take(uploaded, project)


def _take(uploaded: Any, project: Project) -> None:
    """Keep the upload in the project's folder until it is added, unless it is there already or no table."""
    place = _store(uploaded, project)
    try:
        known = entry_of(place, project)
        if known is None:
            preview(place)
    except CtseError:
        place.unlink(missing_ok=True)
        raise
    if known is not None:
        place.unlink(missing_ok=True)
        told = t(
            "“{name}” is in this project already, added on {day}: nothing was changed.",
            name=known["name"],
            day=day(_moment(known["added"])),
        )
        st.info(plain(told), icon=":material/task_alt:")
        return
    state.next_upload_round()
    st.rerun()


def _store(uploaded: Any, project: Project) -> Path:
    folder = project.folder / INCOMING
    folder.mkdir(exist_ok=True)
    place = folder / safe_file_name(uploaded.name)
    beside = folder / ".upload"
    uploaded.seek(0)
    with beside.open("wb") as file:
        while block := uploaded.read(_COPY_BLOCK):
            file.write(block)
    beside.replace(place)
    return place


def _waiting(project: Project) -> Path | None:
    """Return the file that was uploaded and not yet added, or None."""
    folder = project.folder / INCOMING
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    return files[0] if files else None


@st.cache_data(max_entries=8, show_spinner=False)
def _seen(path: str, modified: float, fingerprint: str, _manifest: dict[str, Any]) -> tuple[Preview, ColumnRoles]:
    return preview(Path(path)), roles_like_first(Path(path), _manifest)


def _confirm(project: Project, source: Path) -> None:
    """Show what the waiting file looks like under the first file's columns, and add it or leave it."""
    manifest = project.manifest() or {}
    try:
        seen, roles = _seen(str(source), source.stat().st_mtime, str(manifest.get("fingerprint")), manifest)
    except CtseError as told:
        st.error(plain(str(told)), icon=":material/error:")
        source.unlink(missing_ok=True)
        return
    st.subheader(plain(source.name), anchor=False)
    first = {role: column for role, column in (manifest["source"].get("roles") or {}).items() if column}
    if roles.named() == first:
        st.caption(t("Its columns are those of the first file."))
    else:
        st.info(t("Its columns differ from those of the first file; look whether they are taken as they should be."))
    seen = dataclasses.replace(seen, roles=roles, looks_like="")
    glance = st.container()
    with st.expander(t("Change the columns"), icon=":material/view_column:", expanded=roles.text is None):
        chosen = role_choices(seen, f"append_{project.name}")
    look = glance_at(glance, project, source, seen, chosen)
    here = int((manifest.get("counts") or {}).get("posts", 0))
    fitted = room_needed(here + look.expected_posts, cut=False) if look is not None else None
    with st.container(horizontal=True, gap="small"):
        add = st.button(
            t("Add to this project"), type="primary", icon=":material/post_add:", key="append_go",
            disabled=fitted is None,
        )  # fmt: skip
        leave = st.button(t("Leave it"), key="append_leave")
    if add:
        start_job(project, JOB_TARGET, {"name": source.name, "roles": dataclasses.asdict(chosen), **(fitted or {})})
        st.rerun()
    if leave:
        source.unlink(missing_ok=True)
        st.rerun()


def analyse_again(project: Project) -> None:
    """Offer to analyse again: the file with other columns or settings, or, where there are several, all together."""
    manifest = project.manifest() or {}
    if len(files_of(manifest)) < 2:
        choose_columns(project)
        return
    names = ", ".join(one["name"] for one in files_of(manifest))
    st.markdown(plain(t("This project holds {count:,} files: {names}.", count=len(files_of(manifest)), names=names)))
    settings = dict(manifest["settings"])
    with st.expander(t("Advanced"), icon=":material/tune:"):
        settings["encoder"] = encoder_select(chosen=str(settings["encoder"]), key=f"together_encoder_{project.name}")
        structure = settings_form(StructureSettings, f"structure_{project.name}")
    together(project, settings | {"structure": dataclasses.asdict(structure)}, "again")


def together(project: Project, settings: dict[str, Any], key: str) -> None:
    """Draw the button that analyses all files of the project from the start, and say what that means for edits."""
    if st.button(t("Analyse all files together"), key=f"together_{key}", icon=":material/replay:"):
        begin(project, settings)
        st.rerun()
    st.caption(
        t(
            "Topics are found anew and get new numbers: corrections of topics made so far are about another run and do "
            "not carry over. Rows stay, and with them tags and kept posts."
        )
    )
