"""Topics as a reader of some language names them, and the posts that stand for a topic when one is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from ctse_core.analysis import Analysis
from ctse_core.structure import Members, centre_languages, next_place
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, TopicCol


def display_name(topic: Mapping[str, Any], lang: str) -> str:
    """Return the name of a ``topic`` (a row of the topics table) for readers of ``lang``.

    Where it has none in that language, or where a person named it (its ``TopicCol.NAMES`` are empty then), it is
    the name that stands in the row.
    """
    names = {one["lang"]: one["name"] for one in topic.get(TopicCol.NAMES) or ()}
    return str(names.get(lang) or topic[TopicCol.NAME])


def named_for(topics: pl.DataFrame, lang: str) -> pl.DataFrame:
    """Return the topics table with every ``TopicCol.NAME`` as ``display_name`` gives it for ``lang``, none twice."""
    if TopicCol.NAMES not in topics.columns or not topics.height:
        return topics
    pairs = zip(topics[TopicCol.NAME], topics[TopicCol.NAMES].to_list(), strict=True)
    names: list[str] = []
    taken: set[str] = set()
    for stored, several in pairs:  # names that people gave later may be those of another language
        name = display_name({TopicCol.NAME: stored, TopicCol.NAMES: several}, lang)
        tries = (name, *(f"{name} ({number})" for number in range(2, topics.height + 2)))
        names.append(next(one for one in tries if one.casefold() not in taken))
        taken.add(names[-1].casefold())
    return topics.with_columns(pl.Series(TopicCol.NAME, names, dtype=pl.Utf8))


def analysis_for(analysis: Analysis, lang: str) -> Analysis:
    """Return the analysis with its topics named for readers of ``lang``, in the topics and in the posts table.

    The same object where that changes no name.
    """
    topics = named_for(analysis.topics, lang)
    if topics[TopicCol.NAME].equals(analysis.topics[TopicCol.NAME]):
        return analysis
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    names[UNSORTED] = UNSORTED_NAME
    shown = pl.col(Col.CLUSTER).replace_strict(names, default=pl.col(Col.TOPIC), return_dtype=pl.Utf8)
    return replace(analysis, topics=topics, table=analysis.table.with_columns(shown.alias(Col.TOPIC)))


def languages_of_names(topics: pl.DataFrame) -> list[str]:
    """Return the languages in which the topics have names, most topics first; none for projects made before."""
    if TopicCol.NAMES not in topics.columns:
        return []
    told = topics.select(pl.col(TopicCol.NAMES).explode().struct.field("lang").alias("lang")).drop_nulls()
    counted = told.group_by("lang").len().sort(["len", "lang"], descending=[True, False])
    return [str(lang) for lang in counted["lang"]]


def originals(topic: Mapping[str, Any], most: int = 6) -> list[list[tuple[str, str]]]:
    """Return for each concept of a ``topic``'s row its words as (language, word), most posts first, at most ``most``.

    "water" in English, "agua" in Spanish and "dlo" in Haitian Creole are one concept. No lists for projects made
    before topics had concepts.
    """
    return [
        [(one["lang"], one["word"]) for one in concept["words"][:most]]
        for concept in topic.get(TopicCol.ORIGINALS) or ()
    ]


def next_typical(analysis: Analysis, topic: int, rejected: Iterable[int] = ()) -> int | None:
    """Return the position of the post that stands best for ``topic`` beside its typical ones, or None.

    It is none of the ``rejected`` positions and no near-copy of them or of the typical posts still shown; a language
    of the topic that none of these speaks comes first. Same posts, same answer.
    """
    found = analysis.topics.filter(pl.col(TopicCol.ID) == topic)
    own = (pl.col(Col.CLUSTER) == topic) & (pl.col(Col.REPRESENTATIVE) == pl.int_range(pl.len()))
    positions = np.flatnonzero(analysis.table.select(own).to_series().to_numpy())
    if not found.height or not len(positions):
        return None
    refused = set(rejected)
    place = {position: at for at, position in enumerate(positions.tolist())}
    shown = [one for one in found[TopicCol.TYPICAL][0].to_list() if one not in refused]
    members = analysis.table[positions]
    languages = members[Col.LANG].to_list()
    at = next_place(
        Members(
            centre_languages(np.asarray(analysis.vectors[positions]), languages),
            analysis.words.gather(positions).to_list(),
            languages,
            members[Col.STRENGTH].to_numpy(),
        ),
        [place[one] for one in shown if one in place],
        [place[one] for one in refused if one in place],
    )
    return None if at is None else int(positions[at])
