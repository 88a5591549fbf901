"""The report as one HTML file that opens offline: figures, topics in their own words, method."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import ProjectError
from ctse_core.report import contents
from ctse_core.report.analysis_like import AnalysisLike, title_of
from ctse_core.report.method import CAVEATS, method_rows, notes

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parents[2] / "assets" / "report"
OPEN_TOPICS = 12
SET_ASIDE_SHOWN = 20

_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def environment_of_templates(folder: Path = TEMPLATES) -> Environment:
    """Return what fills the templates in ``folder`` for files to take away: escaping on, nothing undefined."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=showable,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(analysis: AnalysisLike) -> str:
    """Return the whole report as one HTML text: no link to anything outside, and a policy that forbids it.

    Raises:
        ProjectError: the templates are not where the installation should have them.
    """
    from jinja2 import TemplateNotFound
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    environment = environment_of_templates()
    figures = contents.figure_views(analysis)
    try:
        scripts = [unclosed(get_plotlyjs()), unclosed((TEMPLATES / "report.js").read_text(encoding="utf-8"))]
        style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
        template = environment.get_template("report.html.j2")
    except (TemplateNotFound, OSError) as error:
        raise ProjectError(f"The report's templates are missing from “{TEMPLATES}”; install CTSE again.") from error
    return template.render(
        title=title_of(analysis),
        policy=content_policy(scripts),
        style=Markup(style),  # noqa: S704 our own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 plotly's and our own
        numbers=contents.numbers(analysis),
        figures=figures,
        data={view.key: Markup(_drawing(view.figure.plot)) for view in figures},  # noqa: S704 escaped below
        topics=contents.topic_cards(analysis),
        unsorted=contents.unsorted_card(analysis),
        open_topics=OPEN_TOPICS,
        empty=analysis.empty.head(SET_ASIDE_SHOWN).rows(named=True),
        unreadable=analysis.unreadable.head(SET_ASIDE_SHOWN).rows(named=True),
        reasons={
            "empty": contents.reasons(analysis.empty),
            "unreadable": contents.reasons(analysis.unreadable),
        },
        notes=notes(analysis.manifest),
        caveats=CAVEATS,
        encoder={"name": "", "licence": "", "note": "", "why": ""} | dict(analysis.manifest.get("encoder") or {}),
        service=str((analysis.manifest.get("service") or {}).get("sentence") or ""),
        made=str(analysis.manifest.get("made") or "").replace("T", " ").replace("Z", " UTC"),
        method=_grouped(method_rows(analysis.manifest)),
    )


def _grouped(rows: Iterable[tuple[str, str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Return method rows by part, without the parts that the report tells elsewhere."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for part, what, value in rows:
        if part not in ("Notes on the file", "Read with care"):
            parts.setdefault(part, []).append((what, value))
    return parts


def _drawing(plot: Any) -> str:
    """Return a plot's data and layout as JSON that may stand inside a script element.

    Points become vectors: WebGL is missing on some machines, does not print, and needs code evaluation,
    which the file's policy forbids.
    """
    drawing = json.loads(plot.to_json())
    for trace in drawing["data"]:
        if trace["type"] == "scattergl":
            trace["type"] = "scatter"
        trace.pop("uid", None)
    text = json.dumps({"data": drawing["data"], "layout": drawing["layout"]}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def content_policy(scripts: list[str]) -> str:
    """Return a content security policy: only these very scripts run, and nothing is ever fetched."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'"
    )


def unclosed(script: str) -> str:
    """Return a script that cannot end its own element early; line ends as the browser will see them."""
    return script.replace("\r\n", "\n").replace("\r", "\n").replace("</script", "<\\/script")


def showable(value: Any) -> Any:
    """Return texts without the characters that HTML cannot hold; anything else as it is."""
    return _UNSHOWABLE.sub("\ufffd", value) if type(value) is str else value
