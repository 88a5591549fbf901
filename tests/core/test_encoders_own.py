"""One's own encoders: a folder in their home is in the catalogue at once, and a bad one breaks nothing."""

from __future__ import annotations

import json
import os

import pytest

from ctse_core.__main__ import main
from ctse_core.encoders import (
    ENCODERS,
    About,
    Card,
    Service,
    StaticStart,
    list_encoders,
    load_encoder,
    read_card,
    spec_of,
    static_of,
    write_about,
    write_card,
)
from ctse_core.encoders.own import read_about
from ctse_core.errors import EncoderError
from ctse_core.home import encoders_home
from tests.fakes import tiny_encoder, write_tiny_folder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)
    return encoders_home()


def own():
    return {entry.spec.name: entry for entry in list_encoders()[len(ENCODERS) :]}


def test_without_a_home_there_is_the_catalogue_alone():
    assert own() == {}


def test_a_folder_is_listed_at_once_and_loads_by_its_name(home):
    write_tiny_folder(home / "flood-2027", max_tokens=40, prefix="say: ")
    entry = own()["flood-2027"]
    assert entry.at_hand
    assert str(home / "flood-2027") in entry.where
    assert (entry.spec.dim, entry.spec.tokens, entry.spec.prefix) == (32, 40, "say: ")
    encoder = load_encoder("flood-2027", device="cpu", runtime="torch")
    assert (encoder.name, encoder.dim) == ("flood-2027", 32)
    assert encoder.use.prefix == "say: "


def test_a_bag_of_token_vectors_is_listed_with_its_width(home, tmp_path):
    static_of(tiny_encoder(tmp_path / "tiny"), StaticStart()).save(home / "swift")
    entry = own()["swift"]
    assert entry.at_hand
    assert entry.spec.dim == 32
    assert "token vectors" in entry.spec.note
    assert load_encoder("swift").encode(["flood"]).shape == (1, 32)


def test_what_a_folder_tells_of_itself_is_shown(home):
    folder = write_tiny_folder(home / "flood")
    write_about(folder, About("Floods", "Made for floods.", "MIT", ("ht", "fr")))
    spec = own()["flood"].spec
    assert (spec.title, spec.note, spec.licence, spec.languages) == ("Floods", "Made for floods.", "MIT", ("ht", "fr"))
    assert spec_of("flood") == spec
    assert spec_of("LaBSE") is ENCODERS["LaBSE"]
    assert spec_of("no such") is None


def test_what_a_folder_tells_of_itself_changes_without_its_card(home):
    folder = write_tiny_folder(home / "flood")
    write_card(folder, Card(service={"ht": Service(0.9, 0.8, 1.0, "ntrex")}))
    write_about(folder, About("Floods"))
    assert read_card(folder).service["ht"].matching == 0.9
    assert read_about(folder).title == "Floods"
    assert not list(folder.glob(".ctse.json*")), "nothing half-written stays"


@pytest.mark.parametrize("damaged", ["config.json", "model.safetensors", "modules.json", "ctse.json"])
def test_a_damaged_folder_is_listed_with_what_is_wrong_and_the_others_stand(home, damaged):
    folder = write_tiny_folder(home / "bad")
    write_about(folder, About("Bad"))
    write_tiny_folder(home / "good")
    path = folder / damaged
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    entries = own()
    assert entries["good"].at_hand
    assert not entries["bad"].at_hand
    assert "cannot be" in entries["bad"].where


@pytest.mark.parametrize("gone", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_says_which(home, gone):
    (write_tiny_folder(home / "lacking") / gone).unlink()
    entry = own()["lacking"]
    assert not entry.at_hand
    assert gone in entry.where


def test_odd_things_in_the_home_break_nothing(home):
    home.mkdir(parents=True)
    (home / "notes.txt").write_text("a file")
    (home / "empty").mkdir()
    (home / ".half-written").mkdir()
    write_tiny_folder(home / "odd")
    (home / "odd" / "ctse.json").write_text(json.dumps({"languages": 7, "title": None}))
    (home / "strange").mkdir()
    (home / "strange" / "modules.json").write_text('[3, "x"]')
    entries = own()
    assert set(entries) == {"empty", "odd", "strange"}
    assert entries["odd"].at_hand
    assert not entries["empty"].at_hand


def test_a_folder_that_is_still_trained_says_so(home):
    (home / "hybrid" / "training").mkdir(parents=True)
    entry = own()["hybrid"]
    assert not entry.at_hand
    assert "has not ended" in entry.where


def test_the_catalogue_wins_where_names_clash_and_the_folder_is_told_to_be_renamed(home):
    write_tiny_folder(home / "all-MiniLM-L6-v2")
    entry = list_encoders()[-1]
    assert entry.spec.name == "all-MiniLM-L6-v2"
    assert not entry.at_hand
    assert "rename" in entry.where
    assert spec_of("all-MiniLM-L6-v2") is ENCODERS["all-MiniLM-L6-v2"]


def test_ones_own_wins_over_a_folder_here_unless_its_path_is_written(home, tmp_path):
    write_tiny_folder(home / "flood", seed=1)
    write_tiny_folder(tmp_path / "flood", seed=2)
    by_name = load_encoder("flood", device="cpu", runtime="torch")
    here = load_encoder(f".{os.sep}flood", device="cpu", runtime="torch")
    assert by_name.fingerprint == load_encoder(home / "flood", device="cpu", runtime="torch").fingerprint
    assert by_name.fingerprint != here.fingerprint


@pytest.mark.parametrize("name", ["../projects", "", ".", "a/b"])
def test_a_name_does_not_lead_out_of_the_home(home, name):
    (home.parent / "projects").mkdir(parents=True)
    assert spec_of(name) is None


def test_a_misspelt_name_of_ones_own_gets_a_hint(home):
    write_tiny_folder(home / "flood-2027")
    with pytest.raises(EncoderError, match="Did you mean flood-2027"):
        load_encoder("flood-2026")


def test_the_command_line_lists_them(home, capsys):
    write_about(write_tiny_folder(home / "flood"), About(note="Made for floods.", languages=("ht",)))
    (home / "empty").mkdir()
    assert main(["encoders"]) == 0
    said = capsys.readouterr().out
    assert "flood" in said
    assert "Made for floods. In " in said
    assert "absent" in said
    assert "lacks config.json" in said
    assert main(["encoders", "--json"]) == 0
    names = [entry["spec"]["name"] for entry in json.loads(capsys.readouterr().out)]
    assert names[-2:] == ["empty", "flood"]
