"""Bad input: each file gives rows or a sentence, never a traceback, and every row is accounted for."""

import gzip
import io
import json
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from ctse_core.errors import ColumnError, CtseError, InputFileError
from ctse_core.posts import ReadSettings, preview, read_posts
from ctse_core.types import Col


def read(folder, content, name="posts.csv", **settings):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    posts = read_posts(path, settings=ReadSettings(**settings))
    assert posts.table.height + posts.empty.height + posts.unreadable.height == posts.rows_in_file
    preview(path)
    return posts


def noise_of(seed):
    return random.Random(seed)  # noqa: S311


def archive(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as held:
        for name, content in files.items():
            held.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n \n"])
def test_an_empty_file_is_called_empty(tmp_path, content):
    with pytest.raises(InputFileError, match="is empty"):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputFileError, match="There is no file"):
        read_posts(tmp_path / "none.csv")
    with pytest.raises(InputFileError, match="not a file"):
        read_posts(tmp_path)


def test_a_header_alone_is_a_table_of_no_posts(tmp_path):
    posts = read(tmp_path, "id,text,created_at\n")
    assert posts.rows_in_file == 0 and posts.table.schema[Col.TIME] == pl.Datetime("us", "UTC")
    assert posts.notes == ["The file has column names but no rows."]


def test_one_column_of_text_needs_no_delimiter(tmp_path):
    posts = read(tmp_path, "text\nhello, we need water\nplease; help\nagua\n")
    assert posts.delimiter is None
    assert posts.table[Col.TEXT].to_list() == ["hello, we need water", "please; help", "agua"]


def test_no_text_column_lists_the_columns(tmp_path):
    with pytest.raises(ColumnError, match="The columns are lat, lon, count"):
        read(tmp_path, "lat,lon,count\n1.5,2.5,3\n4.5,5.5,6\n")


def test_a_file_without_a_header_gets_columns_by_position(tmp_path):
    posts = read(tmp_path, "1622000000000000123,2023-02-06T04:17:35Z,the water is rising\n" * 3)
    assert posts.rows_in_file == 3 and posts.roles.text == "column_3" and posts.roles.time == "column_2"
    assert any("first row looks like a post" in note for note in posts.notes)


@pytest.mark.parametrize(
    ("content", "thing"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG image"),
        (b"%PDF-1.7\n" + bytes(range(256)), "PDF"),
        (b"PK\x03\x04" + bytes(range(200)), "damaged zip"),
        (b"PAR1" + bytes(range(200)), "damaged Parquet"),
        (b"\x1f\x8b\x08\x00" + bytes(range(9)), "damaged gz"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged workbook"),
        (noise_of(1).randbytes(20_000), "binary data"),
        (b"<!DOCTYPE html><html><body>hi</body></html>", "web page"),
    ],
)
def test_a_binary_called_csv_is_named_for_what_it_is(tmp_path, content, thing):
    with pytest.raises(InputFileError, match=thing):
        read(tmp_path, content)


def test_word_documents_and_protected_workbooks_get_a_sentence(tmp_path):
    with pytest.raises(InputFileError, match="Word document"):
        read(tmp_path, archive({"word/document.xml": "<w/>"}))
    with pytest.raises(InputFileError, match="damaged workbook"):
        read(tmp_path, archive({"xl/workbook.xml": "<broken"}), "posts.xlsx")


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.zip", "bomb.xlsx"])
def test_an_archive_that_grows_without_end_is_refused_while_it_grows(tmp_path, name):
    zeros = b"text\n" + b"0" * (80 << 20)
    content = {
        "bomb.csv.gz": lambda: gzip.compress(zeros, 1),
        "bomb.zip": lambda: archive({"a.csv": zeros}),
        "bomb.xlsx": lambda: archive({"xl/workbook.xml": "<w/>", "xl/worksheets/sheet1.xml": zeros}),
    }[name]()
    with pytest.raises(InputFileError, match="fill the disk"):
        read(tmp_path, content, name, unpacked_ratio=100)


def test_the_size_limit_holds_whatever_the_ratio(tmp_path):
    noise = noise_of(2).randbytes(1 << 20).hex()
    with pytest.raises(InputFileError, match="more than 1 MB"):
        read(tmp_path, gzip.compress(noise.encode()), "big.csv.gz", unpacked_limit_mb=1)


def lying_about_its_size(packed):
    lying = bytearray(packed)
    for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = lying.rfind(signature)
        lying[at + place : at + place + 4] = struct.pack("<I", 1000)
    return bytes(lying)


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    zeros = b"0" * (80 << 20)
    with pytest.raises(InputFileError, match="damaged zip"):
        read(tmp_path, lying_about_its_size(archive({"a.csv": zeros})), "lie.zip")
    workbook = archive({"xl/workbook.xml": "<w/>", "xl/worksheets/sheet1.xml": zeros})
    with pytest.raises(InputFileError, match="fill the disk"):
        read(tmp_path, lying_about_its_size(workbook), "lie.xlsx")


def test_a_sheet_with_a_cell_at_the_far_corner_is_refused(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "far.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "text"])
        sheet.write_string(1_048_575, 16_383, "stray")
    with pytest.raises(InputFileError, match="far-out cells"):
        read_posts(tmp_path / "far.xlsx")


def test_a_zip_of_several_tables_gives_the_largest_and_says_so(tmp_path):
    files = {
        "__MACOSX/._a.csv": "x" * 999,
        "readme.md": "y" * 9999,
        "a.csv": "id,text\n1,the water is rising\n2,send boats now\n",
        "old/b.csv": "id,text\n1,nothing to see here\n",
    }
    posts = read(tmp_path, archive(files), "two.zip")
    assert posts.table.height == 2 and any("a.csv" in note and "old/b.csv" in note for note in posts.notes)
    other = read(tmp_path, archive(files), "two.zip", part="b.csv")
    assert other.table[Col.TEXT].to_list() == ["nothing to see here"]
    with pytest.raises(InputFileError, match="no table"):
        read(tmp_path, archive({"readme.md": "hi", "b.png": "x"}), "none.zip")
    with pytest.raises(InputFileError, match="packed twice"):
        read(tmp_path, archive({"a.csv.gz": gzip.compress(b"text\nhello there")}), "nested.zip")


def test_a_gz_that_breaks_off_gives_what_it_holds_and_says_so(tmp_path):
    noise = noise_of(3)
    rows = "".join(f"{at},the water is rising {noise.random()}\n" for at in range(5000))
    posts = read(tmp_path, gzip.compress(f"id,text\n{rows}".encode())[:-2000], "cut.csv.gz")
    assert 3000 < posts.rows_in_file < 5000 and "cut off" in posts.notes[0]


def test_nul_signs_are_taken_out_and_told(tmp_path):
    posts = read(tmp_path, b"id,text\n1,wa\x00ter is rising\n2,send boats\n")
    assert posts.table[Col.TEXT].to_list() == ["water is rising", "send boats"]
    assert any("NUL" in note for note in posts.notes)


def test_a_megabyte_in_one_cell_is_kept_whole(tmp_path):
    cell = 'word "quoted", and\nmore\n' * 50_000
    written = cell.replace('"', '""')
    for rest in ("2,send boats now\n", "2,send boats now\nbroken\n"):  # the fast way, the careful way
        posts = read(tmp_path, f'id,text\n1,"{written}"\n{rest}')
        assert posts.table[Col.TEXT][0] == cell and posts.table.height == 2
        assert posts.unreadable.height == rest.count("broken")


def test_ten_thousand_columns_are_read(tmp_path):
    names = ",".join(["id", "text", *(f"c{at}" for at in range(9998))])
    row = "the water is rising" + ",1" * 9998
    posts = read(tmp_path, f"{names}\n1,{row}\n2,{row}\n")
    assert posts.table.shape == (2, 60) and posts.roles.text == "text"
    objects = [
        json.dumps({"text": f"the water is rising {at}", **{f"k{at}_{n}": n for n in range(600)}}) for at in range(20)
    ]
    wide = read(tmp_path, "\n".join(objects), "wide.jsonl")
    assert wide.table.height == 20 and any("Only the first 10,000 columns" in note for note in wide.notes)


def test_mixed_encodings_in_one_file_are_read_row_by_row(tmp_path):
    rows = [
        f"{at},el agua llegó al puente número {at}\n".encode("cp1252" if at % 7 == 0 else "utf-8") for at in range(50)
    ]
    posts = read(tmp_path, b"id,text\n" + b"".join(rows))
    assert posts.table[Col.TEXT].to_list() == [f"el agua llegó al puente número {at}" for at in range(50)]
    assert posts.encoding == "utf-8" and any("8 rows are not UTF-8; read as cp1252" in note for note in posts.notes)


def test_bytes_that_are_no_text_cost_their_row_only(tmp_path):
    rows = "".join(f"{at},大桥附近的水位正在上涨{at}\n" for at in range(20)).encode()
    posts = read(tmp_path, b"id,text\n" + rows + b"20,\x81\x8d\xff\xfe\x81\n21,good again\n")
    assert posts.table[Col.TEXT][-1] == "good again" and posts.rows_in_file == 22


def test_lone_surrogates_become_a_replacement_sign(tmp_path):
    lines = '{"id": "1", "text": "half \\ud800 sign here"}\n{"id": "2", "text": "\\ud83d\\ude00 whole sign"}\n'
    posts = read(tmp_path, lines, "posts.jsonl")
    assert posts.table[Col.TEXT].to_list() == ["half \ufffd sign here", "😀 whole sign"]
    assert any("halves of characters" in note for note in posts.notes)
    cesu = b"id,text\n1,smile \xed\xa0\xbd\xed\xb8\x80 here\n2,half \xed\xa0\xbd here\n"
    assert read(tmp_path, cesu).table[Col.TEXT].to_list() == ["smile 😀 here", "half \ufffd here"]


def test_right_to_left_overrides_stay_in_the_text(tmp_path):
    posts = read(tmp_path, "id,text\n1,\u202egnp.exe is not a picture\u202c\n2,\u202e\u202c\n")
    assert posts.table[Col.TEXT].to_list() == ["\u202egnp.exe is not a picture\u202c"]
    assert posts.empty["reason"].to_list() == ["Its text holds only invisible signs."]


def test_dates_in_year_0_and_9999_become_empty_times(tmp_path):
    posts = read(tmp_path, "text,date\nwater rises,0000-01-01\nsend boats,9999-12-31\ngo up now,2023-02-06\n")
    assert posts.table[Col.TIME].null_count() == 2
    assert any("2 times lie outside the years 1990 to 2100" in note for note in posts.notes)


@pytest.mark.parametrize(
    "texts", [["🙏🙏", "🌊", "🔥🔥"], ["https://t.co/abc", "http://x.org/1", "www.y.org"], ["ok", "si", "3"]]
)
def test_posts_of_emoji_links_or_single_words_are_posts(tmp_path, texts):
    posts = read(tmp_path, "id,text\n" + "".join(f"{at},{text}\n" for at, text in enumerate(texts)))
    assert posts.table[Col.TEXT].to_list() == texts


def test_rows_without_visible_text_are_set_apart_with_what_they_hold(tmp_path):
    posts = read(tmp_path, "id,text,lang\n1,water rises,en\n2,,es\n3,\u200b\u2800 \u200d,fr\n,,\n")
    assert posts.empty["row"].to_list() == [2, 3, 4]
    assert posts.empty["reason"].to_list() == [
        "Its text is empty.",
        "Its text holds only invisible signs.",
        "The whole row is empty.",
    ]
    assert json.loads(posts.empty["raw"][0]) == {"id": "2", "lang": "es"}


def test_duplicate_and_missing_column_names_get_distinct_ones(tmp_path):
    posts = read(tmp_path, "id,text,text,,\n1,water rises,b,c,d\n")
    assert posts.table.columns[-3:] == ["file:text_2", "file:column_4", "file:column_5"]
    assert any("1 column" in note for note in posts.notes) and any("2 columns" in note for note in posts.notes)


def test_json_that_is_broken_in_places_loses_those_places_only(tmp_path):
    lines = '{"id":1,"text":"water rises"}\n{broken\n[1]\n\n"just a text"\n{"id":2,"text":null}\n' + "[" * 5000 + "\n"
    posts = read(tmp_path, lines, "posts.jsonl")
    assert posts.table[Col.TEXT].to_list() == ["water rises", "just a text"]
    assert posts.unreadable["row"].to_list() == [2, 3, 6] and posts.empty["row"].to_list() == [5]
    assert posts.unreadable["raw"][0] == "{broken"
    members = (
        '{"id": 1, "text": "water rises"}',
        '{"id": 2, "text": oops {"id": 9}}',
        '{"id": 3, "text": "go up"}',
    )
    array = "[\n " + ",\n ".join(members) + "\n]"
    posts = read(tmp_path, array, "posts.json")
    assert posts.table[Col.POST_ID].to_list() == ["1", "3"] and posts.unreadable["row"].to_list() == [2]
    with pytest.raises(InputFileError, match="not valid JSON"):
        read(tmp_path, '{"a": [1, 2', "posts.json")


def damaged(content, noise, times):
    content = bytearray(content)
    for _ in range(times):
        content[noise.randrange(len(content))] = noise.randrange(256)
    return bytes(content)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "parquet", "xlsx"])
def test_random_damage_gives_rows_or_a_sentence(tmp_path, kind):
    frame = pl.DataFrame(
        {"id": [str(at) for at in range(30)], "text": [f'the "water", {at}\nrises' for at in range(30)]}
    )
    path = tmp_path / f"whole.{kind}"
    if kind == "xlsx":
        frame.write_excel(path)
    else:
        {
            "csv": frame.write_csv,
            "jsonl": frame.write_ndjson,
            "json": frame.write_json,
            "parquet": frame.write_parquet,
        }[kind](path)
    whole, noise = path.read_bytes(), noise_of(kind)
    for times in (1, 2, 5, 20) * 6:
        try:
            read(tmp_path, damaged(whole, noise, times), f"damaged.{kind}")
        except CtseError as told:
            assert str(told).endswith((".", "'?")), told


MEASURE = """
import sys
from pathlib import Path
from ctse_core.posts import read_posts
posts = read_posts(Path(sys.argv[1]))
print(posts.table.height, posts.empty.height, posts.unreadable.height, posts.rows_in_file)
# Not ru_maxrss: that remembers the process which this one was forked from.
high = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(high[0].split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux' /proc")
@pytest.mark.parametrize(("megabytes", "broken"), [(200, 0), (60, 3)])
def test_big_files_are_read_in_bounded_memory(tmp_path, megabytes, broken):
    words = 'Water is rising near the bridge, please send boats and drinking water; the ""old"" harbour is gone'
    rows = (f'16220000000000{at:05d},2023-02-06T04:17:{at % 60:02d}Z,"{words} {at}"\n' for at in range(20_000))
    block = "".join(rows)
    path, repeats = tmp_path / "big.csv", megabytes * 1_000_000 // len(block) + 1
    with path.open("w", encoding="utf-8") as out:
        out.write("id,created_at,text\n")
        for turn in range(repeats):
            out.write(block + 'x,"open\n' * (turn < broken))
    told = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    counts, peak = told.stdout.splitlines()
    assert counts == f"{repeats * 20_000} 0 {broken} {repeats * 20_000 + broken}"
    assert int(peak) < 1_600_000, "kilobytes at the peak"
