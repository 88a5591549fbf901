"""What the overview says first: how many posts, of which kinds, and what was noticed while reading them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.figures import language_name
from ctse_core.masked import masked
from ctse_core.types import UNDETERMINED, UNSORTED, Col
from ctse_core.words import MONTHS, number, said, t
from ui.filter_bar import filter_chips
from ui.frame import Workspace
from ui.widgets import csv_bytes, download, plain


def headline(workspace: Workspace) -> None:
    """Draw the counts; under a filter they count the posts that pass it."""
    whole = workspace.whole
    filter_chips(whole)
    if workspace.among:
        st.caption(
            t(
                "{shown:,} of {number:,} posts pass the filter; the figures count those.",
                shown=workspace.count(workspace.among),
                number=whole.table.height,
            )
        )
    else:
        st.caption(plain(_account(whole)))
    told = workspace.kept("headline", lambda: _counted(workspace.table))
    boxes = st.columns(5)
    boxes[0].metric(t("Posts"), number(told.posts), border=True)
    boxes[1].metric(t("Copies among them"), number(told.copies), border=True)
    boxes[2].metric(t("Languages"), number(told.languages), border=True)
    topics = t("Topics ({share:.0%} unsorted)", share=told.unsorted / max(1, told.posts))
    boxes[3].metric(topics, number(told.topics), border=True)
    span, year = t("undated"), ""
    if told.first is not None and told.last is not None:
        span = f"{_short(told.first)} – {_short(told.last)}"
        year = f"{told.last:%Y}, "
    boxes[4].metric(t("Time ({year}UTC)", year=year), span, border=True)


@dataclass(frozen=True)
class _Counts:
    posts: int
    copies: int
    languages: int
    topics: int
    unsorted: int
    first: datetime | None
    last: datetime | None


def _counted(table: pl.DataFrame) -> _Counts:
    """Return what the first line of figures says of the posts of a table (n rows)."""
    languages, clusters = table[Col.LANG].unique(), table[Col.CLUSTER]
    first, last = table[Col.TIME].min(), table[Col.TIME].max()
    return _Counts(
        posts=table.height,
        copies=int(table[Col.DUPLICATE_OF].is_not_null().sum()),
        languages=len(languages.filter(languages != UNDETERMINED)),
        topics=len(clusters.unique().drop_nulls()) - int((clusters == UNSORTED).any()),
        unsorted=int((clusters == UNSORTED).sum()),
        first=first if isinstance(first, datetime) else None,
        last=last if isinstance(last, datetime) else None,
    )


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
    away = masked(whole, workspace.project) if workspace.project is not None else whole
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
