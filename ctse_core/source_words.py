"""Who stands behind a post, in words: on a card in short, in a dialogue in full. Never whether it is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.crisis.sources import IN_CONCERT, ONE_AUTHOR, PASSED_ON, UNKNOWN, repetition
from ctse_core.sources_layer import alike_pairs, families_of, said_by
from ctse_core.types import Col
from ctse_core.words import minute, t

if TYPE_CHECKING:
    from ctse_core.project import Project
    from ctse_core.stored import Analysis


def sources_in_short(post: Mapping[str, Any]) -> str:
    """Return in a few words who stands behind a ``post`` (a row of the posts table); "" where nothing is to be said."""
    kind, independent = post.get(Col.REPETITION) or "", post.get(Col.INDEPENDENT) or 1
    if kind == IN_CONCERT:
        return t("same words, many authors, minutes")
    if kind == ONE_AUTHOR:
        return t("one author, again and again")
    if independent > 1:
        if post.get(Col.AUTHOR) is None:
            return t("{count:,} wordings, same figures", count=independent)
        return t("{count:,} independent authors", count=independent)
    return t("one source") if kind == PASSED_ON else ""


def voices_in_short(posts: pl.DataFrame) -> str:
    """Return in a sentence whose voices ``posts`` (rows of the posts table) are; "" where that was not counted."""
    if Col.REPETITION not in posts.columns or not posts.height:
        return ""
    kinds = dict(posts[Col.REPETITION].value_counts().rows())
    authors = posts[Col.AUTHOR].drop_nulls().n_unique() if Col.AUTHOR in posts.columns else 0
    told = [
        t("{count:,} authors", count=authors) if authors else t("the file names no authors"),
        t("{count:,} posts only pass on one source", count=kinds[PASSED_ON]) if kinds.get(PASSED_ON) else "",
        t("{count:,} posts repeat one author", count=kinds[ONE_AUTHOR]) if kinds.get(ONE_AUTHOR) else "",
        t("{count:,} posts in concert: same words, many authors, minutes", count=kinds[IN_CONCERT])
        if kinds.get(IN_CONCERT)
        else "",
    ]
    return "; ".join(part for part in told if part)


@dataclass(frozen=True)
class Behind:
    """Who stands behind one post: how many ``posts`` have its words, of how many ``authors`` that the file names,
    ``credited`` of them naming where they have it from, when the first and the last came; ``others`` (positions) say
    the same in other words; ``kind`` and ``crowd`` as crisis.sources tells them.
    """

    posts: int
    authors: int
    credited: int
    independent: int
    kind: str
    crowd: int
    since: datetime | None
    until: datetime | None
    same_words: tuple[int, ...]
    others: tuple[int, ...]


def behind(analysis: Analysis, project: Project, position: int) -> Behind:
    """Return who stands behind the post at ``position``.

    Raises:
        ProjectError: the project cannot be read or written to.
    """
    said = said_by(analysis, project)
    table = analysis.table
    same = np.flatnonzero(said.group == said.group[position])
    family = families_of(analysis, project)[position]
    pairs = alike_pairs(analysis, project)
    others = np.unique(np.concatenate([pairs[pairs[:, 0] == family, 1], pairs[pairs[:, 1] == family, 0]]))
    times = table[Col.TIME].gather(same).drop_nulls().sort()
    authors = said.author[same]
    independent = table[Col.INDEPENDENT].to_numpy() if Col.INDEPENDENT in table.columns else np.ones(table.height, "i4")
    kinds, crowds = repetition(said, independent.astype(np.int32))
    return Behind(
        posts=len(same),
        authors=len(np.unique(authors[authors != UNKNOWN])),
        credited=int((said.credited[same] != UNKNOWN).sum()),
        independent=int(independent[position]),
        kind=str(kinds[position]),
        crowd=int(crowds[position]),
        since=times[0] if len(times) else None,
        until=times[-1] if len(times) else None,
        same_words=tuple(same.tolist()),
        others=tuple(others.tolist()),
    )


def sources_in_full(found: Behind) -> list[str]:
    """Return in sentences who stands behind a post."""
    told = [_repeated(found)]
    if found.since is not None and found.until is not None and found.posts > 1:
        told.append(t("First on {first}, last on {last}.", first=minute(found.since), last=minute(found.until)))
    if found.others:
        count = len(found.others)
        told.append(t("{count:,} other wordings state the same figures.", count=count))
    else:
        told.append(t("No post states the same figures in other words."))
    if found.authors and found.independent > 1:
        told.append(t("Altogether {count:,} independent authors, at least.", count=found.independent))
    told.append(t("How often something is said says nothing about whether it is true."))
    return [sentence for sentence in told if sentence]


def _repeated(found: Behind) -> str:
    if found.posts == 1:
        return t("These words stand in one post.")
    if found.kind == IN_CONCERT:
        return t(
            "{count:,} authors posted these same words within five minutes, none of them naming a source: "
            "repeated in concert. It counts as one source.",
            count=found.crowd,
        )
    if found.kind == ONE_AUTHOR:
        return t("{count:,} posts with these words, most of them by one author: one source.", count=found.posts)
    if not found.authors:
        return t("{count:,} posts with these words; the file names no authors: one source.", count=found.posts)
    if found.independent - len(found.others) > 1:
        return t("So few words that each of {count:,} authors may have written them alone.", count=found.authors)
    return t(
        "{count:,} posts by {authors:,} authors have these words, {credited:,} of them say where they have it from: "
        "one source.",
        count=found.posts,
        authors=found.authors,
        credited=found.credited,
    )


def posts_behind(analysis: Analysis, found: Behind) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the posts with the same words, earliest first, and those that say the same otherwise, each with their
    ``position``.
    """
    table = analysis.table.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))
    same = table[list(found.same_words)].sort(Col.TIME, "position", nulls_last=True)
    return same, table[list(found.others)].sort(Col.TIME, "position", nulls_last=True)
