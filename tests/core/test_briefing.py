"""What a briefing says: facts that add up, changes that are no chance, posts that are cited by their exact ids."""

import dataclasses
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ctse_core.briefing import brief_of
from ctse_core.briefing.changes import Change, changes_of, fallen, latest_of, risen
from ctse_core.briefing.cited import Cited, right_to_left, telling
from ctse_core.briefing.context import context_of
from ctse_core.briefing.in_short import _flares, tiles
from ctse_core.crisis_layer import Layer, with_surroundings
from ctse_core.encoders.service import Served
from ctse_core.report.brief import Grid, Heading, Pairs, Picture, Points, Posts, Tiles, Words
from ctse_core.types import Col, TopicCol
from ctse_core.when import BURSTS_SCHEMA, NEED, PLACE, TOPIC
from ctse_core.words import speak
from tests.sample_analysis import sample_analysis
from tests.sample_crisis import sample_crisis

END = datetime(2031, 5, 1, 12, tzinfo=UTC)
MOST_WORDS = 480  # what people read in two minutes, at 240 words a minute


@pytest.fixture(scope="module")
def analysis():
    return sample_crisis(400)


@pytest.fixture(scope="module")
def brief(analysis):
    return brief_of(analysis)


def blocks(brief, kind):
    return [block for block in brief.blocks if isinstance(block, kind)]


def said(brief):
    """Return every sentence of a briefing, posts left out."""
    told = [f"{point.lead} {point.text}" for block in blocks(brief, Points) for point in block.points]
    told += [block.text for block in blocks(brief, Words)] + [block.text for block in blocks(brief, Heading)]
    told += [f"{what} {value}" for block in blocks(brief, Pairs) for what, value in block.rows]
    return "\n".join(told)


def posts_at(hours, key="water", copies_of=None):
    """Return posts that were written so many hours before the end, each telling one need."""
    count = len(hours)
    return pl.DataFrame(
        {
            Col.POST_ID: [f"p{number}" for number in range(count)],
            Col.TIME: [END - timedelta(hours=hour) for hour in hours],
            Col.DUPLICATE_OF: [None] * count if copies_of is None else copies_of,
            Col.NEEDS: [[key]] * count,
            Col.CLUSTER: [0] * count,
        },
        schema_overrides={Col.TIME: pl.Datetime("us", "UTC"), Col.DUPLICATE_OF: pl.Utf8},
    )


def test_the_first_page_is_read_in_two_minutes(brief):
    first_page = brief.blocks[: next(at for at, one in enumerate(brief.blocks) if isinstance(one, Grid))]
    words = said(dataclasses.replace(brief, blocks=tuple(first_page))).split()
    assert 60 < len(words) < MOST_WORDS


def test_every_number_in_brackets_leads_to_a_post_that_is_shown_once(brief):
    cited = {number for block in blocks(brief, Points) for point in block.points for number in point.cites}
    shown = [post.number for post in brief.posts()]
    assert cited and cited <= set(shown)
    assert len(shown) == len(set(shown)) and sorted(shown) == list(range(1, len(shown) + 1))


def test_posts_stand_in_their_own_words_with_their_exact_ids(brief, analysis):
    texts = dict(analysis.table.select(Col.POST_ID, Col.TEXT).rows())
    for post in brief.posts():
        assert len(post.post_id) == 19
        assert post.text.rstrip("…")[:20] in " ".join(texts[post.post_id].split())


def test_the_numbers_at_the_top_add_up(brief, analysis):
    tiles = {tile.label: tile for tile in blocks(brief, Tiles)[0].tiles}
    assert tiles["Posts"].value == f"{analysis.table.height:,}"
    originals, copies = (int(part.split()[0]) for part in tiles["Posts"].remark.split(", "))
    assert originals + copies == analysis.table.height
    urgent = (analysis.table[Col.URGENCY].fill_null(-1) >= 2).sum()
    assert tiles["High or critical"].value == str(urgent)
    nowhere = int(tiles["Posts with a place"].remark.split()[0])
    assert int(tiles["Posts with a place"].value) + nowhere == analysis.table.height


def test_needs_and_places_add_up_and_empty_cells_are_no_number(brief, analysis):
    grid = blocks(brief, Grid)[0]
    rows = dict(grid.rows)
    assert rows["All posts"][0].text == f"{analysis.table.height:,}"
    assert "No need told" in rows and "No known place" in grid.heads
    assert all(
        cell.text == "–" and cell.look == "none" for cells in rows.values() for cell in cells if cell.text == "0"
    )
    assert any(cell.look == "stale" for cells in rows.values() for cell in cells)


def test_the_method_names_encoder_seed_versions_rows_and_caveats(brief):
    told = said(brief)
    for part in ("ctse-small", "seed 7", "python 3.11.9", "rows = ", "whether a post is true"):
        assert part in told
    assert "2 empty + 1 unreadable" in told


def test_pictures_come_with_a_sentence_each(brief):
    pictures = blocks(brief, Picture)
    assert len(pictures) == 3
    assert all(picture.svg.startswith("<svg") and picture.told.endswith(".") for picture in pictures)


def test_the_same_posts_give_the_same_briefing(analysis, brief):
    assert brief_of(analysis) == brief


def test_a_briefing_of_no_post_says_so():
    nothing = sample_crisis(60)
    empty = dataclasses.replace(nothing, table=nothing.table.clear(), topics=nothing.topics.clear())
    brief = brief_of(empty)
    assert "There are no posts" in said(brief) and not list(brief.posts())
    assert "3 rows = 0 posts + 2 empty + 1 unreadable" in said(brief)


def test_a_briefing_of_one_post_shows_it():
    some = sample_crisis(60)
    one = dataclasses.replace(some, table=some.table.head(1), topics=some.topics.clear())
    brief = brief_of(one)
    assert [post.post_id for post in brief.posts()] == [some.table[Col.POST_ID][0]]
    assert "too little time to say what changed" in said(brief)


def test_without_needs_places_and_times_the_briefing_says_what_is_missing():
    plain = sample_analysis(120)
    undated = plain.table.with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(Col.TIME))
    told = said(brief_of(dataclasses.replace(plain, table=undated, manifest={})))
    assert "What posts need was not worked out." in told
    assert "there is no map" in told and "there is no timeline" in told
    assert "nothing can be said about what changed" in told


def test_the_newest_day_is_compared_with_the_day_before():
    latest = latest_of(posts_at([*range(24), *[30] * 10, *[100] * 5]))
    assert latest.name == "24 hours" and (latest.posts, latest.before) == (24, 10)


def test_a_longer_stretch_is_taken_where_a_day_holds_too_little():
    latest = latest_of(posts_at([1, *[50] * 30, *[100] * 30, *[500] * 2]))
    assert latest.name == "3 days" and latest.posts == 31


def test_of_half_an_hour_nothing_changed_can_be_told():
    assert latest_of(posts_at([0, 0.2, 0.4])) is None
    assert latest_of(posts_at([])) is None


def test_a_stray_year_does_not_become_the_newest_day():
    latest = latest_of(posts_at([*range(300), -24 * 365 * 60]))
    assert latest.end.year == END.year


def test_copies_make_no_change():
    hours = [*[1] * 40, *[30] * 40]
    table = posts_at(hours, copies_of=[None] * 20 + ["p0"] * 20 + [None] * 40)
    latest = latest_of(pl.concat([table, posts_at([100] * 3)]))
    assert changes_of(table, Col.NEEDS, latest)[0] == Change("water", 20, 40)


def test_a_rise_by_chance_is_none_and_one_like_all_others_neither():
    latest = latest_of(posts_at([*[1] * 40, *[30] * 20, *[90] * 5]))
    assert risen([Change("water", 6, 4)], latest) == []
    assert risen([Change("water", 20, 10)], latest) == []
    assert risen([Change("water", 30, 5)], latest) == [Change("water", 30, 5)]
    assert fallen([Change("up", 30, 5), Change("down", 4, 25)]) == [Change("down", 4, 25)]


def test_a_post_written_right_to_left_is_known_by_its_letters_not_its_address():
    assert right_to_left("لا توجد مياه https://example.org/a-long-address @someone #Orvale")
    assert not right_to_left("No water in مياه") and not right_to_left("😢😢") and right_to_left("מים")


def test_urgent_posts_that_name_a_place_tell_more_and_shown_ones_come_last():
    posts = pl.DataFrame(
        {
            "position": [0, 1, 2, 3],
            Col.URGENCY: [1, 3, 3, 0],
            Col.LOCATED: [["g1"], [], ["g1"], ["g1"]],
        }
    )
    assert telling(posts, 3) == [2, 1, 0]
    assert telling(posts, 2, avoided=[2, 1]) == [0, 3]


def test_a_cited_post_keeps_its_number(analysis):
    cited = Cited(analysis.table, analysis.crisis)
    assert cited.cite([5, 3]) == (1, 2) and cited.cite([3, 9]) == (2, 3)
    assert [post.number for post in cited.show([9, 5])] == [3, 1]
    assert cited.rest() == [3]


def test_one_source_is_called_one_source_and_authors_are_counted(analysis):
    table = analysis.table.with_columns(
        pl.Series(Col.INDEPENDENT, [1, 4] + [2] * (analysis.table.height - 2), dtype=pl.Int32),
        pl.Series(Col.REPEATED, [True, False] + [False] * (analysis.table.height - 2)),
    )
    one, many = Cited(table, analysis.crisis).show([0, 1])
    assert "one source" in one.facts and "4 independent authors" in many.facts


def test_copies_are_told_as_posts_that_say_the_same_the_original_counted(analysis):
    row = int(analysis.table[Col.COPIES].arg_max())
    (post,) = Cited(analysis.table, analysis.crisis).show([row])
    assert f"{analysis.table[Col.COPIES][row]:,} posts say this" in post.facts


def burst(kind, key, days, length=1):
    """Return a burst that began so many days before the end."""
    start = END - timedelta(days=days)
    end = start + timedelta(days=length)
    return (kind, key, key, start, start, end, 20, 2.0, 10.0, 9.0, 5, False, end >= END, False)


def flares(analysis, *rows):
    """Return what is told to have flared up, where the posts of the analysis end at END."""
    times = [END - timedelta(hours=hour) for hour in range(analysis.table.height)]
    table = analysis.table.with_columns(pl.Series(Col.TIME, times, dtype=pl.Datetime("us", "UTC")))
    context = context_of(dataclasses.replace(analysis, table=table))
    context.__dict__["bursts"] = pl.DataFrame(rows, schema=BURSTS_SCHEMA, orient="row")
    return [point.lead for point in _flares(context)]


def test_what_flared_up_of_late_is_told_newest_first_and_nothing_older(analysis):
    late = burst(NEED, "water", 2), burst(TOPIC, "1", 1)
    old = burst(NEED, "search", 15), burst(PLACE, "g100", 12)
    assert flares(analysis, *old, *late) == ["“\u20681\u2069” flared up:", "“\u2068water\u2069” flared up:"]
    assert flares(analysis, *old) == []
    assert flares(analysis, burst(PLACE, "g100", 12, length=12)) == ["“\u2068g100\u2069” flared up:"]


def test_a_part_tells_its_own_posts_and_languages(analysis):
    counted = dict(analysis.table.group_by(Col.LANG).len().rows())
    languages = [dataclasses.asdict(Served(lang, posts, "well")) for lang, posts in counted.items()]
    service = {"sentence": "", "posts": {"well": analysis.table.height}, "languages": languages}
    table = analysis.table.filter(pl.col(Col.LANG) == "es").head(20)
    told = {"posts": 20, "of": analysis.table.height, "told": "in Spanish"}
    manifest = analysis.manifest | {"service": service, "filter": told}
    part = brief_of(dataclasses.replace(analysis, table=table, manifest=manifest))
    facts = dict(blocks(part, Pairs)[0].rows)
    assert facts["Only a part"] == f"20 of {analysis.table.height:,} posts, chosen by a filter: in Spanish"
    assert "Rows" not in facts and facts["Posts served"] == "well 20"
    assert [(name, cells[0].text) for name, cells in blocks(part, Grid)[-1].rows] == [("Spanish", "20")]


def test_one_post_without_a_place_is_one_post(analysis):
    some = analysis.table.filter(pl.col(Col.LOCATED).list.len() == 0).head(1)
    remarks = [tile.remark for tile in tiles(context_of(dataclasses.replace(analysis, table=some))).tiles]
    assert "1 post names no known place" in remarks


def placed_in(keys, places):
    """Return an analysis whose posts speak of one place each."""
    base = sample_analysis(len(keys) + 7)
    table = base.table.head(len(keys)).with_columns(pl.Series(Col.LOCATED, [[key] for key in keys]))
    table = table.with_columns(with_surroundings(table[Col.LOCATED], places))
    return context_of(dataclasses.replace(base, table=table)), Layer(places=places)


@pytest.mark.parametrize(
    ("countries", "towns", "level"),
    [(["XX"] * 40, ["1", "2"] * 20, "town"), (["AA", "BB", "CC", "DD"] * 10, [str(n) for n in range(40)], "country")],
)
def test_places_are_told_by_the_level_that_says_most(countries, towns, level, analysis):
    rows = {(f"g{c}{n}", n, "town", c, None, 1.0, 2.0, 1) for c, n in zip(countries, towns, strict=True)}
    rows |= {(f"c{c}", c, "country", c, None, 1.0, 2.0, 1) for c in countries}
    places = pl.DataFrame(sorted(rows), schema=analysis.crisis.places.schema, orient="row")
    context, layer = placed_in([f"g{c}{n}" for c, n in zip(countries, towns, strict=True)], places)
    assert dataclasses.replace(context, layer=layer).level == level


def test_places_that_no_gazetteer_knows_are_told_as_towns(analysis):
    rows = [("x1", "Birim", "town", None, None, 1.0, 2.0, 1), ("cEG", "Egypt", "country", "EG", None, 1.0, 2.0, 1)]
    places = pl.DataFrame(rows, schema=analysis.crisis.places.schema, orient="row")
    context, layer = placed_in(["x1"] * 30 + ["cEG"] * 9, places)
    assert dataclasses.replace(context, layer=layer).level == "town"


def test_new_topics_of_a_newer_file_are_told(analysis):
    topics = analysis.topics.with_columns((pl.col(TopicCol.ID) == 2).alias(TopicCol.NEW))
    assert "came up with the newest file" in said(brief_of(dataclasses.replace(analysis, topics=topics)))
    assert "came up with the newest file" not in said(brief_of(analysis))


def test_the_briefing_speaks_the_language_of_the_interface(analysis):
    speak("ar")
    try:
        brief = brief_of(analysis)
    finally:
        speak("en")
    assert brief.language == "ar" and brief.rtl
    assert "منشور" in brief.under


@pytest.mark.parametrize("posts", [8, 14, 30])
def test_where_all_posts_of_a_topic_were_shown_it_leads_to_them(posts):
    some = sample_crisis(60)
    urgent = some.table.with_columns(pl.lit(3, dtype=pl.Int8).alias(Col.URGENCY)).filter(pl.col(Col.CLUSTER) >= 0)
    typical = some.topics.with_columns(pl.lit([], dtype=pl.List(pl.Int64)).alias(TopicCol.TYPICAL))
    brief = brief_of(dataclasses.replace(some, table=urgent.head(posts), topics=typical))
    ids = [post.post_id for post in brief.posts()]
    assert len(ids) == len(set(ids))
    assert posts > 8 or "Its posts are shown above:" in said(brief)
    cited = {number for block in blocks(brief, Points) for point in block.points for number in point.cites}
    assert cited <= {post.number for post in brief.posts()}


def test_posts_are_shown_under_the_topics_and_none_twice(brief):
    ids = [post.post_id for block in blocks(brief, Posts) for post in block.posts]
    assert len(ids) == len(set(ids)) >= 10
