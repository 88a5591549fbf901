"""A question to an analysis: posts by meaning, by words or both; and posts like those at hand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.analysis import Analysis
from ctse_core.encoders import Encoder, load_encoder
from ctse_core.errors import EncoderError, SettingError
from ctse_core.filters import Filter
from ctse_core.manifest import consent_to, loads_by
from ctse_core.search import Index, Judged, LexicalIndex, hybrid_search, more_like_this, rank_again
from ctse_core.second_look import FOUND, JUDGED, SecondLook, load_second, unrelated_vectors
from ctse_core.structure import language_offsets
from ctse_core.text import detect_languages, normalise, tokens
from ctse_core.types import Col, Progress, Rows, no_progress

Mode = Literal["hybrid", "meaning", "words"]
MODES: tuple[Mode, ...] = ("hybrid", "meaning", "words")
MOST_RESULTS = 1000
LEAST_JUDGED = 30  # unique posts below which nothing can be said about chance


@dataclass(frozen=True)
class Question:
    """What is asked: the words, how they are looked for, how many posts are wanted, among which posts.

    ``rerank`` lets a closer encoder read the first hundred posts found by meaning, and put them in order.
    """

    text: str
    mode: Mode = "hybrid"
    k: int = 20
    among: Filter = field(default_factory=Filter)
    rerank: bool = False


@dataclass(frozen=True)
class Answer:
    """The posts found, best first.

    ``posts`` are rows of the posts table with ``position`` (row in it), ``similarity`` (cosine in
    [-1, 1], null when only words were asked for), ``band`` (strong, maybe, words where only words are shared, none;
    empty where posts are sought by posts) and the shares of ``by_meaning`` and ``by_words`` in [0, 1].
    ``answered`` is False where nothing found is more than chance; ``sentence`` says how it stands.
    """

    posts: pl.DataFrame
    answered: bool
    sentence: str


@dataclass(frozen=True)
class _Asked:
    """A question made ready: its text, language and words, and which posts (n,) may answer."""

    text: str
    language: str
    words: Sequence[str]
    where: NDArray[np.bool_]


@dataclass(frozen=True)
class _Hits:
    """Posts found, best first; ``by_words`` and ``attained`` are None where words were not looked for."""

    rows: Rows
    similarity: NDArray[np.float32]
    band: NDArray[np.str_]
    answered: bool
    by_words: NDArray[np.float32] | None = None
    attained: NDArray[np.float64] | None = None


class Searcher:
    """Answers questions about one analysis; keeps its indexes, changes nothing, may be shared by threads."""

    def __init__(self, analysis: Analysis, encoder: Encoder, second: Callable[[], Encoder] = load_second) -> None:
        """Build the index over the analysis' vectors; ``second`` loads the encoder that re-ranks, when it is needed.

        Raises:
            EncoderError: the encoder is not the one that made the vectors.
        """
        if encoder.space != analysis.manifest["encoder"].get("space"):
            raise EncoderError(
                f"The posts were embedded with {analysis.manifest['encoder']['name']}, not {encoder.name}: "
                "their vectors do not compare. Choose that encoder, or analyse the file again with this one."
            )
        self.analysis = analysis
        self._run = self  # what was made once is kept there, for the same posts with other topics and tags too
        self.encoder = encoder
        self._load_second = second
        self._second: SecondLook | None = None
        self.unique = analysis.table[Col.DUPLICATE_OF].null_count()
        languages = analysis.table[Col.LANG].to_list()
        self._offsets = language_offsets(analysis.vectors, languages)
        unrelated, spoken = unrelated_vectors(encoder)
        # Ranked in the space without languages, where translations meet; judged in the encoder's own, where
        # answerable and unanswerable questions part best (benchmarks/questions.py measures both).
        self.judge = Index(analysis.vectors, unrelated)
        # Questions are a register of their own: their common direction says "a question", not what it asks for.
        self._origin = (unrelated - self._offsets.of(spoken)).mean(axis=0)
        self._unrelated = self._offsets.centred(unrelated, spoken, self._origin)
        self.index = Index(self._offsets.centred(analysis.vectors, languages), self._unrelated)

    def over(self, analysis: Analysis) -> Searcher:
        """Return what answers questions about the same posts with what people added since; indexes are shared."""
        if analysis is self.analysis:
            return self
        other = copy.copy(self)
        other.analysis = analysis
        return other

    def prepare_rerank(self, progress: Progress = no_progress) -> SecondLook:
        """Return what reads the first hundred again; the first time, it reads some thousand posts to learn chance.

        Raises:
            EncoderError: the encoder that re-ranks cannot be had.
        """
        run = self._run
        if run._second is None:
            found = self.index.search(self._unrelated, FOUND, self._among(Filter())).rows
            run._second = SecondLook(self._load_second(), self.analysis.table, found, progress)
        return run._second

    @property
    def lexical(self) -> LexicalIndex:
        """The index of words, built when it is first asked for."""
        return self._run._words

    @cached_property
    def _words(self) -> LexicalIndex:
        return LexicalIndex(self.analysis.words.to_list())

    def ask(self, question: Question) -> Answer:
        """Return the posts that answer the question; copies are shown by one of them.

        Raises:
            SettingError: the question is empty, or its mode or count is out of range.
        """
        text = normalise(question.text)
        if not text:
            raise SettingError("Ask something: a word, a sentence, in any language.")
        if question.mode not in MODES:
            raise SettingError(f"“{question.mode}” is no way to search; choose one of {', '.join(MODES)}.")
        k = _checked(question.k)
        language = detect_languages([text])[0][0]
        asked = _Asked(text, language, tokens(text, language), self._among(question.among))
        if question.mode == "words":
            found = self.lexical.search(asked.words, k, asked.where)
            best = float(found.score[0]) if len(found.score) else 1.0
            answer = self._posts(found.rows, None, np.full(len(found.rows), "words"), found.score / best)
            return _told(answer, len(found.rows) > 0, bool(question.among))
        hits = self._first(asked, question.mode == "hybrid", max(k, FOUND) if question.rerank else k)
        if question.rerank:
            hits = self._again(asked, hits, k)
        band, answered = hits.band, hits.answered
        if hits.by_words is not None:
            band = np.where((band == "none") & (hits.by_words > 0), "words", band)
        if self.unique < LEAST_JUDGED:
            band, answered = np.full(len(hits.rows), ""), True
        answered |= bool((band != "none").any())
        posts = self._posts(hits.rows, hits.similarity, band, hits.by_words)
        return _told(
            posts, answered, bool(question.among), self.prepare_rerank().encoder.name if question.rerank else ""
        )

    def _first(self, asked: _Asked, hybrid: bool, k: int) -> _Hits:
        """Return what the encoder of the vectors finds, by meaning alone or with words."""
        plain = self.encoder.encode([asked.text])
        vector = self._offsets.centred(plain, [asked.language], self._origin)
        answered = bool(self.judge.search(plain, JUDGED, asked.where).answered[0])
        if hybrid:
            fused = hybrid_search(self.index, self.lexical, (vector[0], asked.words), k, asked.where)
            band = self.judge.bands(plain[0], fused.rows, self.judge.similarity(plain[0], fused.rows))
            return _Hits(fused.rows, fused.similarity, band, answered, fused.words, fused.attained)
        rows = _found(self.index.search(vector, k, asked.where).rows[0])
        band = self.judge.bands(plain[0], rows, self.judge.similarity(plain[0], rows))
        return _Hits(rows, self.index.similarity(vector[0], rows), band, answered)

    def _again(self, asked: _Asked, hits: _Hits, k: int) -> _Hits:
        """Return the best ``k`` of the hits, ordered and judged by the encoder that re-ranks."""
        look = self.prepare_rerank().at(asked.text, asked.language, hits.rows)
        if hits.attained is None:
            order = np.argsort(-look.similarity, kind="stable")[:k]
            return _Hits(hits.rows[order], look.similarity[order], look.band[order], look.answered)
        judged = Judged(hits.rows, look.similarity, look.chance, hits.attained)
        fused = rank_again(judged, look.strong, k)
        band = dict(zip(hits.rows.tolist(), look.band, strict=True))
        bands = np.array([band[row] for row in fused.rows.tolist()], dtype=look.band.dtype)
        return _Hits(fused.rows, fused.similarity, bands, look.answered, fused.words, fused.attained)

    def like(self, rows: Sequence[int], unlike: Sequence[int] = (), k: int = 15, among: Filter | None = None) -> Answer:
        """Return the posts most like those at positions ``rows`` and unlike those at ``unlike``.

        One post without conditions is answered from the neighbour graph that the map was drawn from.

        Raises:
            SettingError: no post is given, or likes and dislikes cancel out.
        """
        k, among = _checked(k), among or Filter()
        representative = self.analysis.table[Col.REPRESENTATIVE].to_numpy()
        graph = self.analysis.neighbours
        if len(rows) == 1 and not unlike and not among and graph is not None and 0 < k <= graph.rows.shape[1]:
            here = int(np.searchsorted(graph.of, representative[rows[0]]))
            near = graph.rows[here, :k]
            near = near[near >= 0]
            return self._alike(near, self.index.similarity(self.index.vectors[rows[0]], near))
        where = self._among(among)
        where[np.isin(representative, representative[list(rows) + list(unlike)])] = False
        chosen = np.asarray(list(rows), dtype=np.int64)
        avoided = np.asarray(list(unlike), dtype=np.int64) if len(unlike) else None
        vector = more_like_this(self.index.vectors, chosen, avoided)
        near = _found(self.index.search(vector, k, where).rows[0])
        return self._alike(near, self.index.similarity(vector[0], near))

    def _alike(self, rows: Rows, similarity: NDArray[np.float32]) -> Answer:
        return _told(self._posts(rows, similarity, np.full(len(rows), "")), len(rows) > 0)

    def _among(self, among: Filter) -> NDArray[np.bool_]:
        """Return (n,) the posts that pass, one of each group of copies: the first that passes."""
        table = self.analysis.table
        passing = np.flatnonzero(among.mask(table, self.analysis.sets))
        representative = table[Col.REPRESENTATIVE].to_numpy()[passing]
        _, first = np.unique(representative, return_index=True)
        where = np.zeros(table.height, dtype=bool)
        where[passing[first]] = True
        return where

    def _posts(
        self,
        rows: Rows,
        similarity: NDArray[np.float32] | None,
        band: NDArray[np.str_],
        by_words: NDArray[np.float32] | None = None,
    ) -> pl.DataFrame:
        words = np.zeros(len(rows), dtype=np.float32) if by_words is None else by_words
        meaning = np.zeros(len(rows), dtype=np.float32) if similarity is None else 1 - words
        return self.analysis.table[rows].with_columns(
            pl.Series("position", rows, dtype=pl.Int64),
            pl.Series("similarity", [None] * len(rows) if similarity is None else similarity, dtype=pl.Float32),
            pl.Series("band", [str(item) for item in band], dtype=pl.Utf8),
            pl.Series("by_meaning", meaning, dtype=pl.Float32),
            pl.Series("by_words", words, dtype=pl.Float32),
        )


def _found(rows: Rows) -> Rows:
    return rows[rows >= 0]


def _checked(k: int) -> int:
    if not 1 <= k <= MOST_RESULTS:
        raise SettingError(f"Ask for 1 to {MOST_RESULTS:,} posts, not for {k:,}.")
    return k


def _told(posts: pl.DataFrame, answered: bool, filtered: bool = False, by: str = "") -> Answer:
    answer = _judged(posts, answered, filtered)
    return replace(answer, sentence=f"{answer.sentence} Re-ranked by {by}.") if by and posts.height else answer


def _judged(posts: pl.DataFrame, answered: bool, filtered: bool) -> Answer:
    if not posts.height:
        why = "No post that passes the filter matches." if filtered else "No post matches."
        return Answer(posts, False, why)
    if not answered:
        told = (
            "Nothing here matches: no post is closer to the question than chance. The nearest are listed all the same."
        )
        return Answer(posts, False, told)
    bands = posts["band"].to_list()
    likely = sum(band == "strong" for band in bands)
    maybe = sum(band == "maybe" for band in bands)
    if not likely + maybe and "words" not in bands:
        return Answer(posts, True, f"The {posts.height:,} nearest posts, best first.")
    shared = sum(band == "words" for band in bands)
    weak = posts.height - likely - maybe - shared
    counts = ((likely, "strong"), (maybe, "maybe"), (shared, "sharing words"), (weak, "that may be chance"))
    parts = [f"{count:,} {kind}" for count, kind in counts if count]
    return Answer(posts, True, f"The {posts.height:,} nearest posts, best first: {', '.join(parts)}.")


def can_rerank(manifest: Mapping[str, Any]) -> bool:
    """Return whether a closer encoder than the one that made the vectors can put its finds in order."""
    return manifest["encoder"].get("runtime") == "static"


def encoder_of(analysis: Analysis) -> Encoder:
    """Return the encoder that made the analysis' vectors, to embed questions with.

    Raises:
        EncoderError: it cannot be had any more.
    """
    made_by = analysis.manifest["encoder"]
    return load_encoder(loads_by(made_by), consent=consent_to(made_by.get("send_to", "")))
