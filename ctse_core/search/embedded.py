"""An index in a folder of this machine, or of a disk that several share: the default one, without any server.

Entries lie in segments that never change; ``index.json`` names those that count and the rows deleted of each. A
writer holds a lock, writes what is new beside, and renames a new ``index.json`` into place: that one rename decides.
Readers keep what they opened. Small segments are merged as they gather, so that there are never many.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import ProjectError, SettingError
from ctse_core.search.conditions import fitted, known_facts, no_facts, passes
from ctse_core.search.index import unit_rows
from ctse_core.search.interface import Found, Where
from ctse_core.search.segments import KEY, Entries, Segment, open_segment, write_segment
from ctse_core.types import Rows, Vectors, check_vectors

STATE = "index.json"
PATIENCE = 120.0  # seconds that a writer waits for another one
FILTERS = 16  # filters whose entries are remembered
_MADE = ("segment-", "gone-", "facts-")


@dataclass(frozen=True)
class _View:
    """The index as it was at one moment."""

    told: dict[str, Any]
    kinds: dict[str, pl.DataType]
    segments: tuple[Segment, ...]


class EmbeddedIndex:
    """An Index (interface.py) over the files of one folder."""

    def __init__(self, folder: Path, width: int) -> None:
        """Open the index in ``folder``, or begin an empty one there; its vectors are ``width`` wide.

        Raises:
            ProjectError: the folder holds an index of another width, or one that is damaged.
        """
        self.folder = folder
        self._width = width
        self._view = _View({}, {}, ())
        self._masks: dict[tuple[str, Where], NDArray[np.bool_]] = {}
        self.refresh()

    @property
    def width(self) -> int:
        """The width d of the vectors."""
        return self._width

    def __len__(self) -> int:
        return int(sum(segment.live.sum() for segment in self._view.segments))

    def add(self, keys: Sequence[str], vectors: Vectors, facts: pl.DataFrame | None = None) -> None:
        """Put in entries, or replace those whose key is there; see Index.add."""
        checked = check_vectors(vectors, dim=self._width)
        told = pl.DataFrame() if facts is None else facts
        names = pl.Series(KEY, list(keys), dtype=pl.Utf8)
        if len(names) != len(checked) or (told.width and told.height != len(names)):
            raise SettingError(f"{len(names):,} keys, {len(checked):,} vectors and {told.height:,} facts do not fit.")
        if names.n_unique() != len(names):
            raise SettingError("A key comes twice among the entries to put in; give each of them once.")
        if KEY in told.columns:
            raise SettingError(f"“{KEY}” is the entries' own; call the fact otherwise.")
        with self._writing() as view:
            kinds = view.kinds or dict(told.schema)
            rest = fitted(told, kinds) if told.width else no_facts(len(names), kinds)
            kept = self._without(view.segments, keys)
            if len(names):
                entries = Entries(names, [(checked, np.arange(len(checked)))], rest)
                order = names.arg_sort().to_numpy().astype(np.int64)
                name = write_segment(self.folder, entries, order, self._width)
                kept = self._merged((*kept, open_segment(self.folder, name, None)), kinds)
            self._commit(view, kept, kinds)

    def delete(self, keys: Sequence[str]) -> int:
        """Take out the entries with these keys and return how many were there; see Index.delete."""
        with self._writing() as view:
            kept = self._without(view.segments, list(dict.fromkeys(keys)))
            before = sum(int(segment.live.sum()) for segment in view.segments)
            after = sum(int(segment.live.sum()) for segment in kept)
            if after < before:
                self._commit(view, kept, view.kinds)
        return before - after

    def search(
        self, queries: Vectors, k: int = 10, where: Where | None = None, give: Sequence[str] = ()
    ) -> list[Found]:
        """Return the ``k`` entries most similar to each query; see Index.search."""
        if k < 1:
            raise SettingError(f"Ask for at least one result, not for {k}.")
        asked = unit_rows(check_vectors(np.atleast_2d(queries), dim=self._width))
        view = self._view
        known_facts(give, view.kinds)
        parts = []
        for segment in view.segments:
            rows, similarity = segment.index.nearest(asked, k, self._mask(segment, where, view.kinds))
            parts.append((segment, rows, similarity))
        if where is not None:
            known_facts((condition.fact for condition in where.conditions), view.kinds)
        return [_best(parts, query, k, give, view.kinds) for query in range(len(asked))]

    def vectors(self, keys: Sequence[str]) -> Vectors:
        """Return the vectors (m, d) of the entries as they were put in; zeros for unknown keys."""
        found = np.zeros((len(keys), self._width), dtype=np.float32)
        for segment in self._view.segments:
            rows = segment.rows_of(keys)
            found[rows >= 0] = segment.index.vectors[rows[rows >= 0]]
        return found

    def told(self, fact: str) -> set[Any]:
        """Return the values that a fact has among all entries; none where the index does not have the fact."""
        view = self._view
        values = [one.facts[fact].filter(one.live).unique() for one in view.segments if fact in view.kinds]
        return set().union(*(some.to_list() for some in values)) - {None}

    def refresh(self) -> None:
        """See what others wrote since.

        Raises:
            ProjectError: the index is damaged, or of another width.
        """
        for tries in range(5):
            try:
                self._view = self._read()
                break
            except FileNotFoundError as gone:  # merged away between two reads: what counts now is named anew
                if tries == 4:
                    raise ProjectError(f"Files of the index in “{self.folder}” are missing ({gone}).") from gone
                time.sleep(0.01)
        self._masks = {}

    def close(self) -> None:
        """Let go of the files; what was written stays."""
        self._view = _View({}, {}, ())
        self._masks = {}

    def _read(self) -> _View:
        state = self.folder / STATE
        if not state.exists():
            return _View({}, {}, ())
        try:
            told = json.loads(state.read_text(encoding="utf-8"))
            if told["width"] != self._width:
                raise ProjectError(f"The index in “{self.folder}” is {told['width']} wide, not {self._width}.")
            kinds = dict(pl.read_ipc_schema(self.folder / told["facts"])) if told["facts"] else {}
            have = {(one.name, gone): one for one, gone in zip(self._view.segments, self._gone(), strict=True)}
            segments = [
                have.get((name, gone)) or open_segment(self.folder, name, gone) for name, gone in told["segments"]
            ]
        except FileNotFoundError:
            raise
        except (ValueError, KeyError, OSError, pl.exceptions.PolarsError) as damage:  # an empty file is an OSError
            raise ProjectError(f"The index in “{self.folder}” is damaged ({damage}); make it again.") from damage
        # Segments written before any facts were told know none of them.
        whole = [replace(one, facts=_with_facts(one.facts, kinds)) for one in segments]
        return _View(told, kinds, tuple(whole))

    def _gone(self) -> list[str | None]:
        return [gone for _, gone in self._view.told.get("segments", [])]

    @contextmanager
    def _writing(self) -> Iterator[_View]:
        """Hold the index for one writer and give it as it is now; leftovers of killed writers are removed."""
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / ".lock").acquire(timeout=PATIENCE):
                self.refresh()
                yield self._view
                self._sweep()
        except Timeout as taken:
            raise ProjectError(f"The index in “{self.folder}” is being written to; try again later.") from taken

    def _sweep(self) -> None:
        told = self._view.told
        counts = {told.get("facts"), *(part for pair in told.get("segments", []) for part in pair)}
        for left in self.folder.iterdir():
            if left.name.startswith(_MADE) and left.name not in counts:
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)

    def _commit(self, view: _View, segments: Sequence[Segment], kinds: dict[str, pl.DataType]) -> None:
        """Name the segments that count from now on, with the rows that are gone of each."""
        before = {one.name: (one, gone) for one, gone in zip(view.segments, self._gone(), strict=True)}
        named: list[tuple[str, str | None]] = []
        for segment in segments:
            old, gone = before.get(segment.name, (None, None))
            if not segment.live.all() and (old is None or not np.array_equal(old.live, segment.live)):
                gone = f"gone-{uuid.uuid4().hex[:12]}.npy"
                np.save(self.folder / gone, np.flatnonzero(~segment.live), allow_pickle=False)
            named.append((segment.name, gone))
        facts = view.told.get("facts")
        if kinds and not facts:
            facts = f"facts-{uuid.uuid4().hex[:12]}.arrow"
            pl.DataFrame(schema=kinds).write_ipc(self.folder / facts)
        beside = self.folder / f".{STATE}.{uuid.uuid4().hex[:8]}"
        with beside.open("w", encoding="utf-8") as file:
            json.dump({"width": self._width, "facts": facts, "segments": named}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self.folder / STATE)
        self.refresh()

    def _without(self, segments: Sequence[Segment], keys: Sequence[str]) -> tuple[Segment, ...]:
        left = []
        for segment in segments:
            rows = segment.rows_of(keys)
            live = segment.live.copy()
            live[rows[rows >= 0]] = False
            if live.any():
                left.append(replace(segment, live=live))
        return tuple(left)

    def _merged(self, segments: tuple[Segment, ...], kinds: dict[str, pl.DataType]) -> tuple[Segment, ...]:
        """Return the segments, the last ones put into one as long as the one before is not much larger."""
        sizes = [int(segment.live.sum()) for segment in segments]
        first = len(segments) - 1
        while first > 0 and sizes[first - 1] <= 2 * sum(sizes[first:]):
            first -= 1
        if first == len(segments) - 1:
            return segments
        parts = segments[first:]
        rows: list[Rows] = [np.flatnonzero(part.live).astype(np.int64) for part in parts]
        keys = pl.concat([part.keys.gather(some) for part, some in zip(parts, rows, strict=True)])
        facts = [_with_facts(part.facts, kinds)[some] for part, some in zip(parts, rows, strict=True)]
        vectors = [(part.index.vectors, some) for part, some in zip(parts, rows, strict=True)]
        order = keys.arg_sort().to_numpy().astype(np.int64)
        name = write_segment(self.folder, Entries(keys, vectors, pl.concat(facts)), order, self._width)
        return (*segments[:first], open_segment(self.folder, name, None))

    def _mask(self, segment: Segment, where: Where | None, kinds: dict[str, pl.DataType]) -> NDArray[np.bool_]:
        if not where:
            return segment.live
        mark = (segment.name, where)
        mask = self._masks.get(mark)
        if mask is None:
            mask = segment.live
            if where.conditions:
                told = segment.facts.select(passes(where.conditions, kinds).alias("it"))["it"].to_numpy()
                mask = mask & told
            mask = mask.copy()
            rows = segment.rows_of(where.without)
            mask[rows[rows >= 0]] = False
            if len(self._masks) >= FILTERS:
                self._masks = {}
            self._masks[mark] = mask
        return mask


def _with_facts(facts: pl.DataFrame, kinds: dict[str, pl.DataType]) -> pl.DataFrame:
    missing = [name for name in kinds if name not in facts.columns]
    return facts.with_columns([pl.lit(None, kinds[name]).alias(name) for name in missing]) if missing else facts


def _best(
    parts: Sequence[tuple[Segment, Rows, NDArray[np.float32]]],
    query: int,
    k: int,
    give: Sequence[str],
    kinds: dict[str, pl.DataType],
) -> Found:
    """Return the best ``k`` of what each segment found for one query, equal ones by key."""
    tables = []
    for segment, rows, similarity in parts:
        found = rows[query][rows[query] >= 0]
        facts = segment.facts[found].select(give) if give else pl.DataFrame()
        mine = pl.DataFrame({KEY: segment.keys.gather(found), "cosine": similarity[query][: len(found)]})
        tables.append(mine.hstack(facts) if facts.width else mine)
    if not tables:
        return Found((), np.zeros(0, np.float32), pl.DataFrame(schema={name: kinds[name] for name in give}))
    best = pl.concat(tables).sort(["cosine", KEY], descending=[True, False]).head(k)
    return Found(tuple(best[KEY].to_list()), best["cosine"].to_numpy().astype(np.float32), best.select(give))
