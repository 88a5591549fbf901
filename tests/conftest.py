"""Fixtures shared by all rooms; its being here also puts the repository on the import path."""

from __future__ import annotations

import pytest

from tests.fakes import WordEncoder


@pytest.fixture
def word_encoder() -> WordEncoder:
    """Return a fresh encoder whose answers can be checked by eye."""
    return WordEncoder()
