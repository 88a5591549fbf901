"""Figures: every post counted once, every name escaped, every figure with its table and sentence."""

import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ctse_core import figures
from ctse_core.figures import LANGUAGE_NAMES, language_name
from ctse_core.figures.base import PALETTE, fitted, isolated, label, percent, shorten, text_width, tick, wrapped
from ctse_core.figures.periods import cut_time
from ctse_core.types import Col, TopicCol
from tests.sample_analysis import sample_analysis

HOSTILE = "<b>x</b> & <script>alert(1)</script>\n\u202eback"


@pytest.fixture(scope="module")
def sample():
    return sample_analysis(600)


def every_figure(table, topics):
    return {
        "volume": figures.volume_figure(table),
        "languages": figures.languages_figure(table),
        "topics": figures.topics_figure(topics, unsorted=3),
        "copies": figures.duplicates_figure(table),
        "topics over time": figures.topics_over_time_figure(table, topics),
        "map by topic": figures.semantic_map(table, topics),
        "map by language": figures.semantic_map(table, topics, colour="lang"),
        "map by time": figures.semantic_map(table, topics, colour="time"),
    }


def posts_at(*times):
    return pl.DataFrame({Col.TIME: list(times)}, schema={Col.TIME: pl.Datetime("us", "UTC")})


def test_every_figure_has_a_table_and_a_sentence(sample):
    for name, figure in every_figure(sample.table, sample.topics).items():
        assert figure.table.height > 0, name
        assert figure.summary.endswith(".") and len(figure.summary) > 20, name
        assert len(figure.plot.data) > 0, name


@pytest.mark.parametrize("posts", [0, 1])
def test_no_posts_and_one_post_give_figures_that_say_so(sample, posts):
    table = sample.table.head(posts)
    for name, figure in every_figure(table, sample.topics.head(0)).items():
        assert figure.summary.endswith("."), name
        json.loads(figure.plot.to_json())


def test_every_figure_has_a_title_even_where_there_is_nothing_to_draw(sample):
    titles = [figure.title for figure in every_figure(sample.table, sample.topics).values()]
    said = ["Posts over time", "Languages", "Largest topics", "Most copied posts", "Topics over time"]
    assert titles == [*said, *["Map of meaning"] * 3]
    empty = every_figure(sample.table.head(0), sample.topics.head(0)).values()
    assert [figure.title for figure in empty] == titles


def test_the_tool_bar_has_room_of_its_own_above_legend_and_drawing(sample):
    for name, figure in every_figure(sample.table, sample.topics).items():
        layout = figure.plot.layout
        above = name in ("volume", "topics")
        assert bool(layout.showlegend) == above or name.startswith("map") or layout.showlegend is None, name
        assert layout.margin.t >= (32 + 25 if above else 30), name
        assert not name.startswith("map") or layout.legend.y < 0


def test_figures_are_transparent_and_their_colours_are_in_the_template(sample):
    for figure in every_figure(sample.table, sample.topics).values():
        assert figure.plot.layout.paper_bgcolor == figure.plot.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.plot.layout.font.color is None


def test_each_post_stands_in_exactly_one_period(sample):
    table = figures.volume_figure(sample.table).table
    assert table["posts"].sum() == sample.table.height
    assert (table["originals"] + table["copies"] == table["posts"]).all()
    assert table.filter(pl.col("period") == "undated")["posts"].item() == sample.table[Col.TIME].null_count()
    starts = table["start"].drop_nulls()
    assert starts.is_sorted() and len(starts) <= 60 and str(starts.dtype).endswith("'UTC')")


def test_each_post_of_each_topic_stands_in_exactly_one_period(sample):
    table = figures.topics_over_time_figure(sample.table, sample.topics, most=3).table
    lines = table.drop("period")
    assert lines.sum_horizontal().sum() == sample.table.height
    assert lines.columns[-2:] == ["Smaller topics", "Unsorted"]
    name, size = sample.topics.select(TopicCol.NAME, TopicCol.SIZE).row(0)
    assert lines[name].sum() == size


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (timedelta(minutes=40), "minute"),
        (timedelta(hours=30), "hour"),
        (timedelta(days=20), "12 hours"),
        (timedelta(days=50), "day"),
        (timedelta(days=900), "month"),
        (timedelta(days=365 * 40), "year"),
        (timedelta(days=365 * 5000), "century"),
    ],
)
def test_periods_are_familiar_and_not_too_many(span, step):
    begin = datetime(2031, 3, 4, 7, 13, tzinfo=UTC)
    times = [begin + span * part / 200 for part in range(201)]
    periods = cut_time(posts_at(*times))
    assert periods.step == step and len(periods.starts) <= 61
    assert periods.of.null_count() == 0 and periods.of.is_between(0, len(periods.starts) - 1).all()
    assert periods.starts[0] <= begin.replace(tzinfo=None) and periods.ends[:-1] == periods.starts[1:]


def test_a_stray_year_is_counted_beside_the_axis_instead_of_stretching_it():
    begin = datetime(2031, 3, 4, tzinfo=UTC)
    week = [begin + timedelta(minutes=30 * i) for i in range(336)]
    table = posts_at(datetime(1, 1, 1, tzinfo=UTC), *week, datetime(9999, 12, 31, 23, 59, tzinfo=UTC), None)
    figure = figures.volume_figure(table)
    beside = dict(figure.table.filter(pl.col("start").is_null()).select("period", "posts").rows())
    assert beside == {"earlier": 1, "later": 1, "undated": 1}
    assert figure.table["posts"].sum() == table.height
    assert "earlier than shown" in figure.summary and "3 hours" in figure.summary


def test_all_posts_at_one_moment_make_one_bar():
    figure = figures.volume_figure(posts_at(*[datetime(2031, 3, 4, 5, 6, tzinfo=UTC)] * 9))
    assert figure.table["posts"].to_list() == [9]


def test_languages_add_up_and_are_called_by_name(sample):
    figure = figures.languages_figure(sample.table)
    assert figure.table["posts"].sum() == sample.table.height
    assert figure.table["share"].sum() == pytest.approx(1)
    assert figure.table["code"][-1] == "und"
    ticks = [name.strip("\u2068\u2069") for name in figure.plot.layout.yaxis.ticktext]
    assert "Arabic · العربية" in ticks and ticks[-1] == "Undetermined"
    assert sum(figure.plot.data[0].x) == sample.table.height


def test_names_of_languages_are_known_and_unknown_codes_stay():
    assert language_name("ht") == "Haitian Creole"
    assert language_name("zh", own=True) == "Chinese · 中文" and language_name("en", own=True) == "English"
    assert language_name("pt_BR") == "Portuguese (BR)" and language_name("xx") == "xx"
    assert language_name(None) == language_name("und") == "Undetermined"
    assert len(LANGUAGE_NAMES) > 150 and all(english for english, _ in LANGUAGE_NAMES.values())


def test_topics_are_drawn_largest_first_with_copies_and_unsorted_apart(sample):
    figure = figures.topics_figure(sample.topics.reverse(), unsorted=50)
    assert figure.table["posts"][:-1].is_sorted(descending=True)
    assert figure.table["topic"][-1] == "Unsorted" and figure.table["posts"][-1] == 50
    drawn = np.array(figure.plot.data[0].x) + np.array(figure.plot.data[1].x)
    assert drawn.tolist() == figure.table["posts"].to_list()


def test_topics_of_a_filtered_table_are_counted_there_and_empty_ones_left_out(sample):
    kept = sample.table.filter(pl.col(Col.CLUSTER).is_in([2, 4, -1])).head(90)
    figure = figures.topics_figure(sample.topics, table=kept)
    assert set(figure.table["topic_id"]) == {2, 4, -1} and figure.table["topic_id"][-1] == -1
    for number, posts, unique in figure.table.select("topic_id", "posts", "unique").rows():
        of_topic = kept.filter(pl.col(Col.CLUSTER) == number)
        assert (posts, unique) == (of_topic.height, of_topic[Col.DUPLICATE_OF].null_count())
    assert figure.table["posts"].sum() == 90 and figure.table["share"].sum() == pytest.approx(1)
    assert figure.summary.startswith("2 topics; ")
    drawn = np.array(figure.plot.data[0].x) + np.array(figure.plot.data[1].x)
    assert drawn.tolist() == figure.table["posts"].to_list()


def test_a_filter_that_nothing_or_no_topic_passes_is_told_as_it_is(sample):
    nobody, loose = sample.table.head(0), sample.table.filter(pl.col(Col.CLUSTER) == -1)
    assert figures.topics_figure(sample.topics, table=nobody).summary == "There are no posts."
    assert figures.topics_over_time_figure(nobody, sample.topics).summary == "There are no posts."
    assert figures.topics_figure(sample.topics, table=loose).summary == "None of these posts is in a topic."
    assert figures.topics_over_time_figure(loose, sample.topics).summary.startswith("No post is in a topic")
    undated = sample.table.head(9).with_columns(pl.lit(None, sample.table.schema[Col.TIME]).alias(Col.TIME))
    assert "None of the 9 posts has a time" in figures.topics_over_time_figure(undated, sample.topics).summary


@pytest.mark.parametrize(("kept", "said"), [([3], "1 topic per "), ([3, 1], "2 topics per ")])
def test_only_topics_with_posts_are_followed_over_time(sample, kept, said):
    table = sample.table.filter(pl.col(Col.CLUSTER).is_in(kept))
    figure = figures.topics_over_time_figure(table, sample.topics, most=5)
    names = sample.topics.filter(pl.col(TopicCol.ID).is_in(kept))[TopicCol.NAME].to_list()
    assert set(figure.table.columns) == {"period", *names} and len(figure.plot.data[0].y) == len(kept)
    assert figure.summary.startswith(said)
    assert figure.table.drop("period").sum_horizontal().sum() == table.height


def test_a_topic_without_dated_posts_has_no_row_in_the_picture_but_stays_in_the_table(sample):
    time = pl.when(pl.col(Col.CLUSTER) != 0).then(pl.col(Col.TIME)).alias(Col.TIME)
    figure = figures.topics_over_time_figure(sample.table.with_columns(time), sample.topics)
    assert len(figure.plot.data[0].y) == len(figure.table.columns) - 2
    assert figure.table.drop("period").sum_horizontal().sum() == sample.table.height


def test_most_copied_posts_are_counted_within_what_is_shown(sample):
    figure = figures.duplicates_figure(sample.table)
    groups = sample.table.group_by(Col.REPRESENTATIVE).len()["len"]
    assert figure.table["posts"][0] == groups.max()
    half = sample.table.head(300)
    assert figures.duplicates_figure(half).table["posts"].sum() <= 300


def test_hostile_names_and_texts_are_shown_as_text(sample):
    table = sample.table.with_columns(pl.lit(HOSTILE).alias(Col.TEXT), pl.lit(HOSTILE).alias(Col.TOPIC))
    topics = sample.topics.with_columns(pl.lit(HOSTILE).alias(TopicCol.NAME))
    for name, figure in every_figure(table, topics).items():
        written = json.loads(figure.plot.to_json())
        for text in _strings(written):
            bare = re.sub(r"</?(b|br|extra)>", "", text.replace("<b>\u2068", "").replace("\u2069</b>", ""))
            assert "<" not in bare, f"{name}: {text}"
            assert "\u202e" not in text, name


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def test_labels_are_cut_between_letters_never_inside_one():
    for text in ("நீர் வேண்டும் உடனே", "पानी चाहिए", "👩‍👩‍👧 family"):
        for length in range(2, len(text)):
            cut = shorten(text, length)
            assert len(cut) <= length and not cut[:-1].endswith("\u200d")
            rest = text[len(cut) - 1 :].lstrip()
            assert not rest or not _is_mark(rest[0]) or len(cut) == 2
    assert shorten("a\tb\r\n c\u202e", 20) == "a b c"
    assert label("<&>", 10) == "&lt;&amp;&gt;" and isolated("ab").startswith("\u2068")


def test_names_beside_bars_are_cut_at_their_end_and_whole_in_hover_and_table(sample):
    long = "Water reached the second floor of the mill in Brenn and nobody has come to fetch us yet"
    table = sample.table.with_columns(pl.lit(long).alias(Col.TEXT))
    figure = figures.duplicates_figure(table)
    shown = figure.plot.layout.yaxis.ticktext[0].strip("\u2068\u2069")
    assert shown.endswith("…") and long.startswith(shown[:-1]) and 30 <= len(shown) <= 38
    assert re.sub("[\u2068\u2069]", "", figure.plot.data[0].customdata[0]).replace("<br>", " ") == long
    assert figure.table["text"][0] == long
    topics = sample.topics.with_columns(pl.lit(long).alias(TopicCol.NAME))
    for drawn in (figures.topics_figure(topics), figures.topics_over_time_figure(sample.table, topics)):
        assert len(drawn.plot.layout.yaxis.ticktext[0]) <= 40


def test_wide_scripts_are_cut_earlier_and_never_inside_a_letter():
    assert text_width("abc") == 3 and text_width("水がない") == 8 and text_width("e\u0301") == 1
    assert len(fitted("水" * 60, 38)) == 19 and fitted("ab", 2) == "ab"
    for text in ("நீர் வேண்டும் உடனே", "पानी चाहिए", "👩‍👩‍👧 family"):
        for width in range(3, 20):
            cut = fitted(text, width)
            rest = text[len(cut) - 1 :].lstrip()
            assert cut == text or not rest or not _is_mark(rest[0]) or len(cut) == 2
    assert tick("<b>&") == "\u2068&lt;b&gt;&amp;\u2069" and wrapped("") == ""
    assert wrapped("水" * 60).count("<br>") == 2


def _is_mark(letter):
    import unicodedata

    return unicodedata.category(letter)[0] == "M"


def test_shares_in_words_never_claim_nothing_or_everything_falsely():
    shares = [percent(part, 1000).replace("\u00a0", " ") for part in (0, 4, 500, 996, 1000)]
    assert shares == [
        "0 %",
        "under 1 %",
        "50 %",
        "over 99 %",
        "100 %",
    ]


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def _linear(colours):
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(linear):
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.clip(linear, 0, 1) @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("sight", SIGHT)
def test_the_palette_can_be_told_apart_by_everyone(sight):
    lab = _lab(_linear(PALETTE) @ SIGHT[sight].T)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2) + 1e3 * np.eye(len(lab))
    assert apart.min() >= 19.5


def test_the_palette_has_contrast_on_white_and_on_near_black():
    luminance = _linear(PALETTE) @ [0.2126, 0.7152, 0.0722]
    near_black = float((_linear(["#0e1117"]) @ [0.2126, 0.7152, 0.0722])[0])
    assert (1.05 / (luminance + 0.05)).min() >= 2.95
    assert ((luminance + 0.05) / (near_black + 0.05)).min() >= 2.95
