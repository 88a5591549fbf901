"""Saved questions, asked again of the posts that came in since somebody last looked: what is new, from how many."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from ctse_core.analysis import Analysis
from ctse_core.asking import MODES, Question
from ctse_core.encoders import Encoder
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.project.saved_questions import SavedQuestion, keep_question, mark_seen, saved_questions
from ctse_core.question import Searcher, can_rerank, encoder_of
from ctse_core.types import Col
from ctse_core.words import t


class News(NamedTuple):
    """New posts that match a saved question, best first: no copies, none that was there before."""

    question: SavedQuestion
    posts: pl.DataFrame

    @property
    def authors(self) -> int:
        """How many different authors the new posts have; posts without one do not count."""
        return self.posts[Col.AUTHOR].drop_nulls().n_unique() if Col.AUTHOR in self.posts.columns else 0

    @property
    def sentence(self) -> str:
        """How many new posts match which question, by how many authors."""
        count, name = self.posts.height, self.question.name
        if count == 1:
            return t("1 new post matches “{question}”.", question=name)
        if not self.authors:
            return t("{count:,} new posts match “{question}”.", count=count, question=name)
        if self.authors == 1:
            return t("{count:,} new posts match “{question}”, all by one author.", count=count, question=name)
        return t(
            "{count:,} new posts match “{question}”, by {authors:,} authors.",
            count=count,
            question=name,
            authors=self.authors,
        )


def save(project: Project, question: Question, searcher: Searcher, name: str = "") -> int:
    """Keep a question with what matches it now as seen, and return its key.

    Raises:
        SettingError: nothing is asked.
        ProjectError: the project cannot be written to.
    """
    kept = {
        "name": name,
        "text": question.text,
        "mode": question.mode,
        "among": question.among.to_query(),
        "like": question.like,
        "unlike": question.unlike,
    }
    matching = searcher.matching(question)["position"].to_list()
    return keep_question(project.folder, kept, searcher.analysis.table.height, matching)


def question_of(saved: SavedQuestion, searcher: Searcher, k: int = 60) -> Question:
    """Return a saved question as it is asked of these posts."""
    return Question(
        text=saved.text,
        mode=saved.mode if saved.mode in MODES else MODES[0],
        k=k,
        among=Filter.from_query(saved.among),
        rerank=can_rerank(searcher.analysis.manifest) and saved.mode != "words",
        like=saved.like,
        unlike=saved.unlike,
    )


def ask_again(
    project: Project, analysis: Analysis, encoder: Encoder | None = None, searcher: Searcher | None = None
) -> list[News]:
    """Return the saved questions that new posts match, with these posts; nothing is marked as seen.

    New are posts behind those that were there when somebody last looked. ``encoder`` is the one that made the vectors
    (None: as the analysis tells), or ``searcher`` already stands over this analysis. Where there is no new post,
    neither is loaded.

    Raises:
        ProjectError: the saved questions cannot be read.
        EncoderError: the encoder cannot be had.
    """
    waiting = [saved for saved in saved_questions(project.folder) if saved.posts < analysis.table.height]
    if not waiting:
        return []
    if searcher is None:
        searcher = Searcher(analysis, encoder or encoder_of(analysis), project=project)
    told = []
    for saved in waiting:
        posts = _fresh(searcher, saved)
        if posts.height:
            told.append(News(saved, posts))
    return told


def see(project: Project, saved: SavedQuestion, searcher: Searcher) -> None:
    """Mark all that matches a saved question now as seen.

    Raises:
        ProjectError: the project cannot be written to.
    """
    matching = searcher.matching(question_of(saved, searcher))["position"].to_list()
    mark_seen(project.folder, saved.key, searcher.analysis.table.height, matching)


def _fresh(searcher: Searcher, saved: SavedQuestion) -> pl.DataFrame:
    found = searcher.matching(question_of(saved, searcher), first=saved.posts)
    return found.filter(~pl.col("position").is_in(list(saved.seen)))
