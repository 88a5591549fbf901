"""Folders of runs ─▶ how an encoder was made: its trainings in their order, and all they learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl

from ctse_core.encoders import ENCODERS, read_card
from ctse_core.encoders.card import Run, Source
from ctse_core.encoders.sources import SHIPPED
from ctse_core.errors import TrainError
from train.checkpoint import read_json
from train.credits import WEIGHTS, credit_of, plain_name
from train.evaluate.page import plain_command
from train.log import read_log
from train.recipes import RECIPES

NOT_STATED = "not stated"
_UNTOLD = ("recipe", "files", "guard", "evaluation", "encoder", "teacher", "seed", "steps", "batch", "precision")
"""Settings that a card tells in another place, or that change nothing in the encoder."""
_OF_THE_WAY = ("evaluate_every", "save_every", "held_out", "held_tokens", "tokens", "compiled")
"""Settings of memory and of what is kept on the way."""


def made_of(folders: Sequence[Path]) -> tuple[tuple[Run, ...], tuple[Source, ...]]:
    """Return the trainings behind the run folders, earlier ones first, and every source of theirs once.

    A run whose student or teacher lies in a run folder of its own has that run before it. One that was moved, or made
    on another machine, is known again by its name where it is among ``folders``. A blended teacher among them, such as
    a layer was fitted to afterwards, tells its sources; so does an encoder with a card, with the runs that it tells of.

    Raises:
        TrainError: a folder holds no run.
        EncoderError: a card is damaged.
    """
    runs: dict[Path, Run] = {}
    sources: dict[str, Source] = {}
    names = {name for folder in folders for name in _names(folder)}
    for folder in folders:
        _add(folder, runs, sources, names)
    order = {"weights": 0, "pairs": 1, "posts": 2}
    found = sorted(sources.values(), key=lambda one: (order[one.kind], -one.rows, one.name))
    return tuple(runs.values()), tuple(found)


def _names(folder: Path) -> set[str]:
    """Return what others may call a run: its folder's name, and that of the folder that it was written to."""
    words = [*_first_start(read_json(folder / "training" / "manifest.json")).get("command", ()), ""]
    return {
        folder.resolve().name,
        *(Path(words[place + 1]).name for place, word in enumerate(words) if word == "--out"),
    }


def _add(folder: Path, runs: dict[Path, Run], sources: dict[str, Source], names: set[str]) -> None:
    if folder.resolve() in runs:
        return
    if blend := read_json(folder / "blend.json"):
        for source in _blended(blend):
            _keep(source, sources)
        return
    training = folder / "training"
    config, manifest = read_json(training / "config.json"), read_json(training / "manifest.json")
    if not config or not manifest:
        if _add_told(folder, runs, sources):
            return
        raise TrainError(f"{folder} holds no training; name the --out folder of a run that has ended.")
    began_from, teacher = _run_of(str(config.get("student", {}).get("encoder", ""))), str(config.get("teacher") or "")
    for name in dict.fromkeys((began_from, teacher)):
        if name and any((Path(name) / told).is_file() for told in ("training/config.json", "blend.json")):
            _add(Path(name), runs, sources, names)
        elif name and _add_told(_shipped(name), runs, sources):
            continue
        elif name and Path(name).name not in names:
            _keep(_source(name, "weights"), sources)
    for source in (*_pairs(training / "pairs.csv"), *_posts(config, manifest)):
        _keep(source, sources)
    names_told = plain_name(began_from), plain_name(teacher) if teacher else ""
    told = manifest | _went(training, manifest) | {"minutes": _minutes(training, manifest)}
    runs[folder.resolve()] = _run(config, told, *names_told)


def _add_told(folder: Path, runs: dict[Path, Run], sources: dict[str, Source]) -> bool:
    """Add what an encoder's card tells of how it was made; return whether it has one. Its runs may be gone by now."""
    card = read_card(folder) if folder.is_dir() else None
    if card is None or not card.runs:
        return False
    for source in card.sources:
        _keep(source, sources)
    runs.update({folder.resolve() / str(place): run for place, run in enumerate(card.runs)})
    return True


def _shipped(name: str) -> Path:
    """Return the folder of an encoder that ships, by its name in the catalogue; else the name as a folder."""
    return SHIPPED / name if name in ENCODERS else Path(name)


def _run_of(encoder: str) -> str:
    """Return the folder of the run that an encoder comes from, where it is the best one so far of a run."""
    path = Path(encoder)
    return str(path.parents[1]) if path.parts[-2:] == ("training", "best") else encoder


def _went(training: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the steps that a run went and its pace where it was stopped for good; nothing where it ended."""
    log = training / "log.jsonl"
    if manifest.get("pairs_per_second") or not log.is_file():
        return {}
    told = read_log(log)
    paces = [one["pairs_per_s"] for one in told if one.get("pairs_per_s")]
    steps = max((int(one["step"]) for one in told), default=0)
    return {"steps": steps, "pairs_per_second": paces[-1] if paces else 0.0}


def _minutes(training: Path, manifest: Mapping[str, Any]) -> float | None:
    """Return how long the steps took over all starts; 0 where it was not noted, None where the pace tells it."""
    told = max((float(one.get("seconds", 0)) for one in read_log(training / "log.jsonl")), default=0.0)
    return told / 60 if told or len(manifest.get("starts", ())) > 1 else None


def _blended(blend: Mapping[str, Any]) -> list[Source]:
    """Return the encoders and the posts that a blended teacher is made of."""
    files, count = blend.get("files", ()), int(blend.get("posts", 0))
    posts = [replace(_source(Path(file).stem, "posts"), rows=count if len(files) == 1 else 0) for file in files]
    return [*(_source(name, "weights") for name in blend.get("encoders", ())), *posts]


def _run(config: Mapping[str, Any], manifest: Mapping[str, Any], began_from: str, teacher: str) -> Run:
    seen = int(manifest.get("steps", 0)) * int(config.get("batch", 0))
    speed = float(manifest.get("pairs_per_second") or 0.0)
    start = _first_start(manifest)
    paced = seen / speed / 60 if speed else 0.0
    minutes = paced if manifest.get("minutes") is None else float(manifest["minutes"])
    return Run(
        recipe=str(config.get("recipe", "")),
        command=plain_command([word for word in start.get("command", ()) if word != "--resume"]),
        began_from=began_from,
        teacher=teacher,
        rows=int(manifest.get("pairs") or manifest.get("posts") or 0),
        seen=seen,
        steps=int(manifest.get("steps", 0)),
        batch=int(config.get("batch", 0)),
        minutes=round(minutes, 1),
        device=str(manifest.get("device", "")),
        precision=str(manifest.get("precision", "")),
        settings=settings_told(config),
    )


def _first_start(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(manifest.get("starts") or ()), manifest)


def settings_told(config: Mapping[str, Any]) -> dict[str, str]:
    """Return what a run was told other than its recipe says, by dotted name; of an unknown recipe all that counts."""
    recipe = RECIPES.get(str(config.get("recipe", "")))
    usual = _flat(asdict(recipe())) if recipe else {}
    told = {}
    for name, value in _flat(config).items():
        if usual.get(name) != value and name.split(".")[-1] not in (*_UNTOLD, *_OF_THE_WAY):
            told[name] = value
    return told


def _flat(config: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = _said(value)
    return found


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(f"{each[0]} {each[1]}" if isinstance(each, (list, tuple)) else str(each) for each in value)
    return str(value)


def _pairs(path: Path) -> list[Source]:
    """Return the sources of a run's table of pairs (language, source, kind, pairs, share)."""
    if not path.is_file():
        return []
    sums = pl.read_csv(path).group_by("source", maintain_order=True)
    table = sums.agg(pl.col("pairs").sum(), pl.col("language").n_unique(), pl.col("share").sum())
    return [
        replace(_source(name, "pairs"), rows=int(pairs), languages=int(languages), share=float(share))
        for name, pairs, languages, share in table.rows()
    ]


def _posts(config: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Source]:
    files = config.get("posts", {}).get("files", ())
    count = int(manifest.get("posts", 0)) if len(files) == 1 else 0
    return [replace(_source(f"{Path(file).stem}", "posts"), rows=count) for file in files]


def _source(name: str, kind: str) -> Source:
    credit, plain = credit_of(name), plain_name(name)
    if plain in WEIGHTS:
        kind = "weights"
    return Source(plain, credit.licence if credit else NOT_STATED, credit.credit if credit else NOT_STATED, kind)


def _keep(source: Source, sources: dict[str, Source]) -> None:
    """Add a source; of one that is there the larger numbers count, and pairs and posts of one maker stay apart."""
    key = f"{source.kind} {source.name}"
    known = sources.get(key, source)
    sources[key] = replace(
        known, rows=max(known.rows, source.rows), languages=max(known.languages, source.languages),
        share=source.share or known.share,
    )  # fmt: skip
