"""How many posts name each place, or bear each tag; those without one have a bar of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from ctse_core.figures.base import FAINT, PALETTE, QUIET, Figure, bin_id, blank, count, horizontal_bars, nothing
from ctse_core.figures.counts import pick_bars
from ctse_core.types import Col
from ctse_core.words import mark, said, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_PLACES = 12
MOST_TAGS = 20
PLACES_TITLE, TAGS_TITLE = mark("Places"), mark("Tags")
_PLACES = {"place": pl.Utf8, "posts": pl.Int64, "share": pl.Float64}
_TAGS = {"tag": pl.Utf8, "posts": pl.Int64, "share": pl.Float64}


def places_figure(table: pl.DataFrame, chosen: Sequence[str] | None = None) -> Figure:
    """Draw how many posts name each place, most frequent first, rarer ones together, unplaced posts last.

    The figure's table has every place, "" for unplaced posts; its ``posts`` add up to the n rows of ``table``. With
    ``chosen`` (places, maybe none) bars can be clicked, and the chosen ones stand out.
    """
    named = pl.col(Col.PLACE).cast(pl.Utf8).fill_null("").str.strip_chars() if Col.PLACE in table.columns else None
    if table.is_empty() or named is None:
        return nothing(t("There are no posts."), _PLACES, said(PLACES_TITLE))
    counted = _counted(table.select(named.alias("place")), "place", table.height)
    known = counted.filter(pl.col("place") != "")
    if known.is_empty():
        return nothing(t("None of these posts names a place."), _PLACES, said(PLACES_TITLE))
    head = known.head(MOST_PLACES if known.height > MOST_PLACES + 1 else known.height)
    bars = [(place, posts, PALETTE[0], [place]) for place, posts in head.select("place", "posts").rows()]
    rest = known.slice(head.height)
    plot = blank()
    if rest.height:
        name = t("{count:,} more places", count=rest.height)
        # Too many for an address: they are chosen one by one, in the table.
        bars.append((name, int(rest["posts"].sum()), QUIET, []))
    unplaced = table.height - int(known["posts"].sum())
    if unplaced:
        bars.append((t("Unplaced"), unplaced, FAINT, [""]))
    _drawn(plot, bars, chosen)
    sentence = t("{count:,} places named", count=known.height) + t("; most often {place}", place=head["place"][0])
    sentence += t("; {count:,} posts are unplaced", count=unplaced) if unplaced else ""
    bins = [] if chosen is None else [bin_id([place]) for place in counted["place"]]
    return Figure(plot, counted, sentence + ".", said(PLACES_TITLE), "places", tuple(bins))


def tags_figure(table: pl.DataFrame, chosen: Sequence[str] | None = None) -> Figure:
    """Draw how many posts bear each tag, most frequent first, untagged posts last.

    A post with two tags is counted for both. The figure's table has every tag, "" for untagged posts. With
    ``chosen`` (tags, maybe none) bars can be clicked, and the chosen ones stand out.
    """
    if table.is_empty() or Col.TAGS not in table.columns:
        return nothing(t("There are no posts."), _TAGS, said(TAGS_TITLE))
    tags = table[Col.TAGS].fill_null([])
    untagged = int((tags.list.len() == 0).sum())
    flat = tags.filter(tags.list.len() > 0).explode().alias("tag").to_frame()
    if untagged:
        flat = pl.concat([flat, pl.DataFrame({"tag": [""] * untagged})])
    counted = _counted(flat, "tag", table.height)
    known = counted.filter(pl.col("tag") != "")
    if known.is_empty():
        return nothing(t("None of these posts has a tag."), _TAGS, said(TAGS_TITLE))
    head = known.head(MOST_TAGS if known.height > MOST_TAGS + 1 else known.height)
    bars = [(tag, posts, PALETTE[0], [tag]) for tag, posts in head.select("tag", "posts").rows()]
    rest = known.slice(head.height)
    if rest.height:
        together = int(
            table.select(pl.col(Col.TAGS).list.set_intersection(rest["tag"].to_list()).list.len() > 0).sum().item()
        )
        bars.append((t("{count:,} more tags", count=rest.height), together, QUIET, rest["tag"].to_list()))
    if untagged:
        bars.append((t("Untagged"), untagged, FAINT, [""]))
    plot = blank()
    _drawn(plot, bars, chosen)
    tagged = count(table.height - untagged, "post")
    sentence = t("{posts} bear {number} different tags", posts=tagged, number=known.height)
    sentence += t("; {count:,} posts are untagged", count=untagged) if untagged else ""
    bins = [] if chosen is None else [bin_id([tag]) for tag in counted["tag"]]
    return Figure(plot, counted, sentence + ".", said(TAGS_TITLE), "tags", tuple(bins))


def _counted(names: pl.DataFrame, column: str, posts: int) -> pl.DataFrame:
    """Return how often each name stands there, most frequent first, "" last."""
    return (
        names.group_by(column)
        .agg(pl.len().cast(pl.Int64).alias("posts"))
        .sort(pl.col(column) == "", "posts", column, descending=[False, True, False])
        .with_columns((pl.col("posts") / posts).alias("share"))
    )


def _drawn(plot: go.Figure, bars: Sequence[tuple[str, int, str, Sequence[str]]], chosen: Sequence[str] | None) -> None:
    names, posts, colours, stand_for = zip(*bars, strict=True)
    horizontal_bars(plot, names, [(t("Posts"), posts, list(colours))], pick_bars(stand_for, chosen))
