"""All that decides a training run, as data: equal configs on equal pairs give equal encoders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any

from ctse_core.errors import TrainError

KIND_WEIGHTS = (
    ("sentence", 1.0),
    ("post", 1.0),
    ("indirect", 0.7),
    ("paragraph", 0.5),
    ("verse", 0.5),
    ("ui", 0.4),
    ("term", 0.25),
)
"""How readily a pair of each kind is drawn; a kind that is not named counts as a sentence."""


@dataclass(frozen=True)
class PairSettings:
    """Which pairs are read, which are kept, and how often each language is drawn.

    Attributes:
        files: Parquet, TSV, Moses or TMX files of pairs.
        languages: codes to keep; empty keeps all.
        cap: most pairs of one language from one source, drawn at random.
        caps: lower caps of single sources or kinds, as (name, pairs).
        weights: how readily pairs of a source or a kind are drawn, as (name, weight).
        temperature: languages are drawn in proportion to their pairs to this power: 1 as they are, 0 all alike.
        without: sources that are left out.
        most: (language, pairs): trains on at most so many pairs of single languages.
        guard: evaluation files whose sentences may not be trained on.
        seed: of every draw.
    """

    files: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cap: int = 500_000
    caps: tuple[tuple[str, int], ...] = ()
    weights: tuple[tuple[str, float], ...] = KIND_WEIGHTS
    temperature: float = 0.5
    without: tuple[str, ...] = ()
    most: tuple[tuple[str, int], ...] = ()
    guard: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class StudentSettings:
    """What is trained.

    Attributes:
        encoder: an encoder of the catalogue, or a folder.
        kind: "transformer", or "static" for a bag of token vectors begun from that encoder.
        layers: the layers that are kept, counted from 0; empty keeps all.
        units: so many inner units of each layer's feed-forward part are kept, those that move it most; 0 keeps all.
        fewest_uses: tokens that the pairs use less often leave the vocabulary; 0 keeps the whole of it.
        vocabulary: so many tokens stay, those that some language uses most; 0 leaves it to ``fewest_uses``.
        dropout: in [0, 1); 0 also makes every run cheaper and more even.
        prefix: put in front of every text; None keeps the encoder's own.
        project: learn a linear layer from the student's width to the teacher's where they differ.
    """

    encoder: str
    kind: str = "transformer"
    layers: tuple[int, ...] = ()
    units: int = 0
    fewest_uses: int = 0
    vocabulary: int = 0
    dropout: float = 0.0
    prefix: str | None = None
    project: bool = False


@dataclass(frozen=True)
class LossSettings:
    """What is asked of the vectors.

    Attributes:
        distance: "mse" or "cosine", from both student vectors to the teacher's vector of the English; "states", from
            every token's last state to the teacher's of the same text in its own language; "" for none.
        space: "raw" compares mean-pooled vectors as they are, "unit" those of length one. A teacher of unit
            vectors needs "unit": raw students are some ten times as long and would be pulled to nothing.
        distance_weight: weight of the distance.
        rotated: turn the teacher's vectors so that they lie as near as can be to those the student begins with. All
            cosines stay the same, and the student need not learn where the teacher's axes point.
        contrastive_weight: weight of the symmetric contrastive loss (InfoNCE) between the two sides; 0 for none.
        scale: cosines are multiplied by it before the softmax (1 / temperature).
        joined: share of a batch, in [0, 1), in which two pairs of one language make one longer pair.
    """

    distance: str = "mse"
    space: str = "raw"
    distance_weight: float = 1.0
    rotated: bool = False
    contrastive_weight: float = 0.0
    scale: float = 20.0
    joined: float = 0.0


@dataclass(frozen=True)
class PostSettings:
    """Posts that an encoder is adapted to, without translations (the recipe ``crisis_teacher``).

    Attributes:
        files: Parquet, CSV or TSV files with one post a row.
        text: the column of the posts; "" takes the first of text, message, english, post.
        labels: columns that say what a post is about: words, or 0 and 1; empty takes "label", or every column of
            0 and 1.
        views_weight: weight of telling a post from others by two passes with dropout (SimCSE, Gao et al. 2021).
        labels_weight: weight of drawing posts with shared labels together (Khosla et al. 2020).
        keep_weight: weight of staying near the vectors that the encoder gave before (1 - cosine).
        held_out: share of the posts that are never trained on.
    """

    files: tuple[str, ...] = ()
    text: str = ""
    labels: tuple[str, ...] = ()
    views_weight: float = 1.0
    labels_weight: float = 1.0
    keep_weight: float = 0.0
    held_out: float = 0.1


@dataclass(frozen=True)
class BlendSettings:
    """A teacher that is a map over other encoders' vectors (the recipe ``crisis_blend``, see ``blend``).

    Attributes:
        encoders: names or folders, side by side.
        sharpness: directions count by the variance of the posts' vectors to this power; 0 for all alike.
        labels_weight: length of the guessed labels beside the vectors' 1.
        ridge: of the regression that guesses them.
        dim: width of the teacher.
    """

    encoders: tuple[str, ...] = ("multilingual-e5-small-q4", "all-MiniLM-L6-v2")
    sharpness: float = 0.15
    labels_weight: float = 0.5
    ridge: float = 100.0
    dim: int = 384


@dataclass(frozen=True)
class TrainConfig:
    """One run.

    Attributes:
        recipe: the name of the function it came from.
        pairs, posts, blend, student, loss: see there.
        teacher: an encoder of the catalogue, or a folder; "" for none.
        steps: optimiser steps; 0 follows from ``epochs``.
        epochs: times that every pair is seen, at most; used where ``steps`` is 0.
        batch: pairs in one step.
        tokens: padded tokens that go through the student at once.
        held_tokens: padded tokens whose activations may be kept at once; memory follows from it. A contrastive
            batch with more goes through the student twice (gradient caching, Gao et al. 2021).
        window: steps whose pairs are dealt out by length, so that those of one step are alike; 1 for none.
        learning_rate: highest, of everything but the token vectors.
        token_learning_rate: highest, of the token vectors.
        warmup: share of the steps over which the rates rise; then they fall to 0 in a line.
        weight_decay: of matrices; vectors and norms have none.
        clip: longest gradient; 0 for no limit.
        precision: "auto", "fp32", "bf16" or "fp16".
        compiled: whether torch compiles the student.
        held_out: pairs of each language that are never trained on and by whose matching the best checkpoint is chosen.
        evaluation: files that take their place.
        evaluate_every, save_every: steps; 0 for a tenth of the run.
        seed: of weights, order and dropout.
    """

    recipe: str
    student: StudentSettings
    teacher: str = ""
    pairs: PairSettings = field(default_factory=PairSettings)
    posts: PostSettings = field(default_factory=PostSettings)
    blend: BlendSettings = field(default_factory=BlendSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    steps: int = 0
    epochs: int = 1
    batch: int = 64
    tokens: int = 4096
    held_tokens: int = 16384
    window: int = 1
    learning_rate: float = 2e-5
    token_learning_rate: float = 2e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    precision: str = "auto"
    compiled: bool = False
    held_out: int = 50
    evaluation: tuple[str, ...] = ()
    evaluate_every: int = 0
    save_every: int = 0
    seed: int = 0


_CHOICES = {
    "loss.distance": ("", "mse", "cosine", "states"),
    "loss.space": ("raw", "unit"),
    "student.kind": ("transformer", "static"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
}
_LEAST = {
    "steps": 0,
    "epochs": 1,
    "batch": 1,
    "tokens": 1,
    "held_tokens": 0,
    "window": 1,
    "learning_rate": 0,
    "token_learning_rate": 0,
    "weight_decay": 0,
    "clip": 0,
    "held_out": 0,
    "evaluate_every": 0,
    "save_every": 0,
    "pairs.cap": 1,
    "pairs.temperature": 0,
    "student.units": 0,
    "student.fewest_uses": 0,
    "student.vocabulary": 0,
    "loss.distance_weight": 0,
    "loss.contrastive_weight": 0,
    "posts.views_weight": 0,
    "posts.labels_weight": 0,
    "posts.keep_weight": 0,
    "blend.sharpness": 0,
    "blend.labels_weight": 0,
    "blend.ridge": 0,
    "blend.dim": 1,
}
_SHARES = ("warmup", "student.dropout", "posts.held_out", "loss.joined")


def check_config(config: TrainConfig) -> None:
    """See that every setting is one that a run can have.

    Raises:
        TrainError: one is not; the sentence names it and what it may be.
    """
    for name, choices in _CHOICES.items():
        if _setting(config, name) not in choices:
            may = ", ".join(repr(each) for each in choices)
            raise TrainError(f"The setting {name} is {_setting(config, name)!r}; it may be {may}.")
    for name, least in _LEAST.items():
        if not _setting(config, name) >= least:
            raise TrainError(f"The setting {name} is {_setting(config, name)}; it must be {least} or more.")
    for name in _SHARES:
        if not 0 <= _setting(config, name) < 1:
            raise TrainError(f"The setting {name} is {_setting(config, name)}; it must be from 0 to below 1.")
    if config.loss.distance == "states" and (config.student.kind != "transformer" or not config.teacher):
        raise TrainError('The distance "states" needs a transformer as the student and one as the teacher.')
    if not config.loss.scale > 0:
        raise TrainError(f"The setting loss.scale is {config.loss.scale}; it must be above 0.")


def _setting(config: Any, name: str) -> Any:
    for part in name.split("."):
        config = getattr(config, part)
    return config


def config_digest(config: TrainConfig) -> str:
    """Return 16 hexadecimal digits that change with any setting."""
    return hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode()).hexdigest()[:16]


def config_of(values: dict[str, Any]) -> TrainConfig:
    """Return the config that ``dataclasses.asdict`` (and JSON) took apart.

    Raises:
        TrainError: a setting is missing or unknown.
    """
    parts = {
        "pairs": PairSettings,
        "posts": PostSettings,
        "blend": BlendSettings,
        "student": StudentSettings,
        "loss": LossSettings,
    }
    try:
        values = {"blend": {}, **values}  # runs from before there were blends
        inner = {name: made(**_frozen(values[name])) for name, made in parts.items()}
        return TrainConfig(**{**_frozen(values), **inner})
    except (TypeError, KeyError) as error:
        raise TrainError(f"These settings are not those of a training run: {error}. Start a new run.") from error


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Return a line for each setting in which two configs differ, as "name: left, right"."""
    if is_dataclass(left) and is_dataclass(right):
        return [
            line
            for each in fields(left)
            for line in differences(
                getattr(left, each.name), getattr(right, each.name, None), f"{path}.{each.name}".strip(".")
            )
        ]
    return [] if left == right else [f"{path}: {left!r}, {right!r}"]


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value
