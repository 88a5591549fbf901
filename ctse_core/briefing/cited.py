"""Posts that a briefing rests on: chosen, numbered, and shown in their own words with their exact ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.crisis_names import need_name, place_name, state_name, urgency_name
from ctse_core.figures.base import shorten
from ctse_core.figures.language_names import language_name
from ctse_core.report.brief import Post
from ctse_core.types import UNDETERMINED, Col
from ctse_core.words import minute, t

if TYPE_CHECKING:
    from ctse_core.crisis_layer import Layer

LETTERS = 420
HIGH = 2
_PLACES = 2
_ADDRESSES = re.compile(r"https?://\S+|[@#]\S+|\bRT\b")


class Cited:
    """The posts of ``table`` that a briefing cites, numbered in the order in which they are first named."""

    def __init__(self, table: pl.DataFrame, layer: Layer | None) -> None:
        self.table, self.layer = table, layer
        self._numbers: dict[int, int] = {}
        self._shown: set[int] = set()

    def cite(self, positions: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers of the posts at ``positions``; a post that is new here gets the next one."""
        return tuple(self._numbers.setdefault(position, len(self._numbers) + 1) for position in positions)

    def show(self, positions: Iterable[int]) -> tuple[Post, ...]:
        """Return the posts at ``positions`` as they are shown, without those that were shown before."""
        wanted = [position for position in dict.fromkeys(positions) if position not in self._shown]
        self._shown.update(wanted)
        numbers = self.cite(wanted)
        rows = self.table[wanted].rows(named=True) if wanted else []
        return tuple(self._post(number, row) for number, row in zip(numbers, rows, strict=True))

    def is_shown(self, position: int) -> bool:
        """Return whether the post was shown in full already."""
        return position in self._shown

    def rest(self) -> list[int]:
        """Return the positions of posts that were cited and not shown, in the order of their numbers."""
        return [position for position in self._numbers if position not in self._shown]

    def _post(self, number: int, row: dict[str, Any]) -> Post:
        code = row[Col.LANG] or UNDETERMINED
        text = shorten(str(row[Col.TEXT] or ""), LETTERS)
        pressing = (row.get(Col.URGENCY) or 0) >= HIGH
        facts = tuple(fact for fact in self._facts(row, code) if fact)
        return Post(number, str(row[Col.POST_ID]), text, code, right_to_left(text), facts, pressing)

    def _facts(self, row: dict[str, Any], code: str) -> list[str]:
        urgency = row.get(Col.URGENCY)
        independent, copies = row.get(Col.INDEPENDENT), int(row.get(Col.COPIES) or 1)
        state = row.get(Col.STATE) or "new"
        return [
            urgency_name(urgency) if urgency is not None and urgency >= HIGH else "",
            ", ".join(need_name(self.layer, key) for key in (row.get(Col.NEEDS) or ())[:2]),
            ", ".join(place_name(self.layer, key) for key in (row.get(Col.LOCATED) or ())[:_PLACES]),
            minute(row[Col.TIME]) if row[Col.TIME] else t("undated"),
            language_name(code),
            t("{count:,} posts say this", count=copies) if copies > 1 else "",
            sources_words(independent, bool(row.get(Col.REPEATED)), copies),
            state_name(state) if state != "new" else "",
            t("in the hands of {owner}", owner=row[Col.OWNER]) if row.get(Col.OWNER) else "",
        ]


def sources_words(independent: int | None, repeated: bool, copies: int) -> str:
    """Return how many authors on their own stand behind a post, "" where nobody knows or one post is one author."""
    if independent is not None and independent > 1:
        return t("{count:,} independent authors", count=independent)
    return t("one source") if repeated or (independent == 1 and copies > 1) else ""


def apart(name: str) -> str:
    """Return a name that keeps its own direction inside a sentence of another one."""
    return f"\u2068{name}\u2069"


def right_to_left(text: str) -> bool:
    """Return whether most letters of a text run right to left; addresses, handles and hashtags do not count."""
    kinds = [unicodedata.bidirectional(letter) for letter in _ADDRESSES.sub(" ", text)]
    return sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L")


def telling(posts: pl.DataFrame, count: int, avoided: Iterable[int] = ()) -> list[int]:
    """Return the positions of ``count`` posts that stand best for a group (its posts with their ``position``).

    Originals that are most urgent, that most people write on their own, that name a place; those already shown only
    where there are no others.
    """
    if not posts.height:
        return []
    has = set(posts.columns)
    rank = [
        pl.col("position").is_in(list(avoided)).alias("old"),
        -(pl.col(Col.URGENCY).fill_null(-1) if Col.URGENCY in has else pl.lit(0)).cast(pl.Int64).alias("level"),
        -(pl.col(Col.INDEPENDENT).fill_null(1).clip(1, 4) if Col.INDEPENDENT in has else pl.lit(1)).alias("many"),
        -(pl.col(Col.URGENCY_SCORE).fill_null(0.0) if Col.URGENCY_SCORE in has else pl.lit(0.0)).alias("score"),
        -(pl.col(Col.LOCATED).list.len().fill_null(0).clip(0, 1).cast(pl.Int64) if Col.LOCATED in has else pl.lit(0)),
    ]
    ranked = posts.select("position", *(part.alias(f"rank{at}") for at, part in enumerate(rank)))
    order = ranked.sort([f"rank{at}" for at in range(len(rank))] + ["position"])
    return order["position"].head(count).to_list()
