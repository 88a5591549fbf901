"""A newer file is taken in on the Overview, added by the worker, told about, and all files analysed together."""

import polars as pl
import pytest

from ctse_core import append as appending
from ctse_core.analysis import load_analysis
from ctse_core.append import INCOMING, append
from ctse_core.project import Job, write_job
from tests.app.test_pages import opened, unfolded, words
from tests.fakes import WordEncoder
from ui import append_file, job_panel


@pytest.fixture
def like_the_examples(example, monkeypatch):
    """An encoder that fits the example's vectors and is there at once."""
    told = load_analysis(example).manifest["encoder"]
    encoder = WordEncoder(dim=told["dim"])
    encoder.space = told["space"]
    monkeypatch.setattr(appending, "load_encoder", lambda *_, **__: encoder)
    return encoder


def newer_file(folder, name="newer.csv", posts=6):
    folder.mkdir(parents=True, exist_ok=True)
    table = {
        "id": [f"20327465819411{number:05d}" for number in range(posts)],
        "created_at": ["2026-04-01T00:00:00Z"] * posts,
        "text": [f"wildfire wildfire wildfire near the bridge {chr(97 + number) * 6}" for number in range(posts)],
    }
    pl.DataFrame(table).write_csv(folder / name)
    return folder / name


@pytest.fixture
def begun(monkeypatch):
    """What was started instead of a worker process."""
    asked = []
    monkeypatch.setattr(append_file, "start_job", lambda _, target, arguments: asked.append((target, arguments)))
    monkeypatch.setattr(append_file, "begin", lambda _, arguments: asked.append(("analyse", arguments)))
    monkeypatch.setattr(job_panel, "start_job", lambda _, target, arguments: asked.append((target, arguments)))
    return asked


def test_a_file_that_waits_is_shown_with_its_columns_and_added_in_the_worker(example, begun):
    newer_file(example.folder / INCOMING)
    app = opened("overview.py", project=example.name)
    assert not app.error, [error.value for error in app.error]
    assert "newer" in words(app)
    app.button(key="append_go").click().run()
    target, arguments = begun[0]
    assert target == appending.JOB_TARGET
    assert arguments["name"] == "newer.csv" and arguments["roles"]["text"] == "text"


def test_a_file_that_waits_is_there_after_a_refresh_and_goes_when_it_is_left(example, begun):
    place = newer_file(example.folder / INCOMING)
    opened("overview.py", project=example.name)
    app = opened("overview.py", project=example.name)
    app.button(key="append_leave").click().run()
    assert not place.exists() and not begun
    assert not [button for button in app.button if button.key == "append_go"]


def test_what_the_newest_file_changed_is_told_and_its_posts_are_one_click_away(example, like_the_examples, tmp_path):
    append(newer_file(tmp_path / "files"), example)
    app = opened("overview.py", project=example.name)
    assert not app.error, [error.value for error in app.error]
    told = words(app).replace("\\", "")
    assert "**6 new posts** since" in told and "newer.csv: 6 rows = 6 new posts" in told
    app.button(key="newest_posts").click().run()
    assert app.query_params["file"] in (["1"], "1")
    assert "6 of" in words(app)
    assert [chip for chip in app.button if "From file" in chip.label]


def test_rows_that_were_there_already_are_part_of_the_account(example, like_the_examples, tmp_path):
    append(newer_file(tmp_path / "files"), example)
    append(newer_file(tmp_path / "files", "longer.csv", posts=8), example)
    told = words(opened("overview.py", project=example.name)).replace("\\", "")
    assert "2 new posts + 6 that were there already" in told
    assert "+ 6 already there" in told


def test_several_files_are_analysed_together_and_edits_are_said_to_be_about_another_run(
    example, like_the_examples, begun, tmp_path
):
    append(newer_file(tmp_path / "files"), example)
    app = unfolded(opened("overview.py", project=example.name), "analyse_again")
    assert "about another run" in words(app)
    app.button(key="together_again").click().run()
    assert begun[0][0] == "analyse" and begun[0][1]["encoder"]


def test_a_cancelled_addition_is_resumed_as_what_it_was_or_dismissed(example, begun):
    arguments = {"name": "newer.csv", "roles": None}
    write_job(example, Job(appending.JOB_TARGET, arguments, state="cancelled"))
    app = opened("overview.py", project=example.name)
    assert "as it was" in words(app)
    app.button(key="resume_job").click().run()
    assert begun == [(appending.JOB_TARGET, arguments)]
    app.button(key="dismiss_job").click().run()
    assert "was cancelled" not in words(app)


def test_what_was_appended_to_the_example_stays_when_it_is_opened_again(example, like_the_examples, tmp_path):
    from ctse_core.example import open_example

    posts = append(newer_file(tmp_path / "files"), example).table.height
    assert load_analysis(open_example(example.folder.parent)).table.height == posts
