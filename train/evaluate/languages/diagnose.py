"""Each language of a pairs set: how well it matches, and what goes wrong below the bar, as two tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.encoders import ENCODERS
from ctse_core.errors import TrainError
from ctse_core.types import Progress, Vectors, check_vectors, no_progress
from train.evaluate.codes import language_of
from train.evaluate.languages.neighbours import Nearest, centred, nearest, skewness
from train.evaluate.languages.pieces import Pieces, piece_counter, script_shares, word_counts
from train.evaluate.matching import same_texts, unit

PAIR_COLUMNS = ("set", "lang", "text", "english", "translation")
FIGURES: dict[str, Any] = {
    "set": pl.Utf8,
    "lang": pl.Utf8,
    "text": pl.Utf8,  # what the set calls it: two texts may share a language
    "pairs": pl.Int64,
    "matching": pl.Float64,  # mean of both directions, [0, 1]
    "to_language": pl.Float64,  # English finds its translation
    "to_english": pl.Float64,
    "centred": pl.Float64,  # the same mean after each side's own mean is taken off
    "errors": pl.Int64,  # of both directions
    "tokens_per_word": pl.Float64,
    "tokens_per_english_token": pl.Float64,
    "unknown_share": pl.Float64,  # of tokens
    "cut_share": pl.Float64,  # of pairs in which one side is longer than the encoder reads
    "cut_errors": pl.Float64,  # share of the errors made on such pairs
    "declared": pl.Boolean,  # whether the catalogue says that the encoder knows the language
    "pairs_seen": pl.Int64,  # kept in training
    "sources_seen": pl.Int64,
    "scripts": pl.Utf8,
    "letters": pl.Float64,  # mean characters of a translation
    "short_errors": pl.Float64,  # share of the errors made on the shorter quarter of the English sentences
    "hub_share": pl.Float64,  # of queries that find the one candidate that is found most often, [0, 1]
    "hub_skewness": pl.Float64,  # of how often candidates are among the ten nearest
    "mutual_errors": pl.Float64,  # share of wrong answers whose own nearest is the asking sentence
    "gap": pl.Float64,  # mean cosine of translations less that of the nearest other, over the errors
}
NEIGHBOURS: dict[str, Any] = {
    "set": pl.Utf8,
    "lang": pl.Utf8,
    "text": pl.Utf8,
    "direction": pl.Utf8,  # "to language" or "to English"
    "row": pl.Int64,  # of the query among the language's pairs, from 0
    "found_row": pl.Int64,
    "own_cosine": pl.Float64,
    "found_cosine": pl.Float64,
    "english": pl.Utf8,
    "translation": pl.Utf8,
    "found_english": pl.Utf8,
    "found_translation": pl.Utf8,
}
TEXTS = ("english", "translation", "found_english", "found_translation")


@dataclass(frozen=True)
class LanguageSettings:
    """What counts as below the bar, and how much is shown of it.

    Attributes:
        below: matching in [0, 1] under which a language's errors are looked into.
        examples: wrong neighbours that are kept for one language and direction.
        texts: whether texts are kept; without, wrong neighbours are told by their rows.
    """

    below: float = 0.95
    examples: int = 4
    texts: bool = True


@dataclass(frozen=True)
class KnownEncoder:
    """An encoder whose vectors of the sets are there already.

    Attributes:
        name: what people call it.
        tokens: its tokenizer, or None.
        encode: looks texts of the sets up.
    """

    name: str
    tokens: Any
    encode: Callable[[Sequence[str]], Vectors]

    @classmethod
    def of(cls, encoder: Any, encode: Callable[[Sequence[str]], Vectors]) -> KnownEncoder:
        """Return ``encoder`` with ``encode`` in the place of its own."""
        return cls(encoder.name, getattr(encoder, "tokens", None), encode)


def diagnose(
    encoder: Any,
    pairs: pl.DataFrame,
    seen: pl.DataFrame | None = None,
    settings: LanguageSettings | None = None,
    progress: Progress = no_progress,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a row of figures for each set and language, and the wrong neighbours of those below the bar.

    ``pairs``: columns set, lang, text, english, translation. ``seen``: a training run's counts (language, source,
    kept), or None. Figures that cannot be had (an endpoint's tokens, unknown training) are null.

    Raises:
        TrainError: a column is missing, or there is no pair.
    """
    missing = [name for name in PAIR_COLUMNS if name not in pairs.columns]
    if missing:
        raise TrainError(f"The pairs lack the column {', '.join(missing)}; name a file of English-to-X pairs.")
    if pairs.is_empty():
        raise TrainError("There is no pair in these sets; choose other languages or another file.")
    settings = settings or LanguageSettings()
    counter, told = piece_counter(encoder), _declared(encoder.name)
    figures: list[dict[str, Any]] = []
    wrong: list[dict[str, Any]] = []
    groups = pairs.sort("set", "lang", "text", maintain_order=True).partition_by(
        "set", "lang", "text", maintain_order=True
    )
    progress(0.0, "Encoding the English sentences")
    english = _Known(pairs["english"].unique().sort().to_list(), encoder.encode)
    for number, group in enumerate(groups):
        lang = group["lang"][0]
        progress((number + 1) / (len(groups) + 1), f"{group['text'][0]} of {group['set'][0]}: {group.height:,} pairs")
        found = _Text(group, english, encoder.encode)
        known = None if told is None else lang in told
        figures.append(found.figures(counter) | _seen(seen, lang) | {"declared": known})
        if figures[-1]["matching"] < settings.below:
            wrong += found.wrong(settings)
    progress(1.0, f"{len(groups)} languages looked into")
    order = ["set", "matching", "lang", "text"]
    table = pl.DataFrame(figures, schema=FIGURES).sort(order)
    neighbours = pl.DataFrame(wrong, schema=NEIGHBOURS)
    return table, neighbours if settings.texts else neighbours.drop(TEXTS)


class _Known:
    """Vectors of texts that many languages share, encoded once."""

    def __init__(self, texts: list[str], encode: Callable[[Sequence[str]], Vectors]) -> None:
        self.rows = {text: row for row, text in enumerate(texts)}
        self.vectors = check_vectors(encode(texts), len(texts))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        return self.vectors[[self.rows[text] for text in texts]]


class _Text:
    """One text of one set: its vectors and its neighbours in both directions."""

    def __init__(
        self,
        group: pl.DataFrame,
        english: Callable[[Sequence[str]], Vectors],
        encode: Callable[[Sequence[str]], Vectors],
    ) -> None:
        self.names = {name: str(group[name][0]) for name in ("set", "lang", "text")}
        self.english = group["english"].to_list()
        self.translation = group["translation"].to_list()
        n = group.height
        self.one = unit(english(self.english))
        self.other = unit(check_vectors(encode(self.translation), n, self.one.shape[1]))
        self.same = (same_texts(self.english), same_texts(self.translation))
        self.forward = nearest(self.one, self.other, self.same)
        self.backward = nearest(self.other, self.one, self.same)

    def figures(self, counter: Callable[[Sequence[str]], Pieces] | None) -> dict[str, Any]:
        """Return the language's row, without what was seen in training."""
        sides, n = (self.forward, self.backward), len(self.english)
        wrong = np.concatenate([~side.right for side in sides])
        hub = max(sides, key=lambda side: int(side.first.max()))
        apart = np.concatenate([side.own - side.cosine for side in sides])
        return (
            self.names
            | {
                "pairs": n,
                "matching": float(1 - wrong.mean()),
                "to_language": float(self.forward.right.mean()),
                "to_english": float(self.backward.right.mean()),
                "centred": self._centred(),
                "errors": int(wrong.sum()),
                "scripts": ", ".join(f"{name} {share:.0%}" for name, share in script_shares(self.translation)[:3]),
                "letters": float(np.mean([len(text) for text in self.translation])),
                "short_errors": self._short_errors(wrong),
                "hub_share": float(hub.first.max() / n),
                "hub_skewness": max(skewness(side.among) for side in sides),
                "mutual_errors": self._mutual_errors(),
                "gap": float(apart[wrong].mean()) if wrong.any() else None,
            }
            | self._pieces(counter, wrong)
        )

    def _centred(self) -> float:
        one, other = centred(self.one), centred(self.other)
        return float(np.mean([nearest(*sides, self.same).right.mean() for sides in ((one, other), (other, one))]))

    def _mutual_errors(self) -> float | None:
        wrong = ~self.forward.right
        mutual = self.backward.found[self.forward.found] == np.arange(len(wrong))
        return float(mutual[wrong].mean()) if wrong.any() else None

    def _short_errors(self, wrong: NDArray[np.bool_]) -> float | None:
        lengths = np.array([len(text) for text in self.english])
        order = np.argsort(np.argsort(lengths, kind="stable"), kind="stable")
        short = np.tile(order < len(lengths) / 4, 2)
        return float(short[wrong].mean()) if wrong.any() else None

    def _pieces(self, counter: Callable[[Sequence[str]], Pieces] | None, wrong: NDArray[np.bool_]) -> dict[str, Any]:
        if counter is None:
            return {}
        own, english = counter(self.translation), counter(self.english)
        tokens, cut = int(own.tokens.sum()), own.cut | english.cut
        return {
            "tokens_per_word": tokens / max(int(word_counts(self.translation).sum()), 1),
            "tokens_per_english_token": tokens / max(int(english.tokens.sum()), 1),
            "unknown_share": int(own.unknown.sum()) / max(tokens, 1),
            "cut_share": float(cut.mean()),
            "cut_errors": float(np.tile(cut, 2)[wrong].mean()) if wrong.any() else None,
        }

    def wrong(self, settings: LanguageSettings) -> list[dict[str, Any]]:
        """Return the errors with the surest first: those whose wrong neighbour lies nearest beyond the right one."""
        rows: list[dict[str, Any]] = []
        for direction, side in (("to language", self.forward), ("to English", self.backward)):
            surest = np.argsort(side.own - side.cosine, kind="stable")
            kept = [row for row in surest.tolist() if not side.right[row]][: settings.examples]
            rows += [self._neighbour(direction, side, row) for row in kept]
        return rows

    def _neighbour(self, direction: str, side: Nearest, row: int) -> dict[str, Any]:
        found = int(side.found[row])
        return self.names | {
            "direction": direction,
            "row": row,
            "found_row": found,
            "own_cosine": float(side.own[row]),
            "found_cosine": float(side.cosine[row]),
            "english": self.english[row],
            "translation": self.translation[row],
            "found_english": self.english[found],
            "found_translation": self.translation[found],
        }


def _seen(counts: pl.DataFrame | None, lang: str) -> dict[str, Any]:
    """Return how many pairs of a language were kept in training, and from how many sources."""
    if counts is None:
        return {}
    own = counts.filter((pl.col("language") == lang) & (pl.col("kept") > 0))
    return {"pairs_seen": int(own["kept"].sum()), "sources_seen": int(own["source"].n_unique())}


def _declared(name: str) -> frozenset[str] | None:
    """Return the languages that the catalogue tells of an encoder, or None where it does not know it."""
    spec = ENCODERS.get(name)
    return frozenset(language_of(code) for code in spec.languages) if spec is not None else None
