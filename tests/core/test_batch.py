"""Texts in Parquet files become vectors shard by shard: each row once, in its place, however often the run stops."""

import numpy as np
import polars as pl
import pytest

from ctse_core import batch
from ctse_core.batch import BatchSettings, encode_shards
from ctse_core.engines.shards import Shard, parquet_files, plan_shards, read_shard, shard_name
from ctse_core.errors import ColumnError, InputFileError, JobError, SettingError
from tests.fakes import WordEncoder

SETTINGS = BatchSettings(keep=("id",), rows=4)


@pytest.fixture(autouse=True)
def encoder(monkeypatch):
    fake = WordEncoder()
    monkeypatch.setattr(batch, "load_encoder", lambda *_, **__: fake)
    return fake


@pytest.fixture
def posts(tmp_path):
    """Eleven posts in three files of several row groups; one text is there three times, one is empty."""
    folder = tmp_path / "posts"
    folder.mkdir()
    texts = [f"the river rose {number} metres" for number in range(8)] + ["Help us please", "HELP us please", None]
    table = pl.DataFrame({"id": [str(number) for number in range(11)], "text": texts, "other": range(11)})
    for name, rows in (("a", table[:6]), ("b", table[6:9]), ("c", pl.concat([table[9:], table[8:9]]))):
        rows.write_parquet(folder / f"{name}.parquet", row_group_size=2)
    (folder / "notes.txt").write_text("no posts")
    return folder


def shards_in(folder):
    return sorted(folder.glob("shard-*.parquet"))


def read_all(folder):
    return pl.concat([pl.read_parquet(path) for path in shards_in(folder)])


def test_every_row_is_there_once_and_in_its_place(posts, tmp_path, encoder):
    told = []
    made = encode_shards(str(posts), str(tmp_path / "out"), SETTINGS, lambda share, words: told.append((share, words)))
    assert (made.shards, made.made, made.rows) == (4, 4, 12)
    assert told[-1][0] == 1.0 and [share for share, _ in told] == sorted(share for share, _ in told)
    found = read_all(tmp_path / "out")
    assert found["global_row"].to_list() == list(range(12))
    assert found["id"].to_list() == [*map(str, range(11)), "8"]
    assert set(found.columns) == {"id", "global_row", "compared_text", "lang", "lang_confidence", "digest", "vector"}
    vectors = np.array(found["vector"].to_list())
    assert vectors.shape == (12, encoder.dim)
    wanted = encoder.encode(found["compared_text"].to_list())
    assert np.allclose(vectors[:10], wanted[:10], atol=1e-3) and not vectors[10].any()


def test_texts_that_are_there_more_than_once_are_told_over_all_shards(posts, tmp_path):
    encode_shards(str(posts), str(tmp_path / "out"), SETTINGS)
    copies = pl.read_parquet(tmp_path / "out" / "copies.parquet")
    assert copies.select("first_row", "posts").rows() == [(8, 3)]
    found = read_all(tmp_path / "out")
    assert found.filter(pl.col("digest") == copies["digest"][0])["global_row"].to_list() == [8, 9, 11]


def test_copies_are_counted_by_whole_digests_also_where_halves_are_equal():
    dice = np.random.default_rng(3)
    firsts, seconds = dice.integers(0, 9, size=(2, 400)).astype(np.uint64)
    rows = np.arange(0, 4_000, 10)
    told = batch._counted(firsts, seconds, rows)
    wanted = (
        pl.DataFrame({"a": firsts, "b": seconds, "row": rows})
        .group_by("a", "b").agg(pl.col("row").min(), pl.len()).filter(pl.col("len") > 1).sort("row")
    )  # fmt: skip
    assert told["first_row"].to_list() == wanted["row"].to_list() and told["posts"].to_list() == wanted["len"].to_list()
    digest = firsts[:1].tobytes() + seconds[:1].tobytes()
    assert told["digest"][0] == digest
    for few in (0, 1):
        assert batch._counted(firsts[:few], seconds[:few], rows[:few]).is_empty()


def test_what_cannot_be_written_is_told_with_what_to_do(posts, tmp_path, monkeypatch):
    with pytest.raises(JobError, match=r"cannot be made .* name another --out"):
        encode_shards(str(posts), str(posts / "notes.txt" / "out"), SETTINGS)
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    shards_in(out)[1].unlink()
    (out / "copies.parquet").unlink()
    (out / "copies.parquet").mkdir()  # in the way
    (out / "copies.parquet" / "file").touch()
    with pytest.raises(JobError, match=r"copies\.parquet” cannot be written .* run the same command again"):
        encode_shards(str(posts), str(out), SETTINGS)
    assert len(shards_in(out)) == 4


def test_a_machine_with_another_program_or_encoder_makes_no_shards(posts, tmp_path):
    given = {"source": str(posts), "out": str(tmp_path), "mark": "a", "settings": SETTINGS}
    with pytest.raises(JobError, match="install the same on all"):
        batch.ShardWorker(maker=("another version", "another encoder"), **given)


def test_a_run_that_was_stopped_goes_on_and_makes_nothing_twice(posts, tmp_path, monkeypatch):
    whole = tmp_path / "whole"
    encode_shards(str(posts), str(whole), SETTINGS)

    class Killed(Exception):
        pass

    def killer(share, sentence):
        if share > 0.5:
            raise Killed

    out = tmp_path / "out"
    with pytest.raises(Killed):
        encode_shards(str(posts), str(out), SETTINGS, killer)
    before = {path: path.stat().st_mtime_ns for path in shards_in(out)}
    assert 0 < len(before) < 4
    again = encode_shards(str(posts), str(out), SETTINGS)
    assert again.made == 4 - len(before)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert read_all(out).equals(read_all(whole))
    assert encode_shards(str(posts), str(out), SETTINGS).made == 0
    assert encode_shards(str(posts), str(out), BatchSettings(keep=("id",), rows=3)).made == 4  # other shards


def test_what_a_killed_writer_left_is_no_shard(posts, tmp_path):
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    path = shards_in(out)[2]
    path.rename(f"{path}.0123abcd.part")
    assert encode_shards(str(posts), str(out), SETTINGS).made == 1 and len(shards_in(out)) == 4


def test_a_shard_reads_only_its_rows_of_any_row_groups(posts):
    files = parquet_files(str(posts))
    assert [rows for _, rows in files] == [6, 3, 3]
    assert parquet_files(f"{posts}/*.parquet") == files and parquet_files(files[1][0]) == files[1:2]
    from pyarrow.fs import LocalFileSystem

    ids = []
    for shard in plan_shards(files, 4):
        ids += read_shard(LocalFileSystem(), shard, ["id", "absent"])["id"].to_pylist()
    assert ids == [*map(str, range(11)), "8"]
    assert [shard.first for shard in plan_shards(files, 4)] == [0, 4, 6, 9]
    assert shard_name(Shard(3, "", 0, 1, 0), "abc") == "shard-000003-abc.parquet"


def test_what_cannot_be_done_is_told_before_anything_is_made(posts, tmp_path):
    out = str(tmp_path / "out")
    with pytest.raises(ColumnError, match=r"no column “body”; it has id, text, other"):
        encode_shards(str(posts), out, BatchSettings(column="body"))
    with pytest.raises(InputFileError, match="no Parquet file"):
        (tmp_path / "bare").mkdir()
        encode_shards(str(tmp_path / "bare"), out, SETTINGS)
    with pytest.raises(InputFileError, match="cannot be read"):
        encode_shards(str(tmp_path / "nowhere"), out, SETTINGS)
    with pytest.raises(InputFileError, match="cannot be opened"):
        encode_shards("carrier-pigeon://loft", out, SETTINGS)
    with pytest.raises(SettingError, match="no engine"):
        encode_shards(str(posts), out, BatchSettings(engine="horse"))
    assert not (tmp_path / "out").exists()
