"""The long table of scores ─▶ one row an encoder: what it is worth at a glance."""

from __future__ import annotations

import polars as pl

from train.evaluate.table import MEAN

ENCODER = "encoder"
SET_TITLES = {
    "dev_ntrex_half1": "NTREX news",
    "dev_tico19": "TICO-19 health",
    "dev_sib200": "FLORES-SIB",
    "dev_stsb_multi_mt": "STSb",
    "drift_triples": "own triples",
    "drift": "own triples",
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
"""Measures that count languages; shown as "n of m"."""
OF_PAIRS = frozenset({"matching", "matching_at_095", "matching_weakest10"})


def set_title(name: str) -> str:
    """Return what people call a set."""
    return SET_TITLES.get(name, name)


def overview(scores: pl.DataFrame) -> pl.DataFrame:
    """Return a row an encoder, best matching first: a column for each set and measure over all its languages.

    ``scores`` is the bench's long table. Columns are "matching · NTREX news" and so on; counts of languages are
    texts as "47 of 53", all else is a number, null where an encoder was not measured so.
    """
    columns: dict[str, pl.DataFrame] = {}
    for measure, variant, heading in MEASURES:
        rows = means(scores, measure, variant)
        several = rows["set"].n_unique() > 1 or measure in OF_PAIRS
        for (name,), part in rows.group_by("set", maintain_order=True):
            head = f"{heading} · {set_title(str(name))}" if several else heading
            value = pl.col("value")
            if measure in COUNTED:
                value = pl.format("{} of {}", pl.col("value").round(0).cast(pl.Int64), pl.col("count"))
            columns[head] = part.select(ENCODER, value.alias(head)).unique(ENCODER, keep="last", maintain_order=True)
    table = scores.select(pl.col(ENCODER).unique(maintain_order=True))
    for part in columns.values():
        table = table.join(part, on=ENCODER, how="left", maintain_order="left")
    first = next((head for head, part in columns.items() if part.dtypes[1] == pl.Float64), None)
    return table.sort(first, descending=True, nulls_last=True, maintain_order=True) if first else table


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
