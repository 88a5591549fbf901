"""How an analysis was made, as rows to read: from the manifest, in plain words where words help."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ctse_core.figures import language_name
from ctse_core.words import mark

_PARTS = (
    ("source", "File"),
    ("counts", "Counts"),
    ("encoder", "Encoder"),
    ("structure", "Map and clusters"),
    ("privacy", "People masked"),
    ("settings", "Settings"),
    ("durations", "Seconds taken"),
    ("versions", "Versions"),
)
_SINGLE = ("made", "fingerprint")

CAVEATS = (
    mark(
        "Topics are groups of posts with like meaning, found by machine. Their names are frequent words, not "
        "summaries: read posts before you act on a topic."
    ),
    mark(
        "“Unsorted” posts fit no topic clearly. That says nothing about how important they are: a single call"
        " for help may be among them."
    ),
    mark("Nothing here says whether a post is true, who wrote it, or whether the writer was there. Check first."),
    mark(
        "The number of posts says how much was written, not how many people are affected; people without "
        "power or network do not post."
    ),
    mark("Near points on the map mean alike. The distance between far groups, and up or down, mean nothing."),
    mark("The language of a short post is a guess; where it is too unsure it says “Undetermined”."),
    mark(
        "Copies are posts that say the same after links, handles and spaces are made alike. They keep the "
        "topic of their original and are counted in every number called “posts”."
    ),
    mark(
        "People are masked as far as they are found: authors, handles, e-mail addresses, telephone, card and "
        "document numbers. Names written out in a text are not found."
    ),
    mark("Times are those of the file, read as UTC where the file names no time zone."),
)
"""What a reader must know before believing a number; said in every report."""


def method_rows(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (part, what, value) for everything in the manifest, nested settings as dotted names."""
    rows = [("Run", name, str(manifest[name])) for name in _SINGLE if manifest.get(name)]
    for key, title in _PARTS:
        rows += [(title, what, value) for what, value in _flat(manifest.get(key), "")]
    known = {key for key, _ in _PARTS} | {*_SINGLE, "notes", "service", "edits", "files", "grown_from"}
    for key in manifest:
        if key not in known:
            rows += [("Other", what, value) for what, value in _flat(manifest[key], str(key))]
    rows += [("Files", what, value) for what, value in file_rows(manifest)]
    rows += [("Corrected by people", what, value) for what, value in edit_rows(manifest)]
    rows += [("Languages served", what, value) for what, value in service_rows(manifest)]
    rows += [("Notes on the file", str(number), note) for number, note in enumerate(notes(manifest), 1)]
    rows += [("Read with care", str(number), caveat) for number, caveat in enumerate(CAVEATS, 1)]
    return rows


def file_rows(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (file, where its rows went and when it was added); empty where nobody appended one."""
    files = manifest.get("files") or ()
    if len(files) < 2:
        return []
    return [
        (
            str(one["name"]),
            f"added {one['added']}; {one['rows']:,} rows = {one['posts']:,} posts + {one['already_there']:,} already "
            f"there + {one['empty']:,} empty + {one['unreadable']:,} unreadable",
        )
        for one in files
    ]


def edit_rows(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (what, value) on how people corrected topics: how many edits, by whom, when; empty where nobody did."""
    told = manifest.get("edits") or {}
    if not told:
        return []
    rows = [("Edits of topics", f"{told['count']:,}")]
    rows += [(name, _counted(told[key])) for key, name in (("by", "By"), ("kinds", "Kinds")) if told.get(key)]
    if told.get("first"):
        rows.append(("Between", f"{told['first']} and {told['last']}"))
    if told.get("skipped"):
        rows.append(("Not applied any more", f"{len(told['skipped']):,}"))
    if told.get("of_other_runs"):
        rows.append(("Of earlier analyses, not applied", f"{told['of_other_runs']:,}"))
    return rows


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(numbers.items(), key=lambda one: -one[1]))


def service_rows(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (what, value) on how well the encoder serves the languages of the posts; empty where nobody told."""
    service = manifest.get("service") or {}
    rows = [("In short", str(service["sentence"]))] if service.get("sentence") else []
    return rows + [(language_name(one["lang"]), _served(one)) for one in service.get("languages") or ()]


def _served(one: Mapping[str, Any]) -> str:
    posts = f"{one['posts']:,} posts"
    if one["grade"] == "undetermined":
        return posts
    if one["matching"] is None:
        return f"{one['grade']}; {one['set'] or 'not measured'}; {posts}"
    interval = f" ({one['low']:.2f}–{one['high']:.2f})" if one["low"] is not None and one["high"] is not None else ""
    matching = math.floor(100 * one["matching"]) / 100  # cut, not rounded: 0.949 is not well served
    return f"{one['grade']}; matching {matching:.2f}{interval}, {one['set']}; {posts}"


def notes(manifest: Mapping[str, Any]) -> list[str]:
    """Return what was noticed while reading the file, as sentences."""
    told = manifest.get("notes") or ()
    return [str(note) for note in told] if isinstance(told, Sequence) and not isinstance(told, str) else []


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        yield name, ", ".join(str(item) for item in value) or "none"
    elif isinstance(value, float):
        yield name, f"{value:.4g}"
    elif value is not None:
        yield name, f"{value:,}" if type(value) is int and abs(value) >= 10_000 else str(value)
