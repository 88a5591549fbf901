"""``python -m train.cards ENCODER --run RUN… --scores FILE --speeds FILE``: the model card of an encoder.

Writes the card into the folder's ctse.json, where the app finds it, and README.md beside it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

from ctse_core.encoders import ENCODERS, About, write_about
from ctse_core.encoders.card import Card, write_card
from ctse_core.encoders.own import read_about
from ctse_core.encoders.sources import encoder_folder
from ctse_core.errors import CtseError, TrainError
from train.cards.made import NOT_STATED, made_of
from train.cards.readme import readme
from train.cards.worth import by_language, headlines, renamed, service_of, sizes_of, speeds_of
from train.evaluate.table import read_scores

EVALUATION = Path("assets/evaluation")
AGAINST = ("ctse-small", "ctse-static", "multilingual-e5-small-q4", "all-MiniLM-L6-v2", "USE-multilingual")


def main(words: list[str] | None = None) -> int:
    """Write the card; return the exit code: 0 done, 1 a problem told in a sentence."""
    asked = _parser().parse_args(sys.argv[1:] if words is None else words)
    try:
        folder, name = _folder(asked.encoder), asked.name or Path(asked.encoder).name
        card = card_of(folder, name, asked)
        about = _about(folder, name, card, asked)
        write_about(folder, about)
        paths = [write_card(folder, card), folder / "README.md"]
        paths[1].write_text(readme(name, about, card), encoding="utf-8")
    except CtseError as problem:
        print(f"ctse: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"ctse: {problem.filename}: {problem.strerror}; check the path and its rights.", file=sys.stderr)
        return 1
    for source in card.sources:
        if source.licence == NOT_STATED:
            print(f"No credit is known for {source.name}; add it to train/credits.py and write the card again.")
    print(f"{len(card.service)} languages, {len(card.sources)} sources, {len(card.runs)} runs.")
    print(f"Written: {', '.join(map(str, paths))}")
    return 0


def card_of(folder: Path, name: str, asked: argparse.Namespace) -> Card:
    """Return the card that the command line asks for.

    Raises:
        CtseError: a run, a table or the encoder cannot be read.
    """
    runs, sources = made_of(asked.run)
    scores = renamed(read_scores(asked.scores), name, asked.scored_as or name)
    languages = by_language(scores, name)
    compared = [name, *(other for other in asked.against if other != name)]
    return Card(
        service=service_of(languages),
        sources=sources,
        runs=runs,
        scores=(*headlines(scores, compared), *languages),
        speeds=tuple(speeds_of(_speeds(asked.speeds), compared)),
        sizes=sizes_of(folder),
        notes=tuple(asked.note),
    )


def _about(folder: Path, name: str, card: Card, asked: argparse.Namespace) -> About:
    """Return what the folder tells of itself: what was asked, else the catalogue's words, else what it told before."""
    before, spec = read_about(folder), ENCODERS.get(name)
    return About(
        title=asked.title or (spec.title if spec else before.title),
        note=asked.about or (spec.note if spec else before.note),
        licence=asked.licence or (spec.licence if spec else before.licence) or NOT_STATED,
        languages=before.languages or tuple(sorted({"en", *card.service})),
    )


def _folder(encoder: str) -> Path:
    if encoder in ENCODERS:
        return encoder_folder(ENCODERS[encoder])
    folder = Path(encoder).expanduser()
    if not folder.is_dir():
        raise TrainError(f"There is no encoder {encoder!r}; give a name of the catalogue or a folder.")
    return folder


def _speeds(path: Path) -> pl.DataFrame:
    if not path.is_file():
        schema = {"encoder": pl.Utf8, "runtime": pl.Utf8, "posts_per_second": pl.Float64, "ratio": pl.Float64}
        return pl.DataFrame(schema=schema)
    try:
        return pl.read_csv(path)
    except pl.exceptions.PolarsError as error:
        raise TrainError(f"{path} is no table of speeds; make it with python -m benchmarks.encoders.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train.cards", description=__doc__)
    parser.add_argument("encoder", metavar="ENCODER", help="a name of the catalogue, or a folder")
    parser.add_argument("--run", nargs="*", type=Path, default=[], metavar="FOLDER", help="its --out folder, earlier "
                        "runs first; teachers and students that were trained here are found by themselves")  # fmt: skip
    parser.add_argument("--scores", type=Path, default=EVALUATION / "scores.csv", metavar="FILE")
    parser.add_argument("--speeds", type=Path, default=EVALUATION / "speeds.csv", metavar="FILE")
    parser.add_argument("--name", default="", help="what the card calls it; default: ENCODER")
    parser.add_argument("--scored-as", default="", metavar="NAME", help="what the scores call it; default: its name")
    parser.add_argument("--against", nargs="*", default=list(AGAINST), metavar="NAME", help="what it is held against")
    parser.add_argument("--title", default="", help="default: the catalogue's")
    parser.add_argument("--about", default="", help="a sentence; default: the catalogue's")
    parser.add_argument("--licence", default="", help="of the weights; default: the catalogue's")
    parser.add_argument("--note", nargs="*", default=[], metavar="SENTENCE", help="what people should mind")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
