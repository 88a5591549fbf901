"""Why a post was found: shared words and the nearest part, marked in the text as it was written, in any script."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from ctse_core.asking import Question, holding, made_ready, phrases_of
from ctse_core.errors import SettingError
from ctse_core.highlight import marked, nearest_parts, shared_places
from ctse_core.text import normalise, parts, tokens, word_places
from tests.fakes import WordEncoder

TEXTS = {
    "en": "Bridge closed at noon. No DRINKING WATER since Monday!! Our cat is fine.",
    "ar": "الجسر مغلق منذ الظهر. لا توجد مياه الشرب منذ أمس. القطة بخير.",
    "zh": "桥中午关闭了，我们绕路走了很久。星期一以来没有饮用水。猫很好，谢谢大家的关心。",
    "th": "สะพานปิดตั้งแต่เที่ยง ไม่มีน้ำดื่มตั้งแต่วันจันทร์ แมวสบายดี",
    "hi": "पुल बंद है। पीने का पानी नहीं है। बिल्ली ठीक है।",
}
SHARED = {"en": "drinking water", "ar": "مياه", "zh": "饮用水", "th": "น้ำดื่ม", "hi": "पानी"}


@pytest.mark.parametrize("lang", TEXTS)
def test_shared_words_are_found_as_they_were_written(lang):
    text = TEXTS[lang]
    words = tokens(normalise(SHARED[lang]), lang)
    found = [text[start:end] for start, end in shared_places(text, lang, words)]
    assert words and found
    assert {word for place in found for word in tokens(normalise(place), lang)} >= set(words)


def test_folded_forms_hashtags_and_endings_are_the_same_word():
    assert [TEXTS["en"][a:b] for a, b in shared_places(TEXTS["en"], "en", {"water"})] == ["WATER"]
    text = "İZMİR'de su yok, #SuYok"
    assert "İZMİR'de" in [text[a:b] for a, b in shared_places(text, "tr", set(tokens("izmir", "tr")))]
    pointed = "مِيَاه الشُّرب"
    assert [pointed[a:b] for a, b in shared_places(pointed, "ar", {"مياه"})] == ["مِيَاه"]
    places = list(word_places("#FloodRelief now", "en"))
    assert {"flood", "relief", "floodrelief"} <= {word for _, _, words in places for word in words}
    assert not shared_places("Underwater", "en", {"water"})


@pytest.mark.parametrize("lang", TEXTS)
def test_parts_hold_the_whole_text_in_order(lang):
    text = TEXTS[lang]
    places = parts(text, lang)
    assert len(places) >= (1 if lang == "th" else 2)
    assert "".join(text[a:b] for a, b in places).replace(" ", "") == text.replace(" ", "")
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@pytest.mark.parametrize(
    "text", ["", "   ", "Help!!", "🌊🌊🌊", "http://a.b/c", "a" * 5000, "word " * 900, "水" * 900, "\n\n\n", "x\x00y"]
)
def test_any_text_has_parts_and_not_too_many(text):
    places = parts(text, "en")
    assert len(places) <= 24
    assert "".join(text[a:b] for a, b in places).replace(" ", "") == "".join(text.split())
    assert all(0 <= a < b <= len(text) for a, b, _ in word_places(text, None))


def test_a_run_on_post_is_cut_between_words():
    text = "no water no power and the bridge near the mill is gone we are on the roof with two children " * 3
    places = parts(text, "en")
    assert 2 < len(places) < 12
    assert all(text[a - 1 : a] in ("", " ") and text[b : b + 1] in ("", " ") for a, b in places)


def test_the_nearest_part_is_told_where_there_are_several():
    encoder = WordEncoder()
    asked = encoder.encode(["agua"])[0]
    texts = ["The bridge is closed today. There is no water left. My cat sleeps well.", "Water!"]
    found = nearest_parts(texts, ["en", "en"], lambda some, _: encoder.encode(list(some)) @ asked)
    assert texts[0][slice(*found[0])] == "There is no water left." and found[1] is None
    assert nearest_parts([], [], lambda some, _: np.zeros(0)) == []


def test_pieces_put_together_are_the_text_whatever_overlaps():
    text = "no water at the bridge"
    reason = marked(text, [(3, 8), (16, 22)], (0, 11))
    assert "".join(piece.text for piece in reason.pieces) == text
    assert [(piece.text, piece.word, piece.near) for piece in reason.pieces] == [
        ("no ", False, True),
        ("water", True, True),
        (" at", False, True),
        (" the ", False, False),
        ("bridge", True, False),
    ]
    assert reason.words == ("water", "bridge") and reason.has_near
    assert marked("", [], None).pieces == ()


def test_phrases_in_quotes_must_stand_in_the_post_as_whole_words():
    texts = pl.Series(["there is No Water here", "no waterway", "water, no", "沒有水", "no water (none)"])
    asked = made_ready(Question('"no water"', "words"))
    assert holding(texts, asked.patterns).tolist() == [True, False, False, False, True]
    assert holding(texts, made_ready(Question("“有水”", "words")).patterns).tolist() == [
        False,
        False,
        False,
        True,
        False,
    ]
    both = made_ready(Question('«water» "here"'))
    assert holding(texts, both.patterns).tolist() == [True, False, False, False, False]
    assert phrases_of('say "a.b*c" and „drinking water“') == ("a.b*c", "drinking water")
    assert holding(pl.Series(["a.b*c"]), made_ready(Question('"a.b*c"')).patterns).tolist() == [True]
    assert made_ready(Question('"no water"', "meaning")).patterns == ()


def test_a_regular_expression_is_taken_by_words_and_a_broken_one_is_told():
    texts = pl.Series(["call 0815 now", "call now"])
    asked = made_ready(Question(r"/\d{4}/", "words"))
    assert holding(texts, asked.patterns).tolist() == [True, False] and asked.words == ()
    assert made_ready(Question(r"/\d{4}/")).patterns == ()
    with pytest.raises(SettingError, match="regular expression"):
        made_ready(Question("/(unclosed/", "words"))
