"""Staged pairs and the limits of the draw ─▶ the files of a store: texts, arrays, and the table of counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.text.language_codes import tidy_code
from ctse_core.types import Progress
from train.pairs_clean import FAULTS
from train.pairs_draw import BLOCK, FATES, KEPT, REPEATED, Group, Limit, fates, shelf_of_key
from train.pairs_stage import LEFT_OUT, READ, UNASKED, Staged
from train.shelves import LENGTH, Shelves, TextShelves
from train.text_store import TextWriter

_PLACE = np.dtype([("pair", "<i8"), ("english", "<i4")])


@dataclass(frozen=True)
class Layout:
    """How kept pairs lie in a store.

    Attributes:
        groups: (language, source, kind) in the order of the store.
        staged: (g,) number of each of them as staged.
        sizes: (g,) kept pairs of each.
        fates: (staged groups, fates) pairs by what became of them.
    """

    groups: list[Group]
    staged: NDArray[np.int64]
    sizes: NDArray[np.int64]
    fates: NDArray[np.int64]

    @property
    def pairs(self) -> int:
        """Kept pairs."""
        return int(self.sizes.sum())

    @property
    def starts(self) -> NDArray[np.int64]:
        """First pair (g,) of each group."""
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)

    @property
    def languages(self) -> list[str]:
        """Languages with pairs, in the order of their codes."""
        return sorted({lang for lang, _, _ in self.groups})

    def described(self) -> dict[str, Any]:
        """Return what a store tells about itself, for JSON."""
        sources, kinds = (sorted({group[place] for group in self.groups}) for place in (1, 2))
        columns = list(zip(*self.groups, strict=True)) or [(), (), ()]
        groups = dict(zip(("lang", "source", "kind"), map(list, columns), strict=True))
        return {
            "pairs": self.pairs,
            "languages": self.languages,
            "sources": sources,
            "kinds": kinds,
            "groups": {**groups, "start": self.starts.tolist(), "pairs": self.sizes.tolist()},
        }


def write_pairs(staged: Staged, limits: list[Limit], seed: int, folder: Path, progress: Progress) -> Layout:
    """Write the kept pairs group by group into ``folder``; return how they lie there."""
    layout = _layout(staged, limits, seed)
    translations = TextShelves(staged.folder / "translations", [])
    english = TextShelves(staged.folder / "english", [("key", "<u8"), ("pair", "<i8")])
    place_of = np.full(len(staged.groups), -1, dtype=np.int64)
    place_of[layout.staged] = np.arange(len(layout.groups))
    next_pair = layout.starts
    for records, texts in _kept(staged, limits, seed):
        group = place_of[records["group"]]
        pairs = _numbered(group, next_pair)
        translations.add(group, texts["translation"])
        keys = texts["english"].hash(11).to_numpy()
        of_text = np.zeros(len(keys), dtype=[("key", "<u8"), ("pair", "<i8")])
        of_text["key"], of_text["pair"] = keys, pairs
        english.add(shelf_of_key(keys), texts["english"], of_text)
        progress(0.7 + 0.2 * records["row"][-1] / staged.starts[-1], "Putting the pairs in order")
    with TextWriter(folder, "translations") as writer:
        for shelf in translations.records.numbers():
            writer.add_shelf(translations, shelf)
    _write_english(english, Shelves(staged.folder / "places", _PLACE), layout.pairs, folder)
    _write_groups(layout, folder)
    return layout


def table_of_counts(
    staged: Staged, repeats: NDArray[np.int64], layout: Layout, languages: tuple[str, ...]
) -> pl.DataFrame:
    """Return a row for each language, source and kind: read, kept, and dropped by each reason that occurred.

    A language that was asked for and has no pair stands there with zeros.
    """
    counts = dict(staged.counts)
    for fate, name in enumerate(FATES):
        of_group = repeats if fate == REPEATED else layout.fates[:, fate]
        counts[name] = Counter({group: int(of_group[number]) for number, group in enumerate(staged.groups)})
    reasons = [READ, "kept", *FAULTS, UNASKED, LEFT_OUT, *FATES[1:]]
    told = [name for name in reasons if name in (READ, "kept") or any(counts.get(name, {}).values())]
    missing = sorted(set(map(tidy_code, languages)) - {lang for lang, _, _ in staged.seen})
    rows = [
        (*group, *(counts.get(name, Counter())[group] for name in told))
        for group in [*sorted(staged.seen), *((lang, "", "") for lang in missing)]
    ]
    schema = {**dict.fromkeys(("language", "source", "kind"), pl.String), **dict.fromkeys(told, pl.Int64)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _layout(staged: Staged, limits: list[Limit], seed: int) -> Layout:
    table = np.zeros((len(staged.groups), len(FATES)), dtype=np.int64)
    for shelf in staged.kept.numbers():
        records = staged.kept.read(shelf)
        flat = records["group"] * len(FATES) + fates(records, limits, seed)
        table += np.bincount(flat, minlength=table.size).reshape(table.shape)
    order = [number for number in _sorted(staged.groups) if table[number, KEPT]]
    numbers = np.array(order, dtype=np.int64)
    return Layout([staged.groups[number] for number in order], numbers, table[numbers, KEPT], table)


def _sorted(groups: list[Group]) -> list[int]:
    return sorted(range(len(groups)), key=groups.__getitem__)


def _kept(staged: Staged, limits: list[Limit], seed: int) -> Iterator[tuple[NDArray, pl.DataFrame]]:
    """Yield (records, texts) of the kept pairs of each batch, in the order of their rows."""
    block, records = -1, staged.kept.read(-1)
    for (start, texts), end in zip(staged.batches(), staged.starts[1:], strict=True):
        parts = []
        for needed in range(start >> BLOCK, (end - 1 >> BLOCK) + 1):
            if needed != block:
                block, records = needed, staged.kept.read(needed)
                records = records[fates(records, limits, seed) == KEPT]
                records = records[np.argsort(records["row"])]
            first, last = np.searchsorted(records["row"], [start, end])
            parts.append(records[first:last])
        some = np.concatenate(parts)
        if len(some):
            yield some, texts[some["row"] - start]


def _numbered(group: NDArray[np.int64], next_pair: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pair's number (m,) in the store, and count ``next_pair`` (g,) on."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    first = np.searchsorted(ordered, ordered)
    numbers = np.empty(len(group), dtype=np.int64)
    numbers[order] = next_pair[ordered] + np.arange(len(group)) - first
    next_pair += np.bincount(group, minlength=len(next_pair))
    return numbers


def _write_english(english: TextShelves, places: Shelves, pairs: int, folder: Path) -> None:
    """Write each English sentence once, shelf by shelf, and for each pair which one it is."""
    import pyarrow as pa

    with TextWriter(folder, "english") as writer:
        for shelf in english.records.numbers():
            records = english.records.read(shelf)
            offsets = np.concatenate([[0], np.cumsum(records[LENGTH], dtype=np.int64)])
            data = english.path(shelf).read_bytes()
            texts = pa.LargeStringArray.from_buffers(len(records), pa.py_buffer(offsets.tobytes()), pa.py_buffer(data))
            _, first, which = np.unique(records["key"], return_index=True, return_inverse=True)
            place = np.zeros(len(records), dtype=_PLACE)
            place["pair"], place["english"] = records["pair"], writer.texts + which
            places.add(place["pair"] >> BLOCK, place)
            writer.add(pl.Series(pl.from_arrow(texts.take(pa.array(first)))))
    with (folder / "english_of.array").open("wb") as file:
        for block in places.numbers():
            place = places.read(block)
            of_pair = np.zeros(min(1 << BLOCK, pairs - (block << BLOCK)), dtype=np.int32)
            of_pair[place["pair"] - (block << BLOCK)] = place["english"]
            file.write(of_pair.tobytes())


def _write_groups(layout: Layout, folder: Path) -> None:
    """Write language, source and kind of each pair: one value all through a group."""
    for part, (name, dtype) in enumerate((("lang_of", np.int16), ("source_of", np.int16), ("kind_of", np.int8))):
        names = sorted({group[part] for group in layout.groups})
        with (folder / f"{name}.array").open("wb") as file:
            for group, size in zip(layout.groups, layout.sizes.tolist(), strict=True):
                for start in range(0, size, 1 << BLOCK):
                    file.write(np.full(min(1 << BLOCK, size - start), names.index(group[part]), dtype=dtype).tobytes())
