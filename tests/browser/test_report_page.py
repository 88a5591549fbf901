"""Files are taken from the page: of what passes the filter or of all, each format whole, in the reader's language."""

import json
import zipfile

import pytest

from ctse_core.example import open_example
from tests.browser.test_journey import settled

pytestmark = pytest.mark.browser


def open_report(tab, server, home, query=""):
    open_example(home / "projects")
    tab.set_default_timeout(90_000)
    tab.goto(f"{server}/report?project=example{query}")
    tab.get_by_role("button", name="(JSONL)").wait_for()


def taken(tab, name, folder):
    with tab.expect_download(timeout=120_000) as waiting:
        tab.get_by_role("button", name=name).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_files_hold_what_passes_or_all_of_it(tab, server, home, tmp_path):
    open_report(tab, server, home, "&lang=ht")
    part = taken(tab, "Posts (JSONL)", tmp_path)
    assert part.name == "ctse-sample_posts-filtered-posts.jsonl"
    posts = [json.loads(line) for line in part.read_text(encoding="utf-8").splitlines()]
    assert 0 < len(posts) < 100 and {post["lang"] for post in posts} == {"ht"}
    settled(tab)  # a click on a page that still runs after the download is not heard
    tab.get_by_text("posts that pass the filter").first.click()
    tab.get_by_text("Files are made of the whole project").wait_for()
    whole = taken(tab, "Posts (JSONL)", tmp_path)
    assert len(whole.read_text(encoding="utf-8").splitlines()) == 686


def test_the_map_file_and_the_archive_are_complete(tab, server, home, tmp_path):
    open_report(tab, server, home)
    page = taken(tab, "Map to explore (HTML)", tmp_path).read_text(encoding="utf-8")
    assert 'id="data-facts"' in page and page.rstrip().endswith("</html>")
    with zipfile.ZipFile(taken(tab, "All of it (ZIP)", tmp_path)) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
    assert {
        "viewer.html",
        "posts.xlsx",
        "posts.geojson",
        "posts.hxl.csv",
        "data_dictionary.csv",
        "report.html",
    } <= names


def test_the_map_file_speaks_the_language_of_the_page(tab, server, home, tmp_path):
    open_report(tab, server, home, "&ui=ar")
    with tab.expect_download(timeout=120_000) as waiting:
        tab.get_by_test_id("stDownloadButton").filter(has_text="HTML").last.locator("button").click()
    waiting.value.save_as(tmp_path / "viewer.html")
    assert '<html lang="ar" dir="rtl">' in (tmp_path / "viewer.html").read_text(encoding="utf-8")
