"""What needs are judged by, and the judgement: examples, terms and marks against the unique posts of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.learning import LEAST, Marks, best_cuts, learnt, left_out
from ctse_core.crisis.needs import (
    Evidence,
    Space,
    adopted,
    centred,
    find_terms,
    of_collection,
    of_examples,
    term_scores,
    told,
    usual_cut,
)
from ctse_core.crisis.schemes import BUILT_IN, Example, InfoType, Scheme, alarm, built_in
from ctse_core.crisis.urgency import alarm_scores, levels, middle_of, of_levels
from ctse_core.encoders import Encoder
from ctse_core.project.need_marks import NeedMark
from ctse_core.remembered import remembered
from ctse_core.structure import language_offsets
from ctse_core.text import normalise
from ctse_core.types import Col, Progress, Rows, Vectors, no_progress

_FEW_WORDS = 2  # beside hashtags, of a post that carries only these


def judged_types(scheme: Scheme) -> tuple[InfoType, ...]:
    """Return the scheme's types, and behind them a type of posts that tell no need where it has none."""
    if any(one.aside for one in scheme.types):
        return scheme.types
    aside = next(one for one in built_in(BUILT_IN[0]).types if one.aside)
    return (*scheme.types, aside)


@dataclass(frozen=True)
class Posts:
    """The u unique posts of a table of n: their ``rows`` (u,) in it, their ``table``, and the vectors ``all`` (n, d).

    Post i of the whole table is unique post ``of[i]``.
    """

    table: pl.DataFrame
    all: Vectors
    rows: Rows
    of: NDArray[np.int64]

    @property
    def at(self) -> Rows | None:
        """(u,) where the unique posts stand among all vectors, None where those are all of them."""
        return None if len(self.rows) == len(self.all) else self.rows

    @cached_property
    def vectors(self) -> Vectors:
        """(u, d) the vectors of the unique posts: a copy, where there are copies among the posts."""
        return self.all if self.at is None else np.asarray(self.all[self.rows])


def unique_posts(table: pl.DataFrame, vectors: Vectors) -> Posts:
    """Return the unique posts of a posts table with its vectors (n, d); copies stand for one of them."""
    rows, of = np.unique(table[Col.REPRESENTATIVE].to_numpy(), return_inverse=True)
    return Posts(table if len(rows) == table.height else table[rows], vectors, rows, of)


@dataclass(frozen=True)
class Ground:
    """What needs are judged by before anybody marked a post; made once a run and scheme, and kept.

    ``space`` are the u unique posts at ``rows`` (u,) of the table, post i of the table is unique post ``of[i]``.
    ``types`` (c) with ``terms`` (u, c) and ``open`` (u, c), whether a type asks nothing else of the post's form.
    """

    types: tuple[InfoType, ...]
    space: Space
    rows: Rows
    of: NDArray[np.int64]
    terms: NDArray[np.float32]
    open: NDArray[np.bool_]
    alarm: NDArray[np.float32]
    needs: Evidence
    urgency: Evidence
    examples: Vectors
    """(m, d) unit rows of all examples, type after type, then those of the levels of urgency."""

    @cached_property
    def aside(self) -> NDArray[np.bool_]:
        """(c,) the types of posts that tell no need."""
        return np.array([one.aside for one in self.types])

    def scores(self, judge: Evidence) -> NDArray[np.float32]:
        """Return the scores (u, c) of the unique posts by ``judge``."""
        found = self.space.times(judge.weights()) + judge.mean.astype(np.float32) + self.terms
        return np.where(self.open, found, np.float32(-1))

    def marks_of(self, marks: Sequence[NeedMark]) -> tuple[Rows, Marks]:
        """Return the unique posts (m,) whose needs were marked last so, and the marks to learn from."""
        place = {one.key: number for number, one in enumerate(self.types)}
        latest = {int(self.of[mark.position]): mark.needs for mark in marks if mark.needs is not None}
        rows = np.array(sorted(latest), dtype=np.int64)
        wanted = np.zeros((len(rows), len(self.types)), dtype=np.float32)
        for number, row in enumerate(rows.tolist()):
            keys = [key for key in latest[row] or () if key in place]
            wanted[number, [place[key] for key in keys] if keys else np.flatnonzero(self.aside)] = 1
        return rows, Marks(self.space.rows(rows), wanted, self.terms[rows])


@dataclass(frozen=True)
class Judged:
    """The unique posts as judged now: ``scores`` and ``margins`` (u, c), ``cuts`` (c,), ``told`` (u, c).

    ``marked`` (m,) are the unique posts whose needs people said, ``learns`` whether that was learnt from.
    """

    ground: Ground
    scores: NDArray[np.float32]
    margins: NDArray[np.float32]
    cuts: NDArray[np.float64]
    told: NDArray[np.bool_]
    marked: Rows
    marks: Marks
    joined: Evidence
    learns: bool


def judged_by(ground: Ground, marks: Sequence[NeedMark]) -> Judged:
    """Return the unique posts as the ground and the ``marks`` of its scheme judge them."""
    rows, said = ground.marks_of(marks)
    learns = len(rows) >= LEAST
    joined = learnt(ground.needs, said) if len(rows) else ground.needs
    judge = joined if learns else ground.needs
    cuts = (
        best_cuts(left_out(joined, said), said.wanted)
        if learns
        else np.full(len(ground.types), usual_cut(len(ground.types)))
    )
    scores = ground.scores(judge)
    passes, margins = told(scores, cuts, ground.aside)
    passes &= ground.space.filled[:, None]
    return Judged(ground, scores, margins, cuts, passes, rows, said, joined, learns)


def columns_of(ground: Ground, marks: Sequence[NeedMark]) -> pl.DataFrame:
    """Return needs, urgency and urgency_score of the n posts, as the ground and the marks of its scheme have them."""
    found = judged_by(ground, marks)
    passes, margins = found.told.copy(), found.margins.copy()
    if len(found.marked):
        passes[found.marked] = (found.marks.wanted > 0) & ~ground.aside
    scores = urgency_scores(ground, marks)
    level = levels(scores)
    said = {int(ground.of[mark.position]): mark.urgency for mark in marks if mark.urgency is not None}
    for row, urgency in said.items():
        level[row], scores[row] = urgency, middle_of(urgency)
    filled = ground.space.filled.copy()
    filled[list(said)] = True
    return pl.DataFrame(
        {
            Col.NEEDS: _key_lists(passes, margins, [one.key for one in ground.types]).gather(ground.of),
            Col.URGENCY: pl.Series(level, dtype=pl.Int8).set(pl.Series(~filled), None).gather(ground.of),
            Col.URGENCY_SCORE: pl.Series(scores, dtype=pl.Float32).set(pl.Series(~filled), None).gather(ground.of),
        }
    )


def urgency_scores(ground: Ground, marks: Sequence[NeedMark]) -> NDArray[np.float32]:
    """Return how urgent (u,) the unique posts are, [0, 1]; from ten marks on they are learnt from."""
    said = {int(ground.of[mark.position]): mark.urgency for mark in marks if mark.urgency is not None}
    judge = ground.urgency
    if len(said) >= LEAST:
        rows = np.array(list(said), dtype=np.int64)
        wanted = np.array([middle_of(level) for level in said.values()])[:, None]
        known = Marks(ground.space.rows(rows), wanted.astype(np.float32), ground.alarm[rows, None])
        judge = learnt(judge, known)
    scores = ground.space.times(judge.weights())[:, 0] + np.float32(judge.mean[0]) + ground.alarm
    return np.clip(scores, 0, 1).astype(np.float32)


def _key_lists(passes: NDArray[np.bool_], margins: NDArray[np.float32], keys: Sequence[str]) -> pl.Series:
    """Return (u lists) the keys of the types that passed, by falling margin."""
    posts, types = np.nonzero(passes)
    order = np.lexsort((-margins[posts, types], posts))
    flat = pl.DataFrame({"post": posts[order], "key": pl.Series(list(keys), dtype=pl.Utf8).gather(types[order])})
    lists = flat.group_by("post", maintain_order=True).agg(pl.col("key"))
    every = pl.DataFrame({"post": pl.int_range(len(passes), dtype=pl.Int64, eager=True)})
    joined = every.join(lists.cast({"post": pl.Int64}), on="post", how="left", maintain_order="left")["key"]
    return joined.fill_null(pl.Series([[]], dtype=pl.List(pl.Utf8))).alias(Col.NEEDS)


def make_parts(posts: Posts, scheme: Scheme, encoder: Encoder, progress: Progress = no_progress) -> dict[str, Any]:
    """Return what is kept of the ground: everything that needs the encoder or a look at each post."""
    progress(0.0, "Reading what posts are about")
    types, calls = judged_types(scheme), alarm()
    examples = [(_sentences(one), number) for number, one in enumerate(types)]
    of_type = np.array([number for said, number in examples for _ in said], dtype=np.int64)
    said = [example for some, _ in examples for example in some] + [example for example, _ in calls.examples]
    read = (encoder.fingerprint, scheme.fingerprint)  # by this process once, for all projects
    raw = remembered("examples", read, lambda: encoder.encode([normalise(example.text) for example in said]))
    languages = posts.table[Col.LANG].to_list()
    offsets = language_offsets(posts.vectors, languages)
    shift = np.vstack([offsets.overall + offsets.shift, offsets.overall[None]]).astype(np.float32)
    place = {lang: number for number, lang in enumerate(offsets.names)}
    unit = centred(raw, shift[[place.get(example.lang, len(place)) for example in said]])
    progress(0.4, "Reading what posts are about")
    texts = posts.table[Col.COMPARED]
    found = find_terms(texts, [term for one in types for term in one.terms])
    terms = term_scores(found, [one.terms for one in types], posts.table.height)
    called = find_terms(texts, calls.terms).group_by("post").len()
    alarms = np.zeros(posts.table.height, dtype=np.int64)
    alarms[called["post"].to_numpy()] = called["len"].to_numpy()
    space = Space(posts.vectors, shift, _codes(languages, offsets.names))
    own, levels_of = unit[: len(of_type)], np.array([level for _, level in calls.examples])
    first = of_examples(own, of_type, len(types))
    scores = space.times(first.weights()) + first.mean.astype(np.float32) + terms
    picked, of_picked = adopted(scores, space.filled)
    progress(0.9, "Reading what posts are about")
    needs = of_collection((own, of_type), (space.rows(picked), of_picked), len(types))
    asked = np.array([types[number].urgency for number in of_type])
    urgency = of_levels((unit[len(of_type) :], levels_of), (own, asked))
    return {
        "examples": unit, "shift": shift, "languages": list(offsets.names), "terms": terms,
        "alarm": alarm_scores(alarms), "gram": needs.gram, "cross": needs.cross, "mean": needs.mean,
        "urgent_gram": urgency.gram, "urgent_cross": urgency.cross, "urgent_mean": urgency.mean,
    }  # fmt: skip


def ground_of_parts(posts: Posts, scheme: Scheme, parts: Mapping[str, Any]) -> Ground:
    """Return the ground that ``make_parts`` made the parts of, for the same posts and scheme."""
    types = judged_types(scheme)
    codes = _codes(posts.table[Col.LANG].to_list(), parts["languages"])
    return Ground(
        types=types,
        space=Space(posts.all, np.asarray(parts["shift"]), codes, posts.at),
        rows=posts.rows,
        of=posts.of,
        terms=np.asarray(parts["terms"]),
        open=_open(types, posts.table[Col.TEXT]),
        alarm=np.asarray(parts["alarm"]),
        needs=Evidence(np.array(parts["gram"]), np.array(parts["cross"]), np.array(parts["mean"])),
        urgency=Evidence(*(np.array(parts[f"urgent_{name}"]) for name in ("gram", "cross", "mean"))),
        examples=np.asarray(parts["examples"]),
    )


def examples_of(types: Sequence[InfoType]) -> list[tuple[Example, int]]:
    """Return all examples with the number of their type, in the order of ``Ground.examples``."""
    return [(example, number) for number, one in enumerate(types) for example in _sentences(one)]


def _sentences(one: InfoType) -> list[Example]:
    """Return the sentences that stand for a type: its examples, and what it is about."""
    return [*one.examples, *([Example(one.about, "en")] if one.about else [])]


def _codes(languages: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place.get(language, len(names)) for language in languages], dtype=np.int64)


def _open(types: Sequence[InfoType], texts: pl.Series) -> NDArray[np.bool_]:
    """Return (u, c) whether each post looks as each type asks."""
    found = np.ones((len(texts), len(types)), dtype=bool)
    if any(one.sign == "hashtags" for one in types):
        rest = texts.str.replace_all(r"[#＃][\p{L}\p{M}\p{N}_]+|https?://\S+|@\w+", " ")
        words = rest.str.count_matches(r"[\p{L}\p{N}]+").fill_null(0).to_numpy()
        tags = texts.str.count_matches(r"[#＃][\p{L}\p{M}\p{N}_]+").fill_null(0).to_numpy()
        for number, one in enumerate(types):
            if one.sign == "hashtags":
                found[:, number] = (tags >= 2) & (words <= _FEW_WORDS)
    return found
