"""What people take away of the posts that pass a filter: the same tables, counted anew, saying what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.analysis import Analysis
from ctse_core.crisis_layer import Layer
from ctse_core.crisis_names import need_name, place_name, state_name, urgency_name
from ctse_core.errors import SettingError
from ctse_core.figures import language_name
from ctse_core.filters import Filter
from ctse_core.manifest import counts, files_of
from ctse_core.project.sets import KeptSets
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, TopicCol

TYPICAL_POSTS = 6


@dataclass(frozen=True)
class Narrowed:
    """The posts of an analysis that pass a filter, as reports need them; row numbers are of this smaller table.

    ``manifest["filter"]`` says in words which posts these are, and of how many.
    """

    table: pl.DataFrame
    topics: pl.DataFrame
    empty: pl.DataFrame
    unreadable: pl.DataFrame
    manifest: dict[str, Any]
    title: str
    crisis: Layer | None = None


def narrowed(analysis: Analysis, among: Filter, passes: NDArray[np.bool_] | None = None) -> Analysis | Narrowed:
    """Return only what passes the filter: posts, their topics with sizes counted anew; all of it without a filter.

    ``passes`` (n,) are the posts that do where somebody found them already, in the texts as written for one.

    Raises:
        SettingError: no post passes, or the filter names a set that is not there.
    """
    if not among:
        return analysis
    passes = among.mask(analysis.table, analysis.sets) if passes is None else passes
    positions = np.flatnonzero(passes)
    if not len(positions):
        raise SettingError("No post passes the filter, so there is nothing to take away; loosen the filter.")
    table = _regrouped(analysis.table.filter(pl.Series(passes)), positions)
    topics = _counted(table, analysis.topics, positions, analysis.table.height)
    told = described(among, analysis)
    sentence = f"Only {table.height:,} of {analysis.table.height:,} posts are in this report: {told}."
    manifest = analysis.manifest | {
        "counts": counts(table, 0, 0, table.height, topics.height),
        "filter": {"posts": table.height, "of": analysis.table.height, "told": told},
        "notes": [sentence, *(analysis.manifest.get("notes") or ())],
    }
    layer = None if analysis.crisis is None else analysis.crisis.among(positions)
    return Narrowed(table, topics, analysis.empty.clear(), analysis.unreadable.clear(), manifest, analysis.title, layer)


def _regrouped(table: pl.DataFrame, positions: NDArray[np.int64]) -> pl.DataFrame:
    """Return the posts with groups of copies among themselves: the first that passed stands for each group."""
    here = pl.int_range(table.height, dtype=pl.Int64, eager=True)
    groups = pl.DataFrame({"group": table[Col.REPRESENTATIVE], "here": here})
    first = groups.select(pl.col("here").first().over("group"))["here"]
    sizes = groups.select(pl.len().over("group").alias("size"))["size"]
    ids = table[Col.POST_ID].gather(first)
    return table.with_columns(
        pl.when(first == here).then(None).otherwise(ids).alias(Col.DUPLICATE_OF),
        first.cast(table.schema[Col.REPRESENTATIVE]).alias(Col.REPRESENTATIVE),
        sizes.cast(table.schema[Col.COPIES]).alias(Col.COPIES),
    )


def _counted(table: pl.DataFrame, topics: pl.DataFrame, positions: NDArray[np.int64], posts: int) -> pl.DataFrame:
    """Return the topics that still have posts, with what is counted of them counted among these."""
    sorted_in = table.with_row_index("here").filter(pl.col(Col.CLUSTER) != UNSORTED)
    languages = (
        sorted_in.group_by(Col.CLUSTER, Col.LANG)
        .len()
        .sort("len", Col.LANG, descending=[True, False])
        .group_by(Col.CLUSTER, maintain_order=True)
        .agg(pl.col(Col.LANG).alias(TopicCol.LANGUAGES), pl.col("len").cast(pl.Int64).alias(TopicCol.LANGUAGE_POSTS))
    )
    facts = (
        sorted_in.group_by(Col.CLUSTER)
        .agg(
            pl.len().alias(TopicCol.SIZE),
            pl.col(Col.DUPLICATE_OF).null_count().alias(TopicCol.UNIQUE),
            (pl.len() / table.height).alias(TopicCol.SHARE),
            pl.col(Col.TIME).min().alias(TopicCol.FIRST),
            pl.col(Col.TIME).max().alias(TopicCol.LAST),
            pl.col(Col.STRENGTH).mean().alias(TopicCol.STRENGTH),
            pl.col("here").sort_by(Col.STRENGTH, descending=True).head(TYPICAL_POSTS).alias("strongest"),
        )
        .join(languages, on=Col.CLUSTER, how="left")
    )
    place = np.full(posts, -1, dtype=np.int64)
    place[positions] = np.arange(len(positions))
    kept = topics.select(
        pl.col(TopicCol.ID).alias(Col.CLUSTER),
        pl.col(TopicCol.TYPICAL).alias("typical_before"),
        *(name for name in topics.columns if name not in {*facts.columns, TopicCol.TYPICAL}),
    )
    whole = kept.join(facts, on=Col.CLUSTER, how="inner", maintain_order="left")
    typical = [
        [int(place[row]) for row in before or () if place[row] >= 0] or list(strongest)
        for before, strongest in whole.select("typical_before", "strongest").rows()
    ]
    whole = whole.with_columns(pl.Series(TopicCol.TYPICAL, typical, dtype=pl.List(pl.Int64)))
    return whole.select(pl.col(name).cast(kind) for name, kind in topics.schema.items())


def described(among: Filter, analysis: Analysis) -> str:
    """Return in plain words which posts a filter lets through."""
    names = dict(analysis.topics.select(TopicCol.ID, TopicCol.NAME).rows()) | {UNSORTED: UNSORTED_NAME}
    files = {number: one["name"] for number, one in enumerate(files_of(analysis.manifest))}
    said = [
        _listed("in ", [language_name(code) for code in among.languages]),
        _listed("topics ", [f"“{names.get(topic, topic)}”" for topic in among.topics]),
        f"from {among.since:%Y-%m-%d %H:%M} UTC" if among.since else "",
        f"before {among.until:%Y-%m-%d %H:%M} UTC" if among.until else "",
        "undated" if among.undated else "",
        _listed("placed in ", [place or "no place" for place in among.places]),
        _listed("tagged ", [f"“{tag}”" if tag else "with nothing" for tag in among.tags]),
        _listed("telling ", [need_name(analysis.crisis, key) for key in among.needs]),
        _listed("of urgency ", [urgency_name(level) for level in among.urgencies]),
        _listed("about ", [place_name(analysis.crisis, key) for key in among.located]),
        _listed("in state ", [state_name(state) for state in among.states]),
        _listed("in the hands of ", [owner or "nobody" for owner in among.owners]),
        f"holding “{among.words}”" if among.words else "",
        "without copies" if among.originals else "",
        "inside an outline on the map" if among.area else "",
        _listed("from file ", [f"“{files.get(file, file + 1)}”" for file in among.files]),
        *(f"in the kept posts “{_label(analysis.sets, key)}”" for key in among.sets),
    ]
    return "; ".join(part for part in said if part)


def _listed(before: str, names: list[str]) -> str:
    return before + " or ".join(names) if names else ""


def _label(sets: Mapping[str, Any], key: str) -> str:
    about = sets.about(key) if isinstance(sets, KeptSets) else None
    return about.label if about else key
