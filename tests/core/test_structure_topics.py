"""Topics: our clusters get names in every script and in the reader's language, and nothing changes about them."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core.structure import TopicInput, TopicSettings, name_topics
from ctse_core.types import TopicCol
from tests.core.structure_fakes import unit

ROOT = Path(__file__).resolve().parents[2]

# Two topics a language: the river and the school. Words are split, stop words gone, as the text room does it.
RIVER = {
    "ar": ["فيضان النهر الجسر", "ماء فيضان الجسر", "النهر فيضان ماء", "فيضان الشارع ماء"],
    "zh": ["洪水 河水 大桥", "洪水 街道 大桥", "河水 洪水 上涨", "洪水 大桥 封闭"],
    "hi": ["बाढ़ पानी पुल", "पानी बाढ़ सड़क", "बाढ़ नदी पुल", "नदी पानी बाढ़"],
    "th": ["น้ำท่วม สะพาน แม่น้ำ", "น้ำท่วม ถนน แม่น้ำ", "สะพาน น้ำท่วม ปิด", "น้ำท่วม แม่น้ำ สูง"],
    "am": ["ጎርፍ ወንዝ ድልድይ", "ጎርፍ መንገድ ውሃ", "ወንዝ ጎርፍ ውሃ", "ድልድይ ጎርፍ ተዘጋ"],
}
SCHOOL = {
    "ar": ["مدرسة مغلقة اليوم", "مدرسة اطفال معلم", "معلم مدرسة درس", "اطفال مدرسة مغلقة"],
    "zh": ["学校 停课 学生", "学校 老师 学生", "停课 学校 通知", "学生 学校 回家"],
    "hi": ["स्कूल बच्चे शिक्षक", "स्कूल बंद बच्चे", "शिक्षक स्कूल पाठ", "बच्चे स्कूल छुट्टी"],
    "th": ["โรงเรียน ปิด นักเรียน", "โรงเรียน ครู นักเรียน", "ครู โรงเรียน หยุด", "นักเรียน โรงเรียน บ้าน"],
    "am": ["ትምህርት ቤት ተማሪ", "ተማሪ መምህር ትምህርት", "ትምህርት ዝግ ቤት", "መምህር ትምህርት ተማሪ"],
}


TRANSLATED = {"inundación": "flood", "río": "river", "puente": "bridge", "agua": "water", "carretera": "road"}
RIVER_OF_TWO = [("en", "flood river bridge"), ("en", "flood water road"), ("en", "flood river road")]
RIVER_OF_TWO += [("en", "river bridge closed"), ("es", "inundación río puente"), ("es", "inundación puente agua")]
RIVER_OF_TWO += [("es", "inundación río carretera")]
OTHERS = [("en", "school exam"), ("en", "school teacher"), ("en", "exam teacher"), ("es", "perro gato"), ("es", "gato")]


def meaning_of(word):
    return TRANSLATED.get(word, word)


def by_meaning(words):
    """Return vectors as an encoder would that knows a few translations."""
    rows = [np.random.default_rng(sum(map(ord, meaning_of(word)))).normal(size=256) for word in words]
    return unit(np.array(rows))


def posts(groups, labels=None, copies=None, **more):
    """Return a ``TopicInput``: ``groups`` are lists of (language, words), one list a cluster."""
    rows = [(language, words.split(), group) for group, some in enumerate(groups) for language, words in some]
    random = np.random.default_rng(0)
    which = np.array([group for *_, group in rows], dtype=np.int32)
    vectors = unit(np.eye(24)[which % 24] + random.normal(size=(len(rows), 24)) * 0.15)
    start = datetime(2026, 3, 14, 6, tzinfo=UTC)
    filled = {
        "texts": [" ".join(words) for _, words, _ in rows],
        "tokens": [words for _, words, _ in rows],
        "languages": [language for language, *_ in rows],
        "times": pl.Series([start + timedelta(hours=row) for row in range(len(rows))], dtype=pl.Datetime("us", "UTC")),
        "vectors": vectors,
        "labels": which if labels is None else np.asarray(labels, dtype=np.int32),
        "strength": np.full(len(rows), 0.8, np.float32),
        "copies": np.ones(len(rows), np.int64) if copies is None else np.asarray(copies),
        "positions": np.arange(len(rows)) * 10,
    }
    return TopicInput(**(filled | more))


def in_language(language, phrases):
    return [(language, words) for words in phrases]


@pytest.mark.parametrize("language", ["ar", "zh", "hi", "th", "am"])
def test_topics_have_names_in_every_script(language):
    made = name_topics(posts([in_language(language, RIVER[language]), in_language(language, SCHOOL[language])]))
    river, school = made[TopicCol.NAME].to_list()
    most_used = {"ar": "فيضان", "zh": "洪水", "hi": "बाढ़", "th": "น้ำท่วม", "am": "ጎርፍ"}[language]
    assert most_used in river.split(", ")
    assert not set(river.split(", ")) & set(school.split(", "))
    assert made[TopicCol.ID].to_list() == [0, 1]


def test_ids_equal_labels_whatever_bertopic_makes_of_the_order():
    # Cluster 0 leads by copies though it has fewest unique posts; clusters 1 and 2 tie. BERTopic would renumber.
    groups = [
        in_language("en", ["alpha anchor", "alpha apple"]),
        in_language("en", ["bravo berry", "bravo bread", "bravo bridge", "bravo berry bread"]),
        in_language("en", ["charlie cloud", "charlie coast", "charlie corn", "charlie cloud coast"]),
        in_language("en", ["delta door", "delta dust", "delta dune"]),
    ]
    made = name_topics(posts(groups, copies=[50, 40] + [1] * 11), TopicSettings(engine="bertopic"))
    assert made[TopicCol.ID].to_list() == [0, 1, 2, 3]
    assert [name.split(", ")[0] for name in made[TopicCol.NAME]] == ["alpha", "bravo", "charlie", "delta"]


def test_unsorted_posts_make_no_topic():
    given = posts(
        [in_language("en", ["flood river", "flood water", "flood bridge"]), in_language("en", ["cat sofa", "tea mug"])],
        labels=[0, 0, 0, -1, -1],
    )
    made = name_topics(given)
    assert made.height == 1
    assert "cat" not in made[TopicCol.TERMS][0].to_list()
    assert made[TopicCol.SHARE][0] == pytest.approx(0.6)


def test_no_posts_and_no_topics_give_an_empty_table_with_all_columns():
    nothing = name_topics(posts([[]]))
    assert nothing.height == 0
    unsorted = name_topics(posts([in_language("en", ["flood river"] * 3)], labels=[-1, -1, -1]))
    assert unsorted.height == 0
    assert unsorted.columns == nothing.columns == [
        "topic_id", "name", "terms", "size", "unique", "share", "languages", "language_posts", "first_time",
        "last_time", "typical", "mean_strength", "names", "originals",
    ]  # fmt: skip
    assert unsorted.schema[TopicCol.FIRST] == pl.Datetime("us", "UTC")


def test_forms_of_one_word_do_not_fill_a_name():
    words = ["flood road", "floods road", "flooding bridge", "flooded bridge", "flood road bridge", "#flood2026 road"]
    made = name_topics(posts([in_language("en", words), in_language("en", ["school exam", "school teacher"])]))
    name = made[TopicCol.NAME][0].split(", ")
    assert sum("flood" in word for word in name) == 1
    assert {"road", "bridge"} <= set(name)


def test_names_are_unique_and_never_empty():
    groups = [in_language("en", ["flood", "flood", "flood"]) for _ in range(3)] + [in_language("en", ["", "", ""])]
    given = posts(groups, texts=["flood"] * 9 + ["🆘🆘"] * 3)
    names = name_topics(given)[TopicCol.NAME].to_list()
    assert len(set(names)) == 4
    assert names[3] == "🆘🆘"
    assert all(name.strip() for name in names)


def test_a_topic_whose_posts_say_nothing_still_has_a_name():
    given = posts([in_language("en", ["", ""])], texts=["", " "])
    assert name_topics(given)[TopicCol.NAME].to_list() == ["Topic 0"]


def test_words_of_several_languages_that_mean_the_same_are_one_in_a_name():
    made = name_topics(posts([RIVER_OF_TWO, OTHERS], encode=by_meaning))
    row = made.row(0, named=True)
    names = {one["lang"]: one["name"].split(", ") for one in row[TopicCol.NAMES]}
    assert row[TopicCol.NAME].split(", ") == names["en"]
    assert len({meaning_of(word) for word in names["en"]}) == len(names["en"])
    assert {"river", "flood", "bridge"} <= set(names["en"])
    assert {"río", "inundación", "puente"} <= set(names["es"])
    said = {concept["concept"]: concept["words"] for concept in row[TopicCol.ORIGINALS]}
    assert [(one["lang"], one["word"], one["posts"]) for one in said["flood"]] == [
        ("en", "flood", 3),
        ("es", "inundación", 3),
    ]


def test_without_an_encoder_words_keep_the_meaning_that_topics_made_before_tell():
    before = name_topics(posts([RIVER_OF_TWO, OTHERS], encode=by_meaning))
    after = name_topics(posts([RIVER_OF_TWO, OTHERS], known=before))
    said = {concept["concept"]: concept["words"] for concept in after[TopicCol.ORIGINALS][0].to_list()}
    assert [one["word"] for one in said["flood"]] == ["flood", "inundación"]
    alone = name_topics(posts([RIVER_OF_TWO, OTHERS]))
    assert all(len(concept["words"]) == 1 for concept in alone[TopicCol.ORIGINALS][0].to_list())


def test_readers_of_a_language_without_posts_get_the_english_words():
    made = name_topics(posts([RIVER_OF_TWO, OTHERS], encode=by_meaning))
    names = {one["lang"]: one["name"] for one in made[TopicCol.NAMES][0].to_list()}
    assert set(names) == {"en", "es", "fr", "ar"}
    assert names["fr"] == names["ar"] == names["en"]


def test_typical_posts_speak_several_languages_and_do_not_repeat():
    same = ["flood river bridge closed north road tonight"] * 4
    others = ["flood water rises old town market square", "river bridge collapsed near mill school house"]
    spanish = ["inundación río puente norte carretera cerrada hoy", "agua calle mercado plaza centro sube noche"]
    made = name_topics(posts([in_language("en", same + others) + in_language("es", spanish)]))
    typical = [row // 10 for row in made[TopicCol.TYPICAL][0].to_list()]
    assert len(typical) == len(set(typical)) >= 4
    assert sum(row < 4 for row in typical) == 1
    assert any(row >= 6 for row in typical)


def test_typical_rows_are_positions_in_the_posts_table():
    made = name_topics(posts([in_language("en", ["flood river", "flood water", "flood bridge"])]))
    assert set(made[TopicCol.TYPICAL][0].to_list()) <= {0, 10, 20}


def test_sizes_languages_and_shares_count_copies():
    given = posts(
        [in_language("en", ["flood river", "flood water"]) + in_language("es", ["inundación río"])],
        copies=[1, 2, 7],
    )
    row = name_topics(given).row(0, named=True)
    assert (row[TopicCol.SIZE], row[TopicCol.UNIQUE], row[TopicCol.SHARE]) == (10, 3, 1.0)
    assert (row[TopicCol.LANGUAGES], row[TopicCol.LANGUAGE_POSTS]) == (["es", "en"], [7, 3])
    assert row[TopicCol.STRENGTH] == pytest.approx(0.8)


def test_the_time_span_runs_over_copies_where_they_are_given():
    late = datetime(2026, 5, 1, tzinfo=UTC)
    given = posts([in_language("en", ["flood river", "flood water"])])
    row = name_topics(given).row(0, named=True)
    assert (row[TopicCol.FIRST], row[TopicCol.LAST]) == (given.times[0], given.times[1])
    times = pl.concat([given.times, pl.Series([late, None], dtype=pl.Datetime("us", "UTC"))])
    with_copies = posts(
        [in_language("en", ["flood river", "flood water"])], unique_of=np.array([0, 1, 0, 1]), all_times=times
    )
    assert name_topics(with_copies)[TopicCol.LAST][0] == late


def test_a_topic_without_times_has_none():
    given = posts([in_language("en", ["flood river"] * 3)], times=pl.Series([None] * 3, dtype=pl.Datetime("us", "UTC")))
    assert name_topics(given)[TopicCol.FIRST].to_list() == [None]


def test_the_number_of_words_follows_the_settings():
    words = ["flood river bridge mill school road", "flood river bridge mill school road"] * 2
    made = name_topics(posts([in_language("en", words)]), TopicSettings(words=2, terms=3))
    assert len(made[TopicCol.NAME][0].split(", ")) == 2
    assert made[TopicCol.TERMS].list.len()[0] == 3


def test_two_runs_name_alike():
    groups = [in_language("hi", RIVER["hi"]), in_language("th", SCHOOL["th"])]
    assert name_topics(posts(groups)).equals(name_topics(posts(groups)))


def test_naming_loads_no_encoder_and_shows_hidden_libraries_again():
    code = (
        "import sys; from tests.core.test_structure_topics import posts, in_language; "
        "from ctse_core.structure import name_topics; "
        "name_topics(posts([in_language('en', ['flood river', 'flood water'])])); "
        "print(sorted({'sentence_transformers', 'umap', 'transformers', 'plotly'} & set(sys.modules))); "
        "import plotly; print(bool(plotly))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == ["[]", "True"]


def test_coarse_words_head_no_topic():
    from ctse_core.structure.names import readable

    assert not readable("Fucking")
    assert readable("flood")
