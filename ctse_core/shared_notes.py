"""What a team notes of posts, exchanged with the shared project: tags, states, owners and notes, with who and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ctse_core.project.exchange import (
    brought_in_line,
    deeds_unknown_to,
    settle_tags,
    tags_agreed,
    take_over,
)
from ctse_core.served.address import Address
from ctse_core.served.connection import Server
from ctse_core.served.notes import (
    TAG_SCHEMA,
    deeds_beyond,
    exchange_tags,
    known_tokens,
    send_deeds,
    standing,
)
from ctse_core.served.tables import key_of, shared_project
from ctse_core.sharing import begins_alike
from ctse_core.stored import load_analysis
from ctse_core.types import Col

if TYPE_CHECKING:
    from ctse_core.project import Project


def exchange_notes(project: Project, address: Address, pull: bool = True) -> tuple[str, ...]:
    """Tell the shared project what was noted here, and with ``pull`` note here what others did; return sentences.

    What is told is there as a whole or not at all. A post that somebody else changed meanwhile keeps their change, and
    the sentences say so; tags put on or taken off on either side are so on both.

    Raises:
        ProjectError: the project has no finished analysis, or cannot be written to.
        ServerError: the database cannot be reached or refuses, or holds no such project, or one of other posts.
    """
    ids = load_analysis(project).table[Col.POST_ID]
    server = Server(address)
    folder = project.folder
    try:
        with server.writing(f"project {address.name}") as connection:
            shared = shared_project(connection, address.name, address.shown)
            begins_alike(connection, shared, ids, address)
            posts = min(shared.posts, len(ids))
            known = known_tokens(connection, shared.schema)
            coming = deeds_unknown_to(folder, known)
            refused = send_deeds(connection, shared.schema, coming)
            partner = key_of(connection, shared)  # not the address: one server is spelt in many ways
            mine, agreed = _tags(project, partner)
            held = _pairs(mine)
            after = exchange_tags(
                connection, shared.schema,
                mine.filter(~_among(mine, agreed)), agreed - held,
            ).filter(pl.col("position") < posts)  # fmt: skip
            there = _pairs(after)
            others = deeds_beyond(connection, shared.schema, _tokens(project), posts)
            stands = standing(connection, shared.schema, posts)
    finally:
        server.close()
    sent, put, taken = coming.deeds.height, len(held - agreed), len(agreed - held)
    told = [f"Told {address.shown}: {sent:,} deeds, {put:,} tags put on, {taken:,} taken off."]
    told += _conflicts(refused)
    if not pull:
        settle_tags(folder, partner, (after.clear(), ()), held & there)
        return tuple(told)
    changed = take_over(folder, others) + brought_in_line(folder, stands)
    fresh = after.filter(~_among(after, held))
    settle_tags(folder, partner, (fresh, held - there), there)
    told.append(
        f"Taken over: {others.deeds.height:,} deeds of others ({changed:,} posts changed), "
        f"{fresh.height:,} tags put on, {len(held - there):,} taken off."
    )
    return tuple(told)


def _tags(project: Project, partner: str) -> tuple[pl.DataFrame, set[tuple[int, str]]]:
    tags, agreed = tags_agreed(project.folder, partner)
    return tags.with_columns(pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00")).select(list(TAG_SCHEMA)), agreed


def _pairs(tags: pl.DataFrame) -> set[tuple[int, str]]:
    return set(tags.select("position", "tag").iter_rows())


def _among(tags: pl.DataFrame, pairs: set[tuple[int, str]]) -> pl.Series:
    return pl.Series([pair in pairs for pair in tags.select("position", "tag").iter_rows()], dtype=pl.Boolean)


def _tokens(project: Project) -> set[str]:
    return set(deeds_unknown_to(project.folder, ()).deeds["token"])


def _conflicts(refused: pl.DataFrame) -> list[str]:
    if not refused.height:
        return []
    who = ", ".join(sorted({str(name) for name in refused["author"].drop_nulls()})) or "others"
    return [
        f"{refused.height:,} posts were changed by {who} meanwhile and stand as they left them; "
        "look at them, and do it again if yours is right."
    ]
