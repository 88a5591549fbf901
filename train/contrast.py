"""The teacher's school: an English sentence encoder adapted to crisis posts, without translations."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from ctse_core.encoders.own import About, spec_of, write_about
from ctse_core.errors import TrainError
from ctse_core.types import Progress, no_progress
from train.batches import Cell, Plan
from train.checkpoint import RunFolder, writing
from train.config import TrainConfig, check_config, config_digest
from train.engine import Trained, train
from train.guard import Guard
from train.posts_reading import LabelledPosts, read_posts_to_learn, refuse_guarded
from train.posts_task import PostTask, describe_labels
from train.ranks import join_ranks, leave_ranks
from train.students import TransformerStudent, choose_precision, load_transformer


def adapt(
    config: TrainConfig, out: Path, progress: Progress = no_progress, resume: bool = False, device: str | None = None
) -> Trained:
    """Adapt an encoder to posts as ``config.posts`` says and leave it in ``out``.

    Unsupervised (two views by dropout, Gao et al. 2021) and, where posts have labels, supervised contrastive
    (Khosla et al. 2020), the predecessor's step (Lamsal et al. 2023).

    Raises:
        TrainError: posts or settings that do not fit, posts of an evaluation set, another run in ``out``, NaN, out
            of memory, a full disk.
        EncoderError: the encoder cannot be had.
        Cancelled: the person stopped it; the last step is kept.
    """
    from ctse_core.encoders import load_encoder
    from ctse_core.encoders.encoder import has_gpu

    _check(config)
    ranks = join_ranks(device or ("cuda" if has_gpu() else "cpu"))
    config = replace(config, precision=choose_precision(config.precision, ranks.device))
    posts = read_posts_to_learn(config.posts)
    refuse_guarded(posts, Guard.of_files([*config.pairs.guard, *config.evaluation]))
    if not config.posts.views_weight and not posts.labels.shape[1]:
        raise TrainError(
            "The posts have no labels to learn from; name their columns with --labels, or learn from views."
        )
    run = RunFolder(out)
    if ranks.first:
        run.start(config, resume)
    ranks.wait()
    run.require_going()
    if run.ending:
        return Trained(**run.end_again())

    encoder = ranks.in_turn(lambda _: load_transformer(config.student.encoder, ranks.device), progress)
    begun = encoder.fingerprint
    student = TransformerStudent(encoder, config.precision, config.student.dropout, config.compiled)
    held_out, plan = _split(posts, config)
    config = replace(config, steps=config.steps or max(config.epochs * plan.pairs // config.batch, 1))
    task = PostTask(posts, student.ids(posts.texts), plan, (config.posts, config.loss))
    task.held_out = held_out
    if config.posts.keep_weight:
        progress(0.0, "Reading the posts as the encoder sees them now")
        task.start = load_encoder(config.student.encoder, ranks.device, progress=progress).encode(posts.texts)
    manifest = {
        "recipe": config.recipe,
        "config_digest": config_digest(config),
        "posts_digest": _digest(posts),
        "student": begun,
        "posts": plan.pairs,
        "labels": describe_labels(posts),
        "seed": config.seed,
        "steps": config.steps,
        "precision": config.precision,
        "device": ranks.device,
        "processes": ranks.count,
    }
    if ranks.first:
        manifest = run.begin(manifest)
    trained = train(student, task, config, run, ranks, progress)
    if ranks.first:
        note = f"{encoder.name}, adapted here to {plan.pairs:,} posts."
        with writing(run.folder):
            write_about(run.best, About(note=note, languages=_languages(config.student.encoder)))
        run.end(manifest, asdict(trained))
    ranks.wait()
    leave_ranks()
    return trained


def _digest(posts: LabelledPosts) -> str:
    told = hashlib.sha256("\n".join([*posts.names, *posts.texts]).encode("utf-8", "replace"))
    told.update(posts.labels.tobytes())
    return told.hexdigest()[:16]


def _check(config: TrainConfig) -> None:
    check_config(config)
    posts, student = config.posts, config.student
    if posts.views_weight and not student.dropout:
        raise TrainError(
            "Two views of a post differ by dropout; set student.dropout to 0.1, or posts.views_weight to 0."
        )
    if not (posts.views_weight or posts.labels_weight):
        raise TrainError("There is nothing to learn: set posts.views_weight or posts.labels_weight above 0.")
    if student.kind != "transformer" or student.layers or student.fewest_uses:
        raise TrainError(
            "Posts adapt a transformer as it is; student.kind, student.layers and student.fewest_uses belong to the "
            "other recipes."
        )


def _languages(encoder: str) -> tuple[str, ...]:
    spec = spec_of(encoder)
    return spec.languages if spec else ()


def _split(posts: LabelledPosts, config: TrainConfig) -> tuple[np.ndarray, Plan]:
    """Return the rows of held-out posts and the order of the others; equal posts stay on one side."""
    groups = np.random.default_rng([config.pairs.seed, 6]).permutation(int(posts.group.max()) + 1)
    held = set(groups[: int(len(groups) * config.posts.held_out)].tolist())
    is_held = np.array([group in held for group in posts.group.tolist()])
    rows = np.flatnonzero(~is_held)
    return np.flatnonzero(is_held), Plan([Cell(rows, 1.0)], config.batch, seed=config.seed)
