"""How a file is to be read: column roles and settings, each with what a form needs to show it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from ctse_core.errors import SettingError


@dataclass(frozen=True)
class ColumnRoles:
    """Which column of the file plays which role; ``None`` where no column does.

    ``lat`` and ``lon`` may name the same column where one cell holds both ("18.54, -72.33").
    """

    text: str | None = None
    time: str | None = None
    id: str | None = None
    author: str | None = None
    lang: str | None = None
    lat: str | None = None
    lon: str | None = None
    place: str | None = None
    label: str | None = None

    def named(self) -> dict[str, str]:
        """Return role -> column for the roles that have a column."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


@dataclass(frozen=True)
class ReadSettings:
    """Choices for reading a file; the defaults guess everything from the file.

    Raises:
        SettingError: a value outside its range.
    """

    encoding: str = field(
        default="",
        metadata={"label": "Encoding", "help": "Such as utf-8 or windows-1256; empty to guess."},
    )
    delimiter: str = field(
        default="",
        metadata={"label": "Delimiter", "help": "One character such as , or ; or a tab; empty to guess."},
    )
    header: str = field(
        default="auto",
        metadata={
            "label": "Header row",
            "help": "Whether the first row holds column names.",
            "choices": ("auto", "yes", "no"),
        },
    )
    part: str = field(
        default="",
        metadata={
            "label": "Sheet or file in the archive",
            "help": "Name of the sheet, or of the file inside a zip; empty for the largest table.",
        },
    )
    date_order: str = field(
        default="auto",
        metadata={
            "label": "Order of 03/04/2023",
            "help": "Whether the day or the month comes first; auto decides over the whole column.",
            "choices": ("auto", "day first", "month first"),
        },
    )
    times_from_ids: bool = field(
        default=True,
        metadata={
            "label": "Times from post ids",
            "help": "Where there is no time column, take the time that Twitter/X ids carry inside them.",
        },
    )
    earliest_year: int = field(
        default=1990,
        metadata={
            "label": "Earliest year",
            "help": "Earlier times are taken as mistakes and left empty.",
            "min": 1,
            "max": 9999,
        },
    )
    latest_year: int = field(
        default=2100,
        metadata={
            "label": "Latest year",
            "help": "Later times are taken as mistakes and left empty.",
            "min": 1,
            "max": 9999,
        },
    )
    other_columns: int = field(
        default=50,
        metadata={
            "label": "Other columns to keep",
            "help": "How many columns without a role are kept beside the posts.",
            "min": 0,
            "max": 500,
        },
    )
    unpacked_limit_mb: int = field(
        default=2048,
        metadata={
            "label": "Largest unpacked size (MB)",
            "help": "A gz or zip file that unpacks to more is refused.",
            "min": 1,
            "max": 65536,
        },
    )
    unpacked_ratio: int = field(
        default=250,
        metadata={
            "label": "Largest unpacking ratio",
            "help": "A packed file of over 64 MB that grows by more than this factor is refused.",
            "min": 2,
            "max": 2000,
        },
    )

    def __post_init__(self) -> None:
        for knob in fields(self):
            value, about = getattr(self, knob.name), knob.metadata
            if "choices" in about and value not in about["choices"]:
                raise SettingError(f"{about['label']} must be one of {', '.join(about['choices'])}, not {value!r}.")
            if "min" in about and not about["min"] <= value <= about["max"]:
                raise SettingError(f"{about['label']} must lie between {about['min']} and {about['max']}, not {value}.")
        if len(self.delimiter) > 1 or self.delimiter in tuple('"\n\r'):
            raise SettingError(f"The delimiter must be one character, no quote or line end: {self.delimiter!r}.")
