"""Standing questions: a pack in several languages, answered by cited posts or plainly not, kept once."""

import json

import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core.__main__ import main
from ctse_core.analysis import analyse
from ctse_core.crisis.standing import Standing, read_pack, starter_pack
from ctse_core.errors import SettingError
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.project.saved_questions import saved_questions
from ctse_core.question import Searcher
from ctse_core.standing import answers, keep_all, kept_keys
from tests.fakes import WordEncoder

WATER = Standing("water", "needs", {"en": "water water", "es": "¿Dónde falta agua?"})
QUAKE = Standing("quake", "danger", {"en": "volcano lava eruption"})
TOLD = ((1, "ana", "agua water"), (2, "ben", "fire"), (3, "cleo", "bridge road"), (4, "dan", "food"))
POSTS = [(f"{what} {where}", f"2031-03-0{day}", who) for day, who, what in TOLD for where in "abcdefghij"]


@pytest.fixture
def searcher(tmp_path, monkeypatch):
    encoder = WordEncoder()
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(order, "load_encoder", lambda *_, **__: encoder)
    monkeypatch.setattr("ctse_core.question.load_encoder", lambda *_, **__: encoder)
    path = tmp_path / "posts.csv"
    pl.DataFrame(POSTS, schema=["text", "time", "author"], orient="row").write_csv(path)
    return Searcher(analyse(path, Project(tmp_path / "p")), encoder)


def test_the_starter_pack_asks_at_least_thirty_questions_in_every_language():
    pack = starter_pack()
    assert len(pack.questions) >= 30 and {"en", "es", "fr", "ar"} <= set(pack.languages)
    assert len(pack.languages) >= 6
    for lang in pack.languages:
        texts = [one.ask[lang] for one in pack.questions]
        assert len(set(texts)) == len(texts) and all(text.rstrip().endswith(("?", "؟")) for text in texts), lang
        assert all(pack.group_name(group, lang) for group in pack.groups)


def test_questions_read_in_the_language_named_and_in_english_where_there_is_none():
    assert WATER.text("es").startswith("¿Dónde") and WATER.text("xx") == "water water"


def test_a_question_is_answered_by_the_posts_that_match_and_another_plainly_not(searcher):
    water, quake = answers(searcher, [WATER, QUAKE], "es")
    assert water.text == "¿Dónde falta agua?" and set(water.posts.head(10)["author"]) == {"ana"}
    assert set(water.posts.head(10)["band"]) == {"strong"} and water.sentence == f"{water.posts.height} posts match."
    assert quake.posts.is_empty() and quake.sentence == "No answer in these posts." and quake.newest is None


def test_answers_come_from_the_posts_that_pass_the_filter(searcher):
    (found,) = answers(searcher, [WATER], among=Filter(words="agua"))
    assert found.posts.height == 10 and found.sentence == "10 posts match, all by one author."
    assert f"{found.newest:%d %B}" == "01 March"


def test_where_more_posts_may_answer_than_were_looked_at_at_least_is_said(searcher, monkeypatch):
    monkeypatch.setattr("ctse_core.standing.MOST", len(POSTS))
    monkeypatch.setattr("ctse_core.standing.SURE", ("strong",))
    (found,) = answers(searcher, [WATER])
    assert 0 < found.posts.height < len(POSTS) and found.more
    assert found.sentence == f"At least {found.posts.height} posts match."


def test_too_few_posts_to_judge_are_no_answer_and_said_to_be_too_few(searcher, monkeypatch):
    monkeypatch.setattr("ctse_core.question.LEAST_JUDGED", 999)
    (found,) = answers(searcher, [WATER])
    assert found.posts.is_empty() and found.sentence == "Too few posts to tell an answer from chance."


def test_standing_questions_are_kept_once_by_the_name_they_read_as(searcher, tmp_path):
    project = Project(tmp_path / "p")
    assert keep_all(project, searcher, [WATER, QUAKE], "es") == 2 and not keep_all(project, searcher, [WATER], "es")
    assert next(one.name for one in saved_questions(project.folder)) == "¿Dónde falta agua?"
    assert kept_keys(project, [WATER, QUAKE]) == {"water", "quake"}


def test_the_command_tells_answers_as_lines_or_as_json(searcher, tmp_path, capsys):
    folder = str(tmp_path / "p")
    assert main(["standing", folder, "--only", "water,airports", "-k", "1", "--tell", "fr"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("of 2 standing questions are answered by these posts.") and told[1].startswith("Où")
    assert main(["standing", folder, "--only", "health", "--json", "--keep"]) == 0
    asked = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["group"] for one in asked} == {"health"} and len(saved_questions(tmp_path / "p")) == len(asked)
    assert main(["standing", folder, "--only", "watr"]) == 1
    assert "There is no standing question “watr”; there are people, needs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{", "cannot be read"),
        ("[]", "has no “groups”"),
        ('{"key": "k", "name": {"en": "n"}, "groups": [{"key": "g", "name": {"en": "G"}}]}', "has no questions"),
        ('{"groups": [{"name": {"en": "G"}}]}', "“key” is missing in group 1 of mine.json"),
        ('{"groups": [{"key": "g", "name": {"es": "G"}}]}', "“name” of group 1 of mine.json needs a text by language"),
        (
            '{"key": "k", "name": {"en": "n"}, "groups": [{"key": "g", "name": {"en": "G"}, "questions": ['
            '{"key": "a", "ask": {"en": "?"}}, {"key": "a", "ask": {"en": "??"}}]}]}',
            "uses the key “a” twice",
        ),
    ],
)
def test_a_pack_with_mistakes_is_told_where_and_what(tmp_path, written, told):
    path = tmp_path / "mine.json"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(SettingError, match=r"mine\.json") as wrong:
        read_pack(path)
    assert told in str(wrong.value)
