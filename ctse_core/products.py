"""What each step of an analysis leaves: the stages' results as named parts that the project keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from ctse_core.encoders import (
    DEFAULT_ENCODER,
    Encoder,
    RemoteEncoder,
    StaticEncoder,
    cut_elsewhere,
    embed,
    embed_bags,
    load_encoder,
    tried_choice,
)
from ctse_core.engines.hands import spread
from ctse_core.errors import InputFileError
from ctse_core.posts import ColumnRoles, ReadSettings, read_posts
from ctse_core.project import DiskVectors, Parts, cache_home
from ctse_core.stored import Analysis
from ctse_core.structure import (
    Neighbours,
    StructureSettings,
    TopicInput,
    TopicSettings,
    TopicSpace,
    arrange,
    centre_languages,
    looked_at,
    measured,
    name_topics,
)
from ctse_core.text import DuplicateSettings, collapse_duplicates, prepare_text, words_of_all
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, Progress, TopicCol, Vectors


def read_product(source: Path, roles: ColumnRoles | None, settings: ReadSettings, tell: Progress) -> Parts:
    """Read the file: the posts table, the empty and the unreadable rows, and what was noticed.

    Raises:
        InputFileError: no row of the file is a post.
    """
    posts = read_posts(source, roles, settings, tell)
    if not posts.rows_in_file:
        raise InputFileError(f"“{source.name}” has column names but no rows; export it again with its rows.")
    if not posts.table.height:
        raise InputFileError(
            f"“{source.name}” has {posts.rows_in_file:,} rows and none of them has a text in column "
            f"“{posts.roles.text}”; choose the column that holds the posts."
        )
    return {
        "table": posts.table,
        "empty": posts.empty,
        "unreadable": posts.unreadable,
        "facts": {
            "notes": list(posts.notes),
            "rows_in_file": posts.rows_in_file,
            "source": {"kind": posts.kind, "encoding": posts.encoding, "roles": vars(posts.roles)},
        },
    }


_DERIVED = (
    Col.COMPARED,
    Col.LANG,
    Col.LANG_CONFIDENCE,
    Col.DUPLICATE_OF,
    Col.REPRESENTATIVE,
    Col.COPIES,
    Col.X,
    Col.Y,
    Col.CLUSTER,
    Col.STRENGTH,
    Col.TOPIC,
    Col.TAGS,
)


def read_again_product(analysis: Analysis) -> Parts:
    """Return the posts of a finished analysis as they were read: the same rows, nothing found out about them yet."""
    counts = analysis.manifest["counts"]
    return {
        "table": analysis.table.drop(_DERIVED, strict=False),
        "empty": analysis.empty,
        "unreadable": analysis.unreadable,
        "facts": {
            "notes": analysis.manifest["notes"],
            "rows_in_file": counts["rows"],
            "repaired": counts.get("repaired", 0),
            "source": {},
        },
    }


def of_first_file(table: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the file that they came from; where nobody told, that is the first."""
    return table if Col.FILE in table.columns else table.with_columns(pl.lit(0, pl.Int16).alias(Col.FILE))


def text_product(table: pl.DataFrame, tell: Progress) -> Parts:
    """Repair the texts, make what is compared, find the languages."""
    prepared = prepare_text(table, tell, spread=spread)
    return {"table": prepared.table, "facts": {"repaired": prepared.repaired}}


def copies_product(table: pl.DataFrame, settings: DuplicateSettings, tell: Progress) -> Parts:
    """Find exact and near copies: representative (n,), unique rows (u,), copies (n,)."""
    found = collapse_duplicates(table[Col.COMPARED], settings, tell, spread)
    return {
        "representative": found.representative,
        "unique_rows": found.unique_rows,
        "unique_of": found.unique_of,
        "copies": found.copies,
        "facts": {"exact": int(found.exact), "near": int(found.near)},
    }


def choice_product(texts: list[str], gpu: bool, load: Callable[[str], Encoder]) -> Parts:
    """Choose among our own encoders for these different texts on this machine, and say why."""
    return {"facts": asdict(tried_choice(len(texts), gpu, texts, load))}


def vectors_product(table: pl.DataFrame, representative: np.ndarray, encoder: Encoder, tell: Progress) -> Parts:
    """Embed each representative once and give its copies the same vector: (n, d) float32 unit rows."""
    if isinstance(encoder, StaticEncoder) and cut_elsewhere(encoder, table.height):
        copies = np.flatnonzero(representative != np.arange(table.height))
        vectors = embed_bags(table[Col.COMPARED].scatter(copies, None), encoder, spread, tell)
        vectors[copies] = vectors[representative[copies]]
        return {"vectors": vectors}
    texts = table[Col.COMPARED].gather(representative)
    # Bags of token vectors are made again as fast as they are looked up.
    fast = isinstance(encoder, StaticEncoder)
    known = None if fast else DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim)
    return {"vectors": embed(texts.to_list(), encoder, known, tell)}


@dataclass(frozen=True)
class UniquePosts:
    """The representatives: ``rows`` (u,) their places in the whole table, ``table`` their u rows,
    ``vectors`` (u, d), ``copies`` (u,) posts in each group, ``words`` u lists; ``of`` (n,) the unique post behind
    each post and ``all_times`` (n,), so that a topic's span counts its copies.
    """

    rows: np.ndarray
    table: pl.DataFrame
    vectors: np.ndarray
    copies: np.ndarray
    words: pl.Series
    of: np.ndarray
    all_times: pl.Series


def unique_posts(table: pl.DataFrame, copies: Any, vectors: np.ndarray, words: pl.DataFrame) -> UniquePosts:
    """Return the representatives of the table's posts."""
    rows = np.asarray(copies["unique_rows"])
    return UniquePosts(
        rows=rows,
        table=table[rows],
        vectors=np.asarray(vectors if len(rows) == table.height else vectors[rows]),
        copies=np.asarray(copies["copies"])[rows],
        words=words["words"],
        of=np.asarray(copies["unique_of"]),
        all_times=table[Col.TIME],
    )


def structure_product(unique: UniquePosts, settings: StructureSettings, tell: Progress) -> Parts:
    """Lay out the map and find the clusters of the unique posts."""
    languages = unique.table[Col.LANG].to_list()
    structure = arrange(unique.vectors, languages, settings, tell, weights=unique.copies)
    return {
        "neighbours": structure.neighbours.rows,
        "similarity": structure.neighbours.similarity,
        "map_points": structure.map_points,
        "labels": structure.clusters.labels,
        "strength": structure.clusters.strength,
        "agreement": structure.agreement,
        "facts": structure.method,
    }


def words_product(table: pl.DataFrame, unique_rows: np.ndarray, tell: Progress) -> Parts:
    """Cut the unique posts into words: one list a post, for the topics' names and the search by words."""
    unique = table.select(Col.COMPARED, Col.LANG)[np.asarray(unique_rows)]
    words = words_of_all(unique[Col.COMPARED], unique[Col.LANG], tell, spread)
    return {"words": words.to_frame("words")}


def topics_product(
    unique: UniquePosts, structure: Any, settings: TopicSettings, encoder: Encoder, tell: Progress
) -> Parts:
    """Name the clusters: the topics table, one row a cluster, ids equal to the labels."""
    table, labels = unique.table, np.asarray(structure["labels"])
    languages, rows = table[Col.LANG].to_list(), looked_at(labels)
    seen = unique.vectors if rows is None else unique.vectors[rows]
    centred = centre_languages(seen, languages if rows is None else [languages[row] for row in rows.tolist()])
    posts = TopicInput(
        texts=cast(Any, table[Col.COMPARED]) if rows is not None else table[Col.COMPARED].to_list(),
        tokens=cast(Any, unique.words) if rows is not None else unique.words.to_list(),
        languages=languages,
        times=table[Col.TIME],
        vectors=unique.vectors,
        labels=labels,
        strength=np.asarray(structure["strength"]),
        copies=unique.copies,
        positions=unique.rows,
        unique_of=unique.of,
        all_times=unique.all_times,
        encode=word_reader(encoder),
        centred=centred,
        looked_at=rows,
    )
    topics = name_topics(posts, settings, tell)
    neighbours = Neighbours(np.asarray(structure["neighbours"]), np.asarray(structure["similarity"]))
    space = TopicSpace(centred, labels, languages, unique.copies)
    return {"topics": measured(topics, space, neighbours, np.asarray(structure["agreement"]), rows)}


def word_reader(encoder: Encoder) -> Callable[[Sequence[str]], Vectors]:
    """Return what turns single words into vectors (w, d) where ``encoder`` embeds the posts.

    Our transformer reads them in place of a bag of token vectors, to which words of like letters are alike, and of a
    service, to which thousands of words would have to be sent. Known words are not embedded again.
    """

    def read(words: Sequence[str]) -> Vectors:
        other = isinstance(encoder, (StaticEncoder, RemoteEncoder))
        reader = load_encoder(DEFAULT_ENCODER) if other else encoder
        return embed(words, reader, DiskVectors(cache_home() / "vectors" / reader.fingerprint, reader.dim))

    return read


def whole_table(table: pl.DataFrame, copies: Any, structure: Any, topics: pl.DataFrame) -> pl.DataFrame:
    """Return the posts table with every column; copies share their representative's place and topic."""
    unique_of = np.asarray(copies["unique_of"])
    representative = np.asarray(copies["representative"])
    points = np.asarray(structure["map_points"])[unique_of]
    names = {int(key): str(name) for key, name in zip(topics[TopicCol.ID], topics[TopicCol.NAME], strict=True)}
    names[UNSORTED] = UNSORTED_NAME
    labels = np.asarray(structure["labels"])[unique_of]
    is_copy = representative != np.arange(len(representative))
    ids = table[Col.POST_ID].gather(representative)
    placed = table.with_columns(
        pl.when(pl.Series(is_copy)).then(ids).otherwise(None).alias(Col.DUPLICATE_OF),
        pl.Series(Col.REPRESENTATIVE, representative, dtype=pl.Int64),
        pl.Series(Col.COPIES, np.asarray(copies["copies"]), dtype=pl.Int32),
        pl.Series(Col.X, points[:, 0], dtype=pl.Float32),
        pl.Series(Col.Y, points[:, 1], dtype=pl.Float32),
        pl.Series(Col.CLUSTER, labels, dtype=pl.Int32),
        pl.Series(Col.STRENGTH, np.asarray(structure["strength"])[unique_of], dtype=pl.Float32),
        pl.Series(Col.TOPIC, [names[int(label)] for label in labels], dtype=pl.Utf8),
    )
    return of_first_file(placed).select(pl.exclude(Col.FILE), Col.FILE)
