"""Experiments 2 and 3: an encoder and the model it began from on crisis posts, in English and in other languages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ctse_core.errors import TrainError
from ctse_core.figures import Figure, dots_figure, language_name, scores_figure
from ctse_core.home import encoders_home
from ctse_core.types import Progress, no_progress
from train.evaluate.bench import Bench, BenchSettings, labels_of, run_bench
from train.evaluate.compare import BETTER, UNSEEN, WORSE
from train.evaluate.estimates import WITHIN
from train.evaluate.table import MEAN
from train.experiments.experiment import Experiment, compared

ENGLISH = ("en",)
OTHERS = ("es", "it", "tl", "ru", "ht", "fr")
"""Languages of experiment 3: those in which there are labelled posts, or messages with their originals."""
TITLES = {2: "Crisis posts in English", 3: "Crisis posts in other languages"}
HEADLINES = ("encoding", "messages_ndcg")
SAID = {
    "encoding": ("Mean of four scores", "the mean of the four scores"),
    "encoding_margin": (
        "Same class nearer",
        "how much nearer the same class lies, in standard deviations of the cosine",
    ),
    "encoding_knn": ("Class of nearest posts", "the class of the ten nearest posts (macro-F1)"),
    "encoding_across": ("The same, other events", "the class of the ten nearest posts of other events (macro-F1)"),
    "encoding_v": ("Clusters and classes", "agreement of clusters and classes (V-measure)"),
    "encoding_ndcg": ("Same class found first", "posts of the class among the first ten found (nDCG)"),
    "messages_ndcg": ("Same needs found first", "messages of the same needs among the first ten found (nDCG)"),
}
"""Measures in a few words and in more; the margin in units that do not depend on how narrow the cosines are."""
SAID_WITHIN = "the mean of three scores (there are no other events to look in)"
_VARIANTS = {"encoding_margin": "scaled"}
_ANSWERS = {BETTER: "yes", WORSE: "no", UNSEEN: "not certain"}


@dataclass(frozen=True)
class CrisisSettings:
    """What is measured.

    Attributes:
        encoder: a name, folder or address; "mine=FOLDER" to call it "mine".
        posts: files of labelled posts, or of messages with categories.
        start: the model it began from; "" for what the encoder's own run says.
        languages: codes; empty for English (experiment 2) or for OTHERS (experiment 3).
        limit: most posts of an event in a language; 0 for 500.
        runtime, device: see ``load_encoder``.
        cache: folder for vectors; None for that of this machine.
        send_to: host that may be sent the masked posts.
    """

    encoder: str
    posts: tuple[Path, ...] = ()
    start: str = ""
    languages: tuple[str, ...] = ()
    limit: int = 0
    runtime: str = "auto"
    device: str | None = None
    cache: Path | None = None
    send_to: str = ""


def crisis_experiment(which: int, settings: CrisisSettings, out: Path, progress: Progress = no_progress) -> Experiment:
    """Return what experiment 2 (English) or 3 (other languages) finds; finished pieces are kept under ``out``.

    Raises:
        TrainError: there are no posts or no model to compare with, or one of the two cannot be measured.
    """
    if not settings.posts:
        raise TrainError(
            f"Experiment {which} needs crisis posts: name them with --posts, as a Parquet, CSV or TSV file with text, "
            "label and event (and lang), or with message and columns of 0 and 1 for what it is about."
        )
    start = settings.start or began_from(settings.encoder)
    if not start:
        raise TrainError(
            f"It is not known which model {settings.encoder} began from; name it with --start, such as "
            "xlm-roberta-base or a folder."
        )
    named = list(labels_of((settings.encoder, start)))
    bench = run_bench(
        BenchSettings(
            encoders=(settings.encoder, start), sets=settings.posts, out=out, limit=settings.limit,
            languages=settings.languages or (ENGLISH if which == 2 else OTHERS), measures=("encoding", "messages"),
            against=named[1], runtime=settings.runtime, device=settings.device, cache=settings.cache,
            send_to=settings.send_to,
        ),
        progress,
    )  # fmt: skip
    missing = [name for name in named if name not in bench.scores["encoder"]]
    if missing:
        raise TrainError(f"{missing[0]} could not be measured. {' '.join(bench.notes)}")
    figures = _by_measure(bench, named) if which == 2 else _by_language(bench, named)
    told = _paragraph(which, bench, named)
    return Experiment(TITLES[which], told, tuple(figures), bench.scores, bench.differences, tuple(bench.notes))


def began_from(encoder: str) -> str:
    """Return the model that training began from, as the encoder's own folder tells, or ""."""
    where = encoder.partition("=")[2] or encoder
    for folder in (Path(where).expanduser(), encoders_home() / where):
        try:
            told = json.loads((folder / "training" / "config.json").read_text(encoding="utf-8"))
            return str(told["student"]["encoder"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return ""


def _of(table: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Return a measure's rows, of each set in the variant that is told of it: WITHIN where there is no other."""
    rows, variant = table.filter(pl.col("measure") == measure), pl.col("variant") == _VARIANTS.get(measure, "cosine")
    return rows.filter(variant | ~variant.any().over("set") & (pl.col("variant") == WITHIN))


def _by_measure(bench: Bench, named: list[str]) -> list[Figure]:
    """Return one figure: a row a measure, both encoders."""
    parts = []
    for measure, (words, _) in SAID.items():
        rows = _of(bench.scores, measure).filter(pl.col("lang") == MEAN)
        several = rows["set"].n_unique() > 1
        for name in rows["set"].unique(maintain_order=True):
            row = f"{words}, {name}" if several else words
            part = rows.filter(pl.col("set") == name).select(
                pl.lit(row).alias("row"), pl.col("encoder").alias("series"), "value", "low", "high", "count"
            )
            parts.append(part)
    told = f"{' and '.join(named)} on English crisis posts, a row a measure, with 95 % intervals."
    return [dots_figure(pl.concat(parts), "Measure by measure", "score", told)]


def _by_language(bench: Bench, named: list[str]) -> list[Figure]:
    """Return the headline of each set by language, and how far the two are apart."""
    found = [
        scores_figure(_of(bench.scores, measure), measure, name)
        for measure in HEADLINES
        for name in _of(bench.scores, measure)["set"].unique(maintain_order=True)
    ]
    rows = pl.concat([_of(bench.differences, measure) for measure in HEADLINES])
    if rows.is_empty():
        return found
    named_sets = rows.group_by("measure").agg(pl.col("set").n_unique())
    several = {measure for measure, count in named_sets.rows() if count > 1}
    labels = [
        f"{language_name(lang) if lang else 'All languages'}, "
        f"{name if measure in several else 'messages' if measure == HEADLINES[1] else 'posts'}"
        for lang, measure, name in rows.select("lang", "measure", "set").rows()
    ]
    dots = rows.select(
        pl.Series("row", labels, dtype=pl.Utf8), pl.lit(f"{named[0]} minus {named[1]}").alias("series"),
        pl.col("difference").alias("value"), "low", "high", pl.col("groups").alias("count"),
    ).sort(pl.col("row").str.starts_with("All"), "value", descending=True, maintain_order=True)  # fmt: skip
    told = f"Scores of {named[0]} minus those of {named[1]}, with 95 % intervals: it is better where they are over 0."
    return [*found, dots_figure(dots, "What training changed", "difference of the scores", told, mark=0)]


def _paragraph(which: int, bench: Bench, named: list[str]) -> str:
    asked = "in English" if which == 2 else "in languages other than English"
    said = [f"Does {named[0]} tell crisis posts {asked} apart better than {named[1]}, from which it began?"]
    for measure in HEADLINES:
        for row in _means(bench, measure):
            what = SAID_WITHIN if row["variant"] == WITHIN else SAID[measure][1]
            said.append(f"On {row['set']}, by {what}: {_ANSWERS[row['verdict']]}, it is {_compared(bench, row)}.")
    several = bench.differences["set"].n_unique() > 1
    details = [
        f"{SAID[measure][1]}{' on ' + row['set'] if several else ''}: {_compared(bench, row)}"
        for measure in SAID
        if measure not in HEADLINES
        for row in _means(bench, measure)
    ]
    said += [f"In detail: {'; '.join(details)}."] if details else []
    if which == 3:
        said += [_languages(bench, measure) for measure in HEADLINES]
    return " ".join(part for part in said if part)


def _means(bench: Bench, measure: str) -> list[dict]:
    return _of(bench.differences, measure).filter(pl.col("lang") == MEAN).rows(named=True)


def _compared(bench: Bench, row: dict) -> str:
    """Return a difference with both figures and in how many groups it shows."""
    here = pl.col("lang") == row["lang"], pl.col("set") == row["set"]
    values = dict(_of(bench.scores, row["measure"]).filter(*here).select("encoder", "value").rows())
    both = f"{values[row['encoder']]:.3f} against {values[row['against']]:.3f}"
    groups = "languages" if row["measure"] == "messages_ndcg" else "events"
    shown = f"; better in {row['better_in']} of {row['groups']} {groups}" if row["groups"] > 1 else ""
    return f"{compared(row['difference'], row['low'], row['high'], row['verdict'])}, {both}{shown}"


def _languages(bench: Bench, measure: str) -> str:
    rows = _of(bench.differences, measure).filter(pl.col("lang") != MEAN)
    told = []
    for name in rows["set"].unique(maintain_order=True):
        where = f" on {name}" if rows["set"].n_unique() > 1 else ""
        here = rows.filter(pl.col("set") == name).sort("difference", descending=True)
        each = [
            f"{language_name(row['lang'])} {compared(row['difference'], row['low'], row['high'], row['verdict'])}"
            for row in here.rows(named=True)
        ]
        told.append(f"By language{where}, {SAID[measure][1]}: {'; '.join(each)}.")
    return " ".join(told)
