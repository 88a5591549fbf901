"""What posts tell of places besides their words: the file's own column and coordinates; what people corrected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import regex
from numpy.typing import NDArray

from ctse_core.crisis.gazetteer import NAMES_SCHEMA, PLACES_SCHEMA, TOWN, Gazetteer
from ctse_core.crisis.place_words import FOLDING, name_words, words_of
from ctse_core.crisis.places import LIKELY, SURE

MENTIONS_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    "key": pl.Utf8,
    "said": pl.Utf8,
    "start": pl.Int64,
    "end": pl.Int64,
    "confidence": pl.Float64,
    "why": pl.Utf8,
}
NEAR = 30.0  # kilometres from a town at which a post's coordinates count as in it
OF_COLUMN, OF_COORDINATES, OF_PERSON = 0.95, 0.6, 1.0
_EARTH = 6371.0


def own_key(name: str, country: str = "") -> str:
    """Return the key of a place that no gazetteer knows, by its name and the country it lies in."""
    written = f"{name_words(name)}|{country}"
    return f"x{hashlib.blake2b(written.encode(), digest_size=6).hexdigest()}"


def own_place(name: str, lat: float | None, lon: float | None, country: str = "", region: str = "") -> dict[str, Any]:
    """Return the row of a place that no gazetteer knows; degrees, None where nobody knows."""
    return {
        "key": own_key(name, country),
        "name": name.strip(),
        "kind": TOWN,
        "country": country or None,
        "region": region or None,
        "lat": lat,
        "lon": lon,
        "population": 0,
    }


def surest(candidates: pl.DataFrame) -> pl.DataFrame:
    """Return the mentions (rows of MENTIONS_SCHEMA) that are sure enough, out of the candidates of all names."""
    best = candidates.unique(["position", "start"], keep="first", maintain_order=True)
    best = best.with_columns((pl.col("likely") * pl.col("share")).alias("confidence"))
    return _mentions(best.filter((pl.col("likely") >= LIKELY) & (pl.col("confidence") >= SURE)))


def _mentions(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.col(name).cast(kind) for name, kind in MENTIONS_SCHEMA.items())


def of_column(values: pl.Series, keys: Mapping[str, str]) -> pl.DataFrame:
    """Return a mention for each post (n,) whose file names its place; ``keys`` is what each value means."""
    named = pl.DataFrame({"said": values.cast(pl.Utf8)}).with_row_index("position")
    named = named.with_columns(pl.col("said").str.strip_chars()).filter(pl.col("said").is_in(list(keys)))
    return _mentions(
        named.with_columns(
            pl.col("said").replace_strict(dict(keys), return_dtype=pl.Utf8).alias("key"),
            pl.lit(0).alias("start"),
            pl.lit(0).alias("end"),
            pl.lit(OF_COLUMN).alias("confidence"),
            pl.lit("column").alias("why"),
        )
    )


def of_coordinates(positions: NDArray[np.int64], nearest: NDArray[np.int64], places: pl.DataFrame) -> pl.DataFrame:
    """Return a mention for each post at ``positions`` (m,) of the place at row ``nearest`` (m,), -1: none is near."""
    kept = nearest >= 0
    return _mentions(
        pl.DataFrame(
            {
                "position": positions[kept],
                "key": places["key"].gather(nearest[kept]),
                "said": pl.Series([""]).new_from_index(0, int(kept.sum())),
            }
        ).with_columns(
            pl.lit(0).alias("start"),
            pl.lit(0).alias("end"),
            pl.lit(OF_COORDINATES).alias("confidence"),
            pl.lit("coordinates").alias("why"),
        )
    )


def nearest_towns(lat: NDArray[np.float64], lon: NDArray[np.float64], places: pl.DataFrame) -> NDArray[np.int64]:
    """Return for each point (m,) in degrees the row of the nearest town of ``places``, -1 where none is within NEAR."""
    from scipy.spatial import cKDTree

    towns = np.flatnonzero(((places["kind"] == TOWN) & places["lat"].is_finite()).fill_null(False).to_numpy())
    if not len(towns) or not len(lat):
        return np.full(len(lat), -1, np.int64)
    tree = cKDTree(_on_sphere(places["lat"].to_numpy()[towns], places["lon"].to_numpy()[towns]))
    chord = 2 * np.sin(NEAR / _EARTH / 2)
    _, found = tree.query(_on_sphere(lat, lon), distance_upper_bound=chord)
    return np.where(found < len(towns), towns[np.minimum(found, len(towns) - 1)], -1)


def _on_sphere(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    up, round_ = np.radians(lat), np.radians(lon)
    return np.column_stack([np.cos(up) * np.cos(round_), np.cos(up) * np.sin(round_), np.sin(up)])


def corrected(mentions: pl.DataFrame, texts: pl.Series, marks: Iterable[tuple[int, str, str, str]]) -> pl.DataFrame:
    """Return the mentions after corrections: tuples of position (-1: every post), name, key ("": no place), why.

    Later ones win over earlier ones. A name that no gazetteer knows is looked for in ``texts`` (n,).
    """
    names = {said: name_words(said) for said in mentions["said"].unique()}
    for position, said, key, why in marks:
        spans = _where(texts, position, said)
        same = pl.col("said").replace_strict(names, default="", return_dtype=pl.Utf8) == said
        here = same if position < 0 else same & (pl.col("position") == position)
        if said:
            # The file's column names a place without a word of the post; it is meant as much as the post's words.
            others = mentions.filter(here & ~pl.col("position").is_in(spans["position"].implode()))
            spans = pl.concat([spans, others.select("position", "said", "start", "end")])
            mentions = _without(mentions.filter(~here), spans)
        if key and spans.height:
            added = spans.with_columns(pl.lit(key).alias("key"), pl.lit(OF_PERSON).alias("confidence"))
            mentions = pl.concat([mentions, _mentions(added.with_columns(pl.lit(why).alias("why")))])
            names |= {one: name_words(one) for one in spans["said"].unique()}
    return mentions


def _without(mentions: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Return the mentions that overlap none of the spans."""
    met = mentions.with_row_index("row").join(spans, on="position", suffix="_new")
    rows = met.filter((pl.col("start") < pl.col("end_new")) & (pl.col("start_new") < pl.col("end")))["row"]
    return mentions.with_row_index("row").filter(~pl.col("row").is_in(rows.implode())).drop("row")


def _where(texts: pl.Series, position: int, said: str) -> pl.DataFrame:
    """Return position, said, start and end of each place where posts say a name."""
    schema = {"position": pl.Int64, "said": pl.Utf8, "start": pl.Int64, "end": pl.Int64}
    if not said:
        return pl.DataFrame([(position, "", 0, 0)], schema=schema, orient="row")
    if position >= 0:
        posts = [position] if position < len(texts) else []
    else:
        posts = texts.str.contains(name_pattern(said)).fill_null(False).arg_true().to_list()
    rows = [(post, texts[post][start:end], start, end) for post in posts for start, end in spans_of(texts[post], said)]
    if position >= 0 and not rows:
        rows = [(position, said, 0, 0)]  # the text says it no longer as it did; the person still means this post
    return pl.DataFrame(rows, schema=schema, orient="row")


def spans_of(text: str, said: str) -> list[tuple[int, int]]:
    """Return start and end of each place where ``text`` says a name, its words folded."""
    wanted = said.split(" ")
    words = words_of(text)
    starts = [i for i in range(len(words) - len(wanted) + 1) if words[i][0] == wanted[0]]
    hits = [i for i in starts if [word for word, _, _ in words[i : i + len(wanted)]] == wanted]
    return [(words[i][1], words[i + len(wanted) - 1][2]) for i in hits]


def name_pattern(said: str) -> str:
    """Return a pattern (of Rust's regex) that finds a folded name however its capitals and accents are written."""
    return r"(?i)" + r"[^\p{L}\p{N}]{0,3}".join("".join(map(_either, word)) for word in said.split(" "))


def _either(letter: str) -> str:
    others = _accented().get(letter, "")
    return f"[{letter}{others}]" if others else regex.escape(letter)


def _accented() -> dict[str, str]:
    """Return for each folded letter those that fold to it."""
    if not _FOLDS:
        for code in (*range(0xC0, 0x250), *range(0x370, 0x530), *range(0x620, 0x6D3), *range(0x1E00, 0x2000)):
            letter = chr(code)
            base = FOLDING[code]
            if letter.isalpha() and base != letter.lower() and len(base) == 1 and regex.match(r"\p{L}", base):
                _FOLDS[base] = _FOLDS.get(base, "") + letter
    return _FOLDS


_FOLDS: dict[str, str] = {}


def knowing(gazetteer: Gazetteer, own: Sequence[Mapping[str, Any]]) -> Gazetteer:
    """Return the gazetteer with places of its own (rows of PLACES_SCHEMA), which posts then may name."""
    if not own:
        return gazetteer
    rows = pl.DataFrame(own, schema=PLACES_SCHEMA)
    names = pl.DataFrame(
        {
            "name": [name_words(name) for name in rows["name"]],
            "place": range(gazetteer.places.height, gazetteer.places.height + rows.height),
            "main": [True] * rows.height,
            "code": [False] * rows.height,
        },
        schema=NAMES_SCHEMA,
    )
    return Gazetteer(pl.concat([gazetteer.places, rows]), pl.concat([gazetteer.names, names]))


def around_of(places: pl.DataFrame) -> set[str]:
    """Return the keys of the regions and countries that the places lie in."""
    countries = {f"c{country}" for country in places["country"].drop_nulls()}
    within = places.select("country", "region").drop_nulls().iter_rows()
    return countries | {f"a{country}.{region}" for country, region in within}


def with_surroundings_of(keys: Iterable[str], gazetteer: Gazetteer) -> pl.DataFrame:
    """Return the rows of the places ``keys`` and of the regions and countries around them (PLACES_SCHEMA)."""
    chosen = gazetteer.places.filter(pl.col("key").is_in(list(keys)))
    wanted = [*chosen["key"], *around_of(chosen)]
    return gazetteer.places.filter(pl.col("key").is_in(wanted)).select(list(PLACES_SCHEMA))
