"""Questions to an analysis: posts by meaning, by words or both; more like some posts and less like others."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.analysis import Analysis
from ctse_core.answer import Answer, told
from ctse_core.asking import MODES, MOST_RESULTS, Asked, Mode, Question, holding, made_ready
from ctse_core.encoders import Encoder, load_encoder
from ctse_core.errors import EncoderError, SettingError
from ctse_core.filters import Filter
from ctse_core.indexes import indexes_of, lexical_of
from ctse_core.manifest import consent_to, loads_by
from ctse_core.project import Project
from ctse_core.search import Judged, LexicalIndex, hybrid_search, more_like_this, rank_again
from ctse_core.second_look import FOUND, JUDGED, SecondLook, load_second
from ctse_core.types import Col, Progress, Rows, Vectors, no_progress
from ctse_core.words import t

__all__ = ["MODES", "Answer", "Mode", "Question", "Searcher", "can_rerank", "encoder_of"]

IN_FULL = 0.8  # of what a question's words could score, by which a post answers it without the encoder
MOST_PARTS = 20_000  # vectors of parts of posts that are remembered
NEAREST_LIKE = 20  # posts nearest to those chosen that count as matching
MOST_MASKS = 8  # filters whose posts are remembered
LEAST_JUDGED = 30  # unique posts below which nothing can be said about chance


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

    def __init__(
        self,
        analysis: Analysis,
        encoder: Encoder,
        second: Callable[[], Encoder] = load_second,
        project: Project | None = None,
    ) -> None:
        """Build the index over the analysis' vectors; ``second`` loads the encoder that re-ranks, when it is needed.

        Of many posts the indexes are kept in the ``project``, where one is given, and read from there.

        Raises:
            EncoderError: the encoder is not the one that made the vectors.
        """
        if encoder.space != analysis.manifest["encoder"].get("space"):
            raise EncoderError(
                f"The posts were embedded with {analysis.manifest['encoder']['name']}, not {encoder.name}: "
                "their vectors do not compare. Choose that encoder, or analyse the file again with this one."
            )
        self.analysis = analysis
        self.encoder = encoder
        self._load_second = second
        self._project = project
        # Made when first asked for, and shared with the searchers that ``over`` gives: one of each at most.
        self._second: list[SecondLook] = []
        self._lexical: list[LexicalIndex] = []
        self._parts: list[dict[str, Vectors]] = [{}]
        self._masks: OrderedDict[tuple[int, Filter], tuple[pl.DataFrame, NDArray[np.bool_]]] = OrderedDict()
        self._originals: NDArray[np.bool_] = analysis.table[Col.DUPLICATE_OF].is_null().to_numpy()
        self.unique = int(self._originals.sum())
        made = indexes_of(analysis, encoder, project)
        self._offsets, self._origin, self._unrelated = made.offsets, made.origin, made.unrelated
        self.judge, self.index = made.judge, made.index

    def over(self, analysis: Analysis) -> Searcher:
        """Return this searcher over the same posts with other topics, tags or sets; the indexes are shared."""
        other = copy.copy(self)
        other.analysis = analysis
        return other

    def prepare_rerank(self, progress: Progress = no_progress) -> SecondLook:
        """Return what reads the first hundred again; the first time, it reads some thousand posts to learn chance.

        Raises:
            EncoderError: the encoder that re-ranks cannot be had.
        """
        if not self._second:
            found = self.index.search(self._unrelated, FOUND, self._among(Filter())).rows
            self._second.append(SecondLook(self._load_second(), self.analysis.table, found, progress))
        return self._second[0]

    @property
    def lexical(self) -> LexicalIndex:
        """The index of words, built when it is first asked for."""
        if not self._lexical:
            self._lexical.append(lexical_of(self.analysis, self._project))
        return self._lexical[0]

    def ask(self, question: Question) -> Answer:
        """Return the posts that answer the question; copies are shown by one of them.

        Posts to seek and to avoid are never among them, nor are their copies. They are sought by meaning, also where
        words were asked for.

        Raises:
            SettingError: nothing is asked, its mode or count is out of range, or likes and dislikes cancel out.
        """
        asked = made_ready(question)
        self._check(question)
        sought = bool(question.like or question.unlike)
        if not asked.text:
            rows, similarity = self._like(question)
            return told(self._posts(rows, similarity, np.full(len(rows), "")), len(rows) > 0, bool(question.among))
        where = self._allowed(question, asked)
        filtered = bool(question.among) or bool(asked.patterns)
        if question.mode == "words" and not sought:
            posts = self._by_words(asked, question.k, where)
            return told(posts, posts.height > 0, filtered)
        rerank = question.rerank and not sought
        hits = self._first(question, asked, where)
        if rerank:
            hits = self._again(asked, hits, question.k)
        band, answered = hits.band, hits.answered
        if hits.by_words is not None:
            band = np.where((band == "none") & (hits.by_words > 0), "words", band)
        if self.unique < LEAST_JUDGED:
            band, answered = np.full(len(hits.rows), ""), True
        answered |= bool((band == "strong").any()) or _held_in_full(hits)
        band = band if answered else np.where(band == "maybe", "none", band)
        best = np.argsort(band != "strong", kind="stable")  # who reads only the first must read the surest
        by_words = None if hits.by_words is None else hits.by_words[best]
        posts = self._posts(hits.rows[best], hits.similarity[best], band[best], by_words)
        return told(posts, answered, filtered, self.prepare_rerank().encoder.name if rerank else "")

    def matching(self, question: Question, first: int = 0) -> pl.DataFrame:
        """Return the posts from position ``first`` on that match, best first: strong or maybe, none a copy.

        By words, posts that hold all of them; sought by posts alone, those among the nearest 20 of all.

        Raises:
            SettingError: as ``ask`` does.
        """
        asked = made_ready(question)
        self._check(question)
        sought = bool(question.like or question.unlike)
        if not asked.text:
            found = self._like(replace(question, k=NEAREST_LIKE))[0]
            return self._new(found, first)
        where = self._allowed(question, asked)
        new = where & (np.arange(len(where)) >= first)
        if question.mode == "words" and not sought:
            found = self._by_words(asked, MOST_RESULTS, new)["position"].to_numpy()
            held = self.analysis.words[found].to_list()
            whole = [set(asked.words) <= set(words) for words in held]
            return self._new(found[np.array(whole, dtype=bool)], first)
        wide = replace(question, k=MOST_RESULTS, rerank=question.rerank and not sought)
        hits = self._first(wide, asked, new)
        if wide.rerank:
            hits = self._again(asked, hits, MOST_RESULTS)
        plain = self.encoder.encode([asked.text])
        answered = hits.answered or bool(self.judge.search(plain, JUDGED, where, [asked.language]).answered[0])
        sure = (hits.band == "strong") | ((hits.band == "maybe") & answered)
        return self._new(hits.rows[sure & (self.unique >= LEAST_JUDGED)], first)

    def _new(self, rows: Rows, first: int) -> pl.DataFrame:
        rows = rows[(rows >= first) & (self._representative(rows) >= first)]
        return self.analysis.table[rows].with_columns(pl.Series("position", rows, dtype=pl.Int64))

    def like(self, rows: Sequence[int], unlike: Sequence[int] = (), k: int = 15, among: Filter | None = None) -> Answer:
        """Return the posts most like those at positions ``rows`` and unlike those at ``unlike``.

        Raises:
            SettingError: no post is given, or likes and dislikes cancel out.
        """
        return self.ask(Question("", "meaning", k, among or Filter(), like=tuple(rows), unlike=tuple(unlike)))

    def direction(self, question: Question) -> Vectors:
        """Return (1, d) where the question points to among the posts: its text, the posts to seek and to avoid.

        Raises:
            SettingError: nothing is asked, or likes and dislikes cancel out.
        """
        asked = made_ready(question)
        return self._pointing(question, self._moved(asked) if asked.text else None)

    def nearness(self, question: Question) -> Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]:
        """Return what gives the similarity (m,) of m texts, in their languages, to the question.

        Raises:
            SettingError: nothing is asked, or likes and dislikes cancel out.
        """
        if question.rerank and not question.like and not question.unlike:
            asked = made_ready(question)
            return self.prepare_rerank().nearness(asked.text, asked.language)
        wanted = self.direction(question)[0]
        return lambda texts, spoken: self._offsets.centred(self._read(texts), spoken) @ wanted

    def _read(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors (m, d) of parts of posts; those of before are remembered."""
        known = dict(self._parts[0])
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= zip(new, self.encoder.encode(new), strict=True)
            self._parts[0] = known if len(known) <= MOST_PARTS else dict(list(known.items())[len(known) // 2 :])
        return np.array([known[text] for text in texts], dtype=np.float32)

    def _moved(self, asked: Asked, plain: Vectors | None = None) -> Vectors:
        """Return the text's vector (1, d) in the space in which posts are ranked."""
        plain = self.encoder.encode([asked.text]) if plain is None else plain
        return self._offsets.centred(plain, [asked.language], self._origin)

    def _pointing(self, question: Question, text: Vectors | None) -> Vectors:
        if not question.like and not question.unlike and text is not None:
            return text
        unlike = np.asarray(question.unlike, dtype=np.int64)
        return more_like_this(self.index.vectors, np.asarray(question.like, dtype=np.int64), unlike, text)

    def _by_words(self, asked: Asked, k: int, where: NDArray[np.bool_]) -> pl.DataFrame:
        """Return the posts that share words with the question; those that hold what stands in quotes in any case."""
        rows = self.lexical.search(asked.words, k, where).rows
        if asked.patterns:
            rest = where.copy()
            rest[rows] = False
            rows = np.concatenate([rows, np.flatnonzero(rest)[: k - len(rows)]])
        return self._posts(rows, None, np.full(len(rows), "words"), np.ones(len(rows), dtype=np.float32))

    def _first(self, question: Question, asked: Asked, where: NDArray[np.bool_]) -> _Hits:
        """Return what the encoder of the vectors finds, by meaning alone or with words."""
        plain = self.encoder.encode([asked.text])
        vector = self._pointing(question, self._moved(asked, plain))
        answered = bool(self.judge.search(plain, JUDGED, where, [asked.language]).answered[0])
        k = max(question.k, FOUND) if question.rerank else question.k
        if question.mode == "meaning":
            rows = _found(self.index.search(vector, k, where).rows[0])
            return _Hits(rows, self.index.similarity(vector[0], rows), self._bands(asked, plain, rows), answered)
        fused = hybrid_search(self.index, self.lexical, (vector[0], asked.words), k, where)
        band = self._bands(asked, plain, fused.rows)
        return _Hits(fused.rows, fused.similarity, band, answered, fused.words, fused.attained)

    def _bands(self, asked: Asked, plain: Vectors, rows: Rows) -> NDArray[np.str_]:
        return self.judge.bands(plain[0], rows, self.judge.similarity(plain[0], rows), asked.language)

    def _again(self, asked: Asked, hits: _Hits, k: int) -> _Hits:
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

    def _like(self, question: Question) -> tuple[Rows, NDArray[np.float32]]:
        """Return posts sought by posts alone; one without conditions by the graph that the map was drawn from."""
        graph, k = self.analysis.neighbours, question.k
        alone = len(question.like) == 1 and not question.unlike and not question.among
        if alone and graph is not None and k <= graph.rows.shape[1]:
            row = question.like[0]
            here = int(np.searchsorted(graph.of, self._representative(row)))
            near = _found(graph.rows[here, :k])
            return near, self.index.similarity(self.index.vectors[row], near)
        vector = self._pointing(question, None)
        near = _found(self.index.search(vector, k, self._allowed(question, None)).rows[0])
        return near, self.index.similarity(vector[0], near)

    def _check(self, question: Question) -> None:
        posts = self.analysis.table.height
        for row in (*question.like, *question.unlike):
            if not 0 <= row < posts:
                raise SettingError(
                    t("There is no post {row:,}; these posts are numbered 0 to {last:,}.", row=row, last=posts - 1)
                )

    def _representative(self, rows: int | Sequence[int] | Rows) -> Any:
        return self.analysis.table[Col.REPRESENTATIVE].to_numpy()[rows]

    def _allowed(self, question: Question, asked: Asked | None) -> NDArray[np.bool_]:
        """Return (n,) the posts that may answer: they pass the filter, hold the phrases, and are not the chosen."""
        where = self._among(question.among, asked.patterns if asked else ())
        chosen = [*question.like, *question.unlike]
        if chosen:
            where[np.isin(self.analysis.table[Col.REPRESENTATIVE].to_numpy(), self._representative(chosen))] = False
        return where

    def _among(self, among: Filter, patterns: Sequence[str] = ()) -> NDArray[np.bool_]:
        """Return (n,) the posts that pass, one of each group of copies: the first that passes."""
        if patterns:
            held = holding(self.analysis.table[Col.COMPARED], patterns)
            return self._first_of_copies(among.mask(self.analysis.table, self.analysis.sets) & held)
        table = self.analysis.table
        known = self._masks.pop((id(table), among), None)  # the same filter mostly stands for several questions
        if known is None or known[0] is not table:
            known = (table, self._first_of_copies(among.mask(table, self.analysis.sets)))
        self._masks[id(table), among] = known
        while len(self._masks) > MOST_MASKS:
            self._masks.popitem(last=False)
        return known[1].copy()

    def _first_of_copies(self, passes: NDArray[np.bool_]) -> NDArray[np.bool_]:
        # The first of each group is an original: where it passes, its copies need not be looked at.
        where = passes & self._originals
        among_copies = np.flatnonzero(passes & ~self._originals)
        of = self._representative(among_copies)
        left = ~passes[of]
        where[among_copies[left][np.unique(of[left], return_index=True)[1]]] = True
        return where

    def _posts(
        self,
        rows: Rows,
        similarity: NDArray[np.float32] | None,
        band: NDArray[np.str_],
        by_words: NDArray[np.float32] | None = None,
    ) -> pl.DataFrame:
        words = np.zeros(len(rows), dtype=np.float32) if by_words is None else by_words
        return self.analysis.table[rows].with_columns(
            pl.Series("position", rows, dtype=pl.Int64),
            pl.Series("similarity", [None] * len(rows) if similarity is None else similarity, dtype=pl.Float32),
            pl.Series("band", [str(item) for item in band], dtype=pl.Utf8),
            pl.Series("by_meaning", 1 - words, dtype=pl.Float32),
            pl.Series("by_words", words, dtype=pl.Float32),
        )


def _held_in_full(hits: _Hits) -> bool:
    """Return whether a post holds about all that the question's words could score."""
    return hits.attained is not None and bool((hits.attained >= IN_FULL).any())


def _found(rows: Rows) -> Rows:
    return rows[rows >= 0]


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
