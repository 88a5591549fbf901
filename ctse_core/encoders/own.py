"""A person's own encoders: every folder in their home is in the catalogue at once, under its name."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ctse_core.encoders.cache import write_atomically
from ctse_core.encoders.catalog import ENCODERS, EncoderSpec
from ctse_core.encoders.eight_bit import weight_shapes
from ctse_core.encoders.layout import EncoderLayout, read_layout
from ctse_core.encoders.reading import Readable
from ctse_core.errors import EncoderError
from ctse_core.home import encoders_home

ABOUT = "ctse.json"
"""What a folder tells of itself beyond what sentence-transformers knows of; it may be missing."""

TRAINING = "training"
"""Where the trainer keeps what it needs while it works, inside the folder of the encoder to be."""


@dataclass(frozen=True)
class About:
    """What people should know of an encoder of their own.

    Attributes:
        title: what the catalogue calls it; empty for the folder's name.
        note: a sentence on what it was made for.
        licence: under which its weights may be passed on.
        languages: codes that it was trained on.
    """

    title: str = ""
    note: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()


def write_about(folder: Path, about: About) -> None:
    """Let an encoder's folder tell of itself: the catalogue shows it. Whatever else stands in the file is kept.

    Raises:
        EncoderError: the file is damaged.
    """
    whole = {**read_told(folder), **asdict(about)}
    write_atomically(folder / ABOUT, json.dumps(whole, ensure_ascii=False, indent=1).encode())


def read_about(folder: Path) -> About:
    """Return what a folder tells of itself; what it does not tell, or tells badly, is empty.

    Raises:
        EncoderError: the file is damaged.
    """
    told = read_told(folder)
    languages = told.get("languages")
    return About(
        title=str(told.get("title") or ""),
        note=str(told.get("note") or ""),
        licence=str(told.get("licence") or ""),
        languages=tuple(str(code) for code in languages) if isinstance(languages, list) else (),
    )


def read_told(folder: Path) -> dict[str, Any]:
    """Return all that stands in the file by which a folder tells of itself; nothing where there is none.

    Raises:
        EncoderError: the file is damaged.
    """
    path = folder / ABOUT
    if not path.is_file():
        return {}
    with Readable(folder):
        told = json.loads(path.read_text(encoding="utf-8"))
    return told if isinstance(told, dict) else {}


def own_folders() -> list[Path]:
    """Return the folders in the home of one's own encoders, by name; what a save has not finished is left out."""
    try:
        return sorted(path for path in encoders_home().iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def own_folder(name: str) -> Path | None:
    """Return the folder of one's own encoder of that name, or None. The catalogue's own names win."""
    folder = encoders_home() / name
    plain = bool(name) and not name.startswith(".") and Path(name).name == name
    return folder if plain and name not in ENCODERS and folder.is_dir() else None


def own_spec(folder: Path) -> EncoderSpec:
    """Return the catalogue entry of a folder, its files checked but no weights read.

    Raises:
        EncoderError: the folder is no encoder yet, is damaged, or has the name of one of the catalogue.
    """
    if (folder / TRAINING).is_dir() and not (folder / "modules.json").exists():
        raise EncoderError(f"The training in {folder} has not ended; start it again with --resume to go on.")
    if folder.name in ENCODERS:
        raise EncoderError(f"The catalogue has an encoder of the name {folder.name} already; rename {folder}.")
    layout = read_layout(folder)
    about = read_about(folder)
    with Readable(layout.folder):
        size = sum((layout.folder / name).stat().st_size for name in layout.files())
        dim = _width(layout)
    kind = "A bag of token vectors" if layout.kind == "static" else "A transformer"
    return EncoderSpec(
        name=folder.name,
        title=about.title or folder.name,
        source=f"own:{folder}",
        dim=dim,
        tokens=layout.use.max_tokens,
        prefix=layout.use.prefix,
        languages=about.languages,
        licence=about.licence or "not stated",
        megabytes=round(size / 1e6),
        note=about.note or f"Your own. {kind}.",
    )


def broken_spec(folder: Path) -> EncoderSpec:
    """Return a catalogue entry for a folder that cannot be read, so that its name and trouble can be shown."""
    return EncoderSpec(folder.name, folder.name, f"own:{folder}", 0, 0, "", (), "not stated", 0, "Your own.")


def spec_of(name: str) -> EncoderSpec | None:
    """Return the entry of an encoder of the catalogue, or of one's own, by its name; None for any other."""
    folder = own_folder(name)
    if folder is None:
        return ENCODERS.get(name)
    try:
        return own_spec(folder)
    except EncoderError:
        return None


def _width(layout: EncoderLayout) -> int:
    """Return the width of the vectors, and notice weights that are cut off."""
    path = layout.folder / "model.safetensors"
    shapes = weight_shapes(path) if path.is_file() else {}
    if layout.kind == "static":
        return int(next(shape[1] for name, shape in shapes.items() if name.startswith("embedding")))
    if layout.dense:
        return int(_settings(layout.dense[-1].folder)["out_features"])
    settings = _settings(layout.folder)
    return int(settings.get("hidden_size") or settings["dim"])


def _settings(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))
