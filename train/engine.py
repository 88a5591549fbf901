"""The loop that trains: evaluate now and then, save now and then, step, note. It knows no pairs and no teacher."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import Cancelled, TrainError
from ctse_core.types import Progress
from train.batches import Rows, chunks
from train.checkpoint import RunFolder, RunState, writing
from train.config import TrainConfig
from train.log import Pace, RunLog
from train.losses import linear_rate
from train.optimiser import Optimiser
from train.ranks import Ranks
from train.students import Student

if TYPE_CHECKING:
    from torch import Tensor

Losses = dict[str, float]
NOTE_EVERY = 10  # steps
SCALER_STATE = ("scale", "_growth_tracker")


@dataclass(frozen=True)
class Batch:
    """One step's work.

    Attributes:
        ids: token ids of the m texts that go through the student.
        pairs: what the step counts as.
        loss: from vectors (r, d) and the rows (r,) of their texts, to a scalar and its named parts.
        separable: whether the loss of all texts is the sum of the losses of any parts of them; else ``loss``
            must see all m vectors at once, in order.
        describe: the batch in words, kept where a run stops at NaN.
        parts: names of the parts that ``loss`` gives.
    """

    ids: Sequence[NDArray[np.int32]]
    pairs: int
    loss: Callable[[Tensor, Rows], tuple[Tensor, dict[str, Tensor]]]
    separable: bool
    describe: Callable[[], list[dict[str, Any]]]
    parts: tuple[str, ...] = ()


class Task(Protocol):
    """What is learned."""

    def batch(self, step: int) -> Batch:
        """Return the batch of a step; it follows from the step alone."""

    def score(self, student: Student) -> Losses:
        """Return held-out measures; the one named "score", higher is better, chooses the best checkpoint.

        By one named "chance" the last step may be lower: its rates have fallen to nothing, which few held-out pairs
        do not show.
        """


@dataclass(frozen=True)
class Trained:
    """How a run went: speeds over its own steps of this start, and the best held-out score."""

    steps: int
    best: float
    best_step: int
    pairs_per_second: float
    tokens_per_second: float
    last: Losses


def train(
    student: Student, task: Task, config: TrainConfig, run: RunFolder, ranks: Ranks, progress: Progress
) -> Trained:
    """Train ``student`` for ``config.steps`` steps and leave the best one in ``run.best``.

    On a CPU a run that is killed and resumed ends with the same bytes as one that was not: order and dropout
    follow from seed and step, and the checkpoint holds weights and optimiser.

    Raises:
        TrainError: NaN (the batch is kept), out of memory, a full disk; each says what to do next, and the last
            whole step is kept where the disk allows.
        Cancelled: the person stopped it; the last whole step is kept.
    """
    optimiser = Optimiser(student.table, student.others(), config)
    scaler = _scaler(config, ranks.device)
    state = _take_up(student, optimiser, scaler, run)
    log = RunLog(run.folder, state.step) if ranks.first else None
    pace, losses, saved, whole = Pace(), Losses(), state.step, True
    evaluate_every = config.evaluate_every or max(config.steps // 10, 1)
    save_every = config.save_every or max(config.steps // 10, 1)

    def save() -> None:
        if ranks.first and state.step:
            run.save(_tensors(student, optimiser, scaler), state)

    try:
        while True:
            ends = state.step == config.steps
            with _memory_in_words(config):
                if (ends or state.step % evaluate_every == 0) and state.evaluated != state.step:
                    state = _evaluated(student, task, state, config, (run, ranks, log))
            if (ends or state.step % save_every == 0) and saved != state.step:
                save()
                ranks.wait()
                saved = state.step
            if ends:
                break
            pace.pause()
            with _memory_in_words(config):
                found = backward(student, task.batch(state.step), state.step, config, ranks, scaler)
                length = _length(optimiser, scaler)
                sound = math.isfinite(found.parts["loss"]) and (math.isfinite(length) or scaler is not None)
                if not sound:
                    _stop_at_nan(found.batch, state.step, run, ranks)
                whole = False  # weights half-way through a step are of no step
                optimiser.step(linear_rate(state.step, config.steps, config.warmup), length, scaler)
            state = replace(state, step=state.step + 1)
            whole = True
            pace.add(found.batch.pairs, sum(len(ids) for ids in found.batch.ids))
            losses = {**found.parts, "gradient": length}
            if log is not None and (state.step % NOTE_EVERY == 0 or state.step in (1, config.steps)):
                _note(log, state, losses, pace, config, progress)
    except (KeyboardInterrupt, Cancelled, TrainError):
        if whole and saved != state.step:
            with contextlib.suppress(TrainError):  # a full disk: the checkpoint before is whole
                save()
        raise
    finally:
        if log is not None:
            log.close()
    return Trained(state.step, state.best, state.best_step, pace.pairs_per_second, pace.tokens_per_second, losses)


@dataclass(frozen=True)
class StepLosses:
    """The losses of a step that is on the gradients now, and the batch they come from."""

    batch: Batch
    parts: Losses


def backward(
    student: Student, batch: Batch, step: int, config: TrainConfig, ranks: Ranks, scaler: Any = None
) -> StepLosses:
    """Put the gradients of a batch on the student's weights.

    Texts go through in chunks of like length, dealt out to the ranks; a rank may have none. A separable loss is
    taken chunk by chunk. Else the vectors of all chunks meet in one loss, whose gradients go back through the
    chunks: kept where ``config.held_tokens`` allows, computed a second time where not (gradient caching, Gao et
    al. 2021).
    """
    import torch

    lengths = np.array([len(ids) for ids in batch.ids], dtype=np.int64)
    every = list(chunks(lengths, min(config.tokens, -(-int(lengths.sum()) // ranks.count))))
    own = [(place, rows) for place, rows in enumerate(every) if place % ranks.count == ranks.rank]
    padded = sum(int(lengths[rows].max()) * len(rows) for _, rows in own)

    def vectors(place: int, rows: Rows) -> Tensor:
        torch.manual_seed(_seed(config.seed, step, place))  # so that a second pass drops the same
        return student.vectors([batch.ids[row] for row in rows])

    def scaled(loss: Tensor) -> Tensor:
        return loss if scaler is None else scaler.scale(loss)

    if batch.separable:
        device = student.table.device
        parts = {name: torch.zeros((), device=device) for name in ("loss", *batch.parts)}
        for place, rows in own:
            loss, named = batch.loss(vectors(place, rows), rows)
            scaled(loss).backward()
            for name, value in {"loss": loss, **named}.items():
                parts[name] += value.detach()
        for value in parts.values():  # the same ones in the same order on every rank
            ranks.add_up(value)
    else:
        held = padded <= config.held_tokens
        with torch.set_grad_enabled(held):
            kept = [(place, rows, vectors(place, rows)) for place, rows in own]
        leaf = torch.zeros(len(lengths), student.encoder.dim, device=student.table.device)
        for _, rows, each in kept:
            leaf[torch.from_numpy(rows).to(leaf.device)] = each.detach()
        leaf = ranks.add_up(leaf).requires_grad_(True)
        loss, named = batch.loss(leaf, np.arange(len(lengths)))
        (whole,) = torch.autograd.grad(scaled(loss), leaf)
        parts = {"loss": loss.detach(), **{name: value.detach() for name, value in named.items()}}
        for place, rows, each in kept:
            gradient = whole[torch.from_numpy(rows).to(leaf.device)]
            (each if held else vectors(place, rows)).backward(gradient)
    _add_up(student, batch, ranks)
    return StepLosses(batch, {name: float(value) for name, value in parts.items()})


def _add_up(student: Student, batch: Batch, ranks: Ranks) -> None:
    """Sum the gradients over the ranks; of the token vectors only the rows that the batch touches."""
    if ranks.count == 1:
        return
    import torch

    ranks.add_up_gradients([weight for _, weight in student.others()])
    table = student.table
    touched = torch.from_numpy(np.unique(np.concatenate([np.asarray(ids) for ids in batch.ids])).astype(np.int64))
    touched = touched.to(table.device)
    rows = torch.zeros(len(touched), table.shape[1], device=table.device)
    if table.grad is not None:
        own = table.grad.coalesce()
        rows[torch.searchsorted(touched, own.indices()[0])] = own.values()
    table.grad = torch.sparse_coo_tensor(
        touched[None], ranks.add_up(rows), table.shape, is_coalesced=True, check_invariants=False
    )


def _evaluated(
    student: Student, task: Task, state: RunState, config: TrainConfig, kept: tuple[RunFolder, Ranks, RunLog | None]
) -> RunState:
    """Return the state after a held-out measure; the student is kept if it is the best so far, or the last as good."""
    run, ranks, log = kept
    if not ranks.first:
        ranks.wait()
        return replace(state, evaluated=state.step)
    scores = task.score(student)
    score = scores.get("score", float(state.step))  # without held-out pairs the last one is the best
    if log is not None:
        log.note(state.step, {f"held_out/{name}": value for name, value in scores.items()})
    lasts = state.step == config.steps and score >= state.best - scores.get("chance", 0.0)
    if score > state.best or lasts or not run.best.exists():
        with writing(run.folder):
            student.save(run.best)
        state = replace(state, best=score, best_step=state.step)
    ranks.wait()
    return replace(state, evaluated=state.step)


def _note(log: RunLog, state: RunState, losses: Losses, pace: Pace, config: TrainConfig, progress: Progress) -> None:
    left = pace.seconds_left(config.steps - state.step)
    speeds = {
        "pairs_per_s": round(pace.pairs_per_second, 2),
        "tokens_per_s": round(pace.tokens_per_second, 1),
        "seconds": round(log.seconds + pace.seconds, 1),
    }
    rate = linear_rate(state.step - 1, config.steps, config.warmup)
    log.note(state.step, {**losses, "rate": rate, **speeds, "seconds_left": round(left, 1)})
    progress(
        state.step / config.steps,
        f"Step {state.step:,} of {config.steps:,}: loss {losses['loss']:.4f}, {pace.pairs_per_second:,.0f} pairs/s, "
        f"{pace.tokens_per_second:,.0f} tokens/s, {left / 60:.0f} min left",
    )


def _take_up(student: Student, optimiser: Optimiser, scaler: Any, run: RunFolder) -> RunState:
    import torch

    found = run.load()
    if found is None:
        return RunState()
    tensors, state = found
    weights = dict([("table", student.table), *student.others()])
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(tensors[f"student/{name}"])
    own = "optimiser/"
    optimiser.load({name[len(own) :]: value for name, value in tensors.items() if name.startswith(own)})
    if scaler is not None:
        scaler.load_state_dict(
            {**scaler.state_dict(), **{name: tensors[f"scaler/{name}"].item() for name in SCALER_STATE}}
        )
    return state


def _tensors(student: Student, optimiser: Optimiser, scaler: Any) -> dict[str, Tensor]:
    import torch

    kept = {} if scaler is None else {name: torch.tensor(scaler.state_dict()[name]) for name in SCALER_STATE}
    weights = [("table", student.table), *student.others()]
    return {
        **{f"student/{name}": weight.detach().cpu() for name, weight in weights},
        **{f"optimiser/{name}": value.cpu() for name, value in optimiser.state().items()},
        **{f"scaler/{name}": value for name, value in kept.items()},
    }


def _length(optimiser: Optimiser, scaler: Any) -> float:
    if scaler is not None:
        for part in optimiser.parts:
            scaler.unscale_(part)
    return optimiser.clip()


def _scaler(config: TrainConfig, device: str) -> Any:
    if config.precision != "fp16":
        return None
    import torch

    return torch.amp.GradScaler(device.split(":")[0])


def _seed(*parts: int) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=7).digest(), "big")


def _stop_at_nan(batch: Batch, step: int, run: RunFolder, ranks: Ranks) -> None:
    path = run.folder / f"nan-step-{step:08d}.jsonl"
    if ranks.first:
        with writing(run.folder):
            path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in batch.describe()), "utf-8")
    raise TrainError(
        f"The loss of step {step:,} or its gradient is not a number. Its pairs are kept in {path}, and the checkpoint "
        "before it is whole: look at the pairs, or start anew with a lower --learning-rate or --precision fp32."
    )


@contextlib.contextmanager
def _memory_in_words(config: TrainConfig) -> Iterator[None]:
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise TrainError(_too_large(config)) from error
    except RuntimeError as error:
        if "not enough memory" not in str(error) and "out of memory" not in str(error):
            raise
        raise TrainError(_too_large(config)) from error


def _too_large(config: TrainConfig) -> str:
    return (
        f"The memory does not hold {config.tokens:,} tokens at once (of which a contrastive batch keeps up to "
        f"{config.held_tokens:,}). Lower --tokens and --held-tokens by half and run again with --resume; the "
        "batch stays as large as it is."
    )
