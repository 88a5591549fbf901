"""The posts table with what is compared and the language of each post."""

from __future__ import annotations

import polars as pl

from ctse_core.text import prepare_text
from ctse_core.types import Col

POSTS = [
    "RT @user: The river has broken its banks and the lower town is under water http://t.co/a",
    "El rÃ­o se desbordÃ³ y la parte baja de la ciudad está bajo el agua",
    "🙏🙏",
    "12345",
]


def posts_table(**columns: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({Col.POST_ID: ["a", "b", "c", "d"], Col.TEXT: POSTS, **columns})


def test_the_table_keeps_its_rows_and_gains_what_is_compared() -> None:
    prepared = prepare_text(posts_table())
    table = prepared.table
    assert table[Col.POST_ID].to_list() == ["a", "b", "c", "d"]
    assert table[Col.COMPARED][0] == "The river has broken its banks and the lower town is under water HTTPURL"
    assert table[Col.TEXT][0] == POSTS[0]
    assert table[Col.TEXT][1].startswith("El río se desbordó")
    assert prepared.repaired == 1
    assert table[Col.LANG].to_list() == ["en", "es", "und", "und"]
    assert table[Col.LANG_CONFIDENCE].dtype == pl.Float32


def test_the_language_in_the_file_stands_in_only_where_ours_is_undetermined() -> None:
    table = prepare_text(posts_table(**{Col.GIVEN_LANG: ["fr", None, "in", "nonsense"]})).table
    assert table[Col.LANG].to_list() == ["en", "es", "id", "und"]
    assert table[Col.LANG_CONFIDENCE][2] == 0.0


def test_an_empty_table_gains_empty_columns() -> None:
    table = prepare_text(posts_table().head(0)).table
    assert table.height == 0 and {Col.COMPARED, Col.LANG, Col.LANG_CONFIDENCE} <= set(table.columns)


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    prepare_text(posts_table(), lambda share, _: told.append(share))
    assert told == sorted(told) and told[-1] == 1.0
