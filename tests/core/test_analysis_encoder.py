"""Which encoder an analysis uses, what the project records of it, and what a switch changes."""

import numpy as np
import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core.analysis import AnalysisSettings, analyse, load_analysis, run_job
from ctse_core.encoders import Card, Service, write_card
from ctse_core.manifest import loads_by
from ctse_core.posts import ColumnRoles
from ctse_core.project import Project
from ctse_core.structure import StructureSettings, TopicSettings
from ctse_core.text import DuplicateSettings
from tests.fakes import WordEncoder


@pytest.fixture
def loaded(monkeypatch, tmp_path):
    """Every encoder is a fake of its name; the names that were loaded are told, in order."""
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    names = []

    def load(name, **_):
        names.append(name)
        return WordEncoder(name=str(name), dim=96 if name == "other" else 128)

    monkeypatch.setattr(order, "load_encoder", load)
    monkeypatch.setattr(order, "has_gpu", lambda: False)
    return names


@pytest.fixture
def project(tmp_path):
    rows = [f"{word} at place {number}" for number in range(20) for word in ("flood", "earthquake", "fire")]
    path = tmp_path / "posts.csv"
    pl.DataFrame({"text": [*rows, "el agua del río entró en la casa de mi abuela anoche"]}).write_csv(path)
    made = Project(tmp_path / "p")
    made.take_source(path)
    return made


def test_nobody_asks_for_an_encoder_and_the_project_says_which_was_used_and_why(loaded, project):
    run_job(project, lambda *_: None)
    told = load_analysis(project).manifest["encoder"]
    assert (told["asked"], told["used"], told["name"]) == ("auto", "ctse-small", "ctse-small")
    assert "61 different posts" in told["why"] and "on the machine used" in told["why"]
    assert loads_by(told) == "ctse-small"
    assert load_analysis(project).manifest["settings"]["encoder"] == "auto"


def test_many_posts_get_the_fast_encoder(loaded, project, monkeypatch):
    monkeypatch.setattr("ctse_core.encoders.choice.MANY_POSTS", 60)
    run_job(project, lambda *_: None)
    told = load_analysis(project).manifest["encoder"]
    assert (told["asked"], told["used"]) == ("auto", "ctse-static")
    assert "ctse-small would take" in told["why"]


def test_a_second_run_tries_nothing_again_and_says_the_same(loaded, project):
    first = analyse(project.source_file(), project)
    before = len(loaded)
    again = analyse(project.source_file(), project)
    assert loaded[before:] == ["ctse-small"]
    assert again.manifest["encoder"] == first.manifest["encoder"]


def test_another_machine_may_choose_otherwise(loaded, project, monkeypatch):
    monkeypatch.setattr("ctse_core.encoders.choice.MANY_POSTS", 60)
    assert analyse(project.source_file(), project).manifest["encoder"]["used"] == "ctse-static"
    monkeypatch.setattr(order, "has_gpu", lambda: True)
    assert analyse(project.source_file(), project).manifest["encoder"]["used"] == "ctse-small"


def test_a_named_encoder_is_used_without_a_trial_and_needs_no_reason(loaded, project):
    told = analyse(project.source_file(), project, AnalysisSettings(encoder="other")).manifest["encoder"]
    assert loaded == ["other"]
    assert (told["asked"], told["used"], told["why"]) == ("other", "other", "")


def test_switching_the_encoder_embeds_again_and_keeps_the_posts(loaded, project):
    settings = StructureSettings(neighbours=9)
    first = analyse(project.source_file(), project, AnalysisSettings(structure=settings))
    second = analyse(project.source_file(), project, AnalysisSettings(encoder="other", structure=settings))
    assert first.vectors.shape == (61, 128) and second.vectors.shape == (61, 96)
    assert second.table.select("text", "lang").equals(first.table.select("text", "lang"))
    assert second.manifest["settings"] | {"encoder": "auto"} == first.manifest["settings"]
    assert np.shape(load_analysis(project).vectors) == (61, 96)


def test_a_manifest_from_before_there_was_a_choice_still_loads_its_encoder():
    assert loads_by({"asked": "LaBSE", "name": "LaBSE"}) == "LaBSE"


def test_the_project_keeps_how_its_languages_are_served(loaded, project, tmp_path):
    folder = tmp_path / "measured"
    folder.mkdir()
    write_card(folder, Card(service={"es": Service(0.97, 0.96, 0.98, "ntrex")}))
    kept = analyse(project.source_file(), project, AnalysisSettings(encoder=str(folder))).manifest["service"]
    spanish = next(entry for entry in kept["languages"] if entry["lang"] == "es")
    assert (spanish["posts"], spanish["grade"], spanish["matching"]) == (1, "well", 0.97)
    assert sum(kept["posts"].values()) == 61
    unknown = analyse(project.source_file(), project, AnalysisSettings(encoder="other")).manifest["service"]
    assert unknown["languages"] == [] and "not known" in unknown["sentence"]


def test_a_job_with_the_settings_of_the_manifest_repeats_the_analysis(loaded, project):
    settings = AnalysisSettings(
        structure=StructureSettings(neighbours=9),
        duplicates=DuplicateSettings(near=False),
        topics=TopicSettings(),
        roles=ColumnRoles(text="text"),
    )
    first = analyse(project.source_file(), project, settings)
    written = load_analysis(project).manifest["settings"]
    assert order.settings_from(written) == settings
    run_job(project, lambda *_: None, **written)
    assert load_analysis(project).manifest["fingerprint"] == first.manifest["fingerprint"]
    run_job(project, lambda *_: None, **written | {"encoder": "other"})
    switched = load_analysis(project).manifest
    assert switched["encoder"]["name"] == "other" and switched["settings"] == written | {"encoder": "other"}
