"""Measures encoders: how often a sentence finds its translation, and what else an encoder is asked to do."""

from __future__ import annotations

from train.evaluate.matching import Match, matching_accuracy

__all__ = ["Match", "matching_accuracy"]
