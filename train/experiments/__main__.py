"""``python -m train.experiments 1|2|3``: the first three experiments, each with a table, figures and a paragraph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctse_core.encoders import DEFAULT_ENCODER
from ctse_core.errors import CtseError
from ctse_core.types import Progress
from train.evaluate.page import plain_command
from train.experiments import (
    CrisisSettings,
    Experiment,
    TranslatedSettings,
    crisis_experiment,
    translated_experiment,
    write_experiment,
)

DESCRIPTION = """\
1  an encoder on English and translated sentences: do they lie at the same place? (--pairs; without it, on 800 pairs
   of our own in 16 languages)
2  an encoder against the plain model it began from, on English crisis posts (--posts, --start)
3  the same on crisis posts in other languages (--posts, --start)

Writes scores.csv, differences.csv, experiment.md, experiment.html and a picture a figure into OUT/experiment-N."""


def main(words: list[str] | None = None) -> int:
    """Run one experiment and print its paragraph; return the exit code: 0 done, 1 a problem told, 130 stopped."""
    words = sys.argv[1:] if words is None else words
    asked = _parser().parse_args(words)
    folder = asked.out / f"experiment-{asked.experiment}"
    from ctse_core.terminal import Bar

    bar = Bar(quiet=asked.quiet)
    try:
        found = _run(asked, folder, bar)
        bar.close()
        paths = write_experiment(found, folder, plain_command(["python", "-m", "train.experiments", *words]))
    except CtseError as problem:
        bar.close()
        print(f"ctse: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        bar.close()
        print("ctse: stopped; run the same command to go on.", file=sys.stderr)
        return 130
    print("\n\n".join([found.paragraph, *found.notes]))
    print(f"\nWritten: {', '.join(str(path) for path in paths)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train.experiments",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("experiment", type=int, choices=(1, 2, 3))
    parser.add_argument(
        "--encoder", nargs="+", default=[DEFAULT_ENCODER], metavar="ENCODER", help="name, folder, or mine=FOLDER"
    )
    parser.add_argument("--start", default="", metavar="ENCODER", help="the model it began from (2, 3)")
    parser.add_argument("--pairs", nargs="*", type=Path, default=[], metavar="FILE", help="english, translation, lang")
    parser.add_argument("--posts", nargs="*", type=Path, default=[], metavar="FILE", help="labelled crisis posts")
    parser.add_argument("--languages", default="", metavar="CODES", help="with commas between")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="sentences, or posts of an event")
    parser.add_argument("--out", type=Path, default=Path("experiments"), metavar="FOLDER", help="default: experiments")
    parser.add_argument("--runtime", default="auto", help="auto, torch or onnx-int8 (default: auto)")
    parser.add_argument("--device", default=None, help="cpu or cuda; default: what there is")
    parser.add_argument("--cache", type=Path, default=None, metavar="FOLDER", help="for vectors")
    parser.add_argument("--send-texts-to", default="", metavar="HOST", help="agree to send the masked texts there")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _run(asked: argparse.Namespace, folder: Path, progress: Progress) -> Experiment:
    codes = tuple(code.strip() for code in asked.languages.split(",") if code.strip())
    common = {
        "languages": codes, "limit": asked.limit, "runtime": asked.runtime, "device": asked.device,
        "cache": asked.cache, "send_to": asked.send_texts_to,
    }  # fmt: skip
    if asked.experiment == 1:
        encoders = (*asked.encoder, *([asked.start] if asked.start else []))
        return translated_experiment(TranslatedSettings(encoders, tuple(asked.pairs), **common), progress)
    if len(asked.encoder) > 1:
        raise CtseError(f"Experiment {asked.experiment} takes one --encoder and one --start; run it once for each.")
    crisis = CrisisSettings(asked.encoder[0], tuple(asked.posts), asked.start, **common)
    return crisis_experiment(asked.experiment, crisis, folder, progress)


if __name__ == "__main__":
    raise SystemExit(main())
