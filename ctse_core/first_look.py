"""A first look at a file before it is analysed: its first posts read as all will be, and how long it may take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ctse_core.encoders import AUTO, Encoder, has_gpu
from ctse_core.encoders.choice import measured_pace, picked
from ctse_core.posts import ColumnRoles, Posts, sample_posts
from ctse_core.text import detect_languages, normalise
from ctse_core.types import Col

SAMPLED = 200
"""Rows that are looked at."""
_BESIDE = 4.0  # seconds that any analysis takes beside its posts
_OF_A_POST = 0.002  # seconds a post beside its embedding: cleaning, map, clusters, names


@dataclass(frozen=True)
class FirstLook:
    """What the first rows say: the ``posts`` in them, how many are in each language, and the ``rows`` of the file.

    ``languages``: posts of the sample by language code, most frequent first. ``rows`` is an estimate.
    """

    posts: Posts
    languages: dict[str, int]
    rows: int

    @property
    def expected_posts(self) -> int:
        """Posts that the whole file has, if all of it is like its first rows."""
        share = self.posts.table.height / max(1, self.posts.rows_in_file)
        return round(self.rows * share)


def first_look(source: Path, roles: ColumnRoles, rows: int) -> FirstLook:
    """Return what the first rows of a file say, read by ``roles``; ``rows`` are those of the whole file.

    Raises:
        InputFileError: the file cannot be read.
        ColumnError: a role names no column, or no column holds text.
    """
    posts = sample_posts(source, roles, SAMPLED)
    compared = [normalise(text) for text in posts.table[Col.TEXT].to_list()]
    codes, _ = detect_languages(compared)
    return FirstLook(posts, dict(Counter(codes).most_common()), rows)


def likely_encoder(asked: str, look: FirstLook) -> str:
    """Return the encoder that the analysis will use: the one asked for, or what "auto" chooses for so many posts."""
    return picked(look.expected_posts, has_gpu()) if asked == AUTO else asked


def expected_seconds(look: FirstLook, encoder: Encoder) -> float:
    """Return about how many seconds the analysis takes here, after a trial of the encoder on the first posts.

    Copies are taken for posts, so that it is rather sooner done.
    """
    texts = [normalise(text) for text in look.posts.table[Col.TEXT].to_list()]
    pace = measured_pace(encoder, texts)
    embedding = look.expected_posts / pace if pace else 0.0
    return _BESIDE + look.expected_posts * _OF_A_POST + embedding
