"""A project shared with a team on a real server: answers as at home, notes of several people, no half states."""

import json
import re
import shutil
import threading
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core import shared_notes, sharing
from ctse_core.__main__ import main
from ctse_core.asking import Question
from ctse_core.edited import edited
from ctse_core.errors import ServerError
from ctse_core.filters import Filter, parse_time
from ctse_core.project import Project
from ctse_core.project.database import ask_who
from ctse_core.project.privacy import salt_of
from ctse_core.project.tags import add_tag, all_tags, remove_tag
from ctse_core.project.triage import Deed, mark, triage_columns
from ctse_core.project.triage_log import deeds, history, undo
from ctse_core.question import Searcher, encoder_of
from ctse_core.served import posts as served_posts
from ctse_core.served import writing
from ctse_core.served.address import read_address
from ctse_core.shared_notes import exchange_notes
from ctse_core.shared_search import SharedSearcher
from ctse_core.sharing import share
from ctse_core.stored import load_analysis

pytestmark = pytest.mark.scale
EXAMPLE = Path(__file__).resolve().parents[2] / "assets" / "example"


@pytest.fixture
def project(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "example")
    salt_of(tmp_path / "example")  # before it is copied: people have the same pseudonyms in all copies
    return Project(tmp_path / "example")


@pytest.fixture
def copied(project, tmp_path):
    """The same project on somebody else's machine."""
    shutil.copytree(project.folder, tmp_path / "other")
    return Project(tmp_path / "other")


@pytest.fixture
def address(server, request):
    return read_address(f"{server}#{request.node.name[:70].replace('/', ' ')}")


@pytest.fixture
def by():
    """Let somebody be at work: by("ana")."""
    yield lambda name: ask_who(lambda: name)
    ask_who(lambda: "")


@pytest.fixture(scope="module")
def both(server, tmp_path_factory):
    """A searcher at home and one of the same project shared, over few posts and through the graph."""
    folder = tmp_path_factory.mktemp("home") / "example"
    shutil.copytree(EXAMPLE, folder)
    project = Project(folder)
    positions = np.arange(40)
    ask_who(lambda: "ana")
    add_tag(folder, positions[::3], "to verify")
    mark(folder, positions[::4], Deed("assign", "li"))
    mark(folder, positions[:5], Deed("note", "bridge “Ost” <closed>"))
    ask_who(lambda: "")
    address = read_address(f"{server}#both")
    share(project, address)
    exchange_notes(project, address)
    analysis = edited(load_analysis(project), project)
    return Searcher(analysis, encoder_of(analysis)), SharedSearcher(address, encoder_of)


QUESTIONS = [
    Question("Where is drinking water missing?"),
    Question("¿Dónde falta agua potable?", k=50),
    Question("people trapped under rubble", mode="meaning"),
    Question("water bridge", mode="words"),
    Question('"water"'),
    Question("/wat.r/", mode="words"),
    Question("who won the football championship?"),
    Question("", like=(5, 9), unlike=(20,)),
    Question("help", like=(5,)),
    Question("help", among=Filter(languages=("es", "ht", "sw"))),
    Question("help", among=Filter(topics=(-1, 1, 3))),
    Question("help", among=Filter(since=parse_time("2026-01-01"), until=parse_time("2030-01-01"))),
    Question("help", among=Filter(undated=True)),
    Question("help", among=Filter(words="Water", originals=True)),
    Question("help", among=Filter(tags=("to verify",))),
    Question("help", among=Filter(tags=("",), owners=("", "li"))),
    Question("help", among=Filter(states=("assigned",))),
    Question("help", among=Filter(states=("new",), files=(0,))),
    Question("help", among=Filter(urgencies=(3, -1))),
    Question("help", among=Filter(places=("",))),
    Question("help", among=Filter(area=((-1e3, -1e3), (1e3, -1e3), (1e3, 1e3), (-1e3, 1e3)))),
    Question("help", among=Filter(languages=("xx",))),
    Question("drinking water", rerank=True),
]


def same(here, there):
    assert there.posts["position"].to_list() == here.posts["position"].to_list()
    assert there.sentence == here.sentence and there.answered == here.answered
    assert there.posts.schema == here.posts.schema
    for name in here.posts.columns:
        if name in {"similarity", "by_meaning", "by_words"}:
            near = pl.Series(here.posts[name]) - there.posts[name]
            assert near.abs().max() is None or near.abs().max() < 2e-3
        else:
            assert here.posts[name].eq_missing(there.posts[name]).all(), name


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.text}-{one.mode}-{one.among.to_query()}")
def test_a_shared_project_answers_as_at_home(both, question):
    home, shared = both
    same(home.ask(question), shared.ask(question))


def test_needs_and_places_filter_as_at_home(both):
    home, shared = both
    crisis = home.analysis.crisis
    for among in (
        Filter(needs=(next(iter(crisis.need_names)), "")),
        Filter(located=tuple(crisis.places["key"].head(2))),
        Filter(located=("",)),
    ):
        same(home.ask(Question("help", among=among)), shared.ask(Question("help", among=among)))


def test_the_graph_finds_what_comparing_all_finds(both, server, monkeypatch):
    home, shared = both
    monkeypatch.setattr(writing, "FEW", 100)
    monkeypatch.setattr(served_posts, "FEW", 100)
    with shared.posts.server.writing("graph") as connection:
        assert writing.build_graph(connection, shared.posts.schema, 384)
    hits = 0
    filters = [Filter(), Filter(languages=("en", "es")), Filter(languages=("ht",)), Filter(states=("new",))]
    for among in filters:
        question = Question("where is water missing?", mode="meaning", among=among, k=20)
        wanted, found = home.ask(question).posts, shared.ask(question).posts
        assert found.height == wanted.height
        hits += len(set(wanted["position"]) & set(found["position"])) / max(1, wanted.height)
    assert hits / len(filters) >= 0.97


def test_what_is_there_is_not_sent_again_and_only_what_changed_is(project, address, by):
    first = share(project, address)
    assert first.sent.new == first.posts and first.sent.vectors and first.sent.parts == 1
    again = share(project, address)
    assert not again.sent and "nothing was sent" in again.sentences[0]
    by("ana")
    add_tag(project.folder, [1, 2], "seen by me")
    from ctse_core.project.need_marks import Said, mark_posts

    mark_posts(project.folder, [7, 9], "trec_is", Said(needs=("Request-SearchAndRescue",), urgency=3))
    changed = share(project, address).sent
    assert 1 <= changed.changed <= 12 and not (changed.new or changed.gone or changed.vectors or changed.parts)


def test_a_newer_file_sends_the_new_posts_alone_and_who_has_not_got_it_is_told(project, copied, address, tmp_path):
    share(project, address)
    table = pl.read_csv(EXAMPLE.parent / "sample_posts.csv", infer_schema_length=0).head(30)
    newer = table.with_columns(pl.col("text") + " again, and more of it", pl.lit("9") + pl.col("id"))
    newer.write_csv(tmp_path / "newer.csv")
    assert main(["append", str(project.folder), str(tmp_path / "newer.csv"), "--quiet"]) == 0
    sent = share(project, address).sent
    assert sent.new == 30 and sent.gone == 0 and sent.vectors <= 30
    with pytest.raises(ServerError, match="30 newer posts"):
        share(copied, address)
    add_tag(copied.folder, [3], "from the old copy")
    exchange_notes(copied, address)
    exchange_notes(project, address)
    assert all_tags(project.folder)["tag"].to_list() == ["from the old copy"]


def test_other_posts_under_the_same_name_are_refused_unless_they_are_to_take_its_place(project, copied, address):
    share(project, address)
    posts = pl.read_parquet(copied.folder / "posts.parquet")
    posts.with_columns((pl.col("post_id") + "x").alias("post_id")).write_parquet(copied.folder / "posts.parquet")
    with pytest.raises(ServerError, match=r"other posts.*--anew"):
        share(copied, address)
    with pytest.raises(ServerError, match="other posts"):
        exchange_notes(copied, address)
    assert share(copied, address, anew=True).sent.new == posts.height


def test_sharing_that_breaks_off_leaves_what_was_there(project, address, monkeypatch):
    def breaks(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sharing, "send_words", breaks)
    with pytest.raises(KeyboardInterrupt):
        share(project, address)
    with pytest.raises(ServerError, match="no shared project"):
        served_posts.SharedPosts(address)
    monkeypatch.undo()
    whole = share(project, address)
    monkeypatch.setattr(sharing, "send_words", breaks)
    with pytest.raises(KeyboardInterrupt):
        share(project, address, anew=True)
    assert served_posts.SharedPosts(address).project.posts == whole.posts


def test_two_who_share_at_once_take_turns(project, copied, address):
    outcomes, failed = [], []

    def send(one):
        try:
            outcomes.append(share(one, address))
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=send, args=(one,)) for one in (project, copied)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and sorted(bool(outcome.sent) for outcome in outcomes) == [False, True]
    posts = served_posts.SharedPosts(address)
    with posts.server.reading() as connection:
        count = connection.execute(f"SELECT count(*), count(DISTINCT post_id) FROM {posts.schema}.posts").fetchone()
    assert count == (outcomes[0].posts, outcomes[0].posts)


def test_what_two_people_note_reaches_both_with_who_and_when(project, copied, address, by):
    share(project, address)
    by("ana")
    add_tag(project.folder, [1, 2, 3], "to verify")
    mark(project.folder, [1, 2], Deed("assign", "li"))
    mark(project.folder, [5], Deed("note", "called them"))
    exchange_notes(project, address)
    by("li")
    add_tag(copied.folder, [9], "urgent")
    mark(copied.folder, [5], Deed("done"))
    exchange_notes(copied, address)
    assert all_tags(copied.folder).filter(pl.col("tag") == "to verify")["author"].to_list() == ["ana"] * 3
    by("ana")
    exchange_notes(project, address)
    states = [triage_columns(one.folder, 700) for one in (project, copied)]
    assert states[0].equals(states[1])
    assert states[0].row(1) == ("assigned", "li", None) and states[0].row(5) == ("done", None, "called them")
    assert all_tags(project.folder).equals(all_tags(copied.folder))
    assert [(one.author, one.kind) for one in history(project.folder, 5)] == [("li", "done"), ("ana", "note")]
    done = [{(one.author, one.kind, one.at, one.posts) for one in deeds(each.folder)} for each in (project, copied)]
    assert done[0] == done[1] and len(done[0]) == 3
    remove_tag(project.folder, [1], "to verify")
    exchange_notes(project, address)
    exchange_notes(copied, address)
    assert all_tags(copied.folder).filter(pl.col("tag") == "to verify")["position"].to_list() == [2, 3]
    shown = SharedSearcher(address, encoder_of).posts.table(np.array([5, 2]))
    assert shown["note"].to_list() == ["called them", None] and shown["tags"].to_list() == [[], ["to verify"]]


def test_who_changes_what_somebody_else_changed_is_told_and_loses_nothing_of_theirs(project, copied, address, by):
    share(project, address)
    by("ana")
    mark(project.folder, [1, 2], Deed("assign", "ana"))
    by("li")
    mark(copied.folder, [2, 3], Deed("assign", "li"))
    exchange_notes(project, address)
    told = exchange_notes(copied, address)
    assert "1 posts were changed by ana meanwhile" in told[1]
    owners = triage_columns(copied.folder, 5)["owner"].to_list()
    assert owners == [None, "ana", "ana", "li", None]
    mark(copied.folder, [2], Deed("assign", "li"))
    exchange_notes(copied, address)
    exchange_notes(project, address)
    assert triage_columns(project.folder, 5)["owner"].to_list() == [None, "ana", "li", "li", None]
    assert [one.refused for one in history(project.folder, 2)] == [False, True, False]


def test_tags_taken_off_stay_off_however_the_address_is_spelt(project, copied, server, address, by):
    share(project, address)
    by("ana")
    add_tag(project.folder, [1, 2, 3], "to verify")
    exchange_notes(project, address)
    exchange_notes(copied, address)
    remove_tag(copied.folder, [1, 2, 3], "to verify")
    exchange_notes(copied, address)
    otherwise = read_address(f"{server.replace('postgres@', '')}&user=postgres#{address.name}")
    assert otherwise.shown != address.shown
    exchange_notes(project, otherwise)
    assert all_tags(project.folder).is_empty()
    share(project, address)
    exchange_notes(copied, address)
    assert all_tags(copied.folder).is_empty()


def test_a_deed_taken_back_is_taken_back_everywhere_and_telling_twice_changes_nothing(project, copied, address, by):
    share(project, address)
    by("ana")
    done = mark(project.folder, [4], Deed("done")).number
    exchange_notes(project, address)
    exchange_notes(copied, address)
    assert triage_columns(copied.folder, 6)["state"][4] == "done"
    undo(project.folder, done)
    for one in (project, copied, project, copied):
        exchange_notes(one, address)
    assert triage_columns(copied.folder, 6)["state"][4] == "new"
    assert len(deeds(copied.folder)) == len(deeds(project.folder)) == 2 and deeds(copied.folder)[-1].undone


def test_notes_that_are_not_pulled_stay_away_and_come_later(project, copied, address, by):
    share(project, address)
    by("ana")
    add_tag(project.folder, [1], "one")
    exchange_notes(project, address)
    by("li")
    add_tag(copied.folder, [2], "two")
    exchange_notes(copied, address, pull=False)
    assert all_tags(copied.folder)["tag"].to_list() == ["two"]
    exchange_notes(copied, address)
    assert sorted(all_tags(copied.folder)["tag"]) == ["one", "two"]


def test_people_are_masked_in_the_database_and_no_secret_is_written_down(
    project, server, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PGPASSWORD", "hidden-word")
    secret = server.replace("postgres@", "postgres:hidden-word@") + "&sslmode=prefer"
    assert main(["share", str(project.folder), f"{secret}#masked", "--pull"]) == 0
    told = capsys.readouterr()
    posts = served_posts.SharedPosts(read_address(f"{secret}#masked"))
    kept = json.dumps(posts.project.told) + repr(posts.server.address) + told.out + told.err
    files = b"".join(path.read_bytes() for path in project.folder.rglob("*") if path.is_file())
    assert "hidden-word" not in kept and b"hidden-word" not in files
    table = posts.table(np.arange(posts.project.posts))
    assert table["author"].drop_nulls().str.starts_with("person-").all()
    with pytest.raises(ServerError) as refused:
        read_address(f"{secret}#masked").named("a/b")
    assert "hidden" not in str(refused.value)


def test_the_command_line_searches_a_shared_project_as_a_folder(project, server, capsys):
    assert main(["share", str(project.folder), f"{server}#told", "--quiet"]) == 0
    first = capsys.readouterr().out
    assert "new" in first
    flags = ["Where is drinking water missing?", "--lang", "en,es", "-k", "4", "--json", "--no-rerank"]
    assert main(["search", str(project.folder), *flags]) == 0
    home = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main(["search", f"{server}#told", *flags]) == 0
    there = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    near = {"similarity", "by_meaning", "by_words"}
    assert [{key: one[key] for key in one if key not in near} for one in home] == [
        {key: one[key] for key in one if key not in near} for one in there
    ]
    ids = home[0]["post_id"]
    assert main(["search", f"{server}#told", "--like", ids, "-k", "2"]) == 0
    assert main(["search", f"{server}#told", "water", "--lang", "xx"]) == 1
    assert "these posts are in" in capsys.readouterr().err
    assert main(["search", f"{server}#nothing", "water"]) == 1
    assert "told" in capsys.readouterr().err
    assert main(["search", f"{server}#told", "water", "--save", "mine"]) == 1
    capsys.readouterr()
    assert main(["search", server, "water"]) == 1
    assert re.search("Name the shared project, as .*#name: .*told", capsys.readouterr().err)


def test_a_database_that_is_not_there_is_told_in_a_sentence(project, tmp_path, capsys):
    assert main(["share", str(project.folder), f"postgresql://me:hidden-word@/x?host={tmp_path}", "--quiet"]) == 1
    told = capsys.readouterr().err
    assert "cannot be reached" in told and "hidden-word" not in told


def test_notes_alone_need_a_project_that_is_shared(project, server):
    with pytest.raises(ServerError, match="no shared project"):
        shared_notes.exchange_notes(project, read_address(f"{server}#never"))
