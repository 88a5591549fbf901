"""The three experiments: what they find can be counted by hand, and what is missing is told in a sentence."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import TrainError
from tests.fakes import WordEncoder
from train.evaluate import bench as bench_module
from train.evaluate.estimates import scores_of
from train.experiments import (
    CrisisSettings,
    TranslatedSettings,
    crisis_experiment,
    translated_experiment,
    write_experiment,
)
from train.experiments import __main__ as command
from train.experiments import translated as translated_module
from train.experiments.crisis import began_from
from train.experiments.translated import own_pairs, translation_items

WORDS = {"flood": "inundación", "fire": "incendio", "food": "comida", "road": "carretera"}


class Guessing:
    """An encoder that gives every text a direction of its own."""

    name, dim = "guessing", 64
    fingerprint = space = hashlib.sha256(b"guessing").hexdigest()

    def encode(self, texts):
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=self.dim) for seed in seeds], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def encoders(monkeypatch):
    known = {"words": WordEncoder(), "guessing": Guessing()}

    def load(name, *_, **__):
        if name not in known:
            raise TrainError(f"There is no encoder {name}.")
        return known[name]

    for module in (bench_module, translated_module):
        monkeypatch.setattr(module, "judged_encoder", load)


@pytest.fixture
def posts(tmp_path):
    rows = []
    for event in ("one", "two"):
        for number in range(60):
            english, spanish = list(WORDS.items())[number % 4]
            word = f"w{event}{number}"
            rows += [("en", event, f"{english} {english} {word}", english), ("es", event, f"{spanish} {word}", english)]
    path = tmp_path / "posts.parquet"
    pl.DataFrame(rows, schema=["lang", "event", "text", "label"], orient="row").write_parquet(path)
    return path


def pairs_of(vectors):
    """Pairs of English e0, e1 … and translations t0, t1 … and an encoder that gives each its vector."""
    count = len(vectors) // 2
    data = pl.DataFrame({"item": range(count), "lang": "xx", "text": "xx", "english": [f"e{i}" for i in range(count)],
                         "translation": [f"t{i}" for i in range(count)]})  # fmt: skip
    table = {f"{'e' if i < count else 't'}{i % count}": row for i, row in enumerate(vectors)}
    return data, lambda texts: np.array([table[text] for text in texts], dtype=np.float32)


def of(scores, variant):
    return scores.filter(pl.col("variant") == variant, pl.col("lang") == "xx")["value"][0]


def test_translations_at_the_same_place_have_cosine_one_and_all_others_lie_apart():
    data, encode = pairs_of(np.vstack([np.eye(24), np.eye(24)]))
    scores = scores_of(translation_items(encode, data))
    assert (of(scores, "pairs"), of(scores, "others"), of(scores, "apart")) == pytest.approx((1, 0, 1), abs=1e-6)


def test_an_encoder_that_sees_no_difference_is_a_coin():
    data, encode = pairs_of(np.ones((48, 3)))
    scores = scores_of(translation_items(encode, data))
    assert (of(scores, "pairs"), of(scores, "others"), of(scores, "apart")) == pytest.approx((1, 1, 0.5), abs=1e-6)


def test_the_first_experiment_runs_on_sentences_of_our_own(encoders, tmp_path):
    found = translated_experiment(TranslatedSettings(("words", "guessing"), cache=tmp_path / "cache"))
    assert own_pairs().data["lang"].n_unique() == 16
    assert "800 pairs in 16 languages (own_sentences)" in found.paragraph
    assert "With words," in found.paragraph and "With guessing," in found.paragraph
    chance = found.scores.filter(
        pl.col("encoder") == "guessing", pl.col("variant") == "apart", pl.col("lang") == ""
    ).row(0, named=True)
    assert 0.45 < chance["value"] < 0.55, "directions drawn at random lie apart like coins"
    assert [figure.title for figure in found.figures] == ["Nearness of translations", "Translations found"]
    assert found.figures[0].table.height == 2 * 2 * 17
    assert set(found.differences["against"]) == {"words"}


def test_sorani_alone_has_no_mean_and_is_told_all_the_same(encoders, tmp_path):
    rows = pl.DataFrame(
        {"english": [f"line {n} a{n}" for n in range(30)], "translation": [f"rêz {n} a{n}" for n in range(30)]}
    )
    rows.with_columns(lang=pl.lit("ckb")).write_csv(tmp_path / "sorani.csv")
    found = translated_experiment(TranslatedSettings(("words",), (tmp_path / "sorani.csv",), cache=tmp_path / "cache"))
    assert "30 pairs in 1 languages (sorani)" in found.paragraph
    assert "translations 0." in found.figures[0].summary


def test_several_files_of_posts_have_dots_of_their_own(encoders, posts, tmp_path):
    more = tmp_path / "more.parquet"
    pl.read_parquet(posts).write_parquet(more)
    settings = CrisisSettings("words", (posts, more), "guessing", cache=tmp_path / "cache")
    found = crisis_experiment(3, settings, tmp_path / "out")
    rows = found.figures[-1].table["row"].to_list()
    assert len(rows) == len(set(rows)) and {"Spanish, posts", "Spanish, more"} <= set(rows)
    assert "By language on more, the mean of the four scores" in found.paragraph
    with pytest.raises(TrainError, match="Two sets would be called"):
        translated_experiment(TranslatedSettings(("words",), twice(tmp_path), cache=tmp_path / "cache"))


def twice(folder) -> tuple:
    """Return two files of one name."""
    paths = tuple(folder / place / "pairs.csv" for place in ("a", "b"))
    for path in paths:
        path.parent.mkdir()
        own_pairs().data.select("english", "translation", "lang").write_csv(path)
    return paths


def test_posts_of_a_single_event_are_told_by_the_mean_of_three_scores(encoders, posts, tmp_path):
    pl.read_parquet(posts).filter(event="one").write_parquet(tmp_path / "one.parquet")
    settings = CrisisSettings("words", (tmp_path / "one.parquet",), "guessing", cache=tmp_path / "cache")
    found = crisis_experiment(2, settings, tmp_path / "out")
    assert "by the mean of three scores (there are no other events to look in): yes" in found.paragraph


def test_the_second_experiment_holds_an_encoder_against_its_beginning_in_english(encoders, posts, tmp_path):
    settings = CrisisSettings("words", (posts,), "guessing", cache=tmp_path / "cache")
    found = crisis_experiment(2, settings, tmp_path / "out")
    assert set(found.scores["lang"]) == {"en", ""}
    assert "Does words tell crisis posts in English apart better than guessing, from which it began?" in found.paragraph
    assert "by the mean of the four scores: yes, it is better by" in found.paragraph
    knn = found.scores.filter(pl.col("measure") == "encoding_knn", pl.col("lang") == "en", pl.col("encoder") == "words")
    assert knn["value"][0] == 1.0
    assert found.figures[0].table["row"].n_unique() >= 5
    turned = CrisisSettings("guessing", (posts,), "words", cache=tmp_path / "cache")
    assert "no, it is worse by" in crisis_experiment(2, turned, tmp_path / "turned").paragraph


def test_the_third_experiment_looks_at_other_languages(encoders, posts, tmp_path):
    settings = CrisisSettings("words", (posts,), "guessing", cache=tmp_path / "cache")
    found = crisis_experiment(3, settings, tmp_path / "out")
    assert set(found.scores["lang"]) == {"es", ""}
    assert "By language, the mean of the four scores: Spanish better by" in found.paragraph
    assert found.figures[-1].title == "What training changed"
    assert found.figures[-1].table["value"].min() > 0


def test_what_an_encoder_began_from_is_read_from_its_folder(tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "config.json").write_text(json.dumps({"student": {"encoder": "xlm-roberta-base"}}))
    assert began_from(str(tmp_path)) == began_from(f"mine={tmp_path}") == "xlm-roberta-base"
    (tmp_path / "training" / "config.json").write_text("[]")
    assert began_from(str(tmp_path)) == began_from("all-MiniLM-L6-v2") == ""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (CrisisSettings("words", start="guessing"), "needs crisis posts: name them with --posts"),
        (CrisisSettings("words", ("POSTS",)), "name it with --start"),
        (CrisisSettings("words", ("POSTS",), "nobody"), "There is no encoder nobody"),
        (CrisisSettings("words", ("POSTS",), "guessing", languages=("ru",)), "Nothing was measured|no row|no set"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(encoders, posts, tmp_path, settings, told):
    files = tuple(posts for _ in settings.posts)
    asked = CrisisSettings(settings.encoder, files, settings.start, settings.languages, cache=tmp_path / "cache")
    with pytest.raises(TrainError, match=told):
        crisis_experiment(2, asked, tmp_path / "out")


def test_an_experiment_leaves_table_paragraph_page_and_pictures(encoders, tmp_path):
    found = translated_experiment(TranslatedSettings(("words",), cache=tmp_path / "cache"))
    paths = write_experiment(found, tmp_path / "out", "python -m train.experiments 1")
    assert [path.name for path in paths] == [
        "scores.csv", "experiment.md", "experiment.html", "figure-1.svg", "figure-2.svg"
    ]  # fmt: skip
    told = (tmp_path / "out" / "experiment.md").read_text(encoding="utf-8")
    assert found.paragraph in told and "![Translations found](figure-2.svg)" in told
    assert "Made by `python -m train.experiments 1`." in told
    assert pl.read_csv(tmp_path / "out" / "scores.csv").height == found.scores.height


def test_the_command_line_runs_and_tells(encoders, posts, tmp_path, capsys):
    common = ["--quiet", "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    assert command.main(["1", "--encoder", "words", *common]) == 0
    assert "Do a sentence and its translation lie at the same place?" in capsys.readouterr().out
    assert command.main(["2", "--encoder", "words", "--start", "guessing", "--posts", str(posts), *common]) == 0
    assert command.main(["2", "--encoder", "words", *common]) == 1
    assert "needs crisis posts" in capsys.readouterr().err
    assert str(tmp_path) not in (tmp_path / "out" / "experiment-2" / "experiment.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        command.main(["4"])
