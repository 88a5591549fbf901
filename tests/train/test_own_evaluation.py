"""An evaluation that the app starts: what it leaves, and how it ends when something is wrong."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from ctse_core.engines import start_job
from ctse_core.errors import Cancelled, EncoderError, TrainError
from ctse_core.home import evaluations_home
from ctse_core.project import read_job
from ctse_core.project.folder import new_project
from ctse_core.types import no_progress
from tests.fakes import write_tiny_folder
from train.evaluate.own import (
    ABOUT_FILE,
    BUILT_IN,
    JOB,
    LANGUAGES_FILE,
    check_file,
    evaluate_own,
    own_name,
    own_scores,
)
from train.evaluate.sets import read_set

NUMBERS = ["one", "two", "three", "four", "five", "six"]


@dataclass
class Place:
    folder: Path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return str(write_tiny_folder(tmp_path_factory.mktemp("encoders") / "tiny"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own, as vectors are kept there."""
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))


@pytest.fixture
def pairs(tmp_path):
    rows = [("sw", f"{a} cups of {b}", f"vikombe {b} na {a}") for a in NUMBERS for b in NUMBERS]
    path = tmp_path / "mine.csv"
    pl.DataFrame(rows, schema=["lang", "english", "translation"], orient="row").write_csv(path)
    return path


def test_pairs_of_ones_own_are_measured(tiny, pairs, tmp_path):
    told = []
    evaluate_own(Place(tmp_path), lambda share, sentence: told.append(share), tiny, str(pairs))
    scores = own_scores(tmp_path)
    about = json.loads((tmp_path / ABOUT_FILE).read_text())
    assert scores["set"].unique().to_list() == [f"mine · {about['digest'][:4]}"] == [about["set"]]
    assert scores["encoder"].unique().to_list() == ["tiny"]
    assert {"matching", "matching_to", "matching_from"} <= set(scores["measure"])
    assert told == sorted(told) and told[-1] == 1.0
    page = (tmp_path / LANGUAGES_FILE).read_text()
    assert "Swahili" in page and "vikombe" in page
    assert about["kind"] == "pairs" and about["digest"]


def test_a_part_and_other_texts_of_the_same_name_are_sets_of_their_own(pairs, tmp_path):
    whole, part = read_set(pairs), read_set(pairs, (), 25)
    assert own_name(part, 25) == f"mine · 25 sentences · {part.digest[:4]}"
    other = tmp_path / "other" / "mine.csv"
    other.parent.mkdir()
    pl.read_csv(pairs).with_columns(pl.col("english") + "!").write_csv(other)
    assert len({own_name(whole, 0), own_name(part, 25), own_name(read_set(other), 0)}) == 3
    assert own_name(whole, 0) == own_name(read_set(pairs), 0)


def test_scores_of_an_older_versions_triples_do_not_stand_for_todays(tiny, tmp_path):
    evaluate_own(Place(tmp_path), no_progress, tiny)
    about = json.loads((tmp_path / ABOUT_FILE).read_text())
    assert own_scores(tmp_path)["set"].unique().to_list() == [BUILT_IN] == [about["set"]]
    (tmp_path / ABOUT_FILE).write_text(json.dumps(about | {"digest": "0123456789abcdef"}))
    assert own_scores(tmp_path)["set"].unique().to_list() == [f"{BUILT_IN} · 0123"]


def test_a_file_is_known_by_its_first_rows_without_reading_texts(tmp_path, monkeypatch, pairs):
    monkeypatch.setattr("train.evaluate.set_tables.tidy", lambda texts: pytest.fail("repaired before it was asked for"))
    assert check_file(pairs) == "pairs"
    zipped = tmp_path / "mine.csv.gz"
    zipped.write_bytes(gzip.compress(pairs.read_bytes()))
    assert check_file(zipped) == "pairs"
    posts = tmp_path / "posts.tsv"
    posts.write_text('text\tlabel\na "quote\tneed\n')
    assert check_file(posts) == "posts"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("odd.csv", b"a,b\n1,2\n", "odd.csv is no evaluation set: its columns are a, b"),
        ("bare.csv", b"english,translation,lang\n", "bare.csv has columns and no rows"),
        ("empty.csv", b"", "empty.csv cannot be read"),
        ("torn.parquet", b"PAR1 nothing", "torn.parquet cannot be read"),
        ("torn.csv.gz", b"\x1f\x8b nothing", "torn.csv.gz cannot be read"),
        ("photo.png", b"\x89PNG", "photo.png cannot be measured on"),
    ],
)
def test_a_file_that_cannot_be_measured_on_is_a_sentence_at_a_glance(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainError, match=told):
        check_file(tmp_path / name)


def test_the_built_in_triples_tell_matching_and_drift(tiny, tmp_path):
    evaluate_own(Place(tmp_path), no_progress, tiny)
    scores = own_scores(tmp_path)
    assert scores["set"].unique().to_list() == [BUILT_IN]
    assert {"matching", "drift"} <= set(scores["measure"])
    languages = scores.filter(pl.col("measure") == "matching", pl.col("variant") == "cosine", pl.col("lang") != "")
    assert languages.height >= 11


def test_a_file_that_is_no_set_is_a_sentence_and_leaves_nothing(tiny, tmp_path):
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TrainError, match="odd"):
        evaluate_own(Place(tmp_path), no_progress, tiny, str(tmp_path / "odd.csv"))
    assert own_scores(tmp_path).is_empty()


def test_an_encoder_that_is_not_there_is_a_sentence(pairs, tmp_path):
    with pytest.raises(EncoderError):
        evaluate_own(Place(tmp_path), no_progress, str(tmp_path / "absent"), str(pairs))


def test_a_cancel_between_two_parts_ends_it(tiny, pairs, tmp_path):
    def cancelled(share, sentence):
        if share >= 0.05:
            raise Cancelled("Stopped as asked.")

    with pytest.raises(Cancelled):
        evaluate_own(Place(tmp_path), cancelled, tiny, str(pairs))
    assert own_scores(tmp_path).is_empty()


@pytest.mark.slow
def test_the_worker_process_runs_it_to_its_end(tiny, pairs):
    run = new_project(evaluations_home(), "tiny mine")
    start_job(run, JOB, {"encoder": tiny, "file": str(pairs)})
    for _ in range(300):
        job = read_job(run)
        if not job.active:
            break
        time.sleep(0.2)
    assert job.state == "done", job
    assert not own_scores(run.folder).is_empty()
