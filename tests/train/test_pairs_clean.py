import numpy as np
import polars as pl
import pytest

from train.pairs_clean import RAW, clean, compared, kind_of_source, mixed, pair_keys, text_keys, tidy


def batch(**columns):
    rows = max(len(column) for column in columns.values())
    values = {"row": list(range(1, rows + 1)), "lang": ["de"] * rows, "source": ["news"] * rows, **columns}
    return pl.DataFrame({name: values.get(name, [None] * rows) for name in RAW}, schema=RAW)


def test_texts_are_composed_single_spaced_and_burmese_is_unicode():
    tidied = tidy(pl.Series(["e\u0301 \u00a0 x\t\n", " a  b ", "as it is", None, "\u1031\u1019\u102c\u1004\u1039"]))
    assert tidied.to_list() == ["é x", "a b", "as it is", "", "မောင်"]


def test_texts_that_differ_in_case_width_or_punctuation_are_equal_as_compared():
    keys = text_keys(
        pl.Series(["Straße, 5!", "ＳＴＲＡＳＳＥ ５", "strasse 6", "ΟΔΟΣ", "οδος", "οδοσ", "…!", ""])
    ).to_list()
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] == keys[4] == keys[5]
    assert keys[6] == keys[7] == 0
    assert compared(pl.Series(["बाढ़ का पानी!"])).to_list() == ["बाढ़कापानी".replace("ढ़", "ढ\u093c")]


def test_each_fault_has_its_reason_and_an_earlier_one_stays():
    frame = clean(
        batch(
            english=["Good", "OK", "!!!", "long " * 900, "Same", "lost"],
            translation=["Gut", "Ja", "nein", "x", "Same", None],
            lang=["DEU-at", "und", "de", "de", "de", "de"],
            fault=[None, None, None, None, None, "columns"],
        )
    )
    assert frame["fault"].to_list() == [None, "no_language", "no_text", "too_long", "same_text", "columns"]
    assert frame["lang"][0] == "de"


def test_a_kind_of_the_file_goes_before_that_of_its_source():
    frame = clean(
        batch(
            english=["a"] * 4,
            translation=["b"] * 4,
            kind=[None, "Post", "", None],
            source=["tatoeba", "tatoeba", "tatoeba-pivot", None],
        )
    )
    assert frame["kind"].to_list() == ["sentence", "post", "indirect", "sentence"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [("bible-zefania", "verse"), ("sahana-eden", "ui"), ("udhr", "paragraph"), ("mine", "sentence")],
)
def test_known_sources_have_their_kind(source, kind):
    assert kind_of_source(source) == kind


def test_pairs_are_equal_in_language_and_both_sides_only():
    frame = clean(
        batch(
            english=["Help!", "help", "Hilfe", "help"], translation=["Hilfe", "hilfe.", "help", "hilfe"],
            lang=["de", "de", "de", "nl"],
        )
    )  # fmt: skip
    keys = pair_keys(frame).tolist()
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_stirring_gives_the_published_numbers():
    assert mixed(np.array([0, 0x9E3779B97F4A7C15], dtype=np.uint64)).tolist() == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
    ]
