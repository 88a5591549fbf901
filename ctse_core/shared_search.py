"""Questions to a shared project: what a searcher does with arrays is asked of the database, post for post the same."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.asking import Asked, Question, holding, phrases_of
from ctse_core.crisis.gazetteer import PLACES_SCHEMA
from ctse_core.crisis_layer import Layer
from ctse_core.encoders import Encoder
from ctse_core.errors import EncoderError, SettingError
from ctse_core.filters import Filter
from ctse_core.question import Searcher
from ctse_core.search import Hits, more_like_this
from ctse_core.search.confidence import QuestionBackground
from ctse_core.search.interface import Condition, Where
from ctse_core.second_look import FOUND, SecondLook, load_second
from ctse_core.served.address import Address
from ctse_core.served.passing import Passing
from ctse_core.served.posts import SharedPosts, SharedWords
from ctse_core.shared_calibration import Calibration, read_calibration
from ctse_core.sharing import CALIBRATION, PLACES, TOPICS
from ctse_core.stored import Analysis
from ctse_core.types import Col, Progress, Rows, Vectors, no_progress
from ctse_core.words import t

AMONG = 4  # times as many of the ranked nearest as are wanted by the plain cosine, among which these are found
MOST_HELD = 5_000  # posts whose vectors are kept from one question's step to the next


def passing_of(among: Filter) -> Passing:
    """Return the filter as conditions on a shared project's posts.

    Raises:
        SettingError: it names kept sets, which stay with the project they were kept in.
    """
    if among.sets:
        raise SettingError("Kept sets stay in the project they were kept in; search that, or leave the set out.")
    told: list[Condition] = []
    for fact, values, none in (
        (Col.LANG, among.languages, None),
        (Col.CLUSTER, among.topics, None),
        (Col.FILE, among.files, None),
        (Col.NEEDS, among.needs, ""),
        (Col.WITHIN, among.located, ""),
        (Col.TAGS, among.tags, ""),
        (Col.PLACE, among.places, ""),
        (Col.OWNER, among.owners, ""),
        (Col.URGENCY, among.urgencies, -1),
        (Col.STATE, among.states, "new"),
    ):
        if values:
            told.append(Condition(fact, any_of=tuple(values), missing=none is not None and none in values))
    if among.since is not None or among.until is not None:
        told.append(Condition(Col.TIME, at_least=among.since, below=among.until))
    if among.undated:
        told.append(Condition(Col.TIME, missing=True))
    if among.originals:
        told.append(Condition(Col.DUPLICATE_OF, missing=True))
    return Passing(Where(tuple(told)), words=among.words.strip(), outline=tuple(among.area))


@dataclass(frozen=True)
class _Space:
    """One of the two spaces of a shared project, with what a searcher asks of an index over all its vectors."""

    posts: SharedPosts
    held: _Held
    calibration: Calibration
    background: QuestionBackground
    ranked: bool

    def search(self, queries: Vectors, k: int, where: Passing | None = None, languages: Sequence[str] = ()) -> Hits:
        """Return the ``k`` posts most similar to each query (q, d); see search.VectorIndex."""
        asked = _unit(np.atleast_2d(queries))
        spoken = list(languages) or [""] * len(asked)
        found = [
            self._nearest(query, k, where if where is not None else Passing(), lang)
            for query, lang in zip(asked, spoken, strict=True)
        ]
        rows = np.full((len(asked), k), -1, dtype=np.int64)
        similarity = np.zeros((len(asked), k), dtype=np.float32)
        band = np.full((len(asked), k), "none", dtype="<U6")
        answered = np.zeros(len(asked), dtype=bool)
        for row, (here, near) in enumerate(found):
            rows[row, : len(here)], similarity[row, : len(here)] = here, near
            band[row, : len(here)] = self.bands(asked[row], here, near, spoken[row])
            told = [spoken[row]] if spoken[row] else ()
            answered[row] = bool(len(here)) and bool(
                self._among(here).answered(asked[row][None], np.arange(len(here))[None], near[None], told)[0]
            )
        return Hits(rows, similarity, band, answered)

    def similarity(self, query: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return the cosine (m,) of one query (d,) with the posts at ``rows`` (m,)."""
        unit = _unit(np.atleast_2d(query))[0].astype(np.float64)
        # Row by row: a post has the same cosine whatever others are looked at with it.
        return (self._vectors(rows).astype(np.float64) * unit).sum(axis=1).astype(np.float32)

    def bands(
        self, query: Vectors, rows: Rows, similarity: NDArray[np.float32], language: str = ""
    ) -> NDArray[np.str_]:
        """Return the band (m,) of the posts at ``rows`` (m,), given their similarity (m,) to a query (d,)."""
        if not len(rows):
            return np.zeros(0, dtype="<U6")
        unit, here = _unit(np.atleast_2d(query)), np.arange(len(rows))[None]
        told = [language] if language else ()
        return self._among(rows).bands(unit, here, similarity[None], told)[0]

    def _nearest(self, query: Vectors, k: int, where: Passing, language: str) -> tuple[Rows, NDArray[np.float32]]:
        if not query.any():
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        if self.ranked:
            rows = self.posts.nearest(query, k, where)[0]
        else:
            # In the encoder's own space posts of the question's language lie nearer: they are looked for twice.
            rows = self.posts.nearest(query, AMONG * k, where)[0]
            if language:
                same = Where((*where.where.conditions, Condition(Col.LANG, any_of=(language,))))
                rows = np.union1d(rows, self.posts.nearest(query, k, replace(where, where=same))[0])
        near = self.similarity(query, rows)
        best = np.lexsort((rows, -near))[:k]
        return rows[best], near[best]

    def _vectors(self, rows: Rows) -> Vectors:
        vectors, norms, _, languages = self.held.of(rows)
        return vectors if self.ranked else _unit(self.calibration.plain(vectors, norms, languages))

    def _among(self, rows: Rows) -> QuestionBackground:
        return replace(self.background, hubness=self.held.of(rows)[2][:, 1 if self.ranked else 0])


class _Held:
    """Vectors that were fetched for one step of a question, for the next one."""

    def __init__(self, posts: SharedPosts) -> None:
        self._posts = posts
        self._known: dict[int, tuple[Any, ...]] = {}

    def of(self, rows: Rows) -> tuple[Vectors, NDArray[np.float32], NDArray[np.float32], list[str]]:
        known = self._known
        missing = np.array([row for row in dict.fromkeys(rows.tolist()) if row not in known], dtype=np.int64)
        if len(missing):
            known = known if len(known) < MOST_HELD else {row: known[row] for row in rows.tolist() if row in known}
            vectors, norms, hubs, languages = self._posts.vectors(missing)
            told = zip(missing.tolist(), vectors, norms, hubs, languages, strict=True)
            self._known = known = known | {row: (vector, norm, hub, lang) for row, vector, norm, hub, lang in told}
        found = [known[row] for row in rows.tolist()]
        wide = self._posts.width
        return (
            np.array([one[0] for one in found], dtype=np.float32).reshape(-1, wide),
            np.array([one[1] for one in found], dtype=np.float32),
            np.array([one[2] for one in found], dtype=np.float32).reshape(-1, 2),
            [one[3] for one in found],
        )


class _Texts:
    """A shared project's posts, read by the encoder that re-ranks."""

    def __init__(self, posts: SharedPosts) -> None:
        self._posts = posts
        self.sample = np.array(posts.project.told["sample"], dtype=np.int64)

    def texts(self, rows: Rows) -> list[str]:
        return self._posts.column(Col.COMPARED, rows)

    def languages(self, rows: Rows) -> list[str]:
        return self._posts.column(Col.LANG, rows)


class SharedSearcher(Searcher):
    """Answers questions about a shared project; may be shared by threads."""

    def __init__(self, address: Address, encoder: Callable[[Analysis], Encoder], second: Any = load_second) -> None:
        """Open the project; ``encoder`` gives the encoder that made its vectors.

        Raises:
            ServerError: the database cannot be reached, or holds no such project.
            EncoderError: the encoder is not the one that made the vectors.
        """
        self.posts = SharedPosts(address)
        self.analysis = self._outline()
        self.encoder = encoder(self.analysis)
        if self.encoder.space != self.analysis.manifest["encoder"].get("space"):
            raise EncoderError(
                f"The posts were embedded with {self.analysis.manifest['encoder']['name']}, not {self.encoder.name}: "
                "their vectors do not compare. Choose that encoder."
            )
        self._load_second = second
        self._second: list[SecondLook] = []
        self._parts: list[dict[str, Vectors]] = [{}]
        self.unique = int(self.posts.project.told["unique"])
        known = read_calibration(self.posts.project.kept[CALIBRATION])
        self._offsets, self._origin, self._unrelated = known.offsets, known.origin, known.rank.unrelated
        held = _Held(self.posts)
        self.judge: Any = _Space(self.posts, held, known, known.judge, ranked=False)
        self.index: Any = _Space(self.posts, held, known, known.rank, ranked=True)

    @property
    def lexical(self) -> Any:
        """The index of words, in the database."""
        return SharedWords(self.posts)

    def position_of(self, ids: Sequence[str]) -> tuple[int, ...]:
        """Return where the posts with these ids stand.

        Raises:
            SettingError: there is no such post.
        """
        found = self.posts.positions(ids)
        for wanted in ids:
            if wanted not in found:
                raise SettingError(f"There is no post with the id “{wanted}” in {self.posts.server.address.shown}.")
        return tuple(found[wanted] for wanted in ids)

    def prepare_rerank(self, progress: Progress = no_progress) -> SecondLook:
        """Return what reads the first hundred again; see Searcher."""
        if not self._second:
            found = self.index.search(self._unrelated, FOUND).rows
            self._second.append(SecondLook(self._load_second(), _Texts(self.posts), found, progress))
        return self._second[0]

    def _outline(self) -> Analysis:
        """Return the project without its posts: a table that holds each value of each column by which is filtered."""
        project = self.posts.project
        values = {name: self.posts.values(name) for name in (Col.LANG, Col.CLUSTER, Col.FILE, Col.PLACE, Col.OWNER)}
        values[Col.TAGS] = [[value] for value in self.posts.values(Col.TAGS)]
        longest = max(1, *(len(one) for one in values.values()))
        columns = {
            name: pl.Series(
                name, (one or [None]) + (one or [None])[-1:] * (longest - max(1, len(one))), dtype=_DTYPES[name]
            )
            for name, one in values.items()
        }
        return Analysis(
            table=pl.DataFrame(columns),
            vectors=np.zeros((0, self.posts.width), dtype=np.float32),
            topics=_parquet(project.kept[TOPICS]),
            empty=pl.DataFrame(),
            unreadable=pl.DataFrame(),
            manifest=project.told["manifest"],
            words=pl.Series([], dtype=pl.List(pl.String)),
            crisis=self._layer(),
        )

    def _layer(self) -> Layer:
        from ctse_core.crisis.schemes import scheme_of_dict

        kept, scheme = self.posts.project.kept.get(PLACES), self.posts.project.told.get("scheme")
        places = _parquet(kept) if kept else pl.DataFrame(schema=PLACES_SCHEMA)
        return Layer(scheme_of_dict(scheme) if scheme else None, places)

    def _pointing(self, question: Question, text: Vectors | None) -> Vectors:
        if not question.like and not question.unlike and text is not None:
            return text
        chosen = np.array([*question.like, *question.unlike], dtype=np.int64)
        places = np.arange(len(chosen))
        vectors = self.posts.vectors(chosen)[0]
        return more_like_this(vectors, places[: len(question.like)], places[len(question.like) :], text)

    def _by_words(self, asked: Asked, k: int, where: Any) -> pl.DataFrame:
        rows = self.lexical.search(asked.words, k, where).rows
        if asked.patterns:
            rest = self.posts.firsts(where, k, rows.tolist())
            rows = np.concatenate([rows, rest[: k - len(rows)]])
        return self._posts(rows, None, np.full(len(rows), "words"), np.ones(len(rows), dtype=np.float32))

    def _like(self, question: Question) -> tuple[Rows, NDArray[np.float32]]:
        vector = self._pointing(question, None)
        found = self.index.search(vector, question.k, self._allowed(question, None))
        here = found.rows[0] >= 0
        return found.rows[0][here], found.similarity[0][here]

    def _check(self, question: Question) -> None:
        posts = self.posts.project.posts
        for row in (*question.like, *question.unlike):
            if not 0 <= row < posts:
                raise SettingError(
                    t("There is no post {row:,}; these posts are numbered 0 to {last:,}.", row=row, last=posts - 1)
                )

    def _allowed(self, question: Question, asked: Asked | None) -> Any:
        passing = passing_of(question.among)
        if asked and asked.patterns:
            passing = replace(passing, only=self._holding(question, asked, passing))
        chosen = [*question.like, *question.unlike]
        if chosen:
            table = self.posts.table(np.array(chosen, dtype=np.int64))
            passing = replace(passing, without=tuple(table[Col.REPRESENTATIVE].to_list()))
        return passing

    def _holding(self, question: Question, asked: Asked, passing: Passing) -> tuple[int, ...]:
        """Return the positions of the posts that pass and hold every pattern; those far from it stay where they are."""
        phrases = phrases_of(question.text)
        near = replace(passing, compared=phrases[0]) if phrases and len(phrases) == len(asked.patterns) else passing
        found: list[int] = []
        for rows, texts in self.posts.texts(Col.COMPARED, near):
            found += rows[holding(texts, asked.patterns)].tolist()
        return tuple(found)

    def _posts(
        self,
        rows: Rows,
        similarity: NDArray[np.float32] | None,
        band: NDArray[np.str_],
        by_words: NDArray[np.float32] | None = None,
    ) -> pl.DataFrame:
        words = np.zeros(len(rows), dtype=np.float32) if by_words is None else by_words
        return self.posts.table(rows).with_columns(
            pl.Series("position", rows, dtype=pl.Int64),
            pl.Series("similarity", [None] * len(rows) if similarity is None else similarity, dtype=pl.Float32),
            pl.Series("band", [str(item) for item in band], dtype=pl.Utf8),
            pl.Series("by_meaning", 1 - words, dtype=pl.Float32),
            pl.Series("by_words", words, dtype=pl.Float32),
        )


_DTYPES: dict[str, Any] = {
    Col.LANG: pl.String, Col.CLUSTER: pl.Int32, Col.FILE: pl.Int16, Col.PLACE: pl.String, Col.OWNER: pl.String,
    Col.TAGS: pl.List(pl.String),
}  # fmt: skip


def _parquet(written: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(written))


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
