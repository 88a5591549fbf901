"""Month names and signs of day and hour in the languages of posts, brought to digits."""

from __future__ import annotations

import polars as pl

_MONTHS = """
    en january february march april may june july august september october november december
    en jan feb mar apr may jun jul aug sep oct nov dec
    en jan febr mar apr may june july aug sept oct nov dec
    es enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    es ene feb mar abr may jun jul ago set oct nov dic
    fr janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    fr janv févr mars avr mai juin juil août sept oct nov déc
    pt janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    pt jan fev mar abr mai jun jul ago set out nov dez
    de januar februar märz april mai juni juli august september oktober november dezember
    de jän feb mär apr mai jun jul aug sep okt nov dez
    it gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    it gen feb mar apr mag giu lug ago set ott nov dic
    nl januari februari maart april mei juni juli augustus september oktober november december
    id januari februari maret april mei juni juli agustus september oktober november desember
    tr ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
    tr oca şub mar nis may haz tem ağu eyl eki kas ara
    pl stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
    ru января февраля марта апреля мая июня июля августа сентября октября ноября декабря
    ru янв фев мар апр май июн июл авг сен окт ноя дек
    uk січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
    ht janvye fevriye mas avril me jen jiyè out septanm oktòb novanm desanm
    ar يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
    ar كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول
    fa ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر
    hi जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर
    bn জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর
"""

MONTHS: dict[str, int] = {
    name.replace("_", " "): number
    for line in _MONTHS.strip().splitlines()
    for number, name in enumerate(line.split()[1:], start=1)
}
"""Lower-case month name or its short form -> 1 to 12."""

_DIGITS = {
    chr(zero + digit): str(digit)
    for zero in (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x1040, 0x17E0, 0xFF10)
    for digit in range(10)
}
_SIGNS = {
    "年": "-", "月": "-", "日": " ", "号": " ", "時": ":", "时": ":", "点": ":", "分": ":", "秒": " ",
    "년": "-", "월": "-", "일": " ", "시": ":", "분": ":", "초": " ",
    "上午": " am ", "下午": " pm ", "午前": " am ", "午後": " pm ", "오전": " am ", "오후": " pm ",
    "：": ":", "／": "/", "－": "-", "．": ".", "،": ",",
    "\u200e": "", "\u200f": "", "\u061c": "", "\ufeff": "", "\u202f": " ", "\u00a0": " ", "\u3000": " ",
}  # fmt: skip

_WEEKDAY_IN_BRACKETS = r"[（(]?(?:星期|周|週)?[日月火水木金土一二三四五六天][)）]|(?:星期|周|週)[日一二三四五六天]"


def in_plain_signs(cells: pl.Series) -> pl.Series:
    """Return date texts (n,) in lower case, with ASCII digits and the signs of 年月日 as dashes and colons.

    >>> in_plain_signs(pl.Series(["２０２３年２月６日 下午4時17分"]))[0]
    '2023-2-6 4:17 pm'
    """
    if cells.str.contains(r"[^\x00-\x7f]").any():
        cells = cells.str.replace_all(_WEEKDAY_IN_BRACKETS, " ").str.replace_many({**_DIGITS, **_SIGNS})
        cells = cells.str.replace_all(r"(\d)([-:]) +", "$1$2").str.replace_all(r"-([ap]m)", " $1")
    tidy = cells.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars(" ")
    moved = tidy.str.replace(r"^(\d{4}-\d{1,2}-\d{1,2}) ([ap]m) ([\d: ]+)$", "$1 $3 $2")
    return moved.str.replace(r":( [ap]m)?$", "$1")
