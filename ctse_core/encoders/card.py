"""The model card of an encoder, inside its ``ctse.json``: how it was made, of what, and what it is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from ctse_core.encoders.cache import write_atomically
from ctse_core.encoders.own import ABOUT, read_told
from ctse_core.errors import EncoderError

CARD, SERVICE = "card", "service"
"""Where a card and the service by language stand in ``ctse.json``, beside what ``About`` knows."""
WELL, FAIRLY = 0.95, 0.80
"""Share of translations found from which a language is well or fairly served; below, poorly."""


@dataclass(frozen=True)
class Service:
    """How a language is served: the share of its sentences that find their translation.

    Attributes:
        matching, low, high: the share with its 95 % interval, all in [0, 1].
        set: on which sentences ("ntrex", "tico19", "flores").
    """

    matching: float
    low: float
    high: float
    set: str = ""


@dataclass(frozen=True)
class Source:
    """What it was made of: pairs or posts to learn from, or weights to begin from.

    Attributes:
        name: as in training.
        licence: of what was taken.
        credit: the line that its makers are owed.
        kind: "pairs", "posts" or "weights".
        rows: pairs or posts; 0 for weights.
        languages: how many it has beside English.
        share: part of every batch, in [0, 1]; 0 where not known.
    """

    name: str
    licence: str
    credit: str
    kind: str = "pairs"
    rows: int = 0
    languages: int = 0
    share: float = 0.0


@dataclass(frozen=True)
class Run:
    """One training, the last one that of the encoder itself.

    Attributes:
        recipe, command: what was run.
        began_from, teacher: encoders by name; teacher "" where there was none.
        rows: pairs or posts at hand; seen: how many the steps took (steps times batch).
        steps, batch, minutes: size of the run; minutes 0 where nobody noted them.
        device, precision: what it ran on.
        settings: those that differ from the recipe's or decide most, as text.
    """

    recipe: str
    command: str
    began_from: str = ""
    teacher: str = ""
    rows: int = 0
    seen: int = 0
    steps: int = 0
    batch: int = 0
    minutes: float = 0.0
    device: str = ""
    precision: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The run in a sentence."""
        teacher = f", taught by {self.teacher}" if self.teacher else ""
        size = f"{self.steps:,} steps of {self.batch:,}, {self.seen:,} in all, out of {self.rows:,}"
        time = f"{self.minutes:,.0f} minutes" if self.minutes else ""
        where = " ".join(part for part in (time, f"on {self.device}" if self.device else "", self.precision) if part)
        return f"Recipe {self.recipe}: begun from {self.began_from}{teacher}; {size}{f'; {where}' if where else ''}."


@dataclass(frozen=True)
class Score:
    """A row of the bench's table: ``lang`` "" speaks of all languages, whose number is then ``count``."""

    encoder: str
    set: str
    measure: str
    lang: str
    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Speed:
    """Posts a second in one runtime, and how many times those of the encoder that it is held against (0: unknown)."""

    encoder: str
    runtime: str
    posts_per_second: float
    ratio: float = 0.0


@dataclass(frozen=True)
class Card:
    """What people should know before they rely on an encoder.

    Attributes:
        service: by language, what the app tells of an upload.
        sources: data and weights it was made of, each with its licence and credit.
        runs: its trainings, in their order.
        scores: its matching by language on every set, and the headlines of all that it was compared with.
        speeds: its own and those of what it was compared with.
        sizes: numbers by name, such as "megabytes", "layers", "tokens in its vocabulary".
        notes: sentences on what it is not good for.
    """

    service: dict[str, Service] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    runs: tuple[Run, ...] = ()
    scores: tuple[Score, ...] = ()
    speeds: tuple[Speed, ...] = ()
    sizes: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def served(self, least: float = 0.0, below: float = 2.0) -> list[str]:
        """Return the codes whose matching lies in [least, below), the best served first."""
        found = [(one.matching, code) for code, one in self.service.items() if least <= one.matching < below]
        return [code for _, code in sorted(found, key=lambda pair: (-pair[0], pair[1]))]

    @property
    def sizes_told(self) -> str:
        """The sizes in a line: "38.2 megabytes, 6 layers"."""
        told = [f"{value:,.1f} {name}" if value % 1 else f"{value:,.0f} {name}" for name, value in self.sizes.items()]
        return ", ".join(told)


Row = TypeVar("Row", Source, Run, Score, Speed, Service)


def write_card(folder: Path, card: Card) -> Path:
    """Put a card into the folder's ``ctse.json``, whatever else stands there kept; return the file's path.

    Raises:
        EncoderError: the file is damaged, or cannot be written.
    """
    path = folder / ABOUT
    told = asdict(card)
    whole = {**read_told(folder), SERVICE: told.pop(SERVICE), CARD: told}
    try:
        write_atomically(path, json.dumps(whole, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise EncoderError(f"Cannot write {path} ({error.strerror or error}); check the folder's rights.") from error
    return path


def read_card(folder: Path) -> Card | None:
    """Return the card in a folder's ``ctse.json``, or None where there is none.

    Raises:
        EncoderError: the file is damaged, or its card is none.
    """
    told = read_told(folder)
    if SERVICE not in told and CARD not in told:
        return None
    try:
        card = dict(told.get(CARD) or {})
        return Card(
            service={str(code): _row(Service, row) for code, row in dict(told.get(SERVICE) or {}).items()},
            sources=tuple(_row(Source, row) for row in card.get("sources", ())),
            runs=tuple(_row(Run, row) for row in card.get("runs", ())),
            scores=tuple(_row(Score, row) for row in card.get("scores", ())),
            speeds=tuple(_row(Speed, row) for row in card.get("speeds", ())),
            sizes={str(name): float(value) for name, value in dict(card.get("sizes") or {}).items()},
            notes=tuple(map(str, card.get("notes", ()))),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise EncoderError(
            f"The card in {folder / ABOUT} cannot be read ({error}); write it again with python -m train.cards."
        ) from error


_KINDS: dict[str, Any] = {"str": str, "float": float, "int": int, "dict[str, str]": dict}


def _row(kind: type[Row], told: Mapping[str, Any]) -> Row:
    """Return a row as its dataclass, what it does not know left out, numbers as numbers."""
    known = {each.name: _KINDS[str(each.type)] for each in fields(kind)}
    return kind(**{name: known[name](value) for name, value in told.items() if name in known})
