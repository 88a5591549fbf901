"""The report and the data as downloads, and the method in full."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.narrowed import narrowed
from ctse_core.report import CAVEATS, edit_rows, service_rows, write_report
from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.words import mark, said, t
from ui.frame import Workspace
from ui.widgets import download, plain

_FORMATS = {
    "html": (
        mark("Report (HTML)"),
        "text/html",
        mark("One file, opens anywhere, also offline: figures, topics, posts, method."),
    ),
    "xlsx": (
        mark("Posts and topics (XLSX)"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        mark("For Excel: ids stay exact, formulas in posts are disarmed."),
    ),
    "csv": (
        mark("Posts (CSV)"),
        "text/csv",
        mark("UTF-8; ids as written, so open it as text in a spreadsheet."),
    ),
    "parquet": (
        mark("Posts (Parquet)"),
        "application/vnd.apache.parquet",
        mark("Exact types, for further analysis."),
    ),
}


def take_away(workspace: Workspace) -> None:
    """Draw one download for each format; the file is made when it is asked for."""
    analysis: AnalysisLike = workspace.whole
    told = t("Files are made of the whole project. They are in English.")
    if workspace.among:
        part = t("Only the {count:,} posts that pass the filter", count=workspace.table.height)
        if st.toggle(part, value=True, key="take_filtered"):
            analysis = narrowed(workspace.whole, workspace.among)
            told = t("Files hold the posts that pass the filter, counted anew, and say so. They are in English.")
    st.caption(told)
    columns = st.columns(len(_FORMATS))
    stem = f"{_stem(workspace)}-filtered" if analysis is not workspace.whole else _stem(workspace)
    for column, (kind, (label, mime, told)) in zip(columns, _FORMATS.items(), strict=True):
        with column.container(border=True):
            st.caption(said(told))
            download(said(label), _made(analysis, kind), f"{stem}.{kind}", mime, f"take_{kind}")


def _stem(workspace: Workspace) -> str:
    return f"ctse-{Path(workspace.whole.title).stem}"


def _made(analysis: AnalysisLike, kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return write_report(analysis, Path(folder), (kind,))[0].read_bytes()

    return make


def method(workspace: Workspace) -> None:
    """Draw how the analysis was made."""
    manifest = workspace.whole.manifest
    st.subheader(t("Method"), anchor=False)
    for caveat in CAVEATS:
        st.markdown(f"- {plain(said(caveat))}")
    why = manifest["encoder"].get("why")
    if why:
        st.markdown(f"{t('The encoder was chosen automatically:')} {plain(why)}")
    served = service_rows(manifest)
    if served:
        st.markdown(plain(served[0][1]))
        with st.expander(t("How well each language is served")):
            st.dataframe(pl.DataFrame(served[1:], schema=[t("Language"), t("Served")], orient="row"), hide_index=True)
    rows = edit_rows(manifest)
    for part in ("encoder", "structure", "versions"):
        rows += [(key, str(value)) for key, value in manifest[part].items()]
    rows += [(f"seconds: {key}", str(value)) for key, value in manifest["durations"].items()]
    st.dataframe(pl.DataFrame(rows, schema=[t("What"), t("Value")], orient="row"), hide_index=True, height=420)
