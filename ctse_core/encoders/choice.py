"""Which of our own encoders a file of posts gets when nobody names one: by its size and this machine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ctse_core.encoders.catalog import DEFAULT_ENCODER, FAST_ENCODER
from ctse_core.encoders.embed import spoken_time
from ctse_core.encoders.encoder import Encoder
from ctse_core.errors import EncoderError

AUTO = "auto"
"""The name that stands for "choose for me"."""

SMALL, STATIC = DEFAULT_ENCODER, FAST_ENCODER

MANY_POSTS = 50_000
"""Different posts from which a machine without a GPU takes the fast encoder: some minutes of the other one."""

SOON = 10.0  # seconds; where the chosen encoder needs less, nobody wants to know what the other would
TRIAL_SECONDS = 0.25
TRIAL_TEXTS = 512


@dataclass(frozen=True)
class Choice:
    """An encoder and how it came to be used.

    Attributes:
        asked: what a person asked for: "auto", a name, a folder or an address.
        encoder: what is used: a name of the catalogue, a folder or an address.
        why: a sentence; empty where the encoder was named.
    """

    asked: str
    encoder: str
    why: str = ""


def picked(posts: int, gpu: bool) -> str:
    """Return the encoder for so many different posts on a machine with or without a GPU."""
    return STATIC if posts >= MANY_POSTS and not gpu else SMALL


def auto_choice(posts: int, gpu: bool, paces: Mapping[str, float]) -> Choice:
    """Return the encoder for ``posts`` different posts, with a sentence: why, and what the other would take.

    ``paces`` are posts a second on this machine by encoder; of one that is not among them no time is told.
    """
    chosen = picked(posts, gpu)
    if chosen == STATIC:
        why = f"{STATIC}, because {posts:,} different posts are many for a machine without a GPU"
    elif posts >= MANY_POSTS:
        why = f"{SMALL}, because this machine has a GPU for the {posts:,} different posts"
    else:
        why = f"{SMALL}, because {posts:,} different posts are few enough for the encoder that reads more closely"
    needed = _seconds(posts, paces.get(chosen))
    if needed is not None:
        why += f": embedding them takes {_about(needed)} on the machine used"
    return Choice(AUTO, chosen, f"{why}{_other(chosen, posts, needed, paces)}")


def tried_choice(posts: int, gpu: bool, texts: Sequence[str], load: Callable[[str], Encoder]) -> Choice:
    """Return the encoder for ``posts`` different posts, after a short trial of it here on an even sample of ``texts``.

    The other encoder is tried, too, where its time is worth telling; one that cannot be had is passed over.

    Raises:
        EncoderError: the encoder that is chosen cannot be had.
    """
    chosen = picked(posts, gpu)
    paces = {chosen: measured_pace(load(chosen), texts)}
    other = SMALL if chosen == STATIC else STATIC
    if worth_a_trial(posts, gpu, paces):
        with contextlib.suppress(EncoderError):
            paces[other] = measured_pace(load(other), texts)
    return auto_choice(posts, gpu, paces)


def worth_a_trial(posts: int, gpu: bool, paces: Mapping[str, float]) -> bool:
    """Return whether the encoder that is not chosen should be tried, so that its time can be told."""
    needed = _seconds(posts, paces.get(picked(posts, gpu)))
    return picked(posts, gpu) == STATIC or needed is None or needed >= SOON


def measured_pace(encoder: Encoder, texts: Sequence[str]) -> float:
    """Return posts a second, tried on an even sample of ``texts`` for about a quarter of a second; 0 without texts."""
    filled = [text for text in texts if text.strip()]
    sample = sorted(filled[:: max(1, len(filled) // TRIAL_TEXTS)], key=len, reverse=True)
    if not sample:
        return 0.0
    encoder.encode(sample[:1])  # the first call makes things ready
    parts, seconds, done = 16, 0.0, 0
    while seconds < TRIAL_SECONDS and parts:
        # Every sixteenth, every eighth ... post: long and short ones in each part, as many as time allows.
        part = sample[parts // 2 :: parts]
        parts //= 2
        if part:
            began = time.perf_counter()
            encoder.encode(part)
            seconds += time.perf_counter() - began
            done += len(part)
    return done / max(seconds, 1e-6)


def _seconds(posts: int, pace: float | None) -> float | None:
    return posts / pace if pace else None


def _about(seconds: float) -> str:
    return "a moment" if seconds < 1 else f"about {spoken_time(seconds)}"


def _other(chosen: str, posts: int, needed: float | None, paces: Mapping[str, float]) -> str:
    """Return how the sentence ends: what the encoder that was not chosen would take."""
    other = SMALL if chosen == STATIC else STATIC
    seconds = _seconds(posts, paces.get(other))
    if seconds is not None:
        return f"; {other} would take {_about(seconds)}."
    soon = chosen == SMALL and needed is not None and needed < SOON
    return f", so {other} would save next to nothing." if soon else "."
