"""Bursts as bars over time: what flared up, since when, where it peaked, how much more it was than usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from ctse_core.figures.base import (
    NOT_CHOSEN,
    PALETTE,
    Figure,
    all_or_some,
    bin_id,
    blank,
    isolated,
    label,
    nothing,
    shorten,
    tick,
)
from ctse_core.figures.over_time import none_dated
from ctse_core.figures.periods import Periods, TimeChoice, cut_time, on_clocks, zone_words
from ctse_core.figures.topic_cells import CELLS
from ctse_core.words import mark, number, said, t

BURSTS_TITLE = mark("What flared up, and since when")
MOST_ROWS = 14
LEAST_WIDTH = 0.012  # of the axis, so that a short burst can be seen and clicked
_COLOURS = {"all": PALETTE[0], "topic": PALETTE[1], "need": PALETTE[6], "place": PALETTE[2]}
_FIELDS = {"topic": "topics", "need": "needs", "place": "located"}


def bursts_figure(
    found: pl.DataFrame, table: pl.DataFrame, zone: str = "UTC", chosen: TimeChoice | None = None
) -> Figure:
    """Draw the bursts ``found`` among the posts of ``table``, a row for each thing that flared up, the strongest first.

    ``found`` has the columns of ``when.bursts_in``. Only the strongest rows are drawn, the figure's table has all. With
    ``chosen`` a click on a bar, or a marked row of the table, chooses what flared up and when.
    """
    title = said(BURSTS_TITLE)
    columns = {t("what"): pl.Utf8, t("since"): pl.Utf8}
    periods = cut_time(table, zone=zone) if table.height else None
    if periods is None:
        why = none_dated(table) if table.height else t("There are no posts")
        return nothing(t("{why}, so nothing can be seen to flare up.", why=why), columns, title)
    if not found.height:
        return nothing(t("Nothing flared up: posts came about as usual all the time."), columns, title)
    named = found.with_columns(pl.Series("what", [_what(*row) for row in found.select("kind", "name", "key").rows()]))
    ids = [_id(row) for row in named.iter_rows(named=True)]
    plot = _drawn(named, ids, periods, chosen)
    bins = tuple(ids) if chosen is not None else ()
    return Figure(plot, _told(named, zone), _summary(named, periods), title, CELLS if bins else "", bins)


def _what(kind: str, name: str, key: str) -> str:
    if kind == "all":
        return t("All posts")
    plain = shorten(name, 60) or key
    if kind == "need":
        return t("Need: {name}", name=plain)
    return t("Place: {name}", name=plain) if kind == "place" else plain


def _id(row: dict[str, Any]) -> str:
    """Return what a burst stands for in the filter: its topic, need or place, and its time to the next second."""
    end = row["end"].replace(microsecond=0) + timedelta(seconds=1)
    time = {"time": [_written(row["start"].replace(microsecond=0)), _written(end)]}
    if row["kind"] not in _FIELDS:
        return bin_id(time)
    key = int(row["key"]) if row["kind"] == "topic" else row["key"]
    return bin_id({_FIELDS[row["kind"]]: [key], **time})


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rows(named: pl.DataFrame) -> list[tuple[str, str]]:
    """Return what is drawn in a row each: all posts first, then by their strongest burst."""
    order = named.select("kind", "key").unique(maintain_order=True).rows()
    order.sort(key=lambda one: one[0] != "all")
    return order[:MOST_ROWS]


def _drawn(named: pl.DataFrame, ids: list[str], periods: Periods, chosen: TimeChoice | None) -> Any:
    rows = _rows(named)
    place = {one: at for at, one in enumerate(rows)}
    low, high = periods.edges[0], periods.edges[-1]
    least = (high - low) * LEAST_WIDTH
    plot = blank(80 + 30 * max(2, len(rows)))
    drawn = [(at, row) for at, row in enumerate(named.iter_rows(named=True)) if (row["kind"], row["key"]) in place]
    drawn.sort(key=lambda one: one[1]["inner"])  # drawn over the one around it
    among = all_or_some([bool(chosen and chosen.holds(row["start"], row["end"])) for _, row in drawn])
    for (at, row), full in zip(drawn, among, strict=True):
        start, end = (min(max(on_clocks(row[name], periods.zone), low), high) for name in ("start", "end"))
        end = max(end, start + least)
        colour = _COLOURS.get(row["kind"], PALETTE[1])
        plot.add_bar(
            orientation="h", y=[place[row["kind"], row["key"]]], base=[start],
            x=[(end - start).total_seconds() * 1000], width=0.72 if row["inner"] else 0.5,
            ids=[ids[at]] if chosen is not None else None, customdata=[_hover(row, periods.zone)],
            text=f"×{row['times']:.0f}", textposition="inside", insidetextanchor="start",
            hovertemplate="%{customdata}<extra></extra>",
            marker={"color": colour, "line": {"width": 0}, "opacity": 1.0 if full else NOT_CHOSEN},
        )  # fmt: skip
    plot.add_scatter(
        x=[min(max(on_clocks(row["peak"], periods.zone), low), high) for _, row in drawn],
        y=[place[row["kind"], row["key"]] for _, row in drawn], mode="markers", hoverinfo="skip",
        marker={"symbol": "line-ns-open", "size": 17, "line": {"width": 2, "color": "#fff"}, "color": "#fff"},
    )  # fmt: skip
    names = dict(zip(named.select("kind", "key").rows(), named["what"].to_list(), strict=True))
    plot.update_layout(barmode="overlay", showlegend=False, uniformtext={"mode": "hide", "minsize": 11})
    plot.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[tick(names[one], 34) for one in rows],
        range=[len(rows) - 0.5, -0.5], showgrid=False, fixedrange=True,
    )  # fmt: skip
    plot.update_xaxes(title_text=zone_words(periods.zone, periods.starts[0]), type="date", range=[low, high])
    plot.update_xaxes(fixedrange=True)
    return plot


def _hover(row: dict[str, Any], zone: str) -> str:
    lines = [
        isolated(row["what"], 80),
        t("Since {start}, peak {peak}, until {end}", **_times(row, zone)),
        t("{count:,} unique posts, where {usual} are usual", count=row["posts"], usual=_usual(row["usual"])),
    ]
    if row["authors"] == 1:
        lines.append(t("All by one author"))
    elif row["authors"] is not None:
        lines.append(t("By {count:,} authors", count=row["authors"]))
    if row["from_first"]:
        lines.append(t("It may have begun before the file does"))
    if row["to_last"]:
        lines.append(t("It reaches the newest post"))
    return "<br>".join(line if at == 0 else label(line, 120) for at, line in enumerate(lines))


def _times(row: dict[str, Any], zone: str) -> dict[str, str]:
    return {name: _at(row[name], zone) for name in ("start", "peak", "end")}


def _at(moment: datetime, zone: str) -> str:
    return f"{on_clocks(moment, zone):%Y-%m-%d %H:%M}"


def _usual(usual: float) -> str:
    return number(round(usual)) if usual >= 1 else t("under one")


def _told(named: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return every burst in words, the strongest first."""
    told = {
        t("what"): named["what"].to_list(),
        t("since"): [_at(at, zone) for at in named["start"].to_list()],
        t("peak"): [_at(at, zone) for at in named["peak"].to_list()],
        t("until"): [_at(at, zone) for at in named["end"].to_list()],
        t("unique posts"): named["posts"],
        t("usual"): [round(one, 1) for one in named["usual"].to_list()],
        t("times the usual"): [round(one, 1) for one in named["times"].to_list()],
        t("authors"): named["authors"],
        t("goes on"): named["to_last"],
    }
    return pl.DataFrame(told)


def _summary(named: pl.DataFrame, periods: Periods) -> str:
    things = named.select("kind", "key").n_unique()
    parts = named.filter(pl.col("kind") != "all")  # that everything flared up is plain to see
    row = (parts if parts.height else named).row(0, named=True)
    start = t("{count:,} bursts of {things:,} topics, needs or places", count=named.height, things=things)
    told = t(
        "the strongest is “{name}”, since {start} ({zone}): {posts:,} unique posts, where {usual} are usual",
        name=row["what"], start=_at(row["start"], periods.zone), zone=zone_words(periods.zone, periods.starts[0]),
        posts=row["posts"], usual=_usual(row["usual"]),
    )  # fmt: skip
    beside = t("Copies count once; a topic, need or place flares up where its share of all posts rises as well.")
    one = named.filter(pl.col("authors") == 1).height
    alone = " " + t("{count:,} of them are the work of one author each.", count=one) if one else ""
    return f"{start}; {told}. {beside}{alone}"
