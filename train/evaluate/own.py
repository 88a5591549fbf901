"""An evaluation that a person asks the app for: one encoder on a file of theirs, or on the built-in triples.

``evaluate_own`` is what the worker process calls by its name (``JOB``); the core knows that name only as a text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from ctse_core.encoders import load_encoder
from ctse_core.errors import TrainError
from ctse_core.home import cache_home, encoders_home
from ctse_core.types import Progress
from train.evaluate.bench import MEASURES, fits
from train.evaluate.drift import DRIFT_FILE, parallel_pairs
from train.evaluate.estimates import ITEMS, scores_of
from train.evaluate.languages import Heading, KnownEncoder, counts_of, diagnose, languages_page, with_causes
from train.evaluate.matching import Encode, matching_items
from train.evaluate.sets import EvaluationSet, built_in_set, kind_of, read_set
from train.evaluate.table import MEASURED, SCORES, labelled, read_scores, write_scores
from train.evaluate.vectors import looked_up

JOB = "train.evaluate.own:evaluate_own"
SCORES_FILE = "scores.csv"
LANGUAGES_FILE = "languages.html"
ABOUT_FILE = "about.json"
BUILT_IN = DRIFT_FILE.stem
_GLANCE = 5000
"""Rows by which a file is known before any work begins."""
_UNITS = {"posts": "posts", "messages": "messages", "sts": "pairs"}


class Place(Protocol):
    """What has a folder of its own, such as a project."""

    @property
    def folder(self) -> Path:
        """The folder that results are written into."""


def evaluate_own(project: Place, progress: Progress, encoder: str, file: str = "", limit: int = 0) -> None:
    """Measure an encoder and leave ``scores.csv`` (the long table), ``about.json`` and, for pairs, ``languages.html``.

    ``file``: pairs, posts with labels, or sentence pairs with scores; "" measures the built-in triples.
    ``limit``: so many sentences or posts only; 0 takes all.

    Raises:
        TrainError: the file is no evaluation set, or nothing in it can be measured.
        EncoderError: the encoder cannot be loaded, or gives no usable vectors.
    """
    progress(0.0, "Reading the file")
    one = read_set(Path(file), (), limit) if file else built_in_set()
    loaded = load_encoder(encoder, progress=lambda share, sentence: progress(0.05 * share, sentence))
    encode = looked_up(loaded, one.texts, cache_home() / "evaluation", _within(progress, 0.05, 0.9))
    rows = pl.concat([pl.DataFrame(schema=MEASURED), *_measured(one, encode, progress)])
    if rows.is_empty():
        raise TrainError(f"{one.name} has too few rows to say anything; give at least 20 of a language.")
    if one.is_pairs:
        _write_languages(
            one, KnownEncoder.of(loaded, encode), _seen(encoder), project.folder, _within(progress, 0.95, 1.0)
        )
    name = own_name(one, limit) if file else one.name
    write_scores(labelled(loaded.name, name, rows), project.folder / SCORES_FILE)
    about = {
        "encoder": loaded.name,
        "fingerprint": loaded.fingerprint,
        "set": name,
        "kind": one.kind,
        "digest": one.digest,
        "limit": limit,
        "notes": list(one.notes),
        "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }
    (project.folder / ABOUT_FILE).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    progress(1.0, "Done")


def own_name(one: EvaluationSet, limit: int) -> str:
    """Return what a set of one's own is called in tables: "mine · 200 sentences · 3fa9".

    Scores stand under one name only where the texts behind them are the same: two files of one name, or one file
    measured in part and whole, are sets of their own.
    """
    much = f" · {limit:,} {_UNITS.get(one.kind, 'sentences')}" if limit and one.kind != "triples" else ""
    return f"{one.name}{much} · {one.digest[:4]}"


def check_file(path: Path) -> str:
    """Return the kind of set that a file is, by its columns and first rows alone, so that a page may wait for it.

    Raises:
        TrainError: the file cannot be read, is empty, or is no evaluation set.
    """
    table = _first_rows(path)
    kind = kind_of(table)
    if not kind:
        raise TrainError(
            f"{path.name} is no evaluation set: its columns are {', '.join(table.columns) or 'none'}. Pairs have "
            "english, translation and lang; STS has sentence1, sentence2 and score; posts have text and label."
        )
    if table.is_empty():
        raise TrainError(f"{path.name} has columns and no rows; give a file with at least 20 rows of a language.")
    return kind


def _first_rows(path: Path) -> pl.DataFrame:
    name = path.name.casefold().removesuffix(".gz")
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        ".parquet": lambda: pl.read_parquet(path, n_rows=_GLANCE),
        ".csv": lambda: pl.read_csv(path, n_rows=_GLANCE),
        ".tsv": lambda: pl.read_csv(path, n_rows=_GLANCE, separator="\t", quote_char=None),
    }
    if Path(name).suffix not in readers:
        raise TrainError(f"{path.name} cannot be measured on; give a Parquet, CSV or TSV file.")
    try:
        return readers[Path(name).suffix]()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainError(f"{path.name} cannot be read as a table: {error}.") from error


def _seen(encoder: str) -> pl.DataFrame | None:
    """Return what an encoder of one's own was trained on, or None where that is not known."""
    try:
        return counts_of(Path(encoder) if Path(encoder).is_dir() else encoders_home() / encoder)
    except TrainError:
        return None


def _write_languages(
    one: EvaluationSet, known: KnownEncoder, seen: pl.DataFrame | None, folder: Path, progress: Progress
) -> None:
    """Leave the page that says why languages are weak; it quotes the set, which is this person's own."""
    pairs = one.data.select(pl.lit(one.name).alias("set"), "lang", "text", "english", "translation")
    figures, neighbours = diagnose(known, pairs, seen, progress=progress)
    heading = Heading(known.name, made=f"{datetime.now(UTC):%Y-%m-%d}", told=f"{pairs.height:,} pairs.")
    page = languages_page(with_causes(figures), neighbours, heading)
    (folder / LANGUAGES_FILE).write_text(page, encoding="utf-8")


def _measured(one: EvaluationSet, encode: Encode, progress: Progress) -> Iterator[pl.DataFrame]:
    for name, (_, found) in MEASURES.items():
        if fits(name, one):
            progress(0.9, f"Measuring {name}")
            rows = found(encode, one.data)
            yield scores_of(rows) if list(rows.columns) == list(ITEMS) else rows
    if one.kind == "triples":
        progress(0.95, "Measuring matching")
        yield scores_of(matching_items(encode, _translations(one.data)))


def _translations(triples: pl.DataFrame) -> pl.DataFrame:
    """Return item, lang, text, english, translation of the triples: a hard test of matching, for so few."""
    pairs = parallel_pairs(triples)
    numbers = {english: number for number, english in enumerate(pairs["english"].unique(maintain_order=True))}
    item = pl.col("english").replace_strict(numbers, return_dtype=pl.Int64).alias("item")
    return pairs.select(item, "lang", pl.col("lang").alias("text"), "english", "translation")


def _within(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, sentence: progress(start + (end - start) * share, sentence)


def own_scores(folder: Path) -> pl.DataFrame:
    """Return the scores of one evaluation; an empty table where there are none yet.

    Those of an older version's triples bear their digest in the set's name, so that they never stand for today's.

    Raises:
        TrainError: the table is damaged.
    """
    path = folder / SCORES_FILE
    if not path.is_file():
        return pl.DataFrame(schema=SCORES)
    found = read_scores(path)
    digest = _told_digest(folder)
    if BUILT_IN not in found["set"] or digest in ("", built_in_set().digest):
        return found
    return found.with_columns(pl.col("set").replace(BUILT_IN, f"{BUILT_IN} · {digest[:4]}"))


def _told_digest(folder: Path) -> str:
    try:
        return str(json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8")).get("digest", ""))
    except (OSError, ValueError, AttributeError):  # said where evaluations are listed
        return ""
