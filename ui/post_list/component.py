"""The Python side of the post cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.crisis_names import state_name, urgency_name
from ctse_core.figures import language_name
from ctse_core.highlight import Reason
from ctse_core.source_words import sources_in_short
from ctse_core.types import UNSORTED, Col
from ctse_core.words import minute, t

_HERE = Path(__file__).parent
_MOST_WORDS = 5  # shared words that a card names
URGENT = 2  # levels from here on are told on a card
SOURCES = "sources"
"""The key of the action on a post that asks who stands behind it."""


@dataclass(frozen=True)
class Offers:
    """What can be done with posts beside reading them: keys of actions and their labels.

    ``each`` are buttons on every card; ``several`` are done with the posts that are ticked, which only shows boxes
    to tick where there is something to do. Where there is ``only_reading``, cards have no button at all.
    """

    each: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, str] = field(default_factory=dict)
    only_reading: bool = False
    need_names: Mapping[str, str] = field(default_factory=dict)
    """Names of needs by key; without them cards tell none."""


@dataclass(frozen=True)
class Chosen:
    """What the person clicked: a post to find more or less like, a topic to open, an offered ``action`` on ``posts``.

    Posts are positions in the posts table.
    """

    like: int | None = None
    unlike: int | None = None
    topic: int | None = None
    action: str | None = None
    posts: tuple[int, ...] = ()


def _bands() -> dict[str, str]:
    return {
        "strong": t("strong match"),
        "maybe": t("maybe"),
        "words": t("shares words"),
        "none": t("maybe chance"),
    }


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "ctse_post_list",
        html='<div class="holder"></div>',
        css=(_HERE / "cards.css").read_text(encoding="utf-8"),
        js=(_HERE / "cards.js").read_text(encoding="utf-8"),
    )


def show_posts(
    posts: pl.DataFrame,
    key: str,
    reasons: Sequence[Reason] | None = None,
    topics: bool = True,
    offers: Offers | None = None,
) -> Chosen:
    """Draw ``posts`` (rows of the posts table with a ``position`` column) and return what was clicked.

    ``reasons``, one a post, say what is marked in it and why it was found. Each offers "More like this" and "Less like
    this", its topic where ``topics`` says so, and what ``offers`` adds.
    """
    offers = offers or Offers()
    data = {
        "posts": [
            _card(post, topics) | _needs(post, offers.need_names) | (_why(post, reasons[row]) if reasons else {})
            for row, post in enumerate(posts.iter_rows(named=True))
        ],
        "topics": topics,
        "each": list(offers.each.items()),
        "several": list(offers.several.items()),
        "reading": offers.only_reading,
        "labels": {
            "like": t("More like this"),
            "unlike": t("Less like this"),
            "near": t("the part nearest to your question"),
            "topic": t("Open topic"),
            "tick": t("Choose this post"),
            "all": t("Choose all shown"),
            "none": t("Choose none"),
            "chosen": t("posts chosen"),
            "sources": t("Who stands behind this post"),
        },
    }
    clicked = _component()(
        data=data,
        key=key,
        on_like_change=lambda: None,
        on_unlike_change=lambda: None,
        on_topic_change=lambda: None,
        on_action_change=lambda: None,
        height="content",
    )
    action = clicked.action or {}
    posts_meant = tuple(int(row) for row in action.get("posts", ()))
    return Chosen(clicked.like, clicked.unlike, clicked.topic, action.get("key"), posts_meant)


def _card(post: dict[str, Any], topics: bool) -> dict[str, Any]:
    copies = int(post.get(Col.COPIES) or 1)
    bands = _bands()
    band = post.get("band") or ""
    similarity = post.get("similarity")
    cluster = post.get(Col.CLUSTER)
    return {
        "position": post["position"],
        "text": post[Col.TEXT],
        "code": post[Col.LANG],
        "language": language_name(post[Col.LANG]),
        "when": minute(post[Col.TIME]) if post[Col.TIME] else t("undated"),
        "place": post.get(Col.PLACE) or "",
        "author": post.get(Col.AUTHOR) or "",
        "copies": t("{count:,} posts say this", count=copies) if copies > 1 else "",
        "sources": sources_in_short(post),
        "topic": (post.get(Col.TOPIC) or "") if topics else "",
        "cluster": None if cluster is None or cluster == UNSORTED else cluster,
        "id": post[Col.POST_ID],
        "tags": list(post.get(Col.TAGS) or ()),
        "state": _state(post),
        "note": post.get(Col.NOTE) or "",
        "band": band,
        "verdict": bands.get(band, ""),
        "why": "" if similarity is None else t("cosine {number:.3f}", number=similarity),
    }


def _needs(post: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what a post tells, for its card: the names of its needs, and its urgency from high on."""
    level = post.get(Col.URGENCY)
    return {
        "needs": [names[key] for key in post.get(Col.NEEDS) or () if key in names],
        "level": level,
        "urgency": urgency_name(level) if names and level is not None and level >= URGENT else "",
    }


def _state(post: dict[str, Any]) -> str:
    """Return how a post stands, in words; "" for new ones."""
    state = post.get(Col.STATE) or "new"
    if state == "new":
        return ""
    shown = state_name(state)
    return t("{state}: {owner}", state=shown, owner=post[Col.OWNER]) if post.get(Col.OWNER) else shown


def _why(post: dict[str, Any], reason: Reason) -> dict[str, Any]:
    """Return why a post was found, for its card: marked pieces of its text, the share of each side, shared words."""
    words, meaning = post.get("by_words"), post.get("by_meaning")
    shares = []
    if words is not None and meaning is not None:
        percent = round(100 * meaning)
        shares = [
            ["meaning", percent, t("meaning {percent} %", percent=percent)],
            ["words", 100 - percent, t("words {percent} %", percent=100 - percent)],
        ]
    shared = ", ".join(f"“{word}”" for word in reason.words[:_MOST_WORDS])
    return {
        "pieces": [[piece.text, int(piece.word) + 2 * int(piece.near)] for piece in reason.pieces],
        "shares": [share for share in shares if share[1]],
        "reason": t("shares {words}", words=shared) if shared else "",
    }
