"""The figures of every language as one HTML file that a person can read, and as CSV."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ctse_core.errors import TrainError
from ctse_core.figures import language_name

ASSETS = Path(__file__).resolve().parents[3] / "assets"
STYLES = ("report/report.css", "evaluation/languages.css")
TEMPLATE = "languages.html.j2"

# What HTML cannot hold, and what could turn the direction of the text that follows.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Heading:
    """What a page says of itself: the encoder's name, the bar in [0, 1], when it was made, and a sentence."""

    encoder: str
    bar: float = 0.95
    made: str = ""
    told: str = ""


def languages_page(figures: pl.DataFrame, neighbours: pl.DataFrame, heading: Heading) -> str:
    """Return the page: ``figures`` with their causes and ``neighbours`` as ``diagnose`` makes them.

    Every text is escaped and keeps its own direction; the file runs no script and loads nothing.

    Raises:
        TrainError: the template is not where the installation should have it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(ASSETS / "evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_showable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        template = environment.get_template(TEMPLATE)
        style = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)
    except (TemplateNotFound, OSError) as error:
        raise TrainError(f"The page's template is missing from “{ASSETS}”; install CTSE again.") from error
    return template.render(
        encoder=heading.encoder,
        bar=heading.bar,
        made=heading.made,
        told=heading.told,
        style=Markup(style),  # noqa: S704 our own files
        sets=_sets(figures, neighbours, heading.bar),
        texts="english" in neighbours.columns,
    )


def _sets(figures: pl.DataFrame, neighbours: pl.DataFrame, bar: float) -> list[dict[str, Any]]:
    sets = []
    for (name,), group in figures.group_by("set", maintain_order=True):
        rows = group.sort("matching", "lang", "text").rows(named=True)
        several = {row["lang"] for row in rows if sum(other["lang"] == row["lang"] for other in rows) > 1}
        for row in rows:
            row["name"] = language_name(row["lang"]) + (f" ({row['text']})" if row["lang"] in several else "")
            row["anchor"] = "language-" + re.sub(r"[^A-Za-z0-9]+", "-", f"{name}-{row['text']}")
            row["wrong"] = _of(neighbours, row)
        below = [row for row in rows if row["matching"] < bar]
        good = [row for row in rows if row["matching"] >= bar]
        sets.append(
            {
                "name": name,
                "rows": sorted({row["lang"] for row in rows}),
                "texts": len(rows),
                "below": below,
                "good": good,
                "mean": sum(row["matching"] for row in rows) / len(rows),
            }
        )
    return sets


def _of(neighbours: pl.DataFrame, row: dict[str, Any]) -> list[dict[str, Any]]:
    same = [pl.col(name) == row[name] for name in ("set", "lang", "text")]
    return neighbours.filter(*same).rows(named=True)


def _showable(value: Any) -> Any:
    return _UNSHOWABLE.sub("\ufffd", value) if type(value) is str else value
