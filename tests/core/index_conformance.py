"""What every Index must do, as one suite: a test file inherits it and says how the index is opened."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import EncoderError, SettingError
from ctse_core.search.interface import Condition, Index, Where

START = datetime(2026, 1, 1, tzinfo=UTC)
LANGUAGES = ("en", "es", "ht", "ar", "sw")
FACTS = {
    "lang": pl.Utf8,
    "topic": pl.Int32,
    "time": pl.Datetime("us", "UTC"),
    "needs": pl.List(pl.Utf8),
    "urgent": pl.Boolean,
}


def some_vectors(rows: int, width: int, seed: int = 0) -> np.ndarray:
    """Return (rows, width) vectors of different lengths around a few centres, as posts are."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((24, width))
    made = centres[rng.integers(0, 24, rows)] + 0.7 * rng.standard_normal((rows, width))
    return (made * rng.uniform(0.5, 2, (rows, 1))).astype(np.float32)


def some_facts(rows: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    needs = [[], ["water"], ["water", "food"], ["shelter"], None]
    return pl.DataFrame(
        {
            "lang": [LANGUAGES[i] for i in rng.integers(0, 5, rows)],
            "topic": rng.integers(-1, 40, rows),
            "time": [None if i % 11 == 0 else START + timedelta(minutes=int(i)) for i in range(rows)],
            "needs": [needs[i] for i in rng.integers(0, 5, rows)],
            "urgent": rng.random(rows) < 0.001,
        },
        schema=FACTS,
    )


def some_keys(rows: int, first: int = 0) -> list[str]:
    return [f"post-{number:06d}" for number in range(first, first + rows)]


def nearest(vectors: np.ndarray, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[str]:
    """Return the keys of the truly nearest rows, as ``some_keys`` names them."""
    cosine = (vectors @ query) / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    best = rows[np.argsort(-cosine[rows], kind="stable")][:k]
    return [f"post-{row:06d}" for row in best]


class IndexConformance:
    """Inherit, and give the fixture ``opened``: a function that opens the same empty, 24 wide index each time."""

    entries = 4_000  # a subclass may ask for more
    width = 24
    exact = 2e-3  # how far a cosine may be off: indexes may keep half precision

    @pytest.fixture
    def opened(self) -> Callable[[], Index]:
        raise NotImplementedError

    @pytest.fixture
    def filled(self, opened) -> tuple[Index, np.ndarray, pl.DataFrame]:
        vectors, facts = some_vectors(self.entries, self.width), some_facts(self.entries)
        index = opened()
        index.add(some_keys(self.entries), vectors, facts)
        return index, vectors, facts

    def test_it_is_an_index(self, opened):
        index = opened()
        assert isinstance(index, Index) and index.width == self.width and len(index) == 0
        assert index.search(np.ones(self.width, np.float32), 3)[0].keys == ()

    def test_the_best_come_first_with_their_cosine(self, filled):
        index, vectors, _ = filled
        for row in (3, 77):
            found = index.search(vectors[row], 5)[0]
            assert found.keys[0] == f"post-{row:06d}" and len(found.keys) == 5
            assert found.similarity[0] == pytest.approx(1, abs=self.exact)
            assert (np.diff(found.similarity) <= 0).all() and found.similarity.dtype == np.float32
            rows = [int(key[5:]) for key in found.keys]
            lengths = np.linalg.norm(vectors[rows], axis=1) * np.linalg.norm(vectors[row])
            assert found.similarity == pytest.approx((vectors[rows] @ vectors[row]) / lengths, abs=self.exact)

    @pytest.mark.parametrize(
        ("where", "allowed"),
        [
            (None, lambda facts: pl.lit(True)),
            (Condition("topic", at_least=-1, below=19), lambda facts: pl.col("topic") < 19),
            (Condition("topic", any_of=(3, 4)), lambda facts: pl.col("topic").is_in([3, 4])),
            (Condition("urgent", any_of=(True,)), lambda facts: pl.col("urgent")),
        ],
        ids=["all", "half", "5 %", "0.1 %"],
    )
    def test_it_finds_what_is_nearest_under_any_filter(self, filled, where, allowed):
        index, vectors, facts = filled
        passes = facts.select(allowed(facts).alias("it"))["it"].to_numpy() & np.ones(len(facts), bool)
        queries = some_vectors(20, self.width, seed=5)
        found = index.search(queries, 10, None if where is None else Where((where,)))
        hits = wanted = 0
        for query, one in zip(queries, found, strict=True):
            true = nearest(vectors, query, 10, passes)
            assert len(one.keys) == len(true), "a filter never leaves fewer than there are"
            hits += len(set(true) & set(one.keys))
            wanted += len(true)
        assert wanted and hits / wanted >= 0.97

    @pytest.mark.parametrize(
        ("condition", "passes"),
        [
            (Condition("lang", any_of=("ht", "sw")), pl.col("lang").is_in(["ht", "sw"])),
            (Condition("time", at_least=START + timedelta(hours=50)), pl.col("time") >= START + timedelta(hours=50)),
            (Condition("time", below=START + timedelta(hours=1)), pl.col("time") < START + timedelta(hours=1)),
            (Condition("time", missing=True), pl.col("time").is_null()),
            (
                Condition("needs", any_of=("food", "shelter")),
                pl.col("needs").list.contains("food") | pl.col("needs").list.contains("shelter"),
            ),
            (Condition("needs", missing=True), pl.col("needs").list.len().fill_null(0) == 0),
            (
                Condition("needs", any_of=("water",), missing=True),
                (pl.col("needs").list.len().fill_null(0) == 0) | pl.col("needs").list.contains("water"),
            ),
        ],
    )
    def test_a_condition_lets_through_what_meets_it_and_nothing_else(self, filled, condition, passes):
        index, vectors, facts = filled
        allowed = facts.select(passes.fill_null(False).alias("it"))["it"].to_numpy()
        found = index.search(vectors[11], 50, Where((condition,)))[0]
        assert len(found.keys) == min(50, allowed.sum())
        assert all(allowed[int(key[5:])] for key in found.keys)

    def test_conditions_hold_together_and_named_keys_are_left_out(self, filled):
        index, vectors, facts = filled
        both = (Condition("lang", any_of=("en",)), Condition("topic", at_least=10))
        allowed = ((facts["lang"] == "en") & (facts["topic"] >= 10)).to_numpy()
        first = index.search(vectors[40], 3, Where(both))[0].keys
        assert set(first) <= {f"post-{row:06d}" for row in np.flatnonzero(allowed)}
        rest = index.search(vectors[40], 10, Where(both, without=first))[0].keys
        assert len(rest) == 10 and not set(rest) & set(first)

    def test_facts_come_back_as_they_were_put_in(self, filled):
        index, vectors, facts = filled
        found = index.search(vectors[123], 4, give=("lang", "time", "needs", "topic"))[0]
        rows = [int(key[5:]) for key in found.keys]
        told = found.facts.select("lang", "time", "needs", "topic").to_dicts()
        assert told == facts[rows].select("lang", "time", "needs", "topic").to_dicts()

    def test_equal_vectors_come_in_the_order_of_their_keys(self, opened):
        index = opened()
        same = np.tile(some_vectors(1, self.width), (6, 1))
        index.add([f"k{number}" for number in (4, 2, 5, 0, 3, 1)], same)
        assert index.search(same[0], 6)[0].keys == ("k0", "k1", "k2", "k3", "k4", "k5")

    def test_zeros_are_kept_and_never_found(self, opened):
        index = opened()
        vectors = some_vectors(5, self.width)
        vectors[2] = 0
        index.add(some_keys(5), vectors)
        found = index.search(np.vstack([vectors[0], np.zeros(self.width, np.float32)]), 9)
        assert len(index) == 5 and "post-000002" not in found[0].keys and len(found[0].keys) == 4
        assert found[1].keys == ()

    def test_an_entry_put_in_again_is_replaced_whole(self, filled):
        index, vectors, _ = filled
        index.add(["post-000007"], -vectors[7:8], pl.DataFrame({"lang": ["xx"]}))
        assert len(index) == self.entries
        assert "post-000007" not in index.search(vectors[7], 20)[0].keys
        found = index.search(-vectors[7], 1, give=("lang", "topic"))[0]
        assert found.keys == ("post-000007",) and found.facts.rows() == [("xx", None)]
        assert index.search(vectors[7], 3, Where((Condition("lang", any_of=("xx",)),)))[0].keys == ("post-000007",)

    def test_what_is_deleted_is_gone_and_may_come_back(self, filled):
        index, vectors, facts = filled
        first = index.search(vectors[9], 3)[0].keys
        assert index.delete([*first, "unknown"]) == 3 and len(index) == self.entries - 3
        assert not set(index.search(vectors[9], 10)[0].keys) & set(first)
        assert index.delete(first) == 0
        row = int(first[0][5:])
        index.add([first[0]], vectors[row : row + 1], facts[row : row + 1])
        assert index.search(vectors[9], 1)[0].keys == first[:1]

    def test_vectors_come_back_in_the_order_asked_for(self, filled):
        index, vectors, _ = filled
        back = index.vectors(["post-000005", "unknown", "post-000001"])
        assert back.shape == (3, self.width) and not back[1].any()
        for got, put in ((back[0], vectors[5]), (back[2], vectors[1])):
            assert got @ put / np.linalg.norm(got) / np.linalg.norm(put) == pytest.approx(1, abs=1e-4)

    def test_it_is_all_there_when_opened_again(self, filled, opened):
        index, vectors, _ = filled
        index.delete(some_keys(10))
        condition = Where((Condition("lang", any_of=("ar",)),))
        before = index.search(vectors[50], 10, condition, ("lang", "time"))[0]
        index.close()
        index.close()
        again = opened()
        after = again.search(vectors[50], 10, condition, ("lang", "time"))[0]
        assert len(again) == self.entries - 10 and after.keys == before.keys and after.facts.equals(before.facts)

    def test_another_reader_sees_a_change_after_refresh(self, filled, opened):
        index, vectors, _ = filled
        other = opened()
        assert len(other) == self.entries
        index.delete(["post-000003"])
        index.add(["new"], -vectors[3:4])
        other.refresh()
        assert len(other) == self.entries
        assert "post-000003" not in other.search(vectors[3], 5)[0].keys
        assert other.search(-vectors[3], 1)[0].keys == ("new",)

    def test_two_writers_at_once_lose_nothing(self, opened):
        vectors = some_vectors(400, self.width)
        opened().add(["shared"], vectors[:1], pl.DataFrame({"lang": ["none"]}))
        failed: list[BaseException] = []

        def write(who: int) -> None:
            try:
                index = opened()
                for first in range(who * 200, who * 200 + 200, 40):
                    part = slice(first, first + 40)
                    facts = pl.DataFrame({"lang": [str(who)] * 41})
                    keys = [*some_keys(40, first), "shared"]
                    index.add(keys, np.vstack([vectors[part], vectors[who * 200][None]]), facts)
                    index.delete([f"post-{first:06d}"])
                index.close()
            except BaseException as error:
                failed.append(error)
                raise

        threads = [threading.Thread(target=write, args=(who,)) for who in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        index = opened()
        assert not failed and len(index) == 400 - 10 + 1
        for row in (1, 399):
            assert index.search(vectors[row], 1)[0].keys == (f"post-{row:06d}",)
        shared = index.search(index.vectors(["shared"])[0], 5, give=("lang",))[0]
        at = shared.keys.index("shared")
        who = int(shared.facts["lang"][at])  # whoever wrote last, it is whole
        assert index.vectors(["shared"])[0] @ vectors[who * 200] / np.linalg.norm(vectors[who * 200]) ** 2 > 0.99

    @pytest.mark.parametrize(
        ("keys", "vectors", "facts", "error"),
        [
            (["a", "a"], np.ones((2, 24), np.float32), None, SettingError),
            (["a"], np.ones((2, 24), np.float32), None, SettingError),
            (["a"], np.ones((1, 24), np.float32), pl.DataFrame({"lang": ["en", "es"]}), SettingError),
            (["a"], np.ones((1, 24), np.float32), pl.DataFrame({"lang": [[1.5]]}), SettingError),
            (["a"], np.ones((1, 23), np.float32), None, EncoderError),
            (["a"], np.full((1, 24), np.nan, np.float32), None, EncoderError),
        ],
    )
    def test_what_does_not_fit_is_refused_and_changes_nothing(self, filled, keys, vectors, facts, error):
        index = filled[0]
        with pytest.raises(error, match=r"\.$"):
            index.add(keys, vectors, facts)
        index.refresh()
        assert len(index) == self.entries

    @pytest.mark.parametrize(
        ("query", "asked", "error"),
        [
            (np.ones(24, np.float32), {"k": 0}, SettingError),
            (np.ones(24, np.float32), {"give": ("colour",)}, SettingError),
            (np.ones(24, np.float32), {"where": Where((Condition("colour", any_of=("red",)),))}, SettingError),
            (np.ones(25, np.float32), {}, EncoderError),
            (np.full(24, np.nan, np.float32), {}, EncoderError),
        ],
    )
    def test_a_question_that_does_not_fit_is_refused_with_a_sentence(self, filled, query, asked, error):
        with pytest.raises(error, match=r"\.$"):
            filled[0].search(query, **asked)

    def test_a_condition_that_asks_for_nothing_is_refused(self):
        with pytest.raises(SettingError, match="lang"):
            Condition("lang")
