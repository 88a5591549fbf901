"""The Encoders page: shipped scores and one's own, a figure by language, an evaluation started, ended and deleted."""

import json
import os
import time

import polars as pl
import pytest

from ctse_core.encoders import ENCODERS
from ctse_core.figures import AMOUNTS, EFFECTS
from ctse_core.home import evaluations_home
from ctse_core.project import Job, Project, read_job, write_job
from ctse_core.project.folder import new_project
from tests.app.test_pages import opened, unfolded, words
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


def test_names_of_our_trainings_are_explained_where_they_stand_in_the_table(home, shipped):
    assert "none of them shipped" not in words(opened("encoders.py"))
    rows = [*ROWS, ("hybrid_start", "dev_tico19", "matching", "cosine", "", 0.8, 0.7, 0.9, 17)]
    write_scores(pl.DataFrame(rows, schema=SCORES, orient="row"), shipped)
    told = words(opened("encoders.py"))
    assert "none of them shipped: **hybrid\\_start**: the same six layers" in told and "**crisis\\_teacher" not in told


def test_shipped_differences_are_told_where_there_are_some(home, shipped):
    assert "against" not in " ".join(part.label for part in opened("encoders.py").expander)
    row = ("new", "all-MiniLM-L6-v2", "dev_tico19", "matching", "cosine", "", 0.2, 0.1, 0.3, 12, 3, 17, "better")
    pl.DataFrame([row], schema=DIFFERENCES, orient="row").write_csv(shipped.with_name("differences.csv"))
    app = opened("encoders.py")
    assert not app.error, [error.value for error in app.error]
    assert "against" in " ".join(part.label for part in app.expander)
    table = next(found.value for found in app.dataframe if "verdict" in found.value.columns)
    assert table["difference"].tolist() == [0.2]


def test_nothing_is_drawn_of_what_does_not_ship(home, shipped):
    heads = [head.value for head in opened("encoders.py").subheader]
    assert "By language" in heads
    assert not {"Quality and speed", "What pairs are worth", "Experiments"} & set(heads)


def test_effects_of_sources_and_amounts_of_pairs_are_drawn_with_their_tables(home, shipped):
    effects = [("talks", "dev_ntrex_half1", lang, 0.02, 0.01, 0.03, 900, "better") for lang in ("", "my")]
    pl.DataFrame(effects, schema=EFFECTS, orient="row").write_csv(shipped.with_name("sources.csv"))
    amounts = [("dev_ntrex_half1", "my", amount, 0.5, 0.4, 0.6, 900) for amount in (0, 500)]
    pl.DataFrame(amounts, schema=AMOUNTS, orient="row").write_csv(shipped.with_name("low_resource.csv"))
    app = unfolded(opened("encoders.py"), "sources__as_table", "amounts_NTREX_as_table")
    assert not app.error, [error.value for error in app.error]
    assert "What pairs are worth" in words(app)
    assert "Burmese 0\\.500 with 0" in words(app) and "All languages, NTREX" in words(app)
    assert [found.value.shape for found in app.dataframe if "effect" in found.value.columns] == [(1, 8)]
    assert [found.value["amount"].tolist() for found in app.dataframe if "amount" in found.value.columns] == [[0, 500]]
    app.selectbox(key="sources_lang").select("my").run()
    assert not app.exception and "Burmese, NTREX" in words(app)


def test_speeds_are_drawn_beside_quality(home, shipped):
    head = "encoder,runtime,posts_per_second,matching,low,high"
    rows = "all-MiniLM-L6-v2,torch,250,0.41,0.4,0.42\nnobody,torch,9,,,"
    shipped.with_name("speeds.csv").write_text(f"{head}\n{rows}\n")
    app = unfolded(opened("encoders.py"), "speeds_as_table")
    assert not app.error, [error.value for error in app.error]
    table = next(found.value for found in app.dataframe if "posts_per_second" in found.value.columns)
    assert table["encoder"].tolist() == [ENCODERS["all-MiniLM-L6-v2"].title]
    assert table["matching"].tolist() == [0.41]


def test_experiments_are_told_with_pictures_and_tables(home, shipped):
    for number in (1, 3):
        place = shipped.parent / f"experiment-{number}"
        place.mkdir()
        (place / "figure-1.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
        page = f"# Title {number}\n\nFound *{number}*.\n\n![Seen](figure-1.svg)\n\nA sentence.\n\nMade by `command`.\n"
        (place / "experiment.md").write_text(page)
        write_scores(pl.DataFrame(ROWS, schema=SCORES, orient="row"), place / "scores.csv")
    app = opened("encoders.py")
    assert not app.error, [error.value for error in app.error]
    assert "Found \\*1\\*\\." in words(app) and "A sentence" in words(app) and "`command`" in words(app)
    assert "Found \\*3" not in words(app), "one at a time"
    assert len(app.image) == 1
    assert "Scores as a table" in [part.label for part in app.expander]
    app.get("button_group")[0].set_value(3).run()
    assert not app.exception and "Found \\*3" in words(app)


def test_a_set_measured_again_has_one_row_and_sets_of_one_name_stay_apart(home, shipped):
    own_run("mine", "cups · 200 sentences · aaaa", 0.5)
    own_run("mine", "cups · bbbb", 0.7)
    last = own_run("mine", "cups · bbbb", 0.9)
    os.utime(last.folder, (time.time() + 9, time.time() + 9))
    rows = page.all_scores().filter(pl.col("encoder") == "mine", pl.col("lang") == "sw")
    assert sorted(rows.select("set", "value").rows()) == [("cups · 200 sentences · aaaa", 0.5), ("cups · bbbb", 0.9)]


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


def test_a_fault_while_the_file_is_looked_at_leaves_nothing(home, shipped, monkeypatch):
    def fault(place):
        raise KeyError("unforeseen")

    monkeypatch.setattr("ui.own_evaluation.check_file", fault)
    app = opened("encoders.py")
    app.get("file_uploader")[0].upload("cups.csv", b"a,b\n1,2\n", "text/csv")
    app.run()
    app.button(key="own_start").click().run()
    assert "fault of ours" in app.error[0].value
    assert not list(evaluations_home().iterdir())


def test_a_disk_that_is_full_is_a_sentence(home, shipped, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ctse_core.project.folder.Project.take_source", full)
    app = opened("encoders.py")
    app.get("file_uploader")[0].upload("cups.csv", b"a,b\n1,2\n", "text/csv")
    app.run()
    app.button(key="own_start").click().run()
    assert "cannot be kept" in app.error[0].value and "No space left" in app.error[0].value
    assert not list(evaluations_home().iterdir())


def test_a_damaged_description_of_an_evaluation_is_told(home, shipped):
    run = own_run()
    (run.folder / ABOUT_FILE).write_text("[1]")
    app = opened("encoders.py")
    assert not app.error and "its files are damaged" in words(app)
