"""Topics of more posts than memory holds: found in a sample of the shards, then every post assigned, shard by shard."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.batch import ENGINES
from ctse_core.encoders import DEFAULT_ENCODER, load_encoder
from ctse_core.engines.on_ray import RaySettings, run_on_ray
from ctse_core.engines.places import absolute, folder_made, names_in, put_whole, shown, write_whole
from ctse_core.errors import InputFileError, SettingError
from ctse_core.manifest import now
from ctse_core.products import word_reader
from ctse_core.project import fingerprint
from ctse_core.shard_heap import GLOBAL_ROW, POSTS, Heap, heap_of, read_table, vectors_in
from ctse_core.shard_labels import TopicModel, TopicWorker, labels_name, sample_name
from ctse_core.shard_sample import draw, fetch
from ctse_core.structure import Structure, StructureSettings, TopicInput, TopicSpace, arrange, measured, name_topics
from ctse_core.structure.confidence import agreement_of_each
from ctse_core.structure.stability import agreement
from ctse_core.text import tokens_of_all
from ctse_core.types import UNSORTED, Col, Progress, TopicCol, Vectors, no_progress

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

TOPICS, METHOD = "topics.parquet", "topics.json"
_VERSION = 2


@dataclass(frozen=True)
class ShardTopicSettings:
    """How many different texts topics are found in (``sample``), from which ``seed``, and where shards are assigned."""

    sample: int = 100_000
    seed: int = 42
    resolution: float = 0.0
    engine: str = "here"
    ray: RaySettings = field(default_factory=RaySettings)


@dataclass(frozen=True)
class ShardTopics:
    """What was done: ``shards`` labelled, ``made`` of them now; ``facts`` as in topics.json."""

    out: str
    shards: int
    made: int
    facts: dict[str, Any]

    @property
    def sentence(self) -> str:
        """What was sampled and how stable it is, for people."""
        told, apart = self.facts, self.facts["other_sample"]
        again = (
            f" Found anew in another sample, {apart['kept']:.0%} of a topic's posts lie together again"
            f" (adjusted Rand index {apart['rand']:.2f})."
            if apart
            else " Every text was looked at, none had to be drawn."
        )
        return (
            f"{told['topics']:,} topics found in {told['sampled']:,} of {told['texts']:,} different texts"
            f" ({told['sampled'] / told['texts']:.2%}), then {told['posts']:,} posts assigned in {self.shards:,} "
            f"shards, {told['unsorted'] / told['posts']:.0%} of them to none.{again}"
        )


def topic_shards(
    source: str, out: str, settings: ShardTopicSettings | None = None, progress: Progress = no_progress
) -> ShardTopics:
    """Find topics in a sample of the shards of ``encode`` in ``source`` and label every post; all goes to ``out``.

    ``topics.parquet``: one row a topic as in ``TopicCol``, sizes and languages over all posts, typical posts as global
    rows. ``labels-…parquet``: one a shard, its rows in order: ``global_row``, ``topic_id`` (-1: none), ``strength``,
    ``lang``, ``sampled``. ``sample-…parquet``: the sample with its places on a map. ``topics.json``: how it was made.
    What lies there is not made again: a run that was stopped goes on; shards that came, changed or went since are
    other shards, of which the topics are found anew, and files of another ``mark`` than that in ``topics.json`` are of
    earlier runs. Memory holds the copies (28 bytes a text that has some), two samples and one shard.

    Raises:
        InputFileError: no whole run of ``encode`` lies in ``source``. SettingError: no such engine, or no sample.
        JobError: the cluster cannot be reached, a worker failed, or nothing can be written to ``out``.
    """
    settings = settings or ShardTopicSettings()
    if settings.engine not in ENGINES:
        raise SettingError(f"There is no engine “{settings.engine}”; choose {' or '.join(ENGINES)}.")
    if settings.sample < 60:
        raise SettingError(f"A sample of {settings.sample:,} texts has no topics; draw 60 at least.")
    heap, began, out = heap_of(source), time.monotonic(), absolute(out)
    system, folder = folder_made(out)
    mark = fingerprint(_VERSION, heap.mark, settings.sample, settings.seed, settings.resolution)[:12]
    names = names_in(system, folder)
    if sample_name(mark) not in names:
        _fit(heap, (system, folder, mark), settings, lambda share, told: progress(0.5 * share, told))
    todo = [number for number in range(len(heap.shards)) if labels_name(number, mark) not in names]
    for done, _ in enumerate(_run(todo, {"heap": heap, "out": out, "mark": mark}, settings), 1):
        share = (len(heap.shards) - len(todo) + done) / len(heap.shards)
        progress(0.5 + 0.45 * share, f"Assigned {done:,} of {len(todo):,} shards")
    facts = _finish(heap, (system, folder, mark), out, time.monotonic() - began)
    made = ShardTopics(shown(out), len(heap.shards), len(todo), facts)
    progress(1.0, made.sentence)
    return made


def _run(todo: list[int], given: dict[str, Any], settings: ShardTopicSettings) -> Iterator[dict[str, Any]]:
    if not todo:
        return
    if settings.engine == "ray":
        yield from run_on_ray(TopicWorker, given, [{"number": number} for number in todo], settings.ray)
        return
    worker = TopicWorker(**given)
    for number in todo:
        yield worker.made(number)


def _fit(heap: Heap, place: tuple[FileSystem, str, str], settings: ShardTopicSettings, progress: Progress) -> None:
    """Find the topics of a sample, and how far those of another one agree; the sample is written last."""
    system, folder, mark = place
    seeds = (settings.seed, settings.seed + 1)
    drawn, texts = draw(heap, settings.sample, seeds, lambda share, told: progress(0.15 * share, told))
    posts = fetch(heap, drawn[0], lambda share, told: progress(0.15 + 0.1 * share, told))
    vectors, languages = vectors_in(posts), posts[Col.LANG].to_list()
    chosen = StructureSettings(resolution=settings.resolution, seed=settings.seed)
    copies = posts[POSTS].to_numpy()
    found = arrange(vectors, languages, chosen, lambda share, told: progress(0.25 + 0.3 * share, told), copies)
    sample = _written_sample(posts, found)
    model = TopicModel.of(sample)
    apart, each = None, found.agreement
    if texts > posts.height:
        other = _of_another_sample(heap, drawn[1], chosen, lambda share, told: progress(0.55 + 0.3 * share, told))
        labels = [one.assigned(vectors, languages)[0] for one in (model, other)]
        apart = agreement(*labels)
        each = agreement_of_each(labels[0], [labels[1]], found.clusters.count)
    progress(0.85, "Naming the topics")
    topics = _named(posts, vectors, found, each, model)
    facts = {
        "mark": mark, "shards_encoder": heap.encoder, "shards_space": heap.space,
        "posts": heap.posts, "texts": texts, "sampled": posts.height, "topics": topics.height,
        "other_seeds": found.stability, "other_sample": apart, "quantile": model.quantile, "fit": found.method,
    }  # fmt: skip
    write_whole(system, f"{folder}/found-{mark}.parquet", topics.to_arrow())
    told = pl.DataFrame({"facts": [json.dumps(facts)]})
    write_whole(system, f"{folder}/facts-{mark}.parquet", told.to_arrow())
    write_whole(system, f"{folder}/{sample_name(mark)}", sample.to_arrow())


def _written_sample(posts: pl.DataFrame, found: Structure) -> pl.DataFrame:
    return posts.drop("shard").with_columns(
        pl.Series(TopicCol.ID, found.clusters.labels, dtype=pl.Int32),
        pl.Series(Col.STRENGTH, found.clusters.strength, dtype=pl.Float32),
        pl.Series(Col.X, found.map_points[:, 0], dtype=pl.Float32),
        pl.Series(Col.Y, found.map_points[:, 1], dtype=pl.Float32),
    )


def _of_another_sample(heap: Heap, drawn: pl.DataFrame, chosen: StructureSettings, progress: Progress) -> TopicModel:
    """Return the topics that another sample of the same size gives."""
    posts = fetch(heap, drawn, lambda share, told: progress(0.3 * share, told))
    found = arrange(
        vectors_in(posts), posts[Col.LANG].to_list(), chosen,
        lambda share, _: progress(0.3 + 0.7 * share, "Finding topics in another sample"), posts[POSTS].to_numpy(),
    )  # fmt: skip
    return TopicModel.of(_written_sample(posts, found))


def _named(posts: pl.DataFrame, vectors: Vectors, found: Structure, each: Any, model: TopicModel) -> pl.DataFrame:
    texts, languages = posts[Col.COMPARED].to_list(), posts[Col.LANG].to_list()
    labels, copies = found.clusters.labels, posts[POSTS].to_numpy()
    centred = model.offsets.centred(vectors, languages)
    named = name_topics(
        TopicInput(
            texts=texts,
            tokens=tokens_of_all(texts, languages),
            languages=languages,
            times=pl.Series("time", [None] * len(texts), dtype=pl.Datetime("us", "UTC")),
            vectors=vectors,
            labels=labels,
            strength=found.clusters.strength,
            copies=copies,
            positions=posts[GLOBAL_ROW].to_numpy(),
            encode=word_reader(load_encoder(DEFAULT_ENCODER)),
            centred=centred,
        )
    )
    return measured(named, TopicSpace(centred, labels, languages, copies), found.neighbours, each)


def _finish(heap: Heap, place: tuple[FileSystem, str, str], out: str, seconds: float) -> dict[str, Any]:
    """Count the posts of each topic over all shards, and write the topics and how they were made."""
    system, folder, mark = place
    counted = []
    for number in range(len(heap.shards)):
        labels = read_table(out, labels_name(number, mark), [TopicCol.ID, Col.LANG])
        counted.append(labels.group_by(TopicCol.ID, Col.LANG).agg(pl.len().cast(pl.Int64).alias("posts")))
    posts = pl.concat(counted).group_by(TopicCol.ID, Col.LANG).agg(pl.col("posts").sum())
    facts = json.loads(read_table(out, f"facts-{mark}.parquet")["facts"][0])
    if posts["posts"].sum() != heap.posts:
        raise InputFileError(f"The labels in “{shown(out)}” do not fit the shards; name another --out.")
    unsorted = posts.filter(pl.col(TopicCol.ID) == UNSORTED)["posts"].sum()
    facts |= {"unsorted": int(unsorted), "made": now(), "seconds_of_last_run": round(seconds, 1)}
    topics = _with_sizes(read_table(out, f"found-{mark}.parquet"), posts, heap.posts)
    write_whole(system, f"{folder}/{TOPICS}", topics.to_arrow())
    put_whole(system, f"{folder}/{METHOD}", json.dumps(facts, ensure_ascii=False, indent=1).encode())
    return facts


def _with_sizes(topics: pl.DataFrame, posts: pl.DataFrame, everyone: int) -> pl.DataFrame:
    """Return the topics with size, share and languages over all posts; UNIQUE stays that of the sample."""
    of_each = (
        posts.filter(pl.col(TopicCol.ID) != UNSORTED)
        .sort("posts", Col.LANG, descending=[True, False])
        .group_by(TopicCol.ID, maintain_order=True)
        .agg(
            pl.col("posts").sum().alias(TopicCol.SIZE),
            pl.col(Col.LANG).alias(TopicCol.LANGUAGES),
            pl.col("posts").alias(TopicCol.LANGUAGE_POSTS),
        )
    )
    bare = topics.drop(TopicCol.SIZE, TopicCol.LANGUAGES, TopicCol.LANGUAGE_POSTS, TopicCol.SHARE)
    joined = bare.join(of_each, on=TopicCol.ID, how="left", maintain_order="left")
    return joined.with_columns(
        pl.col(TopicCol.SIZE).fill_null(0), (pl.col(TopicCol.SIZE).fill_null(0) / everyone).alias(TopicCol.SHARE)
    ).select(topics.columns)
