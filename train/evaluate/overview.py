"""The long table of scores ─▶ one row an encoder: what it is worth at a glance."""

from __future__ import annotations

from typing import Any

import polars as pl

from train.evaluate.table import MEAN

ENCODER = "encoder"
SET_TITLES = {
    "dev_ntrex_half1": "NTREX",
    "dev_tico19": "TICO-19",
    "dev_sib200": "SIB-200",
    "dev_stsb_multi_mt": "STSb",
    "drift_triples": "built-in triples",
}
"""What people call the sets that this project measures on; other sets go by their own name."""
MEASURES = (
    ("matching", "cosine", "matching"),
    ("matching_at_095", "cosine", "≥ 0.95"),
    ("matching_weakest10", "cosine", "ten weakest"),
    ("encoding", "", "crisis posts"),
    ("sts", "", "STS"),
    ("topics_v", "", "topics"),
    ("drift", "all", "drift"),
)
"""(measure, variant, heading) of what stands in the overview, in its order; variant "" takes the first there is."""
COUNTED = frozenset({"matching_at_095"})
"""Measures that count languages."""
WIDEST_ONLY = frozenset({"matching_at_095", "matching_weakest10"})
"""Measures told of the set with most languages only."""
MAIN_DIFFERENCES: dict[str, Any] = {
    "encoder": pl.Utf8,
    "against": pl.Utf8,
    "measure": pl.Utf8,
    "set": pl.Utf8,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "verdict": pl.Utf8,
}
OF_PAIRS = frozenset({"matching", "matching_at_095", "matching_weakest10"})


def set_title(name: str) -> str:
    """Return what people call a set."""
    return SET_TITLES.get(name, name)


def overview(scores: pl.DataFrame) -> pl.DataFrame:
    """Return a row an encoder, best matching first: a column for each measure and set over all its languages.

    ``scores`` is the bench's long table. Matching has a column for each set, the set of most languages first; how
    many languages reach 0.95 and how the ten weakest fare are told of that first set. Null where an encoder was not
    measured so.
    """
    columns: dict[str, pl.DataFrame] = {}
    widest = wide_sets(means(scores, "matching", "cosine"))[:1]
    for measure, variant, heading in MEASURES:
        rows = means(scores, measure, variant)
        sets = wide_sets(rows)
        several = len(sets) > 1 or measure in OF_PAIRS
        for name in widest if measure in WIDEST_ONLY else sets:
            part = rows.filter(pl.col("set") == name).unique(ENCODER, keep="last", maintain_order=True)
            head = f"{heading} · {set_title(name)}" if several else heading
            head += f" (of {max(part['count'].to_list())})" if measure in COUNTED and part.height else ""
            columns[head] = part.select(ENCODER, pl.col("value").alias(head))
            if measure in COUNTED:
                columns[head] = columns[head].with_columns(pl.col(head).round(0).cast(pl.Int64))
    table = scores.select(pl.col(ENCODER).unique(maintain_order=True))
    for part in columns.values():
        table = table.join(part, on=ENCODER, how="left", maintain_order="left")
    order = list(columns)[:1]
    return table.sort(order, descending=True, nulls_last=True, maintain_order=True) if order else table


def wide_sets(rows: pl.DataFrame) -> list[str]:
    """Return the sets of rows that speak of all languages together, that of most languages first."""
    sets = rows.group_by("set", maintain_order=True).agg(pl.col("count").max())
    return sets.sort("count", descending=True, maintain_order=True)["set"].to_list()


def means(scores: pl.DataFrame, measure: str, variant: str = "") -> pl.DataFrame:
    """Return the rows that speak of all languages of a set together, of one variant ("": the first there is).

    Where no such row exists, as with sets of a single language, that language's row stands for it.
    """
    rows = scores.filter(pl.col("measure") == measure, pl.col("value").is_finite())
    if rows.is_empty():
        return rows
    rows = rows.filter(pl.col("variant") == (variant or rows["variant"][0]))
    whole = rows.filter(pl.col("lang") == MEAN)
    alone = rows.join(whole.select(ENCODER, "set"), on=[ENCODER, "set"], how="anti", maintain_order="left")
    alone = alone.filter(pl.len().over(ENCODER, "set") == 1)
    return pl.concat([whole, alone])


def headlines(scores: pl.DataFrame) -> list[str]:
    """Return the main figures of one encoder on one set with their intervals, as short texts."""
    told = []
    for measure, variant, heading in MEASURES:
        for value, low, high, count in means(scores, measure, variant).select("value", "low", "high", "count").rows():
            if measure in COUNTED:
                told.append(f"{heading} in {value:.0f} of {count} languages")
            elif measure not in WIDEST_ONLY:
                told.append(f"{heading} {value:.3f} ({low:.3f} to {high:.3f})")
    return told


def main_differences(differences: pl.DataFrame) -> pl.DataFrame:
    """Return what paired differences say of each encoder's headlines: heading, set, difference, interval, verdict.

    ``differences``: as ``compare`` writes them; rows of single languages and of other measures stay away.
    """
    rows = [pl.DataFrame(schema=MAIN_DIFFERENCES)]
    for measure, variant, heading in MEASURES:
        found = differences.filter(pl.col("measure") == measure, pl.col("lang") == MEAN)
        if found.is_empty():
            continue
        found = found.filter(pl.col("variant") == (variant or found["variant"][0]))
        title = pl.col("set").map_elements(set_title, return_dtype=pl.Utf8)
        named = found.with_columns(pl.lit(heading).alias("measure"), title.alias("set"))
        rows.append(named.select(pl.col(name).cast(kind) for name, kind in MAIN_DIFFERENCES.items()))
    return pl.concat(rows).sort("encoder", maintain_order=True)
