"""The HTML report: one file, offline, whole, in every script; nothing in it runs but our scripts."""

import base64
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import polars as pl
import pytest

from ctse_core.errors import ProjectError, SettingError
from ctse_core.report import CAVEATS, write_report
from ctse_core.report import html as html_file
from ctse_core.types import Col, TopicCol
from tests.sample_analysis import HOSTILE, TOPICS, sample_analysis

VOID = {"meta", "br", "link", "img", "input", "hr", "base"}


class Page(HTMLParser):
    """The report as a browser would take it: elements with their attributes and their text."""

    def __init__(self, text):
        super().__init__()
        self.elements = []  # (tag, attributes, [text])
        self.open = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for tag, _, text in self.open:
            if tag == self.open[-1][0] or self.open[-1][0] != "script":
                text.append(data)

    def of(self, tag, **wanted):
        return [
            (attrs, "".join(text))
            for name, attrs, text in self.elements
            if name == tag and all(attrs.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    @property
    def words(self):
        return self.of("main")[0][1]


def page_of(analysis, folder):
    path = write_report(analysis, folder, ("html",))[0]
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def analysis():
    return sample_analysis(500)


@pytest.fixture(scope="module")
def page(analysis, tmp_path_factory):
    return page_of(analysis, tmp_path_factory.mktemp("report"))


def hostile_analysis():
    analysis = sample_analysis(400)
    last = analysis.table.height
    typical = [last - len(HOSTILE) + i for i in (0, 2, 4, 5, 6)]
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'
    return dataclasses.replace(
        analysis,
        title=evil,
        topics=analysis.topics.with_columns(
            pl.lit(evil).alias(TopicCol.NAME),
            pl.lit(pl.Series([[evil]])).first().alias(TopicCol.TERMS),
            pl.lit(pl.Series([typical])).first().alias(TopicCol.TYPICAL),
        ),
        empty=analysis.empty.with_columns(pl.lit(evil).alias("reason"), pl.lit(evil).alias("raw")),
        table=analysis.table.with_columns(pl.lit(evil).alias(Col.POST_ID), pl.lit(evil).alias(Col.LANG)),
        manifest=analysis.manifest | {"notes": [evil], "encoder": {"name": evil, "note": evil}},
    )


def test_nothing_in_the_file_points_outside(page):
    for tag, attributes, _ in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        for name, value in attributes.items():
            if name in {"src", "href", "srcset", "action", "data", "poster"}:
                assert value.startswith("#"), f"{tag} {name}={value}"
            assert not name.startswith("on"), f"{tag} has {name}"
    style = page.of("style")[0][1]
    assert "url(" not in style and "@import" not in style


def test_the_policy_lets_only_our_scripts_run_and_nothing_be_fetched(page):
    policy = next(
        attrs["content"] for attrs, _ in page.of("meta") if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy
    assert "unsafe-eval" not in policy and "script-src 'unsafe-inline'" not in policy
    scripts = [text for attrs, text in page.of("script") if attrs.get("type") != "application/json"]
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert len(scripts) == 2 and all(f"'sha256-{digest}'" in policy for digest in digests)


def test_the_counts_add_up_and_nothing_is_dropped_silently(analysis, page):
    rows = analysis.table.height + analysis.empty.height + analysis.unreadable.height
    copies = analysis.table[Col.DUPLICATE_OF].is_not_null().sum()
    assert f"Rows in the file{rows:,}" in page.words
    assert f"{analysis.table.height - copies:,} originals and {copies:,} copies" in page.words
    assert "2 empty, 1 unreadable set aside" in page.words
    assert "a quote that never closes" in page.words
    assert "posts unsorted" in page.words and "posts undated" in page.words


def test_typical_posts_stand_in_their_own_script_with_language_direction_time_and_id(analysis, page):
    shown = {(attrs["lang"], text) for attrs, text in page.of("p", class_="text") if attrs["dir"] == "auto"}
    for positions in analysis.topics[TopicCol.TYPICAL].to_list():
        for row in positions[:6]:
            post = analysis.table.row(row, named=True)
            assert (post[Col.LANG], post[Col.TEXT]) in shown
            assert post[Col.POST_ID] in page.words
    scripts = {
        "ar": "م",
        "zh": "寻",
        "hi": "प",
        "th": "ส",
        "am": "የ",
        "ka": "ა",
        "he": "ש",
        "ta": "ம",
        "el": "Χ",
    }
    for lang, letter in scripts.items():
        assert any(code == lang and letter in text for code, text in shown), lang


def test_every_topic_is_named_with_its_size_and_can_be_linked_to(analysis, page):
    for number, name, size in analysis.topics.select(TopicCol.ID, TopicCol.NAME, TopicCol.SIZE).rows():
        article = page.of("article", id=f"topic-{number}")[0][1]
        assert name in article and f"{size:,} posts" in " ".join(article.split())
    assert len(page.of("article")) == len(TOPICS) + 1  # and the unsorted posts


def test_every_figure_has_a_sentence_a_table_and_its_data(page):
    plots = page.of("div", class_="plot")
    assert len(plots) == 6
    captions = {text for _, text in page.of("figcaption")}
    for attributes, _ in plots:
        assert attributes["aria-label"] in captions and attributes["role"] == "img"
        (data,) = [text for attrs, text in page.of("script") if attrs.get("id") == attributes["data-figure"]]
        drawing = json.loads(data)
        assert drawing["data"] and all(trace["type"] != "scattergl" for trace in drawing["data"])
    assert len(page.of("table")) >= 6


def test_the_method_tells_encoder_versions_seeds_and_caveats(analysis, page):
    for told in ("trained by us for meaning", "onnx-int8", "seed", "0.1.0", "The delimiter was guessed"):
        assert told in page.words
    for caveat in CAVEATS:
        assert caveat in page.words


def test_the_method_tells_why_the_encoder_was_chosen_and_how_it_serves_each_language(analysis, tmp_path):
    served = [
        {"lang": "es", "posts": 40, "grade": "well", "matching": 0.97, "low": 0.96, "high": 0.98, "set": "ntrex"},
        {"lang": "yo", "posts": 2, "grade": "poorly", "matching": None, "low": None, "high": None, "set": ""},
        {"lang": "und", "posts": 9, "grade": "undetermined", "matching": None, "low": None, "high": None, "set": ""},
    ]
    chosen = analysis.manifest["encoder"] | {"asked": "auto", "why": "ctse-small, because few posts came."}
    told = {"encoder": chosen, "service": {"sentence": "40 well.", "posts": {"well": 40}, "languages": served}}
    words = page_of(dataclasses.replace(analysis, manifest=analysis.manifest | told), tmp_path).words
    assert "chosen automatically: ctse-small, because few posts came." in words
    assert "40 well." in words and "Languages served" in words
    assert "well; matching 0.97 (0.96–0.98), ntrex; 40 posts" in words
    assert "poorly; not measured; 2 posts" in words


def test_hostile_posts_names_and_notes_are_shown_as_text(tmp_path):
    analysis = hostile_analysis()
    page = page_of(analysis, tmp_path)
    assert len([1 for attrs, _ in page.of("script") if attrs.get("type") != "application/json"]) == 2
    assert not page.of("img") and len(page.of("style")) == 1
    assert "{{ 7*7 }}" in page.words and "49" not in page.of("h1")[0][1]
    texts = {text for _, text in page.of("p", class_="text")}
    assert HOSTILE[2][1] in texts and HOSTILE[6][1] in texts and HOSTILE[0][1] in texts
    assert any("control \ufffd character" in text for text in texts)
    assert page.of("title")[0][1].startswith(analysis.title)


def test_a_post_longer_than_a_page_is_cut_and_says_so(analysis, tmp_path):
    row = analysis.topics[TopicCol.TYPICAL][0][0]
    long = pl.when(pl.int_range(pl.len()) == row).then(pl.lit("word " * 200_000)).otherwise(pl.col(Col.TEXT))
    changed = dataclasses.replace(analysis, table=analysis.table.with_columns(long.alias(Col.TEXT)))
    path = write_report(changed, tmp_path, ("html",))[0]
    assert path.stat().st_size < 9_000_000
    assert any(text.endswith(" …") and len(text) < 800 for _, text in Page(path.read_text()).of("p", class_="text"))


def test_many_topics_are_folded_up_after_the_largest(analysis, tmp_path):
    one = analysis.topics.head(1)
    many = pl.concat(
        [one.with_columns(pl.lit(i, dtype=pl.Int32).alias(TopicCol.ID)) for i in range(60)], how="vertical"
    )
    page = page_of(dataclasses.replace(analysis, topics=many), tmp_path)
    assert len(page.of("article")) == html_file.OPEN_TOPICS + 1
    assert len([1 for attrs, _ in page.of("details") if attrs.get("class") == "topic"]) == 60 - html_file.OPEN_TOPICS


@pytest.mark.parametrize("posts", [0, 1, 3])
def test_a_report_of_hardly_any_posts_says_so(posts, tmp_path):
    analysis = sample_analysis(60)
    small = dataclasses.replace(
        analysis,
        table=analysis.table.head(posts).with_columns(
            pl.lit(-1, dtype=pl.Int32).alias(Col.CLUSTER),
            pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(Col.TIME),
        ),
        topics=analysis.topics.head(0),
        empty=analysis.empty.head(0),
        unreadable=analysis.unreadable.head(0),
        manifest={},
    )
    page = page_of(small, tmp_path)
    assert "too few or too different for topics" in page.words
    assert "undated" in page.words and "every row of the file is a post" in page.words


def test_an_analysis_without_a_title_is_called_after_its_file(analysis, tmp_path):
    page = page_of(dataclasses.replace(analysis, title=""), tmp_path)
    assert page.of("h1")[0][1] == "selva_flood_posts.csv"


def test_a_failed_report_leaves_the_old_one_and_no_scraps(analysis, tmp_path, monkeypatch):
    (tmp_path / "report.html").write_text("old")

    def break_down(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(html_file, "rendered", break_down)
    with pytest.raises(ProjectError, match="No space left"):
        write_report(analysis, tmp_path, ("html",))
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "old"


def test_an_unknown_format_and_an_impossible_folder_are_refused_with_a_sentence(analysis, tmp_path):
    with pytest.raises(SettingError, match="odt"):
        write_report(analysis, tmp_path, ("html", "odt"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be written"):
        write_report(analysis, tmp_path / "file" / "below", ("html",))


def test_missing_templates_are_told(analysis, tmp_path, monkeypatch):
    monkeypatch.setattr(html_file, "TEMPLATES", tmp_path / "nowhere")
    with pytest.raises(ProjectError, match="templates are missing"):
        write_report(analysis, tmp_path, ("html",))


def test_the_same_analysis_gives_the_same_file(analysis, tmp_path):
    first, second = (write_report(analysis, tmp_path / name, ("html",))[0].read_text() for name in "ab")
    assert first == second and not re.search(r"\bNone\b|\bNaN\b", Page(first).words)


@pytest.mark.browser
def test_a_browser_draws_every_figure_and_the_policy_refuses_nothing(analysis, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    path = write_report(analysis, tmp_path, ("html",))[0]
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    switches += ["--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"]
    done = subprocess.run(
        [chromium, *switches, "--virtual-time-budget=20000", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert len(re.findall(r'class="[^"]*js-plotly-plot', done.stdout)) == 6
    assert len(re.findall(r'class="main-svg"', done.stdout)) >= 6
    assert "Refused" not in done.stderr and "CONSOLE" not in done.stderr
