"""Why a post is told to need something: the nearest examples and marks, the terms it holds, how clear it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.crisis.needs import find_terms, sure_enough
from ctse_core.crisis.schemes import Example, alarm
from ctse_core.needs_ground import Judged, examples_of
from ctse_core.needs_layer import judged
from ctse_core.project import Project
from ctse_core.project.need_marks import NeedMark, need_marks
from ctse_core.stored import Analysis
from ctse_core.types import Col

RUNNERS_UP = 2
_SHOWN = 2  # examples of a type


@dataclass(frozen=True)
class NeedReason:
    """Why one type is told of a post, or is not: ``sure`` is "clear", "likely", "close" or, where not told, "not".

    ``examples`` are the type's nearest, with their cosine in [-1, 1]; ``terms`` stand in the post; ``marked`` is the
    nearest post that people marked so, as its position in the posts table, None where there is none.
    """

    key: str
    name: str
    sure: str
    examples: tuple[tuple[Example, float], ...] = ()
    terms: tuple[str, ...] = ()
    marked: int | None = None


@dataclass(frozen=True)
class UrgencyReason:
    """Why a post is as urgent: the nearest examples with their level (0 to 3) and cosine, words that call for help."""

    examples: tuple[tuple[Example, int, float], ...]
    terms: tuple[str, ...]


def why_needs(analysis: Analysis, project: Project, position: int) -> tuple[list[NeedReason], UrgencyReason]:
    """Return why the post at ``position`` is told what it is, surest first, then the types that came closest.

    Raises:
        EncoderError: the encoder that made the vectors cannot be had, and the examples were never read with it.
        ProjectError: what people added cannot be read.
    """
    found = judged(analysis, project)
    ground = found.ground
    row = int(ground.of[position])
    near = ground.examples @ ground.space.rows(np.array([row]))[0]
    text = analysis.table[Col.COMPARED].gather([position])
    order = np.argsort(-np.where(ground.aside, -np.inf, found.margins[row]), kind="stable")
    told = [int(number) for number in order if found.told[row, number]]
    others = [int(number) for number in order if not found.told[row, number] and not ground.aside[number]]
    terms = find_terms(text, [term for one in ground.types for term in one.terms])["term"].to_list()
    reasons = [_reason(found, row, number, (near, terms)) for number in (*told, *others[:RUNNERS_UP])]
    return reasons, _urgency(near, found, find_terms(text, alarm().terms)["term"].to_list())


def _reason(found: Judged, row: int, number: int, seen: tuple[NDArray[np.float32], Sequence[str]]) -> NeedReason:
    ground, (near, terms) = found.ground, seen
    one = ground.types[number]
    own = [(example, place) for place, (example, of) in enumerate(examples_of(ground.types)) if of == number]
    best = sorted(own, key=lambda each: -near[each[1]])[:_SHOWN]
    return NeedReason(
        one.key,
        one.name,
        sure_enough(float(found.margins[row, number])) if found.told[row, number] else "not",
        tuple((example, float(near[place])) for example, place in best),
        tuple(term for term in terms if term in one.terms),
        _nearest_mark(found, row, number),
    )


def _nearest_mark(found: Judged, row: int, number: int) -> int | None:
    """Return the position of the nearest post that people marked with the type, itself left out."""
    same = np.flatnonzero((found.marks.wanted[:, number] > 0) & (found.marked != row))
    if not found.learns or not len(same):
        return None
    near = found.marks.rows[same] @ found.ground.space.rows(np.array([row]))[0]
    return int(found.ground.rows[found.marked[same[int(near.argmax())]]])


def _urgency(near: NDArray[np.float32], found: Judged, terms: Sequence[str]) -> UrgencyReason:
    calls = alarm().examples
    behind = near[len(near) - len(calls) :]
    best = np.argsort(-behind, kind="stable")[:_SHOWN]
    examples = tuple((*calls[int(place)], float(behind[place])) for place in best)
    return UrgencyReason(examples, tuple(dict.fromkeys(terms)))


def marks_on(analysis: Analysis, project: Project, position: int) -> list[NeedMark]:
    """Return what people said of the post and of its copies, newest first, what was undone too.

    Raises:
        ProjectError: what people added cannot be read.
    """
    groups = analysis.table[Col.REPRESENTATIVE]
    same = set((groups == groups[position]).arg_true().to_list())
    return [mark for mark in reversed(need_marks(project.folder)) if mark.position in same]
