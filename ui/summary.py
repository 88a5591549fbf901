"""What the overview says first: how many posts, of which kinds, and what was noticed while reading them."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.figures import language_name
from ctse_core.masked import taken_away
from ctse_core.types import UNDETERMINED, UNSORTED, Col
from ctse_core.words import MONTHS, number, said, t
from ui.filter_bar import filter_chips
from ui.frame import Workspace
from ui.widgets import csv_bytes, download, plain


def headline(workspace: Workspace) -> None:
    """Draw the counts; under a filter they count the posts that pass it."""
    whole, table = workspace.whole, workspace.table
    filter_chips(whole)
    if workspace.among:
        st.caption(
            t(
                "{shown:,} of {number:,} posts pass the filter; the figures count those.",
                shown=table.height,
                number=whole.table.height,
            )
        )
    else:
        st.caption(plain(_account(whole)))
    languages = table[Col.LANG]
    named = languages.filter(languages != UNDETERMINED).n_unique()
    copies = int(table[Col.DUPLICATE_OF].is_not_null().sum())
    clusters = table[Col.CLUSTER]
    unsorted = int((clusters == UNSORTED).sum())
    boxes = st.columns(5)
    boxes[0].metric(t("Posts"), number(table.height), border=True)
    boxes[1].metric(t("Copies among them"), number(copies), border=True)
    boxes[2].metric(t("Languages"), number(named), border=True)
    topics = t("Topics ({share:.0%} unsorted)", share=unsorted / max(1, table.height))
    boxes[3].metric(topics, number(clusters.filter(clusters != UNSORTED).n_unique()), border=True)
    times = table[Col.TIME].drop_nulls()
    first, last = times.min(), times.max()
    span, year = t("undated"), ""
    if isinstance(first, datetime) and isinstance(last, datetime):
        span = f"{_short(first)} – {_short(last)}"
        year = f"{last:%Y}, "
    boxes[4].metric(t("Time ({year}UTC)", year=year), span, border=True)


def _account(whole: Analysis) -> str:
    """Return where the rows of the file, or of all files, went."""
    counts = whole.manifest["counts"]
    told = {"title": whole.title, **{part: counts[part] for part in ("rows", "posts", "empty", "unreadable")}}
    if counts.get("already_there"):
        return t(
            "{title}: {rows:,} rows = {posts:,} posts + {there:,} already there + {empty:,} empty + "
            "{unreadable:,} unreadable",
            there=counts["already_there"],
            **told,
        )
    return t("{title}: {rows:,} rows = {posts:,} posts + {empty:,} empty + {unreadable:,} unreadable", **told)


def _short(moment: datetime) -> str:
    return f"{moment.day} {said(MONTHS[moment.month - 1])}"


def notes(workspace: Workspace) -> None:
    """Tell what was noticed, offer the rows that are no posts, and name the weakly supported languages."""
    whole = workspace.whole
    told = list(whole.manifest["notes"])
    repaired = whole.manifest["counts"].get("repaired", 0)
    if repaired:
        told.append(t("{count:,} texts had garbled letters (mojibake) and were repaired.", count=repaired))
    told += _support(workspace)
    if not told and not whole.empty.height and not whole.unreadable.height:
        return
    away = taken_away(whole, workspace.project) if workspace.project is not None else whole
    with st.expander(t("What was noticed ({number})", number=len(told)), icon=":material/info:"):
        for note in told:
            st.markdown(f"- {plain(note)}")
        offers = (
            (away.empty, "empty", t("Take away the {count:,} empty rows", count=whole.empty.height)),
            (
                away.unreadable,
                "unreadable",
                t("Take away the {count:,} unreadable rows", count=whole.unreadable.height),
            ),
        )
        for table, word, label in offers:
            if table.height:
                download(
                    label,
                    csv_bytes(table),
                    f"{word}_rows.csv",
                    "text/csv",
                    f"{word}_rows",
                )


def _support(workspace: Workspace) -> list[str]:
    """Return a sentence on languages of these posts that the encoder does not claim to support."""
    encoder = workspace.whole.manifest["encoder"]
    supported = set(encoder.get("languages") or ())
    if not supported or (workspace.whole.manifest.get("service") or {}).get("languages"):
        return []  # measurements say more than claims: ui/encoder_choice.py shows them
    counts = workspace.whole.manifest["counts"]["languages"]
    outside = [code for code in counts if code not in supported and code != UNDETERMINED]
    if not outside:
        return []
    posts = sum(counts[code] for code in outside)
    names = ", ".join(language_name(code) for code in outside[:8])
    return [
        t(
            "{count:,} posts are in languages that the encoder {encoder} does not claim to support ({languages}): "
            "search and topics are less sure there.",
            count=posts,
            encoder=encoder["name"],
            languages=names,
        )
    ]
