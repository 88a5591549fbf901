"""What a report needs of an analysis, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import polars as pl


class AnalysisLike(Protocol):
    """A finished analysis: row *i* of ``table`` is post *i*; columns as in types.Col and types.TopicCol.

    ``empty`` and ``unreadable`` have row, reason, raw. ``manifest`` tells how everything was made; parts that
    are missing in it are left out of the report.
    """

    @property
    def table(self) -> pl.DataFrame:
        """The posts (n rows)."""
        ...

    @property
    def topics(self) -> pl.DataFrame:
        """The topics (c rows)."""
        ...

    @property
    def empty(self) -> pl.DataFrame:
        """Rows of the file without a text."""
        ...

    @property
    def unreadable(self) -> pl.DataFrame:
        """Rows of the file that could not be read."""
        ...

    @property
    def manifest(self) -> Mapping[str, Any]:
        """How the analysis was made."""
        ...


def title_of(analysis: AnalysisLike) -> str:
    """Return what the analysis is called: its own title, else the name of its file."""
    source = analysis.manifest.get("source")
    name = source.get("name") if isinstance(source, Mapping) else None
    return str(getattr(analysis, "title", None) or name or "Analysed posts")
