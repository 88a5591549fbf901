"""What is compared: repaired, normalised, and the same after a second pass."""

from __future__ import annotations

import random
import time

import pytest

from ctse_core.text import hashtag_words, normalise, plain, repair, repair_all
from ctse_core.text.normalise import LONGEST

SAYS = [
    ("Bridge out http://t.co/aB3 please share", "Bridge out HTTPURL please share"),
    ("see www.example.org/map, then go", "see HTTPURL, then go"),
    ("more on example.com/flood?id=3.", "more on HTTPURL."),
    ("避難所はこちらhttps://t.co/abc避難してください", "避難所はこちらHTTPURL避難してください"),
    ("two links http://a.example/1 https://b.example/2 end", "two links HTTPURL end"),
    ("@river_watch @Ana2 is it true?", "@USER is it true?"),
    ("write to help@example.org now", "write to @USER now"),
    ("@someone@social.example thanks", "@USER thanks"),
    ("meet @5pm at the school", "meet @5pm at the school"),
    ("RT @river_watch: the dam holds", "the dam holds"),
    ("RT @a_b RT @c: the dam holds", "the dam holds"),
    ("RT@nospace: the dam holds", "the dam holds"),
    ('"@river_watch: the dam holds', "the dam holds"),
    ("ART @gallery tonight", "ART @USER tonight"),
    ("Fish &amp;amp; chips &lt;here&gt; &#39;now&#39;", "Fish & chips <here> 'now'"),
    ("“water” … it’s   rising\n\tfast", '"water" ... it\'s rising fast'),
    ("heeeeeelp!!!!!! 1000000 people", "heeelp!!! 1000000 people"),
    ("pray 🙏🏽 for them ❤️", "pray 🙏🏽 for them ❤"),
    ("𝗕𝗥𝗘𝗔𝗞𝗜𝗡𝗚 ＦＬＯＯＤ", "BREAKING FLOOD"),
    ("cafe\u0301", "café"),
]


@pytest.mark.parametrize(("written", "compared"), SAYS)
def test_a_post_is_compared_as_this(written: str, compared: str) -> None:
    assert normalise(written) == compared


def test_invisible_characters_do_not_make_two_posts_differ() -> None:
    hidden = "he\u200blp \u202ereversed\u202c \ufeffnow\u00ad\x00\x07 \u2067right\u2069"
    assert normalise(hidden) == "help reversed now right"


def test_joiners_stay_where_they_carry_meaning() -> None:
    persian, family, sinhala = "می\u200cخواهیم", "👨\u200d👩\u200d👧", "ශ්\u200dරී"
    assert [normalise(text) for text in (persian, family, sinhala)] == [persian, family, sinhala]
    assert normalise("he\u200clp\u200d") == "help"


def test_lone_surrogates_vanish_and_pairs_become_their_character() -> None:
    compared = normalise("water \ud83d\ude4f and \ud800 rice \udc00")
    assert compared == "water 🙏 and rice"
    compared.encode("utf-8")


def test_posts_of_nothing_but_links_handles_or_emoji_keep_something_to_compare() -> None:
    assert normalise("https://t.co/xyz") == normalise("http://other.example/a") == "HTTPURL"
    assert normalise("@someone") == "@USER"
    assert normalise("RT @someone: http://t.co/1") == "HTTPURL"
    assert normalise("🙏🙏🙏🙏🙏🙏") == "🙏🙏🙏"
    assert normalise("RT @someone") == "RT @USER"
    assert normalise(" \u200b\ufeff\n") == ""


def test_a_megabyte_in_one_cell_is_cut_and_quick() -> None:
    begin = time.process_time()
    for piece in ("water ", "a", "&amp;", "&#38;#38;", "http://", "@a ", "\u0301", "RT ", "www.", "a.", "水"):
        assert len(normalise(piece * (1_000_000 // len(piece)))) <= LONGEST
    assert time.process_time() - begin < 2.0


def test_normalising_twice_changes_nothing() -> None:
    words = "RT rt MT@ @ @ana @人民 : http:// https htt ... … www. t.co/ a.com / &amp; & amp; &#38; &lt; # #Flood"
    words += " م ی क ् é e\u0301 ａ 𝗕 ﾃ ﾞ “ ' ’ ab 5 5pm aaaa !!!! x@y.org via 地 . ? ) - — _ İ ß HTTPURL @USER"
    odd = ["\u200d", "\u200c", "\u200b", "\ufe0f", "\u202e", "\ud83d", "\ude00", "\u3000", "\u1160", "\ufffd"]
    pieces = [*words.split(), *odd, " ", "  ", "\n", '"', "\u0301" * 4, "👨", "❤"]
    dice = random.Random(7)  # noqa: S311
    for _ in range(4_000):
        text = "".join(dice.choices(pieces, k=dice.randint(1, 14)))
        once = normalise(text)
        assert normalise(once) == once, ascii(text)
        once.encode("utf-8")


def test_mojibake_is_repaired_and_counted() -> None:
    broken, fine = "CafÃ© cerrado por inundaciÃ³n â€“ no vengan", "Café abierto, l'été à Genève, größer"
    repaired, changed = repair_all([broken, fine, "plain", "наводнение в городе", "洪水"])
    assert repaired[0] == "Café cerrado por inundación – no vengan"
    assert repaired[1:] == [fine, "plain", "наводнение в городе", "洪水"]
    assert changed == 1


def test_repair_leaves_what_people_wrote_alone() -> None:
    for text in ("“quoted” &amp; ﬁne", "ＷＩＤＥ", "مساعدة\u202e", "x" * 60_000 + "Ã©"):
        assert repair(text) == text


def test_burmese_typed_for_zawgyi_becomes_unicode_and_is_counted() -> None:
    typed, meant = "\u1031\u101b\u1080\u1000\u102e\u1038\u1031\u1014\u101e\u100a\u1039", "ရေကြီးနေသည်"
    assert repair_all([typed, meant]) == ([meant, meant], 1)
    assert repair("\u1021\u1000\u1030\u100a\u102e\u101c\u102d\u102f\u1021\u1015\u1039\u101e\u100a\u1039") == "အကူညီလိုအပ်သည်"


def test_other_scripts_of_myanmar_are_left_alone() -> None:
    shan, mon = "ၵူၼ်းမိူင်း ၵေႃႇ လွင်ႈတၢင်း", "ဂကောံမန် ၜိုတ်ဗော်"
    assert [repair(text) for text in (shan, mon)] == [shan, mon]


def test_plain_leaves_the_words_alone() -> None:
    assert plain("@USER 3 bridges are down near the old mill HTTPURL 🙏 #PrayForUs") == (
        "bridges are down near the old mill"
    )
    assert plain("#PrayForLakeside #SOS2031 🙏") == "Pray For Lakeside SOS"
    assert plain("HTTPURL @USER 12:30 🙏") == ""


def test_hashtags_come_apart_at_their_seams() -> None:
    assert hashtag_words("LakesideFloods") == ["Lakeside", "Floods"]
    assert hashtag_words("flood_relief") == ["flood", "relief"]
    assert hashtag_words("USGSAlert") == ["USGS", "Alert"]
    assert hashtag_words("bigwet") == ["bigwet"]
