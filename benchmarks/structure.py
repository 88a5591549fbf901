"""Map, clusters and topic names from the same vectors: ours against BERTopic with its defaults, in one run.

    CTSE_SHARED_DATA=folder python -m benchmarks.structure [--posts 10000]

Posts are drawn from the crisis tweets (0: all), copies collapsed, embedded once (vectors known from an earlier run
are reused; embedding is not timed here). Each side then runs as a process of its own: seconds a stage, imports and
compiling included, peak memory, and how well the clusters keep the known events apart (posts of unrelated content and
of the mixed collection left out). BERTopic draws no map; a 2-D map costs it another UMAP, timed apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import DEFAULT_ENCODER, embed, load_encoder
from ctse_core.project import DiskVectors, cache_home
from ctse_core.text import collapse_duplicates, normalise, tokens_of_all

OURS = """
import json, sys, time
start = time.perf_counter(); marks = {}
import numpy as np, polars as pl
from ctse_core.structure import StructureSettings, TopicInput, arrange, name_topics
posts, vectors = pl.read_parquet("posts.parquet"), np.load("vectors.npy")
languages = posts["lang"].to_list()
made = arrange(vectors, languages, StructureSettings(**json.loads(sys.argv[1])), weights=posts["copies"].to_numpy())
marks.update(made.method["seconds"])
begin = time.perf_counter()
topics = name_topics(TopicInput(posts["text"].to_list(), posts["tokens"].to_list(), languages, posts["time"], vectors,
    made.clusters.labels, made.clusters.strength, posts["copies"].to_numpy(), np.arange(len(vectors))))
marks["names and typical posts"] = time.perf_counter() - begin
np.save("ours.npy", made.clusters.labels)
seconds = time.perf_counter() - start
marks["import and load"] = seconds - sum(marks.values())
facts = {key: made.method[key] for key in ("neighbours_way", "neighbours_recall", "repeatable", "stability")}
names = topics["name"].head(8).to_list()
"""

BASELINE = """
import sys, time
start = time.perf_counter(); marks = {}
import numpy as np, polars as pl
from bertopic import BERTopic
from umap import UMAP
posts, vectors = pl.read_parquet("posts.parquet"), np.load("vectors.npy")
marks["import and load"] = time.perf_counter() - start
begin = time.perf_counter()
model = BERTopic(language="multilingual")
labels, _ = model.fit_transform(posts["text"].to_list(), vectors)
marks["BERTopic, defaults"] = time.perf_counter() - begin
begin = time.perf_counter()
UMAP(n_neighbors=15, n_components=2, min_dist=0.0, metric="cosine").fit_transform(vectors)
marks["2-D map (UMAP)"] = time.perf_counter() - begin
np.save("baseline.npy", np.array(labels, dtype=np.int32))
seconds = time.perf_counter() - start
facts = {}
names = model.get_topic_info().query("Topic >= 0")["Name"].head(8).to_list()
"""

END = """
import json, resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps({"stages": marks, "seconds": seconds, "peak": peak, "facts": facts, "names": names}))
"""


def draw(folder: Path, posts: int, seed: int) -> pl.DataFrame:
    """Return text, language, event, related, copies, tokens of the unique posts among ``posts`` tweets (0: all)."""
    table = pl.read_parquet(folder / "crisis_tweets_shared.parquet")
    table = table.sample(min(posts or len(table), len(table)), seed=seed, shuffle=True)
    texts = [normalise(text) for text in table["text"].to_list()]
    found = collapse_duplicates(texts)
    unique = table[found.unique_rows].select(
        pl.Series("text", [texts[row] for row in found.unique_rows]),
        pl.col("lang_guess").fill_null("und").alias("lang"),
        "event",
        (pl.col("crisis_related").fill_null(1) == 1).alias("related") & (pl.col("event") != "mixed"),
        pl.Series("copies", found.copies[found.unique_rows]),
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("time"),
    )
    words = tokens_of_all(unique["text"].to_list(), unique["lang"].to_list())
    return unique.with_columns(pl.Series("tokens", words, dtype=pl.List(pl.Utf8)))


def run(code: str, argument: str, place: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code + END, argument], cwd=place, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def quality(labels: np.ndarray, posts: pl.DataFrame) -> str:
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    known = posts["related"].to_numpy()
    event, found = posts["event"].to_numpy()[known], labels[known]
    unsorted = f"{(labels < 0).mean():.0%} unsorted, of posts on the events {(found < 0).mean():.0%}"
    rand, shared = adjusted_rand_score(event, found), normalized_mutual_info_score(event, found)
    return f"{labels.max() + 1} topics, {unsorted}; known events: ARI {rand:.3f}, NMI {shared:.3f}"


def show(name: str, result: dict, labels: np.ndarray, posts: pl.DataFrame) -> None:
    print(f"\n{name}: {result['seconds']:.1f} s, peak {result['peak']:.2f} GB; {quality(labels, posts)}")
    print("  " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in result["stages"].items()))
    for key, value in result["facts"].items():
        print(f"  {key}: {value}")
    print("  " + " | ".join(result["names"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000, help="tweets to draw; 0 takes all 53,018")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--settings", default="{}", help="our settings, as JSON")
    parser.add_argument("--only", choices=("ours", "baseline"))
    asked = parser.parse_args()
    posts = draw(Path(os.environ["CTSE_SHARED_DATA"]), asked.posts, asked.seed)
    encoder = load_encoder(asked.encoder)
    known = DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim)
    vectors = embed(posts["text"].to_list(), encoder, known)
    print(f"{len(posts):,} unique posts of {posts['copies'].sum():,}, {encoder.name}")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        posts.write_parquet(place / "posts.parquet")
        np.save(place / "vectors.npy", vectors)
        results = {}
        for name, code in (("ours", OURS), ("baseline", BASELINE)):
            if asked.only in (None, name):
                results[name] = run(code, asked.settings, place)
                show(name, results[name], np.load(place / f"{name}.npy"), posts)
    if len(results) == 2:
        print(f"\nbaseline / ours: {results['baseline']['seconds'] / results['ours']['seconds']:.1f}x")


if __name__ == "__main__":
    main()
