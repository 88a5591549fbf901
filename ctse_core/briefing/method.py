"""The last page of a briefing: how all of it was made, and what a reader must know before believing a number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ctse_core.briefing.context import Context
from ctse_core.encoders.service import Served, posts_by_grade, service_of
from ctse_core.figures.language_names import language_name
from ctse_core.manifest import languages_of
from ctse_core.report.brief import Block, Cell, Grid, Heading, Pairs, Point, Points, Words
from ctse_core.report.method import CAVEATS, edit_rows, notes
from ctse_core.types import Col
from ctse_core.words import mark, number, said, t

LANGUAGES = 12
GRADES = {
    "well": mark("well"),
    "fairly": mark("fairly"),
    "poorly": mark("poorly"),
    "undetermined": mark("language undetermined"),
}
CRISIS_CAVEATS = (
    mark(
        "Needs and urgency are guesses from the meaning of each post, corrected by people where the page says so: "
        "low urgency is no proof that nobody is in danger."
    ),
    mark(
        "Places are names read in posts. A name may belong to another place, and most people do not say where they are."
    ),
    mark(
        "“Far more than usual” compares with these posts alone, copies left out. Something that burst before the "
        "first post is not seen."
    ),
    mark("“Independent authors” means different accounts with words of their own, not different people, nor proof."),
)
_SEEDS = ("neighbours", "resolution", "min_cluster_size", "clusters_way", "map_way", "seed", "repeatable")


def method(context: Context) -> list[Block]:
    """Return how the briefing was made: counts, encoder, settings, versions, caveats."""
    manifest = context.analysis.manifest
    blocks: list[Block] = [Heading(t("How this was made"), new_page=True)]
    blocks.append(
        Words(
            t(
                "Every post was turned into numbers that stand for its meaning, copies set together first; near posts "
                "were joined into topics. Every sentence of this briefing was put together from counts by fixed rules, "
                "no text was generated; numbers in brackets lead to the posts that it rests on."
            )
        )
    )
    blocks += [Heading(t("What to keep in mind"), 3), Points(tuple(Point(said(one)) for one in _caveats(context)))]
    languages = _served(context)
    blocks += [Heading(t("Facts"), 3), Pairs(tuple(_facts(context, manifest, languages)))]
    if languages:
        blocks += [Heading(t("Languages, and how well the encoder serves them"), 3), _languages(languages)]
    return blocks


def _caveats(context: Context) -> Iterator[str]:
    yield from CAVEATS[:4]
    needs, places, _, independent = CRISIS_CAVEATS
    if context.has_needs or context.has_urgency:
        yield needs
    if Col.LOCATED in context.table.columns:
        yield places
    if context.bursts.height:
        yield CRISIS_CAVEATS[2]
    if Col.INDEPENDENT in context.table.columns:
        yield independent
    yield from CAVEATS[4:]


def _served(context: Context) -> list[Served]:
    """Return how the encoder serves the languages of these posts, which may be a part, most posts first."""
    described = context.analysis.manifest.get("service") or {}
    return sorted(service_of(languages_of(context.table), described), key=lambda one: (-one.posts, one.lang))


def _facts(context: Context, manifest: Mapping[str, Any], languages: list[Served]) -> Iterator[tuple[str, str]]:
    yield t("File"), _files(manifest)
    part = manifest.get("filter")
    if part:  # rows are of whole files
        told = t(
            "{posts:,} of {of:,} posts, chosen by a filter: {told}",
            posts=context.table.height, of=part["of"], told=part["told"],
        )  # fmt: skip
        yield t("Only a part"), told
    else:
        yield t("Rows"), _rows(context, manifest)
    yield from _encoder(manifest.get("encoder") or {})
    if languages:
        served = (f"{said(GRADES[grade])} {number(posts)}" for grade, posts in posts_by_grade(languages).items())
        yield t("Posts served"), ", ".join(served)
    structure = manifest.get("structure") or {}
    settings = (f"{key} {_short(structure[key])}" for key in _SEEDS if structure.get(key) is not None)
    yield t("Topics and map"), ", ".join(settings)
    yield from _crisis(context)
    masked = manifest.get("privacy")
    if masked:
        yield t("Masked"), ", ".join(f"{key} {number(count)}" for key, count in masked.items())
    for what, value in edit_rows(manifest):
        yield said(what), value
    for told_note in notes(manifest):
        yield t("Noticed"), told_note
    versions = manifest.get("versions") or {}
    yield t("Versions"), ", ".join(f"{name} {version}" for name, version in versions.items())
    yield t("Analysed"), f"{manifest.get('made', '')}, {str(manifest.get('fingerprint', ''))[:12]}"


def _files(manifest: Mapping[str, Any]) -> str:
    files = manifest.get("files") or [manifest.get("source") or {}]
    return "; ".join(str(one.get("name", "")) for one in files)


def _rows(context: Context, manifest: Mapping[str, Any]) -> str:
    there = int((manifest.get("counts") or {}).get("already_there") or 0)
    empty, unreadable = context.analysis.empty.height, context.analysis.unreadable.height
    posts = context.table.height
    told = t(
        "{rows:,} rows = {posts:,} posts + {empty:,} empty + {unreadable:,} unreadable",
        rows=posts + there + empty + unreadable, posts=posts, empty=empty, unreadable=unreadable,
    )  # fmt: skip
    return f"{told} {t('+ {count:,} already there in an earlier file', count=there)}" if there else told


def _encoder(encoder: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not encoder.get("name"):
        return
    parts = (encoder["name"], encoder.get("runtime"), encoder.get("licence"), str(encoder.get("fingerprint", ""))[:12])
    yield t("Encoder"), ", ".join(str(part) for part in parts if part)
    if encoder.get("why"):
        yield t("Chosen because"), str(encoder["why"])


def _crisis(context: Context) -> Iterator[tuple[str, str]]:
    scheme = context.layer.scheme
    if scheme is not None and context.has_needs:
        name = str(getattr(scheme, "name", "") or getattr(scheme, "key", ""))
        yield t("Needs"), t("{name}, {count:,} types", name=name, count=len(context.layer.need_names))
    if Col.LOCATED in context.table.columns:
        yield t("Places"), t("{count:,} places of the gazetteer and of the file", count=context.layer.places.height)
    if context.ages.moment is not None:
        yield t("Ages"), context.ages_told


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _languages(languages: list[Served]) -> Grid:
    """Return the most frequent languages with how well the encoder serves each, by its own card."""
    rows = [
        (
            language_name(one.lang),
            (Cell(number(one.posts)), Cell(said(GRADES[one.grade])), Cell(_matching(one))),
        )
        for one in languages[:LANGUAGES]
    ]
    told = t(
        "Matching: how many sentences find their English translation among many; “well” is from 0.95, “fairly” "
        "from 0.80."
    )
    left = len(languages) - len(rows)
    if left:
        posts = sum(one.posts for one in languages[LANGUAGES:])
        told += " " + t("{count:,} more languages have {posts:,} posts.", count=left, posts=posts)
    return Grid((t("Language"), t("Posts"), t("Served"), t("Matching")), tuple(rows), told)


def _matching(one: Served) -> str:
    if one.matching is None:
        return t("not measured") if one.grade == "poorly" else "–"
    return f"{math.floor(100 * one.matching) / 100:.2f}"  # cut, not rounded: 0.949 is not well served
