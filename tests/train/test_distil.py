"""Distillation as a whole, on a tiny student: from a file of pairs to a folder that every loader opens."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core.encoders import load_encoder
from ctse_core.errors import Cancelled, TrainError
from tests.fakes import tiny_encoder, write_tiny_folder
from train.__main__ import changed, main
from train.config import LossSettings, PairSettings, StudentSettings, TrainConfig
from train.distil import _token_stores, distil, make_student, open_pairs
from train.log import read_log
from train.pair_task import joined_items, one_text
from train.recipes import RECIPES, recipe_named

ROOT = Path(__file__).resolve().parents[2]
NOUNS = ("river", "bridge", "road", "school", "doctor", "water", "power", "tent", "bread", "boat")
VERBS = ("rises", "falls", "is closed", "is open", "is needed", "is here")
SPANISH = "río puente camino escuela médico agua luz carpa pan bote sube baja cerrado abierto falta aquí"
FRENCH = "fleuve pont route école docteur eau courant tente pain bateau monte baisse fermé ouvert manque ici"
WORDS = {
    lang: dict(zip(NOUNS + VERBS, words.split(), strict=True)) for lang, words in (("es", SPANISH), ("fr", FRENCH))
}


@pytest.fixture
def pairs(tmp_path):
    rows = [
        {"source": "ours", "lang": lang, "english": f"the {noun} {verb}", "translation": f"{words[noun]} {words[verb]}"}
        for lang, words in WORDS.items()
        for noun in NOUNS
        for verb in VERBS
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "pairs.parquet")
    return tmp_path / "pairs.parquet"


def config_for(pairs, tiny, **changes):
    config = TrainConfig(
        recipe="test",
        student=StudentSettings(str(tiny)),
        pairs=PairSettings(files=(str(pairs),)),
        loss=LossSettings(distance="", contrastive_weight=1.0, scale=10.0),
        steps=30,
        batch=16,
        tokens=512,
        learning_rate=2e-3,
        token_learning_rate=2e-3,
        precision="fp32",
        held_out=6,
    )
    return replace(config, **changes)


@pytest.fixture
def tiny(tmp_path):
    return write_tiny_folder(tmp_path / "tiny")


def run(config, out, tmp_path, **more):
    return distil(config, out, data=tmp_path / "data", device="cpu", **more)


def test_contrastive_training_finds_more_translations(pairs, tiny, tmp_path):
    trained = run(config_for(pairs, tiny), tmp_path / "out", tmp_path)
    notes = [note for note in read_log(tmp_path / "out/training/log.jsonl") if "held_out/score" in note]
    scores, chance = [note["held_out/score"] for note in notes], notes[-1]["held_out/chance"]
    best = scores[-1] if scores[-1] >= max(scores) - chance else max(scores)
    assert trained.best == best > scores[0] + 0.1
    assert 0 < chance < 0.2
    assert {"held_out/es", "held_out/fr"} <= set(read_log(tmp_path / "out/training/log.jsonl")[0])


def test_the_result_loads_everywhere_with_equal_vectors(pairs, tiny, tmp_path):
    transformers = pytest.importorskip("transformers")
    run(config_for(pairs, tiny, steps=4), tmp_path / "out", tmp_path)
    texts = ["the river rises", "río sube"]
    ours = load_encoder(tmp_path / "out", device="cpu", runtime="torch").encode(texts)
    sentence_transformers = pytest.importorskip("sentence_transformers")
    theirs = sentence_transformers.SentenceTransformer(str(tmp_path / "out"), device="cpu").encode(
        texts, normalize_embeddings=True
    )
    assert (ours * theirs).sum(axis=1).min() > 0.99999
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    features = tokenizer(texts, padding=True, return_tensors="pt")
    hidden = transformers.AutoModel.from_pretrained(tmp_path / "out")(**features).last_hidden_state
    mask = features["attention_mask"][..., None]
    plain = ((hidden * mask).sum(1) / mask.sum(1)).detach().numpy()
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    assert (ours * plain).sum(axis=1).min() > 0.99999


def test_a_student_learns_the_space_of_its_teacher(pairs, tiny, tmp_path):
    teacher = write_tiny_folder(tmp_path / "teacher", seed=7)
    loss = LossSettings(distance="mse", space="raw")
    run(config_for(pairs, tiny, teacher=str(teacher), loss=loss, steps=150), tmp_path / "out", tmp_path)
    english = ["the river rises", "the bread is needed"]
    target = load_encoder(teacher, device="cpu", runtime="torch").encode(english)
    before = load_encoder(tiny, device="cpu", runtime="torch").encode(english)
    after = load_encoder(tmp_path / "out", device="cpu", runtime="torch").encode(english)
    assert (after * target).sum(axis=1).mean() > (before * target).sum(axis=1).mean() + 0.05


def test_a_turned_teacher_is_learned_in_fewer_steps(pairs, tiny, tmp_path):
    teacher = write_tiny_folder(tmp_path / "teacher", seed=7)

    def distances(name, rotated):
        loss = LossSettings(distance="cosine", space="unit", rotated=rotated)
        run(config_for(pairs, tiny, teacher=str(teacher), loss=loss, steps=20), tmp_path / name, tmp_path)
        return [note["distance"] for note in read_log(tmp_path / name / "training/log.jsonl") if "distance" in note]

    assert distances("turned", True)[0] < distances("as-it-is", False)[0] / 2


def test_a_static_student_trains_and_loads(pairs, tiny, tmp_path):
    settings = StudentSettings(str(tiny), kind="static", fewest_uses=1)
    config = config_for(pairs, tiny, student=settings, learning_rate=0.0, token_learning_rate=0.02, warmup=0.0)
    trained = run(config, tmp_path / "out", tmp_path)
    notes = read_log(tmp_path / "out/training/log.jsonl")
    assert trained.best > notes[0]["held_out/score"]
    assert load_encoder(tmp_path / "out").encode(["the river rises"]).shape[0] == 1


def test_two_pairs_of_a_language_make_a_longer_one():
    items = joined_items(np.array([1, 2, 1, 1, 2, 1]), 5)
    assert [item.tolist() for item in items] == [[0, 2], [1, 4], [3], [5]]
    parts = [np.array([0, 7, 8, 2]), np.array([0, 9, 2])]
    assert one_text(parts, marks=True).tolist() == [0, 7, 8, 9, 2]
    assert one_text([part[1:-1] for part in parts], marks=False).tolist() == [7, 8, 9]


@pytest.mark.parametrize("kind", ["transformer", "static"])
def test_joined_pairs_are_learned_as_others(pairs, tiny, tmp_path, kind):
    loss = LossSettings(distance="cosine", space="unit", rotated=True, contrastive_weight=1.0, scale=10.0, joined=0.5)
    settings = StudentSettings(str(tiny), kind=kind, vocabulary=2000)
    config = config_for(pairs, tiny, student=settings, teacher=str(tiny), loss=loss, token_learning_rate=0.01)
    trained = run(config, tmp_path / "out", tmp_path)
    notes = read_log(tmp_path / "out/training/log.jsonl")
    assert trained.best > notes[0]["held_out/score"]


def test_fewer_layers_and_tokens_make_a_smaller_encoder(pairs, tiny, tmp_path):
    whole = tiny_encoder(tmp_path / "whole")
    settings = StudentSettings(str(tiny), layers=(0,), fewest_uses=1)
    run(config_for(pairs, tiny, student=settings, steps=2), tmp_path / "out", tmp_path)
    small = load_encoder(tmp_path / "out", device="cpu", runtime="torch")
    assert small.model.config.num_hidden_layers == 1
    assert small.model.config.vocab_size <= whole.model.config.vocab_size


def test_the_run_folder_says_how_it_was_made(pairs, tiny, tmp_path):
    run(config_for(pairs, tiny, steps=2), tmp_path / "out", tmp_path)
    manifest = json.loads((tmp_path / "out/training/manifest.json").read_text())
    assert manifest["finished"] and manifest["pairs_digest"] and manifest["starts"][0]["versions"]["torch"]
    table = pl.read_csv(tmp_path / "out/training/pairs.csv")
    assert set(table["language"]) == {"es", "fr"}
    assert abs(table["share"].sum() - 1) < 1e-6
    assert not list((tmp_path / "out/training").glob("checkpoint-*"))


def test_the_catalogue_knows_a_trained_encoder_at_once(pairs, tiny, tmp_path, monkeypatch):
    from ctse_core.encoders import list_encoders

    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    run(config_for(pairs, tiny, steps=2), tmp_path / "home" / "encoders" / "mine", tmp_path)
    mine = next(each for each in list_encoders() if each.spec.name == "mine")
    assert mine.spec.languages == ("en", "es", "fr")
    assert "pairs from 1 source." in mine.spec.note
    assert load_encoder("mine").encode(["water"]).shape == (1, mine.spec.dim)


def test_no_held_out_sentence_is_trained_on(pairs, tiny, tmp_path):
    run(config_for(pairs, tiny, steps=2), tmp_path / "out", tmp_path)
    table = pl.read_csv(tmp_path / "out/training/pairs.csv")
    assert table["pairs"].sum() <= 120 - 2 * 6


def test_a_teacher_of_another_width_is_refused_or_met_by_a_projection(pairs, tiny, tmp_path):
    wide = _wider(tmp_path / "wide")
    config = config_for(pairs, tiny, teacher=str(wide), loss=LossSettings(), steps=2)
    with pytest.raises(TrainError, match=r"student\.project"):
        run(config, tmp_path / "refused", tmp_path)
    run(replace(config, student=replace(config.student, project=True)), tmp_path / "out", tmp_path)
    assert load_encoder(tmp_path / "out", runtime="torch").dim == load_encoder(wide, runtime="torch").dim


def _wider(folder):
    """Write a tiny encoder with a layer behind the pooling that makes its vectors wider."""
    import torch

    encoder = tiny_encoder(folder.with_name("base"))
    encoder.head.append(torch.nn.Linear(encoder.dim, encoder.dim + 8, bias=False))
    return encoder.save(folder)


def test_a_teacher_of_unit_vectors_is_refused_for_raw_students(pairs, tiny, tmp_path):
    from ctse_core.encoders.static_start import static_of

    bag = static_of(tiny_encoder(tmp_path / "base")).save(tmp_path / "bag")
    config = config_for(pairs, tiny, teacher=str(bag), loss=LossSettings(space="raw"), steps=2)
    with pytest.raises(TrainError, match=r"unit"):
        run(config, tmp_path / "out", tmp_path)


def test_evaluation_files_are_guarded_without_being_told(pairs, tiny, tmp_path):
    with pytest.raises(TrainError, match="evaluation set"):
        run(config_for(pairs, tiny, evaluation=(str(pairs),)), tmp_path / "out", tmp_path)


def test_a_resume_on_other_pairs_is_refused(pairs, tiny, tmp_path):
    def stop(share, told):
        if told.startswith("Step 10"):
            raise Cancelled("stopped")

    config = config_for(pairs, tiny)
    with pytest.raises(Cancelled):
        run(config, tmp_path / "out", tmp_path, progress=stop)
    pl.read_parquet(pairs).head(100).write_parquet(pairs)
    with pytest.raises(TrainError, match="pairs changed"):
        run(config, tmp_path / "out", tmp_path, resume=True)


def test_students_train_on_the_ids_they_encode_with(pairs, tiny, tmp_path):
    config = config_for(pairs, tiny)
    bag = replace(config, student=StudentSettings(str(tiny), kind="static", prefix=""))
    store = open_pairs(config, tmp_path / "data")
    for each in (config, bag):
        student = make_student(each, store, tmp_path / "data", "cpu", lambda *_: None)
        tokens = _token_stores(student.ids, student.encoder, store, tmp_path / "data", lambda *_: None)
        assert tokens[0].ids([3])[0].tolist() == student.ids([store.english[3]])[0]


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("loss.space", "Unit", "raw"),
        ("loss.distance", "l1", "cosine"),
        ("steps", "-5", "0 or more"),
        ("batch", "0", "1 or more"),
        ("student.units", "-1", "0 or more"),
        ("student.dropout", "1", "below 1"),
        ("loss.scale", "0", "above 0"),
    ],
)
def test_settings_that_cannot_be_are_told(pairs, tiny, tmp_path, setting, value, told):
    with pytest.raises(TrainError, match=told):
        run(changed(config_for(pairs, tiny), setting, value), tmp_path / "out", tmp_path)


def test_nothing_to_learn_is_a_sentence(pairs, tiny, tmp_path):
    with pytest.raises(TrainError, match="nothing could be learned"):
        run(config_for(pairs, tiny, loss=LossSettings(distance="")), tmp_path / "out", tmp_path)


def test_leaving_out_a_source_that_is_not_there_is_a_sentence(pairs, tiny, tmp_path):
    config = config_for(pairs, tiny)
    with pytest.raises(TrainError, match="theirs"):
        run(replace(config, pairs=replace(config.pairs, without=("theirs",))), tmp_path / "out", tmp_path)


def test_the_most_pairs_of_a_language_are_kept_to(pairs, tiny, tmp_path):
    config = config_for(pairs, tiny, steps=2, held_out=0)
    run(replace(config, pairs=replace(config.pairs, most=(("fr", 7),))), tmp_path / "out", tmp_path)
    table = pl.read_csv(tmp_path / "out/training/pairs.csv")
    assert dict(zip(table["language"], table["pairs"], strict=True)) == {"es": 60, "fr": 7}
    run(replace(config, held_out=6, pairs=replace(config.pairs, most=(("fr", 30),))), tmp_path / "held", tmp_path)
    table = pl.read_csv(tmp_path / "held/training/pairs.csv")
    assert 20 <= table.filter(language="fr")["pairs"].item() < 30


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "tokens"), [("hybrid", "64"), ("ct_xlmr_se", "100000")])
def test_two_processes_have_the_loss_curve_of_one(pairs, tiny, tmp_path, recipe, tokens):
    def losses(out, *launcher):
        command = [*launcher, "-m", "train", recipe, "--student", str(tiny), "--pairs", str(pairs), "--out", str(out)]
        command += ["--data", str(tmp_path / "data"), "--device", "cpu", "--precision", "fp32", "--steps", "12"]
        command += ["--batch", "16", "--tokens", tokens, "--teacher", str(tiny), "--set", "student.layers=", "--quiet"]
        command += ["--set", "student.dropout=0", "--set", "held_out=4"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr[-2000:]
        return [note["loss"] for note in read_log(out / "training/log.jsonl") if "loss" in note]

    one = losses(tmp_path / "one", sys.executable)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={port}")
    two = losses(tmp_path / "two", sys.executable, *launcher)
    assert len(one) == len(two) > 1
    np.testing.assert_allclose(one, two, rtol=2e-4)


def test_the_command_line_trains_and_tells_where(pairs, tiny, tmp_path, capsys):
    arguments = [
        "static",
        "--student",
        str(tiny),
        "--pairs",
        str(pairs),
        "--out",
        str(tmp_path / "out"),
        "--steps",
        "2",
    ]
    arguments += ["--batch", "8", "--data", str(tmp_path / "data"), "--set", "held_out=4", "--quiet"]
    assert main(arguments) == 0
    assert str(tmp_path / "out") in capsys.readouterr().out
    assert main(arguments) == 1
    assert "choose a new folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["hybird", "--pairs", "x"], "Did you mean hybrid"),
        (["hybrid", "--set", "student.depth=3"], "no setting 'depth'"),
        (["hybrid", "--set", "batch=many"], "does not fit the setting batch"),
        (["hybrid", "--steps", "few"], "does not fit the setting steps"),
        (["hybrid", "--set", "loss=5"], "loss.distance"),
        (["hybrid", "--set", "compiled=yes"], "does not fit the setting compiled"),
        (["hybrid", "--pairs", "/nowhere/pairs.tsv"], "/nowhere/pairs.tsv"),
        (["crisis_teacher"], "--posts"),
    ],
)
def test_a_wrong_command_line_is_told_in_a_sentence(arguments, told, capsys, tmp_path):
    assert main([*arguments, "--out", str(tmp_path / "out"), "--quiet"]) == 1
    assert told in capsys.readouterr().err


def test_settings_are_changed_by_their_name():
    config = changed(recipe_named("hybrid"), "student.layers", "0,3")
    assert config.student.layers == (0, 3)
    assert changed(config, "pairs.caps", "verse:10,term:5").pairs.caps == (("verse", 10), ("term", 5))
    assert changed(config, "loss.scale", "5").loss.scale == 5.0


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_documented_and_named_for_its_function(name):
    config = recipe_named(name)
    assert config.recipe == name
    assert len(RECIPES[name].__doc__ or "") > 60
