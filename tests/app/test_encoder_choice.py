"""The pages tell which encoder was used and whom it serves, switch it, and re-rank what the fast one found."""

import json

import pytest

from ctse_core.encoders import Service, described_service
from tests.app.test_pages import opened, unfolded, words
from tests.fakes import WordEncoder
from ui import encoder_choice, resources

WHY = "ctse-static, because 90,000 different posts are many for a machine without a GPU."


@pytest.fixture
def told(example):
    """The example as if the fast encoder had been chosen for it, with measurements of a few languages."""
    manifest = json.loads(example.manifest_path.read_text(encoding="utf-8"))
    table = {"es": Service(0.97, 0.96, 0.98, "ntrex"), "ar": Service(0.7, 0.67, 0.73, "ntrex")}
    manifest["encoder"] |= {"used": manifest["encoder"].get("used") or manifest["encoder"]["asked"]}
    manifest["encoder"] |= {"asked": "auto", "why": WHY, "runtime": "static"}
    manifest["service"] = described_service(manifest["counts"]["languages"], table)
    manifest["settings"]["encoder"] = "auto"
    manifest["fingerprint"] = "told"
    example.manifest_path.write_text(json.dumps(manifest), encoding="utf-8")
    return example


def unescaped(text):
    return text.replace("\\", "")


def test_the_overview_tells_the_encoder_why_and_how_many_posts_are_served_how(told):
    app = unfolded(opened("overview.py", project=told.name), "languages_and_encoder")
    assert WHY in unescaped(words(app))
    assert "207 posts well" in unescaped(words(app)) and "poorly" in words(app)
    table = next(each.value for each in app.dataframe if "Served" in each.value)
    spanish = table[table["Language"] == "Spanish"].iloc[0]
    assert (spanish["Posts"], spanish["Served"]) == (38, "well")
    assert spanish["Matching (95 % interval)"] == "0.97 (0.96–0.98)"


def test_under_a_filter_only_the_posts_that_pass_are_counted(told):
    app = opened("overview.py", project=told.name, lang="es,ar")
    assert "38 posts well, 37 poorly." in unescaped(words(app))


def test_where_nothing_was_measured_the_overview_says_so(told):
    manifest = json.loads(told.manifest_path.read_text(encoding="utf-8"))
    del manifest["service"]
    told.manifest_path.write_text(json.dumps(manifest | {"fingerprint": "older"}), encoding="utf-8")
    assert "is not known" in words(opened("overview.py", project=told.name))


def test_the_encoder_is_switched_with_every_other_setting_kept(told, monkeypatch):
    begun = []
    monkeypatch.setattr(encoder_choice, "begin", lambda project, arguments: begun.append((project.name, arguments)))
    app = unfolded(opened("overview.py", project=told.name), "languages_and_encoder")
    choice = app.selectbox(key=f"switch_{told.name}")
    assert choice.value == "auto"
    assert app.button(key=f"switch_{told.name}_go").disabled
    other = next(name for name in choice.options if "Automatic" not in name)
    choice.set_value(other).run()
    app.button(key=f"switch_{told.name}_go").click().run()
    kept = json.loads(told.manifest_path.read_text(encoding="utf-8"))["settings"]
    assert begun == [(told.name, kept | {"encoder": other, "send_to": ""})]


def test_a_new_file_gets_the_automatic_choice_unless_another_is_made(told):
    app = unfolded(opened("overview.py", project=told.name), "analyse_again")
    choice = next(each for each in app.selectbox if each.label == "Encoder")
    assert choice.value == "auto" and "Automatic" in choice.options[0]


def test_the_report_page_tells_the_choice_and_the_service(told):
    app = opened("report.py", project=told.name)
    assert WHY in unescaped(words(app)) and "207 posts well" in unescaped(words(app))


def test_a_search_is_re_ranked_until_somebody_switches_it_off(told, monkeypatch):
    close = WordEncoder(name="close")
    monkeypatch.setattr(resources, "encoder", lambda _: close)
    app = opened("search.py", project=told.name, q="flood")
    assert app.toggle(key="question_rerank").value
    assert "Re-ranked by close" in unescaped(words(app))
    app.toggle(key="question_rerank").set_value(False)
    next(button for button in app.button if button.label == "Search").click()
    app.run()
    assert not app.error, [error.value for error in app.error]
    assert app.query_params["rerank"] in (["off"], "off")
    assert "Re-ranked by" not in unescaped(words(app))
    assert not app.toggle(key="question_rerank").value


def test_no_switch_is_offered_where_the_closer_encoder_made_the_vectors(example):
    app = opened("search.py", project=example.name, q="flood")
    assert not app.toggle
