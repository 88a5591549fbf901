"""Saved questions: the button that saves one, the list, and the notice of new posts that match."""

from __future__ import annotations

import streamlit as st

from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.project.saved_questions import SavedQuestion, delete_question, rename_question, saved_questions
from ctse_core.question import Question, Searcher
from ctse_core.saved import News, ask_again, save, see
from ctse_core.words import minute, t
from ui import resources, state
from ui.frame import PAGES, Workspace
from ui.widgets import done, plain


def save_button(project: Project, searcher: Searcher, question: Question) -> None:
    """Draw the button that keeps the question, to be asked again when posts come in; kept ones say so."""
    kept = next((one for one in saved_questions(project.folder) if _same(one, question)), None)
    if kept is not None:
        st.button(t("Saved"), icon=":material/bookmark_added:", disabled=True, key="question_saved")
        return
    told = t("Ask this again whenever posts are added, and tell which new ones match.")
    if st.button(t("Save question"), icon=":material/bookmark_add:", key="question_save", help=told):
        save(project, question, searcher)
        st.rerun()


def _same(kept: SavedQuestion, question: Question) -> bool:
    asked = (question.text.strip(), question.mode, question.among.to_query(), question.like, question.unlike)
    return (kept.text, kept.mode, dict(kept.among), kept.like, kept.unlike) == asked


def saved_list(workspace: Workspace) -> None:
    """Draw the saved questions of the project: open, rename, delete; those with new posts first."""
    project = workspace.project
    kept = saved_questions(project.folder) if project is not None else []
    if project is None or not kept:
        return
    news = {each.question.key: each for each in _news(workspace)}
    label = t("Saved questions ({count:,})", count=len(kept))
    with st.expander(label, icon=":material/bookmarks:", expanded=bool(news)):
        for one in sorted(kept, key=lambda one: (one.key not in news, one.key)):
            _row(workspace, project, one, news.get(one.key))


def _row(workspace: Workspace, project: Project, one: SavedQuestion, news: News | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(plain(one.name), type="tertiary", icon=":material/search:", key=f"question_open_{one.key}"):
            open_question(workspace, one)
        if news is not None:
            st.badge(t("{count:,} new", count=news.posts.height), icon=":material/fiber_new:", color="green")
        st.caption(plain(f"{one.author}, {minute(one.at)}"), width="content")
        with st.popover(t("Change"), type="tertiary", key=f"question_change_{one.key}"):
            name = st.text_input(t("Name"), one.name, key=f"question_name_{one.key}")
            if st.button(t("Rename"), key=f"question_rename_{one.key}"):
                done(lambda: rename_question(project.folder, one.key, name))
            if st.button(t("Delete this question"), icon=":material/delete:", key=f"question_delete_{one.key}"):
                done(lambda: delete_question(project.folder, one.key))


def open_question(workspace: Workspace, one: SavedQuestion) -> None:
    """Ask a saved question on the Search page; its new posts count as seen."""
    if workspace.project is not None:
        see(workspace.project, one, resources.searcher(workspace.project))
    state.choose(
        q=one.text,
        mode=one.mode,
        like=",".join(map(str, one.like)),
        unlike=",".join(map(str, one.unlike)),
    )
    state.choose_filter(Filter.from_query(one.among))
    st.switch_page(PAGES["search"])


def news_notice(workspace: Workspace) -> None:
    """Draw which saved questions new posts match, each with a button that opens it; nothing where none does."""
    for each in _news(workspace):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(plain(each.sentence), icon=":material/fiber_new:", color="green")
            if st.button(t("Read them"), type="tertiary", key=f"question_news_{each.question.key}"):
                open_question(workspace, each.question)


def _news(workspace: Workspace) -> list[News]:
    project, analysis = workspace.project, workspace.analysis
    if project is None or analysis is None:
        return []
    if all(one.posts >= analysis.table.height for one in saved_questions(project.folder)):
        return []  # the encoder need not be loaded
    return ask_again(project, analysis, searcher=resources.searcher(project))
