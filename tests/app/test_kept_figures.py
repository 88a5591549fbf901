"""What a page draws of many posts is made once for each filter, and anew when somebody changed something."""

import polars as pl
import pytest

from ctse_core.example import EXAMPLE
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.project.tags import add_tag
from ctse_core.stored import load_analysis
from ctse_core.types import Col
from tests.app.test_pages import opened
from ui import overview_figures, resources
from ui.filter_bar import options_of


@pytest.fixture
def made(monkeypatch):
    """The numbers of posts of which the figure of languages was made, in order."""
    heights = []
    make = overview_figures.languages_figure

    def counting(table, chosen=None):
        heights.append(table.height)
        return make(table, chosen)

    monkeypatch.setattr(overview_figures, "languages_figure", counting)
    return heights


def test_a_figure_is_made_once_for_each_filter(example, made):
    app = opened("overview.py", project=example.name)
    app.run()
    assert made == [686]
    app.query_params["words"] = "water"
    app.run()
    app.run()
    assert len(made) == 2 and 0 < made[1] < 686


def test_a_figure_is_made_anew_when_somebody_changed_the_project(example, made):
    app = opened("overview.py", project=example.name)
    add_tag(example.folder, [1, 2], "to verify")
    app.run()
    assert made == [686, 686]


def test_what_the_filter_offers_is_what_the_posts_have():
    table = load_analysis(Project(EXAMPLE)).table
    known = options_of(table)
    assert set(known.languages) == set(table[Col.LANG])
    assert known.languages[0] == table[Col.LANG].value_counts(sort=True)[Col.LANG][0]
    assert known.undated == table[Col.TIME].null_count()
    assert (known.first, known.last) == (table[Col.TIME].min().date(), table[Col.TIME].max().date())
    assert known.needs == [] and known.owners == []  # not laid over the posts yet


def test_filtered_posts_keep_their_positions_in_the_whole(example):
    whole = load_analysis(example).table
    among = Filter(languages=("es",))
    posts = resources.filtered(example, among, whole)
    assert posts["position"].to_list() == (whole[Col.LANG] == "es").arg_true().to_list()
    assert resources.filtered(example, Filter(), whole)["position"].to_list() == list(range(whole.height))
    assert posts.select(pl.col(Col.LANG).unique()).item() == "es"
