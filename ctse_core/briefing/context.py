"""What all sections of a briefing share: the posts, what is known of them, and the posts cited so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import polars as pl

from ctse_core.briefing.changes import Latest, latest_of
from ctse_core.briefing.cited import HIGH, Cited
from ctse_core.crisis_layer import Layer
from ctse_core.figures.ages import Ages, age_words, ages_of
from ctse_core.figures.place_marks import Marks, known_levels, place_marks
from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.types import Col
from ctse_core.when import bursts_in
from ctse_core.words import minute, t

STALE_HOURS = 24
POSITION = "position"
_PLACED = 0.7  # of the posts that any level places, which a level places at least
_MAIN_COUNTRY = 0.6  # of the placed posts, from which on towns say more than countries
_TOWNS_TELL = 0.35  # of the placed posts that the named towns hold at least, else regions say more
PLACES = 5


@dataclass(frozen=True)
class Context:
    """An analysis, its crisis layer, and what sections ask of them; computed once, when asked for."""

    analysis: AnalysisLike
    layer: Layer
    cited: Cited

    @property
    def table(self) -> pl.DataFrame:
        """The posts (n rows)."""
        return self.analysis.table

    @cached_property
    def numbered(self) -> pl.DataFrame:
        """The posts with their ``position``."""
        return self.table.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(POSITION))

    @cached_property
    def originals(self) -> pl.DataFrame:
        """The posts that are no copies, with their ``position``."""
        return self.numbered.filter(pl.col(Col.DUPLICATE_OF).is_null())

    @cached_property
    def latest(self) -> Latest | None:
        """The newest stretch of time that can be compared."""
        return latest_of(self.table)

    @cached_property
    def ages(self) -> Ages:
        """How old posts are against the newest."""
        return ages_of(self.table, STALE_HOURS)

    @property
    def ages_told(self) -> str:
        """From when ages are counted, and what is stale; "" where no post has a time."""
        if self.ages.moment is None:
            return ""
        if not self.analysis.manifest.get("filter"):
            return self.ages.told()
        newest = t("Ages are counted from the newest of these posts, {at}.", at=minute(self.ages.moment))
        return f"{newest} {t('Grey: nothing newer than {limit}.', limit=age_words(timedelta(hours=STALE_HOURS)))}"

    @cached_property
    def bursts(self) -> pl.DataFrame:
        """When something flared up."""
        return bursts_in(self.table, self.analysis.topics, self.layer)

    @cached_property
    def level(self) -> str:
        """What places are told by: towns, regions or countries, whichever says most; "" where no place is known."""
        found = known_levels(self.table, self.layer.places)
        marks = {level: place_marks(self.table, self.layer.places, level) for level in found if level != "point"}
        placed = max((one.placed for one in marks.values()), default=0)
        if not placed:
            return "point" if "point" in found else ""
        marks = {level: one for level, one in marks.items() if one.placed >= _PLACED * placed}
        countries, regions, towns = (marks.get(level) for level in ("country", "region", "town"))
        if countries and _top(countries, 1) < _MAIN_COUNTRY * countries.placed:
            return "country" if not towns or _top(towns, PLACES) < _TOWNS_TELL * placed else "town"
        if towns and regions and _top(towns, PLACES) < _TOWNS_TELL * placed:
            return "region"
        return next(level for level in ("town", "region", "country") if level in marks)

    @cached_property
    def marks(self) -> Marks | None:
        """The posts gathered by place; None where no place is known."""
        if not self.level:
            return None
        found = place_marks(self.table, self.layer.places, self.level, self.layer.asking)
        return found if found.rows.height else None

    @property
    def has_needs(self) -> bool:
        """Whether anybody worked out what posts need."""
        return Col.NEEDS in self.table.columns and self.layer.scheme is not None

    @property
    def has_urgency(self) -> bool:
        """Whether the urgency of any post was judged."""
        return Col.URGENCY in self.table.columns and self.table[Col.URGENCY].null_count() < self.table.height

    @property
    def pressing(self) -> pl.DataFrame:
        """The posts of high or critical urgency, with their ``position``."""
        if not self.has_urgency:
            return self.numbered.clear()
        return self.numbered.filter(pl.col(Col.URGENCY) >= HIGH)


def _top(marks: Marks, count: int) -> int:
    """Return how many posts the largest marks have together."""
    return int(marks.rows["posts"].head(count).sum())


def context_of(analysis: AnalysisLike) -> Context:
    """Return what sections share, of a whole analysis or of the part of one that passes a filter."""
    layer: Any = getattr(analysis, "crisis", None) or Layer()
    return Context(analysis, layer, Cited(analysis.table, layer))
