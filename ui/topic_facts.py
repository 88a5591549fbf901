"""What is known about a topic, in words and numbers; what a project does not know is left out."""

from __future__ import annotations

from typing import Any

from ctse_core.figures import language_name
from ctse_core.naming import originals
from ctse_core.types import TopicCol
from ctse_core.words import minute, number, t


def facts_of(topic: dict[str, Any]) -> str:
    """Return how large a topic is, in which languages and from when to when."""
    pairs = zip(topic[TopicCol.LANGUAGES][:8], topic[TopicCol.LANGUAGE_POSTS][:8], strict=True)
    first, last = topic[TopicCol.FIRST], topic[TopicCol.LAST]
    return t(
        "{posts:,} posts ({share:.1%} of all), {unique:,} of them unique; {languages}; {span}",
        posts=topic[TopicCol.SIZE],
        share=topic[TopicCol.SHARE],
        unique=topic[TopicCol.UNIQUE],
        languages=", ".join(f"{language_name(code)} {number(count)}" for code, count in pairs),
        span=t("undated") if first is None else f"{minute(first)} – {minute(last)}",
    )


def marks_of(topic: dict[str, Any]) -> list[str]:
    """Return the words that stand beside a topic's name."""
    marks = [(TopicCol.NEW, t("new")), (TopicCol.EDITED, t("edited"))]
    return [word for column, word in marks if topic.get(column)]


def rank_of(topic: dict[str, Any]) -> float | None:
    """Return how sure a topic is, to order by, in [-1, 1]; None where that was not measured."""
    apart = topic.get(TopicCol.SEPARATION)
    return None if apart is None else float(apart)


def confidence_of(topic: dict[str, Any], brief: bool = False) -> str:
    """Return how sure a topic is, in words with their numbers; "" where nothing was measured."""
    words = {"firm": t("firm"), "fair": t("fair"), "loose": t("loose")}
    verdict = words.get(str(topic.get(TopicCol.CONFIDENCE)), "")
    if brief:
        apart = topic.get(TopicCol.SEPARATION)
        return t("{verdict}, apart {apart:.2f}", verdict=verdict, apart=apart) if verdict and apart is not None else ""
    told: list[str] = []
    if topic.get(TopicCol.SEPARATION) is not None:
        told.append(t("stands apart from the nearest other topic {value:.2f} of 1", value=topic[TopicCol.SEPARATION]))
    if topic.get(TopicCol.AGREEMENT) is not None:
        told.append(t("{share:.0%} of it comes back from other seeds", share=topic[TopicCol.AGREEMENT]))
    if topic.get(TopicCol.LANGUAGE_MIX) is not None:
        told.append(t("languages mixed {share:.0%} as much as in the file", share=topic[TopicCol.LANGUAGE_MIX]))
    if topic.get(TopicCol.COPIES_SHARE) is not None:
        told.append(t("{share:.0%} copies", share=topic[TopicCol.COPIES_SHARE]))
    if not told:
        return ""
    return t("How sure: {verdict}", verdict="; ".join([verdict, *told] if verdict else told))


def confidence_help() -> str:
    """Return what the words about how sure a topic is mean."""
    return t(
        "Firm: the topic stands well apart from the others and comes back when the grouping starts elsewhere; most of "
        "its posts are about one thing. Loose: it lies as near to others or does not come back; read some of its posts "
        "before you rely on it. Fair lies between."
    )


def originals_of(topic: dict[str, Any]) -> str:
    """Return the words of a topic's languages that mean the same, as the posts write them; "" where unknown."""
    concepts = []
    for words in originals(topic)[:6]:
        if len({lang for lang, _ in words}) > 1:
            concepts.append(" = ".join(f"{word} ({language_name(lang)})" for lang, word in words))
    return t("Words that mean the same: {words}", words="; ".join(concepts)) if concepts else ""
