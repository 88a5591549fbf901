"""The Python side of the list of topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ctse_core.words import t

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Act:
    """What a person did in the list: ``kind``, with the topics concerned, and a ``name`` where one was typed."""

    kind: str
    topics: tuple[int, ...] = ()
    name: str = ""


@st.cache_resource
def _component() -> Any:
    return st.components.v2.component(
        "ctse_topic_list",
        html='<div class="holder"></div>',
        css=(_HERE / "list.css").read_text(encoding="utf-8"),
        js=(_HERE / "list.js").read_text(encoding="utf-8"),
    )


def show_topics(
    rows: Sequence[Mapping[str, Any]], loose: Mapping[str, Any], lately: Mapping[str, Any], key: str
) -> Act | None:
    """Draw the topics and return what was done, once; None where nothing was.

    Each row has id, name, terms, posts, count (posts as text), languages, span, marks, sure (words on confidence),
    why (more of them), rank (a number to order by, or None), group, begin (time as ISO), pinned. ``loose`` are the
    unsorted posts: name, posts, count, told. ``lately`` are the ``topics`` of the last ``edit``, its number.
    """
    done = _component()(
        data={"rows": list(rows), "loose": loose, "lately": lately, "labels": _labels()},
        key=key,
        on_act_change=lambda: None,
        height="content",
    ).act
    if not done:
        return None
    return Act(str(done["kind"]), tuple(int(topic) for topic in done.get("topics", ())), str(done.get("name", "")))


def _labels() -> dict[str, str]:
    return {
        "find": t("Find a topic"),
        "hint": t("A word of its name or terms"),
        "regex": t("Regular expression"),
        "wrong": t("This is no regular expression; the words are looked for as written."),
        "sort": t("Order"),
        "size": t("Most posts first"),
        "small": t("Fewest posts first"),
        "name": t("By name"),
        "first": t("Earliest first"),
        "unsure": t("Least sure first"),
        "group": t("By group"),
        "shown": t("{shown} of {all} topics"),
        "chosen": t("Chosen topics: {chosen}"),
        "none_chosen": t("Tick topics to merge them, pin them, or mark them as noise."),
        "merge": t("Merge"),
        "noise": t("Mark as noise"),
        "pin": t("Pin"),
        "unpin": t("Unpin"),
        "filter": t("Filter to these"),
        "all": t("Choose all shown"),
        "none": t("Choose none"),
        "tick": t("Choose"),
        "rename": t("Rename"),
        "open": t("Open"),
        "save": t("Save the name"),
        "pinned": t("Pinned"),
        "posts": t("posts"),
        "nothing": t("No topic has these words."),
    }
