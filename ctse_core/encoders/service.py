"""How well an encoder serves the languages of a file, by what its card says was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ctse_core.encoders.card import FAIRLY, WELL, Service, read_card
from ctse_core.encoders.catalog import ENCODERS
from ctse_core.encoders.own import own_folder
from ctse_core.encoders.sources import at_hand
from ctse_core.errors import EncoderError
from ctse_core.types import UNDETERMINED
from ctse_core.words import mark, number, said, t

Grade = Literal["well", "fairly", "poorly", "undetermined"]
GRADES: tuple[Grade, ...] = ("well", "fairly", "poorly", "undetermined")
_SAID = {"well": mark("well"), "fairly": mark("fairly"), "poorly": mark("poorly"), "undetermined": mark("undetermined")}

PIVOT = "en"
"""What every other language is matched with, so that no card has a number for it."""

# Other codes of the same written language. Sorani (ckb) is not Kurmanji: what was measured on the one says nothing
# of the other.
_SAME = {"no": "nb", "nn": "nb", "fil": "tl", "iw": "he", "in": "id", "kmr": "ku", "cmn": "zh", "arb": "ar"}


@dataclass(frozen=True)
class Served:
    """How a language of a file is served.

    Attributes:
        lang: its code.
        posts: posts in it.
        grade: "well" from 0.95 matching, "fairly" from 0.80, "poorly" below or where nothing was measured;
            "undetermined" where the language of the posts is not known.
        matching: share in [0, 1] of its sentences that find their English translation; None if not measured.
        low: lower end of the 95 % interval of ``matching``, or None.
        high: its upper end, or None.
        set: what it was measured on; empty if it was not.
    """

    lang: str
    posts: int
    grade: Grade
    matching: float | None = None
    low: float | None = None
    high: float | None = None
    set: str = ""


def service_table(name_or_folder: str) -> dict[str, Service]:
    """Return how an encoder serves each language by the card in its folder; empty where it has none."""
    folder = _folder(name_or_folder)
    try:
        card = read_card(folder) if folder else None
    except EncoderError:  # a damaged card is told where cards are shown; the analysis goes on without it
        return {}
    return card.service if card else {}


def language_service(posts: Mapping[str, int], table: Mapping[str, Service]) -> list[Served]:
    """Return how each language of a file is served, most posts first; empty where ``table`` is.

    ``posts`` are the numbers of posts by language code.
    """
    ordered = sorted(posts.items(), key=lambda pair: (-pair[1], pair[0])) if table else []
    return [_served(code, number, table) for code, number in ordered]


def described_service(posts: Mapping[str, int], table: Mapping[str, Service]) -> dict[str, Any]:
    """Return the service as the manifest keeps it: a ``sentence``, posts by grade, and the languages."""
    languages = language_service(posts, table)
    by_grade = posts_by_grade(languages)
    return {
        "sentence": service_sentence(by_grade),
        "posts": by_grade,
        "languages": [asdict(served) for served in languages],
    }


def service_of(posts: Mapping[str, int], described: Mapping[str, Any]) -> list[Served]:
    """Return how some posts, counted by language, are served, by what the manifest keeps of all of them."""
    kept = [Served(**entry) for entry in described.get("languages") or ()]
    return [replace(served, posts=posts[served.lang]) for served in kept if posts.get(served.lang)]


def posts_by_grade(languages: Sequence[Served]) -> dict[str, int]:
    """Return the number of posts of each grade; grades without posts are left out."""
    counts = {grade: sum(served.posts for served in languages if served.grade == grade) for grade in GRADES}
    return {grade: number for grade, number in counts.items() if number}


def service_sentence(by_grade: Mapping[str, int]) -> str:
    """Return in a sentence how many posts are served how, or that this is not known."""
    if not by_grade:
        return t("How well the encoder serves each language is not known: no measurements come with it.")
    served = [grade for grade in GRADES[:3] if by_grade.get(grade)]
    parts = [f"{t('{count:,} posts', count=by_grade[grade])} {said(_SAID[grade])}" for grade in served[:1]]
    parts += [f"{number(by_grade[grade])} {said(_SAID[grade])}" for grade in served[1:]]
    told = t("By language, the encoder serves {posts}", posts=", ".join(parts))
    told = told if parts else t("No post has a known language")
    unsure = by_grade.get("undetermined", 0)
    return told + (t("; the language of {count:,} is undetermined", count=unsure) if unsure else "") + "."


def _served(code: str, posts: int, table: Mapping[str, Service]) -> Served:
    if code == UNDETERMINED:
        return Served(code, posts, "undetermined")
    plain = code.lower().replace("_", "-").split("-")[0]
    measured = next((table[key] for key in (code, code.lower(), plain, _SAME.get(plain, "")) if key in table), None)
    if measured is None and plain == PIVOT:
        return Served(code, posts, "well", set="matched with the others")
    if measured is None:
        return Served(code, posts, "poorly")
    grade: Grade = "well" if measured.matching >= WELL else "fairly" if measured.matching >= FAIRLY else "poorly"
    return Served(code, posts, grade, measured.matching, measured.low, measured.high, measured.set)


def _folder(name_or_folder: str) -> Path | None:
    spec = ENCODERS.get(name_or_folder)
    if spec is not None:
        return at_hand(spec)
    own = own_folder(name_or_folder)
    if own is not None:
        return own
    place = Path(name_or_folder).expanduser()
    return place if "://" not in name_or_folder and place.is_dir() else None
