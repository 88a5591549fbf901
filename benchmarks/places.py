"""Places read out of posts, against what a person read in them; and how long that takes.

    python -m benchmarks.places PROJECT [--posts 100000] [--smallest 1000]

PROJECT is an analysis of the 13,018 crisis messages (ids as in their file). ``places_checked.csv`` holds what a person
found in 320 of them: 200 that were looked at while the rules were made ("checked"), 120 that were read after ("fresh").
A place counts as right where post and place are right. ``keys`` are the places that count, none where the list of
places does not have it; rows without "yes" may be found or not (parts of names, seas, squares). Baseline: the longest
capitalised name of the list, its most populous place. Prints a Markdown table: precision, recall of all places that
were spoken of, recall of those on the list, of the country alone; then the seconds for so many posts.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.crisis.gazetteer import SMALLEST, Gazetteer, load_gazetteer
from ctse_core.crisis.mentions import find_names, read_words
from ctse_core.crisis.places import Surroundings, candidates_of
from ctse_core.crisis.told_places import surest
from ctse_core.types import Col

CHECKED = Path(__file__).with_name("places_checked.csv")


@dataclass
class Score:
    """Counts of places: found rightly, found wrongly, missed, missed though on the list; and countries likewise."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    missed_known: int = 0

    def row(self, name: str) -> str:
        """Return a line of the table."""
        found, spoken = self.right + self.wrong, self.right + self.missed
        known = self.right + self.missed_known
        shares = (self.right / max(found, 1), self.right / max(spoken, 1), self.right / max(known, 1))
        return f"| {name} | {spoken} | {shares[0]:.3f} | {shares[1]:.3f} | {shares[2]:.3f} |"


def surroundings(table: pl.DataFrame) -> Surroundings:
    """Return what is known of each post besides its text."""
    nowhere = np.full(table.height, np.nan)
    topics = table[Col.CLUSTER].to_numpy().astype(np.int64)
    return Surroundings(topics, np.full(table.height, -1, np.int64), nowhere, nowhere)


def ours(table: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return the mentions (position, said, key) that the product finds."""
    return surest(candidates_of(table[Col.TEXT].to_list(), surroundings(table), gazetteer))


def naive(table: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return each longest capitalised name of the list as its most populous place."""
    texts = table[Col.TEXT].to_list()
    found = find_names(texts, read_words(texts), gazetteer)
    said = [texts[post][start:end] for post, start, end in found.select("position", "start", "end").iter_rows()]
    found = found.with_columns(pl.Series("said", said)).filter(pl.col("said").str.contains(r"^\p{Lu}"))
    places = gazetteer.places.select("key", "population").with_row_index("place")
    names = gazetteer.names.join(places.with_columns(pl.col("place").cast(pl.UInt32)), on="place")
    first = names.sort("population", descending=True).unique("name", keep="first")
    return found.join(first.select("name", "key"), on="name").select("position", "said", "key")


def judged(mentions: pl.DataFrame, table: pl.DataFrame, which: str) -> Score:
    """Return how the mentions compare with what a person read in the posts of one set."""
    place_of = {post: position for position, post in enumerate(table[Col.POST_ID])}
    read: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    with CHECKED.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["set"] == which:
                read[row["post_id"]].append(row)
    said: dict[int, dict[str, str]] = defaultdict(dict)
    for position, words, key in mentions.select("position", "said", "key").iter_rows():
        said[position][key] = words
    score = Score()
    for post, rows in read.items():
        _judge(said[place_of[post]], rows, score)
    return score


def _judge(found: Mapping[str, str], rows: list[Mapping[str, str]], score: Score) -> None:
    right: set[str] = set()
    may = [row["said"].lower() for row in rows if row["said"] and not row["counts"]]
    for row in rows:
        keys = set(filter(None, row["keys"].split("|")))
        if row["counts"] and keys & set(found):
            score.right += 1
            right |= keys
        elif row["counts"]:
            score.missed += 1
            score.missed_known += bool(keys)
    for key, words in found.items():
        tolerated = any(words.lower() in one or one in words.lower() for one in may)
        score.wrong += key not in right and not tolerated


def many(table: pl.DataFrame, posts: int) -> pl.DataFrame:
    """Return so many posts: those of the project over and over, each with a number of its own."""
    times = -(-posts // table.height)
    repeated = pl.concat([table.select(Col.TEXT, Col.CLUSTER)] * times).head(posts).with_row_index("number")
    return repeated.with_columns(pl.format("{} {}", Col.TEXT, "number").alias(Col.TEXT))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--smallest", type=int, default=SMALLEST)
    asked = parser.parse_args()
    table = pl.read_parquet(asked.project / "posts.parquet")
    gazetteer = load_gazetteer(asked.smallest)
    print("| places in posts | spoken of | precision | recall | recall of those on the list |")
    print("|---|---:|---:|---:|---:|")
    for name, finder in (("longest capitalised name, most populous", naive), ("CTSE", ours)):
        mentions = finder(table, gazetteer)
        for which in ("checked", "fresh"):
            print(judged(mentions, table, which).row(f"{name}, {which}"))
    posts = many(table, asked.posts)
    begin, worked = time.perf_counter(), time.process_time()
    found = ours(posts, gazetteer)
    clock, processor = time.perf_counter() - begin, time.process_time() - worked
    print(f"\n{asked.posts:,} posts: {clock:.1f} s, {processor:.1f} s of the processor; {found.height:,} places found")


if __name__ == "__main__":
    main()
