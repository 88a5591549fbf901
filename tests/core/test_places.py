"""Places in posts: found in any script, weighed by what stands around them and by the other posts."""

import numpy as np
import polars as pl
import pytest

from ctse_core.crisis.gazetteer import COUNTRY, TOWN, load_gazetteer
from ctse_core.crisis.place_words import folded, name_words, words_of
from ctse_core.crisis.places import LIKELY, SURE, Surroundings, candidates_of


def surroundings(count, topics=None, lat=None, lon=None):
    nowhere = np.full(count, np.nan)
    return Surroundings(
        topics=np.zeros(count, np.int64) if topics is None else np.asarray(topics),
        days=np.full(count, -1, np.int64),
        lat=nowhere if lat is None else np.asarray(lat, float),
        lon=nowhere if lon is None else np.asarray(lon, float),
    )


def read(texts, **around):
    """Return for each text what was read as a place: its name and country, by what is said."""
    gazetteer = load_gazetteer()
    found = candidates_of(texts, surroundings(len(texts), **around), gazetteer)
    sure = found.unique(["position", "start"], keep="first", maintain_order=True).filter(
        (pl.col("likely") >= LIKELY) & (pl.col("likely") * pl.col("share") >= SURE)
    )
    told = sure.join(gazetteer.places.select("key", "name", "country"), on="key", maintain_order="left")
    rows = [{} for _ in texts]
    for post, said, name, country in told.select("position", "said", "name", "country").iter_rows():
        rows[post][said] = (name, country)
    return rows


IN_MANY_SCRIPTS = [
    ("نحتاج خياما في حلب بعد الزلزال", "حلب", "SY"),
    ("भूकंप के बाद काठमांडू में पानी नहीं है", "काठमांडू", "NP"),
    ("ঢাকায় বন্যা, আশ্রয় দরকার", "ঢাকায়", "BD"),
    ("В Харькове нет света", "Харькове", "UA"),
    ("成都有震感", "成都", "CN"),
    ("東京で停電", "東京", "JP"),
    ("서울에서 지진", "서울", "KR"),
    ("ရန်ကုန်မြို့မှာ ရေကြီးနေတယ်", "ရန်ကုန်မြို့", "MM"),
    ("ភ្នំពេញ ទឹកជំនន់", "ភ្នំពេញ", "KH"),
    ("ນ້ຳຖ້ວມ ວຽງຈັນ", "ວຽງຈັນ", "LA"),
    ("น้ำท่วมที่เชียงใหม่", "เชียงใหม่", "TH"),
    ("በአዲስ አበባ ውሃ የለም", "በአዲስ አበባ", "ET"),
    ("சென்னையில் வெள்ளம்", "சென்னையில்", "IN"),
    ("Σεισμός στην Αθήνα", "Αθήνα", "GR"),
    ("Gaziantep'te çadır lazım", "Gaziantep", "TR"),
    ("Nou bezwen dlo nan Leyogàn", "Leyogàn", "HT"),
    ("Lũ lụt ở Đà Nẵng", "Đà Nẵng", "VN"),
]


@pytest.mark.parametrize(("text", "said", "country"), IN_MANY_SCRIPTS)
def test_a_place_is_found_in_many_scripts_with_what_is_glued_to_it(text, said, country):
    (found,) = read([text])
    assert found[said][1] == country


def test_words_stand_where_they_are_said_to_whatever_the_accents():
    text = "Ça va à Léogâne, İzmir’de ve ＴＯＫＹＯ ßtraße 福島県 #PrayForHaiti @someone https://t.co/Delmas"
    assert len(folded(text)) == len(text)
    words = words_of(text)
    assert all(folded(text[start:end]) == word for word, start, end in words)
    told = [word for word, _, _ in words]
    assert "leogane" in told and "tokyo" in told and "haiti" in told
    assert "someone" not in told and "delmas" not in told


def test_names_in_the_list_are_written_as_they_are_looked_up():
    names = load_gazetteer().names["name"].sample(4000, seed=1)
    assert all(name_words(name) == name for name in names)


def test_every_town_lies_in_a_country_of_the_list():
    places = load_gazetteer().places
    countries = places.filter(pl.col("kind") == COUNTRY)
    towns = places.filter(pl.col("kind") == TOWN)
    assert set(towns["country"]) <= set(countries["country"])
    assert places["key"].n_unique() == places.height
    assert towns["lat"].is_between(-90, 90).all() and towns["lon"].is_between(-180, 180).all()


@pytest.mark.parametrize(
    "text",
    [
        "We are reading a nice book of hers, then more rain",
        "My mobile phone is out of power, call me",
        "Thank you Mary and Jackson Brown, they said it is in the south",
        "hurricane sandy is coming, Sandy is strong. Tropical storm Sandy! Typhoon Sandy",
        "HELP US PLEASE, WE CAN NOT GO ON, IT IS OK",
    ],
)
def test_words_people_and_storms_are_no_places(text):
    assert read([text, text, text]) == [{}, {}, {}]


@pytest.mark.parametrize(
    "text",
    [
        "Nou bezwen dlo nan Croix de Bouquet",
        "Nou nan Croix des Prs",
        "We are at Gare du Nord",
        "We are in Lille de la Reine",
    ],
)
def test_a_name_that_goes_on_in_a_longer_one_is_not_the_shorter_place(text):
    assert read([text]) == [{}]


def test_a_place_followed_by_the_one_it_lies_in_is_still_found():
    (found,) = read(["We need water in Léogâne de Haiti"])
    assert found["Léogâne"][1] == "HT" and found["Haiti"][1] == "HT"


@pytest.mark.parametrize(
    "text", ["r u ok in there?", "Where R U now", "Lost in Haiti, ID please", "My Haiti ID is lost"]
)
def test_spaced_letters_and_codes_that_are_words_are_no_places(text):
    (found,) = read([text])
    assert set(found) <= {"Haiti"}


def test_letters_with_points_and_a_code_behind_a_town_of_its_state_are_places():
    found = read(["Rescuers came from the U.K. today", "Flood in Boise, ID this evening"])
    assert [name for name, _ in found[0].values()] == ["United Kingdom"]
    assert found[1]["ID"][0] == "Idaho"


def test_one_letter_before_a_name_of_three_counts_only_in_arabic_and_with_other_posts_of_the_country():
    urdu, alone = read(["بریم میں سیلاب", "سيارة بريم"])
    assert urdu == alone == {}
    found = read(["نحتاج خياما في دمشق", "زلزال في سوريا", "لا ماء في حمص", "نحتاج خياما بحلب"])
    assert found[-1]["بحلب"][1] == "SY"


@pytest.mark.parametrize(
    "text", ["カイロが欲しい", "هزة ارضية قوية", "Lale Cad. No 5", "Mungu atusaidie", "Nou nan La Plaine"]
)
def test_everyday_words_that_are_places_far_away_need_more_than_themselves(text):
    assert read([text]) == [{}]


def test_a_word_that_is_a_town_counts_where_a_preposition_and_its_state_say_so():
    (found,) = read(["A tornado hit the town of Moore, OK this evening"])
    assert found["Moore"][1] == "US" and found["OK"][0] == "Oklahoma"


def test_other_posts_on_the_topic_decide_between_places_of_one_name():
    chile = ["Terremoto en Chile", "Concepción y Valparaíso sin luz", "No light in Temuco", "No water in Santiago"]
    island = ["Tormenta en República Dominicana", "Puerto Plata y La Romana inundadas", "Flood in Higüey"]
    found = read([*chile, *island, chile[-1]], topics=[0, 0, 0, 0, 1, 1, 1, 1])
    assert found[3]["Santiago"][1] == "CL"
    assert found[-1]["Santiago"][1] == "DO"


def test_what_the_post_itself_says_wins_over_other_posts():
    texts = ["Flood in Kabul, Afghanistan"] * 20 + ["Earthquake felt in Santiago, Chile"]
    assert read(texts)[-1]["Santiago"][1] == "CL"


def test_the_coordinates_of_a_post_decide_between_places_of_one_name():
    texts = ["Bridge down in Springfield"] * 2
    found = candidates_of(texts, surroundings(2, lat=[39.8, 42.1], lon=[-89.6, -72.6]), load_gazetteer())
    best = found.unique("position", keep="first", maintain_order=True)
    regions = best.join(load_gazetteer().places.select("key", "region"), on="key")["region"].to_list()
    assert regions == ["IL", "MA"]


def test_likelihoods_are_probabilities_and_shares_add_up_to_one_at_most():
    texts = [text for text, _, _ in IN_MANY_SCRIPTS] + ["Santa Cruz and San José and Springfield"]
    found = candidates_of(texts, surroundings(len(texts)), load_gazetteer())
    assert found["likely"].is_between(0, 1).all()
    assert found.group_by("position", "start").agg(pl.col("share").sum())["share"].max() <= 1 + 1e-9


@pytest.mark.parametrize("texts", [[], [""], ["🙏🙏"], ["https://t.co/x @someone"]])
def test_posts_without_words_have_no_places(texts):
    assert candidates_of(texts, surroundings(len(texts)), load_gazetteer()).height == 0


def test_a_list_of_places_that_is_missing_is_told(tmp_path, monkeypatch):
    from ctse_core.crisis import gazetteer
    from ctse_core.errors import SettingError

    monkeypatch.setattr(gazetteer, "FOLDER", tmp_path)
    with pytest.raises(SettingError, match="install the program again"):
        gazetteer.load_gazetteer.__wrapped__()
