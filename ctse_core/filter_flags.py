"""The filter on the command line: the same conditions as in the app, checked against what the project has."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection

import polars as pl

from ctse_core.addresses import read_values
from ctse_core.errors import SettingError
from ctse_core.filters import Filter, parse_time, place_named
from ctse_core.types import Col

_FLAGS = (
    ("lang", "only posts in these languages: es,ht"),
    ("topic", "only posts of these topics: 0,3; unsorted and 0: --topic=-1,0"),
    ("since", "not before, UTC: 2026-03-14 or 2026-03-14T05:00Z"),
    ("until", "before, UTC"),
    ("place", "only posts of these places: Ishtor|Varenka (~: posts without a place)"),
    ("tag", "only posts with one of these tags: 'to verify|urgent' (~: untagged posts)"),
    ("words", "only posts that hold these words as written"),
)


def add_filter_flags(command: ArgumentParser) -> None:
    """Let a command take the filter's conditions."""
    for name, told in _FLAGS:
        command.add_argument(f"--{name}", default="", help=told)
    command.add_argument("--undated", action="store_true", help="only posts without a time")
    command.add_argument("--originals", action="store_true", help="without copies")


def filter_of(asked: Namespace, table: pl.DataFrame) -> Filter:
    """Return the filter that the flags tell, for the posts table of a project.

    Raises:
        SettingError: a flag cannot be read, or names what none of these posts has.
    """
    if asked.undated and (asked.since or asked.until):
        raise SettingError("Undated posts have no time: leave --since and --until out, or --undated.")
    return Filter(
        languages=_languages(asked.lang, table),
        topics=_topics(asked.topic),
        since=parse_time(asked.since) if asked.since else None,
        until=parse_time(asked.until) if asked.until else None,
        words=asked.words,
        originals=asked.originals,
        undated=asked.undated,
        places=_known(read_values(asked.place), set(table.select(place_named()).to_series()) | {""}, "place"),
        tags=_known(read_values(asked.tag), _tags(table) | {""}, "tag"),
    )


def _languages(written: str, table: pl.DataFrame) -> tuple[str, ...]:
    codes = tuple(code.strip().lower() for code in written.split(",") if code.strip())
    known = set(table[Col.LANG].unique())
    for code in codes:
        if code not in known:
            raise SettingError(f"No post is in language “{code}”; these posts are in {', '.join(sorted(known))}.")
    return codes


def _topics(written: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in written.split(",") if part.strip())
    except ValueError:
        raise SettingError(f"“{written}” are no topic ids; write them as 0,3 (-1: unsorted).") from None


def _tags(table: pl.DataFrame) -> set[str]:
    return set(table[Col.TAGS].explode().drop_nulls()) if Col.TAGS in table.columns else set()


def _known(names: tuple[str, ...], known: Collection[str], what: str) -> tuple[str, ...]:
    wanted = tuple(name.strip() for name in names)
    for name in wanted:
        if name not in known:
            there = sorted(other for other in known if other)
            told = f"; there are {', '.join(there[:12])}{' …' if len(there) > 12 else ''}" if there else ""
            raise SettingError(f"No post has the {what} “{name[:60]}”{told}. ~ stands for posts without one.")
    return wanted
