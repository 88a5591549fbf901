"""A project of any number of posts out of an analysed one, for benchmarks: its posts again and again, each changed.

Every repetition has its own ids, a mark at the end of each text, another time, a place on the map and a vector nearby;
what was kept of the posts (needs, places, people, sources) is repeated with them, so that nothing is read anew. An
eighth of the repeated posts are copies of the post they come from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.crisis_layer import prepare
from ctse_core.indexes import keep_indexes
from ctse_core.project import Parts, Project
from ctse_core.question import encoder_of
from ctse_core.stored import Analysis, Near, load_analysis, write_analysis
from ctse_core.types import Col, TopicCol, no_progress

_COPY = 8
"""Of so many repeated posts one is a copy."""


@dataclass(frozen=True)
class Repeating(Project):
    """A project that repeats what another one kept of its posts, for the repeated ones, in place of making it."""

    base: Project | None = None
    of: Analysis | None = None
    table: pl.DataFrame | None = None

    def keep(self, product: str, fingerprint: str, make: Callable[[], Parts]) -> dict[str, Any]:
        """Keep the other project's product, repeated; make it where that one has none."""
        base, of, table = self.base, self.of, self.table
        if base is None or of is None or table is None or product.startswith("laid-"):
            return super().keep(product, fingerprint, make)
        if not (base.products / product).is_dir():
            return super().keep(product, fingerprint, make)
        parts = self._read(base.products / product)
        return super().keep(
            product, fingerprint, lambda: {name: _part(name, part, of, table) for name, part in parts.items()}
        )


def repeated_project(base: Project, folder: Path, posts: int) -> Project:
    """Write a finished project of ``posts`` posts into ``folder``, out of a finished and prepared one.

    Raises:
        ProjectError: the other project has no finished analysis.
    """
    analysis = load_analysis(base)
    folder.mkdir(parents=True)
    (folder / ".ctse").touch()
    if (base.folder / "privacy.json").exists():
        shutil.copyfile(base.folder / "privacy.json", folder / "privacy.json")
    write_analysis(_repeated(analysis, posts), Project(folder), _Vectors(analysis.vectors, posts))
    finished = load_analysis(Project(folder))
    prepare(finished, Repeating(folder, base, analysis, finished.table))
    keep_indexes(finished, Project(folder), lambda: encoder_of(finished), no_progress)
    return Project(folder)


def _repeated(analysis: Analysis, posts: int) -> Analysis:
    table = _posts(analysis.table, posts)
    rounds, shown = -(-posts // analysis.table.height), analysis.table.height
    near = analysis.neighbours
    if near is not None:
        offsets = np.repeat(np.arange(rounds) * shown, len(near.of))
        of, rows = np.tile(near.of, rounds) + offsets, np.tile(near.rows, (rounds, 1))
        rows = np.where(rows >= 0, rows + offsets[:, None], -1)
        kept = np.isin(of, table[Col.REPRESENTATIVE].to_numpy())
        near = Near(of[kept], np.where(rows[kept] < posts, rows[kept], -1))
    sizes = dict(table.group_by(Col.CLUSTER).len().rows())
    topics = analysis.topics.with_columns(
        pl.Series([sizes.get(one, 0) for one in analysis.topics[TopicCol.ID]]).cast(
            analysis.topics.schema[TopicCol.SIZE]
        ).alias(TopicCol.SIZE)
    )  # fmt: skip
    manifest = json.loads(json.dumps(analysis.manifest, default=str))
    manifest["counts"] |= {"posts": posts, "rows": posts, "empty": 0, "unreadable": 0}
    manifest |= {"fingerprint": f"{manifest['fingerprint']}-{posts}"}
    words = pl.concat([analysis.words] * rounds).head(posts)
    return Analysis(
        table, analysis.vectors, topics, analysis.empty.clear(), analysis.unreadable.clear(), manifest, words, near
    )


def _posts(table: pl.DataFrame, posts: int) -> pl.DataFrame:
    dice, shown = np.random.default_rng(0), table.height
    rounds = -(-posts // shown)
    number = pl.int_range(posts, dtype=pl.Int64, eager=True)
    turn = number // shown
    whole = pl.concat([table] * rounds).head(posts)
    copy = pl.Series(dice.integers(0, _COPY, posts) == 0) & (turn > 0)
    first = whole[Col.REPRESENTATIVE]
    of = pl.Series(np.where(copy.to_numpy(), first.to_numpy(), (first + turn * shown).to_numpy()))
    # A group whose first post became a copy joins the group that its first post joined.
    of = of.gather(of)
    sizes = np.bincount(of.to_numpy(), minlength=posts)[of.to_numpy()]
    writer = pl.Series(dice.zipf(1.3, posts) % 200_000).cast(pl.Utf8)
    mark = " #" + turn.cast(pl.Utf8)
    ids = pl.Series(10**18 + number).cast(pl.Utf8)
    aside = dice.normal(0, 0.05, (posts, 2)).astype(np.float32)
    return whole.with_columns(
        (number + 1).cast(table.schema[Col.ROW]).alias(Col.ROW),
        ids.alias(Col.POST_ID),
        (pl.col(Col.TEXT) + mark).alias(Col.TEXT),
        (pl.col(Col.COMPARED) + mark).alias(Col.COMPARED),
        (pl.col(Col.TIME) + pl.Series(dice.integers(0, 86_400_000_000, posts)).cast(pl.Duration("us"))).alias(Col.TIME),
        ("writer" + writer).alias(Col.AUTHOR),
        pl.when(of != number).then(ids.gather(of)).otherwise(None).alias(Col.DUPLICATE_OF),
        of.cast(table.schema[Col.REPRESENTATIVE]).alias(Col.REPRESENTATIVE),
        pl.Series(sizes).cast(table.schema[Col.COPIES]).alias(Col.COPIES),
        *(pl.col(axis) + aside[:, place] for place, axis in enumerate((Col.X, Col.Y))),
    )


class _Vectors(Sequence[np.ndarray]):
    """The repeated vectors, made a block at a time; what ``write_analysis`` asks of arrays in order."""

    def __init__(self, vectors: np.ndarray, posts: int) -> None:
        self.vectors, self.posts = vectors, posts
        self.rounds = -(-posts // len(vectors))

    def __len__(self) -> int:
        return self.rounds

    def __getitem__(self, turn: Any) -> Any:
        if not 0 <= turn < self.rounds:
            raise IndexError(turn)
        shown = len(self.vectors)
        part = np.array(self.vectors[: min(shown, self.posts - turn * shown)], dtype=np.float32)
        if turn:
            part += np.random.default_rng(turn).standard_normal(part.shape, dtype=np.float32) * 0.01
        return part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9)


def _part(name: str, part: Any, base: Analysis, table: pl.DataFrame) -> Any:
    """Return a part of a product for the repeated posts (n rows): what it tells of posts, by row or by position."""
    shown, posts = base.table.height, table.height
    if isinstance(part, pl.DataFrame) and "position" in part.columns:
        turns = pl.concat([part.with_columns(pl.col("position") + start) for start in range(0, posts, shown)])
        return turns.filter(pl.col("position") < posts)
    if isinstance(part, pl.DataFrame) and part.height == shown:
        return pl.concat([part] * -(-posts // shown)).head(posts)
    if not isinstance(part, np.ndarray):
        return part
    if name in ("alike", "edited"):  # pairs of positions
        pairs = np.concatenate([part + start for start in range(0, posts, shown)])
        return pairs[(pairs < posts).all(axis=1)]
    unique = base.table[Col.REPRESENTATIVE].unique().sort().to_numpy()
    if len(part) != len(unique):
        return part
    now = table[Col.REPRESENTATIVE].unique().sort().to_numpy()
    return np.asarray(part)[np.searchsorted(unique, now % shown)]
