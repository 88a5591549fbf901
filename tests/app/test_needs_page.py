"""Needs in the app: a post is corrected, somebody else's word is not overwritten unseen, schemes are brought."""

from streamlit.testing.v1 import AppTest

from ctse_core.crisis.scheme_file import scheme_template
from ctse_core.needs_layer import scheme_of
from ctse_core.project.need_marks import Said, mark_posts, need_marks, scheme_choices
from tests.app.test_pages import opened, unfolded, words
from tests.app.test_queue_page import pressed


def dialogue(project, positions, seen):
    """Return the dialogue about the needs of posts, as a script of its own."""

    def script(name, positions, seen):
        import streamlit as st

        from ctse_core.edited import edited
        from ctse_core.project import projects_home
        from ctse_core.project.folder import project_named
        from ctse_core.stored import load_analysis
        from ui import needs

        st.session_state.setdefault("needs_seen", seen)
        project = project_named(projects_home(), name)
        needs._dialogue(project, edited(load_analysis(project), project), positions)

    app = AppTest.from_function(script, default_timeout=60, args=(project.name, positions, seen))
    return app.run()


def said_of(project):
    return [(mark.position, mark.needs, mark.urgency) for mark in need_marks(project.folder)]


def test_the_overview_tells_needs_and_urgency_with_the_scheme(example):
    app = opened("overview.py", project=example.name)
    shown = words(app)
    assert "What posts tell" in shown and "How urgent posts are" in shown
    assert any("TREC" in expander.label for expander in app.expander)


def test_the_teach_tab_asks_for_one_post_after_the_other(example):
    app = opened("queue.py", project=example.name)
    app.session_state["queue_part"] = "Teach"
    app.run()
    assert not app.error and "0 posts marked" in words(app)
    first = app.session_state["teach_post"]
    pressed(app, "It tells no need")
    assert app.session_state["teach_post"] != first
    assert said_of(example)[0][:2] == (first, ())
    second = app.session_state["teach_post"]
    pressed(app, "Skip")
    assert app.session_state["teach_post"] not in (first, second)


def test_a_post_is_corrected_and_the_correction_taken_back(example):
    app = dialogue(example, [3], 0)
    assert not app.exception
    app.session_state["needs_keys_3"] = ["Report-Weather"]
    app.run()
    pressed(app, "Save")
    assert said_of(example) == [(3, ("Report-Weather",), None)]
    assert "Weather" in words(dialogue(example, [3], 1))
    pressed(dialogue(example, [3], 1), "Take the last one back")
    assert need_marks(example.folder)[0].undone


def test_who_saves_on_what_somebody_changed_meanwhile_is_told_and_chooses(example):
    scheme = scheme_of(example)
    mark_posts(example.folder, [3], scheme.key, Said(["Other-Advice"]))
    app = dialogue(example, [3], 0)
    app.session_state["needs_keys_3"] = ["Report-Weather"]
    app.run()
    pressed(app, "Save")
    assert "Somebody else marked" in words(app) and "Advice" in words(app)
    assert len(need_marks(example.folder)) == 1
    pressed(app, "Keep mine")
    assert [mark[1] for mark in said_of(example)] == [("Other-Advice",), ("Report-Weather",)]


def test_several_posts_are_marked_together_and_what_is_left_empty_stays(example):
    app = dialogue(example, [1, 2, 4], 0)
    assert app.button(key="needs_save").disabled
    app.session_state["needs_level_None"] = 3
    app.run()
    pressed(app, "Save")
    assert said_of(example) == [(1, None, 3), (2, None, 3), (4, None, 3)]


def test_another_scheme_is_chosen_and_one_s_own_is_brought(example):
    app = unfolded(opened("overview.py", project=example.name), "scheme")
    app.selectbox(key="scheme_of_trec_is").select("ocha").run()
    assert not app.exception and scheme_of(example).key == "ocha"
    unfolded(app, "scheme").file_uploader(key="scheme_file").upload(
        "mine.csv", scheme_template().encode(), "text/csv"
    ).run()
    pressed(app, "Use this scheme")
    assert scheme_of(example).key == "own-mine" and not app.exception
    assert len(scheme_choices(example.folder)) == 2


def test_a_scheme_with_mistakes_is_told_and_changes_nothing(example):
    app = unfolded(opened("overview.py", project=example.name), "scheme")
    app.file_uploader(key="scheme_file").upload("bad.csv", b"type,example\nWater,\n", "text/csv").run()
    app.button(key="scheme_use").click().run()
    assert "Line 2" in str(app.error[0].value) and not scheme_choices(example.folder)
