"""Taking a file in: upload or example, a look at its columns, and the button that starts the analysis."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ctse_core.encoders import AUTO, consent_question, host_of, remote_settings
from ctse_core.errors import CtseError
from ctse_core.example import open_example
from ctse_core.first_look import FirstLook
from ctse_core.home import agree_to
from ctse_core.posts import ColumnRoles, Preview, preview
from ctse_core.project import Project, projects_home
from ctse_core.project.folder import new_project
from ctse_core.structure import StructureSettings
from ctse_core.words import said, t
from ui import state
from ui.encoder_choice import encoder_select
from ui.first_look import facts, first_posts, look_at, role_labels, room_needed, time_needed
from ui.job_panel import begin
from ui.widgets import plain, settings_form

KINDS = ["csv", "tsv", "txt", "jsonl", "json", "ndjson", "xlsx", "parquet", "gz", "zip"]
_NONE = "—"
MOST_COLUMNS = 40
MOST_OPTIONS = 500
_COPY_BLOCK = 1 << 20


def open_file() -> None:
    """Draw the two ways in: a file of one's own, or the example."""
    st.markdown(
        t(
            "Drop in a file of posts in any mix of languages. Within minutes you can search them by meaning, "
            "walk their clusters on a map, read named topics and take a report away. Nothing leaves this machine."
        )
    )
    own, example = st.columns(2, gap="large")
    with own:
        st.subheader(t("Your posts"), anchor=False)
        uploaded = st.file_uploader(
            t("CSV, TSV, JSONL, XLSX or Parquet; also .gz and .zip"),
            type=KINDS,
            key=f"upload_{state.upload_round()}",
        )
        if uploaded is not None:
            project = new_project(projects_home(), uploaded.name)
            try:
                preview(_store(uploaded, project))
            except CtseError:  # no project is left of a file that is no table
                project.remove()
                raise
            state.next_upload_round()
            state.open_project(project.name)
            st.rerun()
    with example:
        st.subheader(t("The example"), anchor=False)
        st.markdown(
            t(
                "Invented posts in more than thirty languages about a flood and an earthquake in countries that do "
                "not exist, analysed beforehand: it opens at once."
            )
        )
        if st.button(t("Open the example"), type="primary", icon=":material/play_circle:"):
            state.open_project(open_example(projects_home()).name)
            st.rerun()


def _store(uploaded: Any, project: Project) -> Path:
    """Copy the upload to the disk in blocks, so that it is not held in memory twice."""
    beside = project.folder / ".upload"
    uploaded.seek(0)
    with beside.open("wb") as file:
        while block := uploaded.read(_COPY_BLOCK):
            file.write(block)
    try:
        return project.take_source(beside, name=uploaded.name)
    finally:
        beside.unlink(missing_ok=True)


def delete_project(project: Project) -> None:
    """Offer to delete the project, after a second thought."""
    sure = st.checkbox(
        t("Delete {name} with everything in it", name=plain(project.name)), key=f"topic_sure_{project.name}"
    )
    if st.button(t("Delete"), disabled=not sure, icon=":material/delete:", key="delete_project"):
        project.remove()
        state.open_project(None)
        st.rerun()


@st.cache_data(max_entries=8, show_spinner=False)
def _preview(path: str, modified: float) -> Preview:
    return preview(Path(path))


def choose_columns(project: Project) -> None:
    """Show the first rows, let the columns' roles be changed, and offer Analyse."""
    source = project.source_file()
    if source is None:
        st.warning(t("This project has no file of its own; open another one."))
        return
    try:
        with st.spinner(t("Looking at the file …")):
            seen = _preview(str(source), source.stat().st_mtime)
    except CtseError as told:
        st.error(plain(str(told)), icon=":material/error:")
        if st.button(t("Open another file"), key="other_file"):
            project.remove()
            state.open_project(None)
            st.rerun()
        return
    about = [seen.kind, seen.encoding, t("about {count:,} rows", count=seen.rows_estimate)]
    st.subheader(plain(source.name), anchor=False)
    st.caption(plain(", ".join(filter(None, about))))
    if seen.looks_like:
        st.markdown(t("This looks like **{export}**.", export=plain(said(seen.looks_like))))
    glance = st.container()
    with st.expander(t("Change the columns"), icon=":material/view_column:", expanded=seen.roles.text is None):
        roles = role_choices(seen, project.name)
    asked = ((project.manifest() or {}).get("settings") or {}).get("encoder", AUTO)
    with st.expander(t("Advanced"), icon=":material/tune:"):
        encoder = encoder_select(chosen=asked)
        chosen, send_to = _endpoint(encoder, project.name)
        structure = settings_form(StructureSettings, f"structure_{project.name}")
    look = glance_at(glance, project, source, seen, roles)
    with glance:
        fitted = room_needed(look.expected_posts) if look is not None else {}
    ready_to_go = look is not None and chosen is not None and fitted is not None and seen.rows_estimate > 0
    with glance:
        start, needed = st.columns([1, 4], vertical_alignment="center")
    if start.button(
        t("Analyse"), type="primary", icon=":material/play_arrow:", disabled=not ready_to_go, width="stretch"
    ):
        if send_to:
            agree_to(send_to)
        begin(
            project,
            {
                "roles": dataclasses.asdict(roles),
                "encoder": chosen,
                "send_to": send_to,
                "structure": dataclasses.asdict(structure),
                **(fitted or {}),
            },
        )
        st.rerun()
    if look is not None and not send_to:
        with needed:
            time_needed(look, encoder)


def glance_at(
    place: DeltaGenerator, project: Project, source: Path, seen: Preview, roles: ColumnRoles
) -> FirstLook | None:
    """Draw what the file looks like under these roles; return nothing where they do not fit it."""
    with place:
        for note in seen.notes:
            st.caption(plain(note))
        if roles.text is None:
            st.info(t("Say which column holds the text of the posts."))
            st.dataframe(seen.table.select(seen.columns[:MOST_COLUMNS]), hide_index=True, height=220)
            return None
        try:
            look = look_at(source, roles, seen.rows_estimate)
        except CtseError as told:
            st.error(plain(str(told)), icon=":material/error:")
            return None
        facts(look)
        first_posts(look, project)
    return look


def _endpoint(local: str, project: str) -> tuple[str | None, str]:
    """Offer an embeddings endpoint, off unless its host is agreed to; return the encoder and that host."""
    address = st.text_input(
        t("Instead, an OpenAI-compatible embeddings endpoint (off while empty)"),
        placeholder=t("https://api.example.org/v1#model"),
        key=f"endpoint_{project}",
    ).strip()
    if not address:
        return local, ""
    settings = remote_settings(address)
    agreed = st.checkbox(plain(consent_question(settings)), key=f"send_{project}_{host_of(settings)}")
    return (address, host_of(settings)) if agreed else (None, "")


def role_choices(seen: Preview, project: str) -> ColumnRoles:
    """Draw the columns' roles to be changed, those of ``seen`` chosen; return what is chosen."""
    known = seen.roles
    if seen.looks_like:
        use = st.toggle(
            t("This looks like {export}: take its known columns", export=said(seen.looks_like)),
            value=True,
            key=f"role_{project}_known",
        )
        known = seen.roles if use else seen.unaided
    chosen: dict[str, str | None] = {}
    named = [name for name in known.named().values() if name in seen.columns]
    options = [_NONE, *dict.fromkeys([*named, *seen.columns[:MOST_OPTIONS]])]
    columns = st.columns(3)
    for place, (role, label) in enumerate(role_labels().items()):
        guessed = getattr(known, role)
        picked = columns[place % 3].selectbox(
            label,
            options,
            index=options.index(guessed) if guessed in options else 0,
            key=f"role_{project}_{role}_{known is seen.roles}",
        )
        chosen[role] = None if picked == _NONE else picked
    return ColumnRoles(**chosen)
