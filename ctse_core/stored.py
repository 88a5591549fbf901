"""A finished analysis on the disk: written so that all of it takes its place at once, and loaded again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.errors import ProjectError
from ctse_core.project import Project
from ctse_core.project.parts import write_json
from ctse_core.project.sets import KeptSets
from ctse_core.project.tags import without_tags
from ctse_core.report import REPORT_FILES
from ctse_core.types import Col, TopicCol, Vectors

if TYPE_CHECKING:
    from ctse_core.crisis_layer import Layer

_TABLES = ("posts", "topics", "empty", "unreadable", "words")
_BLOCK = 16_384  # vectors copied at once


@dataclass(frozen=True)
class Near:
    """The neighbour graph: ``rows`` (u, k) positions nearest to each unique post, -1 where there are fewer.

    ``of`` (u,) are the positions of the unique posts themselves, ascending.
    """

    of: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Analysis:
    """A finished analysis: row *i* of ``table`` and of ``vectors`` (n, d) is the same post.

    ``topics`` has c rows whose ids are the cluster labels of the table; ``empty`` and ``unreadable`` are
    the rows of the file that are not posts; ``manifest`` tells how all of it was made. ``words`` are n lists,
    ``neighbours`` the graph over the unique posts, ``sets`` the positions of each kept set of posts by its key.
    ``crisis`` says what the columns of needs and places speak of, once they are laid over it.
    """

    table: pl.DataFrame
    vectors: Vectors
    topics: pl.DataFrame
    empty: pl.DataFrame
    unreadable: pl.DataFrame
    manifest: dict[str, Any]
    words: pl.Series
    neighbours: Near | None = None
    sets: Mapping[str, np.ndarray] = field(default_factory=dict)
    crisis: Layer | None = None

    @property
    def title(self) -> str:
        """The name of the file that was analysed, and how many newer ones were added."""
        newer = len(self.manifest.get("files") or ()) - 1
        name = str(self.manifest["source"]["name"])
        return name if newer < 1 else f"{name} + {newer} newer"


def write_analysis(analysis: Analysis, project: Project, vectors: Path | Sequence[np.ndarray]) -> None:
    """Write what people take away; a kill at any moment leaves the analysis before, or this one, whole.

    ``vectors`` is a file that holds the analysis's vectors already, or their arrays in order.
    """
    with project.replaced_together() as folder:
        tables = {
            "posts": analysis.table,
            "topics": analysis.topics,
            "empty": analysis.empty,
            "unreadable": analysis.unreadable,
            "words": pl.DataFrame({"words": analysis.words}),
        }
        for name, table in tables.items():
            table.write_parquet(folder / f"{name}.parquet", compression="zstd")
        near = analysis.neighbours
        if near is not None:
            graph = np.column_stack([near.of, near.rows]).astype(np.int32)
            np.save(folder / "neighbours.npy", graph, allow_pickle=False)
        if isinstance(vectors, Path):
            _same_file(vectors, folder / "vectors.npy")
        else:
            _write_rows(vectors, folder / "vectors.npy")
        write_json(folder / "manifest.json", analysis.manifest)
        for report in REPORT_FILES:  # of the analysis before
            (project.folder / "report" / report).unlink(missing_ok=True)


def _same_file(source: Path, place: Path) -> None:
    """Give a file a second name, which costs nothing where the disk has hard links; else copy it."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)


def _write_rows(arrays: Sequence[np.ndarray], place: Path) -> None:
    """Write arrays of one width below each other, block by block, so that memory holds none of them whole."""
    whole = (sum(len(array) for array in arrays), arrays[0].shape[1])
    with place.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)), "fortran_order": False, "shape": whole}
        np.lib.format.write_array_header_1_0(file, header)
        for array in arrays:
            for start in range(0, len(array), _BLOCK):
                file.write(np.ascontiguousarray(array[start : start + _BLOCK], dtype=np.float32).data)


def load_analysis(project: Project) -> Analysis:
    """Return the finished analysis of a project; its vectors stay on disk, memory-mapped.

    Raises:
        ProjectError: the project has no finished analysis, or a part of it is missing or damaged.
    """
    for last in (False, False, True):
        manifest = project.manifest()
        if manifest is None:
            raise ProjectError(f"Project “{project.name}” has no finished analysis yet; analyse its file first.")
        try:
            analysis = _loaded(project, manifest)
        except (OSError, ValueError, pl.exceptions.PolarsError) as damage:
            if project.manifest() != manifest and not last:
                continue  # another process put a newer analysis into place meanwhile
            raise ProjectError(
                f"A part of project “{project.name}” is missing or damaged ({damage}); run the analysis again."
            ) from damage
        if project.manifest() == manifest:
            break
    if len(analysis.vectors) != analysis.table.height:
        raise ProjectError(f"Project “{project.name}” is torn: its vectors and posts differ in number; analyse again.")
    return analysis


def _loaded(project: Project, manifest: dict[str, Any]) -> Analysis:
    tables = {name: pl.read_parquet(project.part(f"{name}.parquet")) for name in _TABLES}
    graph = np.load(project.part("neighbours.npy"), mmap_mode="r", allow_pickle=False)
    posts = _with_default(tables["posts"], Col.FILE, pl.lit(0, pl.Int16))
    return Analysis(
        table=posts if Col.TAGS in posts.columns else without_tags(posts),
        vectors=np.load(project.part("vectors.npy"), mmap_mode="r", allow_pickle=False),
        topics=with_newness(tables["topics"], 0),
        empty=_with_default(tables["empty"], Col.FILE, pl.lit(0, pl.Int16)),
        unreadable=_with_default(tables["unreadable"], Col.FILE, pl.lit(0, pl.Int16)),
        manifest=manifest,
        words=tables["words"]["words"],
        neighbours=Near(of=np.asarray(graph[:, 0]), rows=graph[:, 1:]),
        sets=KeptSets(project.folder),
    )


def with_newness(topics: pl.DataFrame, newest: int) -> pl.DataFrame:
    """Return the topics with SINCE (0 where it is missing) and NEW: whether they came with file ``newest``."""
    told = _with_default(topics, TopicCol.SINCE, pl.lit(0, pl.Int16))
    if newest or TopicCol.NEW not in topics.columns:
        told = told.with_columns(((pl.col(TopicCol.SINCE) == newest) & (newest > 0)).alias(TopicCol.NEW))
    return told


def _with_default(table: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    """Return the table with a column that projects of earlier versions do not have."""
    return table if column in table.columns else table.with_columns(value.alias(column))
