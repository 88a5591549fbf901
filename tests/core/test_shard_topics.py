"""Topics of a heap of shards: found in a sample, every post assigned once, whatever stops the run."""

import numpy as np
import polars as pl
import pytest

from ctse_core import shard_labels, shard_topics
from ctse_core.errors import InputFileError, JobError, SettingError
from ctse_core.shard_copies import digest_of, write_copies
from ctse_core.shard_heap import Heap, HeapFile, heap_of
from ctse_core.shard_sample import draw
from ctse_core.shard_topics import ShardTopicSettings, topic_shards
from ctse_core.structure.stability import agreement
from tests.core.structure_fakes import groups

MARK = "0123456789ab"
SUBJECTS = ("flood water river", "fire smoke forest", "road bridge closed", "school shelter open")


@pytest.fixture
def heap(tmp_path, monkeypatch):
    """Nine hundred posts of four subjects in three shards; one text is there forty times, one post is empty."""
    monkeypatch.setattr(shard_topics, "word_reader", lambda _: None)
    monkeypatch.setattr(shard_topics, "load_encoder", lambda *_: None)
    vectors, which = groups((230,) * 4, width=24, noise=0.6)
    order = np.random.default_rng(1).permutation(len(vectors))[:900]
    vectors, which = vectors[order].astype(np.float16), which[order]
    texts = [f"{SUBJECTS[group]} {number}" for number, group in enumerate(which)]
    copied = np.flatnonzero(which == 0)[:40]
    for row in copied:
        texts[row], vectors[row] = texts[copied[0]], vectors[copied[0]]
    texts[899], vectors[899] = "", 0
    folder = tmp_path / "shards"
    folder.mkdir()
    table = pl.DataFrame(
        {
            "compared_text": texts,
            "lang": ["ht" if row % 100 == 7 else "en" for row in range(900)],
            "digest": [digest_of(text) for text in texts],
            "vector": pl.Series(list(vectors.astype(np.float32)), dtype=pl.Array(pl.Float32, 24)),
        }
    )
    for number in range(3):
        table[300 * number : 300 * (number + 1)].write_parquet(folder / f"shard-{MARK}-{number:06d}.parquet")
    files = (HeapFile("posts.parquet", "stamp", MARK, 900, 0),)
    write_copies(Heap(str(folder), "key", "some encoder", "its space", 24, 300, 900, files))
    return folder, which, copied


def labels_in(out):
    return pl.concat([pl.read_parquet(path) for path in sorted(out.glob("labels-*.parquet"))])


def test_every_post_is_assigned_once_to_what_it_is_about(heap, tmp_path):
    folder, which, copied = heap
    made = topic_shards(str(folder), str(tmp_path / "out"), ShardTopicSettings(sample=300))
    labels = labels_in(tmp_path / "out")
    assert labels["global_row"].to_list() == list(range(900)) and made.made == 3
    assert agreement(labels["topic_id"].to_numpy()[:899], which[:899].astype(np.int32))["rand"] > 0.85
    assert labels["topic_id"][899] == -1  # the empty post
    assert labels["topic_id"].gather(copied).n_unique() == 1
    topics = pl.read_parquet(tmp_path / "out" / "topics.parquet")
    sizes = labels.filter(pl.col("topic_id") >= 0).group_by("topic_id").len().sort("topic_id")["len"].to_list()
    assert topics["size"].to_list() == sizes and topics["language_posts"].list.sum().to_list() == sizes
    assert set(topics["typical"].explode()) <= set(range(900))
    facts = made.facts
    assert (facts["posts"], facts["texts"], facts["sampled"]) == (900, 860, 300)
    assert facts["other_sample"]["rand"] > 0.8 and facts["unsorted"] == (labels["topic_id"] == -1).sum()
    assert (facts["shards_encoder"], facts["shards_space"]) == ("some encoder", "its space")
    assert (tmp_path / "out" / f"sample-{facts['mark']}.parquet").exists()
    assert "300 of 860 different texts (34.88%)" in made.sentence


def test_a_run_that_was_stopped_goes_on_and_gives_the_same(heap, tmp_path, monkeypatch):
    folder, settings = str(heap[0]), ShardTopicSettings(sample=300)
    topic_shards(folder, str(tmp_path / "whole"), settings)
    out = tmp_path / "stopped"
    label = shard_labels.TopicWorker.made

    def dies_at_the_second(self, number):
        if number == 1:
            raise KeyboardInterrupt
        return label(self, number)

    monkeypatch.setattr(shard_labels.TopicWorker, "made", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        topic_shards(folder, str(out), settings)
    assert len(list(out.glob("labels-*"))) == 1 and not (out / "topics.parquet").exists()
    monkeypatch.setattr(shard_labels.TopicWorker, "made", label)
    monkeypatch.setattr(shard_topics, "arrange", lambda *_: pytest.fail("the sample was arranged again"))
    assert topic_shards(folder, str(out), settings).made == 2
    assert labels_in(out).equals(labels_in(tmp_path / "whole"))
    assert topic_shards(folder, str(out), settings).made == 0


def test_the_sample_is_the_same_each_time_and_holds_copies_and_rare_languages(heap):
    found = heap_of(str(heap[0]))
    (one, other), texts = draw(found, 60, (3, 4))
    assert one.equals(draw(found, 60, (3,))[0][0]) and other.equals(draw(found, 60, (4,))[0][0])
    assert not one.equals(other)
    assert texts == 860 and one.height == one["global_row"].n_unique() == 60
    assert one.filter(pl.col("lang") == "ht").height >= 8  # nine of nine hundred posts are
    drawn = sum(int(heap[2][0]) in some["global_row"] for some in draw(found, 60, range(20))[0])
    assert drawn >= 15  # forty posts have this text


def test_where_all_texts_fit_none_is_drawn(heap, tmp_path):
    made = topic_shards(str(heap[0]), str(tmp_path / "out"), ShardTopicSettings(sample=5000))
    assert made.facts["other_sample"] is None and made.facts["sampled"] == 860
    assert "none had to be drawn" in made.sentence


def test_a_folder_that_is_not_whole_is_told(heap, tmp_path):
    folder = heap[0]
    with pytest.raises(SettingError, match="60 at least"):
        topic_shards(str(folder), str(tmp_path / "out"), ShardTopicSettings(sample=5))
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="name another --out"):
        topic_shards(str(folder), str(tmp_path / "file"), ShardTopicSettings(sample=60))
    (folder / f"shard-{'f' * 12}-000000.parquet").touch()  # an older one does not count
    assert heap_of(str(folder)).posts == 900
    (folder / f"shard-{MARK}-000001.parquet").unlink()
    with pytest.raises(InputFileError, match="not whole"):
        heap_of(str(folder))
    (folder / "copies.parquet").unlink()
    with pytest.raises(InputFileError, match="not whole"):
        heap_of(str(folder))
    with pytest.raises(InputFileError, match="holds no shards"):
        heap_of(str(tmp_path))


def test_a_sample_needs_neither_texts_nor_vectors_of_all_shards_and_one_reading(heap, monkeypatch):
    from ctse_core import shard_sample

    read, whole = [], shard_sample.read_part
    monkeypatch.setattr(shard_sample, "read_part", lambda *given: read.append(given) or whole(*given))
    draw(heap_of(str(heap[0])), 60, (1, 2))
    assert [number for _, number, _ in read] == [0, 1, 2]
    assert {tuple(columns) for _, _, columns in read} == {("global_row", "lang", "digest")}
