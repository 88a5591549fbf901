"""What shipped trainings and experiments found: sources of pairs, pairs a language needs, three experiments."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.figures import ALL_LANGUAGES, amounts_figure, effects_figure, language_name
from ctse_core.words import said, t
from train.evaluate.overview import set_title
from ui import resources
from ui.widgets import csv_bytes, download, plain, show_figure

EXPERIMENTS = (1, 2, 3)
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\(([\w.-]+\.svg)\)")


def shipped_table(name: str, folder: Path) -> pl.DataFrame | None:
    """Return a table of the product, or None where it ships without."""
    path = folder / name
    return resources.table(str(path), path.stat().st_mtime) if path.is_file() else None


def what_pairs_are_worth(folder: Path) -> None:
    """Draw what each source adds and how matching grows with a language's pairs, from the tables in ``folder``."""
    found = {name: shipped_table(f"{name}.csv", folder) for name in ("sources", "low_resource")}
    tables = {name: table for name, table in found.items() if table is not None and table.height}
    if not tables:
        return
    st.subheader(t("What pairs are worth"), anchor=False)
    places = dict(zip(tables, st.columns(len(tables), gap="large"), strict=True))
    if "sources" in tables:
        with places["sources"]:
            _sources(tables["sources"])
    if "low_resource" in tables:
        with places["low_resource"]:
            _amounts(tables["low_resource"])


def _sources(effects: pl.DataFrame) -> None:
    languages = sorted(effects["lang"].unique().to_list(), key=lambda lang: (lang != "", _language(lang)))
    lang = st.selectbox(t("Language"), languages, format_func=_language, key="sources_lang")
    show_figure(effects_figure(_named(effects), lang), key=f"sources_{lang}")
    download(t("All effects (CSV)"), csv_bytes(effects), "ctse-sources.csv", "text/csv", "sources_csv")


def _amounts(curve: pl.DataFrame) -> None:
    curve = _named(curve)
    names = curve["set"].unique(maintain_order=True).to_list()
    name = st.selectbox(t("Measured on"), names, key="amounts_set")
    show_figure(amounts_figure(curve, name), key=f"amounts_{name}")
    download(t("All amounts (CSV)"), csv_bytes(curve), "ctse-low-resource.csv", "text/csv", "amounts_csv")


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with sets called as elsewhere on the page."""
    return table.with_columns(pl.col("set").map_elements(set_title, return_dtype=pl.Utf8))


def _language(lang: str) -> str:
    return language_name(lang) if lang else said(ALL_LANGUAGES)


def experiments(folder: Path) -> None:
    """Show one of the experiments that ship in ``folder``: its paragraph, its figures, its numbers."""
    there = [number for number in EXPERIMENTS if (folder / f"experiment-{number}" / "experiment.md").is_file()]
    if not there:
        return
    st.subheader(t("Experiments"), anchor=False)
    titles = {number: _heading(_page(folder, number), number) for number in there}
    chosen = st.segmented_control(
        t("Experiment"), there, default=there[0], required=True, label_visibility="collapsed",
        format_func=lambda number: f"{number} · {titles[number]}", key="experiment",
    )  # fmt: skip
    place = folder / f"experiment-{chosen}"
    _told(_page(folder, int(chosen)), place)
    for name, title in (("scores.csv", t("Scores as a table")), ("differences.csv", t("Differences as a table"))):
        table = shipped_table(name, place)
        if table is not None:
            with st.expander(title):
                st.dataframe(table, hide_index=True, key=f"experiment_{chosen}_{name}")


def _page(folder: Path, number: int) -> str:
    return (folder / f"experiment-{number}" / "experiment.md").read_text(encoding="utf-8")


def _heading(page: str, number: int) -> str:
    first = page.lstrip().splitlines()[0] if page.strip() else ""
    return plain(first.removeprefix("# ")) if first.startswith("# ") else t("Experiment {number}", number=number)


def _told(page: str, place: Path) -> None:
    """Draw a page as ``train.experiments`` writes it: a heading, paragraphs, pictures with their sentences."""
    blocks = [block.strip() for block in page.split("\n\n") if block.strip()]
    under_picture = False
    for block in blocks[1:] if blocks and blocks[0].startswith("# ") else blocks:
        picture = _PICTURE.fullmatch(block)
        if picture and (place / picture[2]).is_file():
            st.markdown(f"**{plain(picture[1])}**")
            st.image(str(place / picture[2]), width=860, alt=picture[1])
        elif under_picture:
            st.caption(plain(block))
        elif not picture:
            st.markdown(plain(block) if not block.startswith("Made by `") else block)
        under_picture = bool(picture)
