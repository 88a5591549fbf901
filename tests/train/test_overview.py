"""One row an encoder out of the long table."""

from __future__ import annotations

import polars as pl

from train.evaluate.compare import DIFFERENCES
from train.evaluate.overview import headlines, main_differences, means, overview
from train.evaluate.table import SCORES


def scores(*rows: tuple) -> pl.DataFrame:
    """(encoder, set, measure, variant, lang, value, count) with intervals that do not matter here."""
    full = [(*row[:6], row[5] - 0.01, row[5] + 0.01, row[6]) for row in rows]
    return pl.DataFrame(full, schema=SCORES, orient="row")


TABLE = scores(
    ("weak", "dev_tico19", "matching", "cosine", "", 0.70, 17),
    ("weak", "dev_tico19", "matching", "margin", "", 0.80, 17),
    ("weak", "dev_tico19", "matching", "cosine", "fr", 0.99, 900),
    ("weak", "dev_tico19", "matching_at_095", "cosine", "", 3.0, 17),
    ("good", "dev_tico19", "matching", "cosine", "", 0.97, 17),
    ("good", "mine", "matching", "cosine", "", 0.91, 2),
    ("good", "dev_stsb_multi_mt", "sts", "cosine", "", 0.81, 11),
)


def test_each_encoder_has_one_row_and_the_best_stands_first():
    table = overview(TABLE)
    assert table["encoder"].to_list() == ["good", "weak"]
    assert table["matching · TICO-19"].to_list() == [0.97, 0.70]


def test_what_was_not_measured_is_null():
    table = overview(TABLE)
    assert table["STS"].to_list() == [0.81, None]
    assert table["matching · mine"].to_list() == [0.91, None]


def test_languages_are_counted_of_all_in_the_widest_set():
    more = scores(
        ("good", "dev_ntrex_half1", "matching", "cosine", "", 0.96, 53),
        ("good", "dev_ntrex_half1", "matching_at_095", "cosine", "", 47.0, 53),
        ("weak", "dev_tico19", "matching_weakest10", "cosine", "", 0.5, 10),
        ("good", "dev_ntrex_half1", "matching_weakest10", "cosine", "", 0.9, 10),
    )
    table = overview(pl.concat([TABLE, more]))
    assert table["≥ 0.95 · NTREX (of 53)"].to_list() == [47, None]
    assert table["ten weakest · NTREX"].to_list() == [0.9, None]
    assert not [name for name in table.columns if name.startswith(("≥", "ten")) and "TICO" in name]
    assert table.columns[1:3] == ["matching · NTREX", "matching · TICO-19"]


def test_variants_do_not_mix():
    assert means(TABLE, "matching", "cosine").filter(pl.col("encoder") == "weak")["value"].to_list() == [0.70]


def test_a_single_language_stands_for_all():
    alone = scores(("one", "posts", "encoding", "", "en", 0.5, 40), ("two", "posts", "encoding", "", "en", 0.6, 40))
    assert means(alone, "encoding")["value"].to_list() == [0.5, 0.6]
    several = scores(("one", "posts", "encoding", "", "en", 0.5, 40), ("one", "posts", "encoding", "", "es", 0.6, 40))
    assert means(several, "encoding").is_empty()


def test_no_scores_give_no_rows():
    assert overview(TABLE.head(0)).is_empty()


def test_headlines_tell_the_interval():
    weak = TABLE.filter(pl.col("encoder") == "weak")
    assert headlines(weak) == ["matching 0.700 (0.690 to 0.710)", "≥ 0.95 in 3 of 17 languages"]


def test_of_paired_differences_the_headlines_are_told():
    rows = [
        ("new", "old", "dev_tico19", "matching", "cosine", "", 0.02, 0.01, 0.03, 12, 3, 17, "better"),
        ("new", "old", "dev_tico19", "matching", "margin", "", 0.01, 0.00, 0.02, 9, 6, 17, "better"),
        ("new", "old", "dev_tico19", "matching", "cosine", "fr", 0.0, -0.01, 0.01, 0, 0, 1, "no difference seen"),
        ("new", "old", "dev_tico19", "matching_to", "cosine", "", 0.02, 0.01, 0.03, 12, 3, 17, "better"),
    ]
    told = main_differences(pl.DataFrame(rows, schema=DIFFERENCES, orient="row"))
    assert told.rows() == [("new", "old", "matching", "TICO-19", 0.02, 0.01, 0.03, "better")]
    assert main_differences(pl.DataFrame(schema=DIFFERENCES)).is_empty()
