"""Search: a question in any language, posts in every language."""

import streamlit as st

from ctse_core.encoders import DEFAULT_ENCODER
from ctse_core.question import MODES, Question, can_rerank
from ui import resources, state
from ui.frame import page
from ui.widgets import paged_posts, plain, telling_words, told

WORDS = {
    "hybrid": "Meaning and words",
    "meaning": "Meaning",
    "words": "Words",
}

with page("Search") as workspace:
    state.follow("question_text", state.question())
    state.follow("question_mode", state.mode())
    state.follow("question_rerank", state.rerank())
    can = can_rerank(workspace.whole.manifest)
    with st.form("question", border=False):
        asked, go = st.columns([8, 1], vertical_alignment="bottom")
        text = asked.text_input(
            "Ask in any language", key="question_text", placeholder="Where is drinking water missing?"
        )
        pressed = go.form_submit_button("Search", type="primary", width="stretch")
        ways, closer = st.columns([3, 2], vertical_alignment="center")
        mode = ways.segmented_control(
            "Look for",
            MODES,
            format_func=WORDS.__getitem__,
            required=True,
            key="question_mode",
            label_visibility="collapsed",
        )
        rerank = can and closer.toggle(
            f"Re-ranked by {DEFAULT_ENCODER}",
            key="question_rerank",
            help="The fast encoder finds the first hundred posts; the closer one reads them and puts them in order.",
        )
    if pressed:
        state.choose(q=text.strip(), mode=mode, like=None, rerank=None if rerank or not can else state.OFF)
        state.taken("question_text", text.strip())
        state.taken("question_mode", mode)
        state.taken("question_rerank", state.rerank())
    searcher = resources.searcher(workspace.project)
    like = state.number(state.LIKE)
    if like is not None and 0 <= like < workspace.whole.table.height:
        post = workspace.whole.table.row(like, named=True)
        st.markdown(f"**Posts like** post {plain(str(post['post_id']))}: {plain(post['text'][:280])}")
        answer = searcher.like([like], k=15 if not workspace.among else 60, among=workspace.among)
    elif state.question():
        rerank = can and state.rerank() and state.mode() != "words"
        told(lambda tell: searcher.prepare_rerank(tell) if rerank else None)
        answer = searcher.ask(Question(state.question(), state.mode(), 60, workspace.among, rerank))
    else:
        st.caption("The question and the posts may be in different languages: they meet by meaning.")
        st.stop()
    if answer.answered:
        st.caption(plain(answer.sentence))
    else:
        st.warning(plain(answer.sentence), icon=":material/search_off:")
    chosen = paged_posts(answer.posts, "results", words=telling_words(state.question()))
    if chosen.like is not None:
        state.choose(like=chosen.like)
        st.rerun()
    if chosen.topic is not None:
        state.choose(open=chosen.topic)
        st.switch_page("pages/topics.py")
