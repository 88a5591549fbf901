"""The file to pass on: complete, closed to the network, small, the same posts as the analysis, in any language."""

import base64
import dataclasses
import gzip
import hashlib
import json
import re

import numpy as np
import polars as pl
import pytest

from ctse_core import words
from ctse_core.errors import ProjectError
from ctse_core.report import viewer, write_report
from ctse_core.report.viewer_facts import colourings_of, records_of
from ctse_core.types import Col
from tests.sample_analysis import sample_analysis
from tests.sample_crisis import NEEDS, sample_crisis

SCRIPT = re.compile(r'<script type="module">(.*?)</script>', re.S)


@pytest.fixture(scope="module")
def analysis():
    return sample_crisis(400)


@pytest.fixture(scope="module")
def page(analysis, tmp_path_factory):
    (path,) = write_report(analysis, tmp_path_factory.mktemp("viewer"), ("viewer",))
    return path.read_text(encoding="utf-8")


def block(page, name):
    found = re.search(rf'<script type="application/octet-stream" id="data-{name}">([^<]*)</script>', page)
    return gzip.decompress(base64.b64decode(found[1]))


def facts(page):
    return json.loads(block(page, "facts"))


def test_it_fetches_nothing_and_runs_only_its_own_script(page):
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", page.split('<script type="application')[0])
    (code,) = SCRIPT.findall(page)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", code)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;;" in page and "default-src &#39;none&#39;" in page
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(", code)


def test_hostile_texts_stay_inside_the_packed_facts(page):
    assert "owned" not in page and "free water" not in page
    texts = facts(page)["texts"]
    assert any("<script>document.title='owned'</script>" in text for text in texts)


def test_every_original_is_there_once_and_copies_are_counted(analysis, page):
    told = facts(page)
    originals = analysis.table.filter(pl.col(Col.DUPLICATE_OF).is_null())
    assert sorted(told["ids"]) == sorted(originals[Col.POST_ID])
    assert sum(told["posts"]) == told["all"] == analysis.table.height
    by_id = dict(zip(told["ids"], told["posts"], strict=True))
    assert by_id == dict(originals.select(Col.POST_ID, Col.COPIES).rows())


def test_posts_without_a_place_on_the_map_are_searched_too(analysis, tmp_path):
    table = analysis.table.with_columns(pl.when(pl.col(Col.ROW) > 10).then(Col.X).alias(Col.X))
    (path,) = write_report(dataclasses.replace(analysis, table=table), tmp_path, ("viewer",))
    told = facts(path.read_text(encoding="utf-8"))
    assert told["map"]["count"] < len(told["texts"]) == table[Col.DUPLICATE_OF].null_count()
    assert sum(told["posts"]) == table.height


def test_topics_needs_urgency_and_places_of_each_post_are_its_own(analysis, page):
    told = facts(page)
    post_of = {post[Col.POST_ID]: post for post in analysis.table.iter_rows(named=True)}
    names = dict(analysis.crisis.places.select("key", "name").rows())
    for record, name in enumerate(told["ids"]):
        post = post_of[name]
        row = told["topic"][record]
        assert (told["map"]["topics"][row]["name"] if row >= 0 else "Unsorted") == post[Col.TOPIC]
        assert [told["needNames"][one] for one in told["needs"][record]] == [NEEDS[key] for key in post[Col.NEEDS]]
        assert told["urgency"][record] == (-1 if post[Col.URGENCY] is None else post[Col.URGENCY])
        assert [told["placeNames"][one] for one in told["places"][record]] == [names[key] for key in post[Col.LOCATED]]
        assert told["codes"][told["lang"][record]] == post[Col.LANG]
        minutes = told["times"][record]
        assert (minutes is None) == (post[Col.TIME] is None)
        assert minutes is None or minutes == int(post[Col.TIME].timestamp()) // 60


def test_the_arrays_are_those_of_the_map(analysis, page):
    told, records = facts(page), records_of(analysis)
    places = np.frombuffer(block(page, "places"), dtype="<u2").reshape(-1, 2)
    assert (places == records.ground.points.places).all() and len(places) == told["map"]["count"]
    topics = np.frombuffer(block(page, "topics"), dtype=np.uint8)
    assert [-1 if one == 255 else one for one in topics.tolist()] == told["topic"][: len(places)]


def test_each_colouring_has_a_group_for_every_post_and_adds_up(analysis, page):
    told = facts(page)
    assert [one["key"] for one in told["colourings"]] == ["topic", "lang", "time", "urgency", "needs"]
    for one in told["colourings"]:
        looks = np.frombuffer(block(page, f"looks-{one['key']}"), dtype=np.uint8)
        assert set(looks.tolist()) <= {group["index"] for group in one["groups"]}
        assert len(looks) == len(told["texts"]) and len(one["ofTopic"]) == len(told["map"]["topics"])
        if one["key"] not in ("lang", "time"):  # a copy may be later than its original, and in another language
            assert sum(group["posts"] for group in one["groups"]) == analysis.table.height, one["key"]


def test_an_analysis_without_needs_has_a_viewer_without_them(tmp_path):
    (path,) = write_report(sample_analysis(60), tmp_path, ("viewer",))
    told = facts(path.read_text(encoding="utf-8"))
    assert not {"needs", "urgency", "places"} & set(told)
    plain = sample_analysis(60)
    assert [one.key for one in colourings_of(plain, records_of(plain))] == ["topic", "lang", "time"]


def test_what_people_write_among_themselves_stays_at_home(page):
    assert "asked back" not in json.dumps(facts(page)) and "Mira" not in json.dumps(facts(page))


def test_arabic_readers_get_it_from_right_to_left(analysis):
    words.speak("ar")
    try:
        page = viewer.rendered(analysis)
    finally:
        words.speak("en")
    assert '<html lang="ar" dir="rtl">' in page and facts(page)["locale"] == "ar"


def test_the_same_analysis_gives_the_same_file(analysis, page):
    assert viewer.rendered(analysis) == page


def test_missing_files_are_told(analysis, monkeypatch, tmp_path):
    monkeypatch.setattr(viewer, "FOLDER", tmp_path)
    with pytest.raises(ProjectError, match="install CTSE again"):
        viewer.rendered(analysis)
