"""What the overview says first: how many posts, of which kinds, and what was noticed while reading them."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from ctse_core.figures import language_name
from ctse_core.types import UNDETERMINED, UNSORTED, Col
from ui.filter_bar import filter_chips
from ui.frame import Workspace
from ui.widgets import csv_bytes, download, plain


def headline(workspace: Workspace) -> None:
    """Draw the counts; under a filter they count the posts that pass it."""
    whole, table = workspace.whole, workspace.table
    filter_chips(whole)
    counts = whole.manifest["counts"]
    if workspace.among:
        st.caption(f"{table.height:,} of {whole.table.height:,} posts pass the filter; the figures count those.")
    else:
        st.caption(
            plain(
                f"{whole.title}: {counts['rows']:,} rows = {counts['posts']:,} posts "
                f"+ {counts['empty']:,} empty + {counts['unreadable']:,} unreadable"
            )
        )
    languages = table[Col.LANG]
    named = languages.filter(languages != UNDETERMINED).n_unique()
    copies = int(table[Col.DUPLICATE_OF].is_not_null().sum())
    clusters = table[Col.CLUSTER]
    unsorted = int((clusters == UNSORTED).sum())
    share = f"{unsorted / max(1, table.height):.0%} unsorted"
    boxes = st.columns(5)
    boxes[0].metric("Posts", f"{table.height:,}", border=True)
    boxes[1].metric("Copies among them", f"{copies:,}", border=True)
    boxes[2].metric("Languages", f"{named:,}", border=True)
    boxes[3].metric(f"Topics ({share})", f"{clusters.filter(clusters != UNSORTED).n_unique():,}", border=True)
    times = table[Col.TIME].drop_nulls()
    first, last = times.min(), times.max()
    span, year = "undated", ""
    if isinstance(first, datetime) and isinstance(last, datetime):
        span = f"{first.day} {first:%b} – {last.day} {last:%b}"
        year = f"{last:%Y}, "
    boxes[4].metric(f"Time ({year}UTC)", span, border=True)


def notes(workspace: Workspace) -> None:
    """Tell what was noticed, offer the rows that are no posts, and name the weakly supported languages."""
    whole = workspace.whole
    told = list(whole.manifest["notes"])
    repaired = whole.manifest["counts"].get("repaired", 0)
    if repaired:
        told.append(f"{repaired:,} texts had garbled letters (mojibake) and were repaired.")
    told += _support(workspace)
    if not told and not whole.empty.height and not whole.unreadable.height:
        return
    with st.expander(f"What was noticed ({len(told)})", icon=":material/info:"):
        for note in told:
            st.markdown(f"- {plain(note)}")
        for table, word in ((whole.empty, "empty"), (whole.unreadable, "unreadable")):
            if table.height:
                download(
                    f"Take away the {table.height:,} {word} rows",
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
        f"{posts:,} posts are in languages that the encoder {encoder['name']} does not claim to support "
        f"({names}): search and topics are less sure there."
    ]
