"""Schemes: those that ship are whole; an own one is read, or every mistake is told with its line."""

import json

import pytest

from ctse_core.crisis.scheme_file import read_scheme, scheme_template, written_scheme
from ctse_core.crisis.schemes import BUILT_IN, alarm, built_in, dict_of_scheme, scheme_of_dict
from ctse_core.errors import SettingError
from ctse_core.words import LANGUAGES, speak

OFFICIAL = 25
GOOD = """type,example,language,urgency
Water,No water here.,en,high
Water,Falta agua.,es,
Roads,It is cut.,en,1
Roads,Gone.,,
"""


@pytest.fixture(autouse=True)
def english():
    speak("en")


def test_trec_is_has_its_25_types_and_one_of_them_tells_no_need():
    scheme = built_in("trec_is")
    assert len(scheme.types) == OFFICIAL and len({one.key for one in scheme.types}) == OFFICIAL
    assert [one.key for one in scheme.types if one.aside] == ["Other-Irrelevant"]
    assert len(scheme.told) == OFFICIAL - 1


@pytest.mark.parametrize("key", BUILT_IN)
def test_types_that_ship_have_names_in_every_interface_language_and_examples_in_several(key):
    for one in built_in(key).types:
        assert set(LANGUAGES) <= set(one.names), one.key
        assert 0 <= one.urgency <= 3 and one.about
        least = 1 if one.sign else 4
        assert len({example.lang for example in one.examples}) >= min(least, 4) or one.sign, one.key
        assert len(one.examples) >= 3


def test_names_follow_the_interface_language():
    one = built_in("ocha").types[0]
    english = one.name
    speak("es")
    assert one.name == "Agua, saneamiento e higiene" != english


def test_urgency_has_examples_of_all_four_levels():
    assert {level for _, level in alarm().examples} == {0, 1, 2, 3}


def test_an_unknown_scheme_is_told():
    with pytest.raises(SettingError, match="trec_is"):
        built_in("nothing")


def test_an_own_scheme_is_read_from_csv_and_written_and_read_again():
    scheme = read_scheme(GOOD.encode("utf-8-sig"), "My scheme.csv")
    assert scheme.own and scheme.key == "own-my-scheme" and scheme.name == "My scheme"
    assert [(one.name, one.urgency, len(one.examples)) for one in scheme.types] == [("Water", 2, 2), ("Roads", 1, 2)]
    assert scheme.types[0].examples[1].lang == "es"
    again = read_scheme(written_scheme(scheme).encode(), "My scheme.json")
    assert [one.examples for one in again.types] == [one.examples for one in scheme.types]
    kept = scheme_of_dict(json.loads(json.dumps(dict_of_scheme(scheme))))
    assert kept == scheme and kept.fingerprint == scheme.fingerprint


def test_the_file_to_start_from_is_a_scheme_with_a_type_that_tells_no_need():
    scheme = read_scheme(scheme_template().encode(), "start.csv")
    assert [one.aside for one in scheme.types] == [False, False, True]
    assert scheme.types[0].terms == ("water", "agua", "eau")


def test_semicolons_and_tabs_part_columns_too():
    for sign in ";\t":
        assert len(read_scheme(GOOD.replace(",", sign).encode(), "a.csv").types) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("kind,text\nWater,x\n", "Line 1: column type, example is missing"),
        ("type,example\nWater,a\n,b\nWater,c\nRoads,d\nRoads,e\n", "Line 3: there is no type"),
        ("type,example\nWater,a\nWater,\nWater,c\nRoads,d\nRoads,e\n", "Line 3: “Water” has no example"),
        (GOOD + "Roads,Cut.,en,urgent\n", "Line 6: urgency “urgent”"),
        ("type,example\nWater,a\nWater,b\nRoads,c\n", "Line 4: “Roads” has 1 example;"),
        ("type,example\nWater,a\nWater,b\n", "at least two types"),
        (f"type,example\n{'W' * 70},a\nRoads,b\nRoads,c\n", "Line 2: “WWW"),
        ('{"types": [{"name": "Water" "examples": []}]}', "not proper JSON (line 1)"),
        ('{"kinds": []}', "no list “types”"),
        ('[{"name": "W", "examples": ["a", "b"], "urgency": 7}, {"name": "R", "examples": ["c", "d"]}]', "0, 1, 2, 3"),
        ('[{"name": "Water", "examples": ["a", "b"]}, {"name": "water", "examples": ["c", "d"]}]', "twice"),
        ('[{"examples": ["a", "b"]}, {"name": "x", "examples": ["c", "d"]}]', "Type 1: the type has no name"),
        ("", "column type, example is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_where_it_stands(content, told):
    with pytest.raises(SettingError) as wrong:
        read_scheme(content.encode(), "scheme.csv")
    assert told in str(wrong.value) and "scheme.csv" in str(wrong.value)


def test_several_mistakes_are_told_at_once_but_not_hundreds():
    content = "type,example\n" + ",x\n" * 100
    with pytest.raises(SettingError) as wrong:
        read_scheme(content.encode(), "scheme.csv")
    assert "Line 2:" in str(wrong.value) and "Line 3:" in str(wrong.value) and "more" in str(wrong.value)
    assert len(str(wrong.value)) < 1_000


def test_a_file_in_another_encoding_or_far_too_large_is_told():
    with pytest.raises(SettingError, match="line 2"):
        read_scheme("type,example\nWässer,x".encode("latin-1"), "a.csv")
    with pytest.raises(SettingError, match="too large"):
        read_scheme(b"x" * 2_000_001, "a.csv")
