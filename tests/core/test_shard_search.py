"""Questions to a heap of shards: each text once, what was there stays, another heap is refused."""

import json
from pathlib import Path

import polars as pl
import pytest

from ctse_core import batch, find_flags, shard_search
from ctse_core.__main__ import main
from ctse_core.batch import BatchSettings, encode_shards
from ctse_core.errors import EncoderError, InputFileError, SettingError
from ctse_core.shard_heap import heap_of
from ctse_core.shard_search import ask_index, encoder_of, fill_index
from tests.fakes import WordEncoder

TEXTS = [f"{one} {two} needed" for one in ("water", "fire", "bridge", "food") for two in ("north", "south", "east")]


@pytest.fixture
def shards(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(batch, "load_encoder", lambda *_, **__: WordEncoder())
    monkeypatch.setattr(shard_search, "load_encoder", lambda *_, **__: WordEncoder())
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
    with pytest.raises(SettingError, match=f"No text here is in “xx”; there are .*{here}"):
        ask_index(index, WordEncoder(), "fire", 5, ("xx",))


def test_shards_that_are_in_the_index_are_not_read_again(shards, tmp_path, monkeypatch):
    heap, read = heap_of(str(shards)), []
    whole = shard_search.read_part

    def stopped(heap, number, columns):
        if number == 2:
            raise KeyboardInterrupt
        return whole(heap, number, columns)

    with monkeypatch.context() as patch:
        patch.setattr(shard_search, "read_part", stopped)
        with pytest.raises(KeyboardInterrupt):
            fill_index(heap, tmp_path / "index")
    monkeypatch.setattr(shard_search, "read_part", lambda *given: read.append(given[1]) or whole(*given))
    for _ in range(2):
        assert len(fill_index(heap, tmp_path / "index")) == len(TEXTS)
    assert read == [2]


def everything(shards, index):
    """Each text of the index with the file it is first in and the posts that have it."""
    heap = heap_of(str(shards))
    found = ask_index(fill_index(heap, index), WordEncoder(), "water", 99)
    return {one.text: (Path(heap.came_from(one.row)[0]).name, one.posts) for one in found}


def test_a_heap_that_grew_or_changed_is_found_as_if_the_index_were_new(shards, tmp_path):
    def changed(name, texts):
        if texts is None:
            (tmp_path / f"{name}.parquet").unlink()
        else:
            pl.DataFrame({"text": texts}).write_parquet(tmp_path / f"{name}.parquet")
        encode_shards(str(tmp_path / "*.parquet"), str(shards), BatchSettings(rows=5))
        found = everything(shards, tmp_path / "index")
        assert found == everything(shards, tmp_path / f"anew-{len(list(tmp_path.glob('anew-*')))}")
        return found

    everything(shards, tmp_path / "index")
    found = changed("a", [TEXTS[1], "tents wanted", TEXTS[0]])
    assert found["tents wanted"] == ("a.parquet", 1) and found[TEXTS[1]] == ("posts.parquet", 2)
    assert found[TEXTS[0]] == ("posts.parquet", 4)
    found = changed("posts", [TEXTS[4], TEXTS[0]])  # those two are first in a.parquet from now on
    assert found == {
        TEXTS[1]: ("a.parquet", 1), "tents wanted": ("a.parquet", 1), TEXTS[0]: ("a.parquet", 2),
        TEXTS[4]: ("posts.parquet", 1),
    }  # fmt: skip
    assert changed("a", None) == {TEXTS[4]: ("posts.parquet", 1), TEXTS[0]: ("posts.parquet", 1)}


def test_copies_that_changed_while_an_index_was_filled_are_told_right(shards, tmp_path, monkeypatch):
    """Stopped after a heap's first shards, the index goes on with a heap that changed back meanwhile."""
    index, put = tmp_path / "index", shard_search._put
    pl.DataFrame({"text": [TEXTS[0]] * 3}).write_parquet(tmp_path / "z.parquet")
    encode_shards(str(tmp_path / "*.parquet"), str(shards), BatchSettings(rows=5))

    def once(*given):
        put(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shard_search, "_put", once)
        with pytest.raises(KeyboardInterrupt):
            fill_index(heap_of(str(shards)), index)
    (tmp_path / "z.parquet").unlink()
    encode_shards(str(tmp_path / "*.parquet"), str(shards), BatchSettings(rows=5))
    assert everything(shards, index)[TEXTS[0]] == ("posts.parquet", 3)
    assert len(list(index.glob("fill*"))) == 1


def test_only_the_encoder_that_made_the_shards_asks_them(shards, monkeypatch):
    asked = []
    monkeypatch.setattr(shard_search, "load_encoder", lambda name: asked.append(name) or WordEncoder())
    assert encoder_of(heap_of(str(shards))).name == "word-encoder" and asked == ["ctse-small"]
    monkeypatch.setattr(shard_search, "load_encoder", lambda name: WordEncoder(name="as wide"))
    with pytest.raises(EncoderError, match=r"“as wide” is not what made the shards .* of “ctse-small”\. Name that one"):
        encoder_of(heap_of(str(shards)), "as wide")


def test_shards_of_empty_texts_are_told(tmp_path, shards):
    pl.DataFrame({"text": ["", None, " "]}).write_parquet(tmp_path / "posts.parquet")
    encode_shards(str(tmp_path / "*.parquet"), str(tmp_path / "bare"), BatchSettings())
    for _ in range(2):
        with pytest.raises(InputFileError, match="bare” holds no text that is not empty"):
            fill_index(heap_of(str(tmp_path / "bare")), tmp_path / "bare index")


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
    assert "posts.parquet row 8, 1 posts  bridge east needed" in capsys.readouterr().out.splitlines()[0]
    assert main([*flags, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (found["text"], found["file"], found["file_row"]) == (
        "bridge east needed",
        str(tmp_path / "posts.parquet"),
        8,
    )
    assert find_flags.LONGEST > 100
