"""Places stand with what lies around them; a smaller table keeps its own mentions."""

import numpy as np
import polars as pl

from ctse_core.crisis_layer import MENTIONS_SCHEMA, PLACES_SCHEMA, Layer, with_surroundings
from ctse_core.remembered import MOST, remembered

PLACES = pl.DataFrame(
    [
        ("g1", "Port-au-Prince", "town", "HT", "11", 18.5, -72.3, 1_234_742),
        ("aHT.11", "Ouest", "region", "HT", "11", 18.5, -72.3, None),
        ("cHT", "Haiti", "country", "HT", None, 19.0, -72.5, None),
        ("x9", "The old bridge", "town", None, None, 18.0, -72.0, None),
    ],
    schema=PLACES_SCHEMA,
    orient="row",
)


def test_a_town_stands_with_its_region_and_country_each_once():
    located = pl.Series([["g1", "cHT"], [], ["aHT.11"], ["x9"], ["g404"]], dtype=pl.List(pl.Utf8))
    within = with_surroundings(located, PLACES)
    assert within.to_list() == [["g1", "aHT.11", "cHT"], [], ["aHT.11", "cHT"], ["x9"], ["g404"]]


def test_a_smaller_table_has_the_mentions_of_its_posts_at_their_new_places():
    rows = [(position, "g1", "PaP", 0, 3, 0.9, "") for position in (1, 4, 4, 7)]
    layer = Layer(places=PLACES, mentions=pl.DataFrame(rows, schema=MENTIONS_SCHEMA, orient="row"))
    assert layer.among(np.array([4, 7]))  # frozen, and of its own
    assert layer.among(np.array([4, 7])).mentions["position"].to_list() == [0, 0, 1]
    assert layer.place_names["g1"] == "Port-au-Prince"


def test_what_was_made_is_made_again_only_when_it_depends_on_something_else():
    made = []

    def make(value):
        return lambda: made.append(value) or value

    assert remembered("a test", 1, make("first")) == remembered("a test", 1, make("second")) == "first"
    for number in range(2, MOST + 2):
        remembered("a test", number, make(number))
    assert remembered("a test", 1, make("again")) == "again"
    assert "second" not in made
