"""No file that leaves names a person, in whatever column of whatever format a name, number or address stood."""

import base64
import dataclasses
import gzip
import re
import zipfile

import polars as pl
import pytest
from pypdf import PdfReader

from ctse_core.edited import edited
from ctse_core.example import EXAMPLE
from ctse_core.masked import taken_away
from ctse_core.project import Project
from ctse_core.project.privacy import show_as_written
from ctse_core.report import FORMATS, write_report
from ctse_core.stored import load_analysis
from ctse_core.types import Col, TopicCol

SECRETS = ("0917 555 0134", "ana@example.org", "maria_98", "Jo Wandel")
TEXT = "Call 0917 555 0134 or ana@example.org, says @maria_98"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"))
    run = load_analysis(Project(EXAMPLE))
    first = [TEXT, *run.table[Col.TEXT].to_list()[1:]]
    spread = {name: [TEXT, *[None] * (run.table.height - 1)] for name in ("file:original", Col.PLACE, Col.LABEL)}
    people = {"file:user_screen_name": [*["Jo Wandel"] * 2, *[None] * (run.table.height - 2)]}
    table = run.table.with_columns(
        pl.Series(Col.TEXT, first),
        pl.Series(Col.COMPARED, first),
        *(pl.Series(name, values, dtype=pl.Utf8) for name, values in (spread | people).items()),
    )
    raw = pl.DataFrame({"row": [900], "reason": ["too few cells"], "raw": [TEXT], "file": [0]})
    topics = run.topics.with_columns(pl.lit(["0917 555 0134"]).alias(TopicCol.TERMS))
    shown = edited(dataclasses.replace(run, table=table, topics=topics, unreadable=raw), project)
    show_as_written(project.folder, True, "calling back")
    away = taken_away(dataclasses.replace(shown, table=shown.table.with_columns(pl.lit(TEXT).alias(Col.NOTE))), project)
    return write_report(away, tmp_path_factory.mktemp("files"), FORMATS)


def contents(path):
    """Return all that a file holds as text, whatever it is packed in."""
    if path.suffix == ".pdf":
        return "".join(page.extract_text() for page in PdfReader(path).pages)
    if path.suffix in {".xlsx", ".docx"}:
        with zipfile.ZipFile(path) as parts:
            return "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path).to_dicts())
    text = path.read_text(encoding="utf-8")
    packed = re.findall(r'<script type="application/octet-stream"[^>]*>([^<]+)</script>', text)
    return text + "".join(gzip.decompress(base64.b64decode(block)).decode("utf-8", "replace") for block in packed)


def test_no_secret_is_in_any_file(files):
    assert len(files) > 15
    for path in files:
        told = contents(path)
        for secret in SECRETS:
            assert secret.lower() not in told.lower(), f"{path.name} holds {secret}"


def test_pseudonyms_and_what_was_masked_are_there_instead(files):
    posts = next(path for path in files if path.name == "posts.jsonl").read_text(encoding="utf-8").splitlines()
    assert "[phone" in posts[0] and "[e-mail" in posts[0] and "@person-" in posts[0]
    names = [re.search(r'"file:user_screen_name":"(person-[^"]+)"', line)[1] for line in posts[:2]]
    assert names[0] == names[1], "one person has one name"
