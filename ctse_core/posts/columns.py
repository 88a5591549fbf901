"""Which column plays which role: guessed from names and content, checked where a person names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from ctse_core.errors import ColumnError
from ctse_core.posts.coordinates import share_of_degrees, share_of_pairs
from ctse_core.posts.presets import preset_roles, recognised
from ctse_core.posts.role_names import about_others, name_score, plain_name
from ctse_core.posts.settings import ColumnRoles, ReadSettings
from ctse_core.posts.times import share_of_times

SAMPLE_ROWS = 1000
SURE_NAME = 75.0
"""A name that fits a role as well as this needs no proof by content."""
MOST_LOOKED_INTO = 300
"""Columns whose content is looked into; beyond, only a name that fits gets a column looked at."""
_LINK = r"^\s*(https?://|www\.)\S*\s*$"
_CODES = """
    af am ar as az be bg bn bo br bs ca ceb ckb co cs cy da de dv el en eo es et eu fa fi fil fo fr fy
    ga gd gl gu ha haw he hi hmn hr ht hu hy id ig in is it iw ja jv ka kk km kn ko ku ky la lb lo lt lv
    mg mi mk ml mn mr ms mt my nb ne nl nn no ny om or pa pl ps pt qme qst qht und zxx art ro ru rw sd
    si sk sl sm sn so sq sr st su sv sw ta te tg th ti tk tl tr tt ug uk ur uz vi xh yi yo zh zu"""
_LANGUAGE_CODES = frozenset(_CODES.split())


@dataclass(frozen=True)
class _Looks:
    """What the content of one column looks like, shares in [0, 1] of the filled cells."""

    filled: float
    length: float
    distinct: float
    wordy: float
    links: float
    numbers: float
    cells: pl.Series


def guess_roles(frame: pl.DataFrame, presets: bool = True) -> ColumnRoles:
    """Return the likeliest column for each role, each column in one role at most.

    The columns of an export that is recognised have their known roles, unless ``presets`` is off.
    """
    guess = _Guess(frame)
    guessed = guess.roles()
    preset = recognised(frame.columns) if presets else None
    if preset is None:
        return guessed
    there = [column for column in frame.columns if not frame.height or guess.sample[column].is_not_null().any()]
    known = preset_roles(preset, there).named()
    rest = {role: column for role, column in guessed.named().items() if column not in known.values()}
    return ColumnRoles(**(rest | known))


def check_roles(roles: ColumnRoles, columns: list[str]) -> None:
    """Raise where a role names a column that the file does not have, or no text column is named.

    Raises:
        ColumnError: with the columns there are and those with near names.
    """
    for role, column in roles.named().items():
        find_column(column, columns, role)
    if roles.text is None:
        raise ColumnError(
            f"No column looks like the text of posts. The columns are {_listed(columns)}; "
            "say which of them holds the text."
        )
    played: dict[str, str] = {}
    for role, column in roles.named().items():
        other = played.setdefault(column, role)
        if other != role and {other, role} != {"lat", "lon"}:
            raise ColumnError(f"Column {column!r} is named both as {other} and as {role}; a column has one role.")


def find_column(column: str, columns: list[str], role: str = "text") -> str:
    """Return the name of an existing column, as written or but for case and blanks around it.

    Raises:
        ColumnError: there is no such column; the message lists those there are.
    """
    if column in columns:
        return column
    near = [name for name in columns if plain_name(name) == plain_name(column)]
    near = near or get_close_matches(column, columns, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ColumnError(f"There is no column {column!r} for the {role}; the columns are {_listed(columns)}.{hint}")


def _listed(columns: list[str], most: int = 30) -> str:
    shown = ", ".join(name if len(name) <= 60 else name[:59] + "…" for name in columns[:most])
    return shown if len(columns) <= most else f"{shown} and {len(columns) - most:,} more"


class _Guess:
    """Columns still free and what they look like; roles are taken one after another, the surest first."""

    def __init__(self, frame: pl.DataFrame) -> None:
        step = max(1, frame.height // SAMPLE_ROWS)
        self.sample = frame.gather_every(step).head(SAMPLE_ROWS)
        self.settings = ReadSettings()
        self.free = list(frame.columns)
        self.names = {
            name
            for at, name in enumerate(frame.columns)
            if at < MOST_LOOKED_INTO
            or any(name_score(name, role) >= 50 for role in ("text", "time", "id", "lat", "lon"))
        }
        self._looks: dict[str, _Looks] = {}
        self._timely: dict[str, float] = {}

    def roles(self) -> ColumnRoles:
        """Return the roles, every guess needing a name that fits or content that speaks for itself."""
        lat, lon = self._coordinates()
        time = self._take("time", self._time_score, 45)
        identity = self._take("id", self._id_score, 45)
        text = self._take("text", self._text_score, 30) or self._take("text", self._text_score, 10)
        if text is None and self.sample.width == 1 and self.free and self.looks(self.free[0]).numbers <= 0.7:
            text = self.free[0]
        lang = self._take("lang", self._lang_score, 45)
        return ColumnRoles(
            text=text,
            time=time,
            id=identity,
            author=self._take("author", self._named_score, 35),
            lang=lang,
            lat=lat,
            lon=lon,
            place=self._take("place", self._named_score, 45),
            label=self._take("label", self._named_score, 45),
        )

    def looks(self, column: str) -> _Looks:
        """Return what a column looks like, worked out once."""
        if column not in self._looks:
            self._looks[column] = _looks(self.sample[column])
        return self._looks[column]

    def _take(self, role: str, score: Callable[[str, str], float], least: float) -> str | None:
        scored = [(score(column, role), -at, column) for at, column in enumerate(self.free) if column in self.names]
        best = max(scored, default=(0.0, 0, ""))
        if best[0] < least:
            return None
        self.free.remove(best[2])
        return best[2]

    def _named_score(self, column: str, role: str) -> float:
        score = name_score(column, role)
        if not score or not self.sample.height:
            return score
        looks = self.looks(column)
        if not looks.filled or looks.length > 200:
            return 0.0
        return score - (15 if role == "author" and looks.numbers > 0.9 else 0)

    def _time_score(self, column: str, role: str) -> float:
        score = name_score(column, role)
        if not self.sample.height:
            return score
        looks = self.looks(column)
        if not looks.filled or looks.length > 60 or (not score and about_others(column)):
            return 0.0
        if score < 40 and _as_float(looks.cells.str.contains(r"^[\d.]+$").mean()) > 0.5:
            return 0.0  # a number alone may be anything: only a name makes it a time
        if column not in self._timely:
            self._timely[column] = share_of_times(looks.cells.head(200), self.settings)
        timely = self._timely[column]
        if timely < 0.5:
            return score if timely > 0 or score > 90 else 0.0
        return 50 * timely + score / 2 + 5 * min(1.0, looks.distinct * 2)

    def _id_score(self, column: str, role: str) -> float:
        score = name_score(column, role)
        if not self.sample.height:
            return score
        looks = self.looks(column)
        if not looks.filled or looks.length > 120 or looks.wordy > 0.2:
            return 0.0
        if looks.distinct < (0.1 if score >= SURE_NAME else 0.5):  # posts may occur more than once in a file
            return 0.0
        if score:
            return score - 40 * (1 - looks.filled)
        long_digits = _as_float(looks.cells.str.contains(r"^\d{15,20}$").mean())
        telling = min(looks.distinct, long_digits, looks.filled)
        return 50.0 if telling > 0.9 and not about_others(column) else 0.0

    def _text_score(self, column: str, role: str) -> float:
        score = name_score(column, role)
        if not self.sample.height:
            return score
        looks = self.looks(column)
        surely = score >= SURE_NAME and looks.filled > 0  # posts of a word, an emoji or a link are posts
        if not surely and (not looks.filled or looks.numbers > 0.7 or looks.links > 0.7):
            return 0.0
        content = looks.wordy * (0.4 + 0.6 * looks.distinct) * min(1.0, looks.length / 60)
        if score < 50 and name_score(column, "author") + name_score(column, "place") > 60:
            content *= 0.3
        named = 0.6 * score * (0.3 + 0.7 * looks.filled) * (1 if looks.wordy > 0.05 else 0.5)
        return max(named + 60 * content * looks.filled, 31.0 if surely else 0.0)

    def _lang_score(self, column: str, role: str) -> float:
        score = name_score(column, role)
        if not self.sample.height:
            return score
        looks = self.looks(column)
        if not looks.filled or looks.length > 20:
            return 0.0
        codes = _as_float(
            looks.cells.str.to_lowercase().str.slice(0, 3).str.strip_chars("-_ ").is_in(_LANGUAGE_CODES).mean()
        )
        small = _as_float((looks.cells == looks.cells.str.to_lowercase()).mean())
        return score if score else 50.0 if codes > 0.95 and small > 0.95 and looks.cells.n_unique() > 1 else 0.0

    def _coordinates(self) -> tuple[str | None, str | None]:
        def degrees(column: str, role: str) -> float:
            score = name_score(column, role)
            if not score or not self.sample.height:
                return score
            share = share_of_degrees(self.looks(column).cells, 180.0)  # 180 for both: they may be swapped
            return score if share > 0.5 else 0.0

        def pair(column: str, role: str) -> float:
            score = name_score(column, role)
            return score if score and self.sample.height and share_of_pairs(self.looks(column).cells) > 0.5 else 0.0

        free = list(self.free)
        lat, lon = self._take("lat", degrees, 20), self._take("lon", degrees, 20)
        if lat and lon:
            return lat, lon
        self.free = free
        both = self._take("pair", pair, 45)
        return both, both


def _looks(cells: pl.Series) -> _Looks:
    filled = cells.drop_nulls()
    if not len(filled):
        return _Looks(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, filled)
    wordy = filled.str.contains(
        r"\p{L}\S*\s+\S*\p{L}|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Khmer}\p{Lao}\p{Myanmar}]{4}"
    )
    json_like = filled.str.contains(r"^\s*[\[{].*[\]}]\s*$")
    return _Looks(
        filled=len(filled) / len(cells),
        length=_as_float(filled.str.len_chars().mean()),
        distinct=filled.n_unique() / len(filled),
        wordy=_as_float((wordy & ~json_like).mean()),
        links=_as_float(filled.str.contains(_LINK).mean()),
        numbers=_as_float(filled.str.contains(r"^[\s\d.,:+\-/eE%]+$").mean()),
        cells=filled,
    )


def _as_float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
