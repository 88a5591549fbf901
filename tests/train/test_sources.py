"""Training again without a source, and with fewer pairs of a language."""

from dataclasses import replace

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
    trained = pairs_of(files, "fr-5")
    assert trained.filter(language="fr")["pairs"].sum() == 5
    assert pairs_of(files, "fr-0")["language"].to_list() == ["es", "es"]


def pairs_of(files, variant):
    (folder,) = (files / "out" / "variants").glob(f"{variant}-*")
    return pl.read_csv(folder / "training" / "pairs.csv")


def test_other_settings_are_other_variants(files):
    first = ablation(files, sources=("nouns",), seeds=1)
    leave_one_source_out(first)
    leave_one_source_out(replace(first, config=replace(first.config, steps=7)))
    assert len(list((files / "out" / "variants").glob("all-0-*"))) == 2


def test_sentences_of_the_sets_are_not_trained_on(files):
    leaking = ablation(files)
    pl.read_parquet(files / "pairs.parquet").head(30).write_parquet(files / "test.parquet")
    with pytest.raises(TrainError, match="evaluation set"):
        leave_one_source_out(leaking)


def test_chance_widens_the_intervals(files):
    narrow = leave_one_source_out(ablation(files, seeds=1))
    wide = leave_one_source_out(ablation(files, seeds=3))
    width = (wide["high"] - wide["low"]) - (narrow["high"] - narrow["low"])
    assert width.min() >= -1e-9 and width.max() > 0


def test_a_source_that_names_a_path_stays_inside(files):
    table = pl.read_parquet(files / "pairs.parquet")
    table.with_columns(pl.col("source").str.replace("nouns", "a/../../../x")).write_parquet(files / "pairs.parquet")
    leave_one_source_out(ablation(files, seeds=1))
    assert {path.parent for path in files.rglob("pairs.csv") if "variants" in str(path)} == {
        path / "training" for path in (files / "out" / "variants").iterdir()
    }


def test_a_language_that_no_set_has_is_a_sentence(files):
    with pytest.raises(TrainError, match="None of the sets"):
        low_resource(ablation(files, low=("ht",)))


def test_one_source_alone_is_a_sentence(files):
    lonely = pl.read_parquet(files / "pairs.parquet").with_columns(source=pl.lit("ours"))
    lonely.write_parquet(files / "pairs.parquet")
    with pytest.raises(TrainError, match="of one source"):
        leave_one_source_out(ablation(files))


def test_the_command_line_prints_both_tables(files, capsys):
    words = ["--pairs", str(files / "pairs.parquet"), "--sets", str(files / "test.parquet"), "--low", "fr"]
    words += [
        "--seeds",
        "1",
        "--amounts",
        "0,5",
        "--student",
        str(write_tiny_folder(files / "tiny")),
        "--steps",
        "2",
        "--batch",
        "8",
    ]
    assert main([*words, "--out", str(files / "ablation"), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "nouns" in told and "amount" in told
    assert main([*words, "--sources", "elsewhere", "--out", str(files / "ablation"), "--quiet"]) == 1
    assert "elsewhere" in capsys.readouterr().err
    assert main([*words, "--amounts", "few", "--out", str(files / "ablation"), "--quiet"]) == 1
    assert "few" in capsys.readouterr().err
