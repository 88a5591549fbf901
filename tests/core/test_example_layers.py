"""The example opens with its needs, places and sources: nothing of them is made when a person is waiting."""

import pytest

from ctse_core import needs_layer, places_layer, sources_layer
from ctse_core.analysis import load_analysis
from ctse_core.edited import edited
from ctse_core.example import EXAMPLE, open_example
from ctse_core.types import Col

pytestmark = pytest.mark.skipif(not (EXAMPLE / "manifest.json").is_file(), reason="the example is not made yet")


def test_the_example_comes_with_what_responders_ask_of_it(tmp_path, monkeypatch):
    def waiting(*_, **__):
        raise AssertionError("the shipped layers are older than the code: python -m ctse_core.example")

    monkeypatch.setattr(needs_layer, "encoder_of", waiting)
    monkeypatch.setattr(places_layer, "_read", waiting)
    monkeypatch.setattr(sources_layer, "_read", waiting)
    project = open_example(tmp_path)
    shown = edited(load_analysis(project), project)
    assert (shown.table[Col.NEEDS].list.len() > 0).mean() > 0.5
    assert (shown.table[Col.LOCATED].list.len() > 0).sum() > 50
    assert shown.table[Col.INDEPENDENT].min() >= 1
