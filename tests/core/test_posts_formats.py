"""The same posts out of every kind of file: counts, ids and texts exact."""

import gzip
import json
import zipfile
from datetime import UTC, datetime

import polars as pl
import pytest
import xlsxwriter

from ctse_core.errors import ColumnError, InputFileError, SettingError
from ctse_core.posts import ColumnRoles, ReadSettings, guessed_roles, preview, read_column, read_posts
from ctse_core.types import Col

POSTS = [
    ("1622000000000000123", "2023-02-06T04:17:35Z", "es", "El río crece, necesitamos botes en el puente"),
    ("1622000000000000124", "2023-02-06T04:18:00Z", "zh", "大桥附近的水位正在上涨，请派船来"),
    ("1622000000000000125", "2023-02-06T04:19:30Z", "ar", 'قالوا لنا "انتظروا" والماء يرتفع'),
    ("1622000000000000126", "2023-02-06T04:20:00Z", "en", "Two lines:\nwater; and | food\tplease 🙏"),
    ("1622000000000000127", "2023-02-06T04:21:00Z", "ht", "\u202eNou bezwen dlo\u202c tanpri"),
]
FRAME = pl.DataFrame(POSTS, schema=["id", "created_at", "lang", "text"], orient="row")
COLUMNS = [
    Col.ROW,
    Col.POST_ID,
    Col.TEXT,
    Col.TIME,
    Col.AUTHOR,
    Col.PLACE,
    Col.LAT,
    Col.LON,
    Col.LABEL,
    Col.GIVEN_LANG,
]


def write_xlsx(path, rows, numbers=(), **options):
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("Posts")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if column in numbers and at:
                    sheet.write_number(at, column, float(cell))
                elif cell is not None:
                    sheet.write_string(at, column, cell)


def zipped(path, name, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def as_bytes(write_to, folder):
    write_to(folder / "inner")
    return (folder / "inner").read_bytes()


def write_integers(path):
    times = pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ").dt.replace_time_zone("UTC")
    FRAME.with_columns(pl.col("id").cast(pl.Int64), times).write_parquet(path)


def write_json_numbers(path):
    rows = [json.dumps(row, ensure_ascii=False).replace(f'"{row["id"]}"', row["id"]) for row in FRAME.to_dicts()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_sheet(path):
    write_xlsx(path, [FRAME.columns, *FRAME.rows()])


TABLE = FRAME.write_csv()
WRITERS = {
    "csv": lambda path: path.write_text(TABLE, encoding="utf-8"),
    "tsv": lambda path: FRAME.write_csv(path, separator="\t"),
    "semicolon.csv": lambda path: FRAME.write_csv(path, separator=";"),
    "pipe.txt": lambda path: FRAME.write_csv(path, separator="|"),
    "bom.csv": lambda path: path.write_text(TABLE, encoding="utf-8-sig"),
    "utf16.csv": lambda path: path.write_text(TABLE, encoding="utf-16"),
    "utf16le.csv": lambda path: path.write_bytes(TABLE.encode("utf-16-le")),
    "crlf.csv": lambda path: path.write_bytes(FRAME.write_csv(line_terminator="\r\n").encode()),
    "jsonl": lambda path: path.write_text("\n".join(json.dumps(row) for row in FRAME.to_dicts())),
    "numbers.jsonl": write_json_numbers,
    "json": lambda path: path.write_text(json.dumps(FRAME.to_dicts(), indent=1)),
    "xlsx": write_sheet,
    "parquet": FRAME.write_parquet,
    "integers.parquet": write_integers,
    "csv.gz": lambda path: path.write_bytes(gzip.compress(TABLE.encode())),
    "parquet.gz": lambda path: path.write_bytes(gzip.compress(as_bytes(FRAME.write_parquet, path.parent))),
    "zip": lambda path: zipped(path, "posts.csv", TABLE),
    "xlsx.zip": lambda path: zipped(path, "posts.xlsx", as_bytes(write_sheet, path.parent)),
}
KINDS = list(WRITERS)


def write(folder, kind):
    path = folder / f"posts.{kind}"
    WRITERS[kind](path)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_gives_the_same_posts(tmp_path, kind):
    posts = read_posts(write(tmp_path, kind))
    assert posts.table.columns == COLUMNS
    assert posts.table[Col.POST_ID].to_list() == [post[0] for post in POSTS]
    assert posts.table[Col.TEXT].to_list() == [post[3] for post in POSTS]
    assert posts.table[Col.GIVEN_LANG].to_list() == [post[2] for post in POSTS]
    assert posts.table[Col.TIME][0] == datetime(2023, 2, 6, 4, 17, 35, tzinfo=UTC)
    assert posts.table[Col.TIME].null_count() == 0
    assert posts.table[Col.ROW].to_list() == [1, 2, 3, 4, 5]
    assert posts.rows_in_file == 5 and posts.empty.height == posts.unreadable.height == 0
    assert posts.roles == ColumnRoles(text="text", time="created_at", id="id", lang="lang")


@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_guesses_what_the_reading_uses(tmp_path, kind):
    path = write(tmp_path, kind)
    seen, posts = preview(path, rows=2), read_posts(path)
    assert seen.roles == posts.roles and (seen.kind, seen.delimiter) == (posts.kind, posts.delimiter)
    assert seen.table.height == 2 and seen.columns == ["id", "created_at", "lang", "text"]
    assert seen.table["id"].to_list() == ["1622000000000000123", "1622000000000000124"]
    assert 3 <= seen.rows_estimate <= 9


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx", "parquet", "zip"])
def test_one_column_comes_back_in_the_order_of_the_file(tmp_path, kind):
    assert read_column(write(tmp_path, kind), "text") == [post[3] for post in POSTS]


def test_a_column_has_one_entry_for_empty_and_unreadable_rows_too(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("id,text\n1,first one\n2,\n3,too,many\n4,last one\n")
    assert read_column(path, "text") == ["first one", None, None, "last one"]
    with pytest.raises(ColumnError, match="id, text"):
        read_column(path, "texts")


def test_a_single_column_keeps_empty_lines_as_empty_rows(tmp_path):
    path = tmp_path / "posts.csv"
    pl.DataFrame({"text": ["help us please", None, "we are fine", None]}).write_csv(path)
    assert read_column(path, "text") == ["help us please", None, "we are fine", None]
    posts = read_posts(path)
    assert (posts.table.height, posts.empty.height, posts.rows_in_file) == (2, 2, 4)


def test_ids_that_a_spreadsheet_has_cut_are_told(tmp_path):
    path = tmp_path / "posts.xlsx"
    rows = [(str(1622000000000000123 + at * 10**9), f"water is rising at bridge {at}") for at in range(5)]
    write_xlsx(path, [("id", "text"), *rows], numbers=(0,))
    posts = read_posts(path)
    assert posts.table[Col.POST_ID][0] != rows[0][0]  # the file itself no longer holds it
    assert any("5 ids were stored as a number" in note for note in posts.notes)


def test_ids_in_scientific_notation_are_told(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("id,text\n1.622E+18,water is rising\n1622000000000000124,send boats now\n")
    posts = read_posts(path)
    assert posts.table[Col.POST_ID].to_list() == ["1.622E+18", "1622000000000000124"]
    assert any("1 id was stored as a number" in note for note in posts.notes)


def test_repeated_and_missing_ids_are_kept_and_told(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("id,text\n007,water is rising\n007,send boats now\n,the bridge is gone\n")
    posts = read_posts(path)
    assert posts.table[Col.POST_ID].to_list() == ["007", "007", "row-3"]
    assert any("repeats the id" in note for note in posts.notes)
    assert any("has no id" in note for note in posts.notes)


def test_whole_numbers_dates_and_truth_values_of_a_sheet_become_plain_text(tmp_path):
    path = tmp_path / "posts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["id", "text", "date", "score", "flag"])
        for row in (1, 2, 4):
            sheet.write_number(row, 0, row)
            sheet.write_string(row, 1, f"the water is rising at bridge {row}")
            sheet.write_datetime(row, 2, datetime(2023, 2, 6, 4, row), day)
            sheet.write_number(row, 3, 0.5)
            sheet.write_boolean(row, 4, True)
    posts = read_posts(path)
    assert posts.table[Col.POST_ID].to_list() == ["1", "2", "4"]
    assert posts.table[Col.TIME][1] == datetime(2023, 2, 6, 4, 2, tzinfo=UTC)
    assert posts.table["file:score"].to_list() == ["0.5"] * 3 and posts.table["file:flag"][0] == "true"
    assert posts.rows_in_file == 4 and posts.empty["row"].to_list() == [3]


def test_the_largest_sheet_is_read_and_the_others_are_named(tmp_path):
    path = tmp_path / "posts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("About").write_string(0, 0, "Notes on this file")
        sheet = book.add_worksheet("Export")
        for at, row in enumerate([FRAME.columns, *FRAME.rows()]):
            sheet.write_row(at, 0, row)
    posts = read_posts(path)
    assert posts.table.height == 5 and any("Export" in note and "About" in note for note in posts.notes)
    with pytest.raises(InputFileError, match="About, Export"):
        read_posts(path, settings=ReadSettings(part="Posts"))


def test_nested_parquet_columns_are_flattened(tmp_path):
    path = tmp_path / "posts.parquet"
    pl.DataFrame(
        {
            "text": ["water is rising here", "send boats to us"],
            "user": [{"screen_name": "ana", "id": 1}, {"screen_name": "li", "id": 2}],
            "tags": [["flood", "kesh"], None],
            "score": [1.0, 2.5],
        }
    ).write_parquet(path)
    table = read_posts(path).table
    assert table[Col.AUTHOR].to_list() == ["ana", "li"]
    assert table["file:tags"].to_list() == ['["flood","kesh"]', None]
    assert table["file:score"].to_list() == ["1", "2.5"]


def test_other_columns_are_kept_up_to_the_limit_and_the_rest_is_named(tmp_path):
    path = tmp_path / "posts.csv"
    names = ["text", *(f"extra{at}" for at in range(60)), "hollow"]
    path.write_text(",".join(names) + "\n" + ",".join(["water is rising", *"x" * 60, ""]) + "\n")
    posts = read_posts(path)
    kept = [name for name in posts.table.columns if name.startswith("file:")]
    assert len(kept) == 50 and kept[0] == "file:extra0"
    assert any("extra50" in note and "first 50 were kept" in note for note in posts.notes)
    assert len(read_posts(path, settings=ReadSettings(other_columns=0)).table.columns) == len(COLUMNS)


def test_roles_can_be_changed_and_wrong_ones_name_the_columns(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("id,message,reply\n1,water is rising,we are on our way\n2,send boats,wait there please\n")
    assert read_posts(path).roles.text == "message"
    changed = read_posts(path, ColumnRoles(text="reply", id="id"))
    assert changed.table[Col.TEXT][0] == "we are on our way" and "file:message" in changed.table.columns
    with pytest.raises(ColumnError, match=r"'mesage'.*id, message, reply.*Did you mean 'message'"):
        read_posts(path, ColumnRoles(text="mesage"))
    with pytest.raises(ColumnError, match="one role"):
        read_posts(path, ColumnRoles(text="reply", id="reply"))
    assert guessed_roles(path, {"text": "reply"}) == ColumnRoles(text="reply", id="id")


def test_times_come_from_twitter_ids_only_where_there_is_no_time(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("tweet_id,text\n211040709124440064,water is rising\n12,send boats now\n211040709124440065,go up\n")
    posts = read_posts(path)
    assert posts.table[Col.TIME][0] == datetime(2012, 6, 8, 10, 23, 20, 659000, tzinfo=UTC)
    assert posts.table[Col.TIME][1] is None
    assert any("worked out from ids" in note for note in posts.notes)
    off = read_posts(path, settings=ReadSettings(times_from_ids=False))
    assert off.table[Col.TIME].null_count() == 3


def test_times_that_cannot_be_read_stay_beside_the_posts_as_written(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text("text,date\nwater is rising,2023-02-06\nsend boats now,yesterday\ngo up,2023-02-07\n")
    posts = read_posts(path)
    assert posts.table["file:date"].to_list() == ["2023-02-06", "yesterday", "2023-02-07"]
    assert any("'yesterday'" in note for note in posts.notes)


def test_settings_outside_their_range_are_refused():
    for wrong in ({"delimiter": ",,"}, {"header": "maybe"}, {"unpacked_ratio": 1}, {"delimiter": '"'}):
        with pytest.raises(SettingError):
            ReadSettings(**wrong)


def test_progress_rises_to_one(tmp_path):
    told = []
    read_posts(write(tmp_path, "csv"), progress=lambda share, sentence: told.append((share, sentence)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1.0 and all(sentence for _, sentence in told)
