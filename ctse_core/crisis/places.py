"""Names of places in posts ─▶ which place each one means, weighed together over posts on one topic.

Toponyms are resolved for groups of posts, as in TAGGS (de Bruijn, de Moel, Jongman, Wagemaker and Aerts, "TAGGS:
Grouping Tweets to Improve Global Geoparsing for Disaster Response", Journal of Geovisualization and Spatial Analysis,
2018): what the posts of one topic and day say of countries decides between places of one name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.gazetteer import COUNTRY, REGION, TOWN, Gazetteer
from ctse_core.crisis.mentions import FOUND_SCHEMA, common_words, find_names, read_words
from ctse_core.crisis.place_signs import finds_in, signs_of
from ctse_core.types import Progress, no_progress
from ctse_core.words import mark

LIKELY = 0.5  # least probability that a name is a place at all
SURE = 0.3  # least probability of this very place
POSSIBLE = 0.12  # what a person is shown as a name that may be a place
MOST_CANDIDATES = 30  # of one name
KEPT_CANDIDATES = 6
FEW = 2.0  # places of a topic under which it leans on all posts
OWN_SIZE = 6.0  # the file's own places count as towns of a million people
LARGE = 100_000  # people of a town after which a region is named
ROUNDS = 3
CANDIDATES_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    "start": pl.Int64,
    "end": pl.Int64,
    "said": pl.Utf8,
    "key": pl.Utf8,
    "likely": pl.Float64,
    "share": pl.Float64,
    "why": pl.Utf8,
}


@dataclass(frozen=True)
class Surroundings:
    """What is known of each post besides its text, each (n,): its day is -1 and its degrees NaN where unknown."""

    topics: NDArray[np.int64]
    days: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]


@dataclass
class _Weighing:
    """The candidates of all finds below each other (c,), each with the number of its find."""

    find: NDArray[np.int64]
    country: NDArray[np.int64]
    topic: NDArray[np.int64]
    name: NDArray[np.int64]
    fixed: NDArray[np.float64]  # what does not change from round to round
    sign: NDArray[np.float64]
    importance: NDArray[np.float64]
    told: NDArray[np.bool_]
    share: NDArray[np.float64]  # of its find's candidates
    likely: NDArray[np.float64]


def candidates_of(
    texts: Sequence[str], around: Surroundings, gazetteer: Gazetteer, progress: Progress = no_progress
) -> pl.DataFrame:
    """Return what each name in ``texts`` (n,) may mean: rows of CANDIDATES_SCHEMA, of each name the likeliest first.

    ``likely`` is the probability that the name is a place here, ``share`` that it is this one of its candidates, both
    in [0, 1]; ``why`` are codes.
    """
    finds = finds_of(texts, gazetteer, progress)
    progress(0.6, mark("Weighing which places are meant"))
    return weighed(finds, around, gazetteer)


def finds_of(texts: Sequence[str], gazetteer: Gazetteer, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the names of places in ``texts`` (n,) and what stands around them: rows of FINDS_SCHEMA.

    They are of each text by itself: those of more texts come below, with their positions moved.
    """
    words = read_words(texts, progress)
    return finds_in(texts, words, find_names(texts, words, gazetteer))


def weighed(finds: pl.DataFrame, around: Surroundings, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return what the finds (FINDS_SCHEMA) of all n posts may mean, as ``candidates_of`` does."""
    signs = signs_of(finds)
    capitals = [said.isupper() and shape != "upper" for said, shape in finds.select("said", "shape").iter_rows()]
    found = finds.select(*FOUND_SCHEMA, "said").with_columns(
        pl.Series("sign", [sign.weight if sign else None for sign in signs], dtype=pl.Float64),
        pl.Series("why", [";".join(sign.why) if sign else "" for sign in signs], dtype=pl.Utf8),
        pl.Series("capitals", capitals, dtype=pl.Boolean),
    )
    return resolve(found.drop_nulls("sign"), around, gazetteer)


def resolve(found: pl.DataFrame, around: Surroundings, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return the candidates of the finds, weighed; ``found`` has those of FOUND_SCHEMA, sign, why, said, capitals."""
    table = _joined(found, gazetteer)
    if not table.height:
        return pl.DataFrame(schema=CANDIDATES_SCHEMA)
    table = table.with_columns(
        pl.Series("topic", around.topics[table["position"].to_numpy()]),
        pl.Series("day", around.days[table["position"].to_numpy()]),
        _told_above(table),
    )
    weighing = _begin(table, around)
    for _ in range(ROUNDS):
        support = _support(weighing)
        _weigh(weighing, table, support)
    table = table.with_columns(
        pl.Series("share", weighing.share), pl.Series("likely", weighing.likely), pl.Series("support", support)
    )
    return _told(table)


def _joined(found: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return a row for each find and each place of that name, the most populous ones."""
    names = found.select("name").unique().join(gazetteer.names, on="name")
    places = gazetteer.places.with_row_index("place").with_columns(pl.col("place").cast(pl.UInt32))
    names = names.join(places, on="place")
    names = names.filter(pl.col("population").rank("ordinal", descending=True).over("name") <= MOST_CANDIDATES)
    table = found.with_row_index("find").join(names, on="name", maintain_order="left")
    return _without_stray_codes(table.filter(~pl.col("code") | pl.col("capitals")))


def _without_stray_codes(table: pl.DataFrame) -> pl.DataFrame:
    """Leave out codes that are also words ("ID", "OK") but right behind a place of their country ("Moore, OK")."""
    before = table.select("position", (pl.col("first") + pl.col("words")).alias("first"), "country").unique()
    before = before.with_columns(pl.lit(True).alias("behind"))
    told = table.join(before, on=["position", "first", "country"], how="left", maintain_order="left")
    word = pl.col("name").is_in(common_words()[0]) & pl.col("code") & (pl.col("kind") == REGION)
    return told.filter(~word | pl.col("behind").fill_null(False)).drop("behind")


def _told_above(table: pl.DataFrame) -> pl.Series:
    """Return for each candidate 2 where the post names its region, 1 where it names its country, else 0."""
    told = np.zeros(table.height, np.int8)
    for kind, level, by in ((COUNTRY, 1, ["country"]), (REGION, 2, ["country", "region"])):
        above = table.filter(pl.col("kind") == kind).select("position", *by, pl.col("find").alias("other")).unique()
        here = table.select("position", *by, "find").with_row_index("row")
        rows = here.join(above, on=["position", *by]).filter(pl.col("other") != pl.col("find"))["row"].unique()
        inner = (table["kind"] != kind).to_numpy() & (table["kind"] != COUNTRY).to_numpy()
        chosen = rows.to_numpy()
        told[chosen[inner[chosen]]] = level
    return pl.Series("told", told)


def _begin(table: pl.DataFrame, around: Surroundings) -> _Weighing:
    kind = table["kind"]
    people = table["population"].to_numpy().astype(float)
    is_country, is_region = (kind == COUNTRY).to_numpy(), (kind == REGION).to_numpy()
    size = np.log10(np.where(is_region, people / 3, people) + 100)
    own = table["key"].str.starts_with("x").to_numpy()
    size = np.where(own, OWN_SIZE, size)
    importance = np.where(is_country, 2.4, np.where(is_region, 0.8, np.clip((size - 5) * 0.9, -2.2, 1.2)))
    told = table["told"].to_numpy()
    near = _nearness(table, around)
    fixed = (
        0.9 * size + 3.0 * is_country + np.where(told == 2, 3.5, np.where(told == 1, 3.0, 0.0)) + near
        + 0.4 * table["main"].to_numpy() - 4.0 * _named_after_town(table)
    )  # fmt: skip
    codes = table["country"].fill_null("").cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    count = table.height
    return _Weighing(
        find=table["find"].rle_id().to_numpy().astype(np.int64),
        country=np.unique(codes, return_inverse=True)[1],
        topic=np.unique(table["topic"].to_numpy(), return_inverse=True)[1],
        name=table["name"].rank("dense").to_numpy().astype(np.int64),
        fixed=fixed,
        sign=table["sign"].to_numpy(),
        importance=importance,
        told=told > 0,
        share=np.zeros(count),
        likely=np.full(count, 0.0),
    )


def _named_after_town(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Return which candidates are regions that bear the name of a large town in them: the town is meant."""
    towns = table.filter(
        (pl.col("kind") == TOWN) & (pl.col("population") >= pl.when("main").then(LARGE).otherwise(10 * LARGE))
    )
    towns = towns.select("find", "country", "region", pl.lit(True).alias("town")).unique()
    after = table.select("find", "country", "region", "kind").join(
        towns, on=["find", "country", "region"], how="left", maintain_order="left"
    )
    return ((after["kind"] == REGION) & after["town"].fill_null(False)).to_numpy()


def _nearness(table: pl.DataFrame, around: Surroundings) -> NDArray[np.float64]:
    """Return what a post's own coordinates say: more for places within some hundred kilometres of them."""
    positions = table["position"].to_numpy()
    lat, lon = around.lat[positions], around.lon[positions]
    away = np.hypot(
        table["lat"].fill_null(np.nan).to_numpy() - lat,
        (table["lon"].fill_null(np.nan).to_numpy() - lon) * np.cos(np.radians(np.nan_to_num(lat))),
    )
    return np.where(np.isnan(away), 0.0, 3.0 * np.exp(-np.nan_to_num(away, nan=1e3) / 2.0))


def _support(weighing: _Weighing) -> NDArray[np.float64]:
    """Return for each candidate the share in [0, 1] of its topic's other names that lie in its country.

    In the first round only countries and large towns speak; a topic with few places leans on all posts. A name does not
    speak for itself, however often it is said.
    """
    weight: NDArray[np.float64] = weighing.share * weighing.likely
    if not weight.any():
        weight = np.where(weighing.importance > 0.5, 1.0, 0.02) / (1.0 + np.exp(-weighing.sign))
    everywhere = np.zeros_like(weighing.topic)
    here, here_all = _others(weight, weighing, weighing.topic)
    there, there_all = _others(weight, weighing, everywhere)
    overall = there / np.maximum(there_all, 1e-9)
    support: NDArray[np.float64] = (here + FEW * overall) / (here_all + FEW)
    return support


def _others(
    weight: NDArray[np.float64], weighing: _Weighing, group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each candidate the weight of the other names of its group in its country, and in all countries."""

    def total(*by: NDArray[np.int64]) -> NDArray[np.float64]:
        keys = np.zeros_like(group)
        for column in by:
            keys = keys * (int(column.max()) + 1) + column
        where = np.unique(keys, return_inverse=True)[1]
        return np.bincount(where, weights=weight)[where].astype(np.float64)

    country, name = weighing.country, weighing.name
    here = total(group, country) - total(group, country, name)
    everywhere = total(group) - total(group, name)
    return np.maximum(here, 0.0), np.maximum(everywhere, 0.0)


def _weigh(weighing: _Weighing, table: pl.DataFrame, support: NDArray[np.float64]) -> None:
    """Set shares and likelihoods anew from what the other posts say of countries."""
    score = weighing.fixed + 1.3 * np.log((support + 0.02) / 0.02)
    group = table.select("name", "topic", "day", "place").with_columns(pl.Series("score", score))
    pooled = group.select(pl.col("score").mean().over("name", "topic", "day", "place"))["score"].to_numpy()
    score = 1.3 * (0.5 * score + 0.5 * pooled)
    finds = int(weighing.find.max()) + 1
    best = np.full(finds, -np.inf)
    np.maximum.at(best, weighing.find, score)
    raised = np.exp(score - best[weighing.find])
    weighing.share = raised / np.bincount(weighing.find, weights=raised, minlength=finds)[weighing.find]
    logit = weighing.sign + weighing.importance + 2.2 * np.sqrt(support) + 2.0 * weighing.told - 0.6
    likely = 1.0 / (1.0 + np.exp(-logit))
    # A name is a place as surely as its candidates together make it one.
    together = np.bincount(weighing.find, weights=weighing.share * likely, minlength=finds)
    weighing.likely = together[weighing.find].astype(np.float64)


def _told(table: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates worth showing, each with what speaks for it."""
    percent = (pl.col("support") * 100).round(0).cast(pl.Int64)
    named = pl.concat_str(
        [
            pl.col("why"),
            pl.when(pl.col("told") > 0).then(pl.format("within:{}", pl.col("told"))),
            pl.when(percent >= 5).then(pl.format("around:{}", percent)),
            pl.when(pl.len().over("find") == 1).then(pl.lit("only")),
            pl.when(pl.col("kind") == TOWN).then(pl.format("people:{}", "population")),
        ],
        separator=";",
        ignore_nulls=True,
    )
    kept = table.with_columns(named.str.strip_chars(";").alias("why")).filter(
        (pl.col("likely") >= POSSIBLE)
        & (pl.col("share").rank("ordinal", descending=True).over("find") <= KEPT_CANDIDATES)
    )
    kept = kept.sort("position", "start", "share", descending=[False, False, True])
    return kept.select(pl.col(name).cast(kind) for name, kind in CANDIDATES_SCHEMA.items())
