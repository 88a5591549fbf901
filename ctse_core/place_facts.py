"""What a person is told about places: what lies around them, why one was read, what else is called so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.crisis.gazetteer import COUNTRY, PLACES_SCHEMA, REGION, load_gazetteer
from ctse_core.crisis.place_signs import why_parts
from ctse_core.crisis.place_words import name_words
from ctse_core.crisis.told_places import name_pattern, nearest_towns, own_place
from ctse_core.errors import SettingError
from ctse_core.places_layer import read_places
from ctse_core.project import Project
from ctse_core.types import Col
from ctse_core.words import t

if TYPE_CHECKING:
    from ctse_core.stored import Analysis

FOUND = 12  # places shown for a name that a person types
ALIKE = 80  # how alike two names are, of 100, to be offered for one another


@dataclass(frozen=True)
class SaidName:
    """A name in one post: as ``said``, the ``key`` of what it is taken for ("" for no place), why, and how surely.

    ``candidates`` are what it may mean, the likeliest first: as rows of places, with ``share`` in [0, 1] and ``label``.
    """

    said: str
    key: str
    confidence: float
    why: str
    candidates: pl.DataFrame


def names_in_post(analysis: Analysis, project: Project, position: int) -> list[SaidName]:
    """Return the names of the post at ``position`` that are places or may be, as they stand now; those that are first.

    Raises:
        ProjectError: what people corrected cannot be read.
    """
    if analysis.crisis is None:
        return []
    read = read_places(analysis, project)
    possible = read["candidates"].filter(pl.col("position") == position)
    possible = possible.join(read["places"], on="key", how="inner", maintain_order="left")
    now = analysis.crisis.mentions.filter(pl.col("position") == position)
    names: dict[str, SaidName] = {}
    labels = [place_label(row, read["places"]) for row in possible.iter_rows(named=True)]
    possible = possible.with_columns(pl.Series("label", labels, dtype=pl.Utf8))
    columns = [*PLACES_SCHEMA, "share", "label"]
    for row in now.sort("confidence", descending=True).iter_rows(named=True):
        told = name_words(row["said"])
        others = possible.filter(pl.col("said") == row["said"]).unique("key", keep="first", maintain_order=True)
        if told not in names:
            names[told] = SaidName(row["said"], row["key"], row["confidence"], row["why"], others.select(columns))
    for said in possible["said"].unique(maintain_order=True):
        others = possible.filter(pl.col("said") == said).unique("key", keep="first", maintain_order=True)
        names.setdefault(name_words(said), SaidName(said, "", 0.0, others["why"][0], others.select(columns)))
    of_file = name_words(str(analysis.table[Col.PLACE][position] or ""))
    if of_file:
        value = str(analysis.table[Col.PLACE][position]).strip()
        names.setdefault(of_file, SaidName(value, "", 0.0, "", possible.clear().select(columns)))
    return list(names.values())


def posts_saying(analysis: Analysis, said: str) -> int:
    """Return how many posts say a name, or have it in the file's column, however its letters are written."""
    words = name_words(said)
    if not words:
        return 0
    texts = analysis.table[Col.TEXT].str.contains(name_pattern(words)).fill_null(False)
    saying = set(texts.arg_true().to_list())
    if analysis.crisis is not None:
        told = analysis.crisis.mentions.select("position", "said").unique()
        names = {one: name_words(one) for one in told["said"].unique()}
        saying |= {position for position, one in told.iter_rows() if names[one] == words}
    return len(saying)


def place_label(place: dict[str, Any], places: pl.DataFrame) -> str:
    """Return a place with what is around it: "Carrefour, Ouest, Haiti"; ``places`` holds the regions and countries."""
    if place.get("label"):
        return str(place["label"])
    around = []
    if place["kind"] not in (COUNTRY, REGION) and place["region"]:
        around.append(f"a{place['country']}.{place['region']}")
    if place["kind"] != COUNTRY and place["country"]:
        around.append(f"c{place['country']}")
    names = dict(places.filter(pl.col("key").is_in(around)).select("key", "name").iter_rows())
    shown = [place["name"], *(names[key] for key in around if key in names)]
    return ", ".join(dict.fromkeys(shown))


def kind_label(place: dict[str, Any]) -> str:
    """Return what sort of place it is and how many people live there: "town, 511,345 people".

    Of regions only the people of their listed towns are known, which would mislead.
    """
    kind = {COUNTRY: t("country"), REGION: t("region")}.get(place["kind"], t("town"))
    if not place["population"]:
        return t("place added by hand or by the file") if str(place["key"]).startswith("x") else kind
    if place["kind"] == REGION:
        return kind
    return t("{kind}, {people:,} people", kind=kind, people=int(place["population"]))


def why_told(why: str) -> list[str]:
    """Return in sentences why a name was taken for a place, from a mention's codes."""
    parts = why_parts(why)
    told = []
    if "person" in parts:
        told.append(t("{author} said so.", author=parts["person"]))
    if "column" in parts:
        told.append(t("The file's own column names it."))
    if "coordinates" in parts:
        told.append(t("The post's coordinates in the file lie within 30 km of it; its text names no place."))
    if "cue" in parts:
        told.append(t("“{word}” stands before it.", word=parts["cue"]))
    if "kind" in parts:
        told.append(t("“{word}” stands beside it.", word=parts["kind"]))
    if "hashtag" in parts:
        told.append(t("It is a hashtag."))
    if "within" in parts:
        told.append(
            t("The post names its region, too.") if parts["within"] == "2" else t("The post names its country, too.")
        )
    if "around" in parts:
        told.append(t("{percent} % of the places in posts on this topic lie in that country.", percent=parts["around"]))
    if "only" in parts:
        told.append(t("No other place is called so."))
    if "storm" in parts:
        told.append(t("In these posts it is mostly the name of a storm."))
    return told


def look_up(written: str, countries: Collection[str] = ()) -> pl.DataFrame:
    """Return the places that a person may mean by what they typed (PLACES_SCHEMA), at most FOUND, the likeliest first.

    Those called so, then those whose name begins so, then names nearly so; places in ``countries`` come first.
    """
    gazetteer = load_gazetteer()
    words = name_words(written)
    if not words:
        return gazetteer.places.clear()
    names = gazetteer.names.filter(~pl.col("code"))
    found = names.filter(pl.col("name") == words).with_columns(pl.lit(0).alias("order"))
    if found["place"].n_unique() < FOUND:
        begun = names.filter(pl.col("main") & pl.col("name").str.starts_with(words)).with_columns(
            pl.lit(1).alias("order")
        )
        found = pl.concat([found, begun])
    if not found.height:
        found = names.filter(pl.col("name").is_in(_nearly(words, names, countries))).with_columns(
            pl.lit(2).alias("order")
        )
    rows = found.sort("order").unique("place", keep="first", maintain_order=True)
    places = gazetteer.places.with_row_index("place").with_columns(pl.col("place").cast(pl.UInt32))
    joined = rows.select("place", "order").join(places, on="place", maintain_order="left")
    here = pl.col("country").is_in(list(countries))
    return (
        joined.sort("order", here, "population", descending=[False, True, True]).select(list(PLACES_SCHEMA)).head(FOUND)
    )


def _nearly(words: str, names: pl.DataFrame, countries: Collection[str]) -> list[str]:
    """Return the names most like ``words`` among those of the same first letter, in ``countries`` if any are given."""
    from rapidfuzz import fuzz, process

    close = names.filter(
        pl.col("name").str.starts_with(words[0])
        & (pl.col("name").str.len_chars().cast(pl.Int64) - len(words)).abs().le(3)
    )
    if countries:
        country = load_gazetteer().places["country"].gather(close["place"])
        close = close.filter(country.is_in(list(countries)))
    names_there = close["name"].unique(maintain_order=True).to_list()
    found = process.extract(words, names_there, scorer=fuzz.ratio, limit=FOUND, score_cutoff=ALIKE)
    return [str(name) for name, _, _ in found]


def countries_of(analysis: Analysis) -> list[str]:
    """Return the countries that most posts speak of, by their two letters."""
    if analysis.crisis is None:
        return []
    told = analysis.crisis.mentions.join(analysis.crisis.places.select("key", "country"), on="key")
    counted = told["country"].drop_nulls().value_counts(sort=True)
    return counted.filter(pl.col("count") * 20 >= told.height)["country"].to_list()


def new_place(name: str, lat: float | None, lon: float | None, country: str = "") -> dict[str, Any]:
    """Return the row of a place that a person adds by hand, in the country and region of the nearest town.

    Raises:
        SettingError: it has no name, or its degrees lie outside the world.
    """
    if not name_words(name):
        raise SettingError(t("A place needs a name; write one."))
    if (lat is None) != (lon is None):
        raise SettingError(t("A place needs both latitude and longitude, or neither."))
    if lat is not None and lon is not None and not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise SettingError(
            t("Latitude goes from -90 to 90 and longitude from -180 to 180; {lat}, {lon} is nowhere.", lat=lat, lon=lon)
        )
    region = ""
    if lat is not None and lon is not None:
        towns = load_gazetteer().places
        near = int(nearest_towns(np.asarray([lat]), np.asarray([lon]), towns)[0])
        if near >= 0 and country in ("", towns["country"][near]):
            country, region = towns["country"][near], towns["region"][near] or ""
    return own_place(name, lat, lon, country, region)
