"""The analysis of tests.sample_analysis with what responders ask: invented needs, places, levels, people at work."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from ctse_core.crisis_layer import MENTIONS_SCHEMA, PLACES_SCHEMA, Layer, with_surroundings
from ctse_core.types import Col
from tests.sample_analysis import PLACES, sample_analysis

NEEDS = {
    "water": "Water",
    "search": "Search and rescue",
    "shelter": "Shelter",
    "info": "Information",
    "never": "Unused",
}
SCHEME: Any = SimpleNamespace(
    key="trec_is", types=[SimpleNamespace(key=key, name=name, asks=False) for key, name in NEEDS.items()]
)


@dataclasses.dataclass(frozen=True)
class CrisisSample:
    """What the report needs of an analysis, the layer of needs and places with it."""

    table: pl.DataFrame
    topics: pl.DataFrame
    empty: pl.DataFrame
    unreadable: pl.DataFrame
    manifest: dict[str, Any]
    crisis: Layer
    title: str = "selva_flood_posts.csv"


def sample_crisis(posts: int = 300) -> CrisisSample:
    """Return the sample with needs, urgency, places, states and sources; a third of the posts unplaced."""
    base = sample_analysis(posts)
    rng = np.random.default_rng(11)
    keys = [f"g{100 + number}" for number in range(len(PLACES))]
    located = [
        [key for key, name in zip(keys, PLACES, strict=True) if name in text][:2] if rng.random() < 0.7 else []
        for text in base.table[Col.TEXT]
    ]
    located[0] = ["cXX"]
    places = _places(keys)
    own = rng.random(base.table.height) < 0.1
    at = {key: (lat, lon) for key, lat, lon in places.select("key", "lat", "lon").rows()}
    lat = [-12.3456789 if mine else None for mine in own]
    lon = [140.123456789 if mine else None for mine in own]
    centres = [at[one[0]] if one and one[0].startswith("g") else (None, None) for one in located]
    names = list(NEEDS)[:4]
    needs = [[names[cluster]] if 0 <= cluster < 4 else [] for cluster in base.table[Col.CLUSTER]]
    needs[1] = ["water", "search"]
    table = base.table.with_columns(
        pl.Series(Col.LAT, lat, dtype=pl.Float64),
        pl.Series(Col.LON, lon, dtype=pl.Float64),
        pl.Series(Col.TAGS, [["to verify"] if row % 40 == 0 else [] for row in range(base.table.height)]),
        pl.Series(Col.NEEDS, needs, dtype=pl.List(pl.Utf8)),
        pl.Series(Col.URGENCY, [None if row % 9 == 0 else row % 4 for row in range(base.table.height)], dtype=pl.Int8),
        pl.Series(Col.URGENCY_SCORE, rng.random(base.table.height), dtype=pl.Float32),
        pl.Series(Col.LOCATED, located, dtype=pl.List(pl.Utf8)),
        pl.Series(Col.STATE, np.where(rng.random(base.table.height) < 0.1, "done", "new")),
        pl.Series(Col.OWNER, ["Mira" if row % 50 == 0 else None for row in range(base.table.height)], dtype=pl.Utf8),
        pl.Series(Col.NOTE, ["=1+1 asked back" if row == 3 else None for row in range(base.table.height)]),
        pl.Series(Col.INDEPENDENT, base.table[Col.COPIES]),
        pl.Series(Col.REPEATED, base.table[Col.COPIES] > 5),
    )
    coordinates = [(-12.3456789, 140.123456789) if mine else centre for mine, centre in zip(own, centres, strict=True)]
    table = table.with_columns(
        pl.Series(Col.AT_LAT, [one[0] for one in coordinates], dtype=pl.Float64),
        pl.Series(Col.AT_LON, [one[1] for one in coordinates], dtype=pl.Float64),
        with_surroundings(table[Col.LOCATED], places),
    )
    layer = Layer(SCHEME, places, _mentions(located))
    return CrisisSample(table, base.topics, base.empty, base.unreadable, base.manifest, layer)


def _places(keys: list[str]) -> pl.DataFrame:
    towns = [
        (key, name, "town", "XX", "07", -10.0 - n, 100.5 + n, 1000 * n)
        for n, (key, name) in enumerate(zip(keys, PLACES, strict=True))
    ]
    around = [
        ("aXX.07", "Selva", "region", "XX", "07", -11.5, 101.5, None),
        ("cXX", "Nowhere", "country", "XX", None, -11.0, 102.0, None),
    ]
    return pl.DataFrame([*towns, *around], schema=PLACES_SCHEMA, orient="row")


def _mentions(located: list[list[str]]) -> pl.DataFrame:
    rows = [(post, key, key, 0, 3, 0.8, "named so") for post, keys in enumerate(located) for key in keys]
    return pl.DataFrame(rows, schema=MENTIONS_SCHEMA, orient="row")
