"""The run of the bench: every encoder on every set, each finished piece kept, one table at the end."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ctse_core.encoders import Encoder
from ctse_core.encoders.embed import spoken_time
from ctse_core.encoders.remote import Consent
from ctse_core.errors import CtseError, TrainError
from ctse_core.home import cache_home
from ctse_core.types import Progress, no_progress
from train.evaluate.compare import DIFFERENCES, differences
from train.evaluate.drift import drift_items
from train.evaluate.encoding import encoding_items
from train.evaluate.estimates import ITEMS, WITHIN, lacking, scores_of
from train.evaluate.labelled import Encode
from train.evaluate.matching import matching_items
from train.evaluate.messages import message_items
from train.evaluate.peers import judged_encoder
from train.evaluate.sets import EvaluationSet, built_in_set, differently_named, read_set
from train.evaluate.sts import sts_items
from train.evaluate.table import SCORES, labelled, write_scores
from train.evaluate.topics import topic_items
from train.evaluate.vectors import looked_up

VERSION = 2
"""Raised whenever a measure changes, so that no old piece enters a new table."""
Measure = Callable[[Encode, pl.DataFrame], pl.DataFrame]
MEASURES: dict[str, tuple[tuple[str, ...], Measure]] = {
    "matching": (("pairs", "topics"), matching_items),
    "encoding": (("posts",), encoding_items),
    "messages": (("messages",), message_items),
    "sts": (("sts",), sts_items),
    "topics": (("topics",), topic_items),
    "drift": (("triples",), drift_items),
}
"""Each measure, the kinds of set that it takes, and what gives its items."""
FAILURES = (CtseError, OSError, MemoryError, RuntimeError, ValueError, pl.exceptions.PolarsError)


@dataclass(frozen=True)
class BenchSettings:
    """What is measured on what.

    Attributes:
        encoders: names, folders or addresses; "mine=FOLDER" gives one a name of its own for the table.
        sets: files.
        out: folder for the tables and the finished pieces.
        languages: codes to keep; empty for all of ours.
        limit: most sentences of a language, posts of an event; 0 for all (500 posts of an event).
        measures: names of MEASURES; empty for all that fit.
        against: the encoder that the others are held against; "" for the first.
        runtime, device: see ``load_encoder``.
        cache: folder for vectors; None for that of this machine.
        send_to: host that may be sent the masked texts of the sets.
    """

    encoders: tuple[str, ...]
    sets: tuple[Path, ...]
    out: Path
    languages: tuple[str, ...] = ()
    limit: int = 0
    measures: tuple[str, ...] = ()
    against: str = ""
    runtime: str = "auto"
    device: str | None = None
    cache: Path | None = None
    send_to: str = ""


@dataclass
class Bench:
    """What a run found: the tables, and sentences about what was left out or failed."""

    scores: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCORES))
    differences: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DIFFERENCES))
    notes: list[str] = field(default_factory=list)


def run_bench(settings: BenchSettings, progress: Progress = no_progress) -> Bench:
    """Measure every encoder on every set and return the tables; scores.csv is written after each piece.

    What an earlier run in the same folder finished is not measured again. An encoder, a set or a measure that fails
    becomes a sentence in the notes, and the others go on.

    Raises:
        TrainError: no set or no encoder could be used, two sets or encoders have one name, a measure or the encoder
            that others are held against is unknown, or the folder cannot be written.
    """
    unknown = [name for name in settings.measures if name not in MEASURES]
    if unknown:
        raise TrainError(f"There is no measure {unknown[0]!r}; choose from {', '.join(MEASURES)}.")
    names = labels_of(settings.encoders)
    if settings.against and settings.against not in names:
        known = ", ".join(names)
        raise TrainError(f"The others cannot be held against {settings.against!r}: it is not among {known}.")
    bench = Bench()
    sets = _sets(settings, bench)
    wanted = settings.measures or tuple(MEASURES)
    pieces: dict[tuple[str, str, str], pl.DataFrame] = {}
    clock = _Clock(len(names) * sum(len(each.texts) for each in sets))
    for name, asked in names.items():
        encoder = _loaded(name, asked, settings, bench)
        for each in sets:
            told = clock.telling(progress, f"{name} on {each.name}", len(each.texts))
            if encoder is None:
                continue
            found = _pieces(encoder, name, each, [measure for measure in wanted if fits(measure, each)], settings, told)
            bench.notes += found.pop("notes", [])
            pieces |= {(name, each.name, measure): rows for measure, rows in found.items()}
            bench.scores = pl.concat([bench.scores, *(_scored(name, each.name, rows) for rows in found.values())])
            write_scores(bench.scores, settings.out / "scores.csv")
    if not pieces:
        raise TrainError(" ".join(["Nothing was measured.", *bench.notes]))
    bench.notes += _partly_measured(pieces, sets)
    bench.differences = _differences(pieces, settings.against or next(iter(names)), bench)
    bench.notes = [_without_folders(note, settings) for note in dict.fromkeys(bench.notes)]
    return bench


def labels_of(encoders: Sequence[str]) -> dict[str, str]:
    """Return the name of each encoder in the table, and what to load: "mine=FOLDER" is called mine.

    Raises:
        TrainError: two would have the same name.
    """
    found: dict[str, str] = {}
    for asked in encoders:
        named = re.fullmatch(r"([\w .+-]+)=(.+)", asked)
        name, where = (named[1], named[2]) if named else (asked, asked)
        if not named and Path(asked).expanduser().is_dir():
            name = Path(asked).expanduser().resolve().name
        if name in found:
            raise TrainError(f"Two encoders would be called {name}; give one a name of its own: other={where}.")
        found[name] = where
    return found


def fits(measure: str, each: EvaluationSet) -> bool:
    """Return whether a measure takes sets of this kind."""
    return each.kind in MEASURES[measure][0]


def _sets(settings: BenchSettings, bench: Bench) -> list[EvaluationSet]:
    wanted = settings.measures or tuple(MEASURES)
    found: list[EvaluationSet] = []
    for path in settings.sets:
        try:
            each = read_set(path, settings.languages, settings.limit)
        except CtseError as told:
            bench.notes.append(str(told))
            continue
        bench.notes += [f"{each.name}: {note}" for note in each.notes]
        found.append(each)
    if "drift" in wanted and not any(each.kind == "triples" for each in found):
        found.append(built_in_set(settings.languages))
    found = [each for each in found if any(fits(measure, each) for measure in wanted)]
    differently_named(found)
    if not found:
        raise TrainError(" ".join(["There is no set to measure on; name some with --sets.", *bench.notes]))
    return found


def _loaded(name: str, asked: str, settings: BenchSettings, bench: Bench) -> Encoder | None:
    consent = Consent(settings.send_to) if settings.send_to else None
    try:
        return judged_encoder(asked, settings.device, settings.runtime, consent=consent)
    except FAILURES as told:
        bench.notes.append(f"{name} was left out: {told}")
        return None


def _pieces(
    encoder: Encoder, name: str, each: EvaluationSet, wanted: list[str], settings: BenchSettings, progress: Progress
) -> dict:
    """Return what each measure found, from the folder where it was found before, and "notes"."""
    found: dict = {"notes": []}
    try:
        paths = {measure: _path(settings.out, encoder, each, measure) for measure in wanted}
    except FAILURES as told:  # an endpoint is asked for its width
        found["notes"].append(f"{name} failed on {each.name}: {told}")
        return found
    for measure, path in list(paths.items()):
        if path.is_file():
            found[measure] = pl.read_parquet(path)
            del paths[measure]
    if not paths:
        progress(1.0, "measured before")
        return found
    try:
        cache = settings.cache or cache_home() / "evaluation"
        encode = looked_up(encoder, each.texts, cache, progress)
    except FAILURES as told:
        found["notes"].append(f"{name} failed on {each.name}: {told}")
        return found
    for measure, path in paths.items():
        progress(1.0, f"measuring {measure}")
        try:
            found[measure] = MEASURES[measure][1](encode, each.data)
        except FAILURES as told:
            found["notes"].append(f"{name} failed at {measure} on {each.name}: {told}")
            continue
        _keep(found[measure], path)
    return found


def _path(out: Path, encoder: Encoder, each: EvaluationSet, measure: str) -> Path:
    key = hashlib.sha256(f"{VERSION} {encoder.fingerprint} {each.digest} {measure}".encode()).hexdigest()[:16]
    return out / "pieces" / f"{each.name}.{measure}.{key}.parquet"


def _keep(table: pl.DataFrame, path: Path) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(beside)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise TrainError(f"Cannot write {path} ({error.strerror or error}); free some space or name --out.") from error


def _scored(name: str, set_name: str, rows: pl.DataFrame) -> pl.DataFrame:
    return labelled(name, set_name, scores_of(rows) if _is_items(rows) else rows)


def _differences(pieces: dict[tuple[str, str, str], pl.DataFrame], against: str, bench: Bench) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=DIFFERENCES)]
    for (name, set_name, measure), rows in pieces.items():
        other = pieces.get((against, set_name, measure))
        if name == against or other is None or not (_is_items(rows) and rows.height):
            continue
        try:
            found = differences(rows, other)
        except TrainError as told:
            bench.notes.append(f"{name} and {against} on {set_name}: {told}")
            continue
        front = [
            pl.lit(text).alias(column) for column, text in zip(DIFFERENCES, (name, against, set_name), strict=False)
        ]
        parts.append(found.select(*front, pl.all()))
    return pl.concat(parts)


def _partly_measured(pieces: dict[tuple[str, str, str], pl.DataFrame], sets: list[EvaluationSet]) -> list[str]:
    """Return sentences about languages of posts of which there is no headline, or but a part of one."""
    notes = []
    for each in sets:
        rows = next(
            (rows for (_, name, measure), rows in pieces.items() if (name, measure) == (each.name, "encoding")), None
        )
        if rows is None or not _is_items(rows):
            continue
        for lang in sorted(set(each.data["lang"]) - set(rows["lang"])):
            notes.append(f"{each.name}: {lang} has no event with enough posts in several classes, and is left out.")
        if few := lacking(rows):
            notes.append(
                f"{each.name}: {', '.join(few)} has no posts of other events to ask, so encoding_across is missing "
                f"there, and the mean of the other three stands under the variant {WITHIN}, not in the headline."
            )
    return notes


def _without_folders(note: str, settings: BenchSettings) -> str:
    """Return a note without the folders of this machine: the page may be passed on."""
    known = [settings.out, settings.cache or cache_home(), *settings.sets]
    known += [Path(where).expanduser() for where in labels_of(settings.encoders).values() if "://" not in where]
    folders = {str(form) for path in known for form in (path, path.absolute()) if os.sep in str(form)}
    for folder in sorted(folders, key=len, reverse=True):
        note = note.replace(folder, Path(folder).name)
    return note.replace(str(Path.home()), "~")


def _is_items(rows: pl.DataFrame) -> bool:
    return list(rows.columns) == list(ITEMS)


class _Clock:
    """Time left of the whole run, from the texts of the pieces to come and the speed of the one at work."""

    def __init__(self, texts: int) -> None:
        self.to_come = texts

    def telling(self, progress: Progress, title: str, texts: int) -> Progress:
        """Return the progress of a piece of so many texts that adds the time left of all."""
        self.to_come -= texts
        started = time.monotonic()

        def told(share: float, sentence: str) -> None:
            left = ""
            if 0 < share < 1 and self.to_come:
                seconds = (time.monotonic() - started) / (share * texts)
                left = f", some {spoken_time(seconds * (texts * (1 - share) + self.to_come))} for all"
            progress(share, f"{title}: {sentence}{left}")

        return told
