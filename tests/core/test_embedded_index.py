"""The embedded index: held to the suite of every index, and what only it does: files, merges, killed writers."""

import os

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import ProjectError
from ctse_core.search import embedded, segments
from ctse_core.search.embedded import EmbeddedIndex
from ctse_core.search.interface import Condition, Where
from tests.core.index_conformance import IndexConformance, nearest, some_facts, some_keys, some_vectors


class TestEmbeddedIndex(IndexConformance):
    @pytest.fixture
    def opened(self, tmp_path):
        return lambda: EmbeddedIndex(tmp_path / "index", self.width)

    def test_many_small_writes_leave_few_segments_and_the_same_answers(self, opened, tmp_path):
        vectors, facts = some_vectors(600, self.width), some_facts(600)
        index = opened()
        for first in range(0, 600, 20):
            part = slice(first, first + 20)
            index.add(some_keys(20, first), vectors[part], facts[part])
            index.delete(some_keys(1, first))
        assert len(list((tmp_path / "index").glob("segment-*"))) <= 8 and len(index) == 570
        passes = (facts["lang"] == "en").to_numpy() & (np.arange(600) % 20 != 0)
        condition = Where((Condition("lang", any_of=("en",)),))
        for query in some_vectors(10, self.width, seed=3):
            assert list(index.search(query, 10, condition)[0].keys) == nearest(vectors, query, 10, passes)

    def test_large_segments_in_one_byte_a_number_find_what_is_nearest(self, opened, monkeypatch):
        monkeypatch.setattr(segments, "EXACT_UP_TO", 1_000)
        index, vectors = opened(), some_vectors(3_000, self.width)
        index.add(some_keys(3_000), vectors)
        assert index._view.segments[0].index.scan is not None
        queries = some_vectors(20, self.width, seed=9)
        found = [index.search(query, 10)[0] for query in queries]
        hits = [len(set(one.keys) & set(nearest(vectors, q, 10))) for one, q in zip(found, queries, strict=True)]
        assert sum(hits) / 200 >= 0.97

    @pytest.mark.parametrize("moment", [(os, "replace"), (embedded, "write_segment"), (os, "fsync")])
    def test_a_writer_that_dies_leaves_the_index_as_it_was(self, opened, tmp_path, monkeypatch, moment):
        index, vectors = opened(), some_vectors(50, self.width)
        index.add(some_keys(50), vectors)

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(*moment, die)
            with pytest.raises(KeyboardInterrupt):
                index.add([*some_keys(3), "new"], -vectors[:4])
        again = opened()
        assert len(again) == 50 and again.search(vectors[1], 1)[0].keys == ("post-000001",)
        again.add(["new"], -vectors[:1])
        assert len(again) == 51
        assert len(list((tmp_path / "index").glob("segment-*"))) <= 2, "what the dead writer left is swept away"

    def test_a_reader_keeps_what_it_opened_while_segments_are_merged_away(self, opened):
        index, vectors = opened(), some_vectors(60, self.width)
        index.add(some_keys(30), vectors[:30])
        reader = opened()
        index.add(some_keys(30, 30), vectors[30:])
        assert len(reader) == 30 and reader.search(vectors[3], 1)[0].keys == ("post-000003",)
        reader.refresh()
        assert len(reader) == 60

    def test_an_index_of_another_width_or_a_damaged_one_is_told_in_a_sentence(self, opened, tmp_path):
        opened().add(["a"], np.ones((1, self.width), np.float32))
        with pytest.raises(ProjectError, match="24 wide, not 5"):
            EmbeddedIndex(tmp_path / "index", 5)
        (tmp_path / "index" / "index.json").write_text("{")
        with pytest.raises(ProjectError, match="damaged"):
            opened()

    def test_facts_told_later_are_null_in_what_was_there_before(self, opened):
        index, vectors = opened(), some_vectors(4, self.width)
        index.add(["a", "b"], vectors[:2])
        index.add(["c"], vectors[2:3], pl.DataFrame({"lang": ["es"]}))
        told = {one.keys[0]: one.facts["lang"][0] for one in index.search(vectors[:3], 1, give=("lang",))}
        assert told == {"a": None, "b": None, "c": "es"}


def test_an_index_with_an_empty_file_is_told_as_damaged(tmp_path):
    EmbeddedIndex(tmp_path / "index", 8).add(some_keys(5), some_vectors(5, 8), some_facts(5))
    next((tmp_path / "index").glob("segment-*/entries.arrow")).write_bytes(b"")
    with pytest.raises(ProjectError, match=r"is damaged .* make it again"):
        EmbeddedIndex(tmp_path / "index", 8)
