"""Bursts against the known onset of events, and how often a stream without a burst is said to have one.

    CTSE_SHARED_DATA=… python -m benchmarks.bursts PROJECT

PROJECT is an analysis of the shared tweets (``python -m ctse_core analyse tweets.csv``, with the times that their ids
hold). Each event's tweets are one stream; its onset is public knowledge (``ONSETS``, UTC, with the source of the hour).
A collection may begin after the event: the first post after the onset is the earliest that anybody can find. Beside
ours: the hours whose posts, copies included, stand three deviations above the mean of the day before, the rule of
thumb of many dashboards. Then false alarms: streams of even, clumped and daily varying posts without any burst, and
the topics of PROJECT with their posts dealt out anew among all times; and the same topics as they are.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.bursts import bursts, microseconds, moment
from ctse_core.crisis.rates import HOUR
from ctse_core.project import Project
from ctse_core.stored import load_analysis
from ctse_core.types import Col
from ctse_core.when import bursts_in

# Sudden events, to the minute where an agency or court gives it; slow ones to the day on which they reached people.
ONSETS = {
    "2012_Guatemala_earthquake": ("2012-11-07 16:35", "USGS"),
    "2012_Venezuela_refinery": ("2012-08-25 05:41", "Amuay: 01:11 local time"),
    "2013_NY_train_crash": ("2013-12-01 12:20", "NTSB: 07:20 EST"),
    "2013_Oklahoma_Tornado": ("2013-05-20 19:56", "NWS: touch-down near Newcastle, 14:56 CDT"),
    "2013_Russia_meteor": ("2013-02-15 03:20", "NASA: 03:20:33 UTC"),
    "2013_Spain_train_crash": ("2013-07-24 18:41", "CIAF: 20:41 CEST"),
    "2013_West_Texas_Explosion": ("2013-04-18 00:50", "CSB: 19:50:38 CDT"),
    "2013_West_Texas_explosion": ("2013-04-18 00:50", "CSB: 19:50:38 CDT"),
    "2012_Colorado_wildfires": ("2012-06-23 18:00", "Waldo Canyon fire seen at noon; day"),
    "2012_Philipinnes_floods": ("2012-08-06 16:00", "monsoon rains over Manila in the night to 7 August; day"),
    "2012_Typhoon_Pablo": ("2012-12-03 20:45", "landfall in Mindanao, 04:45 local time; day"),
    "2013_Colorado_floods": ("2013-09-12 00:00", "floods in Boulder in the evening of 11 September; day"),
    "2013_Queensland_floods": ("2013-01-25 00:00", "Oswald over the coast around 25 January; day"),
    "2013_Sardinia_floods": ("2013-11-18 12:00", "Cyclone Cleopatra in the afternoon; day"),
    "2013_Singapore_haze": ("2013-06-17 00:00", "air quality unhealthy from 17 June; day"),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Bursts against known onsets; false alarms")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--rounds", type=int, default=200, help="streams without a burst, of each kind")
    asked = parser.parse_args()
    analysis = load_analysis(Project(asked.project))
    _onsets(analysis.table)
    _false_alarms(asked.rounds)
    _dealt_anew(analysis.table, analysis.topics)


def _onsets(table: pl.DataFrame) -> None:
    dated = table.filter(pl.col(Col.TIME).is_not_null())
    print("| event | onset (UTC) | first post after | ours: strongest burst began | nearest | strongest hour by 3 sd |")
    print("|---|---|---:|---:|---:|---:|")
    ours, plain = [], []
    for event, (written, _) in ONSETS.items():
        of = dated.filter(pl.col("file:event") == event)
        onset = datetime.fromisoformat(written).replace(tzinfo=UTC)
        unique = of.group_by(Col.REPRESENTATIVE).agg(pl.col(Col.TIME).min())[Col.TIME].sort()
        found = bursts(unique.dt.epoch("us").to_numpy())
        first = unique.filter(unique >= onset)[0]
        best = max(found, key=lambda one: one.strength) if found else None
        near = min(found, key=lambda one: abs(one.start - onset)) if found else None
        hour = _by_deviations(of[Col.TIME].sort().dt.epoch("us").to_numpy())
        ours.append(_hours(best.start if best else None, onset))
        plain.append(_hours(hour, onset))
        cells = (first, best.start if best else None, near.start if near else None, hour)
        print(f"| {event} | {written} | {' | '.join(_told(_hours(cell, onset)) for cell in cells)} |")
    sudden = [not source.endswith("; day") for _, source in ONSETS.values()]
    for kind, kept in (("all", [True] * len(sudden)), ("sudden", sudden)):
        for name, told in (("ours", ours), ("three deviations", plain)):
            hours = np.array(
                [np.inf if one is None else abs(one) for one, here in zip(told, kept, strict=True) if here]
            )
            print(
                f"{kind} {len(hours)} events, {name}, strongest: median {np.median(hours):.1f} h from the onset; "
                f"within 3 h {np.sum(hours <= 3)}, within a day {np.sum(hours <= 24)}"
            )


def _hours(at: datetime | None, onset: datetime) -> float | None:
    return None if at is None else (at - onset) / timedelta(hours=1)


def _told(hours: float | None) -> str:
    return "none" if hours is None else f"{hours:+.1f} h"


def _by_deviations(times: NDArray[np.int64]) -> datetime | None:
    """Return the hour that stands furthest above the mean of the 24 before it, three deviations at least."""
    first = times[0] // HOUR
    counts = np.bincount(times // HOUR - first).astype(np.float64)
    best, where = 3.0, None
    for hour in range(24, len(counts)):
        before = counts[hour - 24 : hour]
        score = (counts[hour] - before.mean()) / max(before.std(), 1.0)
        if score >= best:
            best, where = score, hour
    return None if where is None else moment((first + where) * HOUR)


def _false_alarms(rounds: int) -> None:
    print("\n| streams without a burst | posts | ours | three deviations |\n|---|---:|---:|---:|")
    for name, make in (("even", _even), ("clumped (negative binomial hours)", _clumped), ("day and night", _daily)):
        for posts in (50, 500, 5000):
            streams = [make(posts, np.random.default_rng(seed)) for seed in range(rounds)]
            ours = np.mean([bool(bursts(one)) for one in streams])
            plain = np.mean([_by_deviations(np.sort(one)) is not None for one in streams])
            print(f"| {name} | {posts:,} | {ours:.1%} | {plain:.1%} |")


def _even(posts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.integers(0, 10 * 24 * HOUR, posts))


def _clumped(posts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    weights = rng.gamma(2.0, 1.0, 240)
    hours = rng.choice(240, posts, p=weights / weights.sum())
    return np.sort(hours * HOUR + rng.integers(0, HOUR, posts))


def _daily(posts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    weights = 1 + 0.9 * np.sin((np.arange(240) % 24 - 8) / 24 * 2 * np.pi)
    hours = rng.choice(240, posts, p=weights / weights.sum())
    return np.sort(hours * HOUR + rng.integers(0, HOUR, posts))


def _dealt_anew(table: pl.DataFrame, topics: pl.DataFrame) -> None:
    begun = time.perf_counter()
    found = bursts_in(table, topics).filter(pl.col("kind") == "topic")
    took = time.perf_counter() - begun
    print(
        f"\n{table.height:,} posts, {topics.height} topics: {found.height} bursts of {found['key'].n_unique()} topics "
        f"in {took:.2f} s"
    )
    alarmed = 0
    for seed in range(20):
        dealt = table[Col.CLUSTER].shuffle(seed)
        chance = bursts_in(table.with_columns(dealt.alias(Col.CLUSTER)), topics)
        alarmed += bool(chance.filter(pl.col("kind") == "topic").height)
    print(f"the same posts with their topics dealt out anew, 20 times: any burst of a topic in {alarmed} of them")
    first, last = (microseconds(at) for at in (table[Col.TIME].min(), table[Col.TIME].max()))  # type: ignore[arg-type]
    print(f"over {(last - first) / HOUR / 24:,.0f} days")


if __name__ == "__main__":
    main()
