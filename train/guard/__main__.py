"""``python -m train.guard PAIRS --against EVAL … --out FILE.parquet``: pairs without evaluation sentences."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctse_core.errors import CtseError
from train.guard import write_cleaned


def main(arguments: list[str] | None = None) -> int:
    """Write the cleaned file and return the exit code: 0, or 1 for a problem told in one sentence."""
    parser = argparse.ArgumentParser(prog="python -m train.guard", description="Clean pairs of evaluation sentences.")
    parser.add_argument("pairs", help="a file of pairs: Parquet, TSV, CSV, Moses or TMX, also .gz and .zst")
    parser.add_argument("--against", nargs="+", required=True, help="evaluation files: Parquet, CSV or TSV")
    parser.add_argument("--out", type=Path, required=True, help="the cleaned file (.parquet)")
    asked = parser.parse_args(arguments)
    try:
        kept, dropped = write_cleaned(asked.pairs, asked.against, asked.out)
    except CtseError as fault:
        print(f"guard: {fault}", file=sys.stderr)
        return 1
    print(f"{kept:,} pairs are in {asked.out}; {dropped:,} held a sentence of an evaluation set and were left out.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
