"""Addresses tell no secret, files are written whole, flags that make no sense are refused before any work."""

import json
import os
import threading
from argparse import ArgumentParser

import pyarrow as pa
import pytest
from pyarrow.fs import LocalFileSystem

from ctse_core import topic_flags
from ctse_core.__main__ import main
from ctse_core.engines.library_lines import library_lines_dropped
from ctse_core.engines.on_ray import RaySettings
from ctse_core.engines.places import absolute, folder_made, place_of, put_whole, reason_of, shown
from ctse_core.engines.shards import parquet_files
from ctse_core.errors import CtseError, InputFileError, JobError, SettingError

SECRET = "s3://AKIAKEY:wJalr/XUtn%2FEMI@bucket/posts?region=eu-west-1&endpoint_override=127.0.0.1:1&scheme=http"


def test_an_address_is_shown_without_key_secret_and_query():
    assert shown(SECRET) == "s3://bucket/posts"
    assert shown("s3://KEY@bucket/a") == "s3://bucket/a"
    assert shown("s3://bucket/of@somebody/posts") == "s3://bucket/of@somebody/posts"
    assert shown("s3://AKIA:se?cret@bucket/a") == "s3://bucket/a"
    assert shown("/home of/a@b?c") == "/home of/a@b?c"
    assert absolute("s3://bucket") == "s3://bucket" and absolute("here").endswith("/here")


def test_what_a_library_says_of_an_address_is_told_without_its_secrets():
    said = reason_of(OSError(f"cannot parse '{SECRET}': key AKIAKEY, wJalr/XUtn/EMI"), SECRET)
    assert not any(part in said for part in ("AKIAKEY", "wJalr", "XUtn", "EMI", "region")), said
    assert "cannot parse 's3://…@bucket/posts'" in said


@pytest.mark.parametrize("asks", [place_of, parquet_files, folder_made])
def test_no_error_about_an_address_tells_a_secret(asks, monkeypatch):
    class Refuses:
        @staticmethod
        def from_uri(url):
            raise pa.ArrowInvalid(f"Cannot parse URI: '{url}'")

    monkeypatch.setattr("pyarrow.fs.FileSystem", Refuses)
    with pytest.raises(CtseError) as told:
        asks(SECRET)
    assert "s3://bucket/posts" in str(told.value) and "AKIAKEY" not in str(told.value)
    assert "wJalr" not in str(told.value)


def test_the_line_about_what_was_done_tells_no_secret(tmp_path, monkeypatch, capsys):
    from pyarrow import parquet as pq

    from ctse_core import batch, shard_heap
    from ctse_core.engines import places
    from tests.fakes import WordEncoder

    monkeypatch.setattr(batch, "load_encoder", lambda *_, **__: WordEncoder())

    pq.write_table(pa.table({"text": ["a post"] * 3}), tmp_path / "posts.parquet")

    def here(url):
        return (LocalFileSystem(), str(tmp_path / "out")) if url == SECRET else place_of(url)

    for room in (batch, places, shard_heap):
        monkeypatch.setattr(room, "place_of", here)
    told = ["encode", str(tmp_path / "*.parquet"), "--column", "text", "--engine", "here", "--out", SECRET]
    assert main(told) == 0
    said = "".join(capsys.readouterr())
    assert "3 texts in 1 shards in s3://bucket/posts" in said and "AKIAKEY" not in said and "wJalr" not in said
    for path in (tmp_path / "out").iterdir():
        assert b"AKIAKEY" not in path.read_bytes()


def test_bytes_are_there_whole_or_not_at_all(tmp_path):
    path, seen, stop = tmp_path / "topics.json", set(), threading.Event()
    put_whole(LocalFileSystem(), str(path), b"0" * 100_000)

    def look():
        while not stop.is_set():
            seen.add(len(path.read_bytes()))

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(50):
        put_whole(LocalFileSystem(), str(path), json.dumps(["x" * 100_000] * (1 + number % 2)).encode())
    stop.set()
    reader.join()
    assert seen <= {100_000, 100_004, 200_008} and [one.name for one in tmp_path.iterdir()] == ["topics.json"]
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="name another --out"):
        folder_made(str(tmp_path / "file" / "folder"))


@pytest.mark.parametrize(
    ("workers", "cpus", "gpus"), [(0, 1, 0), (1, 0, 0), (1, -1, 0), (1, 1, -1), (1, 1, 1.5), (1, float("nan"), 0)]
)
def test_numbers_out_of_range_are_refused(workers, cpus, gpus):
    with pytest.raises(SettingError):
        RaySettings.asked("auto", workers, cpus, gpus)
    assert RaySettings.asked("local", 1, 0.5, 0.25) == RaySettings("", 1, 0.5, 0.25)


def test_the_command_lines_refuse_them_too(tmp_path, capsys):
    given = ["encode", "posts", "--column", "text", "--engine", "ray", "--out", str(tmp_path)]
    assert main([*given, "--worker-gpus", "-1"]) == 1 and "cannot have -1 GPUs" in capsys.readouterr().err
    assert main([*given, "--shard-rows", "0"]) == 1 and "A shard needs a row" in capsys.readouterr().err
    parser = ArgumentParser()
    topic_flags.add_topic_flags(parser)
    with pytest.raises(SettingError, match="needs a worker"):
        topic_flags.topics_of_shards(parser.parse_args(["a", "--out", "b", "--workers", "0"]), None)


def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InputFileError, match="cannot be read"):
        parquet_files(str(tmp_path / "nowhere"))


def test_only_lines_of_a_library_s_own_log_are_dropped(capfd):
    with library_lines_dropped():
        os.write(2, b"ours\n[2026-11-23 12:39:11,975 E 32671 32671] core_worker.cc:2465: inner workings\n 50 %\r")
        os.write(2, b"[2026] is no log\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "ours\n 50 %\r[2026] is no log\nafter\n"
