"""An index of vectors as parts that a disk keeps, and back: what was learnt of them, not the vectors themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from ctse_core.search.confidence import BulkBackground, Chance, QuestionBackground
from ctse_core.search.index import VectorIndex
from ctse_core.search.quantised import Codes
from ctse_core.search.shifted import Shifted
from ctse_core.types import Vectors

_CHANCES = ("plain", "adjusted", "few")


def index_parts(index: VectorIndex) -> dict[str, Any]:
    """Return what ``index`` learnt of its vectors: arrays, and numbers that JSON can write, by their names."""
    background = index.background
    if isinstance(background, QuestionBackground):
        arrays = {name: np.asarray(getattr(background, name)) for name in ("unrelated", "middle", "hubness")}
        chances = {name: asdict(getattr(background, name)) for name in _CHANCES}
        return {"scale": index.scale, **arrays, "chance": chances}
    if isinstance(background, BulkBackground):
        return {"scale": index.scale, "bulk": background.bulk, "posts": background.posts}
    raise TypeError(f"{type(background).__name__} is no background that can be kept")


def index_of(parts: Mapping[str, Any], vectors: Vectors | Shifted, codes: Codes | None) -> VectorIndex:
    """Return the index whose ``parts`` were kept, over the ``vectors`` (n, d) that it was made of."""
    if "bulk" in parts:
        background: Any = BulkBackground(int(parts["posts"]), np.asarray(parts["bulk"]))
    else:
        unrelated, middle, hubness = (np.asarray(parts[name]) for name in ("unrelated", "middle", "hubness"))
        plain, adjusted, few = (Chance(**parts["chance"][name]) for name in _CHANCES)
        background = QuestionBackground(unrelated, middle, hubness, plain, adjusted, few)
    return VectorIndex.known(vectors, np.asarray(parts["scale"]), background, codes)
