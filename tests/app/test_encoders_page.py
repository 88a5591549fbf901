"""The Encoders page: shipped scores and one's own, a figure by language, an evaluation started, ended and deleted."""

import json
import time

import polars as pl
import pytest

from ctse_core.home import evaluations_home
from ctse_core.project import Job, Project, read_job, write_job
from ctse_core.project.folder import new_project
from tests.app.test_pages import opened, words
from train.evaluate.compare import DIFFERENCES
from train.evaluate.own import ABOUT_FILE, SCORES_FILE
from train.evaluate.table import SCORES, write_scores
from ui import encoder_scores as page

ROWS = [
    ("all-MiniLM-L6-v2", "dev_tico19", "matching", "cosine", "", 0.41, 0.40, 0.42, 17),
    ("all-MiniLM-L6-v2", "dev_tico19", "matching", "cosine", "fr", 0.72, 0.69, 0.75, 900),
    ("all-MiniLM-L6-v2", "dev_tico19", "matching_at_095", "cosine", "", 0.0, 0.0, 0.0, 17),
    ("all-MiniLM-L6-v2", "dev_tico19", "sts", "cosine", "en", 0.8, 0.79, 0.81, 1500),
]


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Scores as the product ships them."""
    path = tmp_path / "scores.csv"
    write_scores(pl.DataFrame(ROWS, schema=SCORES, orient="row"), path)
    monkeypatch.setattr(page, "SHIPPED", path)
    return path


def own_run(name: str = "my-encoder", set_name: str = "mine", value: float = 0.9, **job) -> Project:
    run = new_project(evaluations_home(), name)
    rows = [
        (name, set_name, "matching", "cosine", lang, value, value - 0.1, value + 0.1, 40) for lang in ("", "ht", "sw")
    ]
    write_scores(pl.DataFrame(rows, schema=SCORES, orient="row"), run.folder / SCORES_FILE)
    (run.folder / ABOUT_FILE).write_text(json.dumps({"made": "2026-01-01", "notes": ["ku has 3 rows."]}))
    state = {"state": "done", "finished": time.time()} | job
    write_job(run, Job("x:y", {"encoder": name, "file": f"{set_name}.csv"}, started=time.time()), **state)
    return run


def test_without_scores_the_page_says_what_to_do(home, monkeypatch, tmp_path):
    monkeypatch.setattr(page, "SHIPPED", tmp_path / "absent.csv")
    app = opened("encoders.py")
    assert not app.error
    assert "No encoder has been measured" in words(app)


def test_shipped_scores_stand_in_one_row_an_encoder(home, shipped):
    app = opened("encoders.py")
    assert not app.error, [error.value for error in app.error]
    table = next(found.value for found in app.dataframe if "STS" in found.value.columns)
    assert table["Encoder"].tolist() == ["all-MiniLM-L6-v2"]
    assert table["matching · TICO-19"].tolist() == [0.41]
    assert table["≥ 0.95 · TICO-19 (of 17)"].tolist() == [0]
    assert "1 language" in words(app)  # the figure's sentence


def test_shipped_differences_are_told_where_there_are_some(home, shipped):
    assert "against" not in " ".join(part.label for part in opened("encoders.py").expander)
    row = ("new", "all-MiniLM-L6-v2", "dev_tico19", "matching", "cosine", "", 0.2, 0.1, 0.3, 12, 3, 17, "better")
    pl.DataFrame([row], schema=DIFFERENCES, orient="row").write_csv(shipped.with_name("differences.csv"))
    app = opened("encoders.py")
    assert not app.error, [error.value for error in app.error]
    assert "against" in " ".join(part.label for part in app.expander)
    table = next(found.value for found in app.dataframe if "verdict" in found.value.columns)
    assert table["difference"].tolist() == [0.2]


def test_own_evaluations_stand_beside_the_shipped_ones(home, shipped):
    own_run()
    app = opened("encoders.py")
    assert not app.error, [error.value for error in app.error]
    assert page.all_scores()["encoder"].unique().sort().to_list() == ["all-MiniLM-L6-v2", "my-encoder"]
    assert "0\\.900" in words(app) and "ku has 3 rows" in words(app)


def test_the_page_on_weak_languages_can_be_taken_away(home, shipped):
    run = own_run()
    (run.folder / "languages.html").write_text("<!doctype html>")
    own_run("without")
    app = opened("encoders.py")
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels.count("Why (HTML)") == 1


def test_a_damaged_evaluation_does_not_take_the_page_with_it(home, shipped):
    own_run()
    run = own_run("torn")
    (run.folder / SCORES_FILE).write_text("nothing here")
    app = opened("encoders.py")
    assert "damaged" in words(app)
    assert page.all_scores()["encoder"].n_unique() == 2


def test_every_measure_and_set_can_be_drawn(home, shipped):
    own_run()
    app = opened("encoders.py")
    options = app.selectbox(key="scores_measure").options
    assert len(options) == 3
    for option in options:
        app.selectbox(key="scores_measure").select(option)
        app.run()
        assert not app.error and not app.exception, option


def test_an_evaluation_that_failed_says_why_and_can_be_deleted(home, shipped):
    run = own_run(state="failed", error="There is no such column.")
    app = opened("encoders.py")
    assert "There is no such column" in words(app)
    app.button(key=f"forget_{run.name}").click().run()
    assert not run.folder.exists()
    assert not app.exception


def test_the_button_starts_a_job_for_the_worker(home, shipped, monkeypatch):
    started = []

    def start(run, target, arguments):
        started.append((run, target, arguments))
        return write_job(run, Job(target, arguments, started=time.time()))

    monkeypatch.setattr("ui.own_evaluation.start_job", start)
    app = opened("encoders.py")
    app.button(key="own_start").click().run()
    assert not app.exception
    run, target, arguments = started[0]
    assert target == "train.evaluate.own:evaluate_own"
    assert arguments["encoder"] and "file" not in arguments
    assert read_job(run).active
    assert run.folder.parent == evaluations_home()
    assert app.button(key=f"cancel_{run.name}")


def test_a_file_that_is_no_set_is_told_and_leaves_nothing(home, shipped):
    app = opened("encoders.py")
    app.get("file_uploader")[0].upload("odd.csv", b"a,b\n1,2\n", "text/csv")
    app.run()
    app.button(key="own_start").click().run()
    assert "odd.csv is no evaluation set" in app.error[0].value.replace("\\", "")
    assert not list(evaluations_home().iterdir())
    assert "By language" in words(app)
