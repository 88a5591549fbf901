"""Standing questions on the Search page: asked all at once, answered by cited posts, kept among the saved ones."""

from __future__ import annotations

import streamlit as st

from ctse_core.crisis.standing import Pack, starter_pack
from ctse_core.highlight import reasons
from ctse_core.question import can_rerank
from ctse_core.standing import CITED, StandingAnswer, asked_of, keep_all, kept_keys
from ctse_core.words import minute, spoken, t
from ui import resources, state
from ui.frame import Workspace
from ui.post_list import show_posts
from ui.search_tray import follow_post
from ui.tagging import tag_chosen, tag_offers
from ui.widgets import done, plain, told


def standing_questions(workspace: Workspace) -> None:
    """Draw what responders ask of every crisis: by one click asked of the posts that pass the filter, or kept."""
    project = workspace.project
    if project is None:
        return
    pack = starter_pack()
    st.subheader(t("Standing questions"), anchor=False)
    about = t("{count:,} questions that responders ask of every crisis. Each is answered by posts, or plainly not.",
              count=len(pack.questions))  # fmt: skip
    st.caption(plain(about))
    with st.container(horizontal=True, gap="small"):
        if st.button(t("Ask them all"), type="primary", icon=":material/quiz:", key="standing_ask"):
            st.session_state["_standing_asked"] = project.name
        kept = kept_keys(project, pack.questions)
        missing = tuple(one for one in pack.questions if one.key not in kept)
        label = t("Keep them among the saved questions") if missing else t("Kept among the saved questions")
        help_ = t("They are asked again whenever posts are added; new answers are told on the Overview page.")
        if st.button(label, icon=":material/bookmark_add:", disabled=not missing, key="standing_keep", help=help_):
            done(lambda: keep_all(project, resources.searcher(project), missing, spoken()))
    if st.session_state.get("_standing_asked") == project.name:
        _sheet(workspace, pack)


def _sheet(workspace: Workspace, pack: Pack) -> None:
    """Draw every question with its answer, by group; questions without one are told together."""
    project = workspace.project
    if project is None:
        return
    if can_rerank(workspace.whole.manifest):
        told(resources.searcher(project).prepare_rerank)
    with st.spinner(t("Asking …")):
        found = resources.standing(project, workspace.among)
    answered = [one for one in found if one.posts.height]
    st.caption(
        t(
            "{count:,} of {all:,} questions are answered by posts that pass the filter.",
            count=len(answered),
            all=len(found),
        )
    )
    st.caption(t("Posts that match are cited for you to read; whether they are true is not judged."))
    for group in pack.groups:
        of_group = [one for one in found if one.question.group == group]
        if any(one.posts.height for one in of_group):
            st.markdown(f"**{plain(pack.group_name(group))}**")
        for one in of_group:
            if one.posts.height:
                _answer(workspace, one)
    silent = [one.question.text() for one in found if not one.posts.height]
    if silent:
        st.markdown(f"**{t('No answer in these posts')}**")
        few = t("There are too few posts to tell an answer from chance.")
        chance = t("No post is closer to these questions than chance: it may be so, or nobody wrote about it.")
        st.caption(chance if all(one.judged for one in found) else few)
        st.markdown("\n".join(f"- {plain(text)}" for text in silent))


def _answer(workspace: Workspace, one: StandingAnswer) -> None:
    told_when = t("newest {when}", when=minute(one.newest)) if one.newest else t("undated")
    label = f"{one.question.text()} — {one.sentence.rstrip('.')}, {told_when}"
    key = f"standing_{one.question.key}"
    with st.expander(plain(label), key=key, on_change="rerun") as opened:
        if not opened.open or workspace.project is None:
            return
        if st.button(t("Open in search"), type="tertiary", icon=":material/search:", key=f"{key}_open"):
            question = one.question.text("en")
            state.choose(q=question, mode="meaning", like=None, unlike=None)
            st.rerun()
        shown = one.posts.head(CITED).drop("by_meaning", "by_words", strict=False)
        searcher = resources.searcher(workspace.project)
        why = reasons(searcher, asked_of(one.question, searcher, workspace.among), shown)
        chosen = show_posts(shown, key=f"{key}_posts", reasons=why, offers=tag_offers())
        tag_chosen(workspace, chosen)
        follow_post(chosen, searching=True)
