import polars as pl
import pytest

from ctse_core.errors import TrainError
from train.guard import Guard, write_cleaned
from train.guard.__main__ import main
from train.pairs_clean import text_keys
from train.pairs_reading import iter_pairs


def keys(*texts):
    return text_keys(pl.Series(texts)).to_numpy()


def test_sentences_are_known_whatever_their_case_width_and_punctuation(tmp_path):
    pl.DataFrame({"lang": ["de"], "sentence1": ["Straße gesperrt!"], "sentence2": ["5 km"]}).write_parquet(
        tmp_path / "sts.parquet"
    )
    guard = Guard.of_files([tmp_path / "sts.parquet"])
    found = guard.find(keys("STRASSE  gesperrt", "５ｋｍ", "Straße", "de"))
    assert (found >= 0).tolist() == [True, True, False, False]


def test_a_guarded_sentence_is_named_with_its_row_and_file(tmp_path):
    pl.DataFrame({"text": ["one", "two"]}).write_csv(tmp_path / "a.csv")
    pl.DataFrame({"english": ["three"], "translation": ["drei"]}).write_csv(tmp_path / "b.tsv", separator="\t")
    guard = Guard.of_files([tmp_path / "a.csv", tmp_path / "b.tsv"])
    told = [guard.told(int(sentence)) for sentence in guard.find(keys("two", "Drei"))]
    assert told == [f"row 2 of {tmp_path / 'a.csv'}", f"row 1 of {tmp_path / 'b.tsv'}"]


def test_codes_and_topics_beside_the_sentences_are_not_guarded(tmp_path):
    pl.DataFrame({"topic": ["geography"], "body": ["Floods cut the road to the north"]}).write_csv(tmp_path / "a.csv")
    found = Guard.of_files([tmp_path / "a.csv"]).find(keys("Geography", "floods cut the road to the north"))
    assert (found >= 0).tolist() == [False, True]


def test_burmese_typed_for_zawgyi_is_known_in_unicode(tmp_path):
    zawgyi, unicode = "ေရႀကီးေနသည္", "ရေကြီးနေသည်"
    pl.DataFrame({"text": [zawgyi]}).write_parquet(tmp_path / "dev.parquet")
    (tmp_path / "news.en-my.tsv").write_text(f"The water rises\t{zawgyi}\nIt is high\t{unicode}\n", encoding="utf-8")
    guard = Guard.of_files([tmp_path / "dev.parquet"])
    (pairs,) = iter_pairs(tmp_path / "news.en-my.tsv")
    assert (guard.guarded(pairs) >= 0).tolist() == [True, True]


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["One", "Two"])])
def test_sentences_kept_as_categories_are_guarded(tmp_path, kind):
    pl.DataFrame({"text": pl.Series(["One", "Two"], dtype=kind)}).write_parquet(tmp_path / "dev.parquet")
    assert (Guard.of_files([tmp_path / "dev.parquet"]).find(keys("one", "two")) >= 0).all()


def test_further_columns_of_long_texts_are_guarded_beside_those_with_known_names(tmp_path):
    pl.DataFrame(
        {"text": ["One"], "kreyol": ["Dlo a ap monte anpil jodi a"], "hanzi": ["洪水切断了道路"], "tag": ["water"]}
    ).write_csv(tmp_path / "dev.csv")
    found = Guard.of_files([tmp_path / "dev.csv"]).find(
        keys("one", "dlo a ap monte anpil jodi a", "洪水切断了道路", "water")
    )
    assert (found >= 0).tolist() == [True, True, True, False]


@pytest.mark.parametrize("name", ["en", "eng", "target", "target_text", "source_text", "English "])
def test_columns_may_be_called_as_those_of_pairs_are(tmp_path, name):
    pl.DataFrame({"score": ["5"], name: ["One"]}).write_csv(tmp_path / "dev.tsv", separator="\t")
    assert Guard.of_files([tmp_path / "dev.tsv"]).find(keys("one"))[0] >= 0


def test_the_first_line_of_a_file_without_header_is_guarded_too(tmp_path):
    (tmp_path / "dev.tsv").write_text("\ufeffOne\tEins\nTwo\tZwei\n", encoding="utf-8")
    guard = Guard.of_files([tmp_path / "dev.tsv"])
    found = guard.find(keys("one", "eins", "zwei"))
    assert (found >= 0).all()
    assert guard.told(int(found[2])) == f"row 2 of {tmp_path / 'dev.tsv'}"


def test_without_evaluation_files_nothing_is_guarded():
    assert Guard.of_files([]).find(keys("one")).tolist() == [-1]


def test_evaluation_files_that_guard_nothing_are_told(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"no")
    pl.DataFrame({"id": ["7"]}).write_csv(tmp_path / "ids.csv")
    for name, told in {
        "bad.parquet": "cannot be read",
        "none.csv": "no evaluation file",
        "ids.csv": "no column",
    }.items():
        with pytest.raises(TrainError, match=told):
            Guard.of_files([tmp_path / name])


def test_the_command_writes_a_file_that_the_guard_lets_pass(tmp_path, capsys):
    (tmp_path / "news.en-de.tsv").write_text("One\tEins\nTwo\tZwei\nbroken\nThree\tDrei\n", encoding="utf-8")
    (tmp_path / "dev.csv").write_text("text\nTWO\ndrei.\n", encoding="utf-8")
    out = tmp_path / "clean" / "news.parquet"
    arguments = [str(tmp_path / "news.en-de.tsv"), "--against", str(tmp_path / "dev.csv"), "--out", str(out)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("1 pairs are in")
    assert pl.read_parquet(out).rows() == [("news", "de", "One", "Eins", "sentence")]
    assert write_cleaned(out, [tmp_path / "dev.csv"], tmp_path / "again.parquet") == (1, 0)
    assert main([*arguments[:-1], str(tmp_path / "out.tsv")]) == 1
    assert "must end in .parquet" in capsys.readouterr().err
