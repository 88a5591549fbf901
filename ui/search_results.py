"""What a question found: the sentence, the bands to choose from, what can be done with the posts, the posts."""

from __future__ import annotations

import polars as pl
import streamlit as st

from ctse_core.answer import Answer
from ctse_core.highlight import reasons
from ctse_core.masked import posts_to_take
from ctse_core.question import Question, Searcher
from ctse_core.types import Col
from ctse_core.words import t
from ui import resources, state
from ui.frame import Workspace
from ui.search_saved import save_button
from ui.search_tray import follow_post
from ui.tagging import filter_button, tag_button, tag_chosen, tag_offers
from ui.widgets import csv_bytes, download, paged_posts, plain, told

_FIRST = "first"


def answered(searcher: Searcher, question: Question) -> Answer:
    """Ask, and draw the progress where posts are read for the first time."""
    if question.rerank:
        told(searcher.prepare_rerank)
    return searcher.ask(question)


def show_answer(workspace: Workspace, question: Question) -> None:
    """Ask the question and draw what was found."""
    if workspace.project is None:
        return
    searcher = resources.searcher(workspace.project)
    if not question.text and not question.like:
        st.info(t("Posts to avoid are not enough: ask something, or choose a post to find more like it."))
        return
    answer = answered(searcher, question)
    _sentence(answer, question)
    if not answer.posts.height:
        return
    posts = _of_band(answer, question)
    with st.container(horizontal=True, gap="small"):
        save_button(workspace.project, searcher, question)
        label = t("Found for “{question}”", question=question.text) if question.text else t("Like chosen posts")
        filter_button(workspace, posts["position"], label, "search", "results")
        tag_button(workspace, posts["position"], "results")
        away = posts_to_take(posts, workspace.whole, workspace.project)
        file = away.select([name for name in posts.columns if name not in (Col.COMPARED, "position")])
        if Col.TAGS in file.columns:
            file = file.with_columns(pl.col(Col.TAGS).list.join("|"))
        download(t("CSV of these posts"), csv_bytes(file), "search.csv", "text/csv", "results_csv")
    if question.mode != "hybrid" or not question.text:  # there is only one side to tell of
        posts = posts.drop("by_meaning", "by_words")
    chosen = paged_posts(posts, "results", why=lambda shown: reasons(searcher, question, shown), offers=tag_offers())
    tag_chosen(workspace, chosen)
    follow_post(chosen, searching=True)


def _sentence(answer: Answer, question: Question) -> None:
    if answer.answered:
        st.caption(plain(answer.sentence))
        return
    advice = t("Ask in other words, or name what people would write: “no water” rather than “water supply”.")
    if question.mode == "words":
        advice = t("Look for the meaning as well, or for fewer words.")
    elif question.among:
        advice = t("Take a part of the filter off, or ask in other words.")
    st.warning(f"{plain(answer.sentence)} {plain(advice)}", icon=":material/search_off:")


def _of_band(answer: Answer, question: Question) -> pl.DataFrame:
    """Draw how many posts are in each band, to choose one; return its posts, at first those that match."""
    counts = answer.counts
    if len(counts) < 2:
        return answer.posts
    sure: list[str] = [band for band in ("strong", "maybe") if band in counts] or ["words"]
    if not answer.answered:
        sure = list(counts)
    matching = sum(counts.get(band, 0) for band in sure)
    names = {
        _FIRST: t("Matching {count:,}", count=matching) if answer.answered else t("All {count:,}", count=matching),
        "strong": t("Strong {count:,}", count=counts.get("strong", 0)),
        "maybe": t("Maybe {count:,}", count=counts.get("maybe", 0)),
        "words": t("Sharing words {count:,}", count=counts.get("words", 0)),
        "none": t("May be chance {count:,}", count=counts.get("none", 0)),
    }
    band = st.segmented_control(
        t("How sure"),
        [_FIRST, *counts],
        default=_FIRST,
        format_func=names.__getitem__,
        required=True,
        key=f"question_band_{hash((question, state.question()))}",
        label_visibility="collapsed",
    )
    return answer.posts.filter(pl.col("band").is_in(sure if band == _FIRST else [band]))
