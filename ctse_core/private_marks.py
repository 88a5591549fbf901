"""What points to people in an analysis' posts: found once, kept in the project, with the pseudonym of each."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.engines.hands import spread
from ctse_core.project import fingerprint
from ctse_core.project.privacy import salt_of
from ctse_core.text.privacy import HANDLE, KINDS, PRIVACY, Mark, find_marks, handle_value
from ctse_core.text.private_words import REGIONS_OF
from ctse_core.types import Col, Progress, no_progress

if TYPE_CHECKING:
    from ctse_core.project import Project
    from ctse_core.stored import Analysis

MARKS_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    "start": pl.Int64,
    "end": pl.Int64,
    "kind": pl.Utf8,
    "token": pl.Utf8,
}
"""A row for each place in a post that is masked: letters ``start`` to ``end`` of its text as written, and what
stands there instead."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
_PERSON, _NUMBER = 7, 5  # letters of a pseudonym: 31 ** 7 keep 50,000 people apart, with a chance of 1 in 20
_MOST_COUNTRIES, _LEAST_SHARE = 6, 0.05


def regions_of(analysis: Analysis, rows: pl.DataFrame | None = None) -> tuple[str, ...]:
    """Return the countries (ISO 3166) whose telephone numbers the posts are likely to hold: those they speak of, and
    those of their most frequent languages; of some ``rows`` of the posts with their "position", or of all.
    """
    found: set[str] = set()
    layer, languages = analysis.crisis, (analysis.table if rows is None else rows)[Col.LANG]
    if layer is not None and layer.mentions.height:
        mentions = layer.mentions if rows is None else layer.mentions.join(rows, on="position", how="semi")
        countries = mentions.join(layer.places, on="key", how="inner")["country"].drop_nulls()
        counted = countries.value_counts(sort=True).head(_MOST_COUNTRIES)
        found |= {country for country, posts in counted.rows() if posts >= _LEAST_SHARE * len(countries)}
    for lang, posts in languages.value_counts(sort=True).head(3).rows():
        if posts >= _LEAST_SHARE * len(languages):
            found |= set(REGIONS_OF.get(lang, ())[:4])
    return tuple(sorted(found))


def private_marks(analysis: Analysis, project: Project, progress: Progress = no_progress) -> pl.DataFrame:
    """Return what is masked in the posts as written (MARKS_SCHEMA), by position and start; kept for each file.

    Raises:
        ProjectError: the project cannot be read or written to.
    """
    salt = salt_of(project.folder)
    table = analysis.table.select(Col.TEXT, Col.LANG, Col.FILE).with_row_index("position")
    table = table.with_columns(pl.col("position").cast(pl.Int64))
    parts = []
    for (number,), rows in table.group_by(Col.FILE, maintain_order=True):
        # Texts of a file never change, so a newer file leaves what was found in the older ones.
        regions = regions_of(analysis, rows)
        depends_on = fingerprint("privacy", PRIVACY, regions, rows.height, _digest(rows), salt.hex())
        make = functools.partial(_found, rows, regions, salt, progress)
        marks = project.keep(f"privacy-{number}", depends_on, make)["marks"]
        parts.append(marks.with_columns(rows["position"].gather(marks["position"]).alias("position")))
    return pl.concat(parts).sort("position", "start") if parts else pl.DataFrame(schema=MARKS_SCHEMA)


def _digest(rows: pl.DataFrame) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for text in rows[Col.TEXT].fill_null("").to_list():
        digest.update(text.encode("utf-8", "replace") + b"\0")
    return digest.hexdigest()


def _found(rows: pl.DataFrame, regions: Sequence[str], salt: bytes, progress: Progress) -> dict[str, pl.DataFrame]:
    count = rows.height

    def tell(share: float) -> None:
        here = int(share * count)
        progress(share, f"Looking for names and numbers of people in post {here:,} of {count:,}.")

    texts = rows.select(Col.TEXT, Col.LANG, here=pl.int_range(count, dtype=pl.Int64))
    return {"marks": spread(marks_of_texts, texts, {"regions": list(regions), "salt": salt.hex()}, tell)}


def marks_of_texts(piece: pl.DataFrame, regions: Sequence[str], salt: str) -> pl.DataFrame:
    """Return what is masked in texts as written (MARKS_SCHEMA); their "here" are the positions, ``salt`` is in hex."""
    token = pseudonyms(bytes.fromhex(salt))
    found: list[tuple[int, int, int, str, str]] = []
    own: dict[str | None, tuple[str, ...]] = {}
    written = piece.filter(pl.col(Col.TEXT).is_not_null())
    for text, lang, here in written.select(Col.TEXT, Col.LANG, "here").iter_rows():
        spoken = own.setdefault(lang, tuple(dict.fromkeys((*REGIONS_OF.get(lang or "", ()), *regions))))
        found += [(here, mark.start, mark.end, mark.kind, token(mark)) for mark in find_marks(text, spoken)]
    return pl.DataFrame(found, schema=MARKS_SCHEMA, orient="row")


def pseudonyms(salt: bytes) -> Callable[[Mark], str]:
    """Return what gives the text that stands for a mark: the same for the same value in one project.

    Raises:
        ValueError: the mark is of an unknown kind.
    """

    def token(mark: Mark) -> str:
        if mark.kind not in KINDS:
            raise ValueError(f"{mark.kind} is no kind of mark.")
        if mark.kind == HANDLE:
            return f"@{person(mark.value, salt)}"
        return f"[{mark.kind} {_code(mark.kind, mark.value, salt, _NUMBER)}]"

    return token


def person(name: str, salt: bytes) -> str:
    """Return the pseudonym of an author or a handle; "@Name", "name" and "NAME" are one person."""
    return f"person-{_code(HANDLE, handle_value(name), salt, _PERSON)}"


def _code(kind: str, value: str, salt: bytes, letters: int) -> str:
    # Keyed BLAKE2b: without the salt nobody can try out all telephone numbers.
    number = int.from_bytes(hashlib.blake2b(f"{kind}\0{value}".encode(), key=salt, digest_size=8).digest())
    written = ""
    for _ in range(letters):
        number, letter = divmod(number, len(_LETTERS))
        written += _LETTERS[letter]
    return written
