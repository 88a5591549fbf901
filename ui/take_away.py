"""The report and the data as downloads, and the method in full."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.report import CAVEATS, service_rows, write_report
from ui.frame import Workspace
from ui.widgets import download, plain

_FORMATS = {
    "html": (
        "Report (HTML)",
        "text/html",
        "One file, opens anywhere, also offline: figures, topics, posts, method.",
    ),
    "xlsx": (
        "Posts and topics (XLSX)",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "For Excel: ids stay exact, formulas in posts are disarmed.",
    ),
    "csv": ("Posts (CSV)", "text/csv", "UTF-8; ids as written, so open it as text in a spreadsheet."),
    "parquet": ("Posts (Parquet)", "application/vnd.apache.parquet", "Exact types, for further analysis."),
}


def take_away(workspace: Workspace) -> None:
    """Draw one download for each format; the file is made when it is asked for."""
    st.caption("Files are made of the whole project, whatever the filter shows.")
    columns = st.columns(len(_FORMATS))
    for column, (kind, (label, mime, told)) in zip(columns, _FORMATS.items(), strict=True):
        with column.container(border=True):
            st.caption(told)
            download(label, _made(workspace.whole, kind), f"{_stem(workspace)}.{kind}", mime, f"take_{kind}")


def _stem(workspace: Workspace) -> str:
    return f"ctse-{Path(workspace.whole.title).stem}"


def _made(analysis: Analysis, kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return write_report(analysis, Path(folder), (kind,))[0].read_bytes()

    return make


def method(workspace: Workspace) -> None:
    """Draw how the analysis was made."""
    manifest = workspace.whole.manifest
    st.subheader("Method", anchor=False)
    for caveat in CAVEATS:
        st.markdown(f"- {plain(caveat)}")
    why = manifest["encoder"].get("why")
    if why:
        st.markdown(f"The encoder was chosen automatically: {plain(why)}")
    served = service_rows(manifest)
    if served:
        st.markdown(plain(served[0][1]))
        with st.expander("How well each language is served"):
            st.dataframe(pl.DataFrame(served[1:], schema=["Language", "Served"], orient="row"), hide_index=True)
    rows = [(key, str(value)) for part in ("encoder", "structure", "versions") for key, value in manifest[part].items()]
    rows += [(f"seconds: {key}", str(value)) for key, value in manifest["durations"].items()]
    st.dataframe(pl.DataFrame(rows, schema=["What", "Value"], orient="row"), hide_index=True, height=420)
