"""When: clocks that are chosen and kept, what flared up; what is new to a person; standing questions asked."""

import polars as pl
import pytest

from ctse_core.project.saved_questions import saved_questions
from ctse_core.project.visits import Newer, visits
from tests.app.test_pages import opened, words
from ui import visits as told_visits


def button(app, label):
    return next(each for each in app.button if each.label == label)


def test_the_time_zone_is_chosen_told_and_kept_in_the_address(example):
    app = opened("when_where.py", project=example.name, tz="Asia/Manila")
    assert not app.error, [error.value for error in app.error]
    assert "Asia/Manila, UTC+8" in words(app).replace("\\", "") and "Draw over bars" in words(app)
    next(box for box in app.selectbox if box.key == "when_zone").select("America/Bogota").run()
    assert app.query_params["tz"] in (["America/Bogota"], "America/Bogota")
    assert "UTC\u22125" in words(app).replace("\\", "")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "posix/Asia/Manila"])
def test_a_zone_that_nobody_knows_is_utc(example, zone):
    app = opened("when_where.py", project=example.name, tz=zone)
    assert not app.error and "per 12 hours (UTC)" in words(app).replace("\\", "")


def test_topics_needs_and_languages_are_followed_over_time(example):
    app = opened("when_where.py", project=example.name)
    views = next(group for group in app.button_group if group.key == "when_view")
    names = [getattr(option, "content", None) or option for option in views.options]
    assert names[0] == "Topics" and names[-1] == "Languages" and "What flared up" in words(app)


def test_a_file_without_times_is_told_so_in_one_sentence(example):
    path = example.folder / "posts.parquet"
    table = pl.read_parquet(path)
    table.with_columns(pl.lit(None, table.schema["time"]).alias("time")).write_parquet(path)
    app = opened("when_where.py", project=example.name)
    assert not app.error, [error.value for error in app.error]
    told = [note.value for note in app.info if "has a time" in note.value]
    assert told and told[0].startswith("None of these 686 posts has a time")


def test_what_is_new_is_told_on_every_page_until_somebody_has_looked(example, monkeypatch):
    monkeypatch.setattr(told_visits, "newer", lambda *_: Newer(7, (0,), None))
    for page in ("search.py", "topics.py"):
        app = opened(page, project=example.name)
        assert "7 new" in words(app) and "came with the newest file" in words(app)
    button(app, "Show them").click().run()
    assert app.query_params["file"] in (["0"], "0")
    button(app, "I have looked").click().run()
    assert [one.file for one in visits(example.folder)] == [0]
    monkeypatch.undo()
    assert "7 new" not in words(opened("search.py", project=example.name))


def test_standing_questions_are_asked_at_once_and_kept_among_the_saved_ones(example):
    app = opened("search.py", project=example.name)
    assert not app.error and not saved_questions(example.folder)
    app.button(key="standing_ask").click().run()
    assert not app.error, [error.value for error in app.error]
    labels = [box.label.replace("\\", "") for box in app.expander]
    assert any(label.startswith("Where is drinking water needed? — ") for label in labels)
    app.button(key="standing_keep").click().run()
    kept = saved_questions(example.folder)
    assert len(kept) == 40 and kept[6].name == "Where is drinking water needed?"
    assert kept[6].text == "Where is drinking water needed?" and app.button(key="standing_keep").disabled
