"""The briefing as one HTML file without scripts: it opens offline, prints, and fetches nothing."""

from __future__ import annotations

import base64

from ctse_core.errors import ProjectError
from ctse_core.report.brief import Brief, Picture
from ctse_core.report.brief_pdf import on_paper
from ctse_core.report.html import TEMPLATES, environment_of_templates


def html_of(brief: Brief) -> str:
    """Return the briefing as one HTML text with its pictures inside.

    Raises:
        ProjectError: the templates are not where the installation should have them.
    """
    from jinja2 import TemplateNotFound
    from markupsafe import Markup

    environment = environment_of_templates()
    try:
        style = (TEMPLATES / "brief.css").read_text(encoding="utf-8")
        template = environment.get_template("brief.html.j2")
    except (TemplateNotFound, OSError) as error:
        raise ProjectError(f"The briefing's templates are missing from “{TEMPLATES}”; install CTSE again.") from error
    pictures = {
        place: base64.b64encode(on_paper(block.svg, "system-ui, sans-serif").encode()).decode()
        for place, block in enumerate(brief.blocks)
        if isinstance(block, Picture)
    }
    return template.render(brief=brief, pictures=pictures, style=Markup(style))  # noqa: S704 our own file
