"""A newer file joins a project: nothing old moves, what is new is told, a kill leaves the old project whole."""

import json
from hashlib import blake2b

import numpy as np
import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core import append as appending
from ctse_core import stored
from ctse_core.analysis import analyse, analyse_together, load_analysis, run_job
from ctse_core.append import append, entry_of
from ctse_core.edited import edited
from ctse_core.errors import EncoderError, InputFileError, ProjectError
from ctse_core.filters import Filter
from ctse_core.narrowed import narrowed
from ctse_core.project import Project
from ctse_core.report.contents import numbers
from ctse_core.report.method import method_rows
from ctse_core.structure.edits import Edit
from ctse_core.topic_editing import TopicMemory, record
from ctse_core.types import UNSORTED, Col, TopicCol
from tests.fakes import WordEncoder

FLOOD, QUAKE, FIRE = (
    ["flood", "inundación", "فيضان"],
    ["earthquake", "terremoto", "زلزال"],
    ["wildfire", "incendio", "حريق"],
)
NOW, LATER = range(20), range(20, 30)


@pytest.fixture
def encoder(monkeypatch, tmp_path):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    fake = WordEncoder()
    for module in (order, appending):
        monkeypatch.setattr(module, "load_encoder", lambda *_, **__: fake)
    return fake


def said(words, numbers):
    """Return a post for each word and number; what one post says beside its subject, no other one says."""
    return [f"{word} {word} {word} {_own(number, word)}" for number in numbers for word in words]


def _own(number, word):
    return (
        blake2b(f"{number} {word}".encode(), digest_size=5)
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )


def write(path, texts, first_id=1000, **columns):
    """Write a file of posts; every column is text."""
    ids = [str(2032746581941134000 + first_id + number) for number in range(len(texts))]
    times = [f"2026-03-{14 + number % 5:02d}T0{number % 9}:00:00Z" for number in range(len(texts))]
    pl.DataFrame({"id": ids, "created_at": times, "text": texts} | columns).write_csv(path)
    return path


@pytest.fixture
def project(encoder, tmp_path):
    analyse(write(tmp_path / "first.csv", [*said(FLOOD + QUAKE, NOW), ""]), Project(tmp_path / "p"))
    return Project(tmp_path / "p")


def whole(project):
    """Every byte of the project's parts, to be compared later."""
    return {path.name: path.read_bytes() for path in project.folder.iterdir() if path.suffix in {".parquet", ".npy"}}


def test_old_posts_keep_their_rows_and_old_topics_their_ids_and_names(project, tmp_path):
    before = load_analysis(project)
    after = append(write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000), project)
    old = after.table.head(before.table.height)
    for column in (Col.POST_ID, Col.TEXT, Col.CLUSTER, Col.TOPIC, Col.X, Col.Y, Col.REPRESENTATIVE, Col.FILE):
        assert old[column].equals(before.table[column]), column
    kept = after.topics.head(before.topics.height)
    for column in (TopicCol.ID, TopicCol.NAME, TopicCol.TERMS, TopicCol.TYPICAL):
        assert kept[column].equals(before.topics[column]), column
    assert np.array_equal(after.vectors[: before.table.height], before.vectors)
    assert after.table[Col.FILE].to_list()[before.table.height :] == [1] * 30
    assert after.table.schema == before.table.schema


def test_new_posts_join_the_topic_that_says_the_same_and_lie_near_it(project, tmp_path):
    before = load_analysis(project).table
    after = append(write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000), project).table.tail(30)
    floods = before.filter(pl.col(Col.TEXT).str.contains("|".join(FLOOD)))
    joined = after.filter(pl.col(Col.CLUSTER) != UNSORTED)
    assert joined.height >= 15
    assert set(joined[Col.CLUSTER]) <= set(floods[Col.CLUSTER])
    for axis in (Col.X, Col.Y):
        low, high = before[axis].min(), before[axis].max()
        assert after[axis].is_between(low - 0.2 * (high - low), high + 0.2 * (high - low)).all()


def test_what_is_about_something_else_becomes_a_new_topic_that_is_marked(project, tmp_path):
    before = load_analysis(project)
    after = append(write(tmp_path / "newer.csv", said(FIRE, [*NOW, *LATER]), 5000), project)
    new = after.topics.filter(pl.col(TopicCol.NEW))
    assert new.height >= 1
    assert new[TopicCol.ID].min() == before.topics[TopicCol.ID].max() + 1
    assert set(new[TopicCol.SINCE]) == {1} and set(after.topics.head(before.topics.height)[TopicCol.SINCE]) == {0}
    inside = after.table.filter(pl.col(Col.CLUSTER).is_in(new[TopicCol.ID].to_list()))
    assert set(inside[Col.FILE]) == {1} and inside.height >= 20
    assert (
        set(new[TopicCol.CONFIDENCE]) <= {"firm", "fair", "loose"} and new[TopicCol.SEPARATION].is_between(-1, 1).all()
    )
    assert after.topics[TopicCol.NAME].n_unique() == after.topics.height
    drift = after.manifest["files"][1]["drift"]
    assert drift["new_topics"] == new[TopicCol.ID].to_list() and drift["outside"] > 0.9 and drift["advise"]


def test_a_topic_is_new_until_the_next_file(project, tmp_path):
    append(write(tmp_path / "second.csv", said(FIRE, [*NOW, *LATER]), 5000), project)
    after = append(write(tmp_path / "third.csv", said(FLOOD, LATER), 9000), project)
    new = after.topics[TopicCol.NEW]
    assert new.equals((after.topics[TopicCol.SINCE] == 2).alias(TopicCol.NEW))
    assert 1 in set(after.topics.filter(~new)[TopicCol.SINCE])
    assert after.table[Col.FILE].max() == 2


def test_sizes_and_spans_count_the_new_posts(project, tmp_path):
    after = append(write(tmp_path / "newer.csv", said(FLOOD + FIRE, [*NOW, *LATER]), 5000), project)
    sizes = dict(after.table.group_by(Col.CLUSTER).len().iter_rows())
    sizes.pop(UNSORTED, None)
    assert dict(zip(after.topics[TopicCol.ID], after.topics[TopicCol.SIZE], strict=True)) == sizes
    for topic in after.topics.iter_rows(named=True):
        inside = after.table.filter(pl.col(Col.CLUSTER) == topic[TopicCol.ID])
        assert topic[TopicCol.LAST] == inside[Col.TIME].max()
        assert sum(topic[TopicCol.LANGUAGE_POSTS]) == inside.height
        assert all(post < after.table.height for post in topic[TopicCol.TYPICAL])


def test_the_rows_of_each_file_add_up(project, tmp_path):
    texts = [*said(FLOOD, NOW[:2]), "", *said(FLOOD, LATER), "   "]
    after = append(write(tmp_path / "newer.csv", texts, 1000 - 1), project)
    for one in after.manifest["files"]:
        assert one["rows"] == one["posts"] + one["already_there"] + one["empty"] + one["unreadable"]
    counts = after.manifest["counts"]
    assert counts["rows"] == counts["posts"] + counts["already_there"] + counts["empty"] + counts["unreadable"]
    assert counts["posts"] == after.table.height == counts["unique"] + counts["copies"]
    assert after.empty.group_by(Col.FILE).len().sort(Col.FILE).rows() == [(0, 1), (1, 2)]


def test_the_report_accounts_for_the_rows_of_all_files(project, tmp_path):
    after = append(write(tmp_path / "newer.csv", [*said(FLOOD, NOW[:2]), *said(FLOOD, LATER), ""], 1000), project)
    first = numbers(after)[0]
    assert (first.label, first.value) == ("Rows in the 2 files", "158")
    rows = [row for row in method_rows(after.manifest) if row[0] == "Files"]
    assert [name for _, name, _ in rows] == ["first.csv", "newer.csv"]
    assert "37 rows = 33 posts + 3 already there + 1 empty" in rows[1][2]
    passing = narrowed(after, Filter(files=(1,)))
    assert passing.table.height == 33 and "from file “newer.csv”" in passing.manifest["filter"]["told"]


def test_the_same_file_twice_changes_nothing_and_is_told(project, tmp_path):
    newer = write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000)
    append(newer, project)
    before, told = whole(project), []
    renamed = tmp_path / "renamed.csv"
    renamed.write_bytes(newer.read_bytes())
    append(renamed, project, lambda share, sentence: told.append(sentence))
    append(tmp_path / "first.csv", project)
    assert whole(project) == before
    assert "in the project already" in told[-1]
    assert entry_of(renamed, project)["name"] == "newer.csv"


def test_posts_that_are_there_already_are_counted_and_not_added_twice(project, encoder, tmp_path):
    everything = [*said(FLOOD + QUAKE, NOW), "", *said(FLOOD, LATER[:2])]
    asked = len(encoder.encoded)
    after = append(write(tmp_path / "whole.csv", everything), project)
    entry = after.manifest["files"][1]
    assert (entry["already_there"], entry["posts"], entry["empty"]) == (120, 6, 1)
    assert encoder.encoded[asked:] and set(encoder.encoded[asked:]) <= set(after.table.tail(6)[Col.COMPARED])
    assert append(write(tmp_path / "again.csv", everything[:50]), project).table.height == 126


def test_new_copies_join_the_old_representative_and_all_copies_are_counted(project, encoder, tmp_path):
    asked = len(encoder.encoded)
    after = append(write(tmp_path / "newer.csv", [f"RT @ana: {said(FLOOD, NOW)[0]}"] * 3, 5000), project)
    copies = after.table.tail(3)
    assert len(encoder.encoded) == asked
    assert set(copies[Col.REPRESENTATIVE]) == {0}
    assert set(copies[Col.DUPLICATE_OF]) == {after.table[Col.POST_ID][0]}
    assert after.table[Col.COPIES][0] == copies[Col.COPIES][0] == 4
    assert (after.vectors[-1] == after.vectors[0]).all()
    assert after.words.to_list()[-1] == after.words.to_list()[0]


def test_neighbours_are_found_among_old_and_new_and_lead_both_ways(project, tmp_path):
    after = append(write(tmp_path / "newer.csv", [f"{said(FLOOD, NOW)[0]} again"], 5000), project)
    near = after.neighbours
    assert (np.diff(near.of) > 0).all() and near.of[-1] == 120
    assert 0 in near.rows[-1]
    assert 120 in near.rows[0]
    assert (near.rows[:, 0] != near.of).all()


def test_a_failure_at_any_moment_leaves_the_old_project_whole_and_a_second_try_ends_the_same(project, tmp_path):
    newer = write(tmp_path / "newer.csv", said(FLOOD + FIRE, LATER), 5000)
    before = whole(project)
    once = load_analysis(project)

    class Killed(Exception):
        pass

    for stop in (0.0, 0.1, 0.3, 0.55, 0.75, 0.81):

        def killer(share, sentence, stop=stop):
            if share >= stop:
                raise Killed

        with pytest.raises(Killed):
            append(newer, project, killer)
        assert whole(project) == before
        assert load_analysis(project).table.equals(once.table)
    assert append(newer, project).table.height == 180


def test_a_failure_while_files_are_put_into_place_leaves_the_new_project_whole(project, tmp_path, monkeypatch):
    newer = write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000)
    real, moved = stored.os.replace, []

    def fails_at_the_third(source, place):
        if "next" in str(source):
            moved.append(place)
            if len(moved) == 3:
                raise OSError("the power went")
        return real(source, place)

    monkeypatch.setattr(stored.os, "replace", fails_at_the_third)
    assert append(newer, project).table.height == 150
    assert (project.folder / "next").is_dir() and load_analysis(project).table.height == 150
    with project.locked():
        pass
    assert not (project.folder / "next").exists()
    assert load_analysis(project).table.height == 150


def test_files_with_other_headers_have_their_columns_guessed_or_named(project, tmp_path):
    path = tmp_path / "other.csv"
    rows = said(FLOOD, LATER)
    pl.DataFrame({"message": rows, "posted": [f"2026-04-{day + 1:02d}" for day in range(30)]}).write_csv(path)
    after = append(path, project).table.tail(30)
    assert after[Col.TEXT].to_list() == rows
    assert after[Col.TIME].null_count() == 0
    assert after[Col.POST_ID][0] == "file-2-row-1"


def test_without_ids_as_many_posts_are_there_already_as_there_were(encoder, tmp_path):
    first = tmp_path / "a.csv"
    pl.DataFrame({"text": [*said(FLOOD, NOW), "help", "help"]}).write_csv(first)
    project = Project(tmp_path / "p")
    analyse(first, project)
    second = tmp_path / "b.csv"
    pl.DataFrame({"text": ["help", "help", "help", "flood flood somewhere else"]}).write_csv(second)
    entry = append(second, project).manifest["files"][1]
    assert (entry["already_there"], entry["posts"]) == (2, 2)


def test_a_file_of_nothing_new_is_kept_in_the_books_only(project, tmp_path):
    before = load_analysis(project)
    after = append(write(tmp_path / "part.csv", said(FLOOD + QUAKE, NOW)[:40]), project)
    assert after.table.equals(before.table) and after.topics.equals(before.topics)
    assert [one["posts"] for one in after.manifest["files"]] == [120, 0]
    assert after.manifest["fingerprint"] != before.manifest["fingerprint"]


def test_analysing_one_file_again_never_drops_the_others(project, tmp_path):
    append(write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000), project)
    with pytest.raises(ProjectError, match="drop"):
        analyse(tmp_path / "first.csv", project)
    assert load_analysis(project).table.height == 150


def test_everything_is_analysed_anew_from_all_files_with_every_row_in_its_place(project, tmp_path):
    after = append(write(tmp_path / "newer.csv", said(FLOOD + FIRE, LATER), 5000), project)
    anew = analyse_together(project)
    for column in (Col.POST_ID, Col.TEXT, Col.TIME, Col.FILE, Col.REPRESENTATIVE):
        assert anew.table[column].equals(after.table[column]), column
    assert anew.manifest["counts"]["rows"] == after.manifest["counts"]["rows"]
    assert [one["name"] for one in anew.manifest["files"]] == ["first.csv", "newer.csv"]
    assert appending.GROWN_FROM not in anew.manifest and not anew.topics[TopicCol.NEW].any()
    made = anew.manifest["made"]
    run_job(project, lambda *_: None)  # what a switch of the encoder starts
    assert load_analysis(project).manifest["made"] == made


def test_edits_know_the_run_that_a_project_grew_from(project, tmp_path):
    first = load_analysis(project).manifest["fingerprint"]
    append(write(tmp_path / "second.csv", said(FLOOD, LATER), 5000), project)
    after = append(write(tmp_path / "third.csv", said(QUAKE, LATER), 9000), project)
    assert after.manifest[appending.GROWN_FROM][0] == first and len(after.manifest[appending.GROWN_FROM]) == 2


def test_names_and_merges_that_people_made_stand_after_a_newer_file(encoder, tmp_path):
    project = Project(tmp_path / "edited")
    run = analyse(write(tmp_path / "three.csv", said(FLOOD + QUAKE + FIRE, NOW)), project)
    ids = run.topics[TopicCol.ID].to_list()
    names = dict(zip(ids, run.topics[TopicCol.NAME].to_list(), strict=True))
    assert len(ids) >= 3
    memory = TopicMemory(run)
    record(project, memory, Edit("rename", {"topic": ids[0], "name": "Rising water"}), names)
    record(project, memory, Edit("merge", {"topics": [ids[1]], "into": ids[2]}), names)
    record(project, memory, Edit("reassign", {"posts": [0], "to": ids[-1]}), names)
    append(write(tmp_path / "newer.csv", said(FLOOD + FIRE, LATER), 5000), project)
    after = edited(load_analysis(project), project)
    assert after.topics.filter(pl.col(TopicCol.ID) == ids[0])[TopicCol.NAME][0] == "Rising water"
    assert ids[1] not in after.topics[TopicCol.ID] and ids[1] not in after.table[Col.CLUSTER]
    assert after.table[Col.CLUSTER][0] == ids[-1]
    assert after.manifest["edits"]["of_other_runs"] == 0 and not after.manifest["edits"]["skipped"]
    sizes = dict(after.table.group_by(Col.CLUSTER).len().iter_rows())
    sizes.pop(UNSORTED, None)
    assert dict(after.topics.select(TopicCol.ID, TopicCol.SIZE).rows()) == sizes
    assert after.topics[TopicCol.NEW].null_count() == 0
    assert edited(analyse_together(project), project).manifest["edits"]["of_other_runs"] == 3


def test_a_project_from_before_there_were_files_can_be_appended_to(project, tmp_path):
    manifest = json.loads(project.manifest_path.read_text(encoding="utf-8"))
    del manifest["files"]
    project.manifest_path.write_text(json.dumps(manifest), encoding="utf-8")
    for name in ("posts", "empty", "unreadable"):
        path = project.folder / f"{name}.parquet"
        pl.read_parquet(path).drop(Col.FILE).write_parquet(path)
    topics = project.folder / "topics.parquet"
    pl.read_parquet(topics).drop(TopicCol.NEW, TopicCol.SINCE).write_parquet(topics)
    after = append(write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000), project)
    assert [one["posts"] for one in after.manifest["files"]] == [120, 30]
    assert after.table[Col.FILE].null_count() == 0


def test_another_encoder_than_the_projects_is_refused(project, tmp_path, monkeypatch):
    monkeypatch.setattr(appending, "load_encoder", lambda *_, **__: WordEncoder(dim=64))
    before = whole(project)
    with pytest.raises(EncoderError, match="would not compare"):
        append(write(tmp_path / "newer.csv", said(FLOOD, LATER), 5000), project)
    assert whole(project) == before


def test_what_is_no_file_of_posts_is_told_in_a_sentence(project, tmp_path):
    empty = tmp_path / "none.csv"
    empty.write_text("id,text\n1,\n2,  \n")
    with pytest.raises(InputFileError):
        append(empty, project)
    with pytest.raises(InputFileError, match="no file"):
        append(tmp_path / "absent.csv", project)
    with pytest.raises(ProjectError, match="no finished analysis"):
        append(tmp_path / "first.csv", Project(tmp_path / "q"))


@pytest.mark.parametrize("first", [1, 3, 20])
def test_projects_of_few_posts_grow_too(encoder, tmp_path, first):
    project = Project(tmp_path / "p")
    analyse(write(tmp_path / "first.csv", said(FLOOD, NOW)[:first]), project)
    after = append(write(tmp_path / "newer.csv", said(QUAKE, NOW), 5000), project)
    assert after.table.height == first + 60
    assert np.isfinite(after.table.select(Col.X, Col.Y).to_numpy()).all()
    assert after.neighbours.rows.shape[0] == after.manifest["counts"]["unique"]
