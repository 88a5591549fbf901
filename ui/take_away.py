"""The report and the data as downloads, and the method in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.filters import Filter
from ctse_core.report import CAVEATS, FORMATS, dictionary_table, edit_rows, service_rows
from ctse_core.taking_away import file_bytes, zipped
from ctse_core.types import Col
from ctse_core.words import mark, said, speak, spoken, t
from ui.frame import Workspace
from ui.widgets import csv_bytes, download, plain

_HTML, _CSV, _JSONL = "text/html", "text/csv", "application/x-ndjson"
_PARQUET, _GEOJSON = "application/vnd.apache.parquet", "application/geo+json"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_BOOK, _DOCX = f"{_OFFICE}.spreadsheetml.sheet", f"{_OFFICE}.wordprocessingml.document"
_PDF = "application/pdf"


@dataclass(frozen=True)
class Offer:
    """A format on the page: what it is for, and its files: label, name, MIME type, number within the format.

    ``needs`` names the columns without which the file of that number does not exist.
    """

    kind: str
    told: str
    files: tuple[tuple[str, str, str, int], ...]
    kinds: tuple[str, ...] = ()  # of each file, where they are of different formats


_TO_READ = (
    Offer(
        "pdf",
        mark("Read in two minutes: what changed, what is needed where, posts with their ids, map, timeline, method."),
        (
            (mark("Briefing (PDF)"), "briefing.pdf", _PDF, 0),
            (mark("Briefing (DOCX)"), "briefing.docx", _DOCX, 0),
            (mark("Briefing (HTML)"), "briefing.html", _HTML, 1),
        ),
        ("pdf", "docx", "html"),
    ),
    Offer(
        "html",
        mark("One file, opens anywhere, also offline: figures, every topic with its posts, method."),
        ((mark("Report (HTML)"), "report.html", _HTML, 0),),
    ),
    Offer(
        "viewer",
        mark("The map, the topics and every post in one file to pass on: search words, press topics, offline."),
        ((mark("Map to explore (HTML)"), "viewer.html", _HTML, 0),),
    ),
    Offer(
        "xlsx",
        mark("For Excel: ids stay exact, formulas in posts are disarmed. What each column means is a sheet."),
        ((mark("Posts and topics (XLSX)"), "posts.xlsx", _BOOK, 0),),
    ),
)
_FOR_PROGRAMS = (
    Offer(
        "csv",
        mark("UTF-8; ids as written, so open it as text in a spreadsheet."),
        ((mark("Posts (CSV)"), "posts.csv", _CSV, 0), (mark("Topics (CSV)"), "topics.csv", _CSV, 1)),
    ),
    Offer(
        "parquet",
        mark("Exact types, for further analysis."),
        ((mark("Posts (Parquet)"), "posts.parquet", _PARQUET, 0),),
    ),
    Offer(
        "jsonl",
        mark("A post a line, lists as lists, for other programs."),
        ((mark("Posts (JSONL)"), "posts.jsonl", _JSONL, 0),),
    ),
    Offer(
        "geojson",
        mark("For map programs such as QGIS. Coordinates are exact: share them with care."),
        (
            (mark("Posts (GeoJSON)"), "posts.geojson", _GEOJSON, 0),
            (mark("Places (GeoJSON)"), "places.geojson", _GEOJSON, 1),
        ),
    ),
    Offer(
        "hxl",
        mark("Tagged for humanitarian data exchange (HXL): what is needed where, how often, since when."),
        ((mark("Needs by place (HXL)"), "needs.hxl.csv", _CSV, 0), (mark("Posts (HXL)"), "posts.hxl.csv", _CSV, -1)),
    ),
)


def take_away(workspace: Workspace) -> None:
    """Draw one download for each file; it is made when it is asked for, with people in it masked."""
    among, told = Filter(), t("Files are made of the whole project.")
    if workspace.among:
        part = t("Only the {count:,} posts that pass the filter", count=workspace.table.height)
        if st.toggle(part, value=True, key="take_filtered"):
            among = workspace.among
            told = t("Files hold the posts that pass the filter, counted anew, and say so.")
    masked = t("Names, numbers and addresses of people are masked in all of them, whatever the screen shows.")
    st.caption(f"{told} {masked}")
    st.subheader(t("To read and pass on"), anchor=False)
    _offers(workspace, among, _TO_READ)
    st.subheader(t("Data for other programs"), anchor=False)
    _offers(workspace, among, _FOR_PROGRAMS)
    _together(workspace, among)


def _offers(workspace: Workspace, among: Filter, offers: tuple[Offer, ...]) -> None:
    stem = _stem(workspace, among)
    for column, offer in zip(st.columns(len(offers)), offers, strict=True):
        with column.container(border=True, height="stretch"):
            st.caption(said(offer.told))
            for place, (label, name, mime, number) in enumerate(offer.files):
                if _is_there(workspace, name):
                    kind = offer.kinds[place] if offer.kinds else offer.kind
                    make = _made(workspace, among, kind, number)
                    key = f"take_{kind}" if number == 0 else f"take_{name}"
                    download(said(label), make, f"{stem}-{name}", mime, key)


def _is_there(workspace: Workspace, name: str) -> bool:
    """Return whether the project has what this file holds: places and needs are told only where somebody looked."""
    wanted = {"places.geojson": Col.LOCATED, "needs.hxl.csv": Col.NEEDS}.get(name)
    return wanted is None or wanted in workspace.whole.table.columns


def _together(workspace: Workspace, among: Filter) -> None:
    """Offer everything in one archive, and what the columns mean."""
    stem = _stem(workspace, among)
    with st.container(horizontal=True, vertical_alignment="center"):
        download(t("All of it (ZIP)"), _archive(workspace, among), f"{stem}.zip", "application/zip", "take_all")
        make = csv_bytes(dictionary_table())
        download(t("Data dictionary (CSV)"), make, "ctse-data-dictionary.csv", _CSV, "take_dictionary")
    with st.expander(t("What each column means")):
        st.dataframe(dictionary_table(), hide_index=True, height=420)


def _stem(workspace: Workspace, among: Filter) -> str:
    stem = f"ctse-{Path(workspace.whole.title).stem}"
    return f"{stem}-filtered" if among else stem


def _made(workspace: Workspace, among: Filter, kind: str, number: int) -> Callable[[], bytes]:
    whole, project = workspace.whole, workspace.project
    assert project is not None  # noqa: S101 - there is no analysis without its project
    return _in_words(lambda: file_bytes(whole, project, among, kind, number))


def _archive(workspace: Workspace, among: Filter) -> Callable[[], bytes]:
    whole, project = workspace.whole, workspace.project
    assert project is not None  # noqa: S101 - there is no analysis without its project
    return _in_words(lambda: zipped(whole, project, among, FORMATS))


def _in_words(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Return what makes a file in the language of this page, which only the page itself was told."""
    lang = spoken()

    def made() -> bytes:
        speak(lang)
        return make()

    return made


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
