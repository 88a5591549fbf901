"""Files of pairs ─▶ one folder from which training draws: each pair once, capped, guarded, by language and source.

The pairs lie in groups (language, source, kind), so that drawing from a group is drawing a number. Texts are read by
positioned reads, the rest is memory-mapped: neither building nor drawing takes memory that grows with the pairs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from ctse_core.types import Progress, no_progress
from train.beside import built_beside, one_maker
from train.config import PairSettings
from train.guard import Guard
from train.pairs_draw import draw, drop_repeats
from train.pairs_files import PairFile, content_digest, pair_files
from train.pairs_stage import Staged, stage
from train.pairs_write import table_of_counts, write_pairs
from train.text_store import TextStore

FORMAT = 1
DESCRIPTION = "pairs.json"
COUNTS = "counts.csv"


@dataclass(frozen=True)
class PairStore:
    """Pairs that are ready to be drawn; pair i is row i of every array.

    Attributes:
        folder: where it lies.
        digest: 16 hexadecimal digits that change with the files, the settings and so with the pairs.
        pairs: how many (p).
        languages, sources, kinds: what the numbers of ``lang_of``, ``source_of`` and ``kind_of`` stand for.
        english: the distinct English sentences (e).
        translations: one a pair (p).
        english_of: (p,) int32, the English sentence of each pair.
        lang_of, source_of: (p,) int16. kind_of: (p,) int8.
        groups: a row for each language, source and kind: lang, source, kind, start, pairs; its pairs lie together.
        counts: a row for each of them as read: language, source, kind, read, kept, and dropped by reason.
    """

    folder: Path
    digest: str
    pairs: int
    languages: list[str]
    sources: list[str]
    kinds: list[str]
    english: TextStore
    translations: TextStore
    english_of: NDArray[np.int32]
    lang_of: NDArray[np.int16]
    source_of: NDArray[np.int16]
    kind_of: NDArray[np.int8]
    groups: pl.DataFrame
    counts: pl.DataFrame

    @classmethod
    def open(cls, folder: Path) -> PairStore:
        """Open the pairs that ``build_store`` left in ``folder``.

        Raises:
            TrainError: there are none, or they are damaged.
        """
        try:
            told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            digest, pairs = str(told["digest"]), int(told["pairs"])
            return cls(
                folder=folder,
                digest=digest,
                pairs=pairs,
                languages=told["languages"],
                sources=told["sources"],
                kinds=told["kinds"],
                english=TextStore(folder, "english", f"{digest}-english"),
                translations=TextStore(folder, "translations", f"{digest}-translations"),
                english_of=_mapped(folder, "english_of", np.int32, pairs),
                lang_of=_mapped(folder, "lang_of", np.int16, pairs),
                source_of=_mapped(folder, "source_of", np.int16, pairs),
                kind_of=_mapped(folder, "kind_of", np.int8, pairs),
                groups=pl.DataFrame(told["groups"]),
                counts=_read_counts(folder / COUNTS),
            )
        except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
            raise TrainError(f"{folder} holds no pairs that can be opened ({error}). Make them again.") from error


def build_store(settings: PairSettings, folder: Path, progress: Progress = no_progress) -> PairStore:
    """Read, clean, guard, deduplicate and cap the pairs of ``settings``; return them from ``folder``.

    A folder that already holds the pairs of equal settings and files is opened as it is; any other is replaced when
    the new pairs are complete. The table of counts is ``counts.csv`` in it. Equal seeds give equal pairs. Of two runs
    that ask for the same, one waits for the other.

    Raises:
        TrainError: a file is missing, damaged or holds no pair; a pair is a sentence of an evaluation set (the first
            are named); a source to leave out is unknown; nothing is left; or the folder cannot be written.
    """
    files = pair_files(settings.files)
    progress(0.0, f"Looking at {len(files)} files of pairs")
    guarded = [content_digest(Path(path)) for path in settings.guard]
    digest = _digest(settings, [file.digest() for file in files], guarded)
    if not _holds(folder, digest):
        with one_maker(folder, "pairs", progress):
            if not _holds(folder, digest):  # another run may have made them meanwhile
                _make(files, settings, digest, folder, progress)
    return PairStore.open(folder)


def _make(files: list[PairFile], settings: PairSettings, digest: str, folder: Path, progress: Progress) -> None:
    guard = Guard.of_files(settings.guard)
    with built_beside(folder, DESCRIPTION) as beside:
        staged = stage(files, settings, guard, beside / "work", progress)
        repeats = drop_repeats(staged.pairs, staged.kept, len(staged.groups))
        progress(0.7, "Drawing pairs under their caps")
        limits = draw(staged.kept, staged.groups, settings)
        layout = write_pairs(staged, limits, settings.seed, beside, progress)
        counts = table_of_counts(staged, repeats, layout, settings.languages)
        counts.write_csv(beside / COUNTS)
        _refuse_emptiness(layout.pairs, staged)
        (beside / DESCRIPTION).write_text(
            json.dumps({"format": FORMAT, "digest": digest, **layout.described()}), encoding="utf-8"
        )
        staged.remove()
    progress(1.0, f"{layout.pairs:,} pairs in {len(layout.languages)} languages are ready")


def _digest(settings: PairSettings, files: list[str], guard: list[str]) -> str:
    """Return 16 digits over all that decides the pairs; weights and temperature only decide how they are drawn."""
    told = {
        "format": FORMAT,
        "files": files,
        "guard": guard,
        "languages": sorted(settings.languages),
        "cap": settings.cap,
        "caps": sorted(settings.caps),
        "without": sorted(settings.without),
        "most": sorted(settings.most),
        "seed": settings.seed,
        "keys": pl.__version__,  # its hash decides the draw
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _holds(folder: Path, digest: str) -> bool:
    try:
        return json.loads((folder / DESCRIPTION).read_text(encoding="utf-8")).get("digest") == digest
    except (OSError, ValueError, AttributeError):
        return False


def _mapped(folder: Path, name: str, dtype: type, pairs: int) -> NDArray:
    return np.memmap(folder / f"{name}.array", dtype=dtype, mode="r", shape=(pairs,))


def _read_counts(path: Path) -> pl.DataFrame:
    names = dict.fromkeys(("language", "source", "kind"), pl.String)
    return pl.read_csv(path, schema_overrides=names).with_columns(pl.col(pl.String).fill_null(""))


def _refuse_emptiness(pairs: int, staged: Staged) -> None:
    if not pairs:
        wanted = ", ".join(sorted({lang for lang, _, _ in staged.seen if lang})) or "none"
        raise TrainError(
            f"No pair is left to train on; the files hold the languages {wanted}. Ask for one of these, raise the "
            "caps, or add files of pairs."
        )
