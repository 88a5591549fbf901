"""Analysing and appending on the command line: the flags, and the settings they make."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctse_core.analysis import AnalysisSettings

ROLES = {
    "text": "text of the posts",
    "time": "time",
    "id": "id",
    "author": "author",
    "lang": "language",
    "lat": "latitude",
    "lon": "longitude",
    "place": "place",
    "label": "label",
}
"""The roles that a column can be given, each with what it holds."""


def add_analyse_flags(parser: ArgumentParser) -> None:
    """Add the flags of ``analyse``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, JSONL, XLSX or Parquet, also .gz, .zip")
    parser.add_argument("--out", type=Path, required=True, metavar="PROJECT", help="the project's folder")
    parser.add_argument(
        "--encoder", metavar="NAME", default="auto", help="from `encoders`, or a folder (default: auto, by posts "
        "and machine)",
    )  # fmt: skip
    parser.add_argument(
        "--send-texts-to", default="", metavar="HOST", help="agree to send masked texts to this host "
        "(--encoder https://…)",
    )  # fmt: skip
    parser.add_argument("--runtime", default="auto", help="auto, torch or onnx-int8 (default: auto)")
    parser.add_argument(
        "--clusters",
        choices=("communities", "hdbscan"),
        default="communities",
        help="topics from communities of linked posts, or from dense places (default: communities)",
    )
    parser.add_argument(
        "--fineness", type=float, default=0.0, metavar="R", help="of communities: 1 few topics, 4 many (default: by n)"
    )
    parser.add_argument(
        "--first", type=int, default=0, metavar="N", help="only the first N posts of the file (all is read)"
    )
    _add_anyway(parser)
    _add_roles(parser, "guessed")


def add_append_flags(parser: ArgumentParser) -> None:
    """Add the flags of ``append``."""
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--anew", action="store_true", help="then analyse all files together from the start: topics are found anew"
    )
    _add_anyway(parser)
    _add_roles(parser, "as before")


def _add_anyway(parser: ArgumentParser) -> None:
    parser.add_argument("--anyway", action="store_true", help="go on where memory would not do, as far as one can tell")


def _add_roles(parser: ArgumentParser, default: str) -> None:
    for role, held in ROLES.items():
        parser.add_argument(f"--{role}-column", metavar="C", help=f"column with the {held} (default: {default})")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def chosen_columns(asked: Namespace) -> dict[str, str | None]:
    """Return the column that was named for each role, None where none was."""
    return {role: getattr(asked, f"{role}_column") for role in ROLES}


def analysis_settings(asked: Namespace, send_to: str) -> AnalysisSettings:
    """Return what the flags ask for; ``send_to`` is the host that a person agreed to send masked texts to.

    Raises:
        SettingError: a flag is outside its range.
        InputFileError: the file cannot be read as a table.
    """
    from ctse_core.analysis import AnalysisSettings
    from ctse_core.errors import SettingError
    from ctse_core.posts import guessed_roles
    from ctse_core.structure import StructureSettings

    if asked.first < 0:
        raise SettingError(f"--first takes a number of posts, not {asked.first}.")
    named = {role: column for role, column in chosen_columns(asked).items() if column}
    return AnalysisSettings(
        roles=guessed_roles(asked.file, named) if named else None,
        runtime=asked.runtime,
        send_to=send_to,
        encoder=asked.encoder,
        first=asked.first,
        anyway=asked.anyway,
        structure=StructureSettings(clusters=asked.clusters, resolution=asked.fineness),
    )
