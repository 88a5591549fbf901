"""Figures with intervals: statistics against sklearn and scipy, draws that are paired and honest."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import TrainError
from train.evaluate.compare import BETTER, UNSEEN, WORSE, differences
from train.evaluate.estimates import DRAWS, estimates_of, items_of, lacking, scores_of

RNG = np.random.default_rng(0)


def value_of(table: pl.DataFrame, lang: str = "", measure: str | None = None) -> dict:
    rows = table.filter(pl.col("lang") == lang)
    return rows.filter(pl.col("measure") == measure).row(0, named=True) if measure else rows.row(0, named=True)


def test_macro_f1_and_v_measure_are_those_of_sklearn():
    from sklearn.metrics import f1_score, v_measure_score

    truth, found = RNG.integers(0, 4, 300), RNG.integers(0, 5, 300)
    found[:150] = truth[:150]
    items = items_of("encoding_knn", "cosine", "en", "a", np.arange(300), found, truth)
    expected = f1_score(truth, found, average="macro", labels=np.unique(truth))
    assert value_of(scores_of(items), "en")["value"] == pytest.approx(expected)
    items = items_of("encoding_v", "cosine", "en", "a", np.arange(300), found, truth)
    assert value_of(scores_of(items), "en")["value"] == pytest.approx(v_measure_score(truth, found))


def test_the_correlation_is_spearmans_with_ties():
    from scipy.stats import spearmanr

    truth = RNG.integers(0, 6, 200).astype(float)
    found = truth + RNG.normal(0, 2, 200)
    items = items_of("sts", "cosine", "en", "sts", np.arange(200), found, truth)
    row = value_of(scores_of(items), "en")
    assert row["value"] == pytest.approx(spearmanr(truth, found).statistic)
    assert row["low"] < row["value"] < row["high"]


def test_equal_cosines_rank_nothing():
    items = items_of("sts", "cosine", "en", "sts", np.arange(30), np.ones(30), np.arange(30))
    assert value_of(scores_of(items), "en")["value"] == 0.0


def test_an_interval_is_as_wide_as_theory_says():
    values = RNG.normal(0.5, 0.2, 400)
    row = value_of(scores_of(items_of("x", "cosine", "en", "a", np.arange(400), values)), "en")
    expected = 1.96 * values.std() / np.sqrt(400)
    assert row["value"] - row["low"] == pytest.approx(expected, rel=0.2)
    assert row["high"] - row["value"] == pytest.approx(expected, rel=0.2)
    assert row["count"] == 400


def test_the_interval_of_clusters_holds_the_figure():
    # Drawing posts twice makes clusters look purer; unmoved draws would lie above the figure.
    truth, found = RNG.integers(0, 6, 60), RNG.integers(0, 6, 60)
    row = value_of(scores_of(items_of("encoding_v", "cosine", "en", "a", np.arange(60), found, truth)), "en")
    assert row["low"] < row["value"] < row["high"]


def test_a_language_is_the_mean_of_its_events_and_a_set_that_of_its_languages():
    items = pl.concat(
        [
            items_of("x", "cosine", "en", "large", np.arange(90), np.ones(90)),
            items_of("x", "cosine", "en", "small", np.arange(90, 100), np.zeros(10)),
            items_of("x", "cosine", "es", "only", np.arange(100, 110), np.ones(10)),
        ]
    )
    table = scores_of(items)
    assert value_of(table, "en")["value"] == 0.5
    assert value_of(table)["value"] == 0.75
    assert value_of(table)["count"] == 2


def test_sentences_shared_by_languages_are_drawn_together():
    # The same hard and easy sentences in 20 languages say as much as in one.
    values = RNG.normal(0.5, 0.2, 100)
    one = items_of("x", "cosine", "l00", "t", np.arange(100), values)
    many = pl.concat(items_of("x", "cosine", f"l{n:02}", "t", np.arange(100), values) for n in range(20))
    width = [value_of(scores_of(items))["high"] - value_of(scores_of(items))["low"] for items in (one, many)]
    assert width[1] == pytest.approx(width[0])


def test_draws_do_not_depend_on_what_else_is_measured():
    values = RNG.normal(0.5, 0.2, 50)
    alone = items_of("x", "cosine", "en", "a", np.arange(50), values)
    more = pl.concat([alone, items_of("x", "cosine", "es", "a", np.arange(3000), np.zeros(3000))])
    one, other = estimates_of(alone)[0].draws[:, 0], estimates_of(more)[0].draws[:, 0]
    np.testing.assert_allclose(one, other)
    assert len(one) == DRAWS + 1


def matching_items(hits: dict[str, float], items: int = 200) -> pl.DataFrame:
    return pl.concat(
        items_of(measure, "cosine", lang, lang, np.arange(items), np.arange(items) < share * items)
        for lang, share in hits.items()
        for measure in ("matching_to", "matching_from")
    )


def test_matching_tells_the_weakest_and_how_many_are_good():
    hits = {f"l{n:02}": n / 12 for n in range(13)} | {"fr": 0.96, "de": 0.97}
    table = scores_of(matching_items(hits))
    assert value_of(table, "", "matching_weakest10")["value"] == pytest.approx(
        np.mean(sorted(hits.values())[:10]), abs=0.01
    )
    assert value_of(table, "", "matching_at_095")["value"] == 3  # fr, de and l12
    assert value_of(table, "", "matching_at_095_of_49")["value"] == 2
    assert value_of(table, "", "matching_49")["value"] == pytest.approx(0.965)
    assert value_of(table, "fr", "matching")["high"] < 1


def test_a_small_paired_difference_is_seen_where_the_intervals_overlap():
    base = RNG.random(1000)
    one = items_of("x", "cosine", "en", "a", np.arange(1000), base)
    other = items_of("x", "cosine", "en", "a", np.arange(1000), base + RNG.normal(0.01, 0.02, 1000))
    found = differences(other, one).filter(lang="en").row(0, named=True)
    assert (found["verdict"], found["better_in"], found["groups"]) == (BETTER, 1, 1)
    assert found["difference"] == pytest.approx(0.01, abs=0.003)
    assert value_of(scores_of(one), "en")["high"] > value_of(scores_of(other), "en")["low"]
    assert differences(one, other)["verdict"].to_list() == [WORSE, WORSE]
    assert differences(one, one)["verdict"].to_list() == [UNSEEN, UNSEEN]


def test_what_was_measured_on_other_sentences_is_not_compared():
    one = items_of("x", "cosine", "en", "a", np.arange(10), np.ones(10))
    with pytest.raises(TrainError, match="not measured on the same"):
        differences(one, one.head(9))


def test_the_interval_of_a_share_stays_within_its_bounds():
    found = np.ones(40)
    found[0] = 0
    rows = pl.concat(
        [
            items_of(f"matching_{side}", "cosine", lang, lang, np.arange(40), found)
            for side in ("to", "from")
            for lang in "ab"
        ]
    )
    table = scores_of(rows)
    shares = table.filter(~pl.col("measure").str.contains("at_095"))
    assert shares["high"].max() <= 1 and shares["low"].min() >= 0
    assert table.filter(pl.col("measure") == "matching_at_095")["value"].item() == 2


def shares(right: np.ndarray, langs: tuple[str, ...] = ("en",), measure: str = "drift") -> pl.DataFrame:
    return pl.concat(items_of(measure, "all", lang, lang, np.arange(len(right)), right) for lang in langs)


@pytest.mark.parametrize("apart", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("items", [25, 1000])
def test_a_handful_of_items_proves_nothing(apart, items):
    for trial in range(8):
        random = np.random.default_rng(trial)
        base = random.integers(0, 2, items)
        base[:apart] = 0
        more = base.copy()
        more[:apart] = 1
        order = random.permutation(items)
        found = differences(shares(more[order], ("en", "es")), shares(base[order], ("en", "es")))
        assert set(found["verdict"]) == {UNSEEN}
        assert (found["low"] <= 0).all() and (found["high"] > 0).all()


def test_many_items_on_one_side_are_a_difference_and_some_on_either_side_are_none():
    base, more = np.zeros(60), np.zeros(60)
    more[:8] = 1
    assert set(differences(shares(more), shares(base))["verdict"]) == {BETTER}
    base[8:10] = 1  # eight against two: 0.109 by McNemar's exact test
    assert set(differences(shares(more), shares(base))["verdict"]) == {UNSEEN}


def test_a_mean_is_not_moved_off_its_draws():
    found = np.zeros(1000)
    found[7] = 1
    draws = estimates_of(items_of("x", "cosine", "en", "a", np.arange(1000), found))[0].draws[1:, 0]
    assert (draws == 0).mean() == pytest.approx(np.exp(-1), abs=0.08)


def test_the_same_clusters_under_other_numbers_are_no_difference():
    truth = RNG.integers(0, 4, 200)
    one = items_of("encoding_v", "cosine", "en", "a", np.arange(200), truth, truth)
    found = (truth + 1) % 4
    found[:3] = (found[:3] + 1) % 4
    other = items_of("encoding_v", "cosine", "en", "a", np.arange(200), found, truth)
    assert set(differences(one, other)["verdict"]) == {UNSEEN}
    found[:60] = 0
    other = items_of("encoding_v", "cosine", "en", "a", np.arange(200), found, truth)
    assert set(differences(one, other)["verdict"]) == {BETTER}


def test_each_text_of_a_language_has_the_interval_of_its_own_sentences():
    items = pl.concat(
        items_of(measure, "cosine", "zh", text, np.arange(count), np.arange(count) % 2)
        for measure in ("matching_to", "matching_from")
        for text, count in (("zh-CN", 400), ("zh-TW", 40))
    )
    texts = scores_of(items).filter(measure="matching_text")
    assert dict(texts.select("lang", "count").rows()) == {"zh-CN": 400, "zh-TW": 40}
    width = dict(texts.select("lang", pl.col("high") - pl.col("low")).rows())
    assert width["zh-TW"] > 2 * width["zh-CN"]


def posts_items(langs: dict[str, bool]) -> pl.DataFrame:
    """Return items of the four scores of posts; of a language only three where it has no other events."""
    scores = {"encoding_knn": 1.0, "encoding_v": 1.0, "encoding_ndcg": 0.5, "encoding_across": 0.0}
    truth = np.arange(40) % 2
    found = {1.0: truth, 0.5: np.full(40, 0.5), 0.0: np.full(40, 7)}
    return pl.concat(
        items_of(measure, "cosine", lang, "a", np.arange(40), found[value], truth)
        for lang, across in langs.items()
        for measure, value in scores.items()
        if across or measure != "encoding_across"
    )


def test_the_mean_of_three_scores_is_not_called_by_the_name_of_that_of_four():
    table = scores_of(posts_items({"en": True, "es": True})).filter(measure="encoding")
    assert set(table["variant"]) == {"cosine"}
    table = scores_of(posts_items({"en": True, "es": False})).filter(measure="encoding")
    assert set(table.filter(variant="cosine")["lang"]) == {"", "en"}
    assert set(table.filter(variant="within")["lang"]) == {"", "en", "es"}
    assert lacking(posts_items({"en": True, "es": False})) == ["es"]
    alone = scores_of(posts_items({"en": False})).filter(measure="encoding")
    assert set(alone["variant"]) == {"within"}
    assert alone["value"].to_list() == pytest.approx([2.5 / 3, 2.5 / 3])
    assert set(differences(posts_items({"en": False}), posts_items({"en": False}))["verdict"]) == {UNSEEN}
