"""What each post is about and how urgent it is, by the project's scheme: computed, learnt, corrected by people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import polars as pl

from ctse_core.crisis.schemes import BUILT_IN, Scheme, built_in, scheme_of_dict
from ctse_core.encoders import Encoder
from ctse_core.errors import EncoderError
from ctse_core.needs_ground import (
    Ground,
    Judged,
    columns_of,
    ground_of_parts,
    judged_by,
    make_parts,
    unique_posts,
)
from ctse_core.project import Project, fingerprint
from ctse_core.project.need_marks import NeedMark, need_marks, newest_mark, scheme_choices
from ctse_core.question import encoder_of
from ctse_core.remembered import laid, remembered
from ctse_core.stored import Analysis
from ctse_core.types import Col, Progress, no_progress

Load: TypeAlias = Callable[[], Encoder]
VERSION = 3  # of what is kept in a project; another one where urgency is told by other examples, too


def scheme_of(project: Project) -> Scheme:
    """Return the scheme that the project's people chose, TREC-IS where nobody did.

    Raises:
        ProjectError: what was chosen cannot be read.
    """
    choices = scheme_choices(project.folder)
    if not choices:
        return built_in(BUILT_IN[0])
    last = choices[-1]
    return built_in(last.key) if last.content is None else scheme_of_dict(last.content)


def needs_columns(
    analysis: Analysis, project: Project, progress: Progress = no_progress, load: Load | None = None
) -> pl.DataFrame:
    """Return needs (keys, surest first), urgency (0 to 3) and urgency_score ([0, 1]) of the n posts.

    ``load`` gives the encoder that made the vectors, where examples must be read and it is at hand already. What people
    said of a post, or of a copy of it, wins over what was computed. Posts without text are not judged.

    Raises:
        EncoderError: the encoder that made the vectors cannot be had, and the examples were never read with it.
        ProjectError: what people added cannot be read.
    """
    scheme = scheme_of(project)

    def told() -> dict[str, pl.DataFrame]:
        return {"needs": columns_of(*_ground_and_marks(analysis, project, scheme, (progress, load)))}

    return laid("needs", project, stands(analysis, project)[1:], told)["needs"]


def nothing_told(posts: int) -> pl.DataFrame:
    """Return the columns of n posts of which nothing is told: no needs, not judged."""
    return pl.DataFrame(
        {
            Col.NEEDS: pl.Series([[]], dtype=pl.List(pl.Utf8)).new_from_index(0, posts),
            Col.URGENCY: pl.Series([None] * posts, dtype=pl.Int8),
            Col.URGENCY_SCORE: pl.Series([None] * posts, dtype=pl.Float32),
        }
    )


def judged(analysis: Analysis, project: Project) -> Judged:
    """Return the scores and cuts behind the needs, to explain them, to teach and to measure.

    Raises:
        EncoderError: as ``needs_columns`` does.
        ProjectError: what people added cannot be read.
    """
    scheme = scheme_of(project)
    return remembered(
        "judged", stands(analysis, project), lambda: judged_by(*_ground_and_marks(analysis, project, scheme))
    )


def stands(analysis: Analysis, project: Project) -> tuple[str, str, tuple[int, str]]:
    """Return what needs depend on: the project, its run and scheme, what people said; to key memories with.

    Raises:
        ProjectError: what people added cannot be read.
    """
    return str(project.folder), _named(analysis, scheme_of(project)), newest_mark(project.folder)


def own_marks(marks: Sequence[NeedMark], scheme: Scheme, posts: int) -> list[NeedMark]:
    """Return the marks that stand for a scheme in a table of n ``posts``: not undone, of levels or of its types."""
    mine = [mark for mark in marks if not mark.undone and mark.position < posts]
    of_levels = [mark if mark.scheme == scheme.key else replace(mark, needs=None) for mark in mine]
    return [mark for mark in of_levels if mark.needs is not None or mark.urgency is not None]


def _ground_and_marks(
    analysis: Analysis, project: Project, scheme: Scheme, by: tuple[Progress, Load | None] = (no_progress, None)
) -> tuple[Ground, list[NeedMark]]:
    marks = own_marks(need_marks(project.folder), scheme, analysis.table.height)
    return ground_of(analysis, project, scheme, *by), marks


def _named(analysis: Analysis, scheme: Scheme) -> str:
    """Return a name for what the ground is made from; not the folder: a project may be moved."""
    run = analysis.manifest
    made_by = str(run["encoder"]["fingerprint"])
    return fingerprint(VERSION, str(run["fingerprint"]), str(run.get("made")), made_by, scheme.key, scheme.fingerprint)


def _reader(analysis: Analysis, load: Load | None) -> Encoder:
    """Return the encoder that reads the scheme's examples into the space of the posts.

    Raises:
        EncoderError: it cannot be had any more, or is another one now under the same name.
    """
    encoder, told = load() if load else encoder_of(analysis), analysis.manifest["encoder"]
    if encoder.dim != analysis.vectors.shape[1] or encoder.space != told.get("space", encoder.space):
        raise EncoderError(
            f"“{told['name']}” is not the encoder any more that made this project's vectors, so needs cannot be told; "
            "analyse the file again."
        )
    return encoder


def ground_of(
    analysis: Analysis,
    project: Project,
    scheme: Scheme,
    progress: Progress = no_progress,
    load: Load | None = None,
) -> Ground:
    """Return what needs are judged by, out of memory, the project, or made now and kept.

    Raises:
        EncoderError: the encoder that made the vectors cannot be had to read the examples.
    """
    name = _named(analysis, scheme)

    def made() -> Ground:
        posts = unique_posts(analysis.table, analysis.vectors)
        parts = project.keep("needs", name, lambda: make_parts(posts, scheme, _reader(analysis, load), progress))
        return ground_of_parts(posts, scheme, parts)

    return remembered("ground of needs", (str(project.folder), name), made)
