"""Model cards: runs and their teachers, credits of every source, scores by language, the README, the command."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from ctse_core.encoders import read_card, write_card
from ctse_core.encoders.card import Card, Run, Service, Source
from ctse_core.encoders.own import About, read_about
from ctse_core.errors import TrainError
from tests.fakes import tiny_encoder
from train.cards.__main__ import main
from train.cards.made import made_of
from train.cards.readme import readme
from train.cards.worth import by_language, headlines, renamed, service_of, sizes_of, speeds_of
from train.credits import CREDITS, credit_of, plain_name
from train.evaluate.table import SCORES, read_scores, write_scores

ROOT = Path(__file__).resolve().parents[2]
PAIRS = """\
language,source,kind,pairs,share
ar,tatoeba,sentence,900,0.25
fr,tatoeba,sentence,1100,0.5
fr,udhr,paragraph,60,0.25
"""


def run_folder(place: Path, recipe="hybrid", encoder="multilingual-e5-small-q4", teacher="", pairs=PAIRS, **more):
    training = place / "training"
    training.mkdir(parents=True)
    config = {"recipe": recipe, "student": {"encoder": encoder, "layers": [0, 6]}, "teacher": teacher, "batch": 64}
    config |= {"posts": {"files": list(more.pop("posts_files", ()))}}
    command = ["python", "-m", "train", recipe, "--out", str(place), "--resume"]
    manifest = {
        "steps": 100,
        "pairs": 2060,
        "pairs_per_second": 64.0,
        "device": "cpu",
        "starts": [{"command": command}],
    }
    (training / "config.json").write_text(json.dumps(config))
    (training / "manifest.json").write_text(json.dumps(manifest | more))
    if pairs:
        (training / "pairs.csv").write_text(pairs)
    return place


@pytest.fixture
def table():
    rows = [
        ("mine", "dev_sib200", "matching", "cosine", "", 0.9, 0.88, 0.92, 3),
        ("mine", "dev_sib200", "matching", "cosine", "fr", 1.0, 0.99, 1.0, 510),
        ("mine", "dev_sib200", "matching", "cosine", "ht", 0.7, 0.66, 0.74, 510),
        ("mine", "dev_sib200", "matching", "margin", "ht", 0.99, 0.9, 1.0, 510),
        ("mine", "dev_ntrex_half1", "matching", "cosine", "", 0.9, 0.8, 1.0, 2),
        ("mine", "dev_ntrex_half1", "matching", "cosine", "fr", 0.96, 0.95, 0.97, 1007),
        ("mine", "dev_ntrex_half1", "matching", "cosine", "my", 0.85, 0.8, 0.9, 1007),
        ("mine", "sts", "sts", "cosine", "", 0.8, 0.7, 0.9, 11),
        ("other", "dev_ntrex_half1", "matching", "cosine", "", 0.5, 0.4, 0.6, 2),
    ]
    return pl.DataFrame(rows, schema=SCORES, orient="row")


def test_sources_are_counted_over_languages_and_credited(tmp_path):
    runs, sources = made_of([run_folder(tmp_path / "mine")])
    tatoeba = next(one for one in sources if one.name == "tatoeba")
    assert (tatoeba.rows, tatoeba.languages, tatoeba.share, tatoeba.licence) == (2000, 2, 0.75, "CC-BY-2.0-FR")
    assert "Tatoeba" in tatoeba.credit
    assert [one.name for one in sources if one.kind == "weights"] == ["multilingual-e5-small"]
    assert (runs[0].seen, runs[0].minutes, runs[0].began_from) == (6400, 1.7, "multilingual-e5-small")


def test_a_teacher_that_was_trained_here_comes_before_with_its_posts(tmp_path):
    files = [str(tmp_path / "crisis_messages_shared.parquet")]
    teacher = run_folder(
        tmp_path / "teacher", "crisis_teacher", "all-MiniLM-L6-v2", pairs="", posts=500, posts_files=files
    )
    runs, sources = made_of([run_folder(tmp_path / "mine", teacher=str(teacher))])
    assert [run.recipe for run in runs] == ["crisis_teacher", "hybrid"]
    assert runs[1].teacher == "teacher"
    named = {(one.kind, one.name): one for one in sources}
    assert named["posts", "disaster-messages"].licence == "CC-BY-4.0"
    assert named["posts", "disaster-messages"].rows == 500
    assert ("weights", "all-MiniLM-L6-v2") in named


def test_a_blended_teacher_among_the_folders_is_credited_with_its_encoders_and_posts(tmp_path):
    told = {"encoders": ["all-MiniLM-L6-v2"], "files": ["crisis_messages_shared.parquet"], "posts": 13}
    (tmp_path / "blend").mkdir()
    (tmp_path / "blend" / "blend.json").write_text(json.dumps(told), encoding="utf-8")
    runs, sources = made_of([run_folder(tmp_path / "mine"), tmp_path / "blend"])
    assert len(runs) == 1
    named = {(one.kind, one.name): one for one in sources}
    assert named["weights", "all-MiniLM-L6-v2"].licence == "Apache-2.0"
    assert named["posts", "disaster-messages"].licence == "CC-BY-4.0"
    taught, _ = made_of([run_folder(tmp_path / "taught", teacher=str(tmp_path / "blend"))])
    assert taught[0].teacher == "blend"


@pytest.mark.parametrize(("seconds", "starts", "minutes"), [(None, 1, 1.7), ((300.0, 900.0), 2, 15.0), (None, 2, 0.0)])
def test_minutes_are_those_of_all_starts_or_are_not_told(tmp_path, seconds, starts, minutes):
    folder = run_folder(tmp_path / "mine", starts=[{"command": ["python"]}] * starts)
    notes = [{"step": 10 * step, "seconds": value} for step, value in enumerate(seconds or (), start=1)]
    (folder / "training" / "log.jsonl").write_text("\n".join(map(json.dumps, notes)), encoding="utf-8")
    (run,), _ = made_of([folder])
    assert run.minutes == minutes
    assert ("minutes" in run.told) == bool(minutes)


def test_a_run_that_was_moved_is_known_again_by_its_name(tmp_path):
    first = run_folder(tmp_path / "gone" / "states")
    first = first.rename(tmp_path / "fetched")
    runs, sources = made_of([first, run_folder(tmp_path / "mine", encoder=str(tmp_path / "gone" / "states"))])
    assert [run.began_from for run in runs] == ["multilingual-e5-small", "states"]
    assert [one.name for one in sources if one.kind == "weights"] == ["multilingual-e5-small"]


def test_a_run_begun_from_the_best_of_a_stopped_one_has_that_before_it_with_the_steps_it_went(tmp_path):
    first = run_folder(tmp_path / "first")
    manifest = first / "training" / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    del told["pairs_per_second"]  # written when a run ends
    manifest.write_text(json.dumps(told), encoding="utf-8")
    lines = [{"step": 10, "pairs_per_s": 32.0}, {"step": 40, "held_out/score": 0.9}]
    (first / "training" / "log.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    runs, sources = made_of([run_folder(tmp_path / "second", encoder=str(first / "training" / "best"))])
    assert [run.steps for run in runs] == [40, 100]
    assert runs[1].began_from == "first" and "best" not in {source.name for source in sources}


@pytest.mark.parametrize("named", [True, False])
def test_a_run_begun_from_an_encoder_with_a_card_has_its_runs_and_sources_before_it(tmp_path, named):
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    sources = (Source("udhr", "public domain", "United Nations", rows=60, languages=1),)
    write_card(earlier, Card(sources=sources, runs=(Run("states", "python -m train states", steps=7),)))
    later = run_folder(tmp_path / "later", encoder=str(earlier), pairs="")
    runs, sources = made_of([earlier, later] if named else [later])
    assert [(run.recipe, run.steps, run.began_from) for run in runs] == [("states", 7, ""), ("hybrid", 100, "earlier")]
    assert [(one.kind, one.name) for one in sources] == [("pairs", "udhr")], "the encoder itself is no source"


def test_a_run_begun_from_a_shipped_encoder_tells_how_that_was_made(tmp_path):
    runs, sources = made_of([run_folder(tmp_path / "mine", encoder="ctse-small")])
    assert runs[-1].began_from == "ctse-small" and runs[0].recipe == "states"
    assert {"multilingual-e5-small", "all-MiniLM-L6-v2"} <= {one.name for one in sources if one.kind == "weights"}
    assert all(one.licence != "not stated" for one in sources)


def test_commands_and_settings_are_told_without_folders_of_this_machine(tmp_path):
    runs, _ = made_of([run_folder(tmp_path / "mine")])
    assert runs[0].command == "python -m train hybrid --out mine"
    assert runs[0].settings == {"student.layers": "0, 6"}, "what the recipe says is not told again"


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(TrainError, match="holds no training"):
        made_of([tmp_path])


def test_every_source_of_the_pairs_and_weights_has_a_credit_that_the_notice_repeats():
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    for name, credit in CREDITS.items():
        assert credit.licence and credit.credit, name
        assert credit.credit.rstrip(".") in notice, f"NOTICE does not credit {name}"
    assert credit_of("multilingual-e5-small-q4") == CREDITS["multilingual-e5-small"]
    assert plain_name("somewhere/train_disaster.parquet") == "disaster-messages"
    assert credit_of("somebody-else") is None


def test_a_language_is_served_by_the_set_that_is_hardest(table):
    service = service_of(by_language(table, "mine"))
    assert service["fr"] == Service(0.96, 0.95, 0.97, "ntrex")
    assert service["ht"] == Service(0.7, 0.66, 0.74, "flores"), "by cosine, where only one set has it"
    assert list(service) == ["fr", "ht", "my"]


def test_headlines_are_those_of_all_that_are_compared(table):
    rows = headlines(table, ["mine", "other"])
    assert {(row.encoder, row.measure) for row in rows} == {
        ("mine", "matching"),
        ("mine", "sts"),
        ("other", "matching"),
    }
    assert all(row.lang == "" for row in rows)


def test_an_encoder_that_the_scores_call_otherwise_is_found_or_told(table):
    assert by_language(renamed(table, "ctse-small", "mine"), "ctse-small")
    with pytest.raises(TrainError, match="no scores of nobody"):
        renamed(table, "ctse-small", "nobody")


def test_speeds_are_told_once_a_runtime():
    rows = [("mine", "torch", 10.0, 2.0, "a"), ("mine", "torch", 10.0, 2.0, "b"), ("x", "torch", 5.0, None, "a")]
    speeds = pl.DataFrame(rows, schema=["encoder", "runtime", "posts_per_second", "ratio", "set"], orient="row")
    assert [(one.encoder, one.ratio) for one in speeds_of(speeds, ["x", "mine"])] == [("x", 0.0), ("mine", 2.0)]


def test_sizes_come_from_the_folder(tmp_path):
    sizes = sizes_of(tiny_encoder(tmp_path / "tiny").save(tmp_path / "tiny"))
    assert sizes["layers"] == 2 and sizes["numbers a text"] == 32 and sizes["weights"] > 1000


def test_the_readme_tells_languages_by_how_they_are_served():
    service = {"fr": Service(0.99, 0.98, 1.0), "my": Service(0.85, 0.8, 0.9), "ka": Service(0.5, 0.4, 0.6)}
    page = readme("mine", About("Mine", "A note.", "MIT", ("fr",)), Card(service=service, runs=(Run("hybrid", "x"),)))
    assert page.startswith("---\nlicense: mit\nlanguage:\n- fr\n")
    assert "Well served (matching of 0.95 or more): 1 of 3." in page
    assert "Fairly served (0.8 to 0.95): Burmese 0.85." in page
    assert "Poorly served (under 0.8): Georgian 0.50." in page
    assert "python -m ctse_core export-encoder mine mine-plain" in page


def test_the_command_writes_card_and_readme_and_names_what_has_no_credit(tmp_path, table, capsys):
    folder = tiny_encoder(tmp_path / "mine").save(tmp_path / "mine")
    write_scores(table, tmp_path / "scores.csv")
    pairs = "language,source,kind,pairs,share\nfr,mystery,sentence,9,1.0\n"
    run = run_folder(tmp_path / "run", pairs=pairs)
    asked = [
        str(folder),
        "--run",
        str(run),
        "--scores",
        str(tmp_path / "scores.csv"),
        "--speeds",
        str(tmp_path / "no.csv"),
    ]
    assert main([*asked, "--against", "other", "--title", "Mine", "--licence", "MIT", "--note", "Mind this."]) == 0
    told = capsys.readouterr().out
    assert "No credit is known for mystery" in told
    card = read_card(folder)
    assert card is not None and card.service["my"].set == "ntrex" and card.notes == ("Mind this.",)
    assert read_about(folder).title == "Mine" and read_about(folder).languages == ("en", "fr", "ht", "my")
    page = (folder / "README.md").read_text()
    assert "| measure | mine | other |" in page and "- Mind this." in page


def test_a_wrong_name_is_told_in_a_sentence(capsys):
    assert main(["no-such-encoder"]) == 1
    assert "There is no encoder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ctse-small", "ctse-static"])
def test_what_a_shipped_card_tells_stands_in_the_tables(name):
    card = read_card(ROOT / "assets/encoders" / name)
    scores = read_scores(ROOT / "assets/evaluation/scores.csv")
    compared = list(dict.fromkeys([name, *(row.encoder for row in card.scores), *(one.encoder for one in card.speeds)]))
    languages = by_language(scores, name)
    assert set(card.scores) == {*headlines(scores, compared), *languages}, "write the card again: python -m train.cards"
    assert card.service == service_of(languages)
    assert set(card.speeds) == set(speeds_of(pl.read_csv(ROOT / "assets/evaluation/speeds.csv"), compared))
    assert card.sizes == sizes_of(ROOT / "assets/encoders" / name) | {"megabytes": card.sizes["megabytes"]}
