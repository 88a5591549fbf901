"""Kept sets of posts: search results, selections, rows of a table, each under a key made of its positions."""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import ProjectError
from ctse_core.project.database import author, now
from ctse_core.project.parts import write_json
from ctse_core.types import Rows

FOLDER = "sets"
_KEY = re.compile(r"[0-9a-f]{12}")
_LABEL = 120  # letters


@dataclass(frozen=True)
class KeptSet:
    """A set of posts that was kept: its key, what it is called, how it came about, how many posts, who and when."""

    key: str
    label: str
    how: str
    posts: int
    author: str
    at: datetime


class KeptSets(Mapping[str, NDArray[np.int32]]):
    """The kept sets of a project by their keys, read from the disk when they are asked for."""

    def __init__(self, folder: Path) -> None:
        """Look at the sets of the project in ``folder``; those kept later are there as well."""
        self._folder = folder / FOLDER

    def __getitem__(self, key: str) -> NDArray[np.int32]:
        """Return the positions (m,) of the set, ascending.

        Raises:
            KeyError: there is no such set.
        """
        if key not in self:
            raise KeyError(key)
        try:
            return _positions(str(self._folder / f"{key}.npy"))
        except (OSError, ValueError) as damage:
            raise KeyError(key) from damage

    def __contains__(self, key: object) -> bool:
        # A key comes from an address: nothing but twelve hexadecimal digits ever becomes part of a path.
        return isinstance(key, str) and bool(_KEY.fullmatch(key)) and (self._folder / f"{key}.npy").is_file()

    def __iter__(self) -> Iterator[str]:
        if not self._folder.is_dir():
            return iter(())
        return iter(sorted(path.stem for path in self._folder.glob("*.npy") if _KEY.fullmatch(path.stem)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def about(self, key: str) -> KeptSet | None:
        """Return what is told about a set, or None where there is no such set."""
        if key not in self:
            return None
        try:
            told = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
            return KeptSet(
                key, str(told["label"]), str(told["how"]), int(told["posts"]), str(told["author"]),
                datetime.fromisoformat(told["at"]),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError):
            return None


@lru_cache(maxsize=32)
def _positions(path: str) -> NDArray[np.int32]:
    positions = np.load(path, allow_pickle=False).astype(np.int32, copy=False).reshape(-1)
    positions.setflags(write=False)
    return positions


def keep_set(folder: Path, positions: Sequence[int] | Rows, label: str, how: str) -> str:
    """Keep the posts at ``positions`` in the project and return the key that a filter names them by.

    ``label`` is what people read ("Results for “water”"), ``how`` where the set comes from ("search", "map", …).
    The same posts have the same key; the label given last is the one shown.

    Raises:
        ProjectError: there are no posts to keep, or the project cannot be written to.
    """
    kept = np.unique(np.asarray(positions, dtype=np.int64)).astype(np.int32)
    if not len(kept) or kept[0] < 0:
        raise ProjectError("There are no posts to keep as a set; choose some first.")
    key = hashlib.blake2b(kept.astype("<i4").tobytes(), digest_size=6).hexdigest()
    place = folder / FOLDER / f"{key}.npy"
    facts = {
        "label": " ".join(label.split())[:_LABEL] or how,
        "how": how,
        "posts": len(kept),
        "author": author(),
        "at": now().isoformat(),
    }
    try:
        place.parent.mkdir(exist_ok=True)
        write_json(place.with_suffix(".json"), facts)
        if not place.is_file():
            beside = place.with_name(f".{key}.{uuid.uuid4().hex[:8]}")
            with beside.open("wb") as file:
                np.save(file, kept, allow_pickle=False)
            os.replace(beside, place)
    except OSError as fault:
        raise ProjectError(
            f"The posts could not be kept in project “{folder.name}” ({fault.strerror or fault}); "
            "make room on the disk, or check the rights of its folder."
        ) from fault
    return key
