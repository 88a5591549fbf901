"""The first three experiments of the paper's digest, each with a table, figures and a paragraph in plain words.

1. An encoder on English and translated sentences: do they lie at the same place?
2. An encoder against the plain model it began from, on English crisis posts.
3. The same on crisis posts in other languages.

Source: Lamsal, Read and Karunasekera, "Semantically Enriched Cross-Lingual Sentence Embeddings for Crisis-related
Social Media Texts" (2024), arXiv:2403.16614.
"""

from __future__ import annotations

from train.experiments.crisis import CrisisSettings, crisis_experiment
from train.experiments.experiment import Experiment, write_experiment
from train.experiments.translated import TranslatedSettings, translated_experiment

__all__ = [
    "CrisisSettings",
    "Experiment",
    "TranslatedSettings",
    "crisis_experiment",
    "translated_experiment",
    "write_experiment",
]
