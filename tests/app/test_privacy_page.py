"""People are masked on every page; showing them is a deed with a name; what is taken away stays masked."""

import polars as pl
import pytest

from ctse_core.project.privacy import privacy_deeds
from tests.app.test_pages import opened, words
from ui import resources

HANDLE, PHONE = "@daphne_okro", "+000 555 0142"


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception


@pytest.mark.parametrize("page", ["overview.py", "search.py", "topics.py", "report.py"])
def test_no_page_names_a_person(example, page):
    app = opened(page, project=example.name)
    assert HANDLE not in words(app) and PHONE not in words(app)
    assert "telephone numbers" in words(app)


def test_showing_what_was_written_is_a_deed_with_a_name_and_can_be_taken_back(example):
    app = opened("overview.py", project=example.name)
    app.text_input(key="privacy_why").set_value("calling the sister back").run()
    press(app, "privacy_show")
    deed = privacy_deeds(example.folder)[0]
    assert deed.as_written and deed.why == "calling the sister back" and deed.author
    assert "calling the sister back" in words(app)
    shown = resources.analysis(example).table["text"]
    assert shown.str.contains(PHONE, literal=True).any()
    press(app, "privacy_mask")
    assert not privacy_deeds(example.folder)[0].as_written
    assert not resources.analysis(example).table["text"].str.contains(PHONE, literal=True).any()


def test_files_stay_masked_while_the_screen_shows_what_was_written(example):
    from ctse_core.masked import posts_to_take
    from ctse_core.project.privacy import show_as_written

    show_as_written(example.folder, True)
    analysis = resources.analysis(example)
    posts = analysis.table.with_row_index("position").filter(pl.col("text").str.contains(PHONE, literal=True))
    assert posts.height > 1
    away = posts_to_take(posts.with_columns(pl.col("position").cast(pl.Int64)), analysis, example)
    assert away.height == posts.height and away.columns == posts.columns
    assert not any(PHONE in text or HANDLE in text for text in away["text"])
    assert away["post_id"].equals(posts["post_id"])
    assert away["author"].str.starts_with("person-").all()
