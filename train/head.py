"""A linear layer behind a student's pooling: its own space and a crisis teacher's, side by side in its width.

A student that gives its teacher's states again (see ``states_task``) knows what its teacher knows, in every language,
but not which differences matter in a crisis. A crisis teacher does, in English. The layer is found without a step of
training. A ridge regression guesses the crisis teacher's vector of the English from the student's vector of either side
of a pair, and a text lies where its own vector and that guess put it together. Of its own vector those directions count
less in which a sentence differs from its translation (within-class covariance normalisation, Hatch, Kajarekar and
Stolcke 2006, a pair being a class); of the guess those that all texts vary in (soft whitening, Su et al. 2021 with a
power below 1/2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders import SentenceEncoder
from ctse_core.encoders.eight_bit import in_eight_bits
from ctse_core.errors import TrainError
from ctse_core.types import Vectors

_SHRUNK = 0.1  # of the mean variance, added to every direction of what differs within pairs
_LEAST_VARIANCE = 1e-6  # of the largest


@dataclass(frozen=True)
class HeadSettings:
    """How the two spaces are put together.

    Attributes:
        share: of the crisis teacher's space in the variance of both, in [0, 1]; 0 leaves the student's own.
        own_power: a direction of the student's own space counts less by the variance within pairs to the power
            ``-own_power``, in [0, 0.5].
        teacher_power: one of the guessed teacher's counts less by the variance of all texts to the power
            ``-teacher_power``, in [0, 0.5].
        ridge: of the regression that guesses the teacher's vectors, as a share of the student's mean variance, above 0.
    """

    share: float = 0.35
    own_power: float = 0.35
    teacher_power: float = 0.15
    ridge: float = 0.03


def put_head(
    encoder: SentenceEncoder, sides: tuple[Vectors, Vectors], wanted: Vectors, settings: HeadSettings
) -> SentenceEncoder:
    """Return a transformer with a fitted linear layer behind its pooling; weights are shared with the one given.

    ``sides`` (n, e) are its vectors of English sentences and of their translations into any languages, not normalised,
    best those of the form in which it will run; ``wanted`` (n, d) are the crisis teacher's vectors of the English. A
    text costs one product of matrices more.

    Raises:
        TrainError: see ``fit_head``.
    """
    import torch

    weight, middle = fit_head(*sides, wanted, settings)
    layer = torch.nn.Linear(*weight.shape)
    # Rounded before the mean is taken off: the mean is long beside what texts differ in, and rounding would shift it.
    rows = in_eight_bits(weight.T)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(rows))
        layer.bias.copy_(torch.from_numpy(-rows @ middle))
    head = torch.nn.Sequential(*encoder.head, layer.to(encoder.device)).eval()
    return SentenceEncoder(encoder.name, encoder.model, encoder.tokenizer, encoder.use, head)


def fit_head(
    english: Vectors, translations: Vectors, wanted: Vectors, settings: HeadSettings
) -> tuple[Vectors, Vectors]:
    """Return the map (e, e) of centred vectors, and their mean (e,), fitted to vectors (n, e) of pairs' two sides.

    They come as the student gives them, not normalised: so does what the layer will meet, and a length that changes
    with the language is one more difference that counts less. Of two spaces side by side cosines depend only on the
    product of their maps (e, e + d) with its own transpose. So the map returned is the symmetric root of that: it turns
    the student's space no further than it must.

    Raises:
        TrainError: a setting is out of its range; or english, translations and ``wanted`` (n, d) are not as many, or
            too few to fit anything, or ``wanted`` are all alike.
    """
    _check(settings)
    if not len(english) == len(translations) == len(wanted):
        raise TrainError(
            f"{len(english):,} sentences have {len(translations):,} translations and {len(wanted):,} vectors of the "
            "teacher; give one of each for every sentence."
        )
    if len(english) < 2:
        raise TrainError("A layer cannot be fitted to fewer than two pairs; give more.")
    if not np.ptp(wanted, axis=0).any():
        raise TrainError("The teacher says the same of every sentence, so it teaches nothing; choose another.")
    every = np.concatenate([english, translations]).astype(np.float64)
    middle = every.mean(axis=0)
    spread = (every - middle).T @ (every - middle) / len(every)
    apart = (english - translations).astype(np.float64)
    within = apart.T @ apart / len(apart) / 2
    own = _root(within + _mean_variance(within, _SHRUNK), -settings.own_power)
    told = (every - middle).T @ np.tile(wanted - wanted.mean(axis=0), (2, 1)) / len(every)
    guess = np.linalg.solve(spread + _mean_variance(spread, settings.ridge), told)
    guess = guess @ _root(guess.T @ spread @ guess, -settings.teacher_power)
    product = np.zeros_like(spread)
    for each, share in ((own, 1 - settings.share), (guess, settings.share)):
        product += share / np.trace(each.T @ spread @ each) * each @ each.T
    return _root(product, 0.5).astype(np.float32), middle.astype(np.float32)


def _check(settings: HeadSettings) -> None:
    for name, most in (("share", 1), ("own_power", 0.5), ("teacher_power", 0.5)):
        if not 0 <= (value := getattr(settings, name)) <= most:
            raise TrainError(f"The setting {name} of the layer is {value}; it must be from 0 to {most}.")
    if not settings.ridge > 0:
        raise TrainError(f"The setting ridge of the layer is {settings.ridge}; it must be above 0.")


def _mean_variance(covariance: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return a share of the mean variance in every direction (e, e)."""
    return share * np.trace(covariance) / len(covariance) * np.eye(len(covariance))


def _root(symmetric: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Return a symmetric matrix (e, e) without negative directions to a power; the flattest are taken as less flat."""
    variances, directions = np.linalg.eigh(symmetric)
    return (directions * np.maximum(variances, _LEAST_VARIANCE * variances[-1]) ** power) @ directions.T
