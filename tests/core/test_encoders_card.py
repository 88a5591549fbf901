"""Model cards: written beside what a folder tells already, read back as they were, damage told."""

import json

import pytest

from ctse_core.encoders.card import Card, Run, Score, Service, Source, Speed, read_card, write_card
from ctse_core.encoders.own import About, read_about, write_about
from ctse_core.errors import EncoderError

CARD = Card(
    service={"fr": Service(0.99, 0.98, 1.0, "ntrex"), "ka": Service(0.7, 0.66, 0.73), "ht": Service(0.9, 0.8, 1)},
    sources=(Source("tatoeba", "CC-BY-2.0-FR", "Tatoeba, its contributors", rows=279778, languages=51, share=0.3),),
    runs=(Run("hybrid", "python -m train hybrid", "e5", "e5", 100, 2560, 10, 256, 1.5, "cpu", "bf16", {"a": "6"}),),
    scores=(Score("mine", "dev", "matching", "fr", 0.99, 0.98, 1.0, 1007),),
    speeds=(Speed("mine", "onnx-int8", 600.5, 2.1),),
    sizes={"megabytes": 38.2, "layers": 6},
    notes=("Not for legal texts.",),
)  # fmt: skip


def test_a_card_comes_back_as_it_was_written(tmp_path):
    write_card(tmp_path, CARD)
    assert read_card(tmp_path) == CARD


def test_what_the_folder_told_before_stays_and_the_service_stands_at_the_top(tmp_path):
    write_about(tmp_path, About("Mine", "A note.", "Apache-2.0", ("fr",)))
    path = write_card(tmp_path, CARD)
    assert read_about(tmp_path).title == "Mine"
    assert json.loads(path.read_text())["service"]["fr"]["matching"] == 0.99


def test_a_folder_without_a_card_has_none(tmp_path):
    assert read_card(tmp_path) is None
    write_about(tmp_path, About("Mine"))
    assert read_card(tmp_path) is None


def test_languages_are_told_by_how_well_they_are_served():
    assert CARD.served() == ["fr", "ht", "ka"]
    assert CARD.served(0.95) == ["fr"]
    assert CARD.served(0.80, 0.95) == ["ht"]
    assert CARD.served(below=0.80) == ["ka"]


@pytest.mark.parametrize(
    "told", [{"service": {"fr": 3}}, {"card": {"sources": [{"name": "x"}]}}, {"card": {"sizes": {"a": "b"}}}]
)
def test_a_damaged_card_is_told_in_a_sentence(tmp_path, told):
    (tmp_path / "ctse.json").write_text(json.dumps(told))
    with pytest.raises(EncoderError, match=r"card in .* cannot be read"):
        read_card(tmp_path)


def test_what_a_later_version_adds_is_left_out(tmp_path):
    told = {"service": {"fr": {"matching": 1, "low": 0.9, "high": 1, "set": "x", "new": 1}}, "card": {"new": [1]}}
    (tmp_path / "ctse.json").write_text(json.dumps(told))
    assert read_card(tmp_path) == Card(service={"fr": Service(1.0, 0.9, 1.0, "x")})
