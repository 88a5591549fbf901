"""What the viewer knows of the posts: one record an original, in the order of the map's points, then the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures import language_name
from ctse_core.figures.map_crisis import need_coloured, urgency_coloured
from ctse_core.figures.map_payload import Ground, Scene, described, ground_of, scene_parts, words
from ctse_core.figures.map_points import Group, coloured
from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.report.tables import layer_of
from ctse_core.types import UNDETERMINED, UNSORTED, Col, TopicCol
from ctse_core.words import spoken, t


@dataclass(frozen=True)
class Records:
    """The originals (r): ``rows`` are their places in the posts table, those on the map first, ``posts`` how many each.

    ``topic`` is the row of each one's topic, -1 for unsorted; ``topic_bytes`` the same of the points, as the map reads.
    """

    ground: Ground
    rows: NDArray[np.int64]
    posts: NDArray[np.int64]
    topic: NDArray[np.int64]
    topic_bytes: NDArray[Any]


@dataclass(frozen=True)
class Looks:
    """One way to colour the map: its groups, the group of each record (r), the group of each topic (c)."""

    key: str
    label: str
    groups: Sequence[Group]
    looks: NDArray[np.uint8]
    of_topic: list[int]


def records_of(analysis: AnalysisLike) -> Records:
    """Return the originals of the analysis in the order of the map, those without a place on it at the end."""
    table = analysis.table
    ground = ground_of(table, analysis.topics)
    standing = table[Col.REPRESENTATIVE].to_numpy()
    there, counts = np.unique(standing, return_counts=True)
    points = ground.points.positions
    rows = np.concatenate([points, np.setdiff1d(there, points)]).astype(np.int64)
    posts = np.zeros(table.height, dtype=np.int64)
    posts[there] = counts
    row_of = {int(number): row for row, number in enumerate(analysis.topics[TopicCol.ID])}
    clusters = table[Col.CLUSTER].fill_null(UNSORTED).to_numpy()[rows]
    topic = np.array([row_of.get(int(number), -1) for number in clusters.tolist()], dtype=np.int64)
    header = int.from_bytes(ground.topics.message[:4], "little") + 4
    kind = "<u2" if ground.wide else np.uint8
    return Records(ground, rows, posts[rows], topic, np.frombuffer(ground.topics.message[header:], dtype=kind))


def colourings_of(analysis: AnalysisLike, records: Records) -> list[Looks]:
    """Return what the map can be coloured by: topics first, then what the posts tell anything about."""
    table, topics = analysis.table, analysis.topics
    known = {"topic": t("Topic")}
    if TopicCol.PARENT in topics.columns and topics[TopicCol.PARENT].drop_nulls().n_unique() > 1:
        known["parent"] = t("Group of topics")
    known |= {"lang": t("Language"), "time": t("Time")}
    made = []
    for key, label in known.items():
        groups, looks = coloured(key, table, topics)  # type: ignore[arg-type]
        made.append(_looks(key, label, groups, looks[records.rows], records, topics.height))
    if Col.URGENCY in table.columns:
        groups, looks = urgency_coloured(table)
        made.append(_looks("urgency", t("Urgency"), groups, looks[records.rows], records, topics.height))
    if Col.NEEDS in table.columns:
        layer = layer_of(analysis)
        groups, looks = need_coloured(table, topics, layer.need_names if layer else {})
        made.append(_looks("needs", t("Need"), groups, looks[records.rows], records, topics.height))
    return made


def _looks(
    key: str, label: str, groups: Sequence[Group], looks: NDArray[np.uint8], records: Records, topics: int
) -> Looks:
    """Return a colouring with the group of each topic's first record, that of all where colours tell topics."""
    known, first = np.unique(records.topic, return_index=True)
    of_topic = np.zeros(topics, dtype=np.int64)
    of_topic[known[known >= 0]] = looks[first[known >= 0]]
    return Looks(key, label, groups, looks, of_topic.tolist())


def level_names() -> list[str]:
    """Return the names of the four levels of urgency in the interface language, the lowest first."""
    return [t("Low"), t("Medium"), t("High"), t("Critical")]


def facts_of(analysis: AnalysisLike, records: Records, colours: Sequence[Looks]) -> dict[str, Any]:
    """Return what the viewer reads as JSON: a list for each thing told, one entry a record, and what they refer to."""
    table = analysis.table[records.rows]
    codes = sorted(table[Col.LANG].fill_null(UNDETERMINED).unique().to_list())
    times = table[Col.TIME].dt.epoch("s") // 60
    return {
        "locale": spoken(),
        "words": _words(),
        "levels": level_names(),
        "all": analysis.table.height,
        "map": _map_of(analysis, records, colours[0]),
        "colourings": [
            {
                "key": one.key,
                "label": one.label,
                "ofTopic": one.of_topic,
                "groups": [vars(group) for group in one.groups],
            }
            for one in colours
        ],
        "texts": table[Col.TEXT].fill_null("").to_list(),
        "ids": table[Col.POST_ID].to_list(),
        "times": times.to_list(),
        "codes": codes,
        "langNames": [language_name(code) for code in codes],
        "lang": _indices(table[Col.LANG].fill_null(UNDETERMINED), codes),
        "posts": records.posts.tolist(),
        "topic": records.topic.tolist(),
        **_crisis_facts(analysis, table),
    }


def _map_of(analysis: AnalysisLike, records: Records, first: Looks) -> dict[str, Any]:
    """Return the map's description as the app's page has it; the viewer counts anew what passes."""
    whole = np.ones(analysis.table.height, dtype=bool)
    looks = np.zeros(analysis.table.height, dtype=np.uint8)
    looks[records.rows] = first.looks
    scene = Scene(whole, whole, first.groups, looks, "topic")
    described_map = described(records.ground, scene, analysis.topics, scene_parts(records.ground, scene))
    keys = t(
        "Arrows move, plus and minus zoom, 0 shows all, N and P go through the topics, Enter filters to the topic, "
        "V selects what is in view, Escape lets go. The topics are in the list beside."
    )
    return described_map | {"words": words() | {"like": "", "keys": keys}}


def _indices(values: pl.Series, known: Sequence[Any]) -> list[int]:
    return values.replace_strict(list(known), list(range(len(known))), return_dtype=pl.Int64).to_list()


def _crisis_facts(analysis: AnalysisLike, table: pl.DataFrame) -> dict[str, Any]:
    """Return what is told about needs, urgency, places, tags and sources, where anybody looked for them."""
    layer = layer_of(analysis)
    facts: dict[str, Any] = {}
    if Col.NEEDS in table.columns:
        facts["needNames"], facts["needs"] = _named_lists(table[Col.NEEDS], layer.need_names if layer else {})
    if Col.URGENCY in table.columns:
        facts["urgency"] = table[Col.URGENCY].cast(pl.Int64).fill_null(-1).to_list()
    if Col.URGENCY_SCORE in table.columns:  # in hundredths: what orders posts of one level
        scores = (table[Col.URGENCY_SCORE].cast(pl.Float64) * 100).round().fill_nan(None)
        facts["pressing"] = scores.fill_null(-1).cast(pl.Int64).to_list()
    if Col.LOCATED in table.columns:
        within = table[Col.WITHIN] if Col.WITHIN in table.columns else table[Col.LOCATED]
        both = pl.DataFrame({"a": table[Col.LOCATED], "b": within}).select(pl.col("a").list.concat("b")).to_series()
        place_names = _distinct_names(layer.places) if layer else {}
        keys = _keys_of(both, place_names)
        facts["placeNames"] = [place_names.get(key, key) for key in keys]
        facts["places"], facts["within"] = _listed(table[Col.LOCATED], keys), _listed(within, keys)
    if Col.TAGS in table.columns and table[Col.TAGS].list.len().sum():
        facts["tags"] = table[Col.TAGS].to_list()
    if Col.INDEPENDENT in table.columns:
        facts["independent"] = table[Col.INDEPENDENT].fill_null(0).to_list()
    return facts


def _distinct_names(places: pl.DataFrame) -> dict[str, str]:
    """Return the name of each place by its key; where several are called alike, with what and where each is."""
    kinds = {"country": t("country"), "region": t("region"), "town": t("town")}
    alike = places.select("key", "name", "kind", "country", pl.len().over("name").alias("alike"))
    return {
        key: f"{name} ({', '.join(filter(None, (kinds.get(kind, kind), country)))})" if count > 1 else name
        for key, name, kind, country, count in alike.iter_rows()
    }


def _keys_of(lists: pl.Series, names: dict[str, str]) -> list[str]:
    """Return the keys in the lists by the names they are called."""
    return sorted(lists.explode().drop_nulls().unique().to_list(), key=lambda key: (names.get(key, key), key))


def _listed(lists: pl.Series, keys: Sequence[str]) -> list[list[int]]:
    number = {key: place for place, key in enumerate(keys)}
    return [[number[key] for key in one or ()] for one in lists.to_list()]


def _named_lists(lists: pl.Series, names: dict[str, str]) -> tuple[list[str], list[list[int]]]:
    keys = _keys_of(lists, names)
    return [names.get(key, key) for key in keys], _listed(lists, keys)


def _words() -> dict[str, str]:
    return {
        "unsorted": t("Unsorted"),
        "undated": t("undated"),
        "all": t("All"),
        "language": t("Language"),
        "need": t("Need"),
        "no_need": t("No need told"),
        "urgency": t("Urgency"),
        "not_judged": t("Not judged"),
        "place": t("Place"),
        "no_place": t("No known place"),
        "order": t("Order"),
        "pressing": t("Most urgent first"),
        "newest": t("Newest first"),
        "oldest": t("Oldest first"),
        "repeated": t("Most repeated first"),
        "copies": t("{count} posts say this"),
        "sources": t("{count} independent authors"),
        "one_source": t("one source"),
        "found": t("{count} of {all} posts"),
        "found_all": t("{count} posts"),
        "nothing_found": t("No post passes. Use fewer words, or show all."),
        "on_map": t("On the map"),
        "whole_text": t("Whole text"),
    }
