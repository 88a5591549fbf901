"""Student-teacher distillation over pairs of sentences: the data of a run, its task, and the run as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders import OnnxEncoder, SentenceEncoder
from ctse_core.encoders.own import About, write_about
from ctse_core.errors import TrainError
from ctse_core.home import cache_home
from ctse_core.types import Progress, Vectors, no_progress
from train.blend import is_blend, load_blend
from train.checkpoint import RunFolder, read_json, writing
from train.config import TrainConfig, check_config, config_digest
from train.engine import Task, Trained, train
from train.losses import nearest_rotation
from train.pair_plan import PairPlan, make_plan
from train.pair_task import PairTask
from train.pairs_store import PairStore, build_store
from train.ranks import Ranks, join_ranks, leave_ranks
from train.states_task import StatesStudent, StatesTask, StatesTeacher
from train.students import (
    StaticStudent,
    Student,
    TransformerStudent,
    autocast,
    choose_precision,
    load_reader,
    load_transformer,
    require_width,
    with_prefix,
    without_head,
)
from train.teacher import teacher_vectors
from train.token_choice import most_used
from train.tokens_store import TokenStore

TURNED_BY = 2000  # sentences by which the teacher's space is turned towards the student's
JUDGED_BY = 512  # translations whose tokens tell which inner units of a student matter
UNIT = 1e-3  # lengths that differ from 1 by less are those of a teacher that normalises


def distil(
    config: TrainConfig,
    out: Path,
    progress: Progress = no_progress,
    resume: bool = False,
    device: str | None = None,
    data: Path | None = None,
) -> Trained:
    """Train an encoder as ``config`` says and leave it in ``out``, an ordinary sentence-transformers folder.

    ``data`` keeps what several runs share (pairs, tokens, the teacher's vectors); None is a folder of the cache.
    The method is that of Reimers & Gurevych (2020) and Lamsal et al. (2024) where the loss is a distance
    alone; with a contrastive part it is that of Tan et al. (2023).

    Raises:
        TrainError: pairs, teacher or settings that do not fit, another run in ``out``, NaN, out of memory, a full
            disk.
        EncoderError: student or teacher cannot be had.
        Cancelled: the person stopped it; the last step is kept.
    """
    from ctse_core.encoders.encoder import has_gpu

    check_config(config)
    ranks = join_ranks(device or ("cuda" if has_gpu() else "cpu"))
    runtime = "auto" if config.precision == "auto" else "torch"
    config = replace(config, precision=choose_precision(config.precision, ranks.device))
    run, data = RunFolder(out), data or training_data()
    if ranks.first:
        run.start(config, resume)
    ranks.wait()
    run.require_going()
    if run.ending:
        return Trained(**run.end_again())

    store = ranks.in_turn(lambda told: open_pairs(config, data, told), _part(progress, 0.0, 0.02))
    student = ranks.in_turn(
        lambda told: make_student(config, store, data, ranks.device, told), _part(progress, 0.02, 0.05)
    )
    begun = student.encoder.fingerprint
    teacher = _teacher(config, student, store, data, ranks, _part(progress, 0.05, 0.1))
    reader = None
    if config.loss.distance == "states":  # it reads every text beside the student
        reader = ranks.in_turn(
            lambda told: load_reader(config.teacher, ranks.device, runtime, told), _part(progress, 0.05, 0.1)
        )
    taught_by = reader or teacher
    tokens = ranks.in_turn(
        lambda told: _token_stores(student.ids, student.encoder, store, data, told), _part(progress, 0.1, 0.12)
    )
    plan = make_plan(config, store, tokens)
    config = replace(config, steps=config.steps or max(config.epochs * plan.order.pairs // config.batch, 1))
    manifest = _manifest(config, store, plan, ranks, student)
    if ranks.first:
        manifest = run.begin({**manifest, "student": begun, "teacher": taught_by.fingerprint if taught_by else ""})
        with writing(run.folder):
            plan.table.write_csv(run.folder / "pairs.csv")
    ranks.wait()
    task = _task(config, student, taught_by, store, tokens, plan, ranks.device)
    trained = train(student, task, config, run, ranks, _part(progress, 0.12, 1.0))
    if ranks.first:
        with writing(run.folder):
            write_about(run.best, _about(config, plan))
        run.end(manifest, asdict(trained))
    ranks.wait()
    leave_ranks()
    return trained


def has_ended(config: TrainConfig, out: Path, data: Path | None = None) -> bool:
    """Return whether the run that ``config`` describes has ended in ``out``.

    Raises:
        TrainError: a run with other settings, or on other pairs, has.
    """
    run = RunFolder(out)
    if not run.finished:
        return False
    ran = read_json(run.folder / "manifest.json")
    run.start(replace(config, precision=str(ran.get("precision", config.precision))), resume=True)
    if ran.get("pairs_digest") != open_pairs(config, data or training_data()).digest:
        raise TrainError(f"The run in {out} ended on other pairs. Bring back what was there, or choose a new folder.")
    return True


def _task(
    config: TrainConfig,
    student: Student,
    teacher: Teacher | SentenceEncoder | OnnxEncoder | None,
    store: PairStore,
    tokens: tuple[TokenStore, TokenStore],
    plan: PairPlan,
    device: str,
) -> Task:
    if not isinstance(teacher, Teacher | None):
        states = StatesTeacher(teacher, student.encoder, config.precision)
        return StatesTask(store, tokens, plan.order, states, plan.held_out)
    task = PairTask(store, tokens, plan.order, config.loss, teacher.vectors if teacher else None, plan.held_out, device)
    task.turn = teacher.turn if teacher else None
    task.marks = config.student.kind == "transformer"
    return task


def make_student(config: TrainConfig, store: PairStore, data: Path, device: str, progress: Progress) -> Student:
    """Return the student the settings describe: fewer layers, fewer tokens, or a bag of token vectors.

    Raises:
        TrainError: no such kind, or an encoder that cannot be trained as it.
        EncoderError: the encoder cannot be had.
    """
    from ctse_core.encoders.vocabulary import keep_layers, keep_units, prune_vocabulary

    settings = config.student
    if settings.kind == "static":
        return StaticStudent(_static_start(config, store, data, device, progress))
    if settings.kind != "transformer":
        raise TrainError(f"There is no student of the kind {settings.kind!r}; choose transformer or static.")
    encoder = load_transformer(settings.encoder, device)
    if settings.prefix is not None:
        encoder = with_prefix(encoder, settings.prefix)
    if config.loss.distance == "states":
        encoder = without_head(encoder)
    if settings.layers:
        encoder = keep_layers(encoder, settings.layers)
    if settings.units:
        encoder = keep_units(encoder, settings.units, _sample(store))
    keep = _kept_tokens(config, encoder, store, data, progress)
    if keep is not None:
        encoder = prune_vocabulary(encoder, keep)
    kind = StatesStudent if config.loss.distance == "states" else TransformerStudent
    return kind(encoder, config.precision, settings.dropout, config.compiled)


def _sample(store: PairStore) -> list[str]:
    """Return translations of all languages, to judge a student's parts by."""
    side = store.translations
    return side.texts(np.random.default_rng(1).permutation(len(side))[:JUDGED_BY])


def _static_start(config: TrainConfig, store: PairStore, data: Path, device: str, progress: Progress) -> Any:
    """Return the token vectors that training begins from: those of a folder, or an encoder's of each token.

    Frequent tokens are weighted down by how often the pairs use them (Arora et al. 2017).
    """
    from ctse_core.encoders import load_encoder
    from ctse_core.encoders.static import StaticEncoder
    from ctse_core.encoders.static_start import StaticStart, static_of

    settings = config.student
    encoder: Any = load_encoder(settings.encoder, device=device, runtime="torch")
    if isinstance(encoder, StaticEncoder):
        return encoder.to(device)
    if settings.prefix is not None:
        encoder = with_prefix(encoder, settings.prefix)
    counts = _token_counts(encoder, store, data, progress).sum(axis=0)
    keep = _kept_tokens(config, encoder, store, data, progress)
    with autocast(encoder.device.type, config.precision):
        return static_of(encoder, StaticStart(keep=keep, counts=counts), progress).to(device)


def _kept_tokens(
    config: TrainConfig, encoder: Any, store: PairStore, data: Path, progress: Progress
) -> list[int] | None:
    """Return the ids of the tokens that stay in the student's vocabulary, or None for all."""
    settings = config.student
    if not settings.vocabulary and not settings.fewest_uses:
        return None
    counts = _token_counts(encoder, store, data, progress)
    if settings.vocabulary:
        pieces, log_shares = _pieces(encoder, counts.shape[1])
        return most_used(counts, pieces, log_shares, settings.vocabulary).tolist()
    return np.flatnonzero(counts.sum(axis=0) >= settings.fewest_uses).tolist()


def _pieces(encoder: Any, size: int) -> tuple[list[str], NDArray[np.float64] | None]:
    """Return the tokens (v,) as text, "" where there is none, and their log probabilities where a Unigram has them."""
    model = json.loads(encoder.tokens.description())["model"]
    pieces, log_shares = [""] * size, np.zeros(size)
    if model["type"] == "Unigram":
        for number, (piece, log_share) in enumerate(model["vocab"]):
            pieces[number], log_shares[number] = piece, log_share
        return pieces, log_shares
    for piece, number in model["vocab"].items():
        pieces[number] = piece
    return pieces, None


def _token_counts(encoder: Any, store: PairStore, data: Path, progress: Progress) -> NDArray[np.int64]:
    """Return how often the texts of each language use each token of the encoder (l, v), English in the last row."""
    english, translations = _token_stores(encoder.tokens.ids, encoder, store, data, progress)
    size = int(encoder.model.get_input_embeddings().weight.shape[0])
    counts = translations.counts_by(np.asarray(store.lang_of), len(store.languages), size)
    return np.concatenate([counts, english.counts(size)[None]])


def _part(progress: Progress, start: float, stop: float) -> Progress:
    """Return the progress of a part of the whole run, from one share of it to another."""
    return lambda share, told: progress(start + (stop - start) * share, told)


def training_data() -> Path:
    """Return where pairs, tokens and teachers' vectors are kept for all runs of this machine."""
    return cache_home() / "training"


def open_pairs(config: TrainConfig, data: Path, progress: Progress = no_progress) -> PairStore:
    """Return the pairs of a run, ready to be drawn; what the plan leaves out is there, so that ablations share them.

    Files of evaluation are guarded, whether the settings say so or not.

    Raises:
        TrainError: see ``build_store``.
    """
    guard = tuple(dict.fromkeys([*config.pairs.guard, *config.evaluation]))
    whole = replace(config.pairs, guard=guard, without=(), most=(), temperature=1.0, weights=())
    return build_store(whole, data / "pairs" / hashlib.sha256(repr(whole).encode()).hexdigest()[:16], progress)


def _token_stores(
    tokenise: Callable[[list[str]], list[list[int]]], encoder: Any, store: PairStore, data: Path, progress: Progress
) -> tuple[TokenStore, TokenStore]:
    bare = "" if encoder.tokens.marks else " without marks of begin and end"
    decides = f"{store.digest} {encoder.use} {encoder.tokens.description()}{bare}"
    key = hashlib.sha256(decides.encode()).hexdigest()[:16]
    folder = data / "tokens" / key
    english = TokenStore.build(store.english, tokenise, folder / "english", key, progress)
    return english, TokenStore.build(store.translations, tokenise, folder / "translations", key, progress)


@dataclass(frozen=True)
class Teacher:
    """The teacher's vectors (e, d) float16 of every English sentence, and the fingerprint of who gave them.

    ``turn`` (d, d) is the rotation that is applied to them, or None.
    """

    fingerprint: str
    vectors: NDArray[np.float16]
    turn: Vectors | None = None


def _teacher(
    config: TrainConfig, student: Student, store: PairStore, data: Path, ranks: Ranks, progress: Progress
) -> Teacher | None:
    from ctse_core.encoders import load_encoder

    if config.loss.distance == "states":
        return None
    if not config.teacher or not config.loss.distance:
        if not config.loss.contrastive_weight:
            raise TrainError("The run has neither a teacher nor a contrastive loss, so nothing could be learned.")
        return None
    raw = config.loss.space == "raw"
    if is_blend(config.teacher):
        return _blended(config, student, store, data, ranks, progress)
    teacher = load_encoder(config.teacher, device=ranks.device, runtime="torch" if raw else "auto", progress=progress)
    require_width(config.student, student.encoder, teacher.name, teacher.dim, config.seed)
    vectors = ranks.in_turn(
        lambda told: teacher_vectors(teacher, store.english, data / "teachers", told, raw=raw), progress
    )
    sample = np.linalg.norm(np.asarray(vectors[:1000], dtype=np.float32), axis=1)
    if raw and config.loss.distance == "mse" and np.abs(sample - 1).max(initial=0) < UNIT:
        raise TrainError(
            f"The teacher {teacher.name} gives vectors of length one, and raw students are some ten times as long: "
            'they would be pulled to nothing. Train in the space "unit" (--space unit).'
        )
    return _begun(Teacher(teacher.fingerprint, vectors), config, student, store)


def _blended(
    config: TrainConfig, student: Student, store: PairStore, data: Path, ranks: Ranks, progress: Progress
) -> Teacher:
    if config.loss.space == "raw":
        raise TrainError("A blended teacher gives vectors of length one; train in the space unit (--space unit).")
    teacher = load_blend(config.teacher, ranks.device)
    require_width(config.student, student.encoder, teacher.name, teacher.dim, config.seed)
    vectors = ranks.in_turn(lambda told: teacher.kept(store.english, data / "teachers", told), progress)
    return _begun(Teacher(teacher.fingerprint, vectors), config, student, store)


def _begun(teacher: Teacher, config: TrainConfig, student: Student, store: PairStore) -> Teacher:
    """Return the teacher, turned towards the student where that is asked for."""
    return replace(teacher, turn=_turn(student, store, teacher.vectors) if config.loss.rotated else None)


def _turn(student: Student, store: PairStore, vectors: NDArray[np.float16]) -> Vectors:
    """Return the rotation (d, d) from the teacher's vectors to those that the student begins with."""
    rows = np.random.default_rng(7).permutation(len(store.english))[:TURNED_BY]
    begun = student.encode(store.english.texts(rows))
    return nearest_rotation(np.asarray(vectors[np.sort(rows)], dtype=np.float32), begun[np.argsort(rows)])


def _about(config: TrainConfig, plan: PairPlan) -> About:
    """Return what the catalogue tells of the encoder."""
    pairs, sources = int(plan.table["pairs"].sum()), plan.table["source"].n_unique()
    of = "source" if sources == 1 else "sources"
    return About(
        note=f"Trained here by the recipe {config.recipe} on {pairs:,} pairs from {sources} {of}.",
        languages=tuple(sorted({"en", *plan.table["language"]})),
    )


def _manifest(config: TrainConfig, store: PairStore, plan: PairPlan, ranks: Ranks, student: Student) -> dict[str, Any]:
    weights = [student.table, *(weight for _, weight in student.others())]
    return {
        "recipe": config.recipe,
        "config_digest": config_digest(config),
        "pairs_digest": store.digest,
        "pairs": int(plan.table["pairs"].sum()),
        "languages": store.languages,
        "seed": config.seed,
        "steps": config.steps,
        "precision": config.precision,
        "device": ranks.device,
        "processes": ranks.count,
        "weights": sum(weight.numel() for weight in weights),
    }
