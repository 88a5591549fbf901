"""The engine on a tiny transformer: losses, gradients, resume, and what stops it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from ctse_core.encoders import load_encoder
from ctse_core.errors import Cancelled, TrainError
from tests.fakes import tiny_encoder
from train.batches import Cell, Plan
from train.checkpoint import RunFolder, RunState
from train.config import LossSettings, StudentSettings, TrainConfig, config_of, differences
from train.engine import Batch, backward, train
from train.log import read_log
from train.losses import symmetric_contrastive_loss
from train.ranks import Ranks
from train.students import TransformerStudent

torch = pytest.importorskip("torch")

PAIRS = [
    ("the river is rising", "el río está creciendo"),
    ("we need water", "necesitamos agua"),
    ("the bridge is closed", "el puente está cerrado"),
    ("two people are missing", "faltan dos personas"),
    ("the school is a shelter", "la escuela es un refugio"),
    ("no power since noon", "sin luz desde el mediodía"),
    ("the road is open again", "la carretera está abierta otra vez"),
    ("send blankets please", "manden mantas por favor"),
]
ALONE = Ranks(0, 1, "cpu")
CONFIG = TrainConfig(
    recipe="test",
    student=StudentSettings("tiny"),
    loss=LossSettings(distance="", contrastive_weight=1.0, scale=10.0),
    steps=12,
    batch=4,
    tokens=64,
    held_tokens=10_000,
    learning_rate=1e-3,
    token_learning_rate=1e-3,
    precision="fp32",
    save_every=4,
    evaluate_every=6,
)


class Translations:
    """A contrastive task over PAIRS; the score is how near each sentence is to its translation."""

    def __init__(self, student, separable=False, poison=None, stop_at=None):
        self.left = [np.array(ids, dtype=np.int32) for ids in student.ids([left for left, _ in PAIRS])]
        self.right = [np.array(ids, dtype=np.int32) for ids in student.ids([right for _, right in PAIRS])]
        self.plan = Plan([Cell(range(len(PAIRS)), 1.0)], batch=4, seed=3)
        self.separable, self.poison, self.stop_at = separable, poison, stop_at

    def batch(self, step):
        if step == self.stop_at:
            raise Cancelled("stopped")
        rows = self.plan.rows(step)

        def loss(vectors, which):
            if self.separable:
                total = (vectors - 1).square().sum() / (2 * len(rows))
            else:
                same = torch.eye(len(rows), dtype=torch.bool)
                total = symmetric_contrastive_loss(vectors[: len(rows)], vectors[len(rows) :], same, 10.0)
            return (total * math.nan if step == self.poison else total), {"part": total}

        ids = [*(self.left[row] for row in rows), *(self.right[row] for row in rows)]
        return Batch(ids, len(rows), loss, self.separable, lambda: [{"pair": int(row)} for row in rows], ("part",))

    def score(self, student):
        left, right = (student.encode([pair[side] for pair in PAIRS]) for side in (0, 1))
        return {"score": float((left * right).sum(axis=1).mean())}


@pytest.fixture
def student(tmp_path):
    torch.manual_seed(0)
    return TransformerStudent(tiny_encoder(tmp_path / "tiny"), "fp32", dropout=0.1)


def run_of(tmp_path, name, config=CONFIG, **task):
    torch.manual_seed(0)
    student = TransformerStudent(tiny_encoder(tmp_path / "tiny"), config.precision, config.student.dropout)
    run = RunFolder(tmp_path / name)
    run.start(config, resume=True)
    trained = train(student, Translations(student, **task), config, run, ALONE, lambda *_: None)
    return student, run, trained


def weights_of(student):
    return {name: weight.detach().clone() for name, weight in [("table", student.table), *student.others()]}


def test_training_brings_translations_together(tmp_path):
    _, run, trained = run_of(tmp_path, "run", replace(CONFIG, steps=60))
    notes = [note for note in read_log(run.folder / "log.jsonl") if "loss" in note]
    assert notes[-1]["loss"] < notes[0]["loss"] / 2
    assert trained.steps == 60 and trained.pairs_per_second > 0


def gradients(student, config, **task):
    for weight in [student.table, *(weight for _, weight in student.others())]:
        weight.grad = None
    found = backward(student, Translations(student, **task).batch(0), 0, config, ALONE)
    return found.parts["loss"], {
        name: weight.grad.to_dense().clone()
        for name, weight in [("table", student.table), *student.others()]
        if weight.grad is not None
    }


def test_gradient_caching_gives_the_same_gradients_as_keeping_all(student):
    loss, kept = gradients(student, CONFIG)
    cached_loss, cached = gradients(student, replace(CONFIG, held_tokens=0, tokens=16))
    whole_loss, whole = gradients(student, replace(CONFIG, held_tokens=10**6, tokens=16))
    assert cached_loss == pytest.approx(whole_loss, abs=1e-6)
    assert kept.keys() == cached.keys() == whole.keys()
    for name in whole:
        torch.testing.assert_close(cached[name], whole[name], atol=1e-6, rtol=1e-4)
    assert loss > 0


def test_a_separable_loss_does_not_depend_on_the_chunks(tmp_path):
    student = TransformerStudent(tiny_encoder(tmp_path / "tiny"), "fp32", dropout=0.0)
    loss, whole = gradients(student, CONFIG, separable=True)
    parts_loss, parts = gradients(student, replace(CONFIG, tokens=1), separable=True)
    assert loss == pytest.approx(parts_loss, rel=1e-5)
    for name in whole:
        torch.testing.assert_close(parts[name], whole[name], atol=1e-5, rtol=1e-4)


def test_gradients_of_token_vectors_are_sparse(student):
    backward(student, Translations(student).batch(0), 0, CONFIG, ALONE)
    assert student.table.grad.is_sparse


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    config = replace(CONFIG, student=replace(CONFIG.student, dropout=0.1))
    whole, _, _ = run_of(tmp_path, "whole", config)
    with pytest.raises(Cancelled):
        run_of(tmp_path, "parts", config, stop_at=7)
    parts, run, _ = run_of(tmp_path, "parts", config)
    for name, weight in weights_of(whole).items():
        assert torch.equal(weight, weights_of(parts)[name]), name
    losses = [
        [note["loss"] for note in read_log(tmp_path / name / "training" / "log.jsonl") if "loss" in note]
        for name in ("whole", "parts")
    ]
    assert losses[0] == losses[1]
    assert (run.best / "model.safetensors").is_file()


def test_a_kill_between_checkpoints_repeats_the_lost_steps(tmp_path):
    class Killed(BaseException):
        pass

    config = replace(CONFIG, save_every=4)
    whole, _, _ = run_of(tmp_path, "whole", config)
    torch.manual_seed(0)
    student = TransformerStudent(tiny_encoder(tmp_path / "tiny"), "fp32", 0.0)
    task = Translations(student)
    own = task.batch

    def batch(step):
        if step == 7:
            raise Killed
        return own(step)

    task.batch = batch
    run = RunFolder(tmp_path / "killed")
    run.start(config, resume=False)
    with pytest.raises(Killed):
        train(student, task, config, run, ALONE, lambda *_: None)
    assert [path.name for path in run.folder.glob("checkpoint-*")] == ["checkpoint-00000004"]
    again, _, _ = run_of(tmp_path, "killed", config)
    for name, weight in weights_of(whole).items():
        assert torch.equal(weight, weights_of(again)[name]), name


def test_a_loss_that_is_not_a_number_stops_the_run_and_keeps_the_batch(tmp_path):
    with pytest.raises(TrainError, match="not a number") as told:
        run_of(tmp_path, "run", poison=5)
    kept = tmp_path / "run" / "training" / "nan-step-00000005.jsonl"
    assert str(kept) in str(told.value)
    assert len([json.loads(line) for line in kept.read_text().splitlines()]) == 4


def test_a_stop_during_a_note_loses_no_evaluation(tmp_path):
    def stop(share, _):
        if share == 1.0:
            raise Cancelled("stopped")

    config = replace(CONFIG, steps=20, evaluate_every=20)
    torch.manual_seed(0)
    student = TransformerStudent(tiny_encoder(tmp_path / "tiny"), "fp32", 0.0)
    run = RunFolder(tmp_path / "stopped")
    run.start(config, resume=False)
    with pytest.raises(Cancelled):
        train(student, Translations(student), config, run, ALONE, stop)
    run_of(tmp_path, "stopped", config)
    run_of(tmp_path, "whole", config)
    notes = [
        [note for note in read_log(tmp_path / name / "training" / "log.jsonl") if "held_out/score" in note]
        for name in ("stopped", "whole")
    ]
    assert notes[0] == notes[1]
    assert [note["step"] for note in notes[0]] == [0, 20]


def test_a_stop_within_a_step_keeps_no_half_step(tmp_path, student, monkeypatch):
    own = torch.optim.SparseAdam.step

    def interrupted(self, *given):
        if self.state and next(iter(self.state.values()))["step"] == 6:
            raise KeyboardInterrupt
        return own(self, *given)

    run = RunFolder(tmp_path / "run")
    run.start(CONFIG, resume=False)
    monkeypatch.setattr(torch.optim.SparseAdam, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(student, Translations(student), CONFIG, run, ALONE, lambda *_: None)
    monkeypatch.undo()
    assert [path.name for path in run.folder.glob("checkpoint-*")] == ["checkpoint-00000004"]


def test_a_gradient_that_is_not_a_number_moves_no_weight(tmp_path, student, monkeypatch):
    monkeypatch.setattr("train.optimiser.Optimiser.clip", lambda _: float("nan"))
    before = weights_of(student)
    run = RunFolder(tmp_path / "run")
    run.start(CONFIG, resume=False)
    with pytest.raises(TrainError, match="gradient is not a number"):
        train(student, Translations(student), CONFIG, run, ALONE, lambda *_: None)
    assert all(torch.equal(weight, before[name]) for name, weight in weights_of(student).items())


def test_half_precision_resumes_with_its_scale(tmp_path):
    config = replace(CONFIG, precision="fp16")
    whole, _, _ = run_of(tmp_path, "whole", config)
    with pytest.raises(Cancelled):
        run_of(tmp_path, "parts", config, stop_at=5)
    parts, _, _ = run_of(tmp_path, "parts", config)
    for name, weight in weights_of(whole).items():
        assert torch.equal(weight, weights_of(parts)[name]), name


def test_frozen_token_vectors_stay_as_they_are(tmp_path):
    config = replace(CONFIG, token_learning_rate=0.0)
    begun = weights_of(TransformerStudent(tiny_encoder(tmp_path / "tiny"), "fp32", 0.0))
    student, _, _ = run_of(tmp_path, "run", config)
    assert torch.equal(student.table, begun["table"])
    assert any(not torch.equal(weight, begun[name]) for name, weight in student.others())


@pytest.mark.parametrize("killed_at", ["config.json", "modules.json", "manifest"])
def test_a_kill_while_a_run_ends_is_made_good_by_a_resume(tmp_path, monkeypatch, killed_at):
    import os

    own = os.replace

    def replace_until(source, target):
        if str(target).endswith(killed_at) or (killed_at == "manifest" and ended and "manifest" in str(target)):
            raise KeyboardInterrupt
        own(source, target)

    _, run, trained = run_of(tmp_path, "run")
    ended = False
    run.write_json("manifest.json", {"ended": {"best": 0.5}})
    ended = True
    monkeypatch.setattr(os, "replace", replace_until)
    with pytest.raises(KeyboardInterrupt):
        run.end_again()
    monkeypatch.undo()
    again = RunFolder(tmp_path / "run")
    again.start(CONFIG, resume=True)
    assert again.ending and not again.finished
    assert again.end_again() == {"best": 0.5}
    assert again.finished and (tmp_path / "run" / "config.json").is_file() and not again.best.exists()
    assert trained.steps == CONFIG.steps


def test_a_full_memory_says_what_to_lower(tmp_path, student, monkeypatch):
    def full(_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(student, "vectors", full)
    run = RunFolder(tmp_path / "run")
    run.start(CONFIG, resume=False)
    with pytest.raises(TrainError, match="--tokens"):
        train(student, Translations(student), CONFIG, run, ALONE, lambda *_: None)


def started(folder):
    run = RunFolder(folder)
    run.start(CONFIG, resume=False)
    run.save({"weight": torch.zeros(1)}, RunState(step=3))
    return run


def test_a_resume_with_other_settings_is_refused_and_names_them(tmp_path):
    started(tmp_path / "run")
    with pytest.raises(TrainError, match=r"batch: 4, 8"):
        RunFolder(tmp_path / "run").start(replace(CONFIG, batch=8), resume=True)
    RunFolder(tmp_path / "run").start(replace(CONFIG, tokens=8), resume=True)


def test_a_run_that_failed_before_its_first_step_may_be_started_anew(tmp_path):
    RunFolder(tmp_path / "run").start(CONFIG, resume=False)
    RunFolder(tmp_path / "run").start(replace(CONFIG, batch=8), resume=False)


def test_a_second_run_does_not_overwrite_the_first(tmp_path):
    started(tmp_path / "run")
    with pytest.raises(TrainError, match="--resume"):
        RunFolder(tmp_path / "run").start(CONFIG, resume=False)


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-anna.txt").write_text("dear Anna")
    with pytest.raises(TrainError, match="to-anna"):
        RunFolder(tmp_path / "letters").start(CONFIG, resume=False)
    assert (tmp_path / "letters" / "to-anna.txt").read_text() == "dear Anna"


def test_a_config_survives_json():
    from dataclasses import asdict

    assert config_of(json.loads(json.dumps(asdict(CONFIG)))) == CONFIG
    assert differences(CONFIG, replace(CONFIG, loss=replace(CONFIG.loss, scale=1.0))) == ["loss.scale: 10.0, 1.0"]


@pytest.mark.parametrize(("last", "kept"), [(0.89, 4), (0.85, 2)])
def test_the_last_step_is_kept_unless_it_is_worse_by_more_than_chance(last, kept, tmp_path, monkeypatch):
    told = iter([0.5, 0.9, last])
    monkeypatch.setattr(Translations, "score", lambda self, student: {"score": next(told), "chance": 0.02})
    config = replace(CONFIG, steps=4, evaluate_every=2)
    student, run, trained = run_of(tmp_path, "run", config)
    assert trained.best_step == kept
    final = student.encode(["water"])
    best = load_encoder(run.best, device="cpu", runtime="torch").encode(["water"])
    assert np.allclose(best, final) == (kept == 4)
