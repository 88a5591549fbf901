"""The scheme that needs are told by: which one, what is in it, another one, one's own out of a file."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.crisis.scheme_file import read_scheme, scheme_template, written_scheme
from ctse_core.crisis.schemes import BUILT_IN, Scheme, built_in, dict_of_scheme, scheme_of_dict
from ctse_core.crisis_names import urgency_name
from ctse_core.errors import SettingError
from ctse_core.needs_layer import scheme_of
from ctse_core.project import Project
from ctse_core.project.need_marks import choose_scheme, scheme_choices
from ctse_core.words import minute, t
from ui import state
from ui.widgets import folded, plain


def scheme_panel(project: Project) -> None:
    """Draw, folded up, the scheme in use, the choice of another, and the way to bring one's own."""
    now = scheme_of(project)
    folded(
        t("Scheme: {name}", name=plain(now.name)), lambda: _panel(project, now), "scheme", icon=":material/category:"
    )


def _panel(project: Project, now: Scheme) -> None:
    _choice(project, now)
    _types(now)
    _own(project)


def _choice(project: Project, now: Scheme) -> None:
    known = {key: built_in(key) for key in BUILT_IN}
    choices = scheme_choices(project.folder)
    known |= {one.key: scheme_of_dict(one.content) for one in choices if one.content is not None}
    keys = list(known)
    chosen = st.selectbox(
        t("Tell needs by"), keys, index=keys.index(now.key), format_func=lambda key: known[key].name,
        key=f"scheme_of_{now.key}",  # another scheme is another choice: what was chosen before is chosen no longer
        help=t("Another scheme is told at once; marks made under this one stay and count again when you come back."),
    )  # fmt: skip
    if chosen != now.key:
        _use(project, known[chosen])
    if now.source:
        st.caption(plain(now.source))
    if choices:
        last = choices[-1]
        st.caption(plain(t("Chosen by {who}, {when}", who=last.author, when=minute(last.at))))


def _use(project: Project, scheme: Scheme) -> None:
    """Choose a scheme and run the page again; needs of another scheme are no filter any more."""
    choose_scheme(project.folder, scheme.key, dict_of_scheme(scheme) if scheme.own else None)
    state.choose_filter(state.chosen_filter().having("needs", ()))
    st.rerun()


def _types(scheme: Scheme) -> None:
    rows = [
        (one.name, one.about, urgency_name(one.urgency), len(one.examples), ", ".join(one.terms[:12]))
        for one in scheme.types
    ]
    columns = [t("Type"), t("What it is about"), t("Mostly"), t("Examples"), t("Terms")]
    shown = pl.DataFrame(rows, schema=columns, orient="row")
    st.dataframe(shown, hide_index=True, key="scheme_types", height=280)


def _own(project: Project) -> None:
    st.markdown(f"**{plain(t('Your own scheme'))}**")
    st.caption(
        plain(
            t(
                "A CSV file with the columns type, example, language, description, urgency, terms: a row an example, "
                "at least two a type, in any languages. A type called “None” collects posts that tell nothing."
            )
        )
    )
    with st.container(horizontal=True):
        st.download_button(
            t("A file to start from"), scheme_template().encode("utf-8-sig"), "scheme.csv", "text/csv",
            icon=":material/download:", key="scheme_template",
        )  # fmt: skip
        st.download_button(
            t("The scheme in use"), written_scheme(scheme_of(project)).encode(), "scheme.json", "application/json",
            icon=":material/download:", key="scheme_json",
        )  # fmt: skip
    file = st.file_uploader(t("A scheme, CSV or JSON"), type=["csv", "tsv", "txt", "json"], key="scheme_file")
    if file is None or not st.button(t("Use this scheme"), type="primary", key="scheme_use"):
        return
    try:
        scheme = read_scheme(file.getvalue(), file.name)
    except SettingError as wrong:
        st.error(plain(str(wrong)))
        return
    _use(project, scheme)
