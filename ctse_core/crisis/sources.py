"""Who stands behind what is said: how many people wrote it themselves, and what is one voice repeated.

Nothing here tells whether something is true. A text that many repeat word for word has one source; who names whom it
comes from ("RT @…") adds none. Only people who say the same in words of their own count beside each other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

NOT_REPEATED, PASSED_ON, ONE_AUTHOR, IN_CONCERT = "", "passed on", "one author", "in concert"
LEAST_WORDS = 3  # words that carry meaning, in texts that are compared
LEAST_SHARED = 2  # of them that two texts in one language share
_BLOCK = 1_024  # pairs compared at once
UNKNOWN = -1
"""The code of an author whom the file does not name."""


@dataclass(frozen=True)
class SourceSettings:
    """What counts as one voice.

    ``own_words`` letters-and-digits words and fewer may be written by two people by chance; longer texts are copied.
    ``nearness`` in [0, 1] is how far of the way from unrelated to identical two texts must mean alike to say the same,
    ``overlap`` in [0, 1] how many words they may share and still be two wordings. ``crowd`` authors within ``window``
    seconds with the same words are in concert; ``often`` posts of the same words are a repetition.
    """

    own_words: int = 5
    nearness: float = 0.75
    overlap: float = 0.6
    crowd: int = 5
    window: float = 300.0
    often: int = 3


@dataclass(frozen=True)
class Said:
    """What is known of n posts: ``group`` the row of the first of the same words, ``author`` a code, UNKNOWN for none,
    ``credited`` the code of whom the post names as its source, UNKNOWN for none, ``time`` in seconds (NaN: undated),
    ``words`` how many words it has.
    """

    group: NDArray[np.int64]
    author: NDArray[np.int64]
    credited: NDArray[np.int64]
    time: NDArray[np.float64]
    words: NDArray[np.int64]


def voices(said: Said, alike: NDArray[np.int64], settings: SourceSettings | None = None) -> NDArray[np.int32]:
    """Return (n,) how many independent authors stand behind what each post says, one at least.

    ``alike`` (m, 2) are groups that say the same in other words; chains of them do not count, only direct ones. Where
    the file names no author at all, wordings are counted instead.
    """
    settings = settings or SourceSettings()
    if len(said.author) and (said.author < 0).all():  # nobody is named: each wording stands for somebody
        own = int(said.credited.max(initial=0)) + 1 + said.group
        said = replace(said, author=np.where(said.credited < 0, own, said.author))
    origins = _origins(said, settings)
    both = np.concatenate([alike, alike[:, ::-1]]) if len(alike) else np.zeros((0, 2), dtype=np.int64)
    beside = pl.DataFrame({"group": both[:, 0], "other": both[:, 1]}, schema={"group": pl.Int64, "other": pl.Int64})
    others = beside.join(origins.rename({"group": "other"}), on="other", how="inner").select("group", "author")
    counted = pl.concat([origins, others]).group_by("group").agg(pl.col("author").n_unique().alias("voices"))
    found = pl.DataFrame({"group": said.group}).join(counted, on="group", how="left", maintain_order="left")
    return found["voices"].fill_null(1).cast(pl.Int32).to_numpy()


def _origins(said: Said, settings: SourceSettings) -> pl.DataFrame:
    """Return who wrote each group's words themselves: (group, author), each pair once."""
    posts = _table(said)
    long = pl.col("words") > settings.own_words
    own = posts.filter(pl.col("credited") < 0)
    first = own.filter(long).sort("time", "row", nulls_last=True).group_by("group").agg(pl.col("author").first())
    short = own.filter(~long).select("group", "author").unique()
    told = pl.concat([first.select("group", "author"), short])
    # Only passed on: whom it comes from is named, though that post is not in the file.
    credited = posts.filter(pl.col("credited") >= 0).join(told, on="group", how="anti")
    named = credited.sort("time", "row", nulls_last=True).group_by("group").agg(pl.col("credited").first())
    return pl.concat([told, named.select("group", pl.col("credited").alias("author"))])


def _table(said: Said) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": np.arange(len(said.group)),
            "group": said.group,
            "author": said.author,
            "credited": said.credited,
            "time": pl.Series(said.time).fill_nan(None),
            "words": said.words,
        }
    )


def repetition(
    said: Said, independent: NDArray[np.int32], settings: SourceSettings | None = None
) -> tuple[NDArray[np.str_], NDArray[np.int32]]:
    """Return (n,) how the words of each post are repeated, and (n,) how many authors are in concert, 0 where none.

    IN_CONCERT: many authors, the same words, a short time, and nobody names a source. ONE_AUTHOR: mostly one author.
    PASSED_ON: one source that others repeat. NOT_REPEATED: anything else.

    Source: the co-tweet of Keller, Schoch, Stier and Yang, "Political Astroturfing on Twitter", Political
    Communication 2020: the same message from several accounts within a short time; here five of them.
    """
    settings = settings or SourceSettings()
    posts = _table(said)
    facts = posts.group_by("group").agg(
        pl.len().alias("posts"),
        pl.col("author").filter(pl.col("author") >= 0).n_unique().alias("authors"),
        pl.col("author").filter(pl.col("author") >= 0).unique_counts().max().fill_null(0).alias("most"),
    )
    # By row, since a text's length differs a little between its copies.
    crowd = _crowds(posts.filter((pl.col("credited") < 0) & (pl.col("author") >= 0)), settings)
    here = posts.select("group").join(facts, on="group", how="left", maintain_order="left")
    here = here.join(crowd, on="group", how="left", maintain_order="left").with_columns(pl.col("crowd").fill_null(0))
    often = pl.col("posts") >= settings.often
    kind = (
        pl.when(pl.col("crowd") >= settings.crowd)
        .then(pl.lit(IN_CONCERT))
        .when(often & (pl.col("most") >= settings.often) & (2 * pl.col("most") >= pl.col("posts")))
        .then(pl.lit(ONE_AUTHOR))
        .when(often & (pl.lit(pl.Series(independent)) == 1))
        .then(pl.lit(PASSED_ON))
        .otherwise(pl.lit(NOT_REPEATED))
        .alias("kind")
    )
    told = here.with_columns(kind)
    return told["kind"].to_numpy().astype(np.str_), told["crowd"].cast(pl.Int32).to_numpy()


def _crowds(posts: pl.DataFrame, settings: SourceSettings) -> pl.DataFrame:
    """Return for each group the most authors that first used its words within one window: (group, crowd)."""
    first = (
        posts.filter((pl.col("words") > settings.own_words) & pl.col("time").is_not_null())
        .group_by("group", "author")
        .agg(pl.col("time").min())
        .filter(pl.len().over("group") >= settings.crowd)
        .sort("group", "time")
    )
    rows = []
    for (group,), times in first.group_by("group", maintain_order=True):
        moments = times["time"].to_numpy()
        within = np.searchsorted(moments, moments + settings.window, side="right") - np.arange(len(moments))
        rows.append((group, int(within.max())))
    return pl.DataFrame(rows, schema={"group": pl.Int64, "crowd": pl.Int32}, orient="row")


def near_pairs(
    vectors: NDArray[np.float32],
    of: NDArray[np.int64],
    near: NDArray[np.int64],
    settings: SourceSettings | None = None,
    newer: int = 0,
) -> NDArray[np.int64]:
    """Return (m, 2) pairs of unique posts that mean nearly the same, each once, smaller row first.

    ``vectors`` (n, d) are unit rows, ``of`` (u,) the rows of the unique posts, ``near`` (u, k) their nearest, -1 for
    none. What counts as near follows from how alike two posts at random are in this encoder's space. Where rows from
    ``newer`` on were appended, only pairs with one of them are meant, and the posts before tell what is near.
    """
    settings = settings or SourceSettings()
    earlier = of[of < newer] if newer else of
    if not len(earlier) or not near.size:
        return np.zeros((0, 2), dtype=np.int64)
    chance = np.random.default_rng(0).choice(earlier, (min(2_000, 4 * len(earlier)), 2))
    chance = chance[chance[:, 0] != chance[:, 1]]
    unrelated = float(np.mean(_cosines(vectors, chance))) if len(chance) else 0.0
    pairs = np.column_stack([np.repeat(of, near.shape[1]), near.ravel()]).astype(np.int64)
    pairs = _each_once(pairs[(pairs[:, 1] >= 0) & (pairs.max(axis=1) >= newer)])
    share = (_cosines(vectors, pairs) - unrelated) / max(1e-6, 1 - unrelated)
    return pairs[share >= settings.nearness]


def _each_once(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the different pairs (m, 2), smaller row first, in order."""
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    width = int(high.max(initial=0)) + 1
    numbers = np.unique(low * width + high)  # many times as fast as over two columns
    return np.column_stack([numbers // width, numbers % width])


def _cosines(vectors: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    found = np.empty(len(pairs), dtype=np.float32)
    rows = np.asarray(vectors)
    for start in range(0, len(pairs), _BLOCK):  # blocks that a processor's own memory holds
        part = pairs[start : start + _BLOCK]
        found[start : start + len(part)] = np.einsum("ij,ij->i", rows[part[:, 0]], rows[part[:, 1]])
    return found


@dataclass(frozen=True)
class Facts:
    """What a text states, as far as it can be read off: its language, its words that carry meaning, the numbers in it,
    and the words that turn a sentence round.
    """

    lang: str
    words: frozenset[str]
    numbers: frozenset[str]
    turning: frozenset[str] = frozenset()


def wordings(one: Facts, other: Facts, settings: SourceSettings | None = None) -> int:
    """Return how many wordings two texts that mean alike are of one statement: 2, 1 (a text and its edited copy), or 0
    where they are not one statement.

    Texts without a number are never taken for the same: "no water in Kesh" and "no water in Birim" mean too much alike.
    Other numbers or a "not" are another statement.
    """
    settings = settings or SourceSettings()
    shorter = min(len(one.words), len(other.words))
    if shorter < LEAST_WORDS or not one.numbers or one.numbers != other.numbers:
        return 0
    if one.lang != other.lang:
        return 2
    shared = len(one.words & other.words)
    if one.turning != other.turning or shared < LEAST_SHARED:
        return 0
    return 2 if shared <= settings.overlap * shorter else 1


def families(group: NDArray[np.int64], edited: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) groups in which a text and its edited copies (pairs of groups, (m, 2)) are one, by the first row.

    Edits of edits are one family: whoever changes a text a little more is no new voice.
    """
    first: dict[int, int] = {}

    def root(one: int) -> int:
        while first.get(one, one) != one:
            one = first[one]
        return one

    for one, other in edited.tolist():
        low, high = sorted((root(one), root(other)))
        first[high] = low
    if not first:
        return group
    return pl.Series(group).replace({one: root(one) for one in first}).cast(pl.Int64).to_numpy()


def same_places(one: Collection[str], other: Collection[str]) -> bool:
    """Return whether two posts may speak of one place: they share one, or one of them names none (keys of places)."""
    return not one or not other or not set(one).isdisjoint(other)
