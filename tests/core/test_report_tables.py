"""The tables that leave the house: ids exact, formulas inert, every column explained, nothing lost."""

import dataclasses
import re
import zipfile
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ctse_core.report import DATA_DICTIONARY, dictionary_table, disarmed, write_report
from ctse_core.report.cells import CELL_LIMIT, FORMULA_STARTS, fitted, flattened
from ctse_core.report.sheets import write_table
from ctse_core.types import Col, TopicCol
from tests.sample_analysis import HOSTILE, sample_analysis


@pytest.fixture(scope="module")
def analysis():
    return sample_analysis(400)


@pytest.fixture(scope="module")
def book(analysis, tmp_path_factory):
    (path,) = write_report(analysis, tmp_path_factory.mktemp("book"), ("xlsx",))
    return path


def sheet(path, name):
    return pl.read_excel(path, sheet_name=name, infer_schema_length=None)


def xml_of(path):
    with zipfile.ZipFile(path) as parts:
        return {name: parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")}


def test_the_workbook_has_every_sheet_and_every_row(analysis, book):
    sheets = pl.read_excel(book, sheet_id=0)
    assert list(sheets) == ["Posts", "Topics", "Empty rows", "Unreadable rows", "Method", "Data dictionary"]
    assert sheets["Posts"].height == analysis.table.height
    assert sheets["Posts"].columns == analysis.table.columns
    assert sheets["Topics"].height == analysis.topics.height
    assert (sheets["Empty rows"].height, sheets["Unreadable rows"].height) == (2, 1)
    assert sheets["Data dictionary"].height == len(DATA_DICTIONARY)


def test_ids_of_nineteen_digits_are_texts_and_exact(analysis, book):
    posts = sheet(book, "Posts")
    assert posts[Col.POST_ID].dtype == pl.Utf8
    assert posts[Col.POST_ID].to_list() == analysis.table[Col.POST_ID].to_list()
    assert posts[Col.DUPLICATE_OF].to_list() == analysis.table[Col.DUPLICATE_OF].to_list()


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(book):
    for name, text in xml_of(book).items():
        assert "<f>" not in text and "<f " not in text and "<hyperlink" not in text, name


def test_texts_of_every_script_and_hostile_ones_are_in_the_workbook_as_written(analysis, book):
    written = sheet(book, "Posts")[Col.TEXT].to_list()
    expected = [re.sub(r"[\x00\x07\ufffe]", "", text) for text in analysis.table[Col.TEXT].to_list()]
    assert written == expected
    assert '=HYPERLINK("http://example.invalid","free water")' in written


def test_numbers_and_times_are_numbers_and_times(analysis, book):
    posts = sheet(book, "Posts")
    assert posts[Col.CLUSTER].to_list() == analysis.table[Col.CLUSTER].to_list()
    assert posts[Col.X].to_numpy() == pytest.approx(analysis.table[Col.X].to_numpy(), abs=1e-5)
    times = posts[Col.TIME].cast(pl.Datetime("ms")).to_list()
    for written, true in zip(times, analysis.table[Col.TIME].to_list(), strict=True):
        assert (written is None) == (true is None)
        assert true is None or abs((written.replace(tzinfo=UTC) - true).total_seconds()) < 0.01


def test_what_excel_cannot_hold_is_cut_left_out_or_written_as_text(tmp_path):
    from xlsxwriter import Workbook

    table = pl.DataFrame(
        {
            "text": ["😀" * 20_000, "a" * 40_000, "bell\x07 _x0041_", None],
            "number": [float("nan"), float("inf"), -1.5, None],
            "when": [datetime(1, 1, 1), datetime(9999, 12, 31), datetime(1950, 1, 2, 3, 4), None],
            "flag": [True, False, None, True],
            "list": [["a", "b"], [], None, ["=1"]],
        }
    )
    with Workbook(str(tmp_path / "x.xlsx"), {"constant_memory": True}) as book:
        write_table(book, "Sheet", table)
    back = sheet(tmp_path / "x.xlsx", "Sheet")
    texts = back["text"].to_list()
    assert all(len(text.encode("utf-16-le")) // 2 <= CELL_LIMIT for text in texts if text)
    assert texts[0].endswith("😀…") and texts[1].endswith("a…") and texts[2] == "bell _x0041_"
    assert [None if value is None else float(value) for value in back["number"]] == [None, None, -1.5, None]
    assert "0001-01-01" in str(back["when"][0]) and "9999-12-31" in str(back["when"][1])
    assert [str(value) for value in back["flag"].to_list()[:2]] in (["1", "0"], ["1.0", "0.0"])
    assert back["list"].to_list() == ["a | b", None, None, "=1"]


def test_more_rows_than_a_sheet_holds_go_to_further_sheets(tmp_path):
    from xlsxwriter import Workbook

    table = pl.DataFrame({"row": np.arange(250)})
    with Workbook(str(tmp_path / "x.xlsx"), {"constant_memory": True}) as book:
        write_table(book, "Posts", table, most=100)
    sheets = pl.read_excel(tmp_path / "x.xlsx", sheet_id=0)
    assert [(name, part.height) for name, part in sheets.items()] == [
        ("Posts", 100),
        ("Posts 2", 100),
        ("Posts 3", 50),
    ]
    assert pl.concat(sheets.values())["row"].to_list() == list(range(250))


def test_csv_opens_in_a_spreadsheet_with_every_formula_disarmed(analysis, tmp_path):
    paths = write_report(analysis, tmp_path, ("csv",))
    assert [path.name for path in paths][:2] == ["posts.csv", "topics.csv"] and len(paths) == 5
    assert paths[0].read_bytes().startswith(b"\xef\xbb\xbf")
    back = pl.read_csv(paths[0], infer_schema=False)
    assert back.columns == analysis.table.columns and back.height == analysis.table.height
    for name in back.columns:
        if analysis.table.schema[name] != pl.Utf8:
            continue
        for text in back[name].drop_nulls():
            assert not text or text[0] not in FORMULA_STARTS, f"{name}: {text}"
    assert back[Col.POST_ID].to_list() == analysis.table[Col.POST_ID].to_list()
    assert back["file:source"][0] == "'+49 30 1234"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", back[Col.TIME].drop_nulls()[0])
    assert (back[Col.X].cast(pl.Float64) < 0).any()  # numbers keep their minus
    topics = pl.read_csv(paths[1], infer_schema=False)
    assert topics[TopicCol.TERMS][0] == "drinking water | مياه الشرب | agua | wells | पानी"


@pytest.mark.parametrize("start", list(FORMULA_STARTS))
def test_each_start_of_a_formula_is_disarmed_and_other_texts_stay(start):
    table = pl.DataFrame({"text": [f"{start}1+1", "a" + start, " plain", "", None], "n": [-1, 2, 3, 4, 5]})
    safe = disarmed(table)
    assert safe["text"].to_list() == [f"'{start}1+1", "a" + start, " plain", "", None]
    assert safe["n"].to_list() == [-1, 2, 3, 4, 5]
    assert disarmed(pl.DataFrame({f"{start}x": [1]})).columns == [f"'{start}x"]


def test_parquet_is_exact(analysis, tmp_path):
    paths = write_report(analysis, tmp_path, ("parquet",))
    assert_frame_equal(pl.read_parquet(paths[0]), analysis.table)
    assert_frame_equal(pl.read_parquet(paths[1]), analysis.topics)


def test_every_column_that_leaves_is_in_the_dictionary(analysis):
    told = {(entry.table, entry.column) for entry in DATA_DICTIONARY}
    for name in analysis.table.columns:
        assert ("Posts", "file:…" if name.startswith("file:") else name) in told, name
    for name in analysis.topics.columns:
        assert ("Topics", name) in told, name
    names = {value for key, value in vars(Col).items() if key.isupper()}
    assert names <= {column for _, column in told}
    assert dictionary_table().columns == ["table", "column", "meaning", "form"]


def test_all_formats_come_in_the_order_asked_with_the_main_file_first(analysis, tmp_path):
    paths = write_report(analysis, tmp_path, ("parquet", "csv", "xlsx", "html"))
    assert [path.name for path in paths if path.stem in {"posts", "report"}] == [
        "posts.parquet",
        "posts.csv",
        "posts.xlsx",
        "report.html",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)


def test_a_table_without_rows_is_written_with_its_heads(analysis, tmp_path):
    nothing = dataclasses.replace(analysis, empty=analysis.empty.head(0))
    (path,) = write_report(nothing, tmp_path, ("xlsx",))
    assert pl.read_excel(path, sheet_name="Empty rows", raise_if_empty=False).height == 0
    assert "reason" in xml_of(path)["xl/worksheets/sheet3.xml"]


def test_texts_that_fit_are_not_touched():
    assert fitted("a" * CELL_LIMIT) == "a" * CELL_LIMIT
    assert len(HOSTILE) == 7 and flattened(pl.DataFrame({"a": ["x\ty\n"]}))["a"][0] == "x\ty\n"
