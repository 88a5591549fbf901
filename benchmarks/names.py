"""Are topic names readable, and are words that stand for one concept true translations?

    CTSE_SHARED_DATA=folder python -m benchmarks.names [--lines 1007] [--sets parallel hard example]

"parallel" and "hard": news sentences in ten languages each (benchmarks/alignment.py), every sentence kept in three of
the ten, as if they were posts; "example": the invented posts in 34 languages. Topics are ours. Rows: BERTopic's words
(its c-TF-IDF over all languages, the first four), our names for readers of English. Columns: share of names whose
every word is English; share of a name's pairs of words that say the same; coherence of the other pairs (NPMI over
sentences, all translations of a sentence counted as one text, ours by all words of their concepts; over posts in the
example, where only words of one language meet); seconds of one core, BERTopic's import counted. Below: pairs of words
of two languages in one concept, and the share of them that stand in translations of the same sentence far above
chance, all ten languages of it looked at: in at least two sentences, in 40 % of those of the rarer word, eight times
as often as by chance. Words of fewer than three sentences are not judged.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.alignment import HARD, TEN, parallel_posts, three_of_each
from ctse_core.encoders import DEFAULT_ENCODER, Encoder, embed, load_encoder
from ctse_core.example import EXAMPLE
from ctse_core.naming import named_for
from ctse_core.project import DiskVectors, Project, cache_home
from ctse_core.stored import load_analysis
from ctse_core.structure import StructureSettings, TopicInput, arrange, name_topics
from ctse_core.structure.names import JOIN, readable
from ctse_core.structure.vocabulary import vocabulary
from ctse_core.text import normalise, tokens_of_all
from ctse_core.types import Col, TopicCol

Uses = dict[tuple[str, str], set[int]]


def topic_input(
    languages: list[str], tokens: Sequence[Sequence[str]], vectors: np.ndarray, labels: np.ndarray
) -> TopicInput:
    """Return posts without times and copies."""
    count = len(labels)
    return TopicInput(
        texts=[" ".join(words) for words in tokens],
        tokens=tokens,
        languages=languages,
        times=pl.Series([None] * count, dtype=pl.Datetime("us", "UTC")),
        vectors=vectors,
        labels=labels,
        strength=np.ones(count, np.float32),
        copies=np.ones(count, np.int64),
        positions=np.arange(count),
    )


def english_share(names: list[list[str]], posts: TopicInput) -> float:
    """Return the share of names whose every word is one of English, not only borrowed by it."""
    words = vocabulary(posts.tokens, posts.languages)
    own = zip(words.languages, words.words, words.owner.tolist(), strict=True)
    english = {word for item, (language, word, owner) in enumerate(own) if language == "en" and owner == item}
    return float(np.mean([all(part in english for word in name for part in word.split()) for name in names]))


def coherence(names: list[list[set[int]]], texts: int) -> tuple[float, float]:
    """Return the mean NPMI of pairs of a name's items, in [-1, 1], and the share of pairs that say the same.

    An item is the set of texts that use it. Two items say the same where 40 % of the texts of either are the other's:
    translations of one word, or a word twice. These pairs do not count for the NPMI.
    """
    found, same = [], 0
    for name in names:
        for left, right in combinations([item for item in name if item], 2):
            both = len(left & right)
            if both >= 0.4 * len(left | right):
                same += 1
                continue
            share, expected = both / texts, len(left) * len(right) / texts**2
            found.append(np.log(share / expected) / -np.log(share) if both else -1.0)
    return float(np.mean(found)) if found else float("nan"), same / max(1, same + len(found))


def said_in(topics: pl.DataFrame, names: list[list[str]], uses: Uses) -> list[list[set[int]]]:
    """Return for each item of our names the texts that use a word of its concept, in any language."""
    found = []
    for name, concepts in zip(names, topics[TopicCol.ORIGINALS].to_list(), strict=True):
        told = [{(one["lang"], one["word"]) for one in concept["words"]} for concept in concepts]
        items = []
        for item in name:
            several = [words for words in told if {word for _, word in words} & set(item.split())]
            items.append({text for words in several for word in words for text in uses.get(word, ())})
        found.append(items)
    return found


def translations(originals: pl.Series, uses: Uses, texts: int) -> tuple[int, float, float]:
    """Return the pairs of words judged, the share that are translations, and the languages a concept has."""
    judged, languages, seen = [], [], set()
    for concept in (concept for topic in originals.to_list() for concept in topic):
        words = [(one["lang"], one["word"]) for one in concept["words"]]
        languages.append(len({language for language, _ in words}))
        for one, other in combinations(words, 2):
            left, right = uses.get(one, set()), uses.get(other, set())
            if one[0] == other[0] or min(len(left), len(right)) < 3 or (one, other) in seen:
                continue
            seen.add((one, other))
            both = len(left & right)
            judged.append(
                both >= 2 and both >= 0.4 * min(len(left), len(right)) and both * texts >= 8 * len(left) * len(right)
            )
    return len(judged), float(np.mean(judged)) if judged else float("nan"), float(np.mean(languages))


def used_in(
    tokens: Sequence[Sequence[str]], languages: list[str], texts: np.ndarray
) -> tuple[Uses, dict[str, set[int]]]:
    """Return the texts that use each word, by language and whatever the language."""
    by_language: Uses = {}
    for words, language, text in zip(tokens, languages, texts.tolist(), strict=True):
        for word in words:
            by_language.setdefault((language, word), set()).add(text)
    together: dict[str, set[int]] = {}
    for (_, word), some in by_language.items():
        together[word] = together.get(word, set()) | some
    return by_language, together


def parallel(
    folder: Path, languages: tuple[str, ...], lines: int, encoder: Encoder
) -> tuple[TopicInput, Uses, dict, int]:
    """Return sentences, three languages of each, as posts in topics; and the sentences that use each word."""
    table = parallel_posts(folder, list(languages), lines)
    texts = [normalise(text) for text in table["text"].to_list()]
    spoken = table["lang"].to_list()
    tokens = tokens_of_all(texts, spoken)
    vectors = embed(texts, encoder, DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim))
    uses, together = used_in(tokens, spoken, table["line"].to_numpy())
    kept = np.flatnonzero(three_of_each(table))
    few = [spoken[row] for row in kept]
    labels = arrange(vectors[kept], few, StructureSettings()).clusters.labels
    return (
        topic_input(few, [tokens[row] for row in kept], vectors[kept], labels),
        uses,
        together,
        table["line"].n_unique(),
    )


def example() -> tuple[TopicInput, Uses, dict, int]:
    """Return the example's unique posts in its topics, and the posts that use each word."""
    found = load_analysis(Project(EXAMPLE))
    rows = np.unique(found.table[Col.REPRESENTATIVE].to_numpy())
    table, tokens = found.table[rows], found.words.gather(rows).to_list()
    languages = table[Col.LANG].to_list()
    posts = topic_input(languages, tokens, np.asarray(found.vectors[rows]), table[Col.CLUSTER].to_numpy())
    return posts, *used_in(tokens, languages, np.arange(len(rows))), len(rows)


def bertopics(posts: TopicInput) -> list[list[str]]:
    """Return the first four words that BERTopic gives each topic."""
    from ctse_core.structure.namer import bertopic_terms

    terms = bertopic_terms(posts.tokens, posts.vectors, posts.labels)
    return [[word for word, _ in some if readable(word)][:4] for some in terms]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=0, help="sentences; 0 takes all 1,006")
    parser.add_argument("--sets", nargs="+", default=["parallel", "hard", "example"])
    parser.add_argument("--show", type=int, default=0, help="names to print of each set")
    asked = parser.parse_args()
    encoder = load_encoder(DEFAULT_ENCODER)
    encoder.encode(["loaded"])
    print("| posts | names | in English | said twice | NPMI | CPU s |\n|---|---|---:|---:|---:|---:|")
    for name in asked.sets:
        folder = Path(os.environ.get("CTSE_SHARED_DATA", "."))
        languages = HARD if name == "hard" else TEN
        posts, uses, together, texts = (
            example() if name == "example" else parallel(folder, languages, asked.lines, encoder)
        )
        began = time.process_time()
        theirs = bertopics(posts)
        took = {"BERTopic": time.process_time() - began}
        began = time.process_time()
        topics = name_topics(replace(posts, encode=encoder.encode))
        took["ours"] = time.process_time() - began
        ours = [said.split(JOIN) for said in named_for(topics, "en")[TopicCol.NAME]]
        used = {
            "BERTopic": [[together.get(word, set()) for word in said] for said in theirs],
            "ours": said_in(topics, ours, uses),
        }
        for whose, names in (("BERTopic", theirs), ("ours", ours)):
            npmi, same = coherence(used[whose], texts)
            told = f"{english_share(names, posts):.2f} | {same:.2f} | {npmi:.3f}"
            print(f"| {name} {len(posts.labels):,} | {whose} | {told} | {took[whose]:.1f} |", flush=True)
        if name != "example":
            pairs, right, spoken = translations(topics[TopicCol.ORIGINALS], uses, texts)
            print(f"  {pairs:,} pairs judged, {right:.2f} translations; {spoken:.1f} languages a concept")
        for said in named_for(topics, "en")[TopicCol.NAME].head(asked.show):
            print("   ", said)


if __name__ == "__main__":
    main()
