"""The whole path against what a user would do without us: the same weights through sentence-transformers'
``encode``, then BERTopic with its defaults. Both run as processes of their own, one after the other.

    CTSE_SHARED_DATA=folder python -m benchmarks.pipeline --posts 10000
    python -m benchmarks.pipeline --file posts.csv --text-column text

Prints seconds a stage, the whole, peak memory of the process, and the ratios baseline / ours. Ours also
reads, normalises, finds languages, collapses copies, draws the map and writes the project and the report,
which the baseline does not do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from ctse_core.encoders import DEFAULT_ENCODER, ENCODERS, save_plain
from ctse_core.encoders.sources import encoder_folder

BASELINE = """
import json, sys, time
start = time.perf_counter(); marks = {}
import polars as pl
texts = pl.read_csv(sys.argv[1])[sys.argv[2]].to_list()
texts = [text or "" for text in texts]
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[3], device="cpu"); model.max_seq_length = 128
marks["import and load"] = time.perf_counter() - start
mark = time.perf_counter()
vectors = model.encode(texts, prompt=sys.argv[4], show_progress_bar=False, normalize_embeddings=True)
marks["encode"] = time.perf_counter() - mark
mark = time.perf_counter()
from bertopic import BERTopic
marks["import bertopic"] = time.perf_counter() - mark
mark = time.perf_counter()
topics, _ = BERTopic(language="multilingual").fit_transform(texts, vectors)
marks["BERTopic, defaults"] = time.perf_counter() - mark
print(json.dumps({"stages": marks, "seconds": time.perf_counter() - start,
                  "topics": len(set(topics) - {-1}), "unsorted": sum(topic == -1 for topic in topics)}))
"""


def main() -> None:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000, help="posts drawn from the crisis tweets (0: all)")
    parser.add_argument("--file", type=Path, help="a CSV file of your own instead")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=("ours", "baseline"), help="run one side only")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = asked.file or draw(place / "posts.csv", asked.posts, asked.seed)
        ours = baseline = None
        weights = plain(asked.encoder, place / "weights")
        if asked.only != "baseline":
            ours = run_ours(source, asked.text_column, place, asked.encoder)
            show("CTSE", ours)
        if asked.only != "ours":
            baseline = run_baseline(source, asked.text_column, weights, ENCODERS[asked.encoder].prefix)
            show("sentence-transformers + BERTopic", baseline)
        if ours and baseline:
            print(f"\nwhole path: {baseline['seconds'] / ours['seconds']:.2f}x faster")
            print(f"encoding: {baseline['stages']['encode'] / ours['stages']['vectors']:.2f}x faster")
            print(f"peak memory: {ours['peak_gb']:.2f} GB against {baseline['peak_gb']:.2f} GB")


def draw(place: Path, posts: int, seed: int) -> Path:
    """Write a random draw of the crisis tweets as CSV."""
    data = os.environ.get("CTSE_SHARED_DATA")
    if not data:
        sys.exit("Name the folder of the development data in CTSE_SHARED_DATA, or give --file.")
    table = pl.read_parquet(Path(data) / "crisis_tweets_shared.parquet", columns=["src_id", "text", "event"])
    if posts and posts < table.height:
        table = table.sample(posts, seed=seed)
    table.write_csv(place)
    return place


def plain(name: str, folder: Path) -> Path:
    """Return a folder with the encoder's weights as sentence-transformers opens them."""
    return save_plain(encoder_folder(ENCODERS[name]), folder)


def run_ours(source: Path, column: str, place: Path, encoder: str) -> dict:
    """Run the command line on a project of its own, without any known vector, and return what it took."""
    from ctse_core.project import cache_home

    home = place / "home"
    (home / "cache").mkdir(parents=True)
    # Weights stay as they are; known vectors of earlier runs must not help.
    for kept in ("encoders", "numba", "onnx", "file_digests.json"):
        if (cache_home() / kept).exists():
            (home / "cache" / kept).symlink_to(cache_home() / kept)
    command = [sys.executable, "-m", "ctse_core", "analyse", str(source), "--text-column", column]
    command += ["--out", str(place / "project"), "--encoder", encoder, "--quiet"]
    seconds, peak, printed = measured(command, {"CTSE_HOME": str(home)})
    manifest = json.loads((place / "project" / "manifest.json").read_text())
    counts = manifest["counts"]
    return {
        "seconds": seconds,
        "peak_gb": peak,
        "stages": manifest["durations"],
        "topics": counts["topics"],
        "unsorted": counts["unsorted"],
        "posts": counts["posts"],
        "printed": printed,
    }


def run_baseline(source: Path, column: str, weights: Path, prefix: str) -> dict:
    """Run the defaults and return what they took."""
    command = [sys.executable, "-c", BASELINE, str(source), column, str(weights), prefix]
    seconds, peak, printed = measured(command, {})
    return {**json.loads(printed.splitlines()[-1]), "seconds": seconds, "peak_gb": peak}


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Run a command; return wall seconds, peak resident memory (GB, largest process) and its output."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[:4]} ended with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / (1 << 20), printed


def show(title: str, result: dict) -> None:
    """Print one side."""
    print(f"\n{title}: {result['seconds']:.1f} s, peak {result['peak_gb']:.2f} GB, ", end="")
    print(f"{result['topics']} topics, {result['unsorted']} posts unsorted")
    for stage, seconds in result["stages"].items():
        print(f"  {stage:28s} {seconds:8.1f} s")


if __name__ == "__main__":
    main()
