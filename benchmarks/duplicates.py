"""Which copies are collapsed, and which different reports are not: real posts with known changes.

    CTSE_SHARED_DATA=folder python -m benchmarks.duplicates [--posts 2000] [--show 20]

Each of --posts real posts gets one change of each kind, some that sharing makes and some that make it another
report; the table tells how many of the changed posts were collapsed onto the original, and how many would
have been by a ratio of equal letters of at least 90 (rapidfuzz). Then all posts: counts, seconds, and
--show pairs to read.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from rapidfuzz import fuzz

from ctse_core.text import collapse_duplicates, normalise

_RATIO = 90
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")
_PLACES = ("Nepal", "Manila", "Lagos", "Quito", "Sindh", "Ohio", "Izmir", "Chiapas", "Aceh", "Tonga")
Change = Callable[[str, random.Random], str | None]


def retweeted(post: str, dice: random.Random) -> str | None:
    return f"RT @user{dice.randrange(99)}: {post} http://t.co/{dice.randrange(10**8):x}"


def cut_short(post: str, dice: random.Random) -> str | None:
    return post[: int(len(post) * dice.uniform(0.65, 0.9))] + "… http://t.co/x1"


def remarked(post: str, dice: random.Random) -> str | None:
    return f"{post} {dice.choice(('#prayers', 'so sad', '- BBC News', 'via @someone', 'wow'))}"


def introduced(post: str, dice: random.Random) -> str | None:
    return f"{dice.choice(('BREAKING:', 'Video:', 'OMG', '#news', 'Look:'))} {post}"


def mistyped(post: str, dice: random.Random) -> str | None:
    words = [word for word in post.split() if len(word) >= 7 and word.isalpha()]
    if not words:
        return None
    word = dice.choice(words)
    place = dice.randrange(1, len(word) - 1)
    return post.replace(word, word[:place] + word[place + 1 :], 1)


def other_number(post: str, dice: random.Random) -> str | None:
    numbers = _NUMBER.findall(post)
    return post.replace(numbers[0], str(int(numbers[0]) + dice.randrange(1, 90)), 1) if numbers else None


def other_place(post: str, dice: random.Random) -> str | None:
    names = _NAME.findall(post)
    return post.replace(dice.choice(names), dice.choice(_PLACES), 1) if names else None


def negated(post: str, dice: random.Random) -> str | None:
    del dice
    return re.sub(r"\b(is|are|was|were|has|have|can|will)\b", r"\1 not", post, count=1) if " " in post else None


CHANGES: dict[str, tuple[str, Change]] = {
    "retweeted": ("copy", retweeted),
    "cut short": ("copy", cut_short),
    "remark or tag behind": ("copy", remarked),
    "word before": ("copy", introduced),
    "one letter missing": ("copy", mistyped),
    "another number": ("other", other_number),
    "another place": ("other", other_place),
    "negated": ("other", negated),
}


def table_of_changes(posts: list[str]) -> None:
    print("| change | is it a copy | posts | collapsed | by ratio |\n|---|---|---:|---:|---:|")
    for name, (kind, change) in CHANGES.items():
        dice = random.Random(11)  # noqa: S311  not for secrets
        pairs = [(normalise(post), change(post, dice)) for post in posts]
        both = [(post, normalise(changed)) for post, changed in pairs if changed]
        if kind == "other":  # a number changed inside a link makes no other report
            both = [(post, changed) for post, changed in both if post != changed]
        compared = [post for post, _ in both] + [changed for _, changed in both]
        groups = collapse_duplicates(compared).unique_of
        half = len(both)
        together = sum(int(groups[row] == groups[half + row]) for row in range(half))
        ratio = sum(fuzz.ratio(compared[row], compared[half + row]) >= _RATIO for row in range(half))
        verdict = "yes" if kind == "copy" else "no"
        print(f"| {name} | {verdict} | {half} | {100 * together / half:.1f} % | {100 * ratio / half:.1f} % |")


def whole_file(posts: list[str], show: int) -> None:
    begin = time.process_time()
    compared = [normalise(post) for post in posts]
    read = time.process_time()
    found = collapse_duplicates(compared)
    end = time.process_time()
    print(
        f"\n{len(posts):,} posts: {found.exact:,} exact copies, {found.near:,} near copies, "
        f"{len(found.unique_rows):,} left; normalised in {read - begin:.1f} s "
        f"({len(posts) / (read - begin):,.0f} posts/s), collapsed in {end - read:.1f} s, one core."
    )
    rows = [row for row, other in enumerate(found.representative) if other != row]
    for row in random.Random(1).sample(rows, min(show, len(rows))):  # noqa: S311
        print(f"\n  {compared[found.representative[row]]}\n  {compared[row]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=2_000)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    data = os.environ.get("CTSE_SHARED_DATA")
    if not data:
        sys.exit("Name the folder of the development data in CTSE_SHARED_DATA.")
    every = pl.read_parquet(Path(data) / "crisis_tweets_shared.parquet")["text"].to_list()
    long_ones = [post for post in every if len(post.split()) >= 10 and not post.startswith("RT")]
    table_of_changes(random.Random(3).sample(long_ones, options.posts))  # noqa: S311
    whole_file(every, options.show)


if __name__ == "__main__":
    main()
