"""Standing questions asked of an analysis: each answered by posts, or plainly not answered; kept to be asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ctse_core.asking import Question
from ctse_core.crisis.standing import Standing
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.project.saved_questions import saved_questions
from ctse_core.question import Searcher, can_rerank
from ctse_core.saved import save
from ctse_core.types import Col, Progress, no_progress
from ctse_core.words import t

CITED = 5  # posts that are shown of an answer
MOST = 200  # posts that are looked at for each
SURE = ("strong", "maybe")
"""The bands of posts that answer, the surest first."""


@dataclass(frozen=True)
class StandingAnswer:
    """What the posts say to a standing question.

    ``text`` is how it reads. ``posts`` are those that match, best first, no copies; none: there is no answer in
    these posts. ``more`` tells that there may be others, as no more than ``MOST`` posts were looked at; ``judged`` is
    False where there are too few posts to tell what matches from chance.
    """

    question: Standing
    text: str
    posts: pl.DataFrame
    more: bool
    judged: bool = True

    @property
    def authors(self) -> int | None:
        """How many different authors the matching posts have; None where the file names none."""
        if Col.AUTHOR not in self.posts.columns or self.posts[Col.AUTHOR].null_count() == self.posts.height:
            return None
        return self.posts[Col.AUTHOR].drop_nulls().n_unique()

    @property
    def newest(self) -> datetime | None:
        """When the newest matching post was written, UTC."""
        found = self.posts[Col.TIME].max() if self.posts.height else None
        return found if isinstance(found, datetime) else None

    @property
    def sentence(self) -> str:
        """How many posts answer the question, by how many authors, or that none does."""
        if not self.judged:
            return t("Too few posts to tell an answer from chance.")
        if not self.posts.height:
            return t("No answer in these posts.")
        if self.more:
            return t("At least {count:,} posts match.", count=self.posts.height)
        if self.authors == 1 and self.posts.height > 1:
            return t("{count:,} posts match, all by one author.", count=self.posts.height)
        return t("{count:,} posts match.", count=self.posts.height)


def asked_of(question: Standing, searcher: Searcher, among: Filter) -> Question:
    """Return a standing question as it is asked of these posts: in English, whatever language it is read in.

    So every reader gets the same answer, and the best that was measured (``benchmarks/standing.py``).
    """
    return Question(question.text("en"), "meaning", MOST, among, rerank=can_rerank(searcher.analysis.manifest))


def answers(
    searcher: Searcher,
    questions: Sequence[Standing],
    lang: str = "",
    among: Filter | None = None,
    progress: Progress = no_progress,
) -> list[StandingAnswer]:
    """Return what the posts that pass ``among`` say to each question, told in a language (the interface's if none).

    Raises:
        EncoderError: the encoder that re-ranks cannot be had.
    """
    told = []
    if can_rerank(searcher.analysis.manifest):
        searcher.prepare_rerank(progress)
    for number, one in enumerate(questions):
        progress(number / len(questions), one.text(lang))
        found = searcher.ask(asked_of(one, searcher, among or Filter()))
        sure = found.posts.filter(pl.col("band").is_in(SURE)) if found.answered else found.posts.head(0)
        judged = "" not in found.posts["band"].to_list()
        told.append(StandingAnswer(one, one.text(lang), sure, found.posts.height >= MOST, judged))
    progress(1.0, "")
    return told


def keep_all(project: Project, searcher: Searcher, questions: Sequence[Standing], lang: str = "") -> int:
    """Save standing questions among the project's own, to be asked of new posts, and return how many are new there.

    Each is called as it reads in a language (the interface's if none).

    Raises:
        ProjectError: the project cannot be written to.
    """
    before = len(saved_questions(project.folder))
    for one in questions:
        save(project, asked_of(one, searcher, Filter()), searcher, one.text(lang))
    return len(saved_questions(project.folder)) - before


def kept_keys(project: Project, questions: Sequence[Standing]) -> set[str]:
    """Return the keys of the standing questions that are among the project's saved ones.

    Raises:
        ProjectError: the saved questions cannot be read.
    """
    texts = {one.text for one in saved_questions(project.folder)}
    return {one.key for one in questions if one.text("en") in texts}
