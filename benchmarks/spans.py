"""Is the part that is marked as nearest the right one?

    CTSE_SHARED_DATA=… python -m benchmarks.spans [--encoders ctse-small ctse-static] [--each 20] [--bare]

A sentence's translation is glued between two other sentences of its language, in any of the three places; the
English sentence is the question. A part is right when its middle lies in the translation. Beside the product: a part
at random, and the part that shares the most words with the question (one of the best at random). ``--bare`` takes
full stops and capitals away, as hasty posts do. Then: milliseconds for a page of twenty real posts.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import DEFAULT_ENCODER, FAST_ENCODER, Encoder, load_encoder
from ctse_core.highlight import nearest_parts, shared_places
from ctse_core.structure import language_offsets
from ctse_core.text import normalise, parts, tokens

PAGE = 20
STOPS = str.maketrans("", "", ".!?,;:。！？、，।؟،።")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Is the nearest part the right one?")
    parser.add_argument("--encoders", nargs="+", default=[DEFAULT_ENCODER, FAST_ENCODER], metavar="ENCODER")
    parser.add_argument("--each", type=int, default=20, help="texts a language")
    parser.add_argument("--bare", action="store_true", help="without punctuation and capitals")
    chosen = parser.parse_args()
    shared = Path(os.environ["CTSE_SHARED_DATA"])
    glued = _glued(shared / "dev_ntrex_half1.parquet", chosen.each, chosen.bare)
    texts, spoken = glued["text"].to_list(), glued["lang"].to_list()
    pieces = [parts(text, lang) for text, lang in zip(texts, spoken, strict=True)]
    several = np.array([len(each) > 1 for each in pieces])
    print(
        f"{len(texts):,} texts in {glued['lang'].n_unique()} languages, "
        f"{np.mean([len(each) for each in pieces]):.1f} parts each; {several.mean():.0%} have more than one"
    )
    right = [
        [_inside(place, row) for place in each] for each, row in zip(pieces, glued.iter_rows(named=True), strict=True)
    ]
    _show("a part at random", np.array([np.mean(each) for each in right]), glued)
    _show(
        "most shared words",
        np.array(
            [
                _by_words(row, each, good)
                for row, each, good in zip(glued.iter_rows(named=True), pieces, right, strict=True)
            ]
        ),
        glued,
    )
    for name in chosen.encoders:
        encoder = load_encoder(name)
        hits = [
            float(good[each.index(place)]) if place else float(np.mean(good))
            for place, each, good in zip(_nearest(glued, encoder), pieces, right, strict=True)
        ]
        _show(name, np.array(hits), glued)
        _time(name, encoder, shared / "crisis_messages_shared.parquet")


def _nearest(glued: pl.DataFrame, encoder: Encoder) -> list[tuple[int, int] | None]:
    """Return the part of each text that the encoder finds nearest to its question, as a search does."""
    texts, spoken = glued["text"].to_list(), glued["lang"].to_list()
    offsets = language_offsets(encoder.encode([normalise(text) for text in texts]), spoken)
    asked = encoder.encode([normalise(text) for text in glued["question"]]) - offsets.overall
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)

    def near(row: int) -> Callable[[Sequence[str], Sequence[str]], np.ndarray]:
        return lambda some, langs: offsets.centred(encoder.encode(list(some)), langs) @ asked[row]

    return [nearest_parts([texts[row]], [spoken[row]], near(row))[0] for row in range(len(texts))]


def _glued(path: Path, each: int, bare: bool) -> pl.DataFrame:
    """Return texts of three sentences with the place of the one that translates the question."""
    rng, rows = np.random.default_rng(7), []
    table = pl.read_parquet(path).filter(pl.col("lang").is_not_null())
    for (lang,), own in table.sort("lang").group_by("lang", maintain_order=True):
        if lang == "en" or own.height < 3 * each:
            continue
        picked = own[rng.permutation(own.height)[: 3 * each].tolist()]
        for number in range(each):
            three = picked[3 * number : 3 * number + 3]
            order = rng.permutation(3)
            sentences = [_plain(three["translation"][int(i)], bare) for i in order]
            place = int(np.flatnonzero(order == 0)[0])
            start = sum(len(sentence) + 1 for sentence in sentences[:place])
            rows.append((lang, three["english"][0], " ".join(sentences), start, start + len(sentences[place])))
    return pl.DataFrame(rows, schema=["lang", "question", "text", "start", "end"], orient="row")


def _plain(text: str, bare: bool) -> str:
    return " ".join(text.lower().translate(STOPS).split()) if bare else " ".join(text.split())


def _inside(place: tuple[int, int], row: dict) -> bool:
    return row["start"] <= (place[0] + place[1]) / 2 < row["end"]


def _by_words(row: dict, places: list[tuple[int, int]], good: list[bool]) -> float:
    words = frozenset(tokens(normalise(row["question"]), "en"))
    shared = [len(shared_places(row["text"][start:end], row["lang"], words)) for start, end in places]
    return float(np.mean([hit for hit, count in zip(good, shared, strict=True) if count == max(shared)]))


def _show(name: str, right: np.ndarray, glued: pl.DataFrame) -> None:
    by_language = (
        glued.with_columns(pl.Series("right", right)).group_by("lang").agg(pl.col("right").mean()).sort("right")
    )
    worst = ", ".join(f"{lang} {share:.0%}" for lang, share in by_language.head(5).iter_rows())
    print(f"{name:24s} right {right.mean():.1%}; worst: {worst}")


def _time(name: str, encoder: Encoder, path: Path) -> None:
    texts = pl.read_parquet(path)["message"].to_list()
    seconds, counts = [], []

    def near(pieces: Sequence[str], _: Sequence[str]) -> np.ndarray:
        counts.append(len(pieces))
        return encoder.encode(list(pieces)) @ np.ones(encoder.dim, dtype=np.float32)

    for page in range(12):
        some = texts[page * PAGE : (page + 1) * PAGE]
        began = time.perf_counter()
        nearest_parts(some, ["en"] * len(some), near)
        seconds.append(time.perf_counter() - began)
    print(
        f"{name:24s} {1000 * np.median(seconds):.0f} ms a page of {PAGE} real messages "
        f"({1000 * min(seconds):.0f} to {1000 * max(seconds):.0f}), {np.mean(counts):.0f} parts"
    )


if __name__ == "__main__":
    main()
