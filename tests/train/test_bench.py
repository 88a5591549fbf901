"""The bench from the command line: one table, pieces kept, failures told, nothing embedded twice."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import EncoderError, TrainError
from tests.fakes import WordEncoder
from train.evaluate import bench as bench_module
from train.evaluate.__main__ import main
from train.evaluate.bench import BenchSettings, labels_of, run_bench
from train.evaluate.page import markdown, plain_command
from train.evaluate.table import read_scores
from train.evaluate.vectors import KeptVectors, looked_up


class Broken(WordEncoder):
    """Gives NaN on a text with the word "bad"."""

    def encode(self, texts):
        vectors = super().encode(texts)
        vectors[[row for row, text in enumerate(texts) if "bad" in text]] = np.nan
        return vectors


class Wide(WordEncoder):
    """Promises one width and gives another."""

    def encode(self, texts):
        return super().encode(texts)[:, :-1]


@pytest.fixture
def encoders(monkeypatch):
    """Return the encoders that the bench finds by name."""
    found = {
        "good": WordEncoder(512, "good"),
        "small": WordEncoder(16 + 12, "small"),
        "broken": Broken(512, "broken"),
        "wide": Wide(512, "wide"),
    }

    def load(name, *rest, **more):
        if name not in found:
            raise EncoderError(f"There is no encoder {name!r}.")
        return found[name]

    monkeypatch.setattr(bench_module, "judged_encoder", load)
    return found


@pytest.fixture
def sets(tmp_path):
    """Return the paths of a set of pairs and one of STS."""
    lines = [f"line{number} road{number * 3}" for number in range(40)]
    pairs = pl.concat(
        pl.DataFrame({"lang": lang, "english": lines, "translation": [f"{lang} {line}" for line in lines]})
        for lang in ("es", "de")
    )
    pairs.write_parquet(tmp_path / "news.parquet")
    sts = {"sentence1": lines, "sentence2": lines[::-1], "score": [float(n % 6) for n in range(40)]}
    pl.DataFrame(sts).write_csv(tmp_path / "likeness.csv")
    return [tmp_path / "news.parquet", tmp_path / "likeness.csv"]


def settings(tmp_path, sets, names=("good", "small"), **more) -> BenchSettings:
    more = {"measures": ("matching", "sts"), **more}
    return BenchSettings(tuple(names), tuple(sets), tmp_path / "out", cache=tmp_path / "cache", **more)


def test_every_encoder_has_its_rows_for_every_set(tmp_path, sets, encoders):
    found = run_bench(settings(tmp_path, sets))
    assert set(found.scores.select("encoder", "set").iter_rows()) == {
        (name, each) for name in ("good", "small") for each in ("news", "likeness")
    }
    assert read_scores(tmp_path / "out" / "scores.csv").height == found.scores.height
    assert set(found.differences["against"]) == {"good"}
    row = found.differences.filter(measure="matching", variant="cosine", lang="", set="news").row(0, named=True)
    assert row["verdict"] == "worse"  # so narrow an encoder confuses words


def test_nothing_is_embedded_or_measured_twice(tmp_path, sets, encoders):
    run_bench(settings(tmp_path, sets))
    once = list(encoders["good"].encoded)
    assert len(once) == len(set(once))  # the English lines occur in every set and language
    before = run_bench(settings(tmp_path, sets)).scores
    assert encoders["good"].encoded == once
    for path in (tmp_path / "out" / "pieces").iterdir():
        path.unlink()
    assert run_bench(settings(tmp_path, sets)).scores.equals(before)  # from kept vectors: equal to the last digit
    assert encoders["good"].encoded == once


def test_a_stopped_run_keeps_what_was_finished(tmp_path, sets, encoders, monkeypatch):
    monkeypatch.setattr(encoders["small"], "encode", lambda texts: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run_bench(settings(tmp_path, sets))
    assert set(read_scores(tmp_path / "out" / "scores.csv")["encoder"]) == {"good"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("broken", "NaN"), ("wide", "511 wide"), ("missing", "no encoder 'missing'")],
)
def test_an_encoder_that_fails_is_told_and_the_others_go_on(tmp_path, sets, encoders, name, sentence):
    bad = pl.read_parquet(sets[0]).with_columns(pl.col("translation") + pl.lit(" bad"))
    bad.write_parquet(sets[0])
    found = run_bench(settings(tmp_path, sets, (name, "good")))
    assert any(sentence in note for note in found.notes)
    assert ("good", "news") in set(found.scores.select("encoder", "set").iter_rows())


def test_a_set_that_cannot_be_used_is_told_and_the_others_go_on(tmp_path, sets, encoders):
    pl.DataFrame({"english": [], "translation": [], "lang": []}).write_parquet(tmp_path / "empty.parquet")
    found = run_bench(settings(tmp_path, [tmp_path / "empty.parquet", *sets]))
    assert any("empty.parquet has no row" in note for note in found.notes)
    assert set(found.scores["set"]) == {"news", "likeness"}


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"english": ["a"] * 30, "translation": ["b"] * 30}, "do not say their language"),
        ({"sentence1": ["a"] * 30, "sentence2": [["b"]] * 30, "score": [1.0] * 30}, "a column holds something else"),
        ({"id": ["1"], "lang": ["en"], "kind": ["x"], "anchor": ["a"], "same": [None], "changed": ["c"]}, "Line 2 of"),
        ({"text": ["a"] * 60, "event": ["b"] * 60}, "is no evaluation set"),
    ],
)
def test_a_set_with_other_columns_is_told_and_the_others_go_on(tmp_path, sets, encoders, table, sentence):
    pl.DataFrame(table).write_parquet(tmp_path / "odd.parquet")
    found = run_bench(settings(tmp_path, [tmp_path / "odd.parquet", *sets], ("good",)))
    assert any("odd.parquet" in note and sentence in note for note in found.notes)
    assert {"news", "likeness"} <= set(found.scores["set"])


def test_a_measure_that_stumbles_over_a_table_leaves_the_others_alone(tmp_path, sets, encoders, monkeypatch):
    def stumble(encode, data):
        return data.select("nothing")

    monkeypatch.setitem(bench_module.MEASURES, "sts", (("sts",), stumble))
    found = run_bench(settings(tmp_path, sets, ("good",)))
    assert any("good failed at sts on likeness" in note for note in found.notes)
    assert set(found.scores["set"]) == {"news"}


def test_two_sets_of_one_name_are_refused(tmp_path, sets, encoders):
    (tmp_path / "more").mkdir()
    pl.read_parquet(sets[0]).write_csv(tmp_path / "more" / "news.csv")
    with pytest.raises(TrainError, match="Two sets would be called news"):
        run_bench(settings(tmp_path, [*sets, tmp_path / "more" / "news.csv"]))


def test_whom_the_others_are_held_against_is_checked_before_anything_is_measured(tmp_path, sets, encoders):
    with pytest.raises(TrainError, match="held against 'other'"):
        run_bench(settings(tmp_path, sets, against="other"))
    assert not encoders["good"].encoded and not (tmp_path / "out").exists()


def test_pages_tell_nothing_of_this_machines_folders(tmp_path, sets, encoders, monkeypatch):
    home = tmp_path / "with space" / "joe"
    home.mkdir(parents=True)
    encoders[str(home / "mine")] = encoders["good"]
    words = ["good", f"better={home / 'mine'}", f"lost={home / 'lost'}", "--sets", str(sets[0]), str(home / "no.csv")]
    assert main([*words, f"--out={tmp_path / 'o'}", f"--cache={tmp_path / 'c'}", "--quiet"]) == 0
    for name in ("scores.md", "scores.html"):
        page = (tmp_path / "o" / name).read_text(encoding="utf-8")
        assert str(tmp_path) not in page and "joe" not in page
        assert "better=mine" in page and "--out=o" in page and "lost was left out" in page and "no.csv cannot" in page


def test_a_command_is_shown_as_one_would_type_it():
    words = [
        "python",
        "mine=/data/joe/x y",
        "--out=~/z",
        "C:\\joe\\w",
        "https://a.org/v1#m",
        "a=https://b.org/v1",
        "es,ar",
    ]
    assert plain_command(words) == "python 'mine=x y' --out=z w 'https://a.org/v1#m' a=https://b.org/v1 es,ar"


def test_posts_without_other_events_have_a_headline_of_their_own_name(tmp_path, encoders):
    rows = [("flood", f"{('water', 'road')[n % 2]} thing{n}", ("a", "b")[n % 2]) for n in range(80)]
    pl.DataFrame(rows, schema=["event", "text", "label"], orient="row").write_csv(tmp_path / "posts.csv")
    found = run_bench(settings(tmp_path, [tmp_path / "posts.csv"], ("good",), measures=("encoding",)))
    assert set(found.scores.filter(measure="encoding")["variant"]) == {"within"}
    assert any("mean of the other three" in note for note in found.notes)
    assert "encoding by language" in markdown(found.scores, found.differences, "", [])


def test_when_nothing_can_be_measured_that_is_a_sentence(tmp_path, sets, encoders):
    with pytest.raises(TrainError, match="no set to measure on"):
        run_bench(settings(tmp_path, [], measures=("matching",)))
    with pytest.raises(TrainError, match="Nothing was measured"):
        run_bench(settings(tmp_path, sets, ("missing",)))
    with pytest.raises(TrainError, match="no measure 'beauty'"):
        run_bench(settings(tmp_path, sets, measures=("beauty",)))


def test_drift_needs_no_set(tmp_path, encoders):
    found = run_bench(settings(tmp_path, [], ("good",), measures=("drift",), languages=("es",)))
    assert set(found.scores["lang"]) == {"", "en", "es"}


def test_encoders_are_called_by_their_names_folders_or_as_one_wishes(tmp_path):
    folder = tmp_path / "encoder"
    folder.mkdir()
    assert labels_of(["all-MiniLM-L6-v2", str(folder), f"mine={folder}", "https://a.org/v1#m"]) == {
        "all-MiniLM-L6-v2": "all-MiniLM-L6-v2",
        "encoder": str(folder),
        "mine": str(folder),
        "https://a.org/v1#m": "https://a.org/v1#m",
    }
    with pytest.raises(TrainError, match="Two encoders would be called encoder"):
        labels_of([str(folder), f"encoder={folder}"])


def test_the_command_writes_table_pages_and_differences(tmp_path, sets, encoders, capsys):
    words = ["good", "small", "--sets", *map(str, sets), "--out", str(tmp_path / "out")]
    words += ["--cache", str(tmp_path / "cache"), "--measures", "matching,sts"]
    assert main(words) == 0
    printed = capsys.readouterr()
    assert "| good |" in printed.out
    assert "good on news" in printed.err
    page = (tmp_path / "out" / "scores.html").read_text(encoding="utf-8")
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert str(tmp_path) not in page  # the page may be passed on
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "scores.csv",
        "scores.md",
        "scores.html",
        "differences.csv",
        "pieces",
    }


def test_the_command_tells_a_problem_in_one_sentence(tmp_path, encoders, capsys):
    assert main(["good", "--out", str(tmp_path), "--measures", "matching"]) == 1
    assert "There is no set to measure on" in capsys.readouterr().err


def test_pages_show_names_as_they_are_and_never_as_html(tmp_path, sets, encoders):
    encoders["<b>x</b>"] = encoders["good"]
    assert (
        main(
            [
                "<b>x</b>",
                "--sets",
                str(sets[0]),
                "--out",
                str(tmp_path / "o"),
                "--cache",
                str(tmp_path / "c"),
                "--quiet",
            ]
        )
        == 0
    )
    assert "<b>x</b>" not in (tmp_path / "o" / "scores.html").read_text(encoding="utf-8")


def test_kept_vectors_survive_a_shard_that_was_cut_off(tmp_path):
    encoder = WordEncoder(32)
    looked_up(encoder, ["one", "two"], tmp_path)
    folder = next(tmp_path.iterdir())
    next(folder.glob("*.vectors.npy")).write_bytes(b"cut")
    assert len(KeptVectors(folder, 32)) == 0
    np.testing.assert_allclose(
        looked_up(encoder, ["one"], tmp_path)(["one"]), WordEncoder(32).encode(["one"]), atol=1e-6
    )


def test_kept_vectors_of_another_width_do_not_count(tmp_path):
    known = KeptVectors(tmp_path, 3)
    known.remember([b"a" * 16, b"b" * 16], np.eye(2, 3, dtype=np.float32))
    assert len(KeptVectors(tmp_path, 3)) == 2
    assert len(KeptVectors(tmp_path, 4)) == 0
    found, vectors = KeptVectors(tmp_path, 3).lookup([b"b" * 16, b"c" * 16])
    assert found.tolist() == [True, False]
    assert vectors.tolist() == [[0, 1, 0]]
