"""People are masked in everything that leaves an analysis; the run keeps what was written."""

import dataclasses
import json

import numpy as np
import polars as pl
import pytest

from ctse_core.crisis_layer import MENTIONS_SCHEMA, Layer
from ctse_core.edited import edited
from ctse_core.errors import ProjectError
from ctse_core.example import EXAMPLE
from ctse_core.masked import PRIVACY, masked, masked_rows, taken_away
from ctse_core.private_marks import person, private_marks
from ctse_core.project import Project
from ctse_core.project.privacy import SALT_FILE, privacy_deeds, salt_of, show_as_written, shows_as_written
from ctse_core.stored import load_analysis
from ctse_core.types import Col, TopicCol

SECRETS = ("0917 555 0134", "ana@example.org", "@maria_98", "A1234567")
TEXTS = (
    "Please call 0917 555 0134, we are on the roof in Kesh",
    "RT @maria_98: water in Birim, mail ana@example.org",
    "Lost passport A1234567 near the bridge in Kesh",
)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def analysis():
    run = load_analysis(Project(EXAMPLE))
    texts = [*TEXTS, *run.table[Col.TEXT].to_list()[3:]]
    names = ["Maria_98", *run.table[Col.AUTHOR].to_list()[1:]]
    table = run.table.with_columns(
        pl.Series(Col.TEXT, texts), pl.Series(Col.COMPARED, texts), pl.Series(Col.AUTHOR, names)
    )
    topics = run.topics.with_columns(pl.lit("call 0917 555 0134").alias(TopicCol.NAME))
    raw = pl.DataFrame({"row": [9], "reason": ["too few cells"], "raw": ["9;ana@example.org"], "file": [0]})
    return dataclasses.replace(run, table=table, topics=topics, unreadable=raw)


def everything(analysis):
    """Return all that an analysis tells, as one text."""
    tables = (analysis.table, analysis.topics, analysis.empty, analysis.unreadable)
    return json.dumps([table.to_dicts() for table in tables], default=str, ensure_ascii=False)


def test_nothing_of_a_person_is_left_anywhere(analysis, project):
    told = everything(masked(analysis, project))
    assert not [secret for secret in (*SECRETS, "Maria_98", "OrmaraMet") if secret in told]
    assert told.count("[phone ") > 1 and "[e-mail " in told and "[document " in told


def test_the_run_and_its_vectors_stay_as_they_are(analysis, project):
    shown = masked(analysis, project)
    assert analysis.table[Col.TEXT][0] == TEXTS[0]
    assert shown.vectors is analysis.vectors
    assert (shown.table[Col.TEXT][3:] == analysis.table[Col.TEXT][3:]).mean() > 0.8
    assert shown.table.columns == analysis.table.columns
    told = shown.manifest[PRIVACY]
    assert told["e-mail"] == told["document"] == 1 and told["phone"] > 1
    assert told["author"] == analysis.table[Col.AUTHOR].drop_nulls().n_unique()


def test_an_author_and_the_same_name_in_a_text_are_one_person(analysis, project):
    shown = masked(analysis, project)
    name = shown.table[Col.AUTHOR][0]
    assert name.startswith("person-") and f"@{name}:" in shown.table[Col.TEXT][1]


def test_two_projects_give_one_person_two_names(tmp_path):
    salts = [salt_of(folder) for folder in (tmp_path / "a", tmp_path / "b") if not folder.mkdir()]
    assert person("@ana", salts[0]) == person("ANA", salts[0]) != person("ana", salts[1])
    assert salt_of(tmp_path / "a") == salts[0]


def test_a_damaged_salt_is_told_and_not_replaced(tmp_path):
    (tmp_path / SALT_FILE).write_text("{}")
    with pytest.raises(ProjectError, match="restore it"):
        salt_of(tmp_path)
    assert (tmp_path / SALT_FILE).read_text() == "{}"


def test_screens_show_what_was_written_only_when_somebody_said_so(analysis, project):
    assert TEXTS[0] not in everything(edited(analysis, project))
    show_as_written(project.folder, True, "calling back")
    assert edited(analysis, project).table[Col.TEXT][0] == TEXTS[0]
    assert TEXTS[0] not in everything(taken_away(edited(analysis, project), project))
    show_as_written(project.folder, False)
    assert TEXTS[0] not in everything(edited(analysis, project))
    deeds = privacy_deeds(project.folder)
    assert [(deed.as_written, deed.why) for deed in deeds] == [(False, ""), (True, "calling back")]
    assert all(deed.author and deed.at.tzinfo for deed in deeds)
    assert not shows_as_written(project.folder)


def test_notes_are_masked_in_files_and_not_on_screens(analysis, project):
    noted = analysis.table.with_columns(pl.lit("told Ana, 0917 555 0134").alias(Col.NOTE))
    shown = masked(dataclasses.replace(analysis, table=noted), project)
    assert shown.table[Col.NOTE][0] == "told Ana, 0917 555 0134"
    assert "0917" not in taken_away(shown, project).table[Col.NOTE][0]


def test_places_read_in_a_post_move_with_its_text(analysis, project):
    said = [(0, "Kesh"), (1, "Birim"), (2, "Kesh"), (0, "0917")]
    rows = [
        (
            at,
            "g1",
            name,
            analysis.table[Col.TEXT][at].index(name),
            analysis.table[Col.TEXT][at].index(name) + len(name),
            1,
            "",
        )
        for at, name in said
    ]
    layer = Layer(mentions=pl.DataFrame(rows, schema=MENTIONS_SCHEMA, orient="row"))
    shown = masked(dataclasses.replace(analysis, crisis=layer), project)
    found = shown.crisis.mentions.select("position", "start", "end", "said").rows()
    assert [said for _, _, _, said in found] == [name for _, name in said]
    for position, start, end, name in found[:3]:
        assert shown.table[Col.TEXT][position][start:end] == name
    assert found[3][1:3] == (None, None)


def test_marks_of_an_older_file_are_kept_when_a_newer_one_comes(analysis, project):
    first = analysis.table.head(300).with_columns(pl.lit(0, pl.Int16).alias(Col.FILE))
    both = analysis.table.with_columns((pl.int_range(pl.len()) >= 300).cast(pl.Int16).alias(Col.FILE))
    before = private_marks(dataclasses.replace(analysis, table=first), project)
    stamp = (project.products / "privacy-0").stat().st_mtime_ns
    after = private_marks(dataclasses.replace(analysis, table=both), project)
    assert (project.products / "privacy-0").stat().st_mtime_ns == stamp
    assert after.filter(pl.col("position") < 300).equals(before)


def test_masked_twice_is_masked_once(analysis, project):
    once = masked(analysis, project)
    assert masked(once, project) is once
    assert np.array_equal(once.vectors, analysis.vectors)


def test_a_first_look_at_a_file_is_masked_too(project):
    rows = pl.DataFrame({Col.TEXT: list(TEXTS), Col.AUTHOR: ["maria_98", None, " "]})
    shown = masked_rows(rows, project)
    assert not [secret for secret in SECRETS if secret in str(shown.to_dicts())]
    assert shown[Col.AUTHOR].to_list()[1:] == [None, None]
