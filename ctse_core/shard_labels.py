"""Posts of a shard are given to the topics of a sample: each shard its labels, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ctse_core.engines.places import place_of, write_whole
from ctse_core.shard_heap import GLOBAL_ROW, VECTOR, Heap, read_part, read_table, vectors_in
from ctse_core.structure import StructureSettings
from ctse_core.structure.joining import Topics, adopted_strength, fit_topics, quantile_of, topics_of
from ctse_core.structure.languages import LanguageOffsets, language_offsets
from ctse_core.types import UNSORTED, Col, Labels, TopicCol, Vectors


def labels_name(number: int, mark: str) -> str:
    """Return the name of the labels of shard ``number``."""
    return f"labels-{number:06d}-{mark}.parquet"


def sample_name(mark: str) -> str:
    """Return the name of the sample."""
    return f"sample-{mark}.parquet"


@dataclass(frozen=True)
class TopicModel:
    """What assigns a post: the languages' offsets, the topics' centres, how near is near enough."""

    offsets: LanguageOffsets
    topics: Topics
    quantile: float

    @classmethod
    def of(cls, sample: pl.DataFrame) -> TopicModel:
        """Return the topics of a sample with VECTOR, LANG and ``topic_id``."""
        vectors, languages = vectors_in(sample), sample[Col.LANG].to_list()
        labels = sample[TopicCol.ID].to_numpy().astype(np.int32)
        offsets = language_offsets(vectors, languages)
        topics = topics_of(offsets.centred(vectors, languages), labels, int(labels.max(initial=UNSORTED)) + 1)
        unsorted = float((labels == UNSORTED).mean())
        return cls(offsets, topics, quantile_of(StructureSettings(), unsorted))

    def assigned(self, vectors: Vectors, languages: list[str]) -> tuple[Labels, np.ndarray]:
        """Return the topic (m,) whose centre is nearest, -1 where none is near enough, and the strength (m,).

        Near enough is nearer than the farthest of the topic's own posts; strength is that of adopted posts.
        """
        fit = fit_topics(self.offsets.centred(vectors, languages), self.topics, self.quantile)
        empty = ~vectors.any(axis=1)
        return np.where(empty, UNSORTED, fit.labels).astype(np.int32), np.where(empty, 0, adopted_strength(fit))


class TopicWorker:
    """Holds the topics of the sample and labels one shard after another; made on whichever machine runs it."""

    def __init__(self, heap: Heap, out: str, mark: str) -> None:
        """Read the sample."""
        self.heap, self.mark = heap, mark
        self.system, self.folder = place_of(out)
        sample = read_table(out, sample_name(mark), [GLOBAL_ROW, Col.LANG, VECTOR, TopicCol.ID, Col.STRENGTH])
        self.known = sample.select(GLOBAL_ROW, known=TopicCol.ID, firmness=Col.STRENGTH)
        self.model = TopicModel.of(sample)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Label the one shard of a batch of one row, as Ray Data hands it over."""
        return {name: np.array([value]) for name, value in self.made(int(batch["number"][0])).items()}

    def made(self, number: int) -> dict[str, int]:
        """Label one shard; return its number and rows."""
        posts = read_part(self.heap, number, [GLOBAL_ROW, Col.LANG, VECTOR])
        labels, strength = self.model.assigned(vectors_in(posts), posts[Col.LANG].to_list())
        told = posts.select(
            GLOBAL_ROW,
            pl.Series(TopicCol.ID, labels, dtype=pl.Int32),
            pl.Series(Col.STRENGTH, strength, dtype=pl.Float32),
            Col.LANG,
        ).join(self.known, on=GLOBAL_ROW, how="left", maintain_order="left")
        told = told.select(  # posts of the sample keep the topic in which they were found
            GLOBAL_ROW,
            pl.coalesce("known", TopicCol.ID).alias(TopicCol.ID),
            pl.coalesce("firmness", Col.STRENGTH).alias(Col.STRENGTH),
            Col.LANG,
            pl.col("known").is_not_null().alias("sampled"),
        )
        write_whole(self.system, f"{self.folder}/{labels_name(number, self.mark)}", told.to_arrow())
        return {"number": number, "rows": told.height}
