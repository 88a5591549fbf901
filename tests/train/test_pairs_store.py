import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import Cancelled, TrainError
from train import pairs_draw, pairs_reading, pairs_store, pairs_write
from train.config import PairSettings
from train.pairs_store import PairStore, build_store


def write(path, rows):
    """Write (source, lang, english, translation) rows as Parquet and return the name."""
    pl.DataFrame(rows, schema=["source", "lang", "english", "translation"], orient="row").write_parquet(path)
    return str(path)


def many(count, source="news", lang="de", first=0):
    numbers = range(first, first + count)
    return [(source, lang, f"House {number} burns", f"{lang}: Haus {number} brennt") for number in numbers]


def left_in(folder):
    """The names in a folder, without the empty files of locks, which stay."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def pairs_of(store):
    return {
        (
            store.languages[store.lang_of[pair]],
            store.sources[store.source_of[pair]],
            store.english[int(store.english_of[pair])],
            store.translations[pair],
        )
        for pair in range(store.pairs)
    }


@pytest.fixture
def build(tmp_path):
    def build(rows, name="store", **settings):
        file = write(tmp_path / f"{name}.parquet", rows)
        return build_store(PairSettings(files=(file,), **settings), tmp_path / name)

    return build


def test_a_store_gives_back_every_pair_and_each_english_sentence_once(build):
    rows = [*many(50), *many(50, lang="fr"), *many(20, source="bible-x", lang="fr", first=40)]
    store = build(rows)
    assert pairs_of(store) == {(lang, source, english, text) for source, lang, english, text in rows[:100] + rows[110:]}
    assert len(store.english) == 60
    assert sorted(store.english.texts(range(60))) == sorted({row[2] for row in rows})
    assert store.translations.texts(range(store.pairs)) == [store.translations[pair] for pair in range(store.pairs)]
    assert (store.english_of.dtype, store.lang_of.dtype, store.kind_of.dtype) == (np.int32, np.int16, np.int8)


def test_pairs_of_a_group_lie_together(build):
    store = build([*many(5, lang="fr"), *many(4, source="udhr"), *many(3, first=9), *many(2, lang="fr", first=20)])
    assert store.groups.rows() == [
        ("de", "news", "sentence", 0, 3),
        ("de", "udhr", "paragraph", 3, 4),
        ("fr", "news", "sentence", 7, 7),
    ]
    assert [store.kinds[kind] for kind in store.kind_of] == ["sentence"] * 3 + ["paragraph"] * 4 + ["sentence"] * 7


def test_batches_and_blocks_smaller_than_the_pairs_change_nothing(build, monkeypatch):
    rows = [*many(300), *many(200, lang="fr", first=100), *many(100, source="udhr", first=50)]
    whole = build(rows, name="whole", cap=150)
    monkeypatch.setattr(pairs_reading, "BATCH", 37)
    monkeypatch.setattr(pairs_draw, "BLOCK", 6)
    monkeypatch.setattr(pairs_write, "BLOCK", 6)
    parts = build(rows, name="parts", cap=150)
    assert pairs_of(parts) == pairs_of(whole)
    assert [parts.english[int(row)] for row in parts.english_of] == [
        whole.english[int(row)] for row in whole.english_of
    ]
    assert parts.translations.texts(range(parts.pairs)) == whole.translations.texts(range(whole.pairs))


def test_equal_pairs_are_kept_once_and_counted(build):
    store = build([("a", "de", "Help!", "Hilfe!"), ("b", "de", "help", "HILFE"), ("b", "nl", "help", "hilfe")])
    assert pairs_of(store) == {("de", "a", "Help!", "Hilfe!"), ("nl", "b", "help", "hilfe")}
    assert store.counts.select("language", "source", "read", "kept", "repeated").rows() == [
        ("de", "a", 1, 1, 0),
        ("de", "b", 1, 0, 1),
        ("nl", "b", 1, 1, 0),
    ]


def test_a_cap_is_exact_random_and_follows_from_the_seed(build):
    rows = [*many(1000), *many(30, lang="fr")]
    capped = build(rows, name="a", cap=100)
    assert capped.counts.select("language", "kept").rows() == [("de", 100), ("fr", 30)]
    assert capped.counts["over_cap"].to_list() == [900, 0]
    drawn = [int(english.split()[1]) for lang, _, english, _ in pairs_of(capped) if lang == "de"]
    assert 350 < np.mean(drawn) < 650  # the first hundred would have 49.5
    assert pairs_of(build(rows[::-1], name="b", cap=100)) == pairs_of(capped)
    assert pairs_of(build(rows, name="c", cap=100, seed=1)) != pairs_of(capped)
    assert pairs_of(build(rows, name="d", cap=200)) > pairs_of(capped)


def test_caps_of_sources_kinds_and_languages_work_together(build):
    rows = [
        *many(100),
        *many(100, source="udhr", first=100),
        *many(50, source="bible-a", first=200),
        *many(50, source="bible-b", first=300),
        *many(50, source="bible-b", lang="fr"),
    ]
    store = build(rows, cap=90, caps=(("udhr", 20), ("verse", 30)), most=(("de", 120),))
    sizes = store.groups.group_by("lang", "kind").agg(pl.col("pairs").sum()).sort("lang", "kind")
    assert sizes.filter(lang="fr").rows() == [("fr", "verse", 30)]
    german = dict(sizes.filter(lang="de").select("kind", "pairs").rows())
    assert sum(german.values()) == 120
    assert german["paragraph"] <= 20 and german["verse"] <= 30
    of_german = store.counts.filter(language="de")
    assert of_german["over_cap"].sum() == 10 + 80
    assert of_german["over_cap_of_kind"].sum() == 70
    assert of_german["over_most_of_language"].sum() == 90 + 20 + 30 - 120


def test_a_limit_of_zero_keeps_nothing_of_it(build):
    store = build([*many(20), *many(20, lang="fr")], most=(("de", 0),))
    assert store.languages == ["fr"]


def test_languages_and_sources_are_left_out_and_a_missing_language_stands_in_the_table(build):
    rows = [*many(5), *many(5, lang="fr"), *many(5, source="udhr", first=9)]
    store = build(rows, languages=("de", "sw"), without=("udhr",))
    assert store.counts.select("language", "source", "read", "kept", "other_language", "left_out_source").rows() == [
        ("de", "news", 5, 5, 0, 0),
        ("de", "udhr", 5, 0, 0, 5),
        ("fr", "news", 5, 0, 5, 0),
        ("sw", "", 0, 0, 0, 0),
    ]
    assert PairStore.open(store.folder).counts.equals(store.counts)


def test_malformed_rows_are_counted_and_a_file_of_nothing_else_is_refused(tmp_path):
    good, bad = tmp_path / "news.en-de.tsv", tmp_path / "other.en-de.tsv"
    good.write_text("One\tEins\nbroken\n!\t?\nSame\tSame\n", encoding="utf-8")
    bad.write_text("broken\nbroken too\n", encoding="utf-8")
    counts = build_store(PairSettings(files=(str(good),)), tmp_path / "store").counts
    assert counts.select("read", "kept", "columns", "no_text", "same_text").row(0) == (4, 1, 1, 1, 1)
    with pytest.raises(TrainError, match=r"None of the 2 rows of .*other.en-de.tsv is a pair.*columns \(2\)"):
        build_store(PairSettings(files=(str(good), str(bad))), tmp_path / "both")
    bad.write_text("", encoding="utf-8")
    with pytest.raises(TrainError, match="is empty"):
        build_store(PairSettings(files=(str(bad),)), tmp_path / "both")
    assert left_in(tmp_path) == ["news.en-de.tsv", "other.en-de.tsv", "store"]


def test_what_cannot_be_trained_on_is_told(build):
    with pytest.raises(TrainError, match="No pair is left to train on; the files hold the languages de"):
        build(many(3), languages=("fr",))
    with pytest.raises(TrainError, match=r"No pair comes from newz.*the sources are news"):
        build(many(3), without=("newz",))
    with pytest.raises(TrainError, match="No pairs were named"):
        build_store(PairSettings(), Path("nowhere"))


def test_evaluation_sentences_are_refused_by_file_and_row(build, tmp_path):
    pl.DataFrame({"text": ["nobody", "house 7: BURNS!", "de Haus 9 brennt"]}).write_csv(tmp_path / "dev.csv")
    with pytest.raises(TrainError) as error:
        build(many(12), guard=(str(tmp_path / "dev.csv"),))
    told = str(error.value)
    assert told.startswith("2 pairs hold a sentence of an evaluation set")
    assert f"row 8 of {tmp_path / 'store.parquet'} is row 2 of {tmp_path / 'dev.csv'}" in told
    assert f"row 10 of {tmp_path / 'store.parquet'} is row 3 of {tmp_path / 'dev.csv'}" in told
    assert "python -m train.guard" in told
    assert not (tmp_path / "store").exists()


def test_equal_settings_and_files_open_the_store_and_others_replace_it(tmp_path):
    file = write(tmp_path / "a.parquet", many(30))
    settings = PairSettings(files=(file,))
    told = []
    first = build_store(settings, tmp_path / "store")
    again = build_store(
        PairSettings(files=(file,), temperature=1.0, weights=()), tmp_path / "store", lambda _, text: told.append(text)
    )
    assert again.digest == first.digest
    assert len(told) == 1
    assert build_store(PairSettings(files=(file,), cap=9), tmp_path / "store").pairs == 9
    write(tmp_path / "a.parquet", many(31))
    changed = build_store(settings, tmp_path / "store")
    assert changed.pairs == 31
    assert changed.digest != first.digest


def test_a_run_that_is_stopped_leaves_the_old_store_and_nothing_else(tmp_path):
    file = write(tmp_path / "a.parquet", many(30))
    build_store(PairSettings(files=(file,)), tmp_path / "store")

    def stop(share, _):
        if share >= 0.7:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        build_store(PairSettings(files=(file,), cap=3), tmp_path / "store", stop)
    assert PairStore.open(tmp_path / "store").pairs == 30
    assert left_in(tmp_path) == ["a.parquet", "store"]


def test_a_damaged_store_and_a_place_that_cannot_be_written_are_told(tmp_path, build):
    store = build(many(3))
    (store.folder / "pairs.json").write_text("{")
    with pytest.raises(TrainError, match="holds no pairs that can be opened"):
        PairStore.open(store.folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainError, match="failed"):
        build_store(PairSettings(files=(write(tmp_path / "b.parquet", many(3)),)), tmp_path / "file" / "store")


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    with pytest.raises(TrainError, match="holds something else"):
        build_store(PairSettings(files=(write(tmp_path / "a.parquet", many(3)),)), tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are those of Unix")
@pytest.mark.parametrize("most", [10_000, 100_000, 160_000])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, most):
    import resource

    file = write(tmp_path / "a.parquet", many(9_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(TrainError, match="Free some space"):
            build_store(PairSettings(files=(file,)), tmp_path / "store")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left_in(tmp_path) == ["a.parquet"]


def test_another_process_draws_the_same_pairs(tmp_path):
    file = write(tmp_path / "a.parquet", many(300))
    here = build_store(PairSettings(files=(file,), cap=20), tmp_path / "here")
    code = (
        "import sys; from pathlib import Path; from train.config import PairSettings; "
        "from train.pairs_store import build_store; "
        "build_store(PairSettings(files=(sys.argv[1],), cap=20), Path(sys.argv[2]))"
    )
    root = Path(pairs_store.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code, file, str(tmp_path / "there")], check=True, env=environment)
    for name in ("english.utf8", "translations.utf8", "english_of.array"):
        assert (tmp_path / "there" / name).read_bytes() == (here.folder / name).read_bytes()


@pytest.mark.shared
@pytest.mark.slow
def test_the_development_pairs_hold_no_evaluation_sentence(tmp_path):
    data = Path(os.environ["CTSE_SHARED_DATA"])
    guard = tuple(str(data / f"{name}.parquet") for name in ("dev_ntrex_half1", "dev_tico19", "dev_sib200"))
    settings = PairSettings(files=(str(data / "train_permissive.parquet"),), guard=guard, caps=(("term", 500),))
    store = build_store(settings, tmp_path / "store")
    assert len(store.languages) == 54
    assert store.counts.filter(kind="term").group_by("language").agg(pl.col("kept").sum())["kept"].max() == 500
