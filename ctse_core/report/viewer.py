"""The map and the topics as one file that opens anywhere, offline: names, search by words, posts to read."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ctse_core.errors import ProjectError
from ctse_core.figures.map_files import MAP_SCRIPTS, map_file, script
from ctse_core.report.analysis_like import AnalysisLike, title_of
from ctse_core.report.html import content_policy, environment_of_templates, unclosed
from ctse_core.report.method import CAVEATS
from ctse_core.report.viewer_facts import Looks, Records, colourings_of, facts_of, records_of
from ctse_core.types import Col
from ctse_core.words import RIGHT_TO_LEFT, minute, said, spoken, t

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "viewer"
SCRIPTS = ("data.js", "lists.js", "viewer.js")


def rendered(analysis: AnalysisLike) -> str:
    """Return the viewer as one HTML text that fetches nothing; its words are in the interface language.

    Raises:
        ProjectError: the templates are not where the installation should have them.
    """
    from jinja2 import TemplateNotFound
    from markupsafe import Markup

    environment = environment_of_templates(FOLDER)
    try:
        own = [(FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS]
        style = (FOLDER / "viewer.css").read_text(encoding="utf-8")
        template = environment.get_template("viewer.html.j2")
    except (TemplateNotFound, OSError) as error:
        raise ProjectError(f"The viewer's files are missing from “{FOLDER}”; install CTSE again.") from error
    code = unclosed("\n".join([script(MAP_SCRIPTS), *own]))
    return template.render(
        title=title_of(analysis),
        locale=spoken(),
        direction="rtl" if spoken() in RIGHT_TO_LEFT else "ltr",
        policy=content_policy([code]),
        style=Markup(style),  # noqa: S704 our own file
        map_style=Markup(map_file("map.css")),  # noqa: S704 our own file
        map_html=Markup(map_file("map.html")),  # noqa: S704 our own file
        script=Markup(code),  # noqa: S704 our own files
        blocks=_blocks(analysis),
        words=_words(),
        told=_told(analysis),
        caveats=[said(caveat) for caveat in CAVEATS],
    )


def _blocks(analysis: AnalysisLike) -> dict[str, str]:
    """Return what the viewer reads, by name: facts in JSON, the map's arrays; packed, in letters."""
    records: Records = records_of(analysis)
    colours: list[Looks] = colourings_of(analysis, records)
    facts = json.dumps(facts_of(analysis, records, colours), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    arrays = {"places": records.ground.points.places.astype("<u2"), "topics": records.topic_bytes}
    arrays |= {f"looks-{one.key}": one.looks.astype(np.uint8) for one in colours}
    blocks = {name: array.tobytes() for name, array in arrays.items()}
    return {name: _packed(block) for name, block in {"facts": facts.encode(errors="replace"), **blocks}.items()}


def _packed(block: bytes) -> str:
    """Return bytes packed and in letters; the same bytes give the same letters."""
    return base64.b64encode(gzip.compress(block, compresslevel=7, mtime=0)).decode()


def _told(analysis: AnalysisLike) -> list[str]:
    """Return what this file holds, as sentences."""
    manifest: Any = analysis.manifest
    counts = t("{posts:,} posts in {topics:,} topics.", posts=analysis.table.height, topics=analysis.topics.height)
    told = [counts]
    part = manifest.get("filter")
    if part:
        told.append(t("Only part of {all:,} posts: {told}.", all=part["of"], told=part["told"]))
    if manifest.get("made"):
        made = str(manifest["made"]).replace("T", " ").replace("Z", " UTC")
        told.append(t("Analysed {made}.", made=made))
    first, last = analysis.table[Col.TIME].min(), analysis.table[Col.TIME].max()
    if isinstance(first, datetime) and isinstance(last, datetime):
        told.append(t("Posts from {first} to {last}.", first=minute(first), last=minute(last)))
    if manifest.get("privacy") is not None:
        told.append(t("Names, numbers and addresses of people are masked."))
    told.append(t("Each point is an original; copies are counted with it. Works offline and sends nothing."))
    return told


def _words() -> dict[str, str]:
    return {
        "skip": t("Skip to the posts"),
        "about": t("What to keep in mind"),
        "noscript": t(
            "This file needs JavaScript, which your browser has switched off. The report (HTML) reads without."
        ),
        "old": t("This browser is too old to unpack the file. Open it in a current Firefox, Chrome, Edge or Safari."),
        "fault": t("The file cannot be shown; it may be damaged. Ask for it again."),
        "topics": t("Topics"),
        "map_title": t("Map of meaning"),
        "colour": t("Colour by"),
        "search": t("Search words in the posts"),
        "show_all": t("Show all"),
        "more": t("Show more posts"),
    }
