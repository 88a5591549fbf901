"""The second stage of a search: a closer encoder reads the posts that a faster one found, and judges them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.encoders import DEFAULT_ENCODER, Encoder, embed, load_encoder
from ctse_core.project import DiskVectors, cache_home
from ctse_core.search import UNRELATED_QUESTIONS, Unrelated, among, found_background
from ctse_core.structure import language_offsets
from ctse_core.text import detect_languages, normalise
from ctse_core.types import Col, Progress, Rows, Vectors, no_progress

FOUND = 100
"""Posts of the first stage that are read again."""

SAMPLE = 1_000
"""Posts that tell what the second encoder adds to each language of the collection."""

JUDGED = 50  # nearest posts among which a question finds what it counts as answered by
MOST_KEPT = 50_000  # vectors held in memory; beyond, they are read from the disk again


@dataclass(frozen=True)
class Look:
    """What the second encoder says of r posts about one question.

    ``similarity`` (r,) cosine in [-1, 1] by which they are ranked; ``band`` (r,) what they are worth; ``chance`` (r,)
    the band in the space of the ranking; ``strong`` the similarity from which a hit is strong there; ``answered``
    whether the nearest of them are more than chance.
    """

    similarity: NDArray[np.float32]
    band: NDArray[np.str_]
    chance: NDArray[np.str_]
    strong: float
    answered: bool


class Readable(Protocol):
    """Posts that can be read at their positions, wherever they lie; ``sample`` stands for every language of them."""

    @property
    def sample(self) -> Rows:
        """Positions of about SAMPLE different posts, ascending."""
        ...

    def texts(self, rows: Rows) -> list[str]:
        """Return the compared texts of the posts at ``rows`` (m,)."""
        ...

    def languages(self, rows: Rows) -> list[str]:
        """Return their languages."""
        ...


class _OfTable:
    """The posts of a table."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.sample = language_sample(table)
        self._texts, self._languages = table[Col.COMPARED], table[Col.LANG]

    def texts(self, rows: Rows) -> list[str]:
        return self._texts[rows].to_list()

    def languages(self, rows: Rows) -> list[str]:
        return self._languages[rows].to_list()


class SecondLook:
    """Reads posts of one collection with an encoder that has not embedded it; may be shared by threads."""

    def __init__(
        self,
        encoder: Encoder,
        table: pl.DataFrame | Readable,
        found: Rows,
        progress: Progress = no_progress,
    ) -> None:
        """Learn what chance is, and what the encoder adds to each language; some thousand posts are read once.

        ``table`` holds n posts, or reads them; ``found`` (m, r) are the positions that the first stage finds for each
        of the unrelated questions, -1 where there are fewer.
        """
        self.encoder = encoder
        self._posts: Readable = _OfTable(table) if isinstance(table, pl.DataFrame) else table
        self._known = _Kept(DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim))
        unrelated, spoken = unrelated_vectors(encoder)
        sample = self._posts.sample
        rows = np.union1d(found[found >= 0], sample)
        read = self._read(rows, _told(progress))
        self._offsets = language_offsets(read[np.searchsorted(rows, sample)], self._spoken(sample))
        self._origin = (unrelated - self._offsets.of(spoken)).mean(axis=0)
        centred = self._offsets.centred(read, self._spoken(rows))
        places = [np.searchsorted(rows, each[each >= 0]) for each in found]
        # Ranked without what a language and being a question add, judged in the encoder's own space: as in the
        # first stage.
        even = np.searchsorted(rows, sample)
        self._judge = found_background(
            Unrelated(unrelated, spoken), read[even].mean(axis=0), [read[place] for place in places]
        )
        self._ranks = found_background(
            Unrelated(self._offsets.centred(unrelated, spoken, self._origin)),
            centred[even].mean(axis=0),
            [centred[place] for place in places],
        )

    def at(self, text: str, language: str, rows: Rows) -> Look:
        """Return what the encoder says of the posts at positions ``rows`` (r,) about a question."""
        asked = self.encoder.encode([text])
        posts = self._read(rows)
        centred = self._offsets.centred(posts, self._spoken(rows))
        moved = self._offsets.centred(asked, [language], self._origin)
        near, similarity = (posts @ asked[0])[None], (centred @ moved[0])[None]
        here = np.arange(len(rows))[None]
        judge = among(self._judge, posts)
        return Look(
            similarity=similarity[0],
            band=judge.bands(asked, here, near, [language])[0],
            chance=among(self._ranks, centred).bands(moved, here, similarity)[0],
            strong=float(self._ranks.strong_from(moved)[0]),
            answered=bool(judge.answered(asked, here, near, [language])[0]),
        )

    def nearness(self, text: str, language: str) -> Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]:
        """Return what gives the similarity (m,) of m texts, in their languages, to a question."""
        moved = self._offsets.centred(self.encoder.encode([text]), [language], self._origin)[0]
        return lambda texts, spoken: self._offsets.centred(self.encoder.encode(list(texts)), spoken) @ moved

    def _read(self, rows: Rows, progress: Progress = no_progress) -> Vectors:
        return embed(self._posts.texts(rows), self.encoder, self._known, progress)

    def _spoken(self, rows: Rows) -> list[str]:
        return self._posts.languages(rows)


def _told(progress: Progress) -> Progress:
    """Return a progress that tells what the reading is for, and nothing where everything was read before."""

    def tell(share: float, sentence: str) -> None:
        if share < 1.0:
            progress(share, f"Getting ready to re-rank, once for these posts. {sentence}")

    return tell


class _Kept:
    """Known vectors on the disk, those of this session in memory: a question asked again is answered at once."""

    def __init__(self, disk: DiskVectors) -> None:
        self._disk = disk
        self._fresh: dict[bytes, Vectors] = {}

    def lookup(self, digests: Sequence[bytes]) -> tuple[NDArray[np.bool_], Vectors]:
        """Return which digests are known (n,), and the vectors (m, d) of those that are, in their order."""
        kept = dict(self._fresh)
        missing = [digest for digest in digests if digest not in kept]
        found, stored = self._disk.lookup(missing)
        kept |= zip([digest for digest, has in zip(missing, found, strict=True) if has], stored, strict=True)
        known = np.array([digest in kept for digest in digests], dtype=bool)
        vectors = [kept[digest] for digest in digests if digest in kept]
        self._fresh = kept if len(kept) <= MOST_KEPT else {}
        return known, np.array(vectors, dtype=np.float32).reshape(len(vectors), self._disk.dim)

    def remember(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        """Keep the vectors (m, d) of ``m`` digests."""
        self._fresh = self._fresh | dict(zip(digests, np.array(vectors), strict=True))
        self._disk.remember(digests, vectors)


def load_second() -> Encoder:
    """Return the encoder that takes second looks.

    Raises:
        EncoderError: it cannot be had.
    """
    return load_encoder(DEFAULT_ENCODER)


def unrelated_vectors(encoder: Encoder) -> tuple[Vectors, list[str]]:
    """Return the vectors (m, d) of questions about other things, and their languages."""
    texts = [normalise(text) for text in UNRELATED_QUESTIONS]
    known = DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim)
    return embed(texts, encoder, known), detect_languages(texts)[0]


def language_sample(table: pl.DataFrame, posts: int = SAMPLE) -> Rows:
    """Return the positions of about ``posts`` different posts, ascending: an even sample of every language."""
    rows = np.flatnonzero(table[Col.DUPLICATE_OF].is_null().to_numpy())
    if len(rows) <= posts:
        return rows
    languages = table[Col.LANG].to_numpy()[rows]
    names = np.unique(languages)
    most = max(20, posts // len(names))
    chosen = [_even(rows[languages == name], most) for name in names]
    rest = np.setdiff1d(rows, np.concatenate(chosen))
    return np.sort(np.concatenate([*chosen, _even(rest, max(0, posts - sum(map(len, chosen))))]))


def _even(rows: Rows, wanted: int) -> Rows:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), wanted)).astype(int)]
