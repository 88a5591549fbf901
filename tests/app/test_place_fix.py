"""The dialogue about the places of one post: why each was read, corrected here or everywhere, taken back."""

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from ctse_core.analysis import load_analysis
from ctse_core.edited import edited
from ctse_core.project.place_marks import EVERYWHERE, place_marks
from ctse_core.types import Col


def page(folder, position):
    from pathlib import Path

    from ctse_core.analysis import load_analysis
    from ctse_core.edited import edited
    from ctse_core.project import Project
    from ui.place_fix import place_dialogue

    project = Project(Path(folder))
    place_dialogue(project, edited(load_analysis(project), project), position)


@pytest.fixture
def post(example):
    """A post of the example that names no place but Birim."""
    mentions = edited(load_analysis(example), example).crisis.mentions.filter(pl.col("said") != "")
    alone = mentions.filter(pl.col("position").is_unique() & (pl.col("said") == "Birim"))
    return int(alone["position"][0])


@pytest.fixture
def dialogue(example, post):
    return AppTest.from_function(page, args=(str(example.folder), post), default_timeout=60).run()


def located(example, post):
    laid = edited(load_analysis(example), example)
    return [laid.crisis.place_names[key] for key in laid.table[Col.LOCATED][post]]


def test_a_name_is_shown_with_its_place_and_its_reasons(dialogue, example, post):
    assert not dialogue.exception
    assert "Birim" in located(example, post)
    assert any("Taken for **Birim**" in shown.value for shown in dialogue.markdown)


def test_a_name_is_told_to_be_no_place_in_every_post_and_that_is_taken_back(dialogue, example, post):
    chooser = next(box for box in dialogue.selectbox if box.label == "It means")
    chooser.select_index(chooser.options.index("No place")).run()
    where = next(radio for radio in dialogue.radio if radio.label == "Where")
    where.set_value(where.options[1]).run()
    next(button for button in dialogue.button if button.label == "Save").click().run()
    assert not dialogue.exception
    (mark,) = place_marks(example.folder)
    assert (mark.said, mark.key, mark.position) == ("birim", "", EVERYWHERE)
    assert not edited(load_analysis(example), example).crisis.mentions["said"].is_in(["Birim"]).any()
    dialogue.run()
    next(button for button in dialogue.button if button.label == "Take back").click().run()
    assert place_marks(example.folder)[0].undone
