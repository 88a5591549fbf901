"""The example project: analysed beforehand and shipped in assets/, opened by copying it."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from ctse_core.analysis import AnalysisSettings, analyse
from ctse_core.encoders import DEFAULT_ENCODER
from ctse_core.errors import ProjectError
from ctse_core.project import Project
from ctse_core.project.parts import replace_folder

ASSETS = Path(__file__).resolve().parents[1] / "assets"
EXAMPLE = ASSETS / "example"
POSTS = ASSETS / "sample_posts.csv"
NAME = "example"
LAYERS = ("needs", "places", "sources")
"""What responders ask of the posts, shipped with the example so that it opens at once."""


def make_example(place: Path = EXAMPLE) -> Project:
    """Analyse the invented posts and put the project, without the steps of the analysis, at ``place``.

    ``python -m ctse_core.example`` does this after a change that makes another result.
    """
    beside = Project(place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}"))
    try:
        # Named, not chosen: the reasons of the machine that makes the example are nobody else's.
        analyse(beside.take_source(POSTS), beside, AnalysisSettings(encoder=DEFAULT_ENCODER))
        for step in beside.products.iterdir():
            if step.name not in LAYERS:
                shutil.rmtree(step)
        (beside.folder / ".lock").unlink(missing_ok=True)
        replace_folder(beside.folder, place)
    finally:
        beside.remove()
    return Project(place)


def open_example(home: Path) -> Project:
    """Return the example as a project under ``home``; an older copy of it is replaced.

    Raises:
        ProjectError: the example is not part of this installation.
    """
    if not (EXAMPLE / "manifest.json").is_file():
        raise ProjectError(
            f"The example project is missing from {EXAMPLE}; get the whole repository, or analyse "
            "assets/sample_posts.csv."
        )
    place = Project(home / NAME)
    shipped = Project(EXAMPLE).manifest()
    told = place.manifest() or {} if place.folder.is_dir() else {}
    # What a person appended to the example stays there.
    if told and (shipped or {}).get("fingerprint") in (told.get("fingerprint"), *told.get("grown_from", ())):
        return place
    home.mkdir(parents=True, exist_ok=True)
    beside = home / f".{NAME}.{uuid.uuid4().hex[:8]}"
    shutil.copytree(EXAMPLE, beside)
    replace_folder(beside, place.folder)
    return place


if __name__ == "__main__":
    make_example()
