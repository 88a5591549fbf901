"""What people add bears the name they gave in their own window; without one, that of the account."""

import pytest
from streamlit.testing.v1 import AppTest

from ctse_core.project import database
from ctse_core.project.tags import add_tag, all_tags


@pytest.fixture(autouse=True)
def nobody_asked(monkeypatch):
    monkeypatch.setattr(database, "_asked", [])


def window(folder):
    """A page that has the field and adds a tag."""

    def page(folder):
        from pathlib import Path

        import streamlit as st

        from ctse_core.project.tags import add_tag
        from ui import who

        who.listen()
        who.name_field()
        tag = st.text_input("tag")
        if tag:
            add_tag(Path(folder), [len(tag)], tag)

    return AppTest.from_function(page, args=(str(folder),))


def test_two_windows_of_one_server_add_under_two_names(tmp_path):
    ana, li = window(tmp_path).run(), window(tmp_path).run()
    ana.text_input[0].input("  Ana \n María").run()
    li.text_input[0].input("李").run()
    ana.text_input[1].input("urgent").run()
    li.text_input[1].input("later").run()
    told = all_tags(tmp_path)
    assert dict(told.select("tag", "author").rows()) == {"urgent": "Ana María", "later": "李"}


def test_without_a_name_the_account_stands_for_it(tmp_path):
    page = window(tmp_path).run()
    page.text_input[1].input("urgent").run()
    assert all_tags(tmp_path)["author"].to_list() == [database.account()]


def test_a_name_is_kept_while_the_window_is_open_and_taken_back_when_it_is_emptied(tmp_path):
    page = window(tmp_path).run()
    page.text_input[0].input("Ana").run()
    page.run()
    page.text_input[1].input("a").run()
    page.text_input[0].input("").run()
    page.text_input[1].input("bb").run()
    assert dict(all_tags(tmp_path).select("tag", "author").rows()) == {"a": "Ana", "bb": database.account()}


def test_outside_a_page_nobody_is_asked(tmp_path):
    from ui import who

    who.listen()
    add_tag(tmp_path, [0], "urgent")
    assert all_tags(tmp_path)["author"].to_list() == [database.account()]
