"""A report of what passes a filter: counted anew, complete in itself, and saying what it leaves out."""

import dataclasses
import io
import zipfile
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from ctse_core.__main__ import main
from ctse_core.errors import SettingError
from ctse_core.example import EXAMPLE
from ctse_core.filters import Filter
from ctse_core.narrowed import narrowed
from ctse_core.project import Project
from ctse_core.project.sets import keep_set
from ctse_core.project.tags import add_tag
from ctse_core.report import write_report
from ctse_core.stored import load_analysis
from ctse_core.taking_away import part_of, zipped
from ctse_core.types import UNSORTED, Col, TopicCol


@pytest.fixture(scope="module")
def whole():
    return load_analysis(Project(EXAMPLE))


@pytest.mark.parametrize(
    "among", [Filter(languages=("en", "ar")), Filter(topics=(0, 3, UNSORTED)), Filter(places=("",), words="a")]
)
def test_posts_and_topics_are_counted_anew(whole, among):
    part = narrowed(whole, among)
    assert (
        part.table[Col.POST_ID].to_list()
        == whole.table.filter(pl.Series(among.mask(whole.table)))[Col.POST_ID].to_list()
    )
    sizes = dict(part.topics.select(TopicCol.ID, TopicCol.SIZE).rows())
    unsorted = (part.table[Col.CLUSTER] == UNSORTED).sum()
    assert sum(sizes.values()) + unsorted == part.table.height
    assert sizes == {
        topic: posts for topic, posts in part.table.group_by(Col.CLUSTER).len().rows() if topic != UNSORTED
    }
    for topic in part.topics.iter_rows(named=True):
        assert topic[TopicCol.TYPICAL]
        assert {part.table[Col.CLUSTER][row] for row in topic[TopicCol.TYPICAL]} == {topic[TopicCol.ID]}
        assert sum(topic[TopicCol.LANGUAGE_POSTS]) == topic[TopicCol.SIZE]
    assert part.topics.schema == whole.topics.schema
    assert part.manifest["counts"]["posts"] == part.table.height == part.manifest["filter"]["posts"]


def test_copies_are_copies_of_posts_that_are_there(whole):
    copies = np.flatnonzero(whole.table[Col.DUPLICATE_OF].is_not_null().to_numpy())
    ids = whole.table[Col.POST_ID].gather(copies).to_list()
    folder = {"odd": copies}
    part = narrowed(SimpleNamespace(**{**vars(whole), "title": "x", "sets": folder}), Filter(sets=("odd",)))
    assert part.table[Col.POST_ID].to_list() == ids
    originals = part.table.filter(pl.col(Col.DUPLICATE_OF).is_null())
    assert set(part.table[Col.DUPLICATE_OF].drop_nulls()) <= set(originals[Col.POST_ID])
    assert originals[Col.COPIES].sum() == part.table.height
    first = part.table[part.table[Col.REPRESENTATIVE].to_list()]
    assert first[Col.DUPLICATE_OF].null_count() == part.table.height


def test_without_a_filter_it_is_the_whole_and_of_nothing_there_is_no_report(whole):
    assert narrowed(whole, Filter()) is whole
    with pytest.raises(SettingError, match="nothing to take away"):
        narrowed(whole, Filter(words="no post says this"))


def test_every_format_holds_the_part_and_says_so(whole, tmp_path):
    part = narrowed(whole, Filter(languages=("sw",)))
    paths = write_report(part, tmp_path)
    report = paths[0].read_text(encoding="utf-8")
    assert f"{part.table.height:,} of them pass: in Swahili" in report
    assert pl.read_csv(tmp_path / "posts.csv").height == part.table.height < whole.table.height
    assert pl.read_parquet(tmp_path / "posts.parquet").height == part.table.height


def test_the_command_line_filters_by_tag_place_and_undated(tmp_path, capsys):
    import shutil

    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project)
    add_tag(project, [4, 5, 6], "to verify")
    keep_set(project, [1], "one", "search")
    out = tmp_path / "out"
    report = ["report", str(project), "--format", "csv", "--out", str(out)]
    assert main([*report, "--tag", "to verify"]) == 0
    posts = pl.read_csv(out / "posts.csv", infer_schema_length=None)
    assert posts.height == 3 and set(posts["tags"]) == {"to verify"}
    meanings = pl.read_csv(out / "data_dictionary.csv")
    assert set(posts.columns) <= set(meanings["column"])
    assert main([*report, "--tag", "~", "--place", "Varenka|~", "--topic=-1"]) == 0
    posts = pl.read_csv(out / "posts.csv", infer_schema_length=None)
    assert set(posts["cluster"]) == {-1} and set(posts["place"].fill_null("")) <= {"Varenka", ""}
    assert main([*report, "--undated", "--since", "2026-01-01"]) == 1
    assert "Undated posts have no time" in capsys.readouterr().err
    assert main([*report, "--place", "Nowhere"]) == 1
    assert "No post has the place “Nowhere”; there are" in capsys.readouterr().err
    assert main(["report", str(project), "--format", "csv", "--tag", "to verify"]) == 0
    assert (project / "report-filtered" / "posts.csv").is_file()
    assert not (project / "report" / "posts.csv").exists()


def test_words_that_were_sought_are_masked_where_files_say_which_posts_they_hold(whole, tmp_path):
    project = Project(tmp_path)
    said = whole.table.with_columns(
        pl.when(pl.col("row") == 1).then(pl.lit("call 0917 555 0134 now")).otherwise("text").alias("text")
    )
    asked = Filter(words="0917 555 0134")
    part = part_of(dataclasses.replace(whole, table=said), project, asked)
    assert part.table.height == 1 and "0917" not in part.table["text"][0]
    assert "0917" not in str(part.manifest["filter"]) + str(part.manifest["notes"])


def test_all_formats_come_in_one_archive(whole, tmp_path):
    packed = zipped(whole, Project(tmp_path), Filter(languages=("sw",)), ("csv", "jsonl", "viewer"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {"posts.csv", "data_dictionary.csv", "posts.jsonl", "viewer.html"} <= set(archive.namelist())
        assert archive.read("posts.jsonl").count(b"\n") == narrowed(whole, Filter(languages=("sw",))).table.height
