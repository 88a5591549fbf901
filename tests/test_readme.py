"""The README's commands, run as they stand there, one after the other, on the invented posts."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders import DEFAULT_ENCODER, ENCODERS
from ctse_core.encoders.sources import at_hand

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(at_hand(ENCODERS[DEFAULT_ENCODER]) is None, reason="the weights are not in the repository yet"),
]


def told_commands() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## From the command line\s+```sh\n(.*?)```", readme, re.S)
    return [line for line in block.group(1).splitlines() if line.startswith("python -m ctse_core")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the repository's assets, and a home of its own."""
    place = tmp_path_factory.mktemp("newcomer")
    (place / "assets").symlink_to(ROOT / "assets")
    return place


@pytest.fixture(scope="module")
def run(workplace):
    def run(command, code=0):
        words = shlex.split(command)
        assert words[0] == "python"
        done = subprocess.run(
            [sys.executable, *words[1:]],
            cwd=workplace,
            env={**os.environ, "CTSE_HOME": str(workplace / "home"), "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def test_every_command_of_the_readme_runs(run, workplace):
    commands = told_commands()
    assert len(commands) >= 6
    outputs = {command: run(command).stdout for command in commands}
    project = workplace / "my-project"
    posts = pl.read_parquet(project / "posts.parquet")
    source = pl.read_csv(ROOT / "assets" / "sample_posts.csv", schema_overrides={"id": pl.Utf8})
    assert posts["post_id"].to_list() == source["id"].to_list()
    vectors = np.load(project / "vectors.npy")
    assert vectors.shape == (686, 384)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-3
    topics = pl.read_parquet(project / "topics.parquet")
    assert 10 <= topics.height <= 60
    assert topics["name"].n_unique() == topics.height
    manifest = json.loads((project / "manifest.json").read_text())
    assert manifest["counts"]["unsorted"] < 0.35 * 686
    for name in ("report.html", "posts.xlsx", "posts.csv", "posts.parquet"):
        assert (project / "report" / name).stat().st_size > 10_000, name
    asked_json = next(output for command, output in outputs.items() if "--json" in command)
    languages = {json.loads(line)["lang"] for line in asked_json.splitlines()}
    assert languages <= {"en", "ht", "sw"}


def test_a_question_finds_answers_in_other_languages(run):
    found = run('python -m ctse_core search my-project "Where is drinking water missing?" -k 10 --json').stdout
    posts = [json.loads(line) for line in found.splitlines()]
    assert len({post["lang"] for post in posts}) >= 4
    nothing = run('python -m ctse_core search my-project "quantum physics lecture" --mode meaning').stdout
    assert nothing.startswith("Nothing here matches")


def test_a_second_run_reads_what_is_there(run, workplace):
    before = (workplace / "my-project" / "manifest.json").stat().st_mtime_ns
    run("python -m ctse_core analyse assets/sample_posts.csv --out my-project")
    assert (workplace / "my-project" / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "command",
    [
        "python -m ctse_core analyse absent.csv --out p",
        "python -m ctse_core analyse assets/sample_posts.csv --out p --text-column nothing",
        "python -m ctse_core analyse assets/sample_posts.csv --out p --encoder no-such-encoder",
        "python -m ctse_core analyse assets --out p",
        "python -m ctse_core search absent question",
        "python -m ctse_core search my-project ''",
        "python -m ctse_core search my-project water --since yesterday",
        "python -m ctse_core report my-project --format odt",
        "python -m ctse_core report my-project --format csv --need ''",
        "python -m ctse_core report my-project --format csv --at Atlantis",
        "python -m ctse_core scheme my-project nothing",
        "python -m ctse_core encode assets/sample_posts.csv --column nothing --out v.npy",
        "python -m ctse_core encode assets/sample_posts.csv --column text --out absent/v.npy",
        "python -m ctse_core analyse assets/sample_posts.csv --out p --encoder https://api.example.org/v1#model",
    ],
)
def test_a_mistake_gets_one_sentence_and_exit_code_1(run, command):
    lines = run(command, code=1).stderr.strip().splitlines()
    assert lines[-1].startswith("ctse: ")
    assert len(lines[-1].split()) >= 6


def test_encode_keeps_order_and_gives_zeros_for_empty_cells(run, workplace):
    pl.DataFrame({"t": ["water", None, "", "água", "water"]}).write_csv(workplace / "cells.csv")
    run("python -m ctse_core encode cells.csv --column t --out cells.npy --quiet")
    vectors = np.load(workplace / "cells.npy")
    assert vectors.shape == (5, 384)
    assert not vectors[1].any() and not vectors[2].any()
    assert (vectors[0] == vectors[4]).all()
    assert vectors[0] @ vectors[3] > 0.85


def test_help_comes_at_once(run):
    import os

    best = 1e9
    for _ in range(3):  # seconds of the processor: this machine may be busy with other things
        before = os.times()
        run("python -m ctse_core --help")
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        best = min(best, spent)
    assert best < 1.0
