"""Which encoder a project uses and why, how well it serves the languages of the posts, and the way to another."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.encoders import (
    AUTO,
    Served,
    language_service,
    list_encoders,
    posts_by_grade,
    service_of,
    service_sentence,
    service_table,
)
from ctse_core.figures import language_name
from ctse_core.manifest import files_of, languages_of
from ctse_core.project import Project
from ctse_core.words import mark, said, t
from ui.frame import Workspace
from ui.job_panel import begin
from ui.widgets import folded, plain

AUTOMATIC = mark("Automatic: by the number of posts and this machine")


def encoder_select(label: str = "", chosen: str = AUTO, key: str | None = None) -> str:
    """Draw the choice of an encoder that is on this machine, "auto" first; return its name."""
    names = [AUTO, *(entry.spec.name for entry in list_encoders() if entry.at_hand)]
    return st.selectbox(
        label or t("Encoder"),
        names,
        index=names.index(chosen) if chosen in names else 0,
        format_func=lambda name: said(AUTOMATIC) if name == AUTO else name,
        key=key,
    )


def encoder_line(workspace: Workspace) -> None:
    """Tell which encoder was used and why, and how many posts it serves how; offer the details and a switch."""
    manifest = workspace.whole.manifest
    spoken_in = workspace.kept("posts by language", lambda: languages_of(workspace.table))
    served = service_of(spoken_in, manifest.get("service") or {})
    used = str(manifest["encoder"]["name"])
    # The reason speaks of the first file's posts; where newer ones came, it would count them out.
    why = str(manifest["encoder"].get("why") or "") if len(files_of(manifest)) < 2 else ""
    st.caption(f"{t('Encoder:')} {plain(why or f'{used}.')} {plain(service_sentence(posts_by_grade(served)))}")
    folded(
        t("Languages and encoder"), lambda: _details(workspace, served), "languages_and_encoder",
        icon=":material/translate:",
    )  # fmt: skip


def _details(workspace: Workspace, served: list[Served]) -> None:
    languages_table(served)
    if workspace.project is not None:
        switch(workspace.project, workspace.whole.manifest)


def languages_table(served: list[Served]) -> None:
    """Draw each language with its posts, its matching with interval, and what that makes of it."""
    if not served:
        st.caption(t("No measurements by language come with this encoder."))
        return
    st.dataframe(
        pl.DataFrame(
            {
                t("Language"): [language_name(one.lang) for one in served],
                t("Posts"): [one.posts for one in served],
                t("Served"): [said(one.grade) for one in served],
                t("Matching (95 % interval)"): [_matching(one) for one in served],
                t("Measured on"): [one.set or _unmeasured(one) for one in served],
            }
        ),
        hide_index=True,
        height=min(320, 40 + 35 * len(served)),
    )
    st.caption(
        t(
            "Matching is the share of sentences in a language that find their English translation among all others. "
            "From 0.95 a language is served well, from 0.80 fairly; below, or where nothing was measured, search and "
            "topics miss more of its posts. ntrex are news, tico19 health information, flores sentences of "
            "encyclopaedias."
        )
    )


def switch(project: Project, manifest: dict[str, Any]) -> None:
    """Offer to embed the posts by another encoder, every other setting as it was."""
    settings = manifest["settings"]
    if project.source_file() is None:
        st.caption(
            t("To switch the encoder, run the analysis again with --encoder NAME: the file is not in this project.")
        )
        return
    key = f"switch_{project.name}"
    asked = encoder_select(t("Switch the encoder"), str(settings["encoder"]), key)
    if st.button(t("Embed again"), key=f"{key}_go", icon=":material/replay:", disabled=asked == settings["encoder"]):
        begin(project, settings | {"encoder": asked, "send_to": ""})
        st.rerun()
    other = language_service(manifest["counts"]["languages"], service_table(asked))
    if other and asked != settings["encoder"]:
        sentence = service_sentence(posts_by_grade(other))
        st.caption(plain(f"{asked}: {sentence}"))
    st.caption(
        t("The posts are embedded, mapped and clustered again; columns and all other settings stay as they are.")
    )


def _unmeasured(one: Served) -> str:
    return "" if one.grade == "undetermined" else t("not measured")


def _matching(one: Served) -> str:
    if one.matching is None:
        return ""
    interval = "" if one.low is None or one.high is None else f" ({one.low:.2f}–{one.high:.2f})"
    return f"{math.floor(100 * one.matching) / 100:.2f}{interval}"  # cut: 0.949 is not well served
