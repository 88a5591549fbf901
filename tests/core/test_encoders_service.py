"""Which languages of a file are well, fairly or poorly served, by the card in the encoder's folder."""

import json

import pytest

from ctse_core.encoders import Card, Service, language_service, posts_by_grade, service_of, service_table, write_card
from ctse_core.encoders.service import described_service, service_sentence

TABLE = {
    "es": Service(0.99, 0.98, 1.0, "ntrex"),
    "sw": Service(0.86, 0.84, 0.88, "ntrex"),
    "my": Service(0.55, 0.52, 0.58, "ntrex"),
    "ku": Service(0.82, 0.80, 0.84, "ntrex"),
    "nb": Service(0.95, 0.94, 0.96, "ntrex"),
}


def grades(*codes):
    return {served.lang: served.grade for served in language_service(dict.fromkeys(codes, 1), TABLE)}


def test_the_grades_follow_the_measured_matching_and_nothing_measured_is_poorly():
    assert grades("es", "sw", "my", "yo") == {"es": "well", "sw": "fairly", "my": "poorly", "yo": "poorly"}


def test_a_language_goes_by_its_other_codes_but_sorani_is_not_kurmanji():
    assert grades("no", "es-MX", "kmr") == {"no": "well", "es-MX": "well", "kmr": "fairly"}
    assert grades("ckb") == {"ckb": "poorly"}


def test_english_counts_as_well_served_and_an_unknown_language_as_undetermined():
    assert grades("en", "und") == {"en": "well", "und": "undetermined"}


def test_every_post_is_counted_once_and_most_posts_come_first():
    served = language_service({"my": 3, "es": 40, "und": 2, "sw": 7, "en": 50}, TABLE)
    assert [one.lang for one in served] == ["en", "es", "sw", "my", "und"]
    assert posts_by_grade(served) == {"well": 90, "fairly": 7, "poorly": 3, "undetermined": 2}
    assert (served[1].matching, served[1].low, served[1].high, served[1].set) == (0.99, 0.98, 1.0, "ntrex")


def test_without_measurements_it_is_said_that_nothing_is_known():
    assert language_service({"es": 4}, {}) == []
    assert "not known" in described_service({"es": 4}, {})["sentence"]
    assert "not known" not in service_sentence({"undetermined": 3})


def test_the_manifest_keeps_it_in_json_and_gives_it_back_for_some_of_the_posts():
    kept = json.loads(json.dumps(described_service({"es": 40, "my": 3, "en": 9}, TABLE)))
    assert kept["posts"] == {"well": 49, "poorly": 3}
    some = service_of({"my": 2, "es": 0}, kept)
    assert [(one.lang, one.posts, one.grade) for one in some] == [("my", 2, "poorly")]


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"service": 3}', '{"service": {"es": "good"}}'])
def test_a_folder_that_tells_nothing_or_badly_is_an_encoder_of_unknown_service(tmp_path, torn):
    assert service_table(str(tmp_path)) == {}
    (tmp_path / "ctse.json").write_text(torn)
    assert service_table(str(tmp_path)) == {}
    assert service_table("https://api.example.org/v1#m") == {}


def test_the_table_is_read_from_the_card_in_the_folder(tmp_path):
    write_card(tmp_path, Card(service=TABLE))
    assert service_table(str(tmp_path)) == TABLE
