"""Evaluation sets: a file is known by its columns, and becomes one table that its measures understand.

| kind     | known by                                            | its table                                      |
|----------|-----------------------------------------------------|------------------------------------------------|
| pairs    | english, translation (lang)                         | item, lang, text, english, translation         |
| topics   | the same and topic                                  | as pairs, with topic                           |
| sts      | sentence1, sentence2, score (lang; else English)    | item, lang, first, second, score               |
| posts    | text and label (event, collection, lang, lang_guess)| item, lang, collection, event, text, label     |
| messages | message and at least five columns of 0 and 1        | item, lang, text, then a column a category     |
| triples  | anchor, same, changed, lang, kind, id               | as they stand                                  |

``item`` numbers what an interval draws again: a sentence (the same one in all languages), a pair, a post. Every text
is repaired and brought into the form that the app embeds, so that the figures speak of the app.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.errors import CtseError, TrainError
from ctse_core.text import collapse_duplicates
from train.evaluate import set_tables
from train.evaluate.codes import UNKNOWN, language_of
from train.evaluate.drift import DRIFT_FILE, TRIPLE, drift_triples, whole_triples

FEWEST = 20
"""Rows of a language below which nothing is said about it."""
FEWEST_POSTS = 50
"""The same for posts, which fall into classes."""
MOST_POSTS = 500
"""Posts of one event in one language, and five times as many messages of one language, that are looked at."""
_TEXTS = ("english", "translation", "first", "second", "text", "anchor", "same", "changed")


@dataclass(frozen=True)
class EvaluationSet:
    """One set, ready for its measures.

    Attributes:
        name: the file's name without its ending.
        kind: "pairs", "topics", "sts", "posts", "messages" or "triples".
        data: the table that the measures of this kind take.
        digest: changes with every text, label and number in it.
        notes: what a reader should know, such as languages that were too small.
    """

    name: str
    kind: str
    data: pl.DataFrame
    digest: str
    notes: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """Every text of the set that is embedded, each once."""
        names = [name for name in _TEXTS if name in self.data.columns and not (name == "text" and self.is_pairs)]
        return list(dict.fromkeys(text for name in names for text in self.data[name].to_list()))

    @property
    def is_pairs(self) -> bool:
        """Whether sentences stand beside their translations."""
        return self.kind in ("pairs", "topics")


def read_set(path: str | Path, languages: Collection[str] = (), limit: int = 0) -> EvaluationSet:
    """Return the set in a Parquet, CSV or TSV file.

    ``languages`` keeps those codes only (the table's or the set's own); without it, rows whose ``lang`` is empty stay
    away, other than Sorani, and so do guesses of languages that are none of ours. ``limit`` takes at most so many
    sentences, pairs of a language, posts of an event in a language, or messages of a language, always the same ones.

    Raises:
        TrainError: the file cannot be read, is of no known kind, a column is not what it should be, the limit is too
            low, or no row can be used.
    """
    path = Path(path)
    table = _read(path)
    kind = kind_of(table)
    if not kind:
        raise TrainError(
            f"{path.name} is no evaluation set: its columns are {', '.join(table.columns)}. Pairs have english, "
            "translation and lang; STS has sentence1, sentence2 and score; posts have text and label."
        )
    fewest = FEWEST_POSTS if kind == "posts" else FEWEST
    if 0 < limit < fewest and kind != "triples":
        raise TrainError(f"A limit of {limit} leaves too few rows of {path.name}; take {fewest} or more.")
    try:
        data = _MAKERS[kind](table, bool(languages))
    except CtseError as error:
        raise TrainError(f"{path.name} cannot be measured on. {error}") from error
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        told = str(error).splitlines()[0][:200]
        raise TrainError(f"{path.name} cannot be measured on: a column holds something else ({told}).") from error
    data, unknown = _of_languages(data, kind, languages) if languages else _with_language(data)
    data, notes = _large_enough(_limited(data, kind, limit), kind)
    if not data.height:
        told = " ".join((*unknown, *notes)) or "Every row is empty, or of a language that is not measured."
        raise TrainError(f"{path.name} has no row to measure on. {told}")
    return EvaluationSet(path.name.split(".")[0], kind, data, _digest(data), (*unknown, *notes))


def differently_named(sets: Sequence[EvaluationSet]) -> None:
    """Check that no two sets have the same name, by which tables tell them apart.

    Raises:
        TrainError: two have.
    """
    names = [each.name for each in sets]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), "")
    if twice:
        raise TrainError(f"Two sets would be called {twice} (a file's name up to its first dot); rename one of them.")


def built_in_set(languages: Collection[str] = ()) -> EvaluationSet:
    """Return the triples of drift that come with the bench, in ``languages`` and English."""
    data = drift_triples()
    if languages:
        data = data.filter(pl.col("lang").is_in(["en", *map(language_of, languages)]))
    return EvaluationSet(DRIFT_FILE.stem, "triples", data, _digest(data))


def kind_of(table: pl.DataFrame) -> str:
    """Return the kind of set that a table is, by its columns, or "" for none."""
    has = set(table.columns)
    if {"english", "translation"} <= has:
        return "topics" if "topic" in has else "pairs"
    if {"sentence1", "sentence2", "score"} <= has:
        return "sts"
    if set(TRIPLE) <= has:
        return "triples"
    if {"text", "label"} <= has:
        return "posts"
    return "messages" if "message" in has and len(set_tables.categories(table)) >= 5 else ""


def _triples(table: pl.DataFrame, keep_foreign: bool) -> pl.DataFrame:
    return whole_triples(table.select(pl.col(TRIPLE).cast(pl.Utf8)))


_MAKERS: dict[str, Callable[[pl.DataFrame, bool], pl.DataFrame]] = {
    "pairs": set_tables.pair_rows,
    "topics": set_tables.pair_rows,
    "sts": lambda table, keep_foreign: set_tables.sts_rows(table),
    "posts": set_tables.post_rows,
    "messages": set_tables.message_rows,
    "triples": _triples,
}


def _read(path: Path) -> pl.DataFrame:
    name = path.name.casefold().removesuffix(".gz")
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".parquet": pl.read_parquet,
        ".csv": partial(pl.read_csv, infer_schema_length=None),
        ".tsv": partial(pl.read_csv, separator="\t", infer_schema_length=None, quote_char=None),
    }
    reader = readers.get(Path(name).suffix)
    if reader is None:
        raise TrainError(f"{path.name} cannot be measured on; give a Parquet, CSV or TSV file.")
    try:
        return reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        told = str(error).replace(str(path), path.name)
        raise TrainError(f"{path.name} cannot be read: {told}. Give the path of an evaluation set.") from error


def _with_language(data: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    known = data.filter(~pl.col("lang").is_in(list(UNKNOWN)))
    without = data.height - known.height
    return known, (f"{without:,} rows without a language that is measured are left out.",) if without else ()


def _of_languages(data: pl.DataFrame, kind: str, languages: Collection[str]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the rows of ``languages``: "zho-TW" is that text of a set alone, "zh" and "zho" are all of Chinese."""
    texts = data["text"].unique().to_list() if kind in ("pairs", "topics") else []
    wanted = pl.lit(False)
    for code in languages:
        plain, rest = _plain(code)
        same = [text for text in texts if _plain(text) == (plain, rest)]
        if same and rest:
            wanted |= pl.col("text").is_in(same)
        elif code.strip() in texts and len(code.strip()) > 2:
            wanted |= pl.col("text") == code.strip()
        elif not (rest and texts):
            wanted |= pl.col("lang") == plain
    return data.filter(wanted), ()


def _plain(code: str) -> tuple[str, str]:
    """Return the language of a code, and its script or country."""
    return language_of(code), code.strip().replace("_", "-").casefold().partition("-")[2]


def drawn_sentences(data: pl.DataFrame, most: int, group: str, seed: int = 0) -> pl.DataFrame:
    """Return at most ``most`` rows of each ``group``: those whose ``item`` comes first in one shuffled order.

    The order is that of all items, so languages that share their sentences keep the same ones.
    """
    items = data["item"].unique().sort()
    place = pl.Series("place", np.random.default_rng(seed).permutation(len(items)), dtype=pl.Int64)
    ranked = data.join(pl.DataFrame([items, place]), on="item", maintain_order="left")
    kept = ranked.filter(pl.col("place").rank("dense").over(group) <= most)
    return kept.drop("place")


def _limited(data: pl.DataFrame, kind: str, limit: int) -> pl.DataFrame:
    """Return at most ``limit`` sentences or rows of each group, drawn once and for all."""
    if kind in ("pairs", "topics", "sts"):
        return drawn_sentences(data, limit, "lang" if kind == "sts" else "text") if limit else data
    if kind == "triples":
        return data
    most = limit or (MOST_POSTS if kind == "posts" else 5 * MOST_POSTS)
    groups = ["collection", "event", "lang"] if kind == "posts" else ["lang"]
    drawn = pl.Series("drawn", np.random.default_rng(0).permutation(data.height))
    place = pl.col("drawn").rank("ordinal").over(groups)
    if kind == "posts":  # copies are looked for among some more than are wanted, not among all
        data = data.with_columns(drawn).filter(place <= most + most // 4)
        return without_copies(data, groups).filter(place <= most).drop("drawn")
    return data.with_columns(drawn).filter(place <= most).drop("drawn")


def without_copies(data: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Return the rows of which no other of the group is a copy: cut short, introduced, remarked on, mistyped once."""
    parts = [data.clear()]
    for part in data.partition_by(*groups, maintain_order=True):
        parts.append(part[collapse_duplicates(part["text"].to_list()).unique_rows])
    return pl.concat(parts)


def _large_enough(data: pl.DataFrame, kind: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    group = "text" if kind in ("pairs", "topics") else "lang"  # a text is of one language
    counts = data.group_by(group).len().sort(group)
    fewest = FEWEST_POSTS if kind == "posts" else FEWEST
    small = counts.filter(pl.col("len") < fewest)
    notes = tuple(
        f"{code} has {count} rows, fewer than {fewest}, and is left out." for code, count in small.iter_rows()
    )
    return data.filter(~pl.col(group).is_in(small[group].to_list())), notes


def _digest(data: pl.DataFrame) -> str:
    digest = hashlib.sha256("\t".join(data.columns).encode())
    for column in data.columns:
        digest.update("\n".join(map(str, data[column].to_list())).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]
