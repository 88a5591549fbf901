"""The command line: ``python -m train.shipped small|static --pairs FILE … --posts FILE … --work FOLDER --out FOLDER``.

Exit codes: 0 done, 1 a problem told in one sentence, 2 a wrong command line, 130 stopped by the person.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctse_core.errors import CtseError
from train.config import PairSettings, PostSettings
from train.shipped.stages import STAGES, files, ship


def main(arguments: list[str] | None = None) -> int:
    """Make one of the shipped encoders and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.shipped", description="Make an encoder that ships.")
    parser.add_argument("encoder", choices=sorted(STAGES))
    parser.add_argument("--pairs", nargs="+", required=True, metavar="FILE", help="files of pairs")
    parser.add_argument("--posts", nargs="+", required=True, metavar="FILE", help="labelled crisis posts")
    parser.add_argument("--guard", nargs="+", default=[], metavar="FILE", help="evaluation files, never trained on")
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="keeps the stages; goes on there")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the encoder as it ships")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    asked = parser.parse_args(arguments)
    from ctse_core.terminal import Bar

    bar = Bar(quiet=asked.quiet)
    sources = PairSettings(files=files(asked.pairs), guard=files(asked.guard)), PostSettings(files=files(asked.posts))
    try:
        folder = ship(asked.encoder, sources, asked.work.expanduser(), asked.out.expanduser(), bar)
    except CtseError as fault:
        bar.close()
        print(f"train.shipped: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        bar.close()
        print("train.shipped: stopped; the same command goes on.", file=sys.stderr)
        return 130
    bar.close()
    print(f"The encoder is in {folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
