"""The whole order on an encoder whose answers can be checked by eye: file -> project -> questions."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core import question as asking
from ctse_core import stored
from ctse_core.analysis import AnalysisSettings, analyse, load_analysis
from ctse_core.errors import CtseError, EncoderError, InputFileError, ProjectError, SettingError
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.question import Question, Searcher
from ctse_core.types import UNSORTED, Col, TopicCol
from tests.fakes import WordEncoder

FLOOD = ["The flood took our {}", "inundación en {}", "فيضان في {}", "洪水 {}", "{} flood again"]
QUAKE = ["earthquake shook the {}", "terremoto, {} caída", "زلزال {}", "地震 {}", "deprem {} yıkıldı"]
THINGS = ["house", "school", "market", "barn", "garden", "shop", "mill", "yard", "tower", "station"]


@pytest.fixture
def encoder(monkeypatch, tmp_path):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    fake = WordEncoder()
    monkeypatch.setattr(order, "load_encoder", lambda *_, **__: fake)
    return fake


@pytest.fixture
def posts_file(tmp_path):
    rows = [sentence.format(thing) for thing in THINGS for sentence in FLOOD + QUAKE]
    ids = [str(2032746581941134939 + number) for number in range(len(rows))]
    ids += ["2032746581941139999", "2032746581941140000", "2032746581941140001"]
    rows += [f"RT @ana: {rows[0]}", "", "   "]
    times = [f"2026-03-{14 + number % 5:02d}T0{number % 9}:00:00Z" for number in range(len(rows))]
    path = tmp_path / "posts.csv"
    pl.DataFrame({"id": ids, "created_at": times, "text": rows}).write_csv(path)
    return path


def test_the_counts_add_up_and_copies_follow_their_original(encoder, posts_file, tmp_path):
    done = analyse(posts_file, Project(tmp_path / "p"))
    counts = done.manifest["counts"]
    assert counts["rows"] == 103 == counts["posts"] + counts["empty"] + counts["unreadable"]
    assert counts["posts"] == 101 == counts["unique"] + counts["copies"] == done.table.height == len(done.vectors)
    assert counts["copies"] >= 1
    copy = done.table.filter(pl.col(Col.POST_ID) == "2032746581941139999").row(0, named=True)
    original = done.table.row(copy[Col.REPRESENTATIVE], named=True)
    assert copy[Col.DUPLICATE_OF] == original[Col.POST_ID] == "2032746581941134939"
    for column in (Col.CLUSTER, Col.TOPIC, Col.X, Col.Y, Col.COPIES):
        assert copy[column] == original[column]
    assert (done.vectors[-1] == done.vectors[copy[Col.REPRESENTATIVE]]).all()


def test_topic_ids_equal_clusters_and_sizes_count_copies(encoder, posts_file, tmp_path):
    done = analyse(posts_file, Project(tmp_path / "p"))
    sizes = dict(done.table.group_by(Col.CLUSTER).len().iter_rows())
    sizes.pop(UNSORTED, None)
    assert dict(zip(done.topics[TopicCol.ID], done.topics[TopicCol.SIZE], strict=True)) == sizes
    assert (done.topics[TopicCol.NAME].str.len_chars() > 0).all()


def test_a_second_run_reads_everything_and_embeds_nothing(encoder, posts_file, tmp_path):
    first = analyse(posts_file, Project(tmp_path / "p"))
    asked = len(encoder.encoded)
    again = analyse(posts_file, Project(tmp_path / "p"))
    assert len(encoder.encoded) == asked
    assert again.table.equals(first.table)
    assert again.manifest["fingerprint"] == first.manifest["fingerprint"]


def test_known_texts_are_not_embedded_again_in_another_project(encoder, posts_file, tmp_path):
    named = AnalysisSettings(encoder="word-encoder")
    analyse(posts_file, Project(tmp_path / "p"), named)
    asked = len(encoder.encoded)
    longer = pl.read_csv(posts_file, schema_overrides={"id": pl.Utf8})
    extra = longer.head(1).with_columns(pl.lit("a bridge nobody knew").alias("text"), pl.lit("7").alias("id"))
    pl.concat([longer, extra]).write_csv(tmp_path / "longer.csv")
    analyse(tmp_path / "longer.csv", Project(tmp_path / "q"), named)
    assert set(encoder.encoded[asked:]) <= {"a bridge nobody knew", *["a", "bridge", "nobody", "knew"]}


def test_a_run_killed_after_any_step_goes_on_and_ends_the_same(encoder, posts_file, tmp_path):
    whole = analyse(posts_file, Project(tmp_path / "whole"))

    class Killed(Exception):
        pass

    for stop in (0.01, 0.05, 0.17, 0.3, 0.6, 0.8):
        project = Project(tmp_path / f"cut{stop}")

        def killer(share, sentence, stop=stop):
            if share >= stop:
                raise Killed

        with pytest.raises(Killed):
            analyse(posts_file, project, progress=killer)
        assert project.manifest() is None
        with pytest.raises(ProjectError, match="no finished analysis"):
            load_analysis(project)
        assert analyse(posts_file, project).table.equals(whole.table)


def test_what_is_loaded_is_what_was_analysed(encoder, posts_file, tmp_path):
    done = analyse(posts_file, Project(tmp_path / "p"))
    loaded = load_analysis(Project(tmp_path / "p"))
    assert loaded.table.equals(done.table)
    assert loaded.topics.equals(done.topics)
    assert np.array_equal(loaded.vectors, done.vectors)
    assert loaded.words.to_list() == done.words.to_list()
    assert np.array_equal(loaded.neighbours.rows, done.neighbours.rows)
    assert (loaded.neighbours.rows[:, 0] != loaded.neighbours.of).all()


@pytest.mark.parametrize("part", ["posts.parquet", "vectors.npy", "words.parquet", "manifest.json"])
def test_a_damaged_project_is_told_in_a_sentence(encoder, posts_file, tmp_path, part):
    analyse(posts_file, Project(tmp_path / "p"))
    (tmp_path / "p" / part).write_bytes(b"{torn")
    with pytest.raises(ProjectError, match="again"):
        load_analysis(Project(tmp_path / "p"))
    analyse(posts_file, Project(tmp_path / "p"))
    assert load_analysis(Project(tmp_path / "p")).table.height == 101


@pytest.mark.parametrize("posts", [1, 2, 5, 50])
def test_few_posts_work(encoder, tmp_path, posts):
    path = tmp_path / "few.csv"
    rows = (FLOOD + QUAKE) * 5
    pl.DataFrame(
        {"text": [f"{row.format(THINGS[place % 10])} {place}" for place, row in enumerate(rows[:posts])]}
    ).write_csv(path)
    assert analyse(path, Project(tmp_path / "p")).table.height == posts


def test_posts_that_are_all_the_same_work(encoder, tmp_path):
    path = tmp_path / "same.csv"
    pl.DataFrame({"text": ["the flood took the bridge"] * 40}).write_csv(path)
    done = analyse(path, Project(tmp_path / "p"))
    assert done.manifest["counts"]["unique"] == 1
    assert set(done.table[Col.COPIES]) == {40}


def test_a_file_without_any_text_is_refused_with_a_sentence(encoder, tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("id,text\n1,\n2,  \n")
    with pytest.raises(InputFileError):
        analyse(path, Project(tmp_path / "p"))
    with pytest.raises(InputFileError, match="no file"):
        analyse(tmp_path / "absent.csv", Project(tmp_path / "p"))


@pytest.fixture
def searcher(encoder, posts_file, tmp_path):
    return Searcher(analyse(posts_file, Project(tmp_path / "p")), encoder)


@pytest.mark.parametrize("mode", ["meaning", "hybrid"])
def test_a_question_in_one_language_finds_posts_in_others(searcher, mode):
    answer = searcher.ask(Question("наводнение", mode, k=50))
    assert {"es", "ar", "zh"} & set(answer.posts[Col.LANG])
    assert answer.posts[Col.TEXT].str.contains("flood|inundación|فيضان|洪水").all()
    assert answer.posts["similarity"].is_sorted(descending=True) or mode == "hybrid"


def test_words_are_found_as_written(searcher):
    answer = searcher.ask(Question("station", "words", k=50))
    assert answer.posts.height == len(FLOOD + QUAKE)
    assert answer.posts[Col.TEXT].str.contains("station").all()
    assert answer.posts["similarity"].null_count() == answer.posts.height


def test_a_group_of_copies_is_shown_once_by_the_one_that_passes_the_filter(searcher):
    table = searcher.analysis.table
    copy = table.filter(pl.col(Col.DUPLICATE_OF).is_not_null()).row(0, named=True)
    everything = searcher.ask(Question("flood", "meaning", k=200))
    assert copy[Col.POST_ID] not in everything.posts[Col.POST_ID]
    only = searcher.ask(Question("flood", "meaning", k=200, among=Filter(words="RT @ana")))
    assert only.posts[Col.POST_ID].to_list() == [copy[Col.POST_ID]]


def test_more_like_this_leaves_the_post_itself_out(searcher):
    near = searcher.like([0], k=5)
    assert 0 not in near.posts["position"]
    assert near.posts[Col.TEXT].str.contains("flood|inundación|فيضان|洪水|house").all()
    away = searcher.like([0], unlike=[4], k=5, among=Filter(languages=("en",)))
    assert set(away.posts[Col.LANG]) == {"en"}


def test_bad_questions_get_a_sentence(searcher):
    for question in (Question("   "), Question("x", "sideways"), Question("x", k=0), Question("x", k=10**6)):
        with pytest.raises(SettingError):
            searcher.ask(question)
    with pytest.raises(CtseError):
        searcher.like([])


def test_another_encoder_than_the_one_that_made_the_vectors_is_refused(searcher):
    with pytest.raises(EncoderError, match="do not compare"):
        Searcher(searcher.analysis, WordEncoder(dim=64))


def test_the_manifest_says_how_it_was_made(encoder, posts_file, tmp_path):
    analyse(posts_file, Project(tmp_path / "p"))
    manifest = json.loads((tmp_path / "p" / "manifest.json").read_text())
    assert {"source", "counts", "encoder", "settings", "structure", "durations", "versions", "notes"} <= set(manifest)
    assert set(manifest["durations"]) == {step.key for step in order.STEPS} - {"write", "crisis", "search"}
    assert manifest["encoder"]["fingerprint"] == encoder.fingerprint


def test_a_project_without_hard_links_is_whole(encoder, posts_file, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no hard links here")

    monkeypatch.setattr(stored.os, "link", refuse)
    analyse(posts_file, Project(tmp_path / "p"))
    shutil.rmtree(tmp_path / "p" / "products")
    assert len(load_analysis(Project(tmp_path / "p")).vectors) == 101


def test_a_folder_with_other_things_is_never_touched(encoder, posts_file, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / ".env.production").write_text("secret")
    (own / "posts.parquet").write_bytes(b"mine")
    with pytest.raises(ProjectError, match="other things"):
        analyse(posts_file, Project(own))
    assert sorted(path.name for path in own.iterdir()) == [".env.production", "posts.parquet"]


def test_a_project_never_overwrites_the_file_it_reads(encoder, posts_file, tmp_path):
    analyse(posts_file, Project(tmp_path / "p"))
    with pytest.raises(InputFileError, match="part of the project"):
        analyse(tmp_path / "p" / "posts.parquet", Project(tmp_path / "p"))


def test_another_file_in_the_same_project_leaves_no_report_of_the_one_before(encoder, posts_file, tmp_path):
    project = Project(tmp_path / "p")
    analyse(posts_file, project)
    (project.folder / "report").mkdir()
    (project.folder / "report" / "posts.csv").write_text("old")
    (project.folder / "report" / "my notes.txt").write_text("mine")
    other = tmp_path / "other.csv"
    pl.DataFrame({"text": ["the flood took the mill", "earthquake at the station"]}).write_csv(other)
    analyse(other, project)
    assert [path.name for path in (project.folder / "report").iterdir()] == ["my notes.txt"]


def test_a_project_of_someone_else_brings_no_consent_with_it(encoder, posts_file, tmp_path, monkeypatch):
    done = analyse(posts_file, Project(tmp_path / "p"))
    done.manifest["encoder"] |= {"used": "https://api.example.org/v1#m", "send_to": "api.example.org"}
    with pytest.raises(EncoderError, match=r"api\.example\.org"):
        asking.encoder_of(done)


def test_few_posts_are_not_judged(encoder, tmp_path):
    path = tmp_path / "few.csv"
    pl.DataFrame({"text": ["the flood took the mill", "earthquake at the station", "fire"]}).write_csv(path)
    answer = Searcher(analyse(path, Project(tmp_path / "p")), encoder).ask(Question("flood", "meaning"))
    assert answer.answered
    assert set(answer.posts["band"]) == {""}


def test_asking_uses_the_encoder_that_the_manifest_names(encoder, posts_file, tmp_path, monkeypatch):
    done = analyse(posts_file, Project(tmp_path / "p"))
    seen = []
    monkeypatch.setattr(asking, "load_encoder", lambda name, **more: seen.append((name, more)) or encoder)
    assert asking.encoder_of(done) is encoder
    assert seen[0][0] == done.manifest["encoder"]["used"]
