"""What each source of pairs is worth, and how many pairs a language needs: encoders trained again without them.

    python -m train.evaluate.sources --pairs FILE… --sets PAIRS… [--low my,ku,ka] --out FOLDER

Every variant is trained by the same recipe with the same steps, seed and start; only the pairs differ. A variant
that is finished is not trained again, so a run that was stopped goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ctse_core.errors import CtseError, TrainError
from ctse_core.types import Progress, no_progress
from train.checkpoint import read_json
from train.config import TrainConfig
from train.distil import distil
from train.evaluate.compare import differences
from train.evaluate.estimates import scores_of
from train.evaluate.matching import matching_items
from train.evaluate.sets import EvaluationSet, read_set

AMOUNTS = (0, 500, 2000, 8000)
EFFECTS = {
    "source": pl.Utf8,
    "set": pl.Utf8,
    "lang": pl.Utf8,
    "effect": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "pairs": pl.Int64,
    "verdict": pl.Utf8,
}
"""``effect`` is matching with all sources minus matching without this one, with its paired 95 % interval: above 0 the
source helps. ``pairs`` are those the source gave the language (or all languages, where lang is "")."""
CURVE = {
    "set": pl.Utf8,
    "lang": pl.Utf8,
    "amount": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "count": pl.Int64,
}
"""``value``: matching of a language whose pairs were cut to at most ``amount``; all other languages keep theirs."""


@dataclass(frozen=True)
class Ablation:
    """What is varied.

    Attributes:
        config: the run that is repeated; its steps are the budget.
        sets: files of pairs on which matching is measured.
        out: folder for the variants and the tables.
        sources: sources to leave out, one at a time; empty takes all of the pairs.
        low: languages whose pairs are cut.
        amounts: most pairs of such a language.
    """

    config: TrainConfig
    sets: tuple[Path, ...]
    out: Path
    sources: tuple[str, ...] = ()
    low: tuple[str, ...] = ()
    amounts: tuple[int, ...] = AMOUNTS


def leave_one_source_out(ablation: Ablation, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the effect of each source on each set and language (columns EFFECTS), and write sources.csv.

    Raises:
        TrainError: the pairs have one source only, or a variant cannot be trained.
    """
    sets = [read_set(path) for path in ablation.sets]
    whole = _trained(ablation, "all", ablation.config, progress)
    table = pl.read_csv(whole / "training" / "pairs.csv")
    sources = list(ablation.sources) or table["source"].unique().sort().to_list()
    if len(table["source"].unique()) < 2:
        raise TrainError("The pairs are of one source; leaving it out would leave nothing to train on.")
    with_all = _items(whole, sets)
    parts = []
    for number, source in enumerate(sources):
        config = replace(ablation.config, pairs=replace(ablation.config.pairs, without=(source,)))
        folder = _trained(ablation, f"without-{source}", config, _part(progress, number, len(sources)))
        given = table.filter(pl.col("source") == source)
        without = _items(folder, sets)
        parts += [_effect(source, each.name, (with_all[each.name], without[each.name]), given) for each in sets]
    found = pl.concat(parts)
    found.write_csv(ablation.out / "sources.csv")
    return found


def low_resource(ablation: Ablation, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the matching of each language of ``ablation.low`` at each amount of its pairs (columns CURVE).

    Writes low_resource.csv.

    Raises:
        TrainError: a variant cannot be trained, or no set has one of the languages.
    """
    sets = [read_set(path, ablation.low) for path in ablation.sets]
    variants = [(lang, amount) for lang in ablation.low for amount in ablation.amounts]
    parts = []
    for number, (lang, amount) in enumerate(variants):
        config = replace(ablation.config, pairs=replace(ablation.config.pairs, most=((lang, amount),)))
        folder = _trained(ablation, f"{lang}-{amount}", config, _part(progress, number, len(variants)))
        for name, items in _items(folder, sets).items():
            rows = scores_of(items).filter(
                (pl.col("measure") == "matching") & (pl.col("variant") == "cosine") & (pl.col("lang") == lang)
            )
            parts.append(
                rows.select(
                    pl.lit(name).alias("set"), "lang", pl.lit(amount).alias("amount"), "value", "low", "high", "count"
                ).cast(CURVE)  # type: ignore[arg-type]
            )
    found = pl.concat(parts)
    if not found.height:
        raise TrainError(f"None of the sets has sentences in {', '.join(ablation.low)}; give other --sets.")
    found.write_csv(ablation.out / "low_resource.csv")
    return found


def _trained(ablation: Ablation, name: str, config: TrainConfig, progress: Progress) -> Path:
    folder = ablation.out / "variants" / name
    if not read_json(folder / "training" / "manifest.json").get("finished"):
        distil(config, folder, lambda share, told: progress(share, f"{name}: {told}"), resume=True)
    return folder


def _items(folder: Path, sets: Sequence[EvaluationSet]) -> dict[str, pl.DataFrame]:
    """Return what each sentence of each set gave, kept beside the variant."""
    from ctse_core.encoders import load_encoder

    found, encoder = {}, None
    for each in sets:
        path = folder / "training" / f"{each.name}.{each.digest[:12]}.items.parquet"
        if not path.is_file():
            encoder = encoder or load_encoder(folder)
            matching_items(encoder.encode, each.data).write_parquet(path)
        found[each.name] = pl.read_parquet(path).filter(pl.col("variant") == "cosine")
    return found


def _effect(source: str, name: str, items: tuple[pl.DataFrame, pl.DataFrame], given: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of one source on one set: with all minus without it."""
    pairs = dict(given.group_by("language").agg(pl.col("pairs").sum()).iter_rows())
    rows = differences(*items).filter(pl.col("measure") == "matching")
    return rows.select(
        pl.lit(source).alias("source"),
        pl.lit(name).alias("set"),
        "lang",
        pl.col("difference").alias("effect"),
        "low",
        "high",
        pl.col("lang")
        .replace_strict({**pairs, "": given["pairs"].sum()}, default=0, return_dtype=pl.Int64)
        .alias("pairs"),
        "verdict",
    ).cast(EFFECTS)  # type: ignore[arg-type]


def _part(progress: Progress, number: int, count: int) -> Progress:
    return lambda share, told: progress((number + share) / count, told)


def main(words: list[str] | None = None) -> int:
    """Run both ablations and return the exit code."""
    from ctse_core.terminal import Bar
    from train.__main__ import settings_of, training_parser
    from train.recipes import recipe_named

    parser = training_parser(
        "python -m train.evaluate.sources", "Train again without each source, or with fewer pairs."
    )
    parser.add_argument("--recipe", default="static", help="recipe that is repeated (default: static, the quickest)")
    parser.add_argument("--sets", nargs="+", type=Path, required=True, metavar="FILE", help="pairs to measure on")
    parser.add_argument("--sources", default="", metavar="NAMES", help="with commas between; default: all")
    parser.add_argument("--low", default="", metavar="CODES", help="languages whose pairs are cut")
    parser.add_argument("--amounts", default=",".join(map(str, AMOUNTS)), help="most pairs of such a language")
    asked = parser.parse_args(words)
    bar = Bar(quiet=asked.quiet)
    try:
        config = replace(settings_of(recipe_named(asked.recipe), asked), held_out=0)  # alike in all variants
        out = asked.out or Path("ablation")
        amounts = tuple(int(part) for part in asked.amounts.split(","))
        ablation = Ablation(config, tuple(asked.sets), out, _listed(asked.sources), _listed(asked.low), amounts)
        tables = [leave_one_source_out(ablation, bar)]
        if ablation.low:
            tables.append(low_resource(ablation, bar))
    except CtseError as told:
        bar.close()
        sys.stderr.write(f"train: {told}\n")
        return 1
    bar.close()
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_formatting="MARKDOWN"):
        sys.stdout.write("\n\n".join(str(_headline(table)) for table in tables) + f"\n\nWritten to {out}.\n")
    return 0


def _headline(table: pl.DataFrame) -> pl.DataFrame:
    """Return the means over languages of the effects, or the curve as it is."""
    return table if "amount" in table.columns else table.filter(pl.col("lang") == "").sort("effect", descending=True)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


if __name__ == "__main__":
    raise SystemExit(main())
