"""What responders ask of posts, laid over an analysis: what is needed, how urgent, where, who looked at it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.gazetteer import PLACES_SCHEMA
from ctse_core.crisis.gazetteer import VERSION as GAZETTEER
from ctse_core.errors import EncoderError
from ctse_core.places_layer import RULES, Located, place_columns, read_places
from ctse_core.private_marks import private_marks
from ctse_core.project.place_marks import newest_mark
from ctse_core.remembered import laid, remembered
from ctse_core.sources_layer import SOURCES, source_columns
from ctse_core.types import Col, Progress, no_progress

if TYPE_CHECKING:
    from ctse_core.crisis.schemes import Scheme
    from ctse_core.encoders import Encoder
    from ctse_core.project import Project
    from ctse_core.stored import Analysis

MENTIONS_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    "key": pl.Utf8,
    "said": pl.Utf8,
    "start": pl.Int64,
    "end": pl.Int64,
    "confidence": pl.Float64,
    "why": pl.Utf8,
}


@dataclasses.dataclass(frozen=True)
class Layer:
    """What the columns of needs and places speak of.

    ``scheme`` names the information types that ``needs`` holds the keys of. ``places`` has a row for each place that
    ``located`` and ``within`` hold the keys of: key, name, kind ("country", "region" or "town"), country (two letters),
    region (its key's part after the country, null for countries), lat, lon (degrees), population. ``mentions`` has a
    row for each place read out of a post: position, key, said, start, end (letters of the text as written), confidence
    in [0, 1], why.
    """

    scheme: Scheme | None = None
    places: pl.DataFrame = dataclasses.field(default_factory=lambda: pl.DataFrame(schema=PLACES_SCHEMA))
    mentions: pl.DataFrame = dataclasses.field(default_factory=lambda: pl.DataFrame(schema=MENTIONS_SCHEMA))

    @cached_property
    def place_names(self) -> dict[str, str]:
        """The name of each place by its key."""
        return dict(self.places.select("key", "name").iter_rows())

    @property
    def need_names(self) -> dict[str, str]:
        """The name of each information type by its key, in the language that is spoken now."""
        return {} if self.scheme is None else {one.key: one.name for one in self.scheme.types}

    @cached_property
    def asking(self) -> frozenset[str]:
        """The keys of the information types that ask somebody to act; figures of needs show them before the others."""
        return frozenset() if self.scheme is None else frozenset(one.key for one in self.scheme.types if one.asks)

    def among(self, positions: NDArray[np.int64]) -> Layer:
        """Return the layer of a smaller table that has the posts at ``positions`` (m,), ascending, and no others."""
        here = pl.DataFrame({"position": positions, "here": pl.int_range(len(positions), dtype=pl.Int64, eager=True)})
        mentions = self.mentions.join(here, on="position", how="inner", maintain_order="left")
        mentions = mentions.with_columns(pl.col("here").alias("position")).drop("here")
        return dataclasses.replace(self, mentions=mentions)


def with_crisis(analysis: Analysis, project: Project) -> Analysis:
    """Return the analysis with the columns that responders ask for, and the ``crisis`` layer that explains them.

    Raises:
        ProjectError: what people added cannot be read.
    """
    # Each part adds its own columns and depends only on what people changed in that part; see remembered.
    table, layer = analysis.table, Layer()
    table = table.with_columns(_triage(analysis, project).get_columns())
    needs, layer = _needs(analysis, project, layer)
    table = table.with_columns(needs.get_columns())
    located = place_columns(analysis, project)
    table = table.with_columns(*located.columns.get_columns(), _within(analysis, project, located))
    layer = dataclasses.replace(layer, places=located.places, mentions=located.mentions)
    placed = dataclasses.replace(analysis, table=table)
    table = table.with_columns(_sources(placed, project).get_columns())
    return dataclasses.replace(analysis, table=table, crisis=layer)


def _needs(analysis: Analysis, project: Project, layer: Layer) -> tuple[pl.DataFrame, Layer]:
    """Return the columns of needs and urgency, and the layer with the scheme; nothing told without the encoder."""
    from ctse_core.needs_layer import needs_columns, nothing_told, scheme_of

    # An encoder that is gone must not close the project, nor be looked for at every click.
    gone = remembered("encoders gone", (str(project.folder), str(analysis.manifest["fingerprint"])), set[bool])
    try:
        needs = nothing_told(analysis.table.height) if gone else needs_columns(analysis, project)
    except EncoderError:
        gone.add(True)
        needs = nothing_told(analysis.table.height)
    return needs, dataclasses.replace(layer, scheme=scheme_of(project))


def _within(analysis: Analysis, project: Project, located: Located) -> pl.Series:
    run = (str(analysis.manifest["fingerprint"]), analysis.table.height, GAZETTEER, RULES)

    def made() -> dict[str, pl.DataFrame]:
        return {"within": with_surroundings(located.columns[Col.LOCATED], located.places).to_frame()}

    return laid("within", project, (*run, newest_mark(project.folder)), made)["within"][Col.WITHIN]


def _sources(analysis: Analysis, project: Project) -> pl.DataFrame:
    run = (str(analysis.manifest["fingerprint"]), analysis.table.height, SOURCES, GAZETTEER, RULES)
    depends_on = (*run, newest_mark(project.folder))
    return laid("sources", project, depends_on, lambda: {"sources": source_columns(analysis, project)})["sources"]


def _triage(analysis: Analysis, project: Project) -> pl.DataFrame:
    from ctse_core.project.triage import newest_deed, triage_columns

    posts, run = analysis.table.height, analysis.manifest.get("made")
    depends_on = (str(project.folder), run, posts, newest_deed(project.folder))
    return remembered("triage", depends_on, lambda: triage_columns(project.folder, posts))


def prepare(
    analysis: Analysis, project: Project, progress: Progress = no_progress, load: Callable[[], Encoder] | None = None
) -> None:
    """Make what the layer needs and keep it in the project, so that the first page finds it.

    The posts as they were read are meant, without what people changed. ``load`` gives the encoder that made the
    vectors, where it is at hand.
    """
    from ctse_core.masked import masked
    from ctse_core.needs_layer import needs_columns

    read_places(analysis, project, progress)
    with suppress(EncoderError):
        needs_columns(analysis, project, progress, load)
    whole = with_crisis(analysis, project)
    private_marks(whole, project, progress)
    masked(whole, project)


def with_surroundings(located: pl.Series, places: pl.DataFrame) -> pl.Series:
    """Return for each post's list of place keys (n lists) the same and the regions and countries around them."""
    around: dict[str, list[str]] = {}
    for key, kind, country, region in places.select("key", "kind", "country", "region").iter_rows():
        outer = [f"a{country}.{region}"] if kind == "town" and country and region else []
        around[key] = [key, *outer, *([f"c{country}"] if kind != "country" and country else [])]
    flat = pl.DataFrame({"post": pl.int_range(len(located), eager=True), "key": located}).explode("key").drop_nulls()
    wider = pl.DataFrame(
        {"key": list(around), "within": list(around.values())}, schema={"key": pl.Utf8, "within": pl.List(pl.Utf8)}
    )
    found = (
        flat.join(wider, on="key", how="left", maintain_order="left")
        .with_columns(pl.coalesce("within", pl.concat_list("key")).alias("within"))
        .select("post", "within")
        .explode("within")
        .unique(maintain_order=True)
        .group_by("post", maintain_order=True)
        .agg(pl.col("within"))
    )
    posts = pl.DataFrame({"post": pl.int_range(len(located), eager=True)})
    lists = posts.join(found, on="post", how="left", maintain_order="left")["within"]
    return lists.fill_null(pl.Series([[]], dtype=pl.List(pl.Utf8))).alias(Col.WITHIN)
