"""A file of posts ─▶ texts and what each is about, for an encoder that is adapted to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from train.config import PostSettings
from train.guard import SHOWN, Guard
from train.pairs_clean import text_keys, tidy

TEXT_COLUMNS = ("text", "message", "english", "post")
FEWEST = 32


@dataclass(frozen=True)
class LabelledPosts:
    """Posts to learn from.

    Attributes:
        texts: n posts.
        names: l labels.
        labels: (n, l), whether a post has a label; posts without any are used, too.
        group: (n,) equal numbers where texts are equal but for case and spaces.
        files: names of the files they come from.
        file_of: (n,) index into ``files``.
        row_of: (n,) row in that file, from 1.
    """

    texts: list[str]
    names: list[str]
    labels: NDArray[np.bool_]
    group: NDArray[np.int64]
    files: tuple[str, ...]
    file_of: NDArray[np.int64]
    row_of: NDArray[np.int64]

    def told(self, post: int) -> str:
        """Return where a post stands: "row 12 of posts.csv"."""
        return f"row {self.row_of[post]:,} of {self.files[self.file_of[post]]}"


def read_posts_to_learn(settings: PostSettings) -> LabelledPosts:
    """Read the posts of all files; labels of two files with the same name are one.

    Raises:
        TrainError: no file, a file that cannot be read, a column that is not there, or too few posts.
    """
    if not settings.files:
        raise TrainError("No file of posts is given; add --posts FILE, a Parquet, CSV or TSV file with one post a row.")
    frames = [_labelled(Path(name), settings) for name in settings.files]
    names = sorted({name for _, columns in frames for name in columns})
    texts = [text for column, _ in frames for text in column]
    labels = np.zeros((len(texts), len(names)), dtype=bool)
    start = 0
    for column, columns in frames:
        for name, given in columns.items():
            labels[start : start + len(column), names.index(name)] = given
        start += len(column)
    filled = [row for row, text in enumerate(texts) if text.strip()]
    if len(filled) < FEWEST:
        raise TrainError(f"There are {len(filled)} posts to learn from; at least {FEWEST} are needed.")
    kept = [texts[row] for row in filled]
    _, group = np.unique([" ".join(text.casefold().split()) for text in kept], return_inverse=True)
    sizes = [len(column) for column, _ in frames]
    return LabelledPosts(
        texts=kept,
        names=names,
        labels=labels[filled],
        group=group.astype(np.int64),
        files=tuple(map(str, settings.files)),
        file_of=np.repeat(np.arange(len(sizes)), sizes)[filled],
        row_of=np.concatenate([np.arange(1, size + 1) for size in sizes])[filled],
    )


def refuse_guarded(posts: LabelledPosts | list[str], guard: Guard) -> None:
    """See that no post is a sentence of an evaluation set; posts without files are told by their number.

    Raises:
        TrainError: some are; the sentence names the first by file and row.
    """
    texts = posts if isinstance(posts, list) else posts.texts
    found = guard.find(text_keys(tidy(pl.Series(texts, dtype=pl.String))).to_numpy())
    rows = np.flatnonzero(found >= 0).tolist()
    if not rows:
        return
    told = [
        f"{f'post {row + 1:,}' if isinstance(posts, list) else posts.told(row)} is {guard.told(int(found[row]))}"
        for row in rows[:SHOWN]
    ]
    more = f" and {len(rows) - len(told):,} more" if len(rows) > len(told) else ""
    raise TrainError(
        f"{len(rows):,} posts are sentences of an evaluation set and may not be learned from: {'; '.join(told)}{more}. "
        "Take them out of the files."
    )


def _labelled(path: Path, settings: PostSettings) -> tuple[list[str], dict[str, NDArray[np.bool_]]]:
    table = _table(path)
    wanted = [settings.text] if settings.text else list(TEXT_COLUMNS)
    text = next((name for name in wanted if name in table.columns), None)
    if text is None:
        raise TrainError(
            f"{path} has no column {' or '.join(wanted)}; it has {', '.join(table.columns[:12])}. Name the column of "
            "the posts with --text-column."
        )
    missing = [name for name in settings.labels if name not in table.columns]
    if missing:
        raise TrainError(f"{path} has no column {missing[0]!r} for labels; it has {', '.join(table.columns[:12])}.")
    return table[text].cast(pl.String).fill_null("").to_list(), _labels(table, settings.labels)


def _labels(table: pl.DataFrame, asked: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    flags = [name for name in (asked or table.columns) if _is_flag(table[name])]
    words = [name for name in (asked or ("label",)) if name in table.columns and name not in flags]
    if not asked and words:
        flags = []  # a column that is called label says more than flags of another purpose
    found = {name: np.asarray(table[name].cast(pl.Int64).fill_null(0).to_numpy() == 1) for name in flags}
    found = {name: given for name, given in found.items() if given.any() and not given.all()}
    for name in words:
        values = table[name].cast(pl.String)
        for value in values.drop_nulls().unique().sort().to_list():
            found[f"{name}: {value}"] = np.asarray((values == value).fill_null(value=False).to_numpy())
    return found


def _is_flag(column: pl.Series) -> bool:
    if column.dtype == pl.Boolean:
        return True
    if not column.dtype.is_integer():
        return False
    return column.drop_nulls().is_in([0, 1]).all() and column.null_count() < len(column)


def _table(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, separator="\t" if ".tsv" in path.suffixes else ",", infer_schema_length=10_000)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainError(f"{path} cannot be read as a table of posts: {error}. Give Parquet, CSV or TSV.") from error
