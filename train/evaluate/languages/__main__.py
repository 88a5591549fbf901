"""``python -m train.evaluate.languages ENCODER --sets FILE… --out FOLDER``: why languages do not match."""

from __future__ import annotations

import argparse
import datetime
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl

from ctse_core.encoders import Consent
from ctse_core.errors import CtseError, TrainError
from ctse_core.home import cache_home
from ctse_core.terminal import Bar
from ctse_core.types import Progress, no_progress
from train.evaluate.bench import labels_of
from train.evaluate.languages import (
    Heading,
    KnownEncoder,
    LanguageSettings,
    counts_of,
    diagnose,
    languages_page,
    with_causes,
)
from train.evaluate.peers import judged_encoder
from train.evaluate.sets import EvaluationSet, differently_named, read_set
from train.evaluate.vectors import looked_up

DESCRIPTION = """\
For each language of a set of translations: how often sentences find their translation, what the tokenizer makes
of the language, what training saw of it, hubs, the nearest wrong neighbours with both texts, and the likely cause.
Leaves languages.html, languages.csv and neighbours.csv in --out. They hold sentences of the sets: mind their
licence before you pass them on, or give --no-texts."""


def main(words: list[str] | None = None) -> int:
    """Write the page and the two tables; return the exit code: 0 done, 1 a problem told, 130 stopped."""
    asked = _parser().parse_args(words)
    bar = Bar(quiet=asked.quiet)
    try:
        told = run(asked, bar)
    except CtseError as problem:
        bar.close()
        print(f"ctse: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        bar.close()
        print("ctse: stopped", file=sys.stderr)
        return 130
    bar.close()
    print(told)
    return 0


def run(asked: argparse.Namespace, progress: Progress = no_progress) -> str:
    """Return a sentence about what was found, with the page's path, after writing it."""
    codes = [code.strip() for code in asked.languages.split(",") if code.strip()]
    sets = [read_set(path, codes, asked.limit) for path in asked.sets]
    differently_named(sets)
    pairs = pairs_of(sets)
    encoder = _known(asked, sets, progress)
    seen = counts_of(Path(asked.store)) if asked.store else None
    settings = LanguageSettings(asked.below, asked.examples, not asked.no_texts)
    figures, neighbours = diagnose(
        encoder, pairs, seen, settings, lambda share, told: progress(0.8 + 0.2 * share, told)
    )
    figures = with_causes(figures, asked.below)
    words = f"{pairs.height:,} pairs of {', '.join(one.name for one in sets)}."
    heading = Heading(encoder.name, asked.below, f"{datetime.date.today():%Y-%m-%d}", words)
    _write(Path(asked.out), figures, neighbours, heading)
    below = figures.filter(pl.col("matching") < asked.below).height
    page = Path(asked.out) / "languages.html"
    return f"{below} of {figures.height} languages are below {asked.below}; see {page}"


def _known(asked: argparse.Namespace, sets: list[EvaluationSet], progress: Progress) -> KnownEncoder:
    """Return the encoder with the vectors of the sets, those of earlier runs of the bench out of its cache."""
    ((name, where),) = labels_of([asked.encoder]).items()
    consent = Consent(asked.send_texts_to) if asked.send_texts_to else None
    loaded = judged_encoder(where, progress=lambda share, told: progress(0.05 * share, told), consent=consent)
    texts = list(dict.fromkeys(text for one in sets for text in one.texts))
    cache = cache_home() / "evaluation"
    encode = looked_up(loaded, texts, cache, lambda share, told: progress(0.05 + 0.75 * share, told))
    known = KnownEncoder.of(loaded, encode)
    return replace(known, name=name) if name != asked.encoder else known


def _write(out: Path, figures: pl.DataFrame, neighbours: pl.DataFrame, heading: Heading) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        figures.write_csv(out / "languages.csv", float_precision=6)
        disarmed(neighbours).write_csv(out / "neighbours.csv", float_precision=6)
        (out / "languages.html").write_text(languages_page(figures, neighbours, heading), encoding="utf-8")
    except OSError as fault:
        raise TrainError(f"Cannot write to {out} ({fault.strerror or fault}); name another folder.") from fault


def disarmed(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with an apostrophe before each text that a spreadsheet would take for a formula."""
    text = pl.col(pl.Utf8)
    return table.with_columns(pl.when(text.str.contains(r"^[=+\-@\t\r]")).then("'" + text).otherwise(text).name.keep())


def pairs_of(sets: list[EvaluationSet]) -> pl.DataFrame:
    """Return the pairs of all sets as one table: set, lang, text, english, translation.

    Raises:
        TrainError: a set has no translations.
    """
    other = [one.name for one in sets if one.kind not in ("pairs", "topics")]
    if other:
        raise TrainError(f"{', '.join(other)} has no translations to match; give sets of English-to-X pairs.")
    columns = ["lang", "text", "english", "translation"]
    return pl.concat([one.data.select(pl.lit(one.name).alias("set"), *columns) for one in sets])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train.evaluate.languages",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("encoder", help="a name of the catalogue, a folder, an address, or mine=FOLDER")
    parser.add_argument("--sets", nargs="+", required=True, metavar="FILE", help="Parquet, CSV or TSV of pairs")
    parser.add_argument("--out", required=True, metavar="FOLDER")
    parser.add_argument("--store", metavar="FOLDER", help="the trained encoder, for the pairs and sources it saw")
    parser.add_argument("--languages", default="", help="codes with commas between; default: all")
    parser.add_argument("--limit", type=int, default=0, help="so many sentences only; default: all")
    parser.add_argument("--below", type=float, default=0.95, help="matching under which errors are looked into")
    parser.add_argument("--examples", type=int, default=4, help="wrong neighbours shown a language and direction")
    parser.add_argument("--send-texts-to", default="", metavar="HOST", help="agree to send the masked texts there")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--no-texts", action="store_true", help="tell wrong neighbours by their rows only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
