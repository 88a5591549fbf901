"""The Python side of the post cards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from ctse_core.figures import language_name
from ctse_core.types import UNSORTED, Col

_HERE = Path(__file__).parent
_BANDS = {"strong": "strong match", "maybe": "maybe", "words": "shares words", "none": "maybe chance"}


@dataclass(frozen=True)
class Chosen:
    """What the person clicked: the position of a post to find more like, or a topic to open."""

    like: int | None = None
    topic: int | None = None


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "ctse_post_list",
        html='<div class="holder"></div>',
        css=(_HERE / "cards.css").read_text(encoding="utf-8"),
        js=(_HERE / "cards.js").read_text(encoding="utf-8"),
    )


def show_posts(posts: pl.DataFrame, key: str, words: tuple[str, ...] = (), topics: bool = True) -> Chosen:
    """Draw ``posts`` (rows of the posts table with a ``position`` column) and return what was clicked.

    ``words`` are marked in the texts; each offers "More like this", and its topic where ``topics`` says so.
    """
    data = {
        "posts": [_card(post, topics) for post in posts.iter_rows(named=True)],
        "words": [word for word in words if len(word) > 1],
        "topics": topics,
    }
    clicked = _component()(
        data=data, key=key, on_like_change=lambda: None, on_topic_change=lambda: None, height="content"
    )
    return Chosen(clicked.like, clicked.topic)


def _card(post: dict[str, Any], topics: bool) -> dict[str, Any]:
    copies = int(post.get(Col.COPIES) or 1)
    band = post.get("band") or ""
    similarity = post.get("similarity")
    cluster = post.get(Col.CLUSTER)
    return {
        "position": post["position"],
        "text": post[Col.TEXT],
        "code": post[Col.LANG],
        "language": language_name(post[Col.LANG]),
        "when": post[Col.TIME].strftime("%d %b %Y %H:%M UTC") if post[Col.TIME] else "undated",
        "place": post.get(Col.PLACE) or "",
        "author": post.get(Col.AUTHOR) or "",
        "copies": f"{copies:,} copies" if copies > 1 else "",
        "topic": (post.get(Col.TOPIC) or "") if topics else "",
        "cluster": None if cluster is None or cluster == UNSORTED else cluster,
        "id": post[Col.POST_ID],
        "band": band,
        "verdict": _BANDS.get(band, ""),
        "why": "" if similarity is None else f"cosine {similarity:.3f}",
    }
