"""The posts table out of rows of text and the roles of their columns, every doubt told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from ctse_core.posts.coordinates import Coordinates, parse_coordinates, parse_pairs
from ctse_core.posts.results import RawTable, counted, row_as_json, set_aside
from ctse_core.posts.role_names import plain_name
from ctse_core.posts.settings import ColumnRoles, ReadSettings
from ctse_core.posts.times import Times, parse_times, times_from_ids
from ctse_core.types import Col

_FILLERS = r"\x{FE00}-\x{FE0F}\x{034F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{2800}\x{3164}\x{FFA0}"
INVISIBLE = rf"^[\s\p{{Z}}\p{{Cc}}\p{{Cf}}{_FILLERS}]*$"
"""A text of nothing but blanks, control and format signs, fillers and lone variation selectors."""
_SNOWFLAKES = 0.5
"""Share of ids that must carry a believable time before times are taken from ids."""


def posts_table(
    raw: RawTable, roles: ColumnRoles, visible: pl.Series, settings: ReadSettings, notes: list[str]
) -> pl.DataFrame:
    """Return the posts table (n rows) of the rows with visible text; what was assumed goes into ``notes``."""
    frame, rows = raw.frame.filter(visible), raw.rows.filter(visible)
    nothing = pl.Series("nothing", [None] * frame.height, dtype=pl.String)

    def column(name: str | None) -> pl.Series:
        return frame[name] if name else nothing

    ids = _post_ids(column(roles.id), rows, raw, roles, notes)
    times = _times(column(roles.time), ids, roles, settings, notes)
    where = _coordinates(column(roles.lat), column(roles.lon), roles)
    notes += where.notes
    columns = {
        Col.ROW: rows,
        Col.POST_ID: ids,
        Col.TEXT: column(roles.text),
        Col.TIME: times.values,
        Col.AUTHOR: column(roles.author),
        Col.PLACE: column(roles.place),
        Col.LAT: where.lat,
        Col.LON: where.lon,
        Col.LABEL: column(roles.label),
        Col.GIVEN_LANG: column(roles.lang),
    }
    for name in _other_columns(frame, roles, times, settings, notes):
        columns[f"file:{name}"] = frame[name]
    return pl.DataFrame([cells.alias(name) for name, cells in columns.items()])


def _post_ids(ids: pl.Series, rows: pl.Series, raw: RawTable, roles: ColumnRoles, notes: list[str]) -> pl.Series:
    """Return the ids as in the file, "row-<row>" where there is none; doubts go into ``notes``."""
    if roles.id:
        lost = raw.damaged_numbers.get(roles.id, 0)
        lost += int(ids.str.contains(r"^\d([.,]\d+)?[eE]\+?\d{2}$").fill_null(False).sum())
        if lost:
            notes.append(
                f"{counted(lost, 'id was', 'ids were')} stored as a number of more than 15 digits, which "
                "loses the last ones (spreadsheets do so on opening a CSV); get the file with ids as text."
            )
        missing = ids.null_count()
        repeated = ids.drop_nulls().len() - ids.drop_nulls().n_unique()
        if repeated:
            notes.append(f"{counted(repeated, 'post repeats', 'posts repeat')} the id of another; all were kept.")
        if missing:
            notes.append(f"{counted(missing, 'post has', 'posts have')} no id and got one by its row, such as row-12.")
    return pl.select(pl.coalesce(ids, "row-" + rows.cast(pl.String))).to_series()


def _times(cells: pl.Series, ids: pl.Series, roles: ColumnRoles, settings: ReadSettings, notes: list[str]) -> Times:
    """Return the times of the time column, else those that Twitter/X ids carry, else nulls."""
    if roles.time:
        times = parse_times(cells, settings)
        notes += times.notes
        return times
    until = datetime.now(UTC) + timedelta(days=2)
    carried = times_from_ids(ids, round(until.timestamp() * 1e6))
    found = carried.len() - carried.null_count()
    if roles.id and settings.times_from_ids and found and found >= _SNOWFLAKES * carried.len():
        notes.append(
            f"There is no time column; the times of {counted(found, 'post', 'posts')} were worked out "
            "from ids as Twitter/X makes them. Switch this off if the ids are of another platform."
        )
        return Times(carried)
    return Times(pl.Series([None] * ids.len(), dtype=pl.Datetime("us", "UTC")))


def _coordinates(lat: pl.Series, lon: pl.Series, roles: ColumnRoles) -> Coordinates:
    if roles.lat and roles.lat == roles.lon:
        name = plain_name(roles.lat)
        return parse_pairs(lat, longitude_first=name.endswith(("coordinates_coordinates", "geometry_coordinates")))
    if roles.lat and roles.lon:
        return parse_coordinates(lat, lon)
    nowhere = pl.Series([None] * lat.len(), dtype=pl.Float64)
    return Coordinates(nowhere, nowhere)


def _other_columns(
    frame: pl.DataFrame, roles: ColumnRoles, times: Times, settings: ReadSettings, notes: list[str]
) -> list[str]:
    """Return the columns kept beside the posts: those without a role, and times not all read."""
    played = set(roles.named().values())
    if times.unparsed or times.outside:
        played.discard(roles.time or "")
    others = [name for name in frame.columns if name not in played]
    filled = [name for name in others if frame[name].null_count() < frame.height]
    kept = filled[: settings.other_columns]
    if len(filled) > len(kept):
        left_out = filled[len(kept) :]
        shown = ", ".join(name[:60] for name in left_out[:10])
        more = f" and {len(left_out) - 10:,} more" if len(left_out) > 10 else ""
        notes.append(f"Of {len(filled):,} other columns the first {len(kept)} were kept; left out: {shown}{more}.")
    return kept


def empty_rows(frame: pl.DataFrame, rows: pl.Series, text: str) -> pl.DataFrame:
    """Return the rows whose text has no visible sign, with the reason and the other cells."""
    pieces = []
    for row, cells in zip(rows.to_list(), frame.iter_rows(named=True), strict=True):
        reason = f"Its {text} holds only invisible signs." if cells[text] else f"Its {text} is empty."
        if not any(cells.values()):
            reason = "The whole row is empty."
        pieces.append((row, reason, row_as_json(cells)))
    return set_aside(pieces)
