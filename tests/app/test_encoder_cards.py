"""Model cards on the Encoders page: what each tells, languages by how they are served, damage, none at all."""

import pytest

from ctse_core.encoders import write_about, write_card
from ctse_core.encoders.card import Card, Run, Score, Service, Source, Speed
from ctse_core.encoders.own import ABOUT, About
from ctse_core.home import encoders_home
from tests.app.test_pages import opened, words
from tests.fakes import tiny_encoder
from ui import encoder_cards as page

CARD = Card(
    service={"fr": Service(0.99, 0.98, 1.0, "ntrex"), "my": Service(0.949, 0.93, 0.96), "ka": Service(0.6, 0.5, 0.7)},
    sources=(Source("tatoeba", "CC-BY-2.0-FR", "Tatoeba and its contributors", rows=2000, languages=2, share=0.5),),
    runs=(Run("hybrid", "python -m train hybrid --out mine", "e5", "e5", 2060, 6400, 100, 64, 1.7, "cpu"),),
    scores=(
        Score("mine", "dev_ntrex_half1", "matching", "", 0.85, 0.84, 0.86, 2),
        Score("e5", "dev_ntrex_half1", "matching", "", 0.9, 0.89, 0.91, 2),
        Score("mine", "dev_ntrex_half1", "matching", "fr", 0.99, 0.98, 1.0, 1007),
        Score("mine", "dev_sib200", "matching", "my", 0.96, 0.93, 0.97, 510),
    ),
    speeds=(Speed("mine", "onnx-int8", 640.2, 2.1), Speed("mine", "torch", 100.0, 2.0)),
    sizes={"megabytes": 38.2, "layers": 6},
    notes=("Not for [legal](x) texts.",),
)  # fmt: skip


@pytest.fixture
def mine(home, monkeypatch, tmp_path):
    """An encoder of one's own that has a card, and none that ships."""
    monkeypatch.setattr("ctse_core.encoders.sources.SHIPPED", tmp_path / "none")
    folder = encoders_home() / "mine"
    tiny_encoder(folder)
    write_about(folder, About("Mine", "Made for *floods*.", "MIT", ("fr",)))
    write_card(folder, CARD)
    return folder


def table_with(app, column):
    return next(found.value for found in app.dataframe if column in found.value.columns)


def test_a_card_tells_service_sources_and_how_it_was_made(mine):
    app = opened("encoders.py")
    assert not app.error, [error.value for error in app.error]
    told = words(app)
    assert "Fairly served" in told and "Burmese 0\\.94" in told, "0.949 does not read as well served"
    assert "Poorly served" in told and "Georgian 0\\.60" in told
    assert "Made for \\*floods\\*" in told and "\\[legal\\]" in told, "what a card says is shown as it stands"
    assert {metric.label: metric.value for metric in app.metric}["Languages well served"] == "1 of 3"
    assert table_with(app, "Credit")["Credit"].tolist() == ["Tatoeba and its contributors"]
    assert [code.value for code in app.code] == ["python -m train hybrid --out mine"]
    assert "Recipe hybrid: begun from e5" in told.replace("\\", "")


def test_languages_have_a_column_a_set_and_a_dash_where_a_set_lacks_them(mine):
    table = table_with(opened("encoders.py"), "Served")
    assert table["Language"].tolist() == ["French", "Burmese", "Georgian"]
    assert table["Served"].tolist() == ["well", "fairly", "poorly"]
    assert table["NTREX"].tolist() == ["0.990 (0.980–1.000)", "–", "–"]
    assert table["SIB-200"].tolist() == ["–", "0.960 (0.930–0.970)", "–"]


def test_headlines_and_speeds_stand_beside_others(mine):
    app = opened("encoders.py")
    assert table_with(app, "Measure").columns.tolist() == ["Measure", "mine", "e5"]
    assert table_with(app, "Posts/s")["Posts/s"].tolist() == [640, 100]


def test_a_damaged_card_is_told_and_the_page_goes_on(mine):
    (mine / ABOUT).write_text('{"card": {"sources": [3]}}')
    app = opened("encoders.py")
    assert any("cannot be read" in told.value for told in app.warning)
    assert any("No encoder on this machine has a model card" in told.value for told in app.info)


@pytest.mark.parametrize(("matching", "grade"), [(0.95, "well"), (0.9499, "fairly"), (0.8, "fairly"), (0.79, "poorly")])
def test_grades_begin_at_their_bounds(matching, grade):
    assert page._grade(matching) == grade
