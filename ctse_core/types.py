"""Shape letters, array aliases, column names and the checks that hold them true.

Letters, the same everywhere: ``n`` posts, ``u`` unique posts, ``d`` encoder width, ``q`` queries,
``k`` neighbours, ``c`` clusters, ``b`` batch, ``t`` tokens. Row *i* is the same post in every table
and array. Similarity is cosine in [-1, 1]; strength is in [0, 1]; cluster -1 is "unsorted"; times
are UTC; sizes are counted in posts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import EncoderError

Vectors: TypeAlias = NDArray[np.float32]
"""(n, d) float32, one row a post; unit rows unless said otherwise (a row of zeros is an empty post)."""
Points: TypeAlias = NDArray[np.float32]
"""(n, 2) or (n, dims) float32 positions on the map or in the space that is clustered."""
Labels: TypeAlias = NDArray[np.int32]
"""(n,) int32 cluster of each post, ranked by size (0 is the largest), -1 for unsorted."""
Rows: TypeAlias = NDArray[np.int64]
"""(m,) int64 positions in the posts table."""
Progress: TypeAlias = Callable[[float, str], None]
"""Called with the share done in [0, 1] and a sentence."""
Tell: TypeAlias = Callable[[float], None]
"""Called with the share done in [0, 1]."""

UNSORTED = -1
UNSORTED_NAME = "Unsorted"
UNDETERMINED = "und"


class Col:
    """Names of the columns of the posts table, in the order in which they are written."""

    ROW = "row"  # 1-based data row in the file, header not counted
    POST_ID = "post_id"  # text, exactly as in the file; "row-<row>" where the file has none
    TEXT = "text"  # as written, mojibake repaired
    TIME = "time"  # Datetime[us, UTC] or null
    AUTHOR = "author"
    PLACE = "place"
    LAT = "lat"  # degrees, [-90, 90]
    LON = "lon"  # degrees, [-180, 180]
    LABEL = "label"
    GIVEN_LANG = "given_lang"  # the file's own language column
    COMPARED = "compared_text"  # what is compared and embedded
    LANG = "lang"  # two- or three-letter code, "und" under the confidence
    LANG_CONFIDENCE = "lang_confidence"  # [0, 1]
    DUPLICATE_OF = "duplicate_of"  # post_id of the representative, null on representatives
    REPRESENTATIVE = "representative"  # 0-based position in this table; own position on representatives
    COPIES = "copies"  # posts in the group, itself counted
    X = "x"
    Y = "y"
    CLUSTER = "cluster"  # Int32, -1 unsorted
    STRENGTH = "strength"  # [0, 1]
    TOPIC = "topic"  # the cluster's name, "Unsorted" for -1
    TAGS = "tags"  # List[Utf8], what people put on the post, by name; empty where nobody did
    FILE = "file"  # Int16, which of the project's files it came with, 0 for the first
    # What responders ask; added to a loaded analysis (crisis_layer), never written into the run.
    NEEDS = "needs"  # List[Utf8], keys of the scheme's information types, surest first; empty where none is told
    URGENCY = "urgency"  # Int8, 0 low, 1 medium, 2 high, 3 critical; null where not judged
    URGENCY_SCORE = "urgency_score"  # Float32 in [0, 1], what the levels are cut from
    LOCATED = "located"  # List[Utf8], keys of the places the post speaks of, surest first; empty where none is known
    WITHIN = "within"  # List[Utf8], the same and the regions and countries around them, for the filter
    AT_LAT = "at_lat"  # degrees: the file's own coordinates, else those of the first located place under a country
    AT_LON = "at_lon"
    STATE = "state"  # "new", "seen", "assigned" or "done"
    OWNER = "owner"  # who works on it, null where nobody does
    NOTE = "note"
    INDEPENDENT = "independent"  # Int32, independent authors behind what the post says
    REPEATED = "repeated"  # Boolean: one source alone, or repeated in concert
    REPETITION = "repetition"  # how: "passed on", "one author", "in concert"; empty where not


class TopicCol:
    """Names of the columns of the topics table, one row a cluster, sorted by id."""

    ID = "topic_id"  # Int32, equals the cluster label
    NAME = "name"
    TERMS = "terms"  # List[Utf8], best first
    SIZE = "size"  # posts, copies counted
    UNIQUE = "unique"  # unique posts
    SHARE = "share"  # of all posts, [0, 1]
    LANGUAGES = "languages"  # List[Utf8], most frequent first
    LANGUAGE_POSTS = "language_posts"  # List[Int64], posts of each of them
    FIRST = "first_time"
    LAST = "last_time"
    TYPICAL = "typical"  # List[Int64], positions in the posts table
    STRENGTH = "mean_strength"  # [0, 1]
    NAMES = "names"  # List[Struct{lang, name}], the name for readers of each language; empty where a person named it
    ORIGINALS = "originals"  # List[Struct{concept, words: List[Struct{lang, word, posts}]}], the name's concepts first
    PINNED = "pinned"  # Boolean; this and the next only where people edited topics
    EDITED = "edited"  # Boolean: a person named it or changed its posts
    SINCE = "since_file"  # Int16, the file that it came up with, 0 for the first
    NEW = "new"  # Boolean, came up with the newest file, and that is not the first
    SEPARATION = "separation"  # [-1, 1], how far it stands apart from the nearest other topic
    LANGUAGE_MIX = "language_mix"  # [0, 1], 1: languages as mixed as in the file, 0: one language; null: file has one
    COPIES_SHARE = "copies_share"  # [0, 1], share of its posts that are copies
    AGREEMENT = "agreement"  # [0, 1], overlap with its nearest from other seeds; null where not measured
    CONFIDENCE = "confidence"  # "firm", "fair" or "loose"; null where not measured
    SIMILAR = "similar"  # List[Struct{topic_id, cosine}], nearest other topics, nearest first
    PARENT = "parent"  # Int32, its group of topics, 0 the largest
    PARENT_NAME = "parent_name"  # the group's name


def no_progress(share: float, sentence: str) -> None:
    """Take a progress report and do nothing with it."""


def told_nobody(share: float) -> None:
    """Take how far a step is and do nothing with it."""


PIECE = 5_000
"""Rows of a table that are worked on at once: small enough to stop in between, or to be done elsewhere."""


class Spread(Protocol):
    """What does a step piece by piece, here or in other processes (engines/hands.py); what comes out is the same."""

    def __call__(
        self,
        work: Callable[..., pl.DataFrame],
        table: pl.DataFrame,
        given: Mapping[str, Any],
        tell: Tell = told_nobody,
        size: int = PIECE,
    ) -> pl.DataFrame:
        """Return what ``work(piece, **given)`` makes of each ``size`` rows of ``table``, below each other."""


def joined_pieces(
    work: Callable[..., pl.DataFrame],
    table: pl.DataFrame,
    given: Mapping[str, Any],
    tell: Tell = told_nobody,
    size: int = PIECE,
) -> pl.DataFrame:
    """Return what ``work(piece, **given)`` makes of each ``size`` rows of ``table``, done in this process."""
    made = []
    for start in range(0, max(table.height, 1), size):
        tell(start / max(table.height, 1))
        made.append(work(table.slice(start, size), **given))
    tell(1.0)
    return made[0] if len(made) == 1 else pl.concat(made)


def check_vectors(vectors: NDArray, rows: int | None = None, dim: int | None = None) -> Vectors:
    """Return ``vectors`` (n, d) as float32 after checking rank, row count, width and finiteness.

    Raises:
        EncoderError: the array is not two-dimensional, has another length or width than promised,
            or holds NaN or infinity.
    """
    if vectors.ndim != 2:
        raise EncoderError(f"Vectors must be a table of shape (n, d), not of shape {vectors.shape}.")
    if rows is not None and len(vectors) != rows:
        raise EncoderError(f"There are {len(vectors):,} vectors for {rows:,} texts; embed the texts again.")
    if dim is not None and vectors.shape[1] != dim:
        raise EncoderError(f"Vectors are {vectors.shape[1]} wide where the encoder is {dim} wide; embed again.")
    checked = np.asarray(vectors, dtype=np.float32)
    if not np.isfinite(checked).all():
        raise EncoderError("Some vectors hold NaN or infinity; embed the texts again with another runtime.")
    return checked
