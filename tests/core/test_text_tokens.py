"""Words for topics and search, in scripts with and without spaces."""

from __future__ import annotations

import time

import pytest

from ctse_core.text import normalise, stopwords, tokens, tokens_of_all

WORDS = {
    "ar": (
        "زلزالٌ قويّ يضرب المدينــة والأهالي يحتاجون المساعدة",
        ["زلزال", "قوي", "يضرب", "المدينة", "المساعدة"],
    ),
    "he": ("רעידת אדמה חזקה בעיר", ["רעידת", "אדמה"]),
    "zh": ("河水泛滥，许多人需要救援", ["河水", "泛滥", "需要", "救援"]),
    "ja": ("大きな地震が発生しました。水と食料が必要です", ["地震", "発生", "水", "食料", "必要"]),
    "th": ("น้ำท่วมหนักในเมืองต้องการความช่วยเหลือ", ["น้ำ", "ท่วม", "เมือง", "ต้องการ"]),
    "my": ("ရေကြီးမှုကြောင့် အကူအညီလိုအပ်သည်", ["ရေကြီး", "အကူအညီ", "လိုအပ်"]),
    "km": ("ទឹកជំនន់នៅភូមិ ត្រូវការជំនួយ", ["ទឹកជំនន់", "ភូមិ", "ជំនួយ"]),
    "lo": ("ນ້ຳຖ້ວມຢູ່ບ້ານ ຕ້ອງການຄວາມຊ່ວຍເຫຼືອ", ["ນ້ຳ", "ຖ້ວມ", "ຄວາມຊ່ວຍເຫຼືອ"]),
    "hi": ("बाढ़ का पानी गाँव में घुस गया", ["बाढ़", "पानी", "गाँव"]),
    "bn": ("বন্যার পানি গ্রামে ঢুকেছে", ["বন্যার", "পানি", "গ্রামে"]),
    "ta": ("வெள்ளம் காரணமாக மக்கள் தவிப்பு", ["வெள்ளம்", "மக்கள்"]),
    "te": ("వరద నీరు గ్రామంలోకి వచ్చింది", ["వరద", "నీరు"]),
    "gu": ("પૂરનું પાણી ગામમાં આવ્યું", ["પાણી", "ગામમાં"]),
    "si": ("ශ්\u200dරී නගරයේ ගංවතුර", ["ශ්\u200dරී", "ගංවතුර"]),
    "am": ("የጎርፍ አደጋ በከተማው ላይ ደረሰ", ["የጎርፍ", "አደጋ", "በከተማው"]),
    "ko": ("마을에서 홍수를 겪었습니다", ["마을", "홍수"]),
    "ru": ("Наводнение в городе, нужна помощь", ["наводнение", "нужна", "помощь"]),
    "el": ("Πλημμύρες στην πόλη", ["πλημμύρες", "πόλη"]),
    "fa": ("زلزله\u200cزدگان به كمك نياز دارند", ["زلزله", "زدگان", "کمک", "نیاز"]),
    "uk": ("п'ять будинків затоплено", ["п'ять", "будинків"]),
    "fr": ("L'eau monte à l'école", ["eau", "monte", "école"]),
    "tr": ("ISINMA ihtiyacı, İZMİT'te deprem", ["ısınma", "ihtiyacı", "izmit", "deprem"]),
    "ht": ("N'ap mande dlo ak manje pou timoun yo", ["mande", "dlo", "manje", "timoun"]),
}


@pytest.mark.parametrize("lang", WORDS)
def test_the_words_of_a_post_are_found_in_its_script(lang: str) -> None:
    text, expected = WORDS[lang]
    found = tokens(normalise(text), lang)
    assert [word for word in expected if word not in found] == []


def test_endings_behind_an_apostrophe_are_no_words() -> None:
    assert tokens("İzmir'de people's", "tr") == ["izmir", "people"]
    assert tokens("the people's water isn't clean", "en") == ["people", "water", "clean"]


def test_marks_stay_with_their_letters() -> None:
    assert tokens("बाढ़ चेतावनी", "hi") == ["बाढ़", "चेतावनी"]


def test_function_words_links_handles_and_chaff_are_left_out() -> None:
    post = normalise("RT @ana via @bob: the water is rising in the village https://t.co/a lol amp")
    assert tokens(post, "en") == ["water", "rising", "village"]
    assert tokens("и вода не уходит", "ru") == ["вода", "уходит"]


def test_hashtags_are_words_and_come_apart_too() -> None:
    assert tokens("#LakesideFloods", "en") == ["lakesidefloods", "lakeside", "floods"]
    assert tokens("#flood_relief #زلزال_المدينة", "en") == ["flood", "relief", "زلزال", "المدينة"]


def test_numbers_are_left_out_unless_asked_for() -> None:
    text = "H1N1: 45 cases, magnitude 7.8 at 10:30, call 1078, 3rd day, 5km"
    assert tokens(text, "en") == ["h1n1", "cases", "magnitude", "call", "day"]
    assert {"45", "7.8", "10:30", "1078"} <= set(tokens(text, "en", numbers=True))


def test_words_that_matter_in_a_crisis_are_never_stop_words() -> None:
    assert tokens("we need help, fire near home", "en") == ["need", "help", "fire", "home"]
    assert not {"need", "help", "fire"} & stopwords("en")
    assert "需要" not in stopwords("zh") and "ayuda" not in stopwords("es")


@pytest.mark.parametrize("lang", ["ht", "ku", "am", "km", "my", "lo", "ka", "mn", "sq", "mk", "ta", "te", "nb", "sr"])
def test_languages_without_a_common_list_have_stop_words_of_their_own(lang: str) -> None:
    assert len(stopwords(lang) - stopwords("xx")) >= 40


def test_unknown_languages_get_the_english_list() -> None:
    assert stopwords(None) == stopwords("und") == stopwords("en")


def test_posts_of_nothing_but_signs_have_no_words() -> None:
    assert [tokens(normalise(text), "und") for text in ("", "🙏🙏", "https://t.co/a @b", "?! 12", "\u202e")] == [[]] * 5


def test_a_long_run_of_letters_is_no_word() -> None:
    assert tokens("x" * 60 + " water " + "水" * 3_000 + "\ud800", "en")[0] == "water"


def test_many_posts_are_cut_quickly_and_progress_is_told() -> None:
    texts = [text for text, _ in WORDS.values()] * 200
    told: list[float] = []
    begin = time.process_time()
    found = tokens_of_all(texts, list(WORDS) * 200, lambda share, _: told.append(share))
    assert time.process_time() - begin < 5.0
    assert len(found) == len(texts) and found[0] == tokens(texts[0], "ar")
    assert told[-1] == 1.0
