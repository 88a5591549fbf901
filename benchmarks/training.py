"""Pairs a second of the trainer beside sentence-transformers' own, on the same model, data, batch and precision.

    CTSE_SHARED_DATA=folder python -m benchmarks.training [--steps 40] [--batch 64] [--layers 12] [--precision bf16]

Both do the paper's work: the squared distance of the student's English and of its translation to the teacher's
English, teacher vectors computed beforehand, AdamW, the same pairs in batches of the same size. The baseline is
SentenceTransformerTrainer with MSELoss as its multilingual example sets it up. The two take turns in this
process, in --rounds rounds, each from fresh weights; the best round of each counts. The first steps of each, which
compile and warm up, are left out. On a GPU the share of its arithmetic that is used (model FLOP utilisation) is told
for both. Prints Markdown.

Tokenising is outside our clock and inside theirs: we tokenise once, before the first step, and keep the ids for every
epoch and run; the baseline tokenises each batch in its step. So our tokenising is clocked by itself, on the same
pairs, and the ratio is told with it, too: as in a single epoch in which nothing had been kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.encoders.vocabulary import keep_layers
from train.batches import Cell, Plan
from train.checkpoint import RunFolder
from train.config import TrainConfig
from train.engine import train
from train.log import read_log
from train.pair_task import PairTask
from train.pairs_store import PairStore, build_store
from train.ranks import Ranks
from train.recipes import e5_mse
from train.students import TransformerStudent, load_transformer
from train.tokens_store import TokenStore

WARM = 8  # steps that are not counted
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L4": 121e12, "4090": 165e12}  # dense bf16 FLOP/s


def sample(folder: Path, count: int, place: Path) -> Path:
    """Write ``count`` real pairs of the licensed file, natural sentences of every language, into ``place``."""
    pairs = pl.read_parquet(folder / "train_permissive.parquet").filter(pl.col("source").str.starts_with("tatoeba"))
    pairs.sample(count, seed=1).write_parquet(place / "pairs.parquet")
    return place / "pairs.parquet"


@dataclass(frozen=True)
class Ours:
    """What a step of our trainer takes.

    Attributes:
        seconds: of the step itself.
        tokenising: seconds in which the texts of so many pairs are tokenised, before the first step.
        tokens: that go through the student.
    """

    seconds: float
    tokenising: float
    tokens: int


def ours(config: TrainConfig, encoder: Any, store: PairStore, targets: np.ndarray, place: Path) -> Ours:
    """Return what a step of our trainer takes, the first steps left out."""
    student = TransformerStudent(encoder, config.precision)
    begun = time.perf_counter()
    tokens = tuple(
        TokenStore.build(texts, student.ids, place / name, "benchmark")
        for name, texts in (("english", store.english), ("translations", store.translations))
    )
    tokenised = (time.perf_counter() - begun) / store.pairs * config.batch

    def lengths(rows: np.ndarray) -> np.ndarray:
        return tokens[1].lengths[rows].astype(np.int64) + tokens[0].lengths[store.english_of[rows]]

    plan = Plan([Cell(range(store.pairs), 1.0)], config.batch, lengths, window=config.window)
    task = PairTask(store, tokens, plan, config.loss, targets, None, str(encoder.device))  # type: ignore[arg-type]
    run = RunFolder(place / "run")
    run.start(config, resume=False)
    train(student, task, config, run, Ranks(0, 1, str(encoder.device)), lambda *_: None)
    told = [note for note in read_log(run.folder / "log.jsonl") if "pairs_per_s" in note]
    warm = next(note for note in told if note["step"] >= WARM)
    last = told[-1]

    def seconds(note: dict[str, Any]) -> float:
        return float(note["step"] * config.batch / note["pairs_per_s"])

    spent = seconds(last) - seconds(warm)
    count = int(last["tokens_per_s"] * seconds(last) / last["step"])
    return Ours(spent / (last["step"] - warm["step"]), tokenised, count)


def theirs(config: TrainConfig, folder: Path, store: PairStore, targets: np.ndarray, place: Path) -> float:
    """Return seconds a step of sentence-transformers' trainer, the first steps left out."""
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
    from sentence_transformers.losses import MSELoss
    from sentence_transformers.training_args import SentenceTransformerTrainingArguments
    from transformers import TrainerCallback

    marks: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            marks.append(time.perf_counter())

    model = SentenceTransformer(str(folder), device="cuda" if _on_gpu() else "cpu")
    model.max_seq_length = 128
    english = store.english_of
    data = Dataset.from_dict(
        {
            "english": store.english.texts(english),
            "non_english": store.translations.texts(range(store.pairs)),
            "label": np.asarray(targets[english], dtype=np.float32).tolist(),
        }
    )
    settings = SentenceTransformerTrainingArguments(
        output_dir=str(place / "theirs"),
        max_steps=config.steps,
        per_device_train_batch_size=config.batch,
        learning_rate=config.learning_rate,
        bf16=config.precision == "bf16",
        fp16=config.precision == "fp16",
        use_cpu=not _on_gpu(),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        logging_strategy="no",
    )
    trainer = SentenceTransformerTrainer(
        model=model, args=settings, train_dataset=data, loss=MSELoss(model), callbacks=[Clock()]
    )
    trainer.train()
    return (marks[-1] - marks[WARM - 1]) / (len(marks) - WARM)


def _on_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _used(seconds: float, tokens: int, weights: int) -> str:
    """Return the share of the GPU's arithmetic that six operations a weight and token make up; "" on a CPU."""
    if not _on_gpu():
        return ""
    import torch

    name = torch.cuda.get_device_name()
    peak = next((peak for part, peak in PEAKS.items() if part in name), None)
    return f", MFU {6 * weights * tokens / seconds / peak:.1%}" if peak else f", MFU unknown on {name}"


def told(batch: int, mine: Ours, other: float, weights: int) -> str:
    """Return the table of both trainers, the ratio, and both again with our tokenising counted in."""
    counted = mine.seconds + mine.tokenising
    rows = {
        "ctse": (mine.seconds, _used(mine.seconds, mine.tokens, weights)),
        "ctse, tokenising counted in": (counted, ""),
        "sentence-transformers": (other, _used(other, mine.tokens, weights)),
    }
    lines = [f"| {who} | {batch / seconds:.1f}{used} | {seconds:.3f} |" for who, (seconds, used) in rows.items()]
    return "\n".join(
        [
            "| trainer | pairs/s | s/step |",
            "|---|---|---|",
            *lines,
            "",
            f"ratio {other / mine.seconds:.2f}; {other / counted:.2f} with our tokenising counted in "
            f"({mine.tokenising:.3f} s for the pairs of a step, once, before the first). Tokenising is outside our "
            "clock and inside theirs.",
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--compiled", action="store_true")
    asked = parser.parse_args()
    recipe = e5_mse()
    config = replace(
        recipe,
        steps=asked.steps,
        batch=asked.batch,
        tokens=asked.tokens,
        precision=asked.precision,
        compiled=asked.compiled,
        evaluate_every=10**9,
        save_every=10**9,
        held_out=0,
        warmup=0.0,
    )
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        pairs = sample(Path(os.environ["CTSE_SHARED_DATA"]), asked.pairs, place)
        store = build_store(replace(recipe.pairs, files=(str(pairs),)), place / "store")
        device = "cuda" if _on_gpu() else "cpu"
        encoder = load_transformer(config.student.encoder, device)
        begun = keep_layers(encoder, tuple(range(asked.layers))).save(place / "student")
        targets = np.random.default_rng(0).standard_normal((len(store.english), encoder.dim)).astype(np.float16)
        inner = sum(w.numel() for n, w in encoder.model.named_parameters() if "encoder.layer" in n)
        inner = inner * asked.layers // encoder.model.config.num_hidden_layers
        del encoder
        mine: list[Ours] = []
        others: list[float] = []
        for turn in range(asked.rounds):
            mine.append(ours(config, load_transformer(begun, device), store, targets, place / f"{turn}"))
            others.append(theirs(config, begun, store, targets, place / f"{turn}"))
            shutil.rmtree(place / f"{turn}", ignore_errors=True)
    print(
        f"{asked.layers} layers, {asked.batch} pairs a step, {asked.precision}, {device}, {asked.steps - WARM} steps\n"
    )
    print(told(asked.batch, min(mine, key=lambda one: one.seconds), min(others), inner))


if __name__ == "__main__":
    main()
