"""Teaching what posts need: one post after the other, each chosen because its mark would teach most."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.crisis.learning import LEAST
from ctse_core.crisis.schemes import Scheme
from ctse_core.figures import language_name
from ctse_core.needs_layer import needs_columns, scheme_of
from ctse_core.needs_teaching import Teaching, posts_to_mark, teaching
from ctse_core.project import Project
from ctse_core.project.need_marks import Said, newest_mark
from ctse_core.types import Col
from ctse_core.words import speak, spoken, t
from ui.frame import Workspace
from ui.needs import clash, needs_form, save, tell_why
from ui.needs_scheme import scheme_panel
from ui.widgets import plain

_SKIPPED, _ASKED = "teach_skipped", 10


def teach_tab(workspace: Workspace) -> None:
    """Draw what the marks are worth so far, and the next post to mark."""
    if workspace.project is None:
        return
    _teach(workspace.project, workspace.whole, spoken())
    scheme_panel(workspace.project)


@st.fragment
def _teach(project: Project, analysis: Analysis, lang: str) -> None:
    """Draw the tab; only this runs again after a mark."""
    speak(lang)
    _worth(teaching(analysis, project))
    skipped: set[int] = st.session_state.setdefault(_SKIPPED, set())
    waiting = [one for one in posts_to_mark(analysis, project, _ASKED + len(skipped)) if one not in skipped]
    if not waiting:
        st.success(t("There is no other post to mark."))
        return
    _post(project, analysis, waiting[0], skipped)


def _worth(known: Teaching) -> None:
    """Say how many posts were marked, and how right the needs are on them."""
    if known.after is None:
        st.info(
            t(
                "{count:,} posts marked. From {least} on the needs of all posts learn from them: mark the posts below, "
                "or correct any post through “Needs…” on its card.",
                count=known.marked,
                least=LEAST,
            ),
            icon=":material/school:",
        )
        return
    right, found = known.after.precision, known.after.recall
    before = known.before.precision
    with st.container(horizontal=True, gap="large"):
        st.metric(t("Posts marked"), f"{known.marked:,}")
        st.metric(
            t("Told rightly"), _share(right), delta=_gain(right, before),
            help=t("Of the needs told on marked posts, so many are what people marked. Each post is judged by the "
                   "marks of the others (cross-validation); the change is against not learning at all."),
        )  # fmt: skip
        st.metric(
            t("Found"), _share(found), delta=_gain(found, known.before.recall),
            help=t("Of what people marked, so much is told."),
        )  # fmt: skip
    with st.expander(t("Each type")):
        shown = known.types.select(
            pl.col("name").alias(t("Type")),
            pl.col("marked").alias(t("Marked")),
            pl.col("told").alias(t("Told")),
            pl.col("right").alias(t("Rightly")),
        )
        st.dataframe(shown, hide_index=True, key="teach_types")


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _gain(now: float | None, before: float | None) -> str | None:
    return None if now is None or before is None else t("{points:+.0f} points", points=100 * (now - before))


def _post(project: Project, analysis: Analysis, position: int, skipped: set[int]) -> None:
    """Draw one post to mark, as it is told now, and the buttons."""
    scheme, table = scheme_of(project), analysis.table
    seen = st.session_state.get("teach_post")
    if seen != position:  # what others said until it is shown is known
        st.session_state["teach_post"] = position
        st.session_state["needs_seen"] = newest_mark(project.folder)[0]
        st.session_state.pop("needs_clash", None)
    now = table.with_columns(needs_columns(analysis, project).get_columns())
    with st.container(border=True):
        st.caption(plain(f"{language_name(table[Col.LANG][position])} · {table[Col.POST_ID][position]}"))
        st.text(table[Col.TEXT][position])
    needs_form(scheme, now, position, "teach")
    with st.container(horizontal=True):
        st.button(
            t("Save and next"), type="primary", key="teach_save", shortcut="Ctrl+Enter",
            on_click=_keep, args=(project, scheme, position),
        )  # fmt: skip
        st.button(t("It tells no need"), key="teach_none", on_click=_keep, args=(project, scheme, position, True))
        st.button(t("Skip"), key="teach_skip", on_click=skipped.add, args=(position,))
    clash(project, scheme, [position])
    with st.expander(t("Why it is told so")):
        tell_why(project, analysis, position)


def _keep(project: Project, scheme: Scheme, position: int, no_need: bool = False) -> None:
    """Keep what is chosen for the post, before the tab is drawn with the next one."""
    chosen = st.session_state.get(f"teach_keys_{position}") or ()
    urgency = st.session_state.get(f"teach_level_{position}")
    save(project, scheme, [position], Said(() if no_need else tuple(chosen), urgency), part=True)
