"""The shared filter in the app: chips, undo, the address, what is gone, and posts filtered by tags and sets."""

import re

import pytest

from ctse_core.project.sets import keep_set
from ctse_core.project.tags import add_tag
from tests.app.test_pages import opened, words


def count(app):
    """Return how many posts pass, as the page says."""
    found = re.search(r"([\d,]+) of 686 posts pass the filter", words(app))
    return int(found.group(1).replace(",", "")) if found else None


def chips(app):
    """Return what the chips read."""
    return [each.label.replace("\\", "") for each in app.button if str(each.key).startswith("chip_")]


def take_off(app, chip):
    press(app, f"chip_{chip}")


def press(app, key):
    app.button(key=key).click().run()


def asked(app, name):
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("query", "reads", "chip"),
    [
        ({"lang": "ht"}, "Haitian Creole", "languages ht"),
        ({"topic": "-1"}, "Unsorted", "topics -1"),
        ({"place": "~"}, "Unplaced", "places "),
        ({"place": "Varenka"}, "Place: Varenka", "places Varenka"),
        ({"words": "water"}, "“water”", "words"),
        ({"originals": "1"}, "Without copies", "originals"),
        ({"area": "0,0;9,0;9,9;0,9"}, "Inside an outline on the map", "area"),
        ({"since": "2026-03-15T12:00Z", "until": "2026-03-16"}, "15 Mar 2026 12:00 to 16 Mar 2026 00:00 UTC", "time"),
    ],
)
def test_each_part_has_a_chip_in_plain_words_and_taking_it_off_leaves_no_filter(example, query, reads, chip):
    app = opened("overview.py", project=example.name, **query)
    assert 0 < count(app) < 686
    assert chips(app) == [reads]
    take_off(app, chip)
    assert count(app) is None
    assert not set(query) & set(app.query_params)


def test_undo_redo_and_clear_all(example):
    app = opened("overview.py", project=example.name, lang="es,fr", words="a")
    both = count(app)
    take_off(app, "languages es")
    less = count(app)
    assert less < both
    press(app, "filter_clear")
    assert count(app) is None
    press(app, "filter_undo")
    assert count(app) == less and asked(app, "lang") == "fr"
    press(app, "filter_undo")
    assert count(app) == both and asked(app, "lang") == "es,fr"
    press(app, "filter_redo")
    assert count(app) == less
    assert not app.exception


def test_every_page_counts_what_passes(example):
    told = {
        count(opened(f"{page}.py", project=example.name, place="~", lang="en"))
        for page in ("overview", "map", "topics")
    }
    assert len(told) == 1 and None not in told


def test_kept_posts_are_found_by_their_link_and_named_by_their_label(example):
    key = keep_set(example.folder, range(40), "Results for “water”", "search")
    app = opened("overview.py", project=example.name, set=key)
    assert count(app) == 40
    assert chips(app) == ["Results for “water”"]


@pytest.mark.parametrize("key", ["0123456789ab", "../../etc/passwd"])
def test_kept_posts_that_are_gone_are_told_and_taken_off(example, key):
    app = opened("overview.py", project=example.name, set=key, lang="es")
    assert "kept posts that are not part of this project" in words(app)
    assert asked(app, "set") is None and asked(app, "lang") == "es"
    assert chips(app) == ["Spanish"]


def test_a_topic_that_is_gone_is_told_and_taken_off(example):
    app = opened("overview.py", project=example.name, topic="0,9999")
    assert "a topic that is not there" in words(app)
    assert asked(app, "topic") == "0"


def test_a_place_that_nobody_names_stays_visible_instead_of_being_dropped(example):
    app = opened("overview.py", project=example.name, place="Nowhere")
    assert chips(app) == ["Place: Nowhere"]
    assert "No post passes the filter" in words(app)


def test_the_sidebar_keeps_the_parts_that_it_does_not_show(example):
    key = keep_set(example.folder, range(300), "First", "rows")
    app = opened("overview.py", project=example.name, set=key, area="0,0;9,0;9,9;0,9")
    app.multiselect(key="filter_languages").set_value(["en"]).run()
    assert asked(app, "set") == key
    assert asked(app, "area") == "0,0;9,0;9,9;0,9"
    assert asked(app, "lang") == "en"
    app.checkbox(key="filter_originals").check().run()
    assert asked(app, "set") == key and asked(app, "originals") == "1"


def test_tags_can_be_chosen_as_soon_as_there_are_any(example):
    app = opened("overview.py", project=example.name)
    assert not [each for each in app.multiselect if each.label == "Tags"]
    add_tag(example.folder, [1, 2, 3], "to verify")
    app = opened("overview.py", project=example.name, tag="to verify")
    assert count(app) == 3
    assert app.multiselect(key="filter_tags").value == ["to verify"]
    assert any("bear 1 different tag" in str(caption.value) for caption in app.caption)


def test_the_report_page_offers_what_passes_and_the_whole(example):
    app = opened("report.py", project=example.name, lang="ht")
    toggle = app.toggle(key="take_filtered")
    assert toggle.value is True
    toggle.set_value(False).run()
    assert "whole project" in words(app)
    assert not app.exception


def test_a_filter_under_which_a_figure_has_nothing_to_draw_is_no_error(example):
    add_tag(example.folder, [1, 2, 3], "to verify")
    for query in ({"tag": "~", "lang": "ht"}, {"topic": "-1", "place": "~"}, {"place": "Varenka", "tag": "~"}):
        app = opened("overview.py", project=example.name, **query)
        assert not app.error, (query, [error.value for error in app.error])
