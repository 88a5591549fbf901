"""What points to a person is found in a text, in any script's digits; dates, amounts and hotlines stay."""

import time
from itertools import pairwise

import pytest

from ctse_core.text.privacy import (
    CARD,
    DOCUMENT,
    EMAIL,
    HANDLE,
    NUMBER,
    PHONE,
    Mark,
    find_marks,
    handle_value,
    masked_text,
)

WORLD = ("US", "PH", "IT", "HT", "IN", "AU", "SY", "ES")


def kinds(text, regions=WORLD):
    return [(mark.kind, text[mark.start : mark.end]) for mark in find_marks(text, regions)]


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("Stranded with two kids 0917 555 0134 please", "0917 555 0134"),
        ("call (254) 555-0143 now", "(254) 555-0143"),
        ("Stanza libera. Via Mare, 51. 078955577 #casa", "078955577"),
        ("chiamate 0789/65502", "0789/65502"),
        ("posti letto 349.4055107 Olbia", "349.4055107"),
        ("WhatsApp +509 3412 3456", "+509 3412 3456"),
        ("rele 34123456 souple", "34123456"),
        ("اتصل على ٠٩٤٤١٢٣٤٥٦ فورا", "٠٩٤٤١٢٣٤٥٦"),
        ("मदद के लिए फोन करें ९८१०१२३४५६", "९८१०१२३४५६"),
        ("電話：０９０－１２３４－５６７８", "０９０－１２３４－５６７８"),
        ("联系电话13812345678谢谢", "13812345678"),
        ("โทร 081 234 5678", "081 234 5678"),
        ("ကျေးဇူးပြု၍ ဖုန်း ၀၉၄၂၀၁၂၃၄၅", "၀၉၄၂၀၁၂၃၄၅"),
        ("https://wa.me/15550123456", "15550123456"),
    ],
)
def test_a_telephone_number_is_found_however_it_is_written(text, phone):
    assert (PHONE, phone) in kinds(text)


def test_numbers_beside_a_telephone_number_are_telephone_numbers_too():
    found = kinds("NDRRMC: (02) 911-1406, 912-2665 and 912-5668. PNP: 117")
    assert [text for _, text in found] == ["(02) 911-1406", "912-2665", "912-5668"]


@pytest.mark.parametrize(
    "text",
    [
        "M 6.5 at 2013-09-29 09:01:26 UTC, 35.71834, -118.43912, depth 22.60",
        "From 1,225,000 people 397.000 fled; US$ 5000000 and Rs.2,63,931 were given, 650 000 litres",
        "seasons 2001/02 and 2007/2008, 2009 - 2013, km 208 - 274, on 28/01/2001, 11/17/12 and 20130128",
        "call 911 or 4636, 136, 13 16 70, 132 500",
        "call 1-800-621-3362 or 1-800-621-FEMA, 1800 811 700",
        "EDIS Number: FF-20130128-38017-AUS tracking #4F81031488",
        "https://t.co/1234567890 post 2032778714503839455, 192.168.10.200",
        "from our porch @5pm, @10th Ave @ home @user @USER",
        "$10 $10.00, 300-400 feet, PSI 68-110, -1.5 +140",
        "48 50 52 54 what comes next",
    ],
)
def test_what_only_looks_like_a_number_of_a_person_stays(text):
    assert kinds(text) == []


def test_handles_addresses_and_profiles_are_found():
    text = "RT @maria.lopez_9: ask together@SuaveTom or mail ana (at) example (dot) org, ben@example.org."
    assert kinds(text) == [
        (HANDLE, "@maria.lopez_9"),
        (HANDLE, "@SuaveTom"),
        (EMAIL, "ana (at) example (dot) org"),
        (EMAIL, "ben@example.org"),
    ]
    assert find_marks(text)[2].value == "ana@example.org"
    assert kinds("see https://twitter.com/joe_x/status/2032778714503839455") == [(HANDLE, "joe_x")]
    assert kinds("https://www.facebook.com/groups/123456789012 pic.twitter.com/s9CtGiMxdK") == []


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("lost card 4111 1111 1111 1111", CARD, "4111 1111 1111 1111"),
        ("passport A1234567 lost at the camp", DOCUMENT, "A1234567"),
        ("mi cédula es 12.345.678", DOCUMENT, "12.345.678"),
        ("DNI 12345678Z", DOCUMENT, "12345678Z"),
        ("IBAN: GB82 WEST 1234 5698 7654 32", DOCUMENT, "GB82 WEST 1234 5698 7654 32"),
        ("RCCMNL83S18D969H", DOCUMENT, "RCCMNL83S18D969H"),
        ("رقم الهوية ١٢٣٤٥٦٧٨٩", DOCUMENT, "١٢٣٤٥٦٧٨٩"),
        ("护照号 E12345678", DOCUMENT, "E12345678"),
        ("please use 7345612908 tonight", NUMBER, "7345612908"),
    ],
)
def test_cards_documents_and_long_runs_are_found(text, kind, said):
    assert kinds(text, ("FR",)) == [(kind, said)]


def test_a_card_number_whose_check_digit_is_wrong_is_no_card():
    assert (CARD, "4111 1111 1111 1112") not in kinds("card 4111 1111 1111 1112")


def test_marks_come_in_order_and_never_overlap():
    text = "@ana call 0917 555 0134, mail ana@example.org or @ben" * 3
    marks = find_marks(text, WORLD)
    assert len(marks) == 12
    assert all(one.end <= other.start for one, other in pairwise(marks))
    shown = masked_text(text, marks, lambda mark: f"<{mark.kind}>")
    assert "0917" not in shown and "ana" not in shown and shown.count("<phone>") == 3


def test_one_person_has_one_value_however_the_name_is_written():
    assert handle_value(" ＠Ana_B ") == handle_value("@ana_b") == handle_value("ANA_B") == "ana_b"
    assert find_marks("call +63 917 555 0134")[0].value == find_marks("call ٦٣٩١٧٥٥٥٠١٣٤+ +639175550134")[-1].value


def test_no_text_breaks_it():
    for text in ("", " ", "\x00" * 50, "1" * 5_000, "@" * 300, "٣" * 40, "(" * 99 + "12345678", "a@b" * 200, "🙂@🙂"):
        for mark in find_marks(text, WORLD):
            assert isinstance(mark, Mark) and 0 <= mark.start < mark.end <= len(text)


def test_a_bracket_right_behind_a_number_begins_another():
    found = [(mark.kind, mark.value) for mark in find_marks("call 3701 4455(123456) now")]
    assert found == [("phone", "37014455"), ("phone", "123456")]


def test_lists_of_thousands_of_numbers_are_read_in_little_time():
    begun = time.process_time()
    assert len(find_marks("+63 917 814 4965 / " * 3000)) == 3000
    assert time.process_time() - begun < 20  # a second; comparing every beginning of the list would take hours
