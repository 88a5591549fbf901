"""Texts in Parquet files become vectors shard by shard: each row once, in its place, however often the run stops."""

import json

import numpy as np
import polars as pl
import pytest
from pyarrow import parquet as pq

from ctse_core import batch
from ctse_core.batch import BatchSettings, encode_shards
from ctse_core.engines.shards import parquet_files, plan_shards, read_shard
from ctse_core.errors import ColumnError, InputFileError, JobError, SettingError
from ctse_core.shard_copies import counted
from ctse_core.shard_heap import TOLD, heap_of, read_part
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
    """What counts in the folder, by the number of each post."""
    heap = heap_of(str(folder))
    columns = ["global_row", "row", "id", "compared_text", "lang", "lang_confidence", "digest", "vector"]
    return pl.concat([read_part(heap, number, columns) for number in range(len(heap.shards))])


def test_every_row_is_there_once_and_in_its_place(posts, tmp_path, encoder):
    told = []
    made = encode_shards(str(posts), str(tmp_path / "out"), SETTINGS, lambda share, words: told.append((share, words)))
    assert (made.shards, made.made, made.rows) == (4, 4, 12)
    assert told[-1][0] == 1.0 and [share for share, _ in told] == sorted(share for share, _ in told)
    found = read_all(tmp_path / "out")
    assert found["global_row"].to_list() == list(range(12))
    assert found["id"].to_list() == [*map(str, range(11)), "8"]
    assert found["row"].to_list() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 0, 1, 2]
    told = json.loads(pq.read_schema(shards_in(tmp_path / "out")[0]).metadata[TOLD])
    assert (told["encoder"], told["space"]) == ("ctse-small", encoder.space)
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
    told = counted(firsts, seconds, rows)
    wanted = (
        pl.DataFrame({"a": firsts, "b": seconds, "row": rows})
        .group_by("a", "b").agg(pl.col("row").min(), pl.len()).filter(pl.col("len") > 1).sort("row")
    )  # fmt: skip
    assert told["first_row"].to_list() == wanted["row"].to_list() and told["posts"].to_list() == wanted["len"].to_list()
    digest = firsts[:1].tobytes() + seconds[:1].tobytes()
    assert told["digest"][0] == digest
    for few in (0, 1):
        assert counted(firsts[:few], seconds[:few], rows[:few]).is_empty()


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
    given = {"source": str(posts), "out": str(tmp_path), "settings": SETTINGS}
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
    from pyarrow.fs import LocalFileSystem

    files = parquet_files(str(posts))
    assert [one.rows for one in files] == [6, 3, 3]
    assert parquet_files(f"{posts}/*.parquet") == files and parquet_files(files[1].path) == files[1:2]
    assert parquet_files(f"{posts}/b*") == files[1:2]
    ids = []
    for shard in plan_shards(files, "abc", 4):
        ids += read_shard(LocalFileSystem(), shard, ["id", "id"])["id"].to_pylist()
    assert ids == [*map(str, range(11)), "8"]
    names = ["shard-a-000000.parquet", "shard-a-000001.parquet", "shard-b-000000.parquet", "shard-c-000000.parquet"]
    assert [shard.name for shard in plan_shards(files, "abc", 4)] == names


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
    with pytest.raises(InputFileError, match=r"\* in a folder's name"):
        encode_shards(f"{tmp_path}/p*/a.parquet", out, SETTINGS)
    with pytest.raises(SettingError, match="no engine"):
        encode_shards(str(posts), out, BatchSettings(engine="horse"))
    with pytest.raises(SettingError, match="“lang” is what a column of the shards is called"):
        encode_shards(str(posts), out, BatchSettings(keep=("lang",)))
    with pytest.raises(SettingError, match="name another folder for --out"):
        encode_shards(f"{posts}/*.parquet", str(posts), SETTINGS)
    pl.DataFrame({"id": ["1"], "text": [["a", "list"]], "other": [1]}).write_parquet(posts / "d.parquet")
    with pytest.raises(ColumnError, match=r"d\.parquet” holds .*list.*, not texts"):
        encode_shards(str(posts), out, SETTINGS)
    pl.DataFrame({"id": ["1"], "body": ["a"]}).write_parquet(posts / "d.parquet")
    with pytest.raises(ColumnError, match=r"d\.parquet” has no column “text”; it has id, body"):
        encode_shards(str(posts), out, SETTINGS)
    for path in posts.glob("*.parquet"):
        pl.DataFrame({"id": [], "text": []}, schema={"id": pl.Utf8, "text": pl.Utf8}).write_parquet(path)
    with pytest.raises(InputFileError, match="have no rows"):
        encode_shards(str(posts), out, SETTINGS)
    assert not (tmp_path / "out").exists()


def test_a_text_column_may_go_along_and_a_column_named_twice_is_kept_once(posts, tmp_path):
    encode_shards(str(posts), str(tmp_path / "out"), BatchSettings(keep=("text", "id", "text"), rows=20))
    first = pl.concat([pl.read_parquet(path) for path in shards_in(tmp_path / "out")]).sort("id")
    assert first.columns[:3] == ["row", "text", "id"] and first["text"].null_count() == 1


def test_a_changed_file_is_made_again_and_keeps_nothing_of_what_it_was(posts, tmp_path):
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    before = {path.name: path.stat().st_mtime_ns for path in shards_in(out)}
    pl.read_parquet(posts / "b.parquet").with_columns(text=pl.lit("anew")).write_parquet(posts / "b.parquet")
    again = encode_shards(str(posts), str(out), SETTINGS)
    assert (again.shards, again.made, again.rows, again.old) == (4, 1, 12, 1)
    found = read_all(out)
    # What was not changed keeps its numbers and its files; what was comes after all that was ever there.
    assert found["global_row"].to_list() == [*range(6), *range(9, 12), *range(12, 15)]
    assert found["compared_text"].to_list()[-3:] == ["anew"] * 3 and "8" in found["id"].to_list()[-3:]
    copies = pl.read_parquet(out / "copies.parquet").select("first_row", "posts").rows()
    assert copies == [(9, 2), (12, 3)]
    assert sum(path.stat().st_mtime_ns == before.get(path.name) for path in shards_in(out)) == 4
    removed = encode_shards(str(posts), str(out), BatchSettings(keep=("id",), rows=4, remove_old=True))
    assert (removed.made, removed.old, len(shards_in(out))) == (0, 0, 4) and read_all(out).equals(found)


def test_a_file_written_anew_within_the_same_size_and_second_is_another_one(posts, tmp_path):
    """As in a store, which tells whole seconds: the least and greatest values of the columns tell."""
    import os

    path = posts / "a.parquet"
    stat, stamp = path.stat(), parquet_files(str(path))[0].stamp
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert parquet_files(str(path))[0].stamp == stamp
    pl.read_parquet(path).with_columns(text=pl.col("text").str.replace("rose", "fell")).write_parquet(
        path, row_group_size=2
    )
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    anew = parquet_files(str(path))[0].stamp
    assert anew.split("-")[1] == stamp.split("-")[1] and anew != stamp


def test_a_new_file_adds_shards_and_one_that_went_takes_its_own(posts, tmp_path):
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    before = {path.name: path.stat().st_mtime_ns for path in shards_in(out)}
    key, whole = heap_of(str(out)).key, read_all(out)
    pl.DataFrame({"id": ["new"], "text": ["HELP US PLEASE"], "other": [0]}).write_parquet(posts / "Earlier.parquet")
    added = encode_shards(str(posts), str(out), SETTINGS)
    assert (added.shards, added.made, added.rows, added.old) == (5, 1, 13, 0)
    assert read_all(out)[:12].equals(whole) and read_all(out)["id"][12] == "new"
    assert all((out / name).stat().st_mtime_ns == time for name, time in before.items())
    assert pl.read_parquet(out / "copies.parquet").select("first_row", "posts").rows() == [(8, 4)]
    heap = heap_of(str(out))
    assert heap.key == key and heap.came_from(12) == (str(posts / "Earlier.parquet"), 0)
    assert heap.came_from(7) == (str(posts / "b.parquet"), 1)
    (posts / "a.parquet").unlink()
    gone = encode_shards(str(posts), str(out), SETTINGS)
    assert (gone.shards, gone.made, gone.old) == (3, 0, 2)
    assert read_all(out)["global_row"].to_list() == [*range(6, 13)]


def test_what_a_finished_run_left_stays_whole_until_the_next_one_is_done(posts, tmp_path):
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    whole = read_all(out)
    pl.DataFrame({"id": ["x"] * 9, "text": ["more"] * 9, "other": [0] * 9}).write_parquet(posts / "d.parquet")

    def stop(share, _):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_shards(str(posts), str(out), SETTINGS, stop)
    assert len(shards_in(out)) == 5 and read_all(out).equals(whole)
    assert encode_shards(str(posts), str(out), SETTINGS).made == 2 and len(read_all(out)) == 21


def test_a_shard_or_the_copies_cut_off_are_made_again(posts, tmp_path):
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    whole = read_all(out)
    for path in (shards_in(out)[1], out / "copies.parquet"):
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(InputFileError, match="run the same encode command again"):
            read_all(out)
        encode_shards(str(posts), str(out), SETTINGS)
        assert read_all(out).equals(whole)


def test_another_encoder_begins_a_heap_of_its_own_beside_the_old_shards(posts, tmp_path, monkeypatch):
    out = tmp_path / "out"
    encode_shards(str(posts), str(out), SETTINGS)
    key, other = heap_of(str(out)).key, WordEncoder(dim=64, name="other")
    monkeypatch.setattr(batch, "load_encoder", lambda *_, **__: other)
    made = encode_shards(str(posts), str(out), SETTINGS)
    heap = heap_of(str(out))
    assert (made.made, made.old) == (4, 4) and heap.key != key and (heap.width, heap.space) == (64, other.space)
    assert read_all(out)["global_row"].to_list() == list(range(12))


def test_a_file_changed_while_it_is_read_gives_no_shard(posts, tmp_path):
    from pyarrow.fs import LocalFileSystem

    shard = plan_shards(parquet_files(str(posts)), "abc", 4)[0]
    pl.read_parquet(posts / "a.parquet").with_columns(id=pl.lit("other")).write_parquet(posts / "a.parquet")
    with pytest.raises(InputFileError, match="was changed while it was read"):
        read_shard(LocalFileSystem(), shard, ["id"])
