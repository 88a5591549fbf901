"""The rows of a newer file: which are posts that the project does not have yet, which stand there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core import products
from ctse_core.posts import ColumnRoles, ReadSettings, preview
from ctse_core.project import Parts
from ctse_core.text import prepare_text, repair_all
from ctse_core.types import Col, Progress

_SAID = [Col.TEXT, Col.TIME, Col.AUTHOR]
_OF_THE_FILE = ("encoding", "delimiter", "header", "part")


def roles_like_first(source: Path, manifest: Mapping[str, Any]) -> ColumnRoles:
    """Return the column roles for a newer file: those of the project's first file where it has the same columns.

    Roles whose column is not there are guessed.

    Raises:
        InputFileError: the file cannot be read as a table.
    """
    first = {role: column for role, column in (manifest["source"].get("roles") or {}).items() if column}
    seen = preview(source)
    if first.get("text") not in seen.columns:  # whether a small file has a header can be a guess
        with_header = preview(source, settings=ReadSettings(header="yes"))
        seen = with_header if first.get("text") in with_header.columns else seen
    same = {role: column for role, column in first.items() if column in seen.columns}
    if same and same == first:
        return ColumnRoles(**same)
    guessed = {role: column for role, column in seen.roles.named().items() if column not in same.values()}
    return ColumnRoles(**{**guessed, **same})


def read_settings(manifest: Mapping[str, Any]) -> ReadSettings:
    """Return how a newer file is read: as the first one, but for what belongs to that file alone."""
    known = {one.name for one in fields(ReadSettings)} - set(_OF_THE_FILE)
    written = (manifest.get("settings") or {}).get("read") or {}
    return ReadSettings(**{name: value for name, value in written.items() if name in known})


def newer_rows_product(
    source: Path, roles: ColumnRoles, old: pl.DataFrame, manifest: Mapping[str, Any], number: int, tell: Progress
) -> Parts:
    """Read file ``number`` (1 is the first that was appended): its posts that are not there yet, prepared; the rest.

    Raises:
        InputFileError: the file cannot be read as posts, or holds none.
        ColumnError: a role names a column that the file does not have.
    """
    parts = dict(
        products.read_product(source, roles, read_settings(manifest), lambda share, told: tell(share / 2, told))
    )
    read = _with_own_ids(parts["table"], number)
    # What is there already need not be read any further: an export made again is mostly that.
    texts = repair_all(read[Col.TEXT].fill_null("").to_list())[0]
    there = already_there(old, read.with_columns(pl.Series(Col.TEXT, texts, dtype=pl.Utf8)))
    tell(0.6, f"{int(there.sum()):,} of {read.height:,} posts are in the project already.")
    fresh = read.filter(pl.Series(~there))
    prepared = prepare_text(fresh, lambda share, told: tell(0.6 + 0.4 * share, told)) if fresh.height else None
    file = pl.lit(number, pl.Int16).alias(Col.FILE)
    facts = {**parts["facts"], "already_there": int(there.sum()), "repaired": prepared.repaired if prepared else 0}
    return {
        "table": (prepared.table if prepared else fresh).with_columns(file),
        "empty": parts["empty"].with_columns(file),
        "unreadable": parts["unreadable"].with_columns(file),
        "facts": facts,
    }


def _with_own_ids(table: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return the posts with ids that tell the file where the file gives none: row-12 is in every file."""
    made = pl.format("row-{}", pl.col(Col.ROW))
    named = pl.format(f"file-{number + 1}-row-{{}}", pl.col(Col.ROW))
    return table.with_columns(
        pl.when(pl.col(Col.POST_ID) == made).then(named).otherwise(pl.col(Col.POST_ID)).alias(Col.POST_ID)
    )


def already_there(old: pl.DataFrame, new: pl.DataFrame) -> NDArray[np.bool_]:
    """Return (m,) which posts of the table ``new`` stand in the table ``old`` already.

    Posts with an id of their own are the same where id and text are. Where one side has no ids, text, time and author
    count, and each old post stands for one new one: three retweets of one text are there only if three were there.
    """
    old_own, new_own = _has_own_id(old), _has_own_id(new)
    places = new.select(Col.POST_ID, *_SAID).with_row_index("place")
    by_id = places.filter(new_own).join(
        old.filter(old_own).select(Col.POST_ID, Col.TEXT), on=[Col.POST_ID, Col.TEXT], how="semi"
    )
    found = np.zeros(new.height, dtype=bool)
    found[by_id["place"].to_numpy()] = True
    for asked, among in ((new_own & ~pl.Series(found), old.filter(~old_own)), (~new_own, old)):
        if asked.any() and among.height:
            same = _numbered(places.filter(asked)).join(
                _numbered(among.select(_SAID)).select(*_SAID, "turn"), on=[*_SAID, "turn"], how="semi", nulls_equal=True
            )
            found[same["place"].to_numpy()] = True
    return found


def _has_own_id(table: pl.DataFrame) -> pl.Series:
    """Return which posts have an id of their own, not one made of their row."""
    file = pl.col(Col.FILE) if Col.FILE in table.columns else pl.lit(0, pl.Int16)
    made = pl.format("row-{}", pl.col(Col.ROW))
    of_newer = pl.col(Col.POST_ID).str.contains(r"^file-\d+-row-\d+$")
    return table.select(~((pl.col(Col.POST_ID) == made) & (file == 0) | of_newer).fill_null(False).alias("own"))["own"]


def _numbered(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with ``turn``: how often the same text, time and author came before."""
    return table.with_columns(pl.int_range(pl.len()).over(_SAID).alias("turn"))
