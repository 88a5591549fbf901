"""The filter on the command line: the same conditions as in the app, checked against what the project has."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Mapping
from difflib import get_close_matches

import polars as pl

from ctse_core.addresses import read_values
from ctse_core.crisis_layer import Layer
from ctse_core.crisis_names import STATES
from ctse_core.errors import SettingError
from ctse_core.filters import NOT_JUDGED, Filter, parse_time, place_named
from ctse_core.types import Col

_LEVELS = {"low": 0, "medium": 1, "high": 2, "critical": 3, "unjudged": NOT_JUDGED}
_FLAGS = (
    ("lang", "only posts in these languages: es,ht"),
    ("topic", "only posts of these topics: 0,3; unsorted and 0: --topic=-1,0"),
    ("since", "not before, UTC: 2026-03-14 or 2026-03-14T05:00Z"),
    ("until", "before, UTC"),
    ("place", "only posts of these places: Ishtor|Varenka (~: posts without a place)"),
    ("tag", "only posts with one of these tags: 'to verify|urgent' (~: untagged posts)"),
    ("need", "only posts that tell one of these needs, by key or name: Request-SearchAndRescue (~: none told)"),
    ("urgency", "only posts of these levels: high,critical"),
    ("at", "only posts that speak of these places, by key or name: 'Port-au-Prince|cHT' (~: of none known)"),
    ("state", "only posts in these states: new,seen,assigned,done"),
    ("from-file", "only posts of these of the project's files, 1 the first: 1,3"),
    ("owner", "only posts that these people work on: 'ana|li' (~: nobody)"),
    ("words", "only posts that hold these words as written"),
)


def add_filter_flags(command: ArgumentParser) -> None:
    """Let a command take the filter's conditions."""
    for name, told in _FLAGS:
        command.add_argument(f"--{name}", help=told)
    command.add_argument("--undated", action="store_true", help="only posts without a time")
    command.add_argument("--originals", action="store_true", help="without copies")


def filter_of(asked: Namespace, table: pl.DataFrame, layer: Layer | None = None) -> Filter:
    """Return the filter that the flags tell, for the posts table of a project and what its columns speak of.

    Raises:
        SettingError: a flag cannot be read, or names what none of these posts has.
    """
    for name, _ in _FLAGS:
        field = name.replace("-", "_")
        if getattr(asked, field) == "":  # such as an unset variable of a script: never the whole project instead
            raise SettingError(f"--{name} is empty; say what to look for, or leave it out.")
        setattr(asked, field, getattr(asked, field) or "")
    if asked.undated and (asked.since or asked.until):
        raise SettingError("Undated posts have no time: leave --since and --until out, or --undated.")
    return Filter(
        languages=_languages(asked.lang, table),
        topics=_topics(asked.topic),
        since=parse_time(asked.since) if asked.since else None,
        until=parse_time(asked.until) if asked.until else None,
        words=asked.words,
        files=_files(asked.from_file, table),
        originals=asked.originals,
        undated=asked.undated,
        places=_known(read_values(asked.place), set(table.select(place_named()).to_series()) | {""}, "place"),
        tags=_known(read_values(asked.tag), _tags(table) | {""}, "tag"),
        needs=_keys(read_values(asked.need), layer.need_names if layer else {}, "need"),
        urgencies=tuple(_LEVELS[name] for name in _among(asked.urgency, _LEVELS, "a level of urgency")),
        located=_keys(read_values(asked.at), layer.place_names if layer else {}, "place"),
        states=_among(asked.state, STATES, "a state"),
        owners=_known(read_values(asked.owner), _owners(table) | {""}, "owner"),
    )


def _keys(written: tuple[str, ...], names: Mapping[str, str], what: str) -> tuple[str, ...]:
    """Return the keys of what is named by key or, case aside, by name; a name may have several keys."""
    keys: list[str] = []
    for one in (part.strip() for part in written):
        if not one or one in names:
            keys.append(one)
            continue
        found = [key for key, name in names.items() if name.casefold() == one.casefold()]
        if not found:
            near = get_close_matches(one.casefold(), [name.casefold() for name in names.values()], 12, 0.6)
            alike = [(key, name) for key, name in names.items() if name.casefold() in near] or list(names.items())
            shown = ", ".join(f"{key} ({name})" for key, name in alike[:12])
            raise SettingError(f"No post here has the {what} “{one[:60]}”; there are {shown or 'none'}.")
        keys += found
    return tuple(dict.fromkeys(keys))


def _files(written: str, table: pl.DataFrame) -> tuple[int, ...]:
    """Return the numbers of the files that are named as a person counts them, from 1."""
    count = int(table[Col.FILE].max() or 0) + 1  # type: ignore[arg-type]
    parts = [part.strip() for part in written.split(",") if part.strip()]
    for part in parts:
        if not (part.isascii() and part.isdigit() and 1 <= int(part) <= count):
            raise SettingError(f"“{part[:20]}” is none of the project's files; they count from 1 to {count}.")
    return tuple(dict.fromkeys(int(part) - 1 for part in parts))


def _among(written: str, known: Collection[str], what: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in written.split(",") if part.strip())
    for name in names:
        if name not in known:
            raise SettingError(f"“{name[:40]}” is not {what}; there are {', '.join(known)}.")
    return names


def _owners(table: pl.DataFrame) -> set[str]:
    return set(table[Col.OWNER].drop_nulls()) if Col.OWNER in table.columns else set()


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
