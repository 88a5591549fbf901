"""Delimited text: delimiter, quoting, header, and the fast and the careful reader agreeing."""

import csv
import io
import random

import pytest

from ctse_core.posts import ReadSettings, delimited, read_posts
from ctse_core.posts.clean import Cleanness, check_clean
from ctse_core.posts.decode import TextFile
from ctse_core.posts.delimited import read_delimited
from ctse_core.types import no_progress


def table(folder, content, name="posts.csv", **settings):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_delimited(TextFile(path, 0, "utf-8"), name, ReadSettings(**settings), no_progress)


def is_clean(folder, content):
    """Return whether the fast way was good enough for this content."""
    seen = []
    delimited.check_clean = lambda *held: seen.append(check_clean(*held)) or seen[-1]
    try:
        table(folder, content)
    finally:
        delimited.check_clean = check_clean
    return seen[0].clean


PIECES = [
    "water",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\r\n",
    "\r",
    " ",
    "é",
    "水",
    "🙂",
    "",
    "'",
    "\\",
    '\\"',
]
PIECES += ["5", "2023-01-01", "\u2028", "\x0b", "\x85", "#"]


def invented_table(seed):
    """Return a table of nasty cells, its bytes as a writer of CSV makes them, and its delimiter."""
    chance = random.Random(seed)  # noqa: S311
    names = ["id", "text", "created_at", "lang", "author"][: chance.randrange(2, 6)]
    rows = [
        ["".join(chance.choice(PIECES) for _ in range(chance.randrange(6))) for _ in names]
        for _ in range(chance.randrange(1, 12))
    ]
    for row in rows:
        row[-1] = row[-1].rstrip("\r")  # before a line's end nobody can tell whose it is
    delimiter, written = chance.choice(",;\t|"), io.StringIO(newline="")
    style = {
        "quoting": chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": chance.choice(["\n", "\r\n"]),
    }
    csv.writer(written, delimiter=delimiter, **style).writerows([names, *rows])
    return rows, written.getvalue().encode(), delimiter


def test_what_a_writer_of_csv_wrote_is_read_the_same_fast_and_carefully(tmp_path, monkeypatch):
    for seed in range(300):
        rows, content, delimiter = invented_table(seed)
        fast = table(tmp_path, content, delimiter=delimiter if seed % 2 else "")
        with monkeypatch.context() as patched:
            patched.setattr(delimited, "check_clean", lambda *_: Cleanness(False))
            careful = table(tmp_path, content, delimiter=delimiter if seed % 2 else "")
        assert careful.frame.rows() == [tuple(cell or None for cell in row) for row in rows], seed
        assert fast.frame.equals(careful.frame) and fast.unreadable.equals(careful.unreadable), seed


def test_any_bytes_keep_the_count_of_rows(tmp_path):
    chance = random.Random(5)  # noqa: S311
    for _ in range(200):
        body = b"".join(chance.choice(PIECES).encode() for _ in range(60))
        raw = table(tmp_path, b"id,text,lang\n" + body + b"\n1,water rises,en\n")
        assert raw.rows_in_file == raw.frame.height + raw.unreadable.height
        assert sorted(raw.rows.to_list() + raw.unreadable["row"].to_list()) == list(range(1, raw.rows_in_file + 1))


def test_a_regular_file_goes_the_fast_way_and_an_irregular_one_does_not(tmp_path):
    clean = 'id,text,lang\n1,"two\nlines, ""quoted""",en\n2,plain,es\n'
    assert is_clean(tmp_path, clean)
    assert is_clean(tmp_path, clean.replace("\n2", "\r\n2") + "\n\n")  # blank lines at the end are no rows
    for broken in ("\n3,b,en\n", "4,short\n", '5,"open,en\n', '6,"a" b,en\n', "7,a\rb,en\n"):
        assert not is_clean(tmp_path, clean + broken), broken


def test_a_quote_that_never_closes_costs_its_own_row_only(tmp_path):
    rows = [f'{at},"the water is rising at bridge {at}",2023-02-{at:02d}' for at in range(1, 20)]
    rows[4] = '5,"the water is rising,2023-02-05'
    raw = table(tmp_path, "id,text,date\n" + "\n".join(rows) + "\n")
    assert raw.unreadable["row"].to_list() == [5] and raw.frame.height == 18
    assert "quotation mark" in raw.unreadable["reason"][0] and raw.unreadable["raw"][0] == rows[4]


def test_a_quote_that_closes_rows_later_does_not_swallow_those_rows(tmp_path):
    rows = [f"{at},water rises at bridge {at},2023-02-{at:02d}" for at in range(1, 20)]
    rows[4], rows[9] = '5,"water rises,2023-02-05', '10,water rises",2023-02-10'
    raw = table(tmp_path, "id,text,date\n" + "\n".join(rows) + "\n")
    assert raw.rows_in_file == 19 and raw.unreadable["row"].to_list() == [5]


def test_a_cell_of_many_lines_with_delimiters_is_one_cell(tmp_path):
    cell = "We need:\n1, water, now\n2, food, soon\nthanks, all, of you"
    raw = table(tmp_path, f'id,text,date\n1,"{cell}",2023-02-01\n2,go up,2023-02-02\n3,stay,2023-02-03\n')
    assert raw.frame["text"][0] == cell and raw.unreadable.is_empty()


def test_quotes_that_were_not_doubled_are_read_as_written(tmp_path):
    raw = table(tmp_path, 'id,text\n1,"they said "go up" to us"\n2,"fine"\n3,all "well" here\n')
    assert raw.frame["text"].to_list() == ['they said "go up" to us', "fine", 'all "well" here']
    assert any("not doubled" in note for note in raw.notes)


def test_backslashed_quotes_are_understood(tmp_path):
    rows = "".join(f'{at},"they said \\"go up\\", and we did","en"\n' for at in range(5))
    raw = table(tmp_path, f"id,text,lang\n{rows}")
    assert raw.frame["text"].to_list() == ['they said "go up", and we did'] * 5


def test_tabs_without_quoting_keep_stray_quotes(tmp_path):
    raw = table(tmp_path, 'id\ttext\n1\t"Hello from the bridge\n2\tbye "now"\n3\tplain\n', "posts.tsv")
    assert raw.frame["text"].to_list() == ['"Hello from the bridge', 'bye "now"', "plain"]


def test_rows_of_another_width_are_set_apart_or_mended_where_that_is_honest(tmp_path):
    raw = table(tmp_path, "id,text,lang\n1,a b,en\n2,c\n3,d,en,,\n4,e,en,x\n\n5,f,en\n")
    assert raw.rows.to_list() == [1, 3, 5] and raw.unreadable["row"].to_list() == [2, 4]
    assert raw.unreadable["reason"].to_list() == [
        "It has 2 cells where the table has 3.",
        "It has 4 cells where the table has 3.",
    ]
    assert any("blank line" in note for note in raw.notes) and any("beyond the header" in note for note in raw.notes)


def test_rows_that_all_leave_out_their_last_cells_are_filled_up(tmp_path):
    raw = table(tmp_path, "id,text,lang,note\n" + "1,the water rises\n" * 5 + "2,go up,en,x\n")
    assert raw.frame.height == 6 and raw.frame["lang"].to_list() == [None] * 5 + ["en"]


@pytest.mark.parametrize(
    ("content", "delimiter", "cells"),
    [
        ("id;text;lat\n1;hello, all;2,5\n2;bye;3,5\n", ";", ("1", "hello, all", "2,5")),
        ("id|text\n1|a, b; c\n2|d\n", "|", ("1", "a, b; c")),
        ("id\ttext\n1\ta, b\n", "\t", ("1", "a, b")),
        ("sep=;\r\nid;text\r\n1;a,b\r\n", ";", ("1", "a,b")),
        ('id, text\n1, "a, b"\n2, c\n', ",", ("1", "a, b")),
        ("id,text\r1,a b\r2,c d\r", ",", ("1", "a b")),
        ("text\nfirst, second\nthird\n", None, ("first, second",)),
        ("Export of posts\n\nid,text,date\n1,a b,2023-01-01\n", ",", ("1", "a b", "2023-01-01")),
    ],
)
def test_delimiters_are_guessed(tmp_path, content, delimiter, cells):
    raw = table(tmp_path, content)
    assert raw.delimiter == delimiter and raw.frame.row(0) == cells


def test_a_given_delimiter_is_obeyed(tmp_path):
    raw = table(tmp_path, "id:text\n1:a,b\n2:c,d\n", delimiter=":")
    assert raw.frame.columns == ["id", "text"] and raw.frame["text"].to_list() == ["a,b", "c,d"]


def test_the_header_can_be_forced_or_denied(tmp_path):
    content = "water rises,en\ngo up,es\n"
    assert table(tmp_path, content, header="yes").frame.columns == ["water rises", "en"]
    assert table(tmp_path, content, header="no").frame.height == 2


def test_row_names_without_a_header_cell_become_a_first_column(tmp_path):
    raw = table(tmp_path, "text,lang\na1,water rises,en\na2,go up,es\na3,stay,es\n")
    assert raw.frame.columns == ["column_1", "text", "lang"] and raw.frame["lang"].to_list() == [
        "en",
        "es",
        "es",
    ]


SENTENCES = {
    "cp1252": "El agua llegó al puente, señor. Où est l'hôpital? Straße gesperrt, größte Not",
    "cp1250": "Woda wdarła się na ulicę, potrzebujemy łodzi. Część mostów zamknięta, żółty alarm",
    "cp1251": "Вода поднимается у моста, пришлите лодки. Где ближайшая больница",
    "cp1254": "Köprünün altında su yükseliyor, acil yardım gerekiyor. Yağış şiddetli, çığ düştü",
    "cp1256": "المياه ترتفع قرب الجسر، أرسلوا القوارب من فضلكم",
    "gb18030": "大桥附近的水位正在上涨，请派船来，我们需要饮用水",
    "big5": "大橋附近的水位正在上漲，請派船來，我們需要飲用水",
    "cp932": "橋の近くで水位が上がっています。ボートを送ってください",
    "euc_jp": "橋の近くで水位が上がっています。ボートを送ってください",
    "cp949": "다리 근처의 수위가 올라가고 있습니다. 보트를 보내주세요",
    "utf-16": "大桥附近的水位正在上涨 قرب الجسر",
    "utf-32": "大桥附近的水位正在上涨 قرب الجسر",
}


@pytest.mark.parametrize("encoding", SENTENCES)
def test_encodings_are_found_out(tmp_path, encoding):
    path = tmp_path / "posts.csv"
    path.write_bytes("".join(["id;text\n", *(f"{at};{SENTENCES[encoding]}\n" for at in range(20))]).encode(encoding))
    posts = read_posts(path)
    assert set(posts.table["text"].to_list()) == {SENTENCES[encoding]}
    assert encoding in posts.encoding or posts.encoding in encoding


def test_a_given_encoding_is_obeyed(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_bytes("id,text\n1,tamb\u00e9m \u00e1gua\n".encode("cp1252"))
    assert read_posts(path, settings=ReadSettings(encoding="windows-1252")).table["text"][0] == "também água"
    assert read_posts(path, settings=ReadSettings(encoding="cp1251")).table["text"][0] == "tambйm бgua"
