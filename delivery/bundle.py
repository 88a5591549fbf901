"""Everything that a site without a network needs, in one folder: the program, its wheels, encoders, sums to check."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from ctse_core.errors import CtseError
from ctse_core.types import Progress, no_progress

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (
    "app.py", "LICENSE", "NOTICE", "README.md", "requirements.txt", "requirements-scale.txt", "pyproject.toml",
    ".streamlit", "pages", "ui", "ctse_core", "train", "delivery", "assets", "docs",
)  # fmt: skip
"""What of the program's folder goes along; tests and benchmarks stay."""
SUMS = "SHA256SUMS"
_SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache", "node_modules", ".env*", "*.pem", "*.key")
_OURS = {"delivery": ("Dockerfile*", "*.py", "*.yaml", "*.sql"), ".streamlit": ("config.toml",)}
"""Folders beside which people put passwords: of these only what is ours goes along."""

_INSTALL_SH = """#!/bin/sh
# Makes an environment beside this file out of the wheels in it; needs Python {python} and no network.
set -eu
cd "$(dirname "$0")"
if command -v sha256sum >/dev/null 2>&1; then sha256sum --quiet -c {sums}; fi
"${{PYTHON:-python3}}" -m venv venv
venv/bin/python -m pip install --quiet --no-index --find-links wheels -r program/requirements.txt "{driver}"
echo "Done. Start it with: ./ctse.sh"
"""
_START_SH = """#!/bin/sh
# Opens the app in a window of its own.
cd "$(dirname "$0")/program" && exec ../venv/bin/python -m delivery "$@"
"""
_INSTALL_BAT = """@echo off
rem Makes an environment beside this file out of the wheels in it; needs Python {python} and no network.
cd /d "%~dp0"
py -{python} -m venv venv || exit /b 1
venv\\Scripts\\python -m pip install --quiet --no-index --find-links wheels ^
    -r program\\requirements.txt "{driver}" || exit /b 1
echo Done. Start it with: ctse.bat
"""
_START_BAT = """@echo off
rem Opens the app in a window of its own.
cd /d "%~dp0program"
..\\venv\\Scripts\\python -m delivery %*
"""
_READ_ME = """CTSE for a site without a network

What is here: program/ (the app with its encoders), wheels/ (every library it needs, for {platform}, Python {python}),
{sums} (to check that nothing was changed on the way).

Linux and macOS:  sh install.sh   then   ./ctse.sh
Windows:          install.bat     then   ctse.bat

Nothing is fetched and nothing is sent: the install reads wheels/ alone, the app listens on this machine alone.
"""


class BundleError(CtseError):
    """The bundle could not be made."""


def make_bundle(out: Path, encoders: Sequence[Path] = (), progress: Progress = no_progress) -> Path:
    """Gather the program, its wheels and further ``encoders`` (folders) in the new folder ``out``, and return it.

    It is put together beside and renamed, so that a bundle is whole or not there. Its wheels are for machines like this
    one: the same system, processor and Python.

    Raises:
        BundleError: ``out`` is there already or cannot be written, an encoder is no folder, or a wheel cannot be had.
    """
    if out.exists():
        raise BundleError(f"“{out}” is there already; name a new folder.")
    for folder in encoders:
        if not (folder / "config_sentence_transformers.json").is_file():
            raise BundleError(
                f"“{folder}” is no encoder's folder; export one with: python -m ctse_core export-encoder."
            )
    beside = out.with_name(f".{out.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        progress(0.0, "Copying the program")
        _copy_program(beside / "program", encoders)
        progress(0.1, "Gathering the wheels")
        _gather_wheels(beside / "wheels")
        progress(0.9, "Adding up the sums")
        _write_words(beside)
        _write_sums(beside)
        beside.rename(out)
    except OSError as fault:
        raise BundleError(
            f"“{out}” cannot be written ({fault.strerror or fault}); name another folder, or make room."
        ) from fault
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    progress(1.0, "Done")
    return out


def _copy_program(place: Path, encoders: Sequence[Path]) -> None:
    place.mkdir(parents=True)
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=_left_out(name))
        else:
            shutil.copy2(source, place / name)
    for folder in encoders:
        shutil.copytree(folder, place / "assets" / "encoders" / folder.name, ignore=_SKIPPED)


def _left_out(name: str) -> Callable[[str, list[str]], set[str]]:
    """Return what tells of a folder of the program which of its files stay here."""
    ours = _OURS.get(name)

    def stays(folder: str, files: list[str]) -> set[str]:
        foreign = {file for file in files if ours and not any(fnmatch(file, kind) for kind in ours)}
        return foreign | set(_SKIPPED(folder, files))

    return stays


def driver() -> str:
    """Return the requirement of the driver that reaches a team's database, as requirements-scale.txt pins it."""
    lines = (ROOT / "requirements-scale.txt").read_text(encoding="utf-8").splitlines()
    return next(line.split()[0] for line in lines if line.startswith("psycopg"))


def _gather_wheels(place: Path) -> None:
    """Download every library of requirements.txt; source packages are refused, nothing is compiled over there."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(place), "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "-r", str(ROOT / "requirements.txt"), driver()],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:] or ["pip gave no reason"]
        raise BundleError(f"A wheel could not be had: {last[0].strip()} Check the network and try again.")


def _write_words(place: Path) -> None:
    machine = f"{platform.system()} on {platform.machine()}"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    about = {"python": python, "sums": SUMS, "platform": machine, "driver": driver()}
    for name, words in (
        ("install.sh", _INSTALL_SH), ("ctse.sh", _START_SH), ("install.bat", _INSTALL_BAT), ("ctse.bat", _START_BAT),
        ("README.txt", _READ_ME),
    ):  # fmt: skip
        path = place / name
        path.write_text(words.format(**about), encoding="utf-8", newline="\r\n" if name.endswith(".bat") else "\n")
        if name.endswith(".sh"):
            path.chmod(0o755)


def _write_sums(place: Path) -> None:
    lines = [f"{digest}  {name}" for name, digest in sorted(_digests(place))]
    (place / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _digests(place: Path) -> Iterator[tuple[str, str]]:
    for path in place.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                yield path.relative_to(place).as_posix(), hashlib.file_digest(file, "sha256").hexdigest()
