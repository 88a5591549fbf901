"""Are posts that count as independent voices of one statement that? And is repetition in concert found, and only that?

    CTSE_SHARED_DATA=folder python -m benchmarks.sources [--posts 100000]

Pairs: 82 pairs of real posts that mean nearly the same and hold the same figures were read; sources_gold.csv names them
by rows, with two verdicts: is it the same figure of the same thing, and are they two wordings rather than one edited.
Told is the share that is right among the pairs that count, beside likeness of meaning alone. Translations: sentences
with a figure and their translations, which say the same; then with another figure, which do not. Repetition: among
posts, retweets, short cries and people who repeat themselves, groups of eight accounts with one text in three minutes.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.sources import IN_CONCERT, UNKNOWN, Facts, Said, SourceSettings, repetition, voices, wordings
from ctse_core.encoders import Encoder, load_encoder
from ctse_core.sources_layer import facts_in
from ctse_core.text import normalise, tokens_of_all

GOLD = Path(__file__).with_name("sources_gold.csv")
LANGUAGES = ("es", "fr", "pt", "it", "de", "ru", "ar", "hi", "tr", "zh", "ja", "id")
_COLUMNS = {"messages": "message", "tweets": "text"}


def facts(texts: list[str], languages: list[str]) -> list[Facts]:
    compared = [normalise(text) for text in texts]
    words = tokens_of_all(compared, languages)
    return [facts_in(text, lang, own) for text, lang, own in zip(compared, languages, words, strict=True)]


def nearness(encoder: Encoder, one: list[str], other: list[str]) -> NDArray[np.float64]:
    """Return (m,) how far of the way from unrelated to identical each pair is."""
    first, second = (
        encoder.encode([normalise(text) for text in one]),
        encoder.encode([normalise(text) for text in other]),
    )
    shuffled = np.random.default_rng(0).permutation(len(second))
    unrelated = float((first * second[shuffled]).sum(axis=1).mean())
    return ((first * second).sum(axis=1) - unrelated) / (1 - unrelated)


def judged_pairs(folder: Path) -> None:
    gold = pl.read_csv(GOLD)
    texts: dict[str, list[str]] = {}
    for name, column in _COLUMNS.items():
        texts[name] = pl.read_parquet(folder / f"crisis_{name}_shared.parquet")[column].fill_null("").to_list()
    one = [texts[name][row] for name, row in gold.select("set", "row").iter_rows()]
    other = [texts[name][row] for name, row in gold.select("set", "other").iter_rows()]
    counted = gold.with_columns(pl.Series("kind", _told(one, other)))
    print("| pairs that mean nearly the same | pairs | same figure of the same thing | and in own words |")
    print("|---|---:|---:|---:|")
    for name, part in (
        ("with the same figures", counted),
        ("counted as two voices", counted.filter(pl.col("kind") == 2)),
        ("and the places known do not differ", counted.filter((pl.col("kind") == 2) & (pl.col("places_agree") == 1))),
    ):
        right, own = part["same_figure_of_same_thing"].mean(), part["own_words"].mean()
        print(f"| {name} | {part.height} | {_share(right)} | {_share(own)} |")


def _share(part: Any) -> str:
    return f"{float(part):.2f}"


def _told(one: list[str], other: list[str]) -> list[int]:
    from ctse_core.text import detect_languages

    languages = detect_languages(one + other)[0]
    told = facts(one + other, languages)
    return [wordings(told[i], told[i + len(one)]) for i in range(len(one))]


def translated(folder: Path, encoder: Encoder) -> None:
    pairs = pl.read_parquet(folder / "dev_ntrex_half1.parquet").filter(pl.col("english").str.contains(r"\b\d+\b"))
    print("\n| sentences with a figure and their translations | pairs | counted as one statement | another figure |")
    print("|---|---:|---:|---:|")
    for lang in LANGUAGES:
        part = pairs.filter(pl.col("lang") == lang).head(200)
        english, theirs = part["english"].to_list(), part["translation"].to_list()
        near = nearness(encoder, english, theirs) >= SourceSettings().nearness
        changed = [re.sub(r"\d+", lambda number: str(int(number.group()) + 3), text) for text in theirs]
        ours, same, others = (facts(texts, [code] * part.height) for texts, code in
                              ((english, "en"), (theirs, lang), (changed, lang)))  # fmt: skip
        found = np.mean([two and wordings(a, b) == 2 for a, b, two in zip(ours, same, near, strict=True)])
        wrong = np.mean([two and wordings(a, b) == 2 for a, b, two in zip(ours, others, near, strict=True)])
        print(f"| en, {lang} | {part.height} | {found:.2f} | {wrong:.2f} |")


def planted(posts: int) -> None:
    """Print how much planted repetition in concert is found, and how long ``posts`` posts take."""
    said, concert = _crowded(posts)
    begin = time.process_time()
    independent = voices(said, np.zeros((0, 2), dtype=np.int64))
    kind, _ = repetition(said, independent)
    took = time.process_time() - begin
    told = kind == IN_CONCERT
    found = len(np.unique(said.group[told & concert])) / len(np.unique(said.group[concert]))
    print(f"\n{posts:,} posts in {took:.1f} s: {found:.0%} of the groups in concert found, "
          f"{int((told & ~concert).sum()):,} other posts called that; most authors behind one text: "
          f"{independent.max():,}.")  # fmt: skip


def _crowded(posts: int) -> tuple[Said, NDArray[np.bool_]]:
    draw = np.random.default_rng(5)
    rows: list[tuple[int, int, int, float, int]] = []

    def add(first: int, who: int, of: int, when: float, length: int) -> None:
        rows.append((first, who, of, when, length))

    concert: list[bool] = []
    while len(rows) < posts:
        first, start, source = len(rows), draw.uniform(0, 7 * 86_400), int(draw.integers(0, posts))
        kind = draw.choice(["one", "shared", "cry", "again", "concert"], p=[0.7, 0.15, 0.1, 0.04, 0.01])
        size = 1 if kind == "one" else 8 if kind == "concert" else int(draw.integers(2, 40))
        for number in range(size):
            who = source if kind in ("one", "again") or number == 0 else int(draw.integers(0, posts))
            of = source if kind == "shared" and number else UNKNOWN
            spread = 180 if kind == "concert" else 60 if kind == "shared" else 86_400
            add(first, who, of, start + draw.uniform(0, spread), 3 if kind == "cry" else 14)
            concert.append(kind == "concert")
    arrays = (np.array(column) for column in zip(*rows, strict=True))
    return Said(*arrays), np.array(concert)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--encoder", default="ctse-small")
    options = parser.parse_args()
    data = os.environ.get("CTSE_SHARED_DATA")
    if not data:
        sys.exit("Name the folder of the development data in CTSE_SHARED_DATA.")
    judged_pairs(Path(data))
    translated(Path(data), load_encoder(options.encoder))
    planted(options.posts)


if __name__ == "__main__":
    main()
