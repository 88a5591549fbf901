"""Training again without a source, and with fewer pairs of a language."""

import polars as pl
import pytest

from ctse_core.errors import TrainError
from tests.fakes import write_tiny_folder
from tests.train.test_distil import NOUNS, VERBS, WORDS
from train.config import LossSettings, PairSettings, StudentSettings, TrainConfig
from train.evaluate.sources import Ablation, leave_one_source_out, low_resource, main


@pytest.fixture
def files(tmp_path):
    rows = [
        {
            "source": "verbs" if number % 2 else "nouns",
            "lang": lang,
            "english": f"the {noun} {verb}",
            "translation": f"{words[noun]} {words[verb]}",
        }
        for lang, words in WORDS.items()
        for number, (noun, verb) in enumerate((noun, verb) for noun in NOUNS for verb in VERBS)
    ]
    table = pl.DataFrame(rows)
    test = table.gather_every(5).with_columns(
        english=pl.lit("look, ") + pl.col("english"), translation=pl.lit("eh, ") + pl.col("translation")
    )
    table.write_parquet(tmp_path / "pairs.parquet")
    pl.concat([test, test.with_columns(pl.col("english") + "!", pl.col("translation") + " ya")]).write_parquet(
        tmp_path / "test.parquet"
    )
    return tmp_path


def ablation(files, **changes):
    config = TrainConfig(
        recipe="static",
        student=StudentSettings(str(write_tiny_folder(files / "tiny")), kind="static"),
        pairs=PairSettings(files=(str(files / "pairs.parquet"),)),
        loss=LossSettings(distance="", contrastive_weight=1.0),
        steps=6,
        batch=16,
        token_learning_rate=0.02,
        held_out=0,
    )
    return Ablation(config, (files / "test.parquet",), files / "out", **changes)


@pytest.fixture(autouse=True)
def home(files, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(files / "home"))


def test_each_source_has_an_effect_on_each_language_with_its_pairs(files):
    table = leave_one_source_out(ablation(files))
    assert set(table["source"]) == {"nouns", "verbs"}
    assert set(table["lang"]) == {"", "es", "fr"}
    assert table.filter(lang="es")["pairs"].to_list() == [30, 30]
    assert table.filter(lang="")["pairs"].to_list() == [60, 60]
    assert (table["low"] <= table["effect"]).all() and (table["effect"] <= table["high"]).all()
    assert pl.read_csv(files / "out" / "sources.csv").height == table.height


def test_a_finished_variant_is_not_trained_again(files, monkeypatch):
    first = leave_one_source_out(ablation(files))
    monkeypatch.setattr("train.evaluate.sources.distil", None)
    assert leave_one_source_out(ablation(files)).equals(first)


def test_the_curve_has_a_point_an_amount_and_trains_on_no_more(files):
    table = low_resource(ablation(files, low=("fr",), amounts=(0, 5)))
    assert table.select("lang", "amount").rows() == [("fr", 0), ("fr", 5)]
    trained = pl.read_csv(files / "out" / "variants" / "fr-5" / "training" / "pairs.csv")
    assert trained.filter(language="fr")["pairs"].sum() == 5
    none = pl.read_csv(files / "out" / "variants" / "fr-0" / "training" / "pairs.csv")
    assert none["language"].to_list() == ["es", "es"]


def test_one_source_alone_is_a_sentence(files):
    lonely = pl.read_parquet(files / "pairs.parquet").with_columns(source=pl.lit("ours"))
    lonely.write_parquet(files / "pairs.parquet")
    with pytest.raises(TrainError, match="of one source"):
        leave_one_source_out(ablation(files))


def test_the_command_line_prints_both_tables(files, capsys):
    words = ["--pairs", str(files / "pairs.parquet"), "--sets", str(files / "test.parquet"), "--low", "fr"]
    words += ["--amounts", "0,5", "--student", str(write_tiny_folder(files / "tiny")), "--steps", "2", "--batch", "8"]
    assert main([*words, "--out", str(files / "ablation"), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "nouns" in told and "amount" in told
    assert main([*words, "--sources", "elsewhere", "--out", str(files / "ablation"), "--quiet"]) == 1
    assert "elsewhere" in capsys.readouterr().err
