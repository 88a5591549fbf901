"""Searching on the command line: what the flags ask, and how posts found are written down."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import SettingError
from ctse_core.filter_flags import add_filter_flags, filter_of
from ctse_core.types import Col

if TYPE_CHECKING:  # a command that only tells its help loads no search
    from ctse_core.asking import Question
    from ctse_core.highlight import Reason
    from ctse_core.project import Project
    from ctse_core.question import Searcher

LONGEST = 300  # characters of a post on one line


def add_search_flags(command: ArgumentParser) -> None:
    """Let a command take a question, how it is looked for, and posts to seek and to avoid."""
    command.add_argument("question", nargs="?", default="", help='in any language; "in quotes" must stand so in a post')
    command.add_argument("-k", type=int, default=10, help="how many posts (default: 10)")
    command.add_argument("--mode", choices=("hybrid", "meaning", "words"), default="hybrid")
    command.add_argument("--like", action="append", default=[], metavar="ID", help="more like this post; repeatable")
    command.add_argument("--unlike", action="append", default=[], metavar="ID", help="less like this post; repeatable")
    add_filter_flags(command)
    command.add_argument(
        "--rerank",
        action=BooleanOptionalAction,
        help="let ctse-small re-rank the first hundred (default: where ctse-static made the vectors)",
    )
    command.add_argument("--send-texts-to", default="", metavar="HOST", help="agree to send the question there")
    command.add_argument("--save", metavar="NAME", help="keep the question, to be asked again with ask-saved")
    command.add_argument("--json", action="store_true", help="one JSON object a line")


def searched(asked: Namespace) -> tuple[Searcher, Project | None]:
    """Return what answers questions to the project that the flags name, and the project; None where it is shared.

    Raises:
        ProjectError, ServerError: there is none.
        SettingError: a question is to be saved in a shared project.
    """
    from ctse_core.analysis import load_analysis
    from ctse_core.edited import edited
    from ctse_core.project import Project
    from ctse_core.question import Searcher, encoder_of
    from ctse_core.served.address import is_address, read_address

    if is_address(asked.project):
        from ctse_core.shared_search import SharedSearcher

        if asked.save is not None:
            raise SettingError(
                "Questions are saved in a project of this machine; leave out --save, or name its folder."
            )
        return SharedSearcher(read_address(asked.project), encoder_of), None
    project = Project(Path(asked.project))
    analysis = edited(load_analysis(project), project)
    return Searcher(analysis, encoder_of(analysis)), project


def asked_question(asked: Namespace, searcher: Searcher) -> Question:
    """Return the question that the flags tell.

    Raises:
        SettingError: a flag cannot be read, or names a post that is not there.
    """
    from ctse_core.asking import Question
    from ctse_core.question import can_rerank

    table = searcher.analysis.table
    chosen = bool(asked.like or asked.unlike)
    rerank = can_rerank(searcher.analysis.manifest) if asked.rerank is None else asked.rerank
    return Question(
        text=asked.question,
        mode=asked.mode,
        k=asked.k,
        among=filter_of(asked, table, searcher.analysis.crisis),
        rerank=rerank and asked.mode != "words" and not chosen,
        like=_positions(asked.like, searcher),
        unlike=_positions(asked.unlike, searcher),
    )


def _positions(ids: Sequence[str], searcher: Searcher) -> tuple[int, ...]:
    from ctse_core.shared_search import SharedSearcher

    if isinstance(searcher, SharedSearcher):
        return searcher.position_of(ids)
    table, places = searcher.analysis.table, []
    for wanted in ids:
        found = (table[Col.POST_ID] == wanted).arg_max() if table.height else None
        if found is None or table[Col.POST_ID][found] != wanted:
            raise SettingError(f"There is no post with the id “{wanted}”; ids are in the column post_id of posts.csv.")
        places.append(int(found))
    return tuple(places)


def written_post(post: dict[str, Any]) -> str:
    """Return a post found as one line: what it is worth, by what, language, time, id, text."""
    when = post[Col.TIME].strftime("%Y-%m-%d %H:%M") if post[Col.TIME] else "undated"
    text = " ".join(post[Col.TEXT].split())
    shares = f"meaning {post['by_meaning']:4.0%} words {post['by_words']:4.0%}" if "by_meaning" in post else ""
    return f"{post.get('band') or '':6s} {shares} {post[Col.LANG]:4s} {when}  {post[Col.POST_ID]}  {text[:LONGEST]}"


def written_value(value: Any) -> str:
    """Return what JSON has no form for, times above all, as a text."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def reason_fields(reason: Reason) -> dict[str, Any]:
    """Return why a post was found, for a line of JSON: the words it shares, and its part nearest to the question."""
    near = "".join(piece.text for piece in reason.pieces if piece.near)
    return {"shared_words": list(reason.words), "nearest_part": near or None}
