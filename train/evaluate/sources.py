"""What each source of pairs is worth, and how many pairs a language needs: encoders trained again without them.

    python -m train.evaluate.sources --pairs FILE… --sets PAIRS… [--low my,ku,ka] --out FOLDER

Every variant is trained by the same recipe with the same steps, seed and start; only the pairs differ. A variant
that is finished is not trained again, so a run that was stopped goes on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ctse_core.errors import CtseError, TrainError
from ctse_core.figures import AMOUNTS as CURVE
from ctse_core.figures import EFFECTS
from ctse_core.types import Progress, no_progress
from train.checkpoint import read_json
from train.config import TrainConfig, config_digest
from train.distil import distil, open_pairs, training_data
from train.evaluate.compare import differences, verdict
from train.evaluate.estimates import scores_of
from train.evaluate.matching import matching_items
from train.evaluate.sets import EvaluationSet, read_set

AMOUNTS = (0, 500, 2000, 8000)


@dataclass(frozen=True)
class Ablation:
    """What is varied.

    Attributes:
        config: the run that is repeated; its steps are the budget.
        sets: files of pairs on which matching is measured; their sentences are never trained on.
        out: folder for the variants and the tables.
        sources: sources to leave out, one at a time; empty takes all of the pairs.
        low: languages whose pairs are cut.
        amounts: most pairs of such a language.
        seeds: runs with all sources, whose spread says what chance does.
        data: where pairs and tokens are kept; None is a folder of the cache.
    """

    config: TrainConfig
    sets: tuple[Path, ...]
    out: Path
    sources: tuple[str, ...] = ()
    low: tuple[str, ...] = ()
    amounts: tuple[int, ...] = AMOUNTS
    seeds: int = 3
    data: Path | None = None

    def guarded(self) -> TrainConfig:
        """Return the run with the sets among those whose sentences may not be trained on."""
        guard = tuple(dict.fromkeys([*self.config.pairs.guard, *map(str, self.sets)]))
        return replace(self.config, pairs=replace(self.config.pairs, guard=guard))


def sources_of(ablation: Ablation) -> list[str]:
    """Return the sources to leave out, one at a time; none where the pairs have one source only.

    Raises:
        TrainError: a source that was named is not among the pairs, or the pairs cannot be read.
    """
    there = open_pairs(ablation.guarded(), ablation.data or training_data()).sources
    unknown = sorted({*ablation.sources} - {*there})
    if unknown:
        raise TrainError(f"There is no source {unknown[0]!r} to leave out; the pairs have {', '.join(there)}.")
    return (list(ablation.sources) or sorted(there)) if len(there) > 1 else []


def leave_one_source_out(ablation: Ablation, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the effect of each source on each set and language (columns EFFECTS), and write sources.csv.

    Raises:
        TrainError: the pairs have one source only, a sentence of the sets, or a variant cannot be trained.
    """
    sets = [read_set(path) for path in ablation.sets]
    config, sources = ablation.guarded(), sources_of(ablation)
    if not sources:
        raise TrainError("The pairs are of one source; leaving it out would leave nothing to train on.")
    seeds = [replace(config, seed=config.seed + number) for number in range(max(ablation.seeds, 1))]
    runs = len(seeds) + len(sources)
    every = [
        _items(_trained(ablation, f"all-{number}", each, _part(progress, number, runs)), sets)
        for number, each in enumerate(seeds)
    ]
    chance = _spread(every)
    table = pl.read_csv(_folder(ablation, "all-0", seeds[0]) / "training" / "pairs.csv")
    parts = []
    for number, source in enumerate(sources):
        without = replace(config, pairs=replace(config.pairs, without=(source,)))
        folder = _trained(ablation, f"without-{source}", without, _part(progress, len(seeds) + number, runs))
        items, given = _items(folder, sets), table.filter(pl.col("source") == source)
        parts += [_effect(source, each.name, (every[0][each.name], items[each.name]), given) for each in sets]
    found = _widened(pl.concat(parts), chance)
    found.write_csv(ablation.out / "sources.csv")
    return found


def low_resource(ablation: Ablation, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the matching of each language of ``ablation.low`` at each amount of its pairs (columns CURVE).

    Writes low_resource.csv.

    Raises:
        TrainError: a variant cannot be trained, or no set has one of the languages.
    """
    every = [read_set(path) for path in ablation.sets]
    sets = [each for each in every if set(each.data["lang"]) & {*ablation.low}]
    if not sets:
        raise TrainError(f"None of the sets has sentences in {', '.join(ablation.low)}; give other --sets.")
    config = ablation.guarded()
    variants = [(lang, amount) for lang in ablation.low for amount in ablation.amounts]
    parts = []
    for number, (lang, amount) in enumerate(variants):
        cut = replace(config, pairs=replace(config.pairs, most=((lang, amount),)))
        folder = _trained(ablation, f"{lang}-{amount}", cut, _part(progress, number, len(variants)))
        for name, items in _items(folder, sets).items():
            rows = scores_of(items).filter((pl.col("measure") == "matching") & (pl.col("lang") == lang))
            parts.append(
                rows.select(
                    pl.lit(name).alias("set"), "lang", pl.lit(amount).alias("amount"), "value", "low", "high", "count"
                ).cast(CURVE)  # type: ignore[arg-type]
            )
    found = pl.concat(parts)
    found.write_csv(ablation.out / "low_resource.csv")
    return found


def _folder(ablation: Ablation, name: str, config: TrainConfig) -> Path:
    """Return the folder of a variant: other settings have another, and a name out of the data stays inside."""
    plain = re.sub(r"[^\w-]+", "-", name)[:60]
    return ablation.out / "variants" / f"{plain}-{config_digest(config)[:8]}"


def _trained(ablation: Ablation, name: str, config: TrainConfig, progress: Progress) -> Path:
    folder = _folder(ablation, name, config)
    if not read_json(folder / "training" / "manifest.json").get("finished"):
        distil(config, folder, lambda share, told: progress(share, f"{name}: {told}"), resume=True, data=ablation.data)
    return folder


def _spread(runs: Sequence[dict[str, pl.DataFrame]]) -> pl.DataFrame:
    """Return the standard deviation of matching over seeds (column chance) of each set and language."""
    parts = [
        scores_of(items).filter(pl.col("measure") == "matching").select(pl.lit(name).alias("set"), "lang", "value")
        for run in runs
        for name, items in run.items()
    ]
    spread = pl.concat(parts).group_by("set", "lang").agg(pl.col("value").std().alias("chance"))
    return spread.with_columns(pl.col("chance").fill_null(0.0))


def _widened(effects: pl.DataFrame, chance: pl.DataFrame) -> pl.DataFrame:
    """Return the effects with intervals that also hold what two seeds make of the same pairs."""
    found = effects.join(chance, on=["set", "lang"], how="left").with_columns(pl.col("chance").fill_null(0.0))
    for side, sign in (("low", -1), ("high", 1)):
        apart = (pl.col(side) - pl.col("effect")).pow(2) + (1.96 * 2**0.5 * pl.col("chance")).pow(2)
        found = found.with_columns((pl.col("effect") + sign * apart.sqrt()).alias(side))
    verdicts = [verdict(low, high) for low, high in found.select("low", "high").iter_rows()]
    return found.with_columns(pl.Series("verdict", verdicts)).select(list(EFFECTS))


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
    parser.add_argument("--seeds", type=int, default=3, help="runs with all sources, to see what chance does")
    asked = parser.parse_args(words)
    bar = Bar(quiet=asked.quiet)
    try:
        config = replace(settings_of(recipe_named(asked.recipe), asked), held_out=0)  # alike in all variants
        out = asked.out or Path("ablation")
        ablation = Ablation(
            config,
            tuple(asked.sets),
            out,
            _listed(asked.sources),
            _listed(asked.low),
            _amounts(asked.amounts),
            asked.seeds,
            asked.data,
        )
        tables = []
        if sources_of(ablation) or not ablation.low:
            tables.append(leave_one_source_out(ablation, bar))
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


def _amounts(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in _listed(text))
    except ValueError as error:
        raise TrainError(f"--amounts {text} are no numbers with commas between, such as 0,500,2000.") from error


def _headline(table: pl.DataFrame) -> pl.DataFrame:
    """Return the means over languages of the effects, or the curve as it is."""
    return table if "amount" in table.columns else table.filter(pl.col("lang") == "").sort("effect", descending=True)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


if __name__ == "__main__":
    raise SystemExit(main())
