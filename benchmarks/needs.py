"""How well needs are told: zero-shot beside a majority and a keyword baseline, then after 10, 50 and 200 marks.

Labels of crisis messages and tweets are mapped to types in needs_mapping.csv; a label counts as told where any of its
types is. F1 is taken over labels with at least ten posts, and averaged (macro). Half of each set's posts can be marked,
the other half is judged; marks are drawn by chance or as the app suggests them, and say the first of a label's types.
The examples, terms and constants were chosen while looking at these collections: other hazards will do worse.
"""

from __future__ import annotations

import argparse
import csv
import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.learning import most_useful
from ctse_core.crisis.needs import find_terms
from ctse_core.crisis.schemes import built_in
from ctse_core.crisis.urgency import levels
from ctse_core.encoders import Encoder, load_encoder
from ctse_core.needs_ground import Ground, Posts, ground_of_parts, judged_by, make_parts, urgency_scores
from ctse_core.project.database import now
from ctse_core.project.need_marks import NeedMark
from ctse_core.text import normalise
from ctse_core.types import Col

MAPPING = Path(__file__).with_name("needs_mapping.csv")
LEAST = 10
Labels = list[tuple[str, list[int], NDArray[np.bool_]]]


@dataclass(frozen=True)
class Labelled:
    """A set of posts with what its labels say: label, its types' numbers, which posts have it."""

    name: str
    ground: Ground
    texts: pl.Series
    labels: Labels
    table: pl.DataFrame

    def wanted(self, post: int) -> tuple[str, ...]:
        """Return the types that a person would mark on the post: the first of each of its labels'."""
        keys = [self.ground.types[types[0]].key for _, types, has in self.labels if has[post]]
        return tuple(key for key in dict.fromkeys(keys) if not _type(self.ground, key))


def _type(ground: Ground, key: str) -> bool:
    return next(one.aside for one in ground.types if one.key == key)


def has_label(table: pl.DataFrame, written: str) -> NDArray[np.bool_]:
    """Return (n,) which rows have one of the labels in "a|b+c": a, or both b and c; "!a" is not a."""
    found = np.zeros(table.height, dtype=bool)
    for part in written.split("|"):
        both = np.ones(table.height, dtype=bool)
        for name in part.split("+"):
            bare = name.lstrip("!")
            has = (table[bare] == 1) if bare in table.columns else (table["label"] == bare)
            both &= has.fill_null(False).to_numpy() != name.startswith("!")
        found |= both
    return found


def labelled(name: str, table: pl.DataFrame, column: str, scheme: str, encoder: Encoder) -> Labelled:
    """Return the set of posts of a table, with its labels mapped to the scheme."""
    texts = pl.Series([normalise(text or "") for text in table[column]])
    lang = name.rsplit(" ", 1)[-1]
    rows = np.arange(table.height)
    posts = pl.DataFrame({Col.TEXT: table[column].fill_null(""), Col.COMPARED: texts}).with_columns(
        pl.lit(lang).alias(Col.LANG)
    )
    known = Posts(posts, _vectors(encoder, texts), rows, rows)
    ground = ground_of_parts(known, built_in(scheme), make_parts(known, built_in(scheme), encoder))
    place = {one.key: number for number, one in enumerate(ground.types)}
    labels = []
    with MAPPING.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["scheme"] == scheme and row["collection"] == name.split(" ")[0]:
                has = has_label(table, row["label"])
                types = [place[key] for key in row["types"].split("|")]
                labels.append((row["label"][:30], types, has))
    return Labelled(name, ground, texts, [one for one in labels if one[2].sum() >= LEAST], table)


_read: dict[str, NDArray[np.float32]] = {}


def _vectors(encoder: Encoder, texts: pl.Series) -> NDArray[np.float32]:
    key = f"{encoder.name} {texts.hash().sum()} {len(texts)}"
    if key not in _read:
        _read[key] = encoder.encode(texts.to_list())
    return _read[key]


def sets(scheme: str, encoder: Encoder, most: int) -> list[Labelled]:
    """Return the sets of posts: English and originals in Haitian Creole, tweets in four languages."""
    folder = Path(os.environ["CTSE_SHARED_DATA"])
    messages = pl.read_parquet(folder / "crisis_messages_shared.parquet")
    found = [
        labelled("messages en", _some(messages, most), "message", scheme, encoder),
        labelled("messages ht", _some(messages.filter(pl.col("original_lang_guess") == "ht"), most), "original",
                 scheme, encoder),
    ]  # fmt: skip
    if scheme != "trec_is":
        return found
    tweets = pl.read_parquet(folder / "crisis_tweets_shared.parquet").filter(
        pl.col("collection").is_in(["CrisisLexT26", "CrisisNLP-CF"]) & (pl.col("label") != "Not labeled")
    )
    for lang in ("en", "es", "it", "tl"):
        some = _some(tweets.filter(pl.col("lang_guess") == lang), most)
        found.append(labelled(f"tweets {lang}", some, "text", scheme, encoder))
    return found


def _some(table: pl.DataFrame, most: int) -> pl.DataFrame:
    return table if table.height <= most else table.sample(most, seed=0)


def macro_f1(said: NDArray[np.bool_], data: Labelled, rows: NDArray[np.int64]) -> float:
    """Return the mean F1 in [0, 1] over labels of what is ``said`` (n, c), on the posts ``rows``."""
    aside = data.ground.aside
    said = said.copy()
    said[:, aside] |= ~said[:, ~aside].any(axis=1, keepdims=True)
    f1 = []
    for _, types, has in data.labels:
        here, right = said[rows][:, types].any(axis=1), has[rows]
        if right.any():
            f1.append(2 * (here & right).sum() / (here.sum() + right.sum()))
    return float(np.mean(f1))


def majority(data: Labelled) -> NDArray[np.bool_]:
    """Return what always telling the most frequent label says."""
    said = np.zeros(data.ground.terms.shape, dtype=bool)
    said[:, max(data.labels, key=lambda one: one[2].sum())[1]] = True
    return said


def by_keywords(data: Labelled) -> NDArray[np.bool_]:
    """Return what telling a type wherever one of its terms stands says, in any language."""
    types = data.ground.types
    found = find_terms(data.texts, [term for one in types for term in one.terms])
    said = np.zeros(data.ground.terms.shape, dtype=bool)
    for number, one in enumerate(types):
        said[found.filter(pl.col("term").is_in(list(one.terms)))["post"].to_numpy(), number] = True
    return said


def marked(data: Labelled, rows: NDArray[np.int64]) -> list[NeedMark]:
    """Return the marks that a person who follows the labels would make on the posts ``rows``."""
    return [NeedMark(n, int(row), "", data.wanted(int(row)), None, "", now()) for n, row in enumerate(rows)]


def suggested(data: Labelled, pool: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return ``count`` posts of ``pool`` in the order in which the app would ask for them, ten at a time."""
    chosen: list[int] = []
    while len(chosen) < count:
        found = judged_by(data.ground, marked(data, np.array(chosen, dtype=np.int64)))
        rest = np.setdiff1d(pool, chosen)
        best = most_useful(found.joined, data.ground.space.rows(rest), found.margins[rest], min(10, count))
        chosen += rest[best].tolist()
    return np.array(chosen[:count])


def after(data: Labelled, count: int, seed: int, suggest: bool) -> float:
    """Return macro-F1 on the posts that were not to be marked, after ``count`` marks."""
    order = np.random.default_rng(seed).permutation(len(data.texts))
    pool, judged = order[: len(order) // 2], order[len(order) // 2 :]
    rows = suggested(data, pool, count) if suggest else pool[:count]
    found = judged_by(data.ground, marked(data, rows))
    return macro_f1(found.told, data, judged)


def line(data: Labelled, marks: tuple[int, ...], seeds: int, suggest: bool) -> list[float]:
    """Return majority, keywords, zero-shot, then by chance after each number of marks, then as suggested."""
    rows = np.arange(len(data.texts))
    zero = judged_by(data.ground, []).told
    figures = [macro_f1(said, data, rows) for said in (majority(data), by_keywords(data), zero)]
    ways: list[Callable[[int, int], float]] = [lambda count, seed: after(data, count, seed, False)]
    if suggest:
        ways.append(lambda count, seed: after(data, count, seed, True))
    for way in ways:
        figures += [float(np.mean([way(count, seed) for seed in range(seeds)])) for count in marks]
    return figures


URGENT = {
    "messages": (
        ("asks for aid", "request"),
        ("search and rescue", "search_and_rescue"),
        ("about nothing", "!related"),
    ),
    "tweets": (
        ("missing, trapped, found", "missing_trapped_or_found_people"),
        ("sympathy", "Sympathy and support|sympathy_and_emotional_support"),
        ("irrelevant", "Not applicable|not_related_or_irrelevant"),
    ),
}
"""Labels by which urgency is judged, since nobody labelled it: the last ones of each should come out calm."""


def ranked(scores: NDArray[np.floating], has: NDArray[np.bool_]) -> float:
    """Return how often a post that has a label scores above one that has not, [0, 1]; 0.5 is chance."""
    order = np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 1.0
    return float((order[has].sum() - has.sum() * (has.sum() + 1) / 2) / (has.sum() * (~has).sum()))


def show_urgency(data: Labelled) -> None:
    """Print how urgency ranks posts with and without labels that go with it, and the shares of its levels."""
    scores = urgency_scores(data.ground, [])
    told = []
    for name, label in URGENT[data.name.split(" ")[0]]:
        has = has_label(data.table, label)
        if has.sum() >= LEAST:
            told.append(f"{name} {ranked(scores, has):.2f}")
    shares = np.bincount(levels(scores), minlength=4) / len(scores)
    print(f"{data.name:14}", "; ".join(told), "| low to critical", *(f"{share:.0%}" for share in shares))


def main() -> None:
    """Print macro-F1 of each set, a line each, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="ctse-small")
    parser.add_argument("--scheme", default="trec_is", choices=["trec_is", "ocha"])
    parser.add_argument("--most", type=int, default=3000, help="posts of a set at most")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--urgency", action="store_true", help="how urgency ranks posts, and nothing else")
    parser.add_argument("--suggest", action="store_true", help="marks as the app asks for them, too")
    asked = parser.parse_args()
    if asked.urgency:
        for data in sets(asked.scheme, load_encoder(asked.encoder), asked.most):
            show_urgency(data)
        return
    marks = (10, 50, 200)
    ways = ["chance", "asked"] if asked.suggest else ["chance"]
    names = ["majority", "keywords", "zero-shot", *(f"{count} {way}" for way in ways for count in marks)]
    print(f"{'macro-F1':14}", *(f"{name:>10}" for name in names))
    show = functools.partial(line, marks=marks, seeds=asked.seeds, suggest=asked.suggest)
    rows = []
    for data in sets(asked.scheme, load_encoder(asked.encoder), asked.most):
        rows.append(show(data))
        print(f"{data.name:14}", *(f"{value:10.3f}" for value in rows[-1]), flush=True)
    print(f"{'mean':14}", *(f"{value:10.3f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
