"""Standing questions: what responders ask of every crisis, in several languages, in packs read from files."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctse_core.errors import SettingError
from ctse_core.words import spoken

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "standing"
STARTER = "responders"


@dataclass(frozen=True)
class Standing:
    """One standing question: its key, its group's key, and how it is asked by language."""

    key: str
    group: str
    ask: Mapping[str, str]

    def text(self, lang: str = "") -> str:
        """Return the question in a language (of the interface, unless named), in English where it has none there."""
        return self.ask.get(lang or spoken()) or self.ask["en"]


@dataclass(frozen=True)
class Pack:
    """Questions that belong together: their names by language, where they come from, and the groups' names."""

    key: str
    names: Mapping[str, str]
    about: str
    groups: Mapping[str, Mapping[str, str]]
    questions: tuple[Standing, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that every question can be asked in."""
        return tuple(lang for lang in self.names if all(lang in one.ask for one in self.questions))

    def group_name(self, group: str, lang: str = "") -> str:
        """Return what a group is called in a language (of the interface, unless named)."""
        names = self.groups[group]
        return names.get(lang or spoken()) or names["en"]

    def chosen(self, keys: tuple[str, ...]) -> tuple[Standing, ...]:
        """Return the questions with these keys or of these groups, in the pack's order; all where none is named.

        Raises:
            SettingError: the pack has no such question or group.
        """
        known = {one.key for one in self.questions} | set(self.groups)
        for key in keys:
            if key not in known:
                there = ", ".join([*self.groups, *(one.key for one in self.questions)])
                raise SettingError(f"There is no standing question “{key[:40]}”; there are {there}.")
        return tuple(one for one in self.questions if not keys or {one.key, one.group} & set(keys))


@functools.cache
def starter_pack() -> Pack:
    """Return the pack that ships: written for CTSE in the style of CrisisFACTS and the ICS-209 form.

    Raises:
        SettingError: the file is missing or damaged.
    """
    return read_pack(FOLDER / f"{STARTER}.json")


def read_pack(path: Path) -> Pack:
    """Return the pack in a JSON file: key, name, about, and groups with key, name and questions (key, ask).

    Raises:
        SettingError: it cannot be read, or something is missing; the sentence says what and where.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise SettingError(f"The standing questions in {path.name} cannot be read ({wrong}); mend the file.") from wrong
    if not isinstance(told, dict) or not isinstance(told.get("groups"), list) or not told["groups"]:
        raise SettingError(f"{path.name} has no “groups” of questions; write at least one.")
    groups: dict[str, Mapping[str, str]] = {}
    questions: list[Standing] = []
    for number, group in enumerate(told["groups"], 1):
        where = f"group {number} of {path.name}"
        key = _word(group, "key", where)
        groups[key] = _by_language(group, "name", where)
        for place, one in enumerate(group.get("questions") or (), 1):
            here = f"question {place} of {where}"
            questions.append(Standing(_word(one, "key", here), key, _by_language(one, "ask", here)))
    names = [*groups, *(one.key for one in questions)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingError(f"{path.name} uses the key “{twice}” twice; give each group and question its own.")
    if not questions:
        raise SettingError(f"{path.name} has no questions; write at least one.")
    pack_names = _by_language(told, "name", path.name)
    return Pack(_word(told, "key", path.name), pack_names, str(told.get("about", "")), groups, tuple(questions))


def _word(told: Any, name: str, where: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise SettingError(f"“{name}” is missing in {where}; write a short word.")
    return value.strip()


def _by_language(told: Any, name: str, where: str) -> Mapping[str, str]:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, dict) or not str(value.get("en", "")).strip():
        raise SettingError(f"“{name}” of {where} needs a text by language, English at least: {{'en': '…'}}.")
    return {str(lang): str(text).strip() for lang, text in value.items() if str(text).strip()}
