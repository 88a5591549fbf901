"""Questions to a heap of shards: each text once, what was there stays, another heap is refused."""

import json
from pathlib import Path

import polars as pl
import pytest

from ctse_core import batch, find_flags, shard_search
from ctse_core.__main__ import main
from ctse_core.batch import BatchSettings, encode_shards
from ctse_core.errors import InputFileError, SettingError
from ctse_core.shard_sample import heap_of
from ctse_core.shard_search import ask_index, fill_index
from tests.fakes import WordEncoder

TEXTS = [f"{one} {two} needed" for one in ("water", "fire", "bridge", "food") for two in ("north", "south", "east")]


@pytest.fixture
def shards(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(batch, "load_encoder", lambda *_, **__: WordEncoder())
    monkeypatch.setattr("ctse_core.encoders.load_encoder", lambda *_, **__: WordEncoder())
    pl.DataFrame({"text": [*TEXTS, "", TEXTS[0], TEXTS[0]]}).write_parquet(tmp_path / "posts.parquet")
    encode_shards(str(tmp_path / "*.parquet"), str(tmp_path / "shards"), BatchSettings(rows=5))
    return tmp_path / "shards"


def test_every_different_text_is_found_once_with_its_posts(shards, tmp_path):
    index = fill_index(heap_of(str(shards)), tmp_path / "index")
    found = ask_index(index, WordEncoder(), "water north needed", 50)
    assert len(index) == len(TEXTS) == len(found)
    assert (found[0].row, found[0].posts, found[0].text) == (0, 3, TEXTS[0])
    assert found[0].cosine == pytest.approx(1, abs=1e-3)
    assert {one.posts for one in found[1:]} == {1}
    here = found[0].lang
    assert all(one.lang == here for one in ask_index(index, WordEncoder(), "fire", 50, (here,)))
    assert ask_index(index, WordEncoder(), "fire", 5, ("xx",)) == []


def test_shards_that_are_in_the_index_are_not_read_again(shards, tmp_path, monkeypatch):
    heap, read = heap_of(str(shards)), []
    whole = shard_search.read_columns

    def stopped(heap, name, columns):
        if name == heap.names[2]:
            raise KeyboardInterrupt
        return whole(heap, name, columns)

    with monkeypatch.context() as patch:
        patch.setattr(shard_search, "read_columns", stopped)
        with pytest.raises(KeyboardInterrupt):
            fill_index(heap, tmp_path / "index")
    monkeypatch.setattr(shard_search, "read_columns", lambda *given: read.append(given) or whole(*given))
    assert len(fill_index(heap, tmp_path / "index")) == len(TEXTS)
    assert [name for _, name, columns in read if len(columns) == 5] == [heap.names[2]]


def test_an_index_of_other_shards_and_a_question_of_nothing_are_refused(shards, tmp_path):
    index = fill_index(heap_of(str(shards)), tmp_path / "index")
    encode_shards(str(tmp_path / "*.parquet"), str(tmp_path / "others"), BatchSettings(rows=4))
    with pytest.raises(InputFileError, match="other shards"):
        fill_index(heap_of(str(tmp_path / "others")), tmp_path / "index")
    with pytest.raises(SettingError, match="Ask something"):
        ask_index(index, WordEncoder(), " ")
    with pytest.raises(SettingError, match="wide"):
        ask_index(index, WordEncoder(dim=7), "water")


def test_the_command_line_finds_in_shards(shards, tmp_path, capsys):
    flags = ["find", str(shards), "bridge east", "--index", str(tmp_path / "index"), "-k", "2", "--quiet"]
    assert main(flags) == 0
    assert "bridge east needed" in capsys.readouterr().out.splitlines()[0]
    assert main([*flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["text"] == "bridge east needed"
    assert find_flags.LONGEST > 100
