"""Do clusters follow meaning and not language? Parallel news sentences in ten languages, as if they were posts.

    CTSE_SHARED_DATA=folder python -m benchmarks.alignment [--languages ar de en …] [--lines 1007] [--seeds 2]

Every sentence is there in every language ("all"), or in three of the ten, drawn at random ("some": more like a real
file). Rows: what BERTopic does by default (UMAP and HDBSCAN on the encoder's vectors, its own settings), our path
without centring, our path. Columns: share of translation pairs in one cluster (a pair with an unsorted post does
not count), the same by chance given the cluster sizes, normalised mutual information of cluster and language, share
unsorted, clusters, share of the largest, and agreement with the 62 articles that the sentences come from.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import DEFAULT_ENCODER, embed, load_encoder
from ctse_core.project import DiskVectors, cache_home
from ctse_core.structure import StructureSettings, arrange
from ctse_core.text import normalise

TEN = ("ar", "de", "en", "es", "fr", "hi", "ja", "ru", "tr", "zh")
HARD = ("en", "he", "gu", "ka", "ko", "ku", "my", "te", "th", "vi")


def parallel_posts(folder: Path, languages: list[str], lines: int) -> pl.DataFrame:
    """Return language, line, doc, text: the first ``lines`` sentences that all ``languages`` have."""
    table = pl.read_parquet(folder / "dev_ntrex_half1.parquet").filter(pl.col("lang").is_not_null())
    table = table.unique(["lang", "line"], keep="first", maintain_order=True)
    english = table.unique("line", maintain_order=True).with_columns(lang=pl.lit("en"), translation=pl.col("english"))
    both = pl.concat([table, english]).filter(pl.col("lang").is_in(languages))
    both = both.select("lang", "line", "doc", text="translation").unique(["lang", "line"], maintain_order=True)
    whole = both.group_by("line").len().filter(pl.col("len") == len(languages)).sort("line").head(lines or len(both))
    return both.filter(pl.col("line").is_in(whole["line"].implode())).sort("lang", "line")


def three_of_each(table: pl.DataFrame, seed: int = 1) -> np.ndarray:
    """Return which rows stay when each line is kept in three languages."""
    lines, line = np.unique(table["line"].to_numpy(), return_inverse=True)
    languages, language = np.unique(table["lang"].to_numpy(), return_inverse=True)
    order = np.argsort(np.random.default_rng(seed).random((len(lines), len(languages))), axis=1)
    return order[line, language] < 3


def bertopic_default(vectors: np.ndarray, languages: list[str], seed: int) -> np.ndarray:
    """Return the clusters that BERTopic(…).fit_transform(texts, vectors) finds with its default settings."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    space = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed).fit_transform(
        vectors
    )
    return HDBSCAN(min_cluster_size=10, cluster_selection_method="eom").fit_predict(space)


def ours(centre: bool) -> Callable[[np.ndarray, list[str], int], np.ndarray]:
    """Return our path, with or without centring."""

    def find(vectors: np.ndarray, languages: list[str], seed: int) -> np.ndarray:
        return arrange(vectors, languages, StructureSettings(seed=seed, centre_languages=centre)).clusters.labels

    return find


def pairs_together(labels: np.ndarray, line: np.ndarray) -> float:
    """Return the share of pairs of translations that lie in one cluster; unsorted posts lie in none."""
    table = pl.DataFrame({"line": line, "label": labels})
    every = table.group_by("line").len()["len"].to_numpy().astype(float)
    same = table.filter(pl.col("label") >= 0).group_by("line", "label").len()["len"].to_numpy().astype(float)
    return float((same * (same - 1)).sum() / (every * (every - 1)).sum())


def measure(labels: np.ndarray, table: pl.DataFrame) -> dict[str, float]:
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    line, doc, language = (table[name].to_numpy() for name in ("line", "doc", "lang"))
    kept = labels >= 0
    sizes = np.bincount(labels[kept]) / len(labels) if kept.any() else np.zeros(1)
    return {
        "pairs": pairs_together(labels, line),
        "chance": float((sizes**2).sum()),
        "language": normalized_mutual_info_score(language[kept], labels[kept]) if kept.any() else 0.0,
        "unsorted": 1 - float(kept.mean()),
        "clusters": len(sizes),
        "largest": float(sizes.max()),
        "doc_nmi": normalized_mutual_info_score(doc, labels),
        "doc_ari": adjusted_rand_score(doc, labels),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", nargs="+", help=f"default: {' '.join(TEN)}; the hard set: {' '.join(HARD)}")
    parser.add_argument("--hard", action="store_true", help="the hard set of languages")
    parser.add_argument("--lines", type=int, default=0, help="sentences; 0 takes all 1,006")
    parser.add_argument("--seeds", type=int, default=2, help="runs to average over")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", message="n_jobs value")  # a seed makes umap-learn serial
    folder = Path(os.environ["CTSE_SHARED_DATA"])
    table = parallel_posts(folder, asked.languages or list(HARD if asked.hard else TEN), asked.lines)
    encoder = load_encoder(asked.encoder)
    texts = [normalise(text) for text in table["text"].to_list()]
    vectors = embed(texts, encoder, DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim))
    print(f"{encoder.name}: {table['line'].n_unique():,} sentences, {table['lang'].n_unique()} languages\n")
    print("| posts | path | pairs together | by chance | NMI language | unsorted | clusters | largest | NMI articles |"
          " ARI articles | s |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")  # fmt: skip
    paths = {"BERTopic's default": bertopic_default, "ours, not centred": ours(False), "ours": ours(True)}
    for name, rows in (("all", np.ones(len(table), bool)), ("some", three_of_each(table))):
        some, languages = table.filter(rows), table["lang"].to_numpy()[rows].tolist()
        for path, find in paths.items():
            measured, begin = [], time.perf_counter()
            for seed in range(asked.seeds):
                measured.append(measure(find(vectors[rows], languages, seed), some))
            took = (time.perf_counter() - begin) / asked.seeds
            of = {key: float(np.mean([one[key] for one in measured])) for key in measured[0]}
            print(f"| {name} {len(some):,} | {path} | {of['pairs']:.3f} | {of['chance']:.3f} | {of['language']:.3f} | "
                  f"{of['unsorted']:.2f} | {of['clusters']:.0f} | {of['largest']:.2f} | {of['doc_nmi']:.2f} | "
                  f"{of['doc_ari']:.2f} | {took:.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
