"""Schemes of information types: what posts may be about, told by descriptions, terms and examples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ctse_core.errors import SettingError
from ctse_core.words import spoken

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "schemes"
BUILT_IN = ("trec_is", "ocha", "ifrc")
"""The schemes that ship, the default first."""
LEVELS = ("low", "medium", "high", "critical")
"""The levels of urgency by number."""
SIGNS = ("hashtags",)
"""What a type may ask of a post's form: "hashtags", hardly anything but hashtags."""


@dataclass(frozen=True)
class Example:
    """A sentence of a type, and the code of its language ("und" where it is not known)."""

    text: str
    lang: str = "und"


@dataclass(frozen=True)
class InfoType:
    """One type of a scheme.

    ``names`` are by interface language, ``urgency`` is what it mostly asks, 0 low to 3 critical. ``terms`` are words
    in any language; ``aside`` marks the type of posts that tell no need, ``sign`` what else a post must look like.
    """

    key: str
    names: Mapping[str, str]
    group: str = ""
    urgency: int = 1
    about: str = ""
    examples: tuple[Example, ...] = ()
    terms: tuple[str, ...] = ()
    aside: bool = False
    sign: str = ""

    @property
    def name(self) -> str:
        """The name in the interface language, English or any other where it has none there."""
        return _in_reach(self.names) or self.key

    @property
    def asks(self) -> bool:
        """Whether such posts ask somebody to act, or mostly are pressing; the others tell and comment."""
        return self.group in ("request", "action") or self.urgency >= LEVELS.index("high")


@dataclass(frozen=True)
class Scheme:
    """Information types in their order; ``own`` where an analyst brought it."""

    key: str
    names: Mapping[str, str]
    types: tuple[InfoType, ...]
    source: str = ""
    own: bool = False
    fingerprint: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """The name in the interface language."""
        return _in_reach(self.names) or self.key

    @property
    def told(self) -> tuple[InfoType, ...]:
        """The types that a post can be told to have: all but those of posts that tell no need."""
        return tuple(one for one in self.types if not one.aside)

    def of(self, key: str) -> InfoType | None:
        """Return the type of that key, None where the scheme has none."""
        return next((one for one in self.types if one.key == key), None)


@dataclass(frozen=True)
class Alarm:
    """What urgency is told by: ``examples`` with their level (0 to 3), and ``terms`` that call for help."""

    examples: tuple[tuple[Example, int], ...]
    terms: tuple[str, ...]


@cache
def built_in(key: str) -> Scheme:
    """Return a scheme that ships.

    Raises:
        SettingError: there is none of that name.
    """
    if key not in BUILT_IN:
        known = ", ".join(BUILT_IN)
        raise SettingError(f"There is no scheme “{key[:40]}”; choose one of {known}, or bring a file.")
    return scheme_of_dict(json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8")))


@cache
def alarm() -> Alarm:
    """Return what urgency is told by."""
    told = json.loads((FOLDER / "urgency.json").read_text(encoding="utf-8"))
    examples = [(Example(**one), int(level["level"])) for level in told["levels"] for one in level["examples"]]
    return Alarm(tuple(examples), tuple(told["terms"]))


def scheme_of_dict(told: Mapping[str, Any]) -> Scheme:
    """Return the scheme that ``dict_of_scheme`` wrote, or that an asset holds; nothing is checked here."""
    types = tuple(
        InfoType(
            key=one["key"],
            names=dict(one["name"]),
            group=one.get("group", ""),
            urgency=int(one.get("urgency", 1)),
            about=one.get("about", ""),
            examples=tuple(Example(**example) for example in one["examples"]),
            terms=tuple(one.get("terms", ())),
            aside=bool(one.get("aside", False)),
            sign=one.get("sign", ""),
        )
        for one in told["types"]
    )
    own = bool(told.get("own", False))
    scheme = Scheme(told["key"], dict(told["name"]), types, told.get("source", ""), own)
    return replace(scheme, fingerprint=_digest(dict_of_scheme(scheme)["types"]))


def dict_of_scheme(scheme: Scheme) -> dict[str, Any]:
    """Return the scheme in forms that JSON can write."""
    return {
        "key": scheme.key,
        "name": dict(scheme.names),
        "source": scheme.source,
        "own": scheme.own,
        "types": [
            {
                "key": one.key,
                "name": dict(one.names),
                "group": one.group,
                "urgency": one.urgency,
                "about": one.about,
                "terms": list(one.terms),
                "examples": [{"lang": example.lang, "text": example.text} for example in one.examples],
                "aside": one.aside,
                "sign": one.sign,
            }
            for one in scheme.types
        ],
    }


def _digest(types: Sequence[Mapping[str, Any]]) -> str:
    written = json.dumps(list(types), ensure_ascii=True, sort_keys=True)
    return hashlib.blake2b(written.encode(), digest_size=8).hexdigest()


def _in_reach(names: Mapping[str, str]) -> str:
    return names.get(spoken()) or names.get("en") or next(iter(names.values()), "")
