"""Saved and standing questions on the command line: their flags, and what is told, line by line."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ctse_core.filter_flags import add_filter_flags, filter_of
from ctse_core.search_flags import written_post, written_value

if TYPE_CHECKING:
    from ctse_core.standing import StandingAnswer


class Line(NamedTuple):
    """A line to be written, and whether it is said beside what a program would read."""

    text: str
    aside: bool = False


def add_saved_flags(command: ArgumentParser) -> None:
    """Let a command ask the saved questions again."""
    command.add_argument("--seen", action="store_true", help="mark what is told as seen")
    command.add_argument("--json", action="store_true", help="one JSON object a line")


def add_standing_flags(command: ArgumentParser) -> None:
    """Let a command ask the standing questions, all or some, among all posts or some."""
    command.add_argument("--only", default="", metavar="KEYS", help="questions or groups by key: water,health")
    command.add_argument("--tell", default="en", metavar="LANG", help="the language in which questions read: fr")
    command.add_argument("-k", type=int, default=3, help="how many posts are cited of an answer (default: 3)")
    command.add_argument("--keep", action="store_true", help="save the questions, to be asked again with ask-saved")
    command.add_argument("--json", action="store_true", help="one JSON object a question")
    add_filter_flags(command)


def saved_lines(asked: Namespace, _: Any) -> Iterator[Line]:
    """Ask the saved questions of a project again and tell the new posts that match each.

    Raises:
        CtseError: the project, what was saved in it or its encoder cannot be read.
    """
    from ctse_core.analysis import load_analysis
    from ctse_core.edited import edited
    from ctse_core.project import Project
    from ctse_core.project.saved_questions import saved_questions
    from ctse_core.question import Searcher, encoder_of
    from ctse_core.saved import ask_again, see

    project = Project(asked.project)
    analysis = edited(load_analysis(project), project)
    kept = saved_questions(project.folder)
    if all(one.posts >= analysis.table.height for one in kept):
        told = "No question is saved here." if not kept else f"{len(kept):,} saved questions; no post is new."
        yield Line(told, asked.json)
        return
    searcher = Searcher(analysis, encoder_of(analysis), project=project)
    news = ask_again(project, analysis, searcher=searcher)
    if not news:
        yield Line(f"{len(kept):,} saved questions; no new post matches any of them.", asked.json)
    for each in news:
        if not asked.json:
            yield Line(each.sentence)
        for post in each.posts.drop("compared_text").iter_rows(named=True):
            line = json.dumps(post | {"question": each.question.name}, ensure_ascii=False, default=written_value)
            yield Line(line if asked.json else f"  {written_post(post)}")
    for one in kept if asked.seen else ():
        see(project, one, searcher)


def standing_lines(asked: Namespace, progress: Any) -> Iterator[Line]:
    """Ask the standing questions of a project and tell each with the posts that match it, or that none does.

    Raises:
        CtseError: the project or its encoder cannot be read, or a flag names what is not there.
    """
    from ctse_core.analysis import load_analysis
    from ctse_core.asking import checked_count
    from ctse_core.crisis.standing import starter_pack
    from ctse_core.edited import edited
    from ctse_core.project import Project
    from ctse_core.question import Searcher, encoder_of
    from ctse_core.standing import answers, keep_all

    pack, project = starter_pack(), Project(asked.project)
    questions = pack.chosen(tuple(key.strip() for key in asked.only.split(",") if key.strip()))
    analysis = edited(load_analysis(project), project)
    among, count = filter_of(asked, analysis.table, analysis.crisis), checked_count(asked.k)
    searcher = Searcher(analysis, encoder_of(analysis), project=project)
    found = answers(searcher, questions, asked.tell, among, progress)
    progress.close()
    answered = sum(1 for one in found if one.posts.height)
    yield Line(f"{answered} of {len(found)} standing questions are answered by these posts.", asked.json)
    for one in found:
        if asked.json:
            yield Line(json.dumps(_fields(one, count), ensure_ascii=False, default=written_value))
            continue
        yield Line(f"{one.text} {one.sentence}")
        for post in one.posts.head(count).drop("by_meaning", "by_words").iter_rows(named=True):
            yield Line(f"  {written_post(post)}")
    if asked.keep:
        new = keep_all(project, searcher, questions, asked.tell)
        yield Line(f"Saved {new} of them; ask-saved {asked.project} tells what is new.", True)


def _fields(one: StandingAnswer, count: int) -> dict[str, Any]:
    cited = one.posts.head(count).select("post_id", "text", "lang", "time", "band", "similarity")
    head = {"key": one.question.key, "group": one.question.group, "question": one.text, "sentence": one.sentence}
    return head | {"posts": one.posts.height, "newest": one.newest, "cited": cited.to_dicts()}
