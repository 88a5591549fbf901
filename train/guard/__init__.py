"""Evaluation sets are never trained on: what is guarded, and files of pairs cleaned of it."""

from train.guard.cleaned import write_cleaned
from train.guard.sentences import SHOWN, Guard, refusal

__all__ = ["SHOWN", "Guard", "refusal", "write_cleaned"]
