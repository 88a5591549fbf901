"""The bench's table, measured speeds and the folder itself ─▶ what an encoder is worth, as its card has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ctse_core.encoders.card import Score, Service, Speed
from ctse_core.encoders.eight_bit import weight_shapes
from ctse_core.encoders.layout import read_layout
from ctse_core.encoders.reading import Readable
from ctse_core.errors import TrainError
from train.checkpoint import read_json
from train.evaluate.overview import MEASURES, means
from train.evaluate.table import MEAN

SHORT_SETS = {"dev_ntrex_half1": "ntrex", "dev_tico19": "tico19", "dev_sib200": "flores"}
"""What a card calls the sets of pairs; others go by their own name."""


def renamed(scores: pl.DataFrame, name: str, there: str) -> pl.DataFrame:
    """Return the table with the encoder that it calls ``there`` under its ``name``.

    Raises:
        TrainError: the table has no row of it.
    """
    if there not in set(scores["encoder"]):
        known = ", ".join(scores["encoder"].unique(maintain_order=True))
        raise TrainError(f"There are no scores of {there}, only of {known}; measure it with python -m train.evaluate.")
    mine = pl.col("encoder") == there
    kept = scores.filter(mine | (pl.col("encoder") != name))
    return kept.with_columns(pl.when(mine).then(pl.lit(name)).otherwise(pl.col("encoder")).alias("encoder"))


def by_language(scores: pl.DataFrame, name: str) -> list[Score]:
    """Return matching of an encoder by cosine, a row a language and set, the set with most candidates first."""
    rows = scores.filter(
        pl.col("encoder") == name,
        pl.col("measure") == "matching",
        pl.col("variant") == "cosine",
        pl.col("lang") != MEAN,
    )
    sets = rows.group_by("set", maintain_order=True).agg(pl.col("count").max()).sort("count", descending=True)["set"]
    rows = pl.concat([rows.clear(), *(rows.filter(pl.col("set") == each).sort("lang") for each in sets)])
    return [Score(**row) for row in rows.drop("variant").iter_rows(named=True)]


def service_of(found: Sequence[Score]) -> dict[str, Service]:
    """Return how each language is served: by the first set that has it, which is the hardest to match in."""
    service: dict[str, Service] = {}
    for row in found:
        name = SHORT_SETS.get(row.set, row.set)
        service.setdefault(row.lang, Service(row.value, row.low, row.high, name))
    return dict(sorted(service.items()))


def headlines(scores: pl.DataFrame, names: Sequence[str]) -> list[Score]:
    """Return the main figures of encoders on every set, over all languages."""
    rows = []
    for measure, variant, _ in MEASURES:
        found = means(scores.filter(pl.col("encoder").is_in(list(names))), measure, variant)
        found = found.with_columns(lang=pl.lit(MEAN)).drop("variant")
        rows += [Score(**row) for name in names for row in found.filter(encoder=name).iter_rows(named=True)]
    order = [*SHORT_SETS, *dict.fromkeys(row.set for row in rows)]
    measures = list(dict.fromkeys(row.measure for row in rows))
    return sorted(rows, key=lambda row: (measures.index(row.measure), order.index(row.set)))


def speeds_of(speeds: pl.DataFrame, names: Sequence[str]) -> list[Speed]:
    """Return the posts a second of encoders in each runtime, out of the table of ``benchmarks.encoders``."""
    rows = speeds.unique(["encoder", "runtime"], keep="first", maintain_order=True)
    return [
        Speed(name, runtime, speed, ratio or 0.0)
        for one in names
        for name, runtime, speed, ratio in rows.filter(pl.col("encoder") == one)
        .select("encoder", "runtime", "posts_per_second", "ratio")
        .rows()
    ]


def sizes_of(folder: Path) -> dict[str, float]:
    """Return megabytes of the folder and of its weights, their number, width, layers, vocabulary and most tokens.

    Raises:
        EncoderError: the folder is no encoder, or is damaged.
    """
    layout = read_layout(folder)
    with Readable(folder):
        weights = folder / "model.safetensors"
        shapes = weight_shapes(weights)
        whole = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        named = {"megabytes": round(whole / 1e6, 1), "megabytes of weights": round(weights.stat().st_size / 1e6, 1)}
    number = sum(_product(shape) for shape in shapes.values())
    table = max((shape for shape in shapes.values() if len(shape) == 2), default=(0, 0))
    layers = read_json(folder / "config.json").get("num_hidden_layers", 0)
    told = {"weights": number, "numbers a text": table[1], "tokens in its vocabulary": table[0]}
    if layout.kind != "static":
        told |= {"layers": layers, "tokens of a text at most": layout.use.max_tokens}
    return {**named, **{name: float(value) for name, value in told.items()}}


def _product(shape: Sequence[int]) -> int:
    number = 1
    for each in shape:
        number *= each
    return number
