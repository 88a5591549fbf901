"""``python -m delivery`` opens the app in a window; with ``bundle FOLDER`` it gathers all for a site offline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ctse_core.errors import CtseError
from ctse_core.terminal import Bar
from delivery.bundle import make_bundle
from delivery.desktop import open_app


def main(words: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a problem that was told."""
    asked = _parser().parse_args(words)
    try:
        if asked.command == "bundle":
            bar = Bar()
            out = make_bundle(asked.folder, asked.encoder, bar)
            bar.close()
            size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
            print(
                f"{out}: {size / 1e6:,.0f} MB. Carry it to a machine of the same kind; README.txt in it says the rest."
            )
        else:
            open_app(asked.port)
    except CtseError as told:
        print(told, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m delivery", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the window's server listens here; any free port else")
    commands = parser.add_subparsers(dest="command")
    bundle = commands.add_parser("bundle", help="gather program, wheels and encoders for a site without a network")
    bundle.add_argument("folder", type=Path, help="a new folder")
    bundle.add_argument(
        "--encoder", action="append", type=Path, default=[], help="another encoder's folder to take along"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
