"""Every page opens in an empty and in a filled workspace, and its main action works once."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ctse_core.home import encoders_home
from tests.fakes import write_tiny_folder

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page != "overview.py":
        app.switch_page(f"pages/{page}").run()
    assert not app.exception, app.exception
    return app


def unfolded(app: AppTest, *keys: str) -> AppTest:
    """Open what is folded up, by its keys: its contents are made then."""
    for key in keys:
        app.session_state[key] = True
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.success, *app.error, *app.subheader]
    return " ".join(str(part.value) for part in parts)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_a_project(home, page):
    app = opened(page)
    assert app.title[0].value
    if page not in {"overview.py", "encoders.py"}:
        assert "Overview" in app.info[0].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_the_example(example, page):
    app = opened(page, project=example.name)
    assert not app.error, [error.value for error in app.error]
    assert app.query_params["project"] in (["example"], "example")


def test_the_address_is_written_anew_after_a_page_change(example):
    app = opened("search.py", project=example.name, lang="es,fr", topic="0")
    assert app.query_params["lang"] in (["es,fr"], "es,fr")
    assert "pass the filter" in words(app)


def test_a_project_that_is_gone_is_told_in_a_sentence(home):
    app = opened("overview.py", project="no-such-project")
    assert "There is no project" in app.error[0].value


def test_a_project_name_that_leads_elsewhere_is_refused(home):
    app = opened("overview.py", project="../../etc")
    assert "not the name of a project" in app.error[0].value


def test_a_broken_project_keeps_the_page_and_says_what_to_do(example):
    (example.folder / "posts.parquet").write_bytes(b"torn")
    app = opened("overview.py", project=example.name)
    assert "again" in app.error[0].value


def test_two_questions_in_a_row_are_both_answered(example):
    app = opened("search.py", project=example.name)
    for question in ("Where is drinking water missing?", "people trapped under rubble"):
        app.text_input(key="question_text").set_value(question)
        next(button for button in app.button if button.label == "Search").click()
        app.run()
        assert not app.error, [error.value for error in app.error]
        assert app.query_params["q"] in ([question], question)
        assert app.text_input(key="question_text").value == question


@pytest.mark.parametrize("like", ["-999999", "-5", "99999", "x"])
def test_a_post_that_is_not_there_is_no_error(example, like):
    app = opened("search.py", project=example.name, like=like, q="water")
    assert not app.error


def test_a_topic_opens_by_its_link(example):
    app = opened("topics.py", project=example.name, open="0")
    assert "Typical posts" in words(app)
    app = opened("topics.py", project=example.name, open="9999")
    assert "no such topic" in words(app)


@pytest.mark.parametrize("colour", ["topic", "lang", "time", "nonsense"])
def test_the_map_draws_in_every_colour(example, colour):
    app = opened("map.py", project=example.name, colour=colour)
    assert not app.error


def test_a_filter_that_lets_nothing_through_is_no_error(example):
    for page in PAGES:
        app = opened(page, project=example.name, words="zzzzzzzz no post says this")
        assert not app.error, (page, [error.value for error in app.error])


def test_an_encoder_of_ones_own_is_in_the_table_and_in_every_choice_at_once(home):
    write_tiny_folder(encoders_home() / "flood-2027")
    (encoders_home() / "torn").mkdir()
    app = opened("encoders.py")
    table = next(each.value for each in app.dataframe if "flood-2027" in set(each.value.get("Encoder", ())))
    assert set(table["Encoder"]) >= {"flood-2027", "torn"}
    assert list(table[table["Encoder"] == "torn"]["Ready"]) == [False]
    choices = [each.options for each in app.selectbox if each.label == "Encoder"]
    assert choices
    assert all("flood-2027" in options and "torn" not in options for options in choices)
