"""How much of what points to people is masked, and how much else is: precision and recall on invented and real posts.

    CTSE_SHARED_DATA=folder python -m benchmarks.privacy [--each 40] [--misses]

Invented posts hold telephone numbers of 44 countries as people write them there (national, international, bare, in the
digits of the script), addresses, handles, cards, documents, and as many harmless numbers: dates, amounts, coordinates,
magnitudes, free-phone numbers. Real posts are all 13,018 messages and the first 28,935 tweets of the shared data;
privacy_gold.csv names what in them is somebody's, as rows and letters without a word of the texts: found by reading
every post with six digits near each other or an address. Handles are left out there, since the tweets come without.
Beside ours: any five digits and more (what masks texts that leave for an encoder's service), and the matcher of the
library phonenumbers for telephones. A mark counts where it overlaps one that is right. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ctse_core.text.privacy import find_marks
from ctse_core.text.private_words import REGIONS_OF

GOLD = Path(__file__).with_name("privacy_gold.csv")
READ = {"messages": 13_018, "tweets": 28_935}
COUNTRIES = {"messages": ("HT", "US", "CL", "PK", "ID", "IN"), "tweets": ("US", "PH", "AU", "GB", "IN", "PK")}
"""Countries that the posts speak of most, as the gazetteer of the app finds them."""
Span = tuple[int, int]
Finder = Callable[[str, str, tuple[str, ...]], list[Span]]
Post = tuple[str, str, str, list[Span]]
"""A text, its language, what it holds, and where that is somebody's."""

# Sentences of our own: the number is told by a word before it, or by nothing.
SAID = {
    "en": ("Trapped on the roof near the mill, call {x} please", "Two kids, water rising. {x} Lower Marsh"),
    "es": ("Estamos en el techo, llamen al {x} por favor", "Somos seis y un bebé, {x}, calle del río"),
    "fr": ("Nous sommes bloqués, appelez le {x} svp", "Mon frère a disparu à Birim. {x} merci"),
    "ht": ("Tanpri rele {x}, nou bezwen dlo", "Nou sou do kay la {x} souple"),
    "pt": ("Estamos no telhado, ligue {x}", "Minha mãe sumiu em Birim {x} obrigado"),
    "it": ("Offro due posti letto, chiamate {x}", "Stanza libera per sfollati, via del Porto. {x}"),
    "de": ("Wir sitzen fest, Tel. {x}", "Suche meinen Onkel aus Birim {x} danke"),
    "tr": ("Enkaz altındayız, ara {x}", "Birim mahallesi acil çadır {x} lütfen"),
    "ru": ("Мы на крыше, тел. {x}", "Нужна вода, Варенка, улица Тутовая {x} срочно"),
    "uk": ("Телефонуйте {x}, ми в підвалі", "Потрібні ліки для дитини {x} дякую"),
    "ar": ("نحن على السطح، اتصل {x}", "نحتاج خيام في بيريم {x} بسرعة"),
    "fa": ("ما روی بام هستیم، تماس {x}", "آب نداریم، بیریم {x} لطفا"),
    "ur": ("ہم چھت پر ہیں، فون {x}", "پانی نہیں ہے برم {x} مدد"),
    "hi": ("हम छत पर हैं, फोन {x}", "पीने का पानी नहीं है {x} जल्दी"),
    "bn": ("আমরা ছাদে আছি, ফোন {x}", "খাবার পানি নেই {x} সাহায্য"),
    "ta": ("நாங்கள் மாடியில், தொலைபேசி {x}", "குடிநீர் இல்லை {x} உதவி"),
    "ne": ("हामी छतमा छौं, फोन {x}", "खानेपानी छैन {x} सहयोग"),
    "th": ("ติดอยู่บนหลังคา โทร {x}", "ไม่มีน้ำดื่ม {x} ด่วน"),
    "my": ("အမိုးပေါ်မှာ ဖုန်း {x}", "သောက်ရေမရှိ {x} ကူညီပါ"),
    "zh": ("我们在屋顶，电话{x}", "没有水了 {x} 谢谢"),
    "ja": ("屋根の上です。電話 {x}", "水がありません {x} お願いします"),
    "ko": ("지붕 위에 있어요 전화 {x}", "물이 없어요 {x} 부탁합니다"),
    "vi": ("Chúng tôi trên mái nhà, gọi {x}", "Thiếu nước sạch {x} cảm ơn"),
    "id": ("Kami di atap, hubungi {x}", "Butuh air bersih {x} terima kasih"),
    "tl": ("Nasa bubong kami, tawag {x}", "Walang tubig {x} salamat po"),
    "sw": ("Tuko juu ya paa, simu {x}", "Hakuna maji {x} tafadhali"),
    "am": ("ጣሪያ ላይ ነን ስልክ {x}", "ውሃ የለም {x} እባካችሁ"),
    "el": ("Είμαστε στη στέγη, τηλ. {x}", "Δεν έχουμε νερό {x} ευχαριστώ"),
    "he": ("אנחנו על הגג, טלפון {x}", "אין מים {x} תודה"),
}
NATIVE = {"ar": "٠", "fa": "۰", "ur": "۰", "hi": "०", "ne": "०", "bn": "০", "my": "၀", "th": "๐"}
HARMLESS = (
    "M 6.{a} at 2013-09-{b} 09:01:{b} UTC, {c}.71834, -118.43912, depth {b}.60 km",
    "From 1,2{b},000 people 3{b}.000 fled; US$ {b}000000 and Rs.2,63,9{b} given",
    "season 2001/0{a} and 2007/2008, 20{b} - 2013, km 2{b} - 274, on {b}/01/2001",
    "call 911 or 46{b}, 13 16 {b}, for help 1-800-6{b}-3362, 1-800-621-FEMA",
    "río a 4.{a} m, 1{b} mm de lluvia, 2 100 m3 a las 05:{b}",
    "EDIS FF-201301{b}-38017-AUS, M5.{a}, https://t.co/12345{b}7890",
    "{b} dead, 1{b} injured, 65{b} 000 without power since {b}.11.2013",
    "PSI 68-1{b} at 5pm, wind 1{b}-150 km/h, 08/05/20{b} 06:59 GMT",
)


def harmless(each: int, draw: random.Random) -> Iterator[Post]:
    for number in range(each * 8):
        text = HARMLESS[number % len(HARMLESS)]
        filled = text.format(a=draw.randint(1, 9), b=draw.randint(10, 28), c=draw.randint(10, 60))
        yield filled, "en", "harmless", []


def phones(each: int, draw: random.Random) -> Iterator[Post]:
    """Yield posts with valid numbers of the countries where a language is spoken, in five ways of writing."""
    import phonenumbers as lib

    for lang, sentences in SAID.items():
        for turn in range(each):
            region = draw.choice(REGIONS_OF.get(lang, ("US",))[:4])
            number = _valid_number(region, draw)
            way = turn % 4
            if way == 0:
                written = lib.format_number(number, lib.PhoneNumberFormat.NATIONAL)
            elif way == 1:
                written = lib.format_number(number, lib.PhoneNumberFormat.INTERNATIONAL)
            else:
                written = "".join(filter(str.isdigit, lib.format_number(number, lib.PhoneNumberFormat.NATIONAL)))
            if way == 3 and lang in NATIVE:
                written = "".join(chr(ord(NATIVE[lang]) + int(sign)) if sign.isdigit() else sign for sign in written)
            # Without a word that tells, as often as with one.
            yield _put(sentences[turn // 4 % 2], written, lang, "phone, told" if turn // 4 % 2 == 0 else "phone, bare")


def _valid_number(region: str, draw: random.Random) -> Any:
    import phonenumbers as lib

    kinds = (lib.PhoneNumberType.MOBILE, lib.PhoneNumberType.FIXED_LINE)
    start: Any = lib.example_number_for_type(region, draw.choice(kinds)) or lib.example_number(region)
    while True:
        number = lib.PhoneNumber(country_code=start.country_code)
        number.merge_from(start)
        number.national_number = start.national_number // 10_000 * 10_000 + draw.randint(0, 9_999)
        if lib.is_valid_number(number):
            return number


def others(each: int, draw: random.Random) -> Iterator[Post]:
    names = ("maria.lopez", "noor_birim", "José.Núñez", "иван_петров", "daphne-okro", "wei99", "fatima.z")
    hosts = ("example.org", "post.example.com", "correo.example.mx", "example.co.uk")
    for _ in range(each * 3):
        lang, sentences = draw.choice(list(SAID.items()))
        name = draw.choice(names)
        address = f"{name}@{draw.choice(hosts)}"
        disguised = address.replace("@", draw.choice((" (at) ", "[at]"))).replace(".org", " (dot) org")
        yield _put(sentences[1], draw.choice((address, address, disguised)), lang, "e-mail")
        yield _put(sentences[1], f"@{name.replace('.', '_')}", lang, "handle")
        yield _put(sentences[0], _card(draw), lang, "card")
        cue, document = draw.choice(DOCUMENTS)
        yield _put(sentences[1].replace("{x}", f"{cue}{{x}}"), document(draw), lang, "document")


def _card(draw: random.Random) -> str:
    from stdnum import luhn

    bare = draw.choice(("4", "51", "2221", "37")) + "".join(str(draw.randint(0, 9)) for _ in range(13))
    bare = bare[: 14 if bare.startswith("37") else 15]
    bare += luhn.calc_check_digit(bare)
    return " ".join(bare[i : i + 4] for i in range(0, 16, 4)) if len(bare) == 16 and draw.random() < 0.7 else bare


def _until(valid: Callable[[str], bool], make: Callable[[], str]) -> str:
    while True:
        made = make()
        if valid(made):
            return made


def _digits(draw: random.Random, form: str) -> str:
    return "".join(str(draw.randint(0, 9)) if sign == "9" else sign for sign in form)


def _checked(module: str, form: str, letters: str = "") -> Callable[[random.Random], str]:
    def make(draw: random.Random) -> str:
        from importlib import import_module

        valid = import_module(f"stdnum.{module}").is_valid
        return _until(valid, lambda: _digits(draw, form) + (draw.choice(letters) if letters else ""))

    return make


DOCUMENTS: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("passport no. ", lambda draw: draw.choice("ABEP") + _digits(draw, "9999999")),
    ("pasaporte ", lambda draw: draw.choice("ABEP") + _digits(draw, "99999999")),
    ("паспорт ", lambda draw: _digits(draw, "99 99 999999")),
    ("جواز سفر ", lambda draw: _digits(draw, "999999999")),
    ("护照号", lambda draw: "E" + _digits(draw, "99999999")),
    ("", _checked("es.dni", "99999999", "TRWAGMYFPDXBNJZSQVHLCKE")),
    ("", _checked("br.cpf", "999.999.999-99")),
    ("", _checked("cl.rut", "99.999.999-9")),
    ("", _checked("in_.aadhaar", "9999 9999 9999")),
    ("", _checked("us.ssn", "999-99-9999")),
    ("", lambda draw: _digits(draw, "42101-9999999-9")),
    ("IBAN ", lambda draw: "GB82 WEST 1234 5698 7654 32"),
    ("cédula ", lambda draw: _digits(draw, "99.999.999")),
)


def _put(sentence: str, written: str, lang: str, holds: str) -> Post:
    start = sentence.index("{x}")
    return sentence.replace("{x}", written), lang, holds, [(start, start + len(written))]


def ours(text: str, lang: str, countries: tuple[str, ...]) -> list[Span]:
    regions = tuple(dict.fromkeys((*REGIONS_OF.get(lang, ()), *countries)))
    return [(mark.start, mark.end) for mark in find_marks(text, regions)]


def five_digits(text: str, lang: str, countries: tuple[str, ...]) -> list[Span]:
    from ctse_core.encoders.masking import _HANDLE, _LINK, _MAIL, _NUMBER

    bare = _LINK.sub(lambda link: "·" * len(link.group()), text)
    return [found.span() for pattern in (_MAIL, _HANDLE, _NUMBER) for found in pattern.finditer(bare)]


def matcher(text: str, lang: str, countries: tuple[str, ...]) -> list[Span]:
    import phonenumbers as lib

    region = (*REGIONS_OF.get(lang, ()), *countries)[0]
    return [(found.start, found.end) for found in lib.PhoneNumberMatcher(text, region)]


FINDERS: dict[str, Finder] = {"five digits and more": five_digits, "phonenumbers' matcher": matcher, "CTSE": ours}


def real_posts(folder: Path) -> dict[str, list[Post]]:
    gold: dict[tuple[str, int], list[Span]] = {}
    for name, row, start, end, _ in pl.read_csv(GOLD).iter_rows():
        gold.setdefault((name, row), []).append((start, end))
    posts: dict[str, list[Post]] = {}
    for name, column in (("messages", "message"), ("tweets", "text")):
        table = pl.read_parquet(folder / f"crisis_{name}_shared.parquet").head(READ[name])
        langs = table["lang_guess"] if "lang_guess" in table.columns else ["en"] * table.height
        told = zip(table[column].fill_null(""), langs, strict=True)
        posts[name] = [(text, lang or "en", "real", gold.get((name, row), [])) for row, (text, lang) in enumerate(told)]
    return posts


def score(posts: list[Post], finder: Finder, countries: tuple[str, ...], misses: bool) -> tuple[float, float, float]:
    """Return precision, recall and posts a second; handles in real posts do not count."""
    begin = time.process_time()
    found = [finder(text, lang, countries) for text, lang, _, _ in posts]
    speed = len(posts) / (time.process_time() - begin)
    right = wrong = held = caught = 0
    for (text, _, holds, spans), marks in zip(posts, found, strict=True):
        if holds == "real":
            marks = [mark for mark in marks if "@" not in text[mark[0] : mark[1]][:2]]
            marks = [mark for mark in marks if not text[: mark[0]].endswith(".com/")]
        hits = [any(a < end and start < b for a, b in spans) for start, end in marks]
        kept = [any(start < b and a < end for start, end in marks) for a, b in spans]
        right, wrong = right + sum(hits), wrong + len(hits) - sum(hits)
        held, caught = held + len(spans), caught + sum(kept)
        if misses and (sum(hits) < len(hits) or sum(kept) < len(kept)):
            print(f"    {holds}: {[text[a:b] for a, b in marks]} for {[text[a:b] for a, b in spans]}", file=sys.stderr)
    return right / max(1, right + wrong), caught / max(1, held), speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=40, help="posts of each language (default: 40)")
    parser.add_argument("--misses", action="store_true", help="tell what our own masking got wrong")
    options = parser.parse_args()
    draw = random.Random(7)  # noqa: S311 - nothing here is secret
    invented = [*phones(options.each, draw), *others(options.each, draw), *harmless(options.each, draw)]
    sets: dict[str, tuple[list[Post], tuple[str, ...]]] = {}
    for kind in dict.fromkeys(post[2] for post in invented):
        sets[kind] = ([post for post in invented if post[2] == kind], ())
    sets["all invented"] = (invented, ())
    folder = os.environ.get("CTSE_SHARED_DATA")
    for name, posts in real_posts(Path(folder)).items() if folder else ():
        sets[f"real {name}"] = (posts, COUNTRIES[name])
    heads = " | ".join(f"{name}: precision | recall | posts/s" for name in FINDERS)
    print(f"| posts | number | marks | {heads} |\n|---|---:|---:|" + "---:|---:|---:|" * len(FINDERS))
    for name, (posts, countries) in sets.items():
        marks = sum(len(spans) for *_, spans in posts)
        cells = []
        for title, finder in FINDERS.items():
            precision, recall, speed = score(posts, finder, countries, options.misses and title == "CTSE")
            shown = (
                f"{precision:.2f} | {recall:.2f}" if marks else f"{_touched(posts, finder, countries):.2f} touched | "
            )
            cells.append(f"{shown} | {speed:,.0f}")
        print(f"| {name} | {len(posts):,} | {marks:,} | " + " | ".join(cells) + " |")


def _touched(posts: list[Post], finder: Finder, countries: tuple[str, ...]) -> float:
    return sum(bool(finder(text, lang, countries)) for text, lang, _, _ in posts) / len(posts)


if __name__ == "__main__":
    main()
