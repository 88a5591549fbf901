"""An analysis becomes a briefing that is read in two minutes: what is said, with the posts that it rests on.

Files are made of it by ``report``; every sentence is put together from counts, and cites posts by their exact ids.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ctse_core.briefing.context import Context, context_of
from ctse_core.briefing.in_short import first_page
from ctse_core.briefing.method import method
from ctse_core.briefing.posts import cited_rest, read_first, topics
from ctse_core.briefing.where_when import where_and_when
from ctse_core.report.analysis_like import AnalysisLike, title_of
from ctse_core.report.brief import Brief, Words
from ctse_core.types import Col
from ctse_core.words import RIGHT_TO_LEFT, day, minute, number, spoken, t

__all__ = ["brief_of"]


def brief_of(analysis: AnalysisLike) -> Brief:
    """Return the briefing of an analysis in the interface language: of no post, of one, of a hundred thousand.

    Its texts and names are those of the tables: whoever hands them over masks them before.
    """
    context = context_of(analysis)
    care = Words(
        t(
            "Put together by machine from what people wrote. Nothing here says whether a post is true: read the posts, "
            "and check before you act. Unsorted or unplaced posts may be the urgent ones."
        ),
        "care",
    )
    first = first_page(context)
    blocks = [
        first[0], care, *first[1:], *where_and_when(context), *read_first(context), *topics(context),
    ]  # fmt: skip
    blocks += [*cited_rest(context), *method(context)]
    return Brief(
        language=spoken(),
        rtl=spoken() in RIGHT_TO_LEFT,
        title=title_of(analysis),
        under=_under(context),
        kicker=t("Crisis briefing"),
        foot=t("Made with CTSE, Crisis Text Semantic Explorer"),
        id_word=t("id"),
        page_of=t("Page {page} of {pages}", page="{page}", pages="{pages}"),
        blocks=tuple(blocks),
    )


def _under(context: Context) -> str:
    """Return what the briefing is about in a line: how many posts of which days, and when they were analysed."""
    told = [t("{count:,} posts", count=context.table.height)]
    part = context.analysis.manifest.get("filter")
    if part:
        told[0] = t("{posts} of {of} posts", posts=number(part["posts"]), of=number(part["of"]))
    dated = context.table[Col.TIME].drop_nulls()
    first, last = dated.min(), dated.max()
    if isinstance(first, datetime) and isinstance(last, datetime):
        told.append(day(first) if first.date() == last.date() else f"{day(first)} – {day(last)}")
    made = _moment(str(context.analysis.manifest.get("made") or ""))
    if made is not None:
        told.append(t("analysed {when}", when=minute(made)))
    return " · ".join(told)


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written).astimezone(UTC) if written else None
    except ValueError:
        return None
