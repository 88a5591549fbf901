"""The knobs of the structure room, each written once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import Any

from ctse_core.errors import SettingError

ENGINES = ("own", "umap-learn")
STABILITY = ("automatic", "always", "never")
CLUSTERS = ("communities", "hdbscan")


def knob(default: Any, label: str, help_text: str, **limits: Any) -> Any:
    """Return a dataclass field with its label, help and limits, from which forms are drawn."""
    return field(default=default, metadata={"label": label, "help": help_text, **limits})


@dataclass(frozen=True)
class StructureSettings:
    """How vectors become neighbours, a map and clusters; 0 means "follows from the number of posts"."""

    neighbours: int = knob(15, "Neighbours", "Neighbours kept for each unique post.", min=2, max=100)
    centre_languages: bool = knob(
        True, "Look past language", "Subtract each language's own offset so that clusters follow meaning."
    )
    clusters: str = knob(
        "communities",
        "Topics from",
        "Communities of posts that are linked to each other (Leiden), or dense places in a space that is drawn first"
        " (HDBSCAN).",
        choices=CLUSTERS,
    )
    resolution: float = knob(
        0.0,
        "Fineness",
        "Communities only: 1 makes few large topics, 4 many small ones; 0 follows from n.",
        min=0.0,
        max=50.0,
    )
    firmness: float = knob(
        0.3,
        "Firmness",
        "Communities only: a post with less than this share of its links inside its topic stays unsorted.",
        min=0.0,
        max=1.0,
    )
    space_dims: int = knob(5, "Clustering dimensions", "Width of the space in which clusters are found.", min=2, max=20)
    epochs: int = knob(0, "Layout epochs", "Rounds of the map layout; 0 follows from n.", min=0, max=1000)
    min_cluster_size: int = knob(
        0, "Smallest topic", "Fewest unique posts that make a topic; 0 follows from n.", min=0, max=10_000
    )
    min_samples: int = knob(
        0, "Caution", "Higher leaves more posts unsorted; 0 follows from the smallest topic.", min=0, max=1000
    )
    joined_within: float = knob(
        0.2,
        "Join near clusters",
        "Clusters nearer than this in the clustering space are one; 0 keeps every dense spot apart.",
        min=0.0,
        max=5.0,
    )
    adopt_quantile: float = knob(
        0.1,
        "Adopt unsorted posts",
        "An unsorted post joins a topic when it is nearer its centre than this share of the topic's own posts;"
        " 1 leaves every unsorted post alone.",
        min=0.0,
        max=1.0,
    )
    largest_share: float = knob(
        0.35, "Largest topic", "A topic that holds more than this share of posts is split where it splits well.",
        min=0.05, max=1.0,
    )  # fmt: skip
    exact_up_to: int = knob(
        25_000,
        "Exact neighbours up to",
        "Unique posts up to which every pair is compared.",
        min=0,
        max=1_000_000,
    )
    repeatable_up_to: int = knob(
        50_000, "Repeatable up to", "Unique posts up to which the same file always gives the same map.",
        min=0, max=10_000_000,
    )  # fmt: skip
    stability: str = knob(
        "automatic",
        "Check stability",
        "Find the clusters a second time from another seed; automatic does so beyond the repeatable size.",
        choices=STABILITY,
    )
    engine: str = knob(
        "own", "Layout engine", "Own kernel (starts at once) or umap-learn's, the reference.", choices=ENGINES
    )
    seed: int = knob(42, "Seed", "Same posts, same settings, same seed: same clusters.", min=0, max=2**31 - 1)
    threads: int = knob(0, "Threads", "Processor cores to use; 0 takes all that this process may use.", min=0, max=512)

    def __post_init__(self) -> None:
        """Refuse values outside their range.

        Raises:
            SettingError: a field lies outside its metadata's range or choices.
        """
        check_ranges(self)

    def smallest_topic(self, unique: int) -> int:
        """Return the fewest unique posts of a topic: a quarter of the root of ``unique``, at least five.

        That is 6 at 600 posts, 25 at 10,000, 57 at 53,000 and 250 at a million: on crisis tweets the root rule
        kept the known events apart better than a fixed ten (NMI .80 against .71 at 10,000).
        """
        return self.min_cluster_size or max(5, round(unique**0.5 / 4))

    def caution(self, unique: int) -> int:
        """Return HDBSCAN's min_samples: a third of the smallest topic, at least three."""
        return self.min_samples or max(3, self.smallest_topic(unique) // 3)

    def finer(self, unique: int) -> float:
        """Return the resolution of communities: 3 up to 3,000 posts, falling to 2 from 10,000 on.

        Labelled sets of 600 to 3,000 posts lay best at 3 to 4 (some 30 to 60 topics), of 8,000 to 51,000 at 2.
        """
        return self.resolution or min(3.0, max(2.0, 2.0 * (10_000 / max(1, unique)) ** 0.34))

    def rounds(self, unique: int) -> int:
        """Return layout epochs: 200 for small sets, where they cost nothing, else 100."""
        return self.epochs or (200 if unique <= 10_000 else 100)

    def cores(self) -> int:
        """Return the processor cores to use, at least one."""
        if self.threads:
            return self.threads
        allowed = getattr(os, "sched_getaffinity", None)
        return max(1, len(allowed(0)) if allowed else (os.cpu_count() or 1))


def check_ranges(settings: Any) -> None:
    """Check each field of a settings dataclass against the range and choices in its metadata.

    Raises:
        SettingError: a value is outside, with the field's label and its range.
    """
    for one in fields(settings):
        value, limits = getattr(settings, one.name), one.metadata
        label = limits.get("label", one.name)
        if "choices" in limits and value not in limits["choices"]:
            raise SettingError(f"{label} is {value!r}; choose one of {', '.join(limits['choices'])}.")
        if "min" in limits and not limits["min"] <= value <= limits["max"]:
            raise SettingError(f"{label} is {value}; choose a value from {limits['min']} to {limits['max']}.")
