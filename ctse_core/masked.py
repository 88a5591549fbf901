"""An analysis as others may see it: people behind pseudonyms, their numbers and addresses masked, everywhere.

The run itself keeps what was written; nothing of it changes, and the vectors are those of the posts as written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.posts.role_names import name_score
from ctse_core.private_marks import person, private_marks, pseudonyms, regions_of
from ctse_core.project.privacy import salt_of, shows_as_written
from ctse_core.remembered import laid, remembered
from ctse_core.text.normalise import normalise
from ctse_core.text.privacy import EMAIL, HANDLE, KINDS, find_marks, masked_text
from ctse_core.text.privacy import PRIVACY as MASKED
from ctse_core.types import Col, TopicCol

if TYPE_CHECKING:
    from ctse_core.crisis_layer import Layer
    from ctse_core.project import Project
    from ctse_core.stored import Analysis

PRIVACY = "privacy"
"""Under this name the manifest of a masked analysis tells how much of what kind was masked."""
_COMPARED = {HANDLE: "@USER", EMAIL: "@USER"}  # as in every compared text; other kinds are numbers
_RAW = "raw"
_GIVEN = (Col.LABEL, Col.PLACE, "file:")
_NAMES_PEOPLE = 50.0  # a column is called exactly as columns of people are


def shown(analysis: Analysis, project: Project) -> Analysis:
    """Return the analysis as screens show it: masked, unless somebody had this project shown as written.

    Raises:
        ProjectError: what was added to the project cannot be read.
    """
    return analysis if shows_as_written(project.folder) else masked(analysis, project)


def masked(analysis: Analysis, project: Project) -> Analysis:
    """Return the analysis with names, addresses and numbers of people masked wherever its tables hold them.

    TEXT, AUTHOR and the compared text of posts, the words of topics, the rows of the file that are no posts; where
    places were read in a post follows. The same analysis where nothing points to a person.

    Raises:
        ProjectError: the project cannot be read or written to.
    """
    if PRIVACY in analysis.manifest:
        return analysis
    salt = salt_of(project.folder)
    run = (*(str(analysis.manifest.get(part)) for part in ("fingerprint", "made")), analysis.table.height)
    regions = regions_of(analysis)
    tables = laid("masked", project, (*run, MASKED, regions, salt.hex()), lambda: _masked(analysis, project))
    posts, marks = tables["posts"], tables["marks"]
    hide = text_mask(salt, regions)
    counted = dict(marks["kind"].value_counts().rows())
    told = {kind: counted[kind] for kind in KINDS if kind in counted}
    if Col.AUTHOR in posts.columns:
        named = posts[Col.AUTHOR].drop_nulls().n_unique()
        told |= {"author": named} if named else {}
    crisis = analysis.crisis
    if crisis is not None and marks.height and crisis.mentions.height:
        crisis = dataclasses.replace(crisis, mentions=_followed(crisis.mentions, marks))
    crisis = crisis if crisis is None else _masked_places(crisis, hide)
    return dataclasses.replace(
        analysis,
        table=analysis.table.with_columns(posts.get_columns()),
        topics=_masked_topics(analysis.topics, hide),
        empty=_masked_column(analysis.empty, _RAW, hide),
        unreadable=_masked_column(analysis.unreadable, _RAW, hide),
        manifest=analysis.manifest | {PRIVACY: told},
        crisis=crisis,
    )


def taken_away(analysis: Analysis, project: Project) -> Analysis:
    """Return the analysis as files for others hold it: masked whatever the screens show, people's notes too.

    So are the file's further columns and its labels; those that name people bear pseudonyms.

    Raises:
        ProjectError: the project cannot be read or written to.
    """
    away = masked(analysis, project)
    salt = salt_of(project.folder)
    hide = text_mask(salt, regions_of(away))
    depends_on = (str(project.folder), str(analysis.manifest.get("made")), analysis.table.height, regions_of(analysis))
    given = remembered("given", depends_on, lambda: _masked_given(away.table, salt, hide))
    return dataclasses.replace(away, table=_masked_column(away.table.with_columns(given), Col.NOTE, hide))


def _masked_given(table: pl.DataFrame, salt: bytes, hide: Callable[[str], str]) -> list[pl.Series]:
    """Return the columns that the file brought besides texts and authors, as others may see them."""
    given = [name for name, kind in table.schema.items() if kind == pl.Utf8 and name.startswith(_GIVEN)]
    people = [name for name in given if name_score(name.removeprefix(_GIVEN[-1]), "author") >= _NAMES_PEOPLE]
    changed = [_pseudonymous(table[name], salt) for name in people]
    rest = [name for name in given if name not in people]
    masked_rest = [_masked_column(table.select(name), name, hide)[name] for name in rest]
    return [*changed, *masked_rest]


def posts_to_take(posts: pl.DataFrame, analysis: Analysis, project: Project) -> pl.DataFrame:
    """Return posts of the analysis, with their ``position`` in it, as files for others hold them.

    Raises:
        ProjectError: the project cannot be read or written to.
    """
    away = taken_away(analysis, project).table
    texts = [name for name, kind in away.schema.items() if kind == pl.Utf8 and name in posts.columns]
    return posts.with_columns(away[name].gather(posts["position"]) for name in texts)


def text_mask(salt: bytes, regions: Sequence[str] = ()) -> Callable[[str], str]:
    """Return what masks any text as the posts of the project with that ``salt`` are masked."""
    token = pseudonyms(salt)
    return lambda text: masked_text(text, find_marks(text, regions), token)


def masked_rows(table: pl.DataFrame, project: Project) -> pl.DataFrame:
    """Return posts of a file that was not analysed yet with what points to people masked.

    Raises:
        ProjectError: the project cannot be read or written to.
    """
    salt = salt_of(project.folder)
    hide = text_mask(salt)
    for column in (Col.TEXT, Col.COMPARED):
        table = _masked_column(table, column, hide)
    table = table.with_columns(_masked_given(table, salt, hide))
    return table.with_columns(_pseudonymous(table[Col.AUTHOR], salt)) if Col.AUTHOR in table.columns else table


def _masked(analysis: Analysis, project: Project) -> dict[str, pl.DataFrame]:
    """Return the columns of the "posts" that change (n rows), and the "marks": what was masked in them."""
    marks = private_marks(analysis, project)
    columns: list[pl.Series] = []
    if marks.height:
        texts, compared = analysis.table[Col.TEXT].to_list(), analysis.table[Col.COMPARED].to_list()
        for position, found in _by_post(marks):
            written = texts[position]
            texts[position] = _replaced(written, found, lambda mark: mark[3])
            before = compared[position]
            if any(kind not in _COMPARED for _, _, kind, _ in found) or "@" in (before or "").replace("@USER", ""):
                plain = _replaced(written, found, lambda mark: _COMPARED.get(mark[2], "NUMBER"))
                compared[position] = normalise(plain) or before
        columns += [pl.Series(Col.TEXT, texts, dtype=pl.Utf8), pl.Series(Col.COMPARED, compared, dtype=pl.Utf8)]
    if Col.AUTHOR in analysis.table.columns:
        columns.append(_pseudonymous(analysis.table[Col.AUTHOR], salt_of(project.folder)))
    return {"posts": pl.DataFrame(columns), "marks": marks}


def _by_post(marks: pl.DataFrame) -> list[tuple[int, list[tuple[int, int, str, str]]]]:
    posts: dict[int, list[tuple[int, int, str, str]]] = {}
    for position, *mark in marks.select("position", "start", "end", "kind", "token").iter_rows():
        posts.setdefault(position, []).append((mark[0], mark[1], mark[2], mark[3]))
    return list(posts.items())


def _replaced(text: str, marks: Sequence[tuple[int, int, str, str]], token: Callable[[Any], str]) -> str:
    parts, at = [], 0
    for mark in marks:
        parts += [text[at : mark[0]], token(mark)]
        at = mark[1]
    return "".join([*parts, text[at:]])


def _pseudonymous(authors: pl.Series, salt: bytes) -> pl.Series:
    named = authors.cast(pl.Utf8)
    known = {name: person(name, salt) if name.strip() else None for name in named.drop_nulls().unique().to_list()}
    return named.replace_strict(known, default=None, return_dtype=pl.Utf8).alias(authors.name)


def _masked_topics(topics: pl.DataFrame, hide: Callable[[str], str]) -> pl.DataFrame:
    """Return the topics with their names and words masked; the very table where nothing changes."""
    columns = [
        name
        for name in (TopicCol.NAME, TopicCol.TERMS, TopicCol.NAMES, TopicCol.ORIGINALS, TopicCol.PARENT_NAME)
        if name in topics.columns
    ]
    changed = []
    for name in columns:
        before = topics[name].to_list()
        after = [_deep(value, hide) for value in before]
        if after != before:
            changed.append(pl.Series(name, after, dtype=topics.schema[name]))
    return topics.with_columns(changed) if changed else topics


def _deep(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {key: _deep(part, hide) for key, part in value.items()}
    return [_deep(part, hide) for part in value] if isinstance(value, list) else value


def _masked_column(table: pl.DataFrame, column: str, hide: Callable[[str], str]) -> pl.DataFrame:
    if column not in table.columns or table[column].null_count() == table.height:
        return table
    known = {text: hide(str(text)) for text in table[column].drop_nulls().unique().to_list()}
    changed = {before: after for before, after in known.items() if after != before}
    if not changed:
        return table
    told = table[column].cast(pl.Utf8)
    return table.with_columns(told.replace_strict(changed, default=told).alias(column))


def _masked_places(layer: Layer, hide: Callable[[str], str]) -> Layer:
    """Return the layer with the names masked that no gazetteer gave: those of the file's own column and of people."""
    own = layer.places.filter(pl.col("key").str.starts_with("x")).select("key", "name")
    names = {key: hide(name) for key, name in own.rows() if name and hide(name) != name}
    said = _masked_column(layer.mentions, "said", hide)
    if not names and said is layer.mentions:
        return layer
    shown = pl.coalesce(pl.col("key").replace_strict(names, default=None, return_dtype=pl.Utf8), pl.col("name"))
    places = layer.places.with_columns(shown.alias("name")) if names else layer.places
    return dataclasses.replace(layer, places=places, mentions=said)


def _followed(mentions: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """Return the places read in posts with ``start`` and ``end`` in the masked texts; null inside what is masked."""
    shifts = marks.with_columns(
        ((pl.col("token").str.len_chars().cast(pl.Int64) - pl.col("end") + pl.col("start")).cum_sum())
        .over("position")
        .alias("shift"),
        pl.col("start").alias("mark_start"),
        pl.col("end").alias("mark_end"),
    ).select("position", "start", "mark_start", "mark_end", "shift")
    here = mentions.with_row_index("number").sort("position", "start")
    joined = here.join_asof(shifts.sort("position", "start"), on="start", by="position", check_sortedness=False)
    shift, end = pl.col("shift").fill_null(0), pl.col("mark_end").fill_null(0)
    outside = pl.col("start") >= end
    moved = joined.with_columns(
        pl.when(outside).then(pl.col("start") + shift).alias("start"),
        pl.when(outside).then(pl.col("end") + shift).alias("end"),
    )
    return moved.sort("number").select(mentions.columns)
