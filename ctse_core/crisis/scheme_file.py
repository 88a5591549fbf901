"""A scheme of an analyst's own, out of a CSV or JSON file; every mistake told with its line."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from ctse_core.crisis.schemes import LEVELS, SIGNS, Scheme, dict_of_scheme, scheme_of_dict
from ctse_core.errors import SettingError
from ctse_core.words import t

COLUMNS = ("type", "example", "language", "description", "urgency", "terms")
"""Columns of a CSV file; only the first two must be there. A row adds an example to its type."""
NEEDED = ("type", "example")
NONE_WORDS = frozenset({"none", "irrelevant", "other", "-", "ninguno", "aucun", "rien", "لا شيء"})
"""Names of a type that collects posts that tell no need."""
MOST_TYPES, LEAST_EXAMPLES, MOST_EXAMPLES, LONGEST_NAME, MOST_BYTES = 60, 2, 200, 60, 2_000_000
TOLD = 8
"""So many mistakes are told at once."""


def read_scheme(content: bytes, file: str) -> Scheme:
    """Return the scheme in a file: CSV with a row an example, or JSON as the schemes that ship.

    Raises:
        SettingError: the file cannot be read, or has mistakes; they are told with their lines.
    """
    if len(content) > MOST_BYTES:
        raise SettingError(t("“{file}” is too large for a scheme; 2 MB are the most.", file=file))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        raise SettingError(
            t(
                "“{file}” is not in UTF-8 (line {line}); save it as “CSV UTF-8” and bring it again.",
                file=file,
                line=line,
            )
        ) from wrong
    wrong_lines: list[str] = []
    told = _of_json(text, file) if text.lstrip().startswith(("{", "[")) else _of_csv(text, wrong_lines)
    _check(told, wrong_lines)
    if wrong_lines:
        shown = " ".join(wrong_lines[:TOLD])
        more = len(wrong_lines) - TOLD
        rest = " " + t("And {count} more.", count=more) if more > 0 else ""
        raise SettingError(t("“{file}” cannot be used as it is. {mistakes}", file=file, mistakes=shown + rest))
    name = re.sub(r"\.(csv|tsv|json|txt)$", "", file, flags=re.I)[:LONGEST_NAME] or t("Own scheme")
    names = told.get("name") or {"en": name}
    return scheme_of_dict({**told, "key": f"own-{_slug(name)}", "name": names, "own": True})


def scheme_template() -> str:
    """Return a small CSV file of a scheme to start from."""
    rows = [
        COLUMNS,
        ("Water", "We have no drinking water.", "en", "Drinking water is asked for", "high", "water|agua|eau"),
        ("Water", "No tenemos agua potable.", "es", "", "", ""),
        ("Roads", "The road is blocked by a landslide.", "en", "Roads that are cut", "medium", "road|bridge"),
        ("Roads", "The bridge is gone.", "en", "", "", ""),
        ("None", "Good morning everybody!", "en", "Posts that tell no need", "low", ""),
        ("None", "Our prayers are with you.", "en", "", "", ""),
    ]
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _of_csv(text: str, wrong: list[str]) -> dict[str, Any]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip().casefold() for name in next(reader, [])]
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        names, had = ", ".join(missing), ", ".join(columns)[:80] or "-"
        wrong.append(t("Line 1: column {missing} is missing (there are: {there}); name it.", missing=names, there=had))
        return {"types": []}
    types: dict[str, dict[str, Any]] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False)}
        _row(row, reader.line_num, types, wrong)
    return {"types": list(types.values())}


def _row(row: Mapping[str, str], line: int, types: dict[str, dict[str, Any]], wrong: list[str]) -> None:
    """Add one row of a CSV file to the types, or what is wrong with it."""
    name = _one_line(row.get("type", ""))
    if not name:
        wrong.append(t("Line {line}: there is no type; write its name in the first column.", line=line))
        return
    if len(name) > LONGEST_NAME:
        wrong.append(t("Line {line}: “{name}…” is too long for a name.", line=line, name=name[:20]))
        return
    one = types.setdefault(
        _slug(name), {"key": _slug(name), "name": {"en": name}, "examples": [], "terms": [], "line": line}
    )
    if name.casefold() in NONE_WORDS:
        one["aside"] = True
    example = _one_line(row.get("example", ""))
    if example:
        one["examples"].append({"text": example, "lang": row.get("language", "").casefold()[:3] or "und"})
    else:
        wrong.append(t("Line {line}: “{name}” has no example there; write a sentence.", line=line, name=name))
    one["about"] = one.get("about") or row.get("description", "")
    one["terms"] += [word for word in (_one_line(part) for part in row.get("terms", "").split("|")) if word]
    level = row.get("urgency", "").casefold()
    if level in LEVELS or level in ("0", "1", "2", "3"):
        one["urgency"] = LEVELS.index(level) if level in LEVELS else int(level)
    elif level:
        wrong.append(
            t("Line {line}: urgency “{level}” is none of low, medium, high, critical.", line=line, level=level[:20])
        )


def _of_json(text: str, file: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as wrong:
        line = getattr(wrong, "lineno", 1)
        raise SettingError(
            t("“{file}” is not proper JSON (line {line}); mend it and bring it again.", file=file, line=line)
        ) from wrong
    types = told.get("types") if isinstance(told, dict) else told
    if not isinstance(types, list) or not all(isinstance(one, dict) for one in types):
        raise SettingError(t("“{file}” holds no list “types”; write one, each with “name” and “examples”.", file=file))
    name = told.get("name") if isinstance(told, dict) else None
    return {"types": [_type(one) for one in types], "name": _named(name) if name else None}


def _type(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a type of a JSON file in the form of those that ship; what is missing stays empty."""
    names = _named(one.get("name") or one.get("key") or "")
    key = _slug(str(one.get("key") or names.get("en") or next(iter(names.values()), "")))
    examples = [
        {"text": _one_line(str(part.get("text", ""))), "lang": str(part.get("lang", "und"))[:3]}
        if isinstance(part, dict)
        else {"text": _one_line(str(part)), "lang": "und"}
        for part in _listed(one.get("examples"))
    ]
    level = one.get("urgency", 1)
    return {
        "key": key,
        "name": names,
        "about": str(one.get("about") or one.get("description") or ""),
        "examples": [part for part in examples if part["text"]],
        "terms": [_one_line(str(word)) for word in _listed(one.get("terms"))],
        "urgency": LEVELS.index(level) if level in LEVELS else level,
        "sign": one["sign"] if one.get("sign") in SIGNS else "",
        "aside": bool(one.get("aside", False)) or any(name.casefold() in NONE_WORDS for name in names.values()),
    }


def _check(told: Mapping[str, Any], wrong: list[str]) -> None:
    """Add what is wrong with the types as a whole."""
    types = told["types"]
    if len([one for one in types if not one.get("aside")]) < 2 and not wrong:
        wrong.append(t("A scheme needs at least two types; there are {count}.", count=len(types)))
    if len(types) > MOST_TYPES:
        wrong.append(t("There are {count} types; 60 are the most.", count=len(types)))
    seen: set[str] = set()
    for number, one in enumerate(types, 1):
        where = t("Line {line}", line=one.pop("line")) if "line" in one else t("Type {number}", number=number)
        name = next(iter(one["name"].values()), "")
        count = len(one["examples"])
        if not one["key"] or not name:
            wrong.append(t("{where}: the type has no name; write one.", where=where))
        elif one["key"] in seen:
            wrong.append(t("{where}: “{name}” is there twice; join the two.", where=where, name=name))
        if count < LEAST_EXAMPLES:
            wrong.append(
                t("{where}: “{name}” has {count} examples; write at least two.", where=where, name=name, count=count)
            )
        if count > MOST_EXAMPLES:
            wrong.append(t("{where}: “{name}” has more than 200 examples; keep the best.", where=where, name=name))
        if isinstance(one.get("urgency", 1), bool) or one.get("urgency", 1) not in (0, 1, 2, 3):
            wrong.append(t("{where}: the urgency of “{name}” is none of 0, 1, 2, 3.", where=where, name=name))
        seen.add(one["key"])


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _named(name: object) -> dict[str, str]:
    if isinstance(name, dict):
        return {str(lang): _one_line(str(text)) for lang, text in name.items() if str(text).strip()}
    return {"en": _one_line(str(name))} if str(name).strip() else {}


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _slug(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name.casefold()).strip("-")[:LONGEST_NAME]


def written_scheme(scheme: Scheme) -> str:
    """Return the scheme as JSON, to keep or to hand on."""
    return json.dumps(dict_of_scheme(scheme), ensure_ascii=False, indent=1)
