"""Communities beside HDBSCAN, and BERTopic's default beside both, on posts whose groups are known; in one run.

    CTSE_SHARED_DATA=folder python -m benchmarks.clusters [--sets example tweets …] [--posts 8000] [--seeds 2]

Sets: the example by theme (needs no shared data), crisis tweets by event, those of events in other languages than
English, crisis messages by category, sentences by topic in 55 languages, news by article in ten languages and in ten
hard ones. Columns: adjusted Rand index over all scored posts (unsorted ones count as one group) and over the sorted
ones, normalised mutual information, share unsorted, topics, share of the largest, coherence (NPMI of a topic's ten
best words in its main language, over posts) and diversity of words, and seconds from vectors to clusters and map
(the baseline draws no map). Where posts are translations of each other: share of such pairs in one topic, and
mutual information of topic and language. Means over seeds.

``--resolutions`` adds rows of communities at given finenesses. At the end: what share of a topic's posts is of one
group, for topics told firm, fair and loose.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl

from benchmarks.alignment import bertopic_default, pairs_together
from benchmarks.labelled import SETS, Labelled, labelled
from ctse_core.encoders import DEFAULT_ENCODER, embed, load_encoder
from ctse_core.project import DiskVectors, cache_home
from ctse_core.structure import Structure, StructureSettings, TopicSpace, arrange, centre_languages, with_confidence
from ctse_core.types import TopicCol

BEST_WORDS = 10


def baseline(vectors: np.ndarray, posts: Labelled, seed: int) -> np.ndarray:
    """Return the clusters of BERTopic's default settings."""
    return bertopic_default(vectors, posts.languages, seed)


class Ours:
    """Our path with some settings; its last result stays at hand in ``last``."""

    def __init__(self, settings: StructureSettings) -> None:
        self.settings = settings
        self.last: Structure | None = None

    def __call__(self, vectors: np.ndarray, posts: Labelled, seed: int) -> np.ndarray:
        """Return the topic (u,) of each post, -1 unsorted."""
        settings = replace(self.settings, seed=seed)
        self.last = arrange(vectors, posts.languages, settings, weights=posts.copies)
        return self.last.clusters.labels


def measure(labels: np.ndarray, posts: Labelled) -> dict[str, float]:
    """Return what the columns say of one clustering."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    scored = posts.group.is_not_null().to_numpy()
    group, found = posts.group.filter(pl.Series(scored)).to_numpy(), labels[scored]
    kept, inside = found >= 0, labels >= 0
    sizes = np.bincount(labels[inside], minlength=1)
    coherence, diversity = words_of(labels, posts)
    told = {
        "ARI": adjusted_rand_score(group, found),
        "sorted": adjusted_rand_score(group[kept], found[kept]) if kept.any() else 0.0,
        "NMI": normalized_mutual_info_score(group, found),
        "unsorted": 1 - float(inside.mean()),
        "topics": float((sizes > 0).sum()),
        "largest": float(sizes.max() / len(labels)),
        "NPMI": coherence,
        "diversity": diversity,
    }
    if posts.line is not None:
        language = np.asarray(posts.languages)[inside]
        told["pairs"] = pairs_together(labels, posts.line)
        told["language"] = normalized_mutual_info_score(language, labels[inside]) if inside.any() else 0.0
    return told


def words_of(labels: np.ndarray, posts: Labelled) -> tuple[float, float]:
    """Return the mean NPMI of each topic's best words in its main language, and the share of words that differ."""
    chosen = best_words(labels, posts.languages, posts.tokens)
    values, _ = coherences(labels, posts.languages, posts.tokens)
    every = [(language, word) for language, words in chosen for word in words]
    return float(values.mean()) if len(values) else 0.0, len(set(every)) / max(1, len(every))


def best_words(labels: np.ndarray, languages: list[str], tokens: list[list[str]]) -> list[tuple[str, list[str]]]:
    """Return of each topic (c) its main language and its ten best words there."""
    held = Counter((language, word) for language, words in zip(languages, tokens, strict=True) for word in set(words))
    order = np.argsort(labels, kind="stable")
    edges = np.searchsorted(labels[order], np.arange(int(labels.max(initial=-1)) + 2))
    chosen: list[tuple[str, list[str]]] = []
    for start, end in pairwise(edges):
        inside = order[start:end].tolist()
        language = Counter(languages[post] for post in inside).most_common(1)[0][0]
        some = [post for post in inside if languages[post] == language]
        uses = Counter(word for post in some for word in set(tokens[post]))
        worth = {word: one * np.log(1 + len(labels) / held[language, word]) for word, one in uses.items()}
        chosen.append((language, sorted(worth, key=lambda word: (-worth[word], word))[:BEST_WORDS]))
    return chosen


def coherences(labels: np.ndarray, languages: list[str], tokens: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Return NPMI (m,) in [-1, 1] of each topic's best words over the posts of its language, and its posts (m,).

    Topics with fewer than two words have none and are left out.
    """
    chosen = best_words(labels, languages, tokens)
    asked = {(language, word) for language, words in chosen for word in words}
    holding: dict[str, dict[str, set[int]]] = {language: {} for language, _ in chosen}
    for place, (language, words) in enumerate(zip(languages, tokens, strict=True)):
        for word in set(words):
            if (language, word) in asked:
                holding[language].setdefault(word, set()).add(place)
    spoken, posts = Counter(languages), np.bincount(labels[labels >= 0], minlength=len(chosen))
    told = [
        (_npmi(words, holding[language], spoken[language]), count)
        for (language, words), count in zip(chosen, posts.tolist(), strict=True)
        if len(words) > 1
    ]
    return np.array([value for value, _ in told]), np.array([count for _, count in told])


def _npmi(words: list[str], holding: dict[str, set[int]], posts: int) -> float:
    """Return the mean normalised pointwise mutual information of all pairs of ``words`` over ``posts`` posts."""
    values = []
    for place, one in enumerate(words):
        for other in words[place + 1 :]:
            both = len(holding[one] & holding[other]) / posts
            apart = len(holding[one]) * len(holding[other]) / posts**2
            values.append(np.log(both / apart) / -np.log(both) if 0 < both < 1 else float(both == 1) * 2 - 1)
    return float(np.mean(values))


def purities(made: Structure, vectors: np.ndarray, posts: Labelled) -> list[tuple[str, float]]:
    """Return for each topic of six scored posts and more how sure it is and the share of its largest group."""
    labels = made.clusters.labels
    topics = pl.DataFrame(
        {
            TopicCol.ID: pl.Series(range(made.clusters.count), dtype=pl.Int32),
            TopicCol.SIZE: 1,
            TopicCol.UNIQUE: 1,
        }
    )
    space = TopicSpace(centre_languages(vectors, posts.languages), labels, posts.languages, posts.copies)
    told = with_confidence(topics, space, made.agreement)
    found = []
    for topic, word in told.select(TopicCol.ID, TopicCol.CONFIDENCE).rows():
        groups = Counter(posts.group.filter(pl.Series(labels == topic)).drop_nulls().to_list())
        if groups.total() >= 6:
            found.append((word, groups.most_common(1)[0][1] / groups.total()))
    return found


def paths(asked: argparse.Namespace) -> dict[str, Callable[[np.ndarray, Labelled, int], np.ndarray]]:
    """Return the rows by their names."""
    rows: dict[str, Callable[[np.ndarray, Labelled, int], np.ndarray]] = {}
    if not asked.no_baseline:
        rows["BERTopic's default"] = baseline
    rows["HDBSCAN, ours"] = Ours(StructureSettings(clusters="hdbscan"))
    for one in asked.resolutions:
        rows[f"communities, {one:g}"] = Ours(StructureSettings(clusters="communities", resolution=one))
    rows["communities"] = Ours(StructureSettings(clusters="communities"))
    return rows


def warm_up(vectors: np.ndarray, posts: Labelled) -> None:
    """Run everything once on a few posts, so that no row pays for imports and compiling."""
    few = slice(0, 120)
    some = Labelled("", posts.texts[few], posts.languages[few], posts.tokens[few], posts.copies[few], posts.group[few])
    for clusters in ("hdbscan", "communities"):
        Ours(StructureSettings(clusters=clusters))(vectors[few], some, 0)
    baseline(vectors[few], some, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=sorted(SETS), default=list(SETS))
    parser.add_argument("--posts", type=int, default=8000, help="most posts of a set")
    parser.add_argument("--seeds", type=int, default=2, help="runs to average over")
    parser.add_argument("--resolutions", nargs="*", type=float, default=[])
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", message="n_jobs value")  # a seed makes umap-learn serial
    encoder = load_encoder(asked.encoder)
    known = DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim)
    sure: dict[str, dict[str, list[float]]] = {}
    for number, name in enumerate(asked.sets):
        posts = labelled(name, asked.posts)
        vectors = embed(posts.texts, encoder, known)
        if not number:
            warm_up(vectors, posts)
        print(f"\n{posts.name}: {len(vectors):,} posts, {posts.group.drop_nulls().n_unique()} groups, {encoder.name}")
        table = {}
        for row, find in paths(asked).items():
            measured, begin = [], time.perf_counter()
            for seed in range(asked.seeds):
                labels = find(vectors, posts, seed)
                measured.append((labels, time.perf_counter() - begin))
                begin = time.perf_counter()
            told = [measure(labels, posts) | {"s": took} for labels, took in measured]
            table[row] = {key: float(np.mean([one[key] for one in told])) for key in told[0]}
        show(table)
        if isinstance(find, Ours) and find.last is not None:
            for word, share in purities(find.last, vectors, posts):
                sure.setdefault(posts.name, {}).setdefault(word, []).append(share)
    show_confidence(sure)


def show(table: dict[str, dict[str, float]]) -> None:
    columns = list(next(iter(table.values())))
    print(f"| path | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for row, told in table.items():
        cells = [
            f"{told[key]:.0f}" if key in ("topics", "s") and told[key] >= 10 else f"{told[key]:.3f}" for key in told
        ]
        print(f"| {row} | {' | '.join(cells)} |", flush=True)


def show_confidence(sure: dict[str, dict[str, list[float]]]) -> None:
    print(
        "\nPosts of a topic that are of one group, mean (topics)\n| set | firm | fair | loose |\n|---|---:|---:|---:|"
    )
    for name, told in sure.items():
        cells = [
            f"{np.mean(told[word]):.2f} ({len(told[word])})" if word in told else ""
            for word in ("firm", "fair", "loose")
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
