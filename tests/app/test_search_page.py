"""The Search page: posts to seek and to avoid, bands, nothing that matches, saved questions and their news."""

import pytest

from ctse_core.analysis import load_analysis
from ctse_core.project.database import writing
from ctse_core.project.saved_questions import mark_seen, saved_questions
from tests.app.test_pages import opened, words
from ui import search_saved


def button(app, label):
    return next(each for each in app.button if each.label == label)


def test_posts_to_seek_and_to_avoid_are_chips_in_the_address(example):
    app = opened("search.py", project=example.name, q="water", like="3,5,3,x,999999", unlike="10")
    assert not app.error
    assert "More like" in words(app) and "Less like" in words(app)
    chips = {group.key: list(group.options) for group in app.button_group if group.key.startswith("question_tray")}
    assert [len(options) for options in chips.values()] == [2, 1]
    button(app, "Clear posts").click().run()
    assert "like" not in app.query_params and "unlike" not in app.query_params
    assert app.query_params["q"] in (["water"], "water")


def test_posts_alone_are_searched_by_and_posts_to_avoid_alone_say_what_to_do(example):
    app = opened("search.py", project=example.name, like="3")
    assert not app.error and "nearest posts" in words(app)
    app = opened("search.py", project=example.name, unlike="3")
    assert not app.error and "not enough" in app.info[0].value


@pytest.mark.parametrize(
    ("question", "mode", "told"),
    [
        ("which guitar strings sound best", "meaning", "Nothing here matches"),
        ("zzzzqqq", "words", "No post matches"),
        ("/(broken/", "words", "regular expression"),
        ('"nobody wrote this here"', "words", "No post"),
    ],
)
def test_what_matches_nothing_is_told_with_what_to_do_next(example, question, mode, told):
    app = opened("search.py", project=example.name, q=question, mode=mode)
    shown = [*app.warning, *app.error]
    assert len(shown) == 1 and told in shown[0].value.replace("\\", "")


def test_what_may_be_chance_is_left_out_until_it_is_asked_for(example):
    app = opened("search.py", project=example.name, q="Where is drinking water missing?")
    bands = next(group for group in app.button_group if group.key.startswith("question_band"))
    names = [option.content if hasattr(option, "content") else option for option in bands.options]
    counts = [int(name.split()[-1]) for name in names]
    assert names[0].startswith("Matching") and counts[0] == counts[1] + counts[2] and sum(counts[1:]) <= 200
    app = opened("search.py", project=example.name, q="which guitar strings sound best drinking")
    bands = [group for group in app.button_group if group.key.startswith("question_band")]
    assert all("All" in (getattr(group.options[0], "content", None) or group.options[0]) for group in bands)


def test_a_question_is_saved_once_renamed_and_deleted(example):
    app = opened("search.py", project=example.name, q="drinking water", lang="en")
    button(app, "Save question").click().run()
    assert not app.error
    (kept,) = saved_questions(example.folder)
    assert (kept.text, dict(kept.among)) == ("drinking water", {"lang": "en"}) and kept.posts > 600
    assert button(app, "Saved").disabled
    app.text_input(key=f"question_name_{kept.key}").set_value("water")
    button(app, "Rename").click().run()
    assert [one.name for one in saved_questions(example.folder)] == ["water"]
    button(app, "Delete this question").click().run()
    assert saved_questions(example.folder) == [] and not app.error


def test_new_posts_that_match_are_told_on_the_overview_and_opening_them_marks_them_seen(example):
    app = opened("search.py", project=example.name, q="Where is drinking water missing?")
    button(app, "Save question").click().run()
    (kept,) = saved_questions(example.folder)
    mark_seen(example.folder, kept.key, 300, [])  # as if the posts behind the first 300 had come since
    app = opened("overview.py", project=example.name)
    assert "new posts match" in words(app) and "authors" in words(app)
    button(app, "Read them").click().run()
    assert not app.exception
    assert saved_questions(example.folder)[0].posts == load_analysis(example).table.height
    app = opened("overview.py", project=example.name)
    assert "new posts match" not in words(app)


def test_the_overview_loads_no_encoder_where_nothing_is_new(example, monkeypatch):
    app = opened("search.py", project=example.name, q="drinking water")
    button(app, "Save question").click().run()

    def refuse(*_):
        raise AssertionError("the search was made ready")

    monkeypatch.setattr(search_saved.resources, "searcher", refuse)
    assert not opened("overview.py", project=example.name).error


def test_a_saved_question_with_a_damaged_filter_is_still_listed(example):
    from sqlalchemy import update

    from ctse_core.project.saved_questions import _table, keep_question

    asked = {"text": "water", "mode": "nonsense", "among": {}}
    key = keep_question(example.folder, asked | {"like": (), "unlike": ()}, 686, [])
    with writing(example.folder) as connection:
        connection.execute(update(_table()).where(_table().c.key == key).values(among='{"topic": "x", "since": "?"}'))
    app = opened("search.py", project=example.name)
    assert not app.error and button(app, "water")
