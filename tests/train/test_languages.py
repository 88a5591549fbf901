"""Why a language does not match: figures that can be checked by hand, causes, and the page."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import TrainError
from tests.fakes import WordEncoder, tiny_encoder
from train.evaluate.languages import (
    Heading,
    LanguageSettings,
    counts_of,
    diagnose,
    languages_page,
    likely_cause,
    with_causes,
)
from train.evaluate.languages import __main__ as languages_command
from train.evaluate.languages.__main__ import disarmed, main
from train.evaluate.languages.causes import usual_of
from train.evaluate.languages.neighbours import centred, nearest, skewness
from train.evaluate.languages.pieces import piece_counter, script_shares, word_counts
from train.evaluate.matching import matching, same_texts

ENGLISH = ["flood road", "fire", "water food", "help hospital", "bridge", "storm electricity"]
SPANISH = [
    "inundación carretera",
    "incendio",
    "agua comida",
    "ayuda hospital",
    "puente",
    "tormenta luz",
]
# Three sentences of an invented language that the encoder reads as others of the set.
MUDDLED = ["terremoto", "flood road", "water", "help hospital", "puente", "bridge"]


def pairs(**languages: list[str]) -> pl.DataFrame:
    rows = [
        {"set": "mine", "lang": lang, "text": lang, "english": english, "translation": own}
        for lang, texts in languages.items()
        for english, own in zip(ENGLISH, texts, strict=True)
    ]
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def found():
    return diagnose(WordEncoder(), pairs(es=SPANISH, xx=MUDDLED))


def row_of(figures: pl.DataFrame, lang: str) -> dict:
    return figures.row(by_predicate=pl.col("lang") == lang, named=True)


def test_a_language_that_matches_has_no_errors(found):
    figures, neighbours = found
    assert row_of(figures, "es")["matching"] == 1.0
    assert row_of(figures, "es")["errors"] == 0
    assert neighbours.filter(pl.col("lang") == "es").is_empty()


def test_errors_are_told_with_both_texts_and_their_cosines(found):
    figures, neighbours = found
    row = row_of(figures, "xx")
    assert row["errors"] == round((1 - row["matching"]) * 2 * row["pairs"])
    fire = neighbours.row(by_predicate=(pl.col("english") == "flood road"), named=True)
    assert (fire["translation"], fire["found_translation"], fire["found_english"]) == (
        "terremoto",
        "flood road",
        "fire",
    )
    assert fire["found_cosine"] == pytest.approx(1.0)
    assert fire["own_cosine"] == pytest.approx(0.0)


def test_weakest_languages_stand_first(found):
    assert found[0]["lang"].to_list() == ["xx", "es"]


def test_without_texts_no_sentence_is_kept():
    _, neighbours = diagnose(WordEncoder(), pairs(xx=MUDDLED), settings=LanguageSettings(texts=False))
    assert neighbours.height
    words = " ".join(str(value) for row in neighbours.rows() for value in row)
    assert "flood" not in words and "puente" not in words
    figures, _ = diagnose(WordEncoder(), pairs(xx=MUDDLED))
    page = languages_page(with_causes(figures), neighbours, Heading("words"))
    assert "puente" not in page and "finds pair" in page


def test_a_set_whose_pairs_are_shifted_is_told():
    shifted, _ = diagnose(WordEncoder(), pairs(es=SPANISH[1:] + SPANISH[:1]))
    assert shifted["matching"][0] == 0.0
    assert shifted["mutual_errors"][0] == 1.0
    figures, _ = diagnose(WordEncoder(), pairs(xx=MUDDLED))
    assert figures["mutual_errors"][0] < 0.5


def test_equal_sentences_are_not_errors():
    vectors = np.eye(3, dtype=np.float32)
    queries = vectors[[0, 0, 2]]
    assert nearest(queries, vectors).right.tolist() == [True, False, True]
    assert nearest(queries, vectors, [same_texts(["Same", "same ", "other"])]).right.tolist() == [True, True, True]


def test_figures_are_those_of_the_bench():
    numbers = ["one", "two", "three", "four", "five"]
    english = [f"{a} of {b}" for a in numbers for b in numbers]
    rows = {"item": range(25), "lang": ["xx"] * 25, "text": ["xx"] * 25, "english": english, "set": ["mine"] * 25}
    data = pl.DataFrame(rows).with_columns(pl.Series("translation", english[3:] + english[:3]))
    row = diagnose(WordEncoder(), data)[0].row(0, named=True)
    bench = matching(WordEncoder().encode, data).filter(pl.col("lang") == "xx")
    told = {(measure, variant): value for measure, variant, value in bench.select("measure", "variant", "value").rows()}
    assert row["matching"] == pytest.approx(told["matching", "cosine"])
    assert row["to_language"] == pytest.approx(told["matching_to", "cosine"])
    assert row["centred"] == pytest.approx(told["matching", "centred"])


def test_neighbours_in_blocks_are_those_of_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    one, other = (centred(rng.normal(size=(70, 6)).astype(np.float32)) for _ in range(2))
    whole = nearest(one, other)
    assert (whole.found == (one @ other.T).argmax(axis=1)).all()
    assert whole.first.sum() == 70 and whole.among.sum() == 700
    monkeypatch.setattr("train.evaluate.languages.neighbours.BLOCK", 16)
    blocked = nearest(one, other)
    assert (blocked.found == whole.found).all() and (blocked.among == whole.among).all()


def test_a_hub_shows_in_skewness_and_share():
    assert skewness(np.array([1, 1, 1, 1])) == 0.0
    assert skewness(np.array([0] * 99 + [100])) > 9
    assert skewness(np.array([0, 1, 2])) == pytest.approx(0.0)


def test_a_hub_is_counted():
    figures, _ = diagnose(WordEncoder(), pairs(xx=["water food"] * 6))
    assert figures["hub_share"][0] == 1.0


def test_centring_takes_a_languages_own_place_off():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 8)).astype(np.float32)
    place = np.zeros(8, dtype=np.float32)
    place[0] = 50
    assert np.allclose(centred(vectors + place), centred(vectors), atol=1e-4)


def test_words_are_counted_in_scripts_without_blanks():
    assert word_counts(["We have no water.", "น้ำท่วม", "", "¡!"]).tolist() == [4, 2, 0, 0]


def test_scripts_are_told_with_their_shares():
    assert script_shares(["вода", "ab"]) == [("Cyrillic", pytest.approx(4 / 6)), ("Latin", pytest.approx(2 / 6))]


def test_pieces_leave_out_prefix_and_marks(tmp_path):
    count = piece_counter(tiny_encoder(tmp_path / "tiny", prefix="query: ", max_tokens=16))
    found = count(["four", "many more letters than that", ""])
    assert found.tokens.tolist() == [4, 27, 0]  # a token a byte
    assert found.unknown.sum() == 0
    # 16 tokens hold two marks, seven of the prefix, and seven more.
    assert found.cut.tolist() == [False, True, False]


def test_an_encoder_without_tokenizer_has_no_token_figures(found):
    assert piece_counter(WordEncoder()) is None
    assert row_of(found[0], "es")["tokens_per_word"] is None


def test_pairs_seen_come_from_the_runs_counts():
    counts = pl.DataFrame(
        {"language": ["es", "es", "es", "fr"], "source": ["a", "a", "b", "a"], "kept": [5, 3, 0, 9], "read": [9] * 4}
    )
    figures, _ = diagnose(WordEncoder(), pairs(es=SPANISH, xx=MUDDLED), counts)
    assert (row_of(figures, "es")["pairs_seen"], row_of(figures, "es")["sources_seen"]) == (8, 1)
    assert row_of(figures, "xx")["pairs_seen"] == 0
    assert "saw no pair" in row_of(with_causes(figures), "xx")["cause"]


def usual(**changes) -> dict:
    row = {
        name: None for name in ("unknown_share", "cut_share", "cut_errors", "declared", "pairs_seen", "sources_seen")
    }
    row |= {"matching": 0.9, "centred": 0.9, "to_language": 0.9, "to_english": 0.9, "errors": 200, "pairs": 1000}
    row |= {"tokens_per_word": 1.4, "tokens_per_english_token": 1.2, "hub_share": 0.005, "hub_skewness": 1.5}
    row |= {"short_errors": 0.25, "gap": -0.03, "mutual_errors": 0.05, "told": "languages that match"}
    return row | changes


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "No figure stands out"),
        ({"mutual_errors": 0.5}, "look shifted"),
        ({"unknown_share": 0.4}, "40 % of its tokens are unknown"),
        ({"declared": False}, "not made for this language"),
        ({"pairs_seen": 0, "sources_seen": 0}, "saw no pair"),
        ({"pairs_seen": 300, "sources_seen": 1}, "300 pairs of it, from one source"),
        ({"matching": 0.4, "centred": 0.4}, "hardly knows the language"),
        ({"cut_share": 0.1, "cut_errors": 0.5}, "50 % of its errors are on the 10 %"),
        ({"cut_share": 0.5, "cut_errors": 0.5}, "No figure stands out"),
        ({"tokens_per_english_token": 2.4}, "2.4 times as many tokens"),
        ({"centred": 0.95}, "lies apart as a whole"),
        ({"hub_share": 0.2}, "20 % of all: a hub"),
        ({"hub_skewness": 6.0}, "skewness 6.0"),
        ({"to_language": 0.96, "to_english": 0.84}, "fails to English far more often"),
        ({"short_errors": 0.6}, "60 % of its errors are on the shorter quarter"),
        ({"gap": -0.004}, "near misses"),
    ],
)
def test_each_figure_has_its_sentence(changes, says):
    assert says in likely_cause(usual(**changes), usual())


def test_only_languages_below_the_bar_get_a_cause(found):
    causes = dict(with_causes(found[0]).select("lang", "cause").rows())
    assert causes["es"] == "" and causes["xx"]
    assert usual_of(found[0], "here")["told"] == "here"


def test_the_page_escapes_texts_and_keeps_their_direction(found):
    figures, neighbours = found
    wicked = neighbours.with_columns(
        pl.lit("<script>alert(1)</script>").alias("english"), pl.lit("مياه\u202e").alias("translation")
    )
    page = languages_page(with_causes(figures), wicked, Heading("<b>mine</b>", made="2026-01-01"))
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "<b>mine" not in page
    assert "\u202e" not in page
    assert 'dir="auto" lang="xx">مياه' in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page), "the page may load nothing"


def test_the_page_tells_the_cause_of_each_language_below_the_bar(found):
    figures, neighbours = found
    figures = with_causes(figures)
    page = languages_page(figures, neighbours, Heading("words", bar=0.95))
    assert figures.filter(pl.col("lang") == "xx")["cause"][0].split(":")[0] in page.replace("&#39;", "'")
    assert "Spanish" in page


def test_pairs_without_translations_are_a_sentence():
    with pytest.raises(TrainError, match="translation"):
        diagnose(WordEncoder(), pl.DataFrame({"set": ["a"], "lang": ["es"], "text": ["es"], "english": ["x"]}))
    with pytest.raises(TrainError, match="no pair"):
        diagnose(WordEncoder(), pairs(es=SPANISH).head(0))


def test_a_run_without_counts_is_a_sentence(tmp_path):
    with pytest.raises(TrainError, match="tells of no pairs"):
        counts_of(tmp_path)
    (tmp_path / "counts.csv").write_text("language,source,kind,read,kept\nno,a,sentence,3,2\n")
    assert counts_of(tmp_path)["language"].to_list() == ["no"]
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "pairs.csv").write_text("language,source,kind,pairs,share\nno,a,sentence,2,1.0\n")
    assert counts_of(tmp_path)["kept"].to_list() == [2]


def test_the_command_leaves_a_page_and_two_tables(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    tiny_encoder(tmp_path / "tiny")
    numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    rows = [("sw", f"{a} cups of {b}", f"vikombe {b} na {a}") for a in numbers for b in numbers[:3]]
    pl.DataFrame(rows, schema=["lang", "english", "translation"], orient="row").write_csv(tmp_path / "mine.csv")
    words = [str(tmp_path / "tiny"), "--sets", str(tmp_path / "mine.csv"), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert "languages.html" in capsys.readouterr().out
    figures = pl.read_csv(tmp_path / "out" / "languages.csv")
    assert figures["lang"].to_list() == ["sw"] and figures["pairs"][0] == 30
    assert figures["tokens_per_word"][0] > 3
    assert (tmp_path / "out" / "neighbours.csv").is_file()
    assert main([*words[:2], str(tmp_path / "absent.csv"), *words[3:]]) == 1
    assert "absent.csv" in capsys.readouterr().err


def test_the_command_takes_codes_with_spaces_names_and_hosts_as_the_bench_does(tmp_path, monkeypatch):
    sentences = [f"line{n} road{n}" for n in range(30)]
    table = pl.DataFrame({"english": sentences, "translation": [f"x {text}" for text in sentences]})
    both = pl.concat([table.with_columns(lang=pl.lit(code)) for code in ("es", "de", "fr")])
    both.write_csv(tmp_path / "mine.csv")
    asked = {}

    def load(where, **more):
        asked.update(more, where=where)
        return WordEncoder()

    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(languages_command, "judged_encoder", load)
    words = ["ours=https://a.org/v1#m", "--sets", str(tmp_path / "mine.csv"), "--out", str(tmp_path / "out"), "--quiet"]
    assert main([*words, "--languages", "es, DE", "--send-texts-to", "a.org"]) == 0
    assert asked["where"] == "https://a.org/v1#m" and asked["consent"].host == "a.org"
    assert set(pl.read_csv(tmp_path / "out" / "languages.csv")["lang"]) == {"es", "de"}
    assert "ours" in (tmp_path / "out" / "languages.html").read_text(encoding="utf-8")


def test_formulas_in_texts_are_disarmed():
    assert disarmed(pl.DataFrame({"english": ["=1+1", "fine"], "row": [1, 2]}))["english"].to_list() == [
        "'=1+1",
        "fine",
    ]
