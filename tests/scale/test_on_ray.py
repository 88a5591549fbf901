"""A cluster makes what one process makes, also when a node dies in the middle, also from and to S3."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import polars as pl
import pytest

from ctse_core.batch import BatchSettings, encode_shards
from ctse_core.engines import on_ray
from ctse_core.engines.on_ray import RaySettings, run_on_ray
from ctse_core.errors import JobError
from ctse_core.shard_heap import heap_of, read_part
from ctse_core.shard_topics import ShardTopicSettings, topic_shards

pytestmark = pytest.mark.scale
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = BatchSettings(encoder="ctse-static", rows=40)


@pytest.fixture(scope="module")
def cluster():
    """A head that runs nothing and two nodes of half a processor each, on this machine."""
    pytest.importorskip("ray")
    # The nodes inherit what is told here.
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", PYTHONPATH=str(ROOT))
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true")
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    yield cluster, nodes
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def posts():
    table = pl.read_csv(ROOT / "assets" / "sample_posts.csv", infer_schema_length=0)
    return pl.concat([table[:400].with_columns(pl.lit(str(part)).alias("part")) for part in range(3)])


@pytest.fixture(scope="module")
def whole(posts, tmp_path_factory):
    """What one process makes."""
    source, out = (tmp_path_factory.mktemp(name) for name in ("posts", "whole"))
    for part in range(3):
        posts.filter(pl.col("part") == str(part)).write_parquet(source / f"{part}.parquet", row_group_size=100)
    encode_shards(str(source), str(out), SETTINGS)
    return source, out


def settings(workers=2):
    return BatchSettings(
        encoder="ctse-static", rows=40, engine="ray", ray=RaySettings(address="auto", workers=workers, cpus=0.5)
    )


def same(one, other):
    """Compare the shards that count in two folders, and their copies; return how many files there are."""
    heaps = [heap_of(str(folder)) for folder in (one, other)]
    assert [(shard.start, shard.rows, shard.first) for shard in heaps[0].shards] == [
        (shard.start, shard.rows, shard.first) for shard in heaps[1].shards
    ]
    names = [[*(shard.name for shard in heap.shards), "copies.parquet"] for heap in heaps]
    for path, beside in zip(*names, strict=True):
        assert pl.read_parquet(one / path).equals(pl.read_parquet(other / beside)), path
    assert {path.name for path in other.glob("*.parquet")} == set(names[1])
    return len(names[1])


def test_a_node_that_dies_in_the_middle_changes_nothing(cluster, whole, tmp_path):
    source, out = whole
    running, nodes = cluster
    told, gone = [], threading.Event()

    def watch(share, sentence):
        told.append(share)
        if len(told) == 3:
            running.remove_node(nodes.pop(), allow_graceful=False)
            gone.set()
            nodes.append(running.add_node(num_cpus=1))

    made = encode_shards(str(source), str(tmp_path), settings(), watch)
    assert gone.is_set() and told[-1] == 1.0
    assert made.made == 30 == len(told) - 1, "each shard came back from the cluster once"
    assert same(out, tmp_path) == 31


def test_a_changed_and_a_new_file_are_made_on_the_cluster_and_nothing_else(cluster, whole, tmp_path):
    source, out = tmp_path / "posts", tmp_path / "out"
    shutil.copytree(whole[0], source)
    assert encode_shards(str(source), str(out), settings()).made == 30
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("shard-*")}
    part = pl.read_parquet(source / "1.parquet")
    part.with_columns(text=pl.lit("anew")).write_parquet(source / "1.parquet")
    part[:50].write_parquet(source / "00.parquet")
    (out / sorted(before)[0]).write_bytes(b"PAR1 cut off")
    damaged = next(shard for shard in heap_of(str(out)).shards if shard.name == sorted(before)[0])
    cut = 0 if damaged.path.endswith("1.parquet") else 1
    again = encode_shards(str(source), str(out), settings())
    assert (again.shards, again.made, again.old) == (32, 12 + cut, 10)
    assert sum(path.stat().st_mtime_ns == before.get(path.name) for path in out.glob("shard-*")) == 30 - 1
    encode_shards(str(source), str(tmp_path / "here"), SETTINGS)
    rows = [
        pl.concat([read_part(heap, number, ["compared_text", "digest", "vector"]) for number in range(32)])
        for heap in (heap_of(str(out)), heap_of(str(tmp_path / "here")))
    ]
    assert rows[0].sort("compared_text", "digest").equals(rows[1].sort("compared_text", "digest"))
    topic_shards(str(out), str(tmp_path / "topics"), ShardTopicSettings(sample=100, engine="ray", ray=settings().ray))
    labels = pl.concat([pl.read_parquet(path) for path in (tmp_path / "topics").glob("labels-*")])
    assert labels.height == 1250 == labels["global_row"].n_unique()


def test_a_quiet_run_says_nothing(cluster, whole, tmp_path):
    """In a process of its own, as people run it."""
    said = subprocess.run(
        [
            *(sys.executable, "-m", "ctse_core", "encode", str(whole[0]), "--column", "text", "--quiet"),
            *("--encoder", "ctse-static", "--engine", "ray", "--address", cluster[0].address, "--workers", "1"),
            *("--worker-cpus", "0.5", "--shard-rows", "400", "--out", str(tmp_path)),
        ],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stderr == "" and said.stdout.startswith("1,200 texts in 3 shards")


class Deadly:
    """A worker that one item kills, every time."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __call__(self, batch):
        number = int(batch["number"][0])
        if number == 3:
            with (self.folder / "deaths").open("a") as file:
                file.write("x")
            os._exit(1)
        return {"number": [number]}


def test_a_shard_that_always_kills_its_worker_ends_the_run_with_a_sentence(cluster, tmp_path):
    items = [{"number": number} for number in range(5)]
    with pytest.raises(JobError, match="Workers died 4 times at the same shard"):
        list(run_on_ray(Deadly, {"folder": str(tmp_path)}, items, RaySettings("auto", workers=1, cpus=0.5)))
    assert (tmp_path / "deaths").read_text() == "xxxx"


def test_workers_that_no_node_has_room_for_are_told_not_waited_for(cluster, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(on_ray, "_PATIENCE", 1.0)
    wide = BatchSettings(encoder="ctse-static", engine="ray", ray=RaySettings("auto", cpus=0.5, gpus=1))
    with pytest.raises(JobError, match=r"No node of the cluster has room for a worker of 0\.5 processors and 1 GPUs"):
        encode_shards(str(whole[0]), str(tmp_path), wide)


class Hardware:
    """A worker that tells what it was given."""

    def __call__(self, batch):
        import ray

        threads = [os.environ["OMP_NUM_THREADS"], str(pl.thread_pool_size())]
        return {"gpus": [len(ray.get_gpu_ids())], "threads": [" ".join(threads)], "pid": [os.getpid()]}


def test_two_workers_share_a_gpu_and_take_no_more_threads_than_they_have(cluster):
    """The node says that it has a GPU; nothing is computed on it."""
    running, _ = cluster
    node = running.add_node(num_cpus=1, num_gpus=1)
    running.wait_for_nodes()
    try:
        half = RaySettings("auto", workers=2, cpus=0.5, gpus=0.5)
        told = list(run_on_ray(Hardware, {}, [{"number": number} for number in range(4)], half))
        assert {one["gpus"] for one in told} == {1} and {one["threads"] for one in told} == {"1 1"}
    finally:
        running.remove_node(node)


def test_posts_in_s3_become_vectors_in_s3(cluster, whole, tmp_path):
    pytest.importorskip("moto")
    from moto.server import ThreadedMotoServer
    from pyarrow.fs import FileSystem, copy_files

    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        where = f"?endpoint_override={host}:{port}&scheme=http&region=us-east-1&allow_bucket_creation=true"
        source, out = whole
        system, _ = FileSystem.from_uri(f"s3://crisis{where}")
        system.create_dir("crisis/posts", recursive=True)
        copy_files(str(source), "crisis/posts", destination_filesystem=system)
        encode_shards(f"s3://crisis/posts/*.parquet{where}", f"s3://crisis/vectors{where}", settings())
        copy_files("crisis/vectors", str(tmp_path), source_filesystem=system)
        assert same(out, tmp_path) == 31
        again = encode_shards(f"s3://crisis/posts{where}", f"s3://crisis/vectors{where}", settings())
        assert again.made == 0
    finally:
        server.stop()


def test_a_cluster_that_is_not_there_is_told(whole, tmp_path):
    pytest.importorskip("ray")
    import ray

    if ray.is_initialized():
        ray.shutdown()
    lost = RaySettings(address="127.0.0.1:1", workers=1)
    began = time.monotonic()
    with pytest.raises(JobError, match="No Ray cluster answers"):
        encode_shards(str(whole[0]), str(tmp_path), BatchSettings(encoder="ctse-static", engine="ray", ray=lost))
    assert time.monotonic() - began < 60
