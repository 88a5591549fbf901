"""Evaluation sets: known by their columns, tidied, limited the same way each time."""

from __future__ import annotations

import polars as pl
import pytest

from ctse_core.errors import TrainError
from train.evaluate.codes import OURS, SHARED_CODES, language_of
from train.evaluate.sets import FEWEST, read_set


def pairs(**columns: list) -> pl.DataFrame:
    """Return 30 sentences in two texts of one language and one other."""
    lines = [f"Line {number} of the story" for number in range(30)]
    table = pl.concat(
        pl.DataFrame(
            {"x_code": code, "lang": lang, "english": lines, "translation": [f"{code} {line}" for line in lines]}
        )
        for code, lang in (("zho-CN", "zh"), ("zho-TW", "zh"), ("fra", "fr"))
    )
    return table.with_columns(**{name: pl.Series(values) for name, values in columns.items()})


def saved(table: pl.DataFrame, folder, name="set.parquet"):
    table.write_parquet(folder / name)
    return folder / name


def test_codes_of_sets_become_two_letters():
    assert [language_of(code) for code in ("zho-TW", "zho_Hant", "srp-Cyrl", "fil", "es-LA", "pt-BR", "kmr")] == [
        "zh",
        "zh",
        "sr",
        "tl",
        "es",
        "pt",
        "ku",
    ]
    assert language_of("ckb-Arab") == "ckb"  # Sorani is not folded into Kurmanji
    assert language_of("afr") == "afr"


def test_there_are_49_shared_codes():
    assert len(SHARED_CODES) == len(set(SHARED_CODES)) == 49
    assert len(OURS) == 54


def test_pairs_share_their_sentences_between_languages(tmp_path):
    found = read_set(saved(pairs(), tmp_path))
    assert found.kind == "pairs"
    assert found.data["item"].n_unique() == 30
    assert set(found.data["lang"]) == {"zh", "fr"}
    assert set(found.data["text"]) == {"zho-CN", "zho-TW", "fra"}
    assert len(found.texts) == 30 + 90


def test_a_limit_takes_the_same_sentences_of_every_language(tmp_path):
    found = read_set(saved(pairs(), tmp_path), limit=25).data
    assert found.group_by("text").agg(pl.col("item").sort())["item"].n_unique() == 1
    assert found.height == 75
    again = read_set(saved(pairs(), tmp_path), limit=25)
    assert again.data.equals(found)
    alone = read_set(saved(pairs(), tmp_path), languages=["fr"], limit=25).data
    assert alone["item"].to_list() == found.filter(lang="fr")["item"].to_list()


def test_one_text_of_a_language_can_be_asked_for(tmp_path):
    assert set(read_set(saved(pairs(), tmp_path), languages=["zho-TW"]).data["text"]) == {"zho-TW"}
    assert set(read_set(saved(pairs(), tmp_path), languages=["zh"]).data["text"]) == {"zho-CN", "zho-TW"}


def test_languages_that_are_not_ours_stay_away_unless_asked_for(tmp_path):
    table = pairs().with_columns(
        pl.col("lang").replace({"fr": None}), pl.col("x_code").replace({"fra": "afr", "zho-TW": "ckb-Arab"})
    )
    table = table.with_columns(pl.when(pl.col("x_code") == "ckb-Arab").then(None).otherwise("lang").alias("lang"))
    path = saved(table, tmp_path)
    assert set(read_set(path).data["lang"]) == {"zh", "ckb"}  # Sorani counts by itself
    assert set(read_set(path, languages=["afr"]).data["lang"]) == {"afr"}


def test_a_small_language_is_left_out_with_a_sentence(tmp_path):
    few = pl.concat([pairs(), pairs().head(FEWEST - 1).with_columns(pl.lit("nob").alias("x_code"), lang=pl.lit("nb"))])
    found = read_set(saved(few, tmp_path))
    assert "nob" not in set(found.data["text"])
    assert found.notes == (f"nob has {FEWEST - 1} rows, fewer than {FEWEST}, and is left out.",)


def test_broken_texts_are_repaired(tmp_path):
    broken = pl.when(pl.col("lang") == "fr").then(pl.lit("l'Ã©cole ") + pl.col("translation")).otherwise("translation")
    path = saved(pairs().with_columns(broken.alias("translation")), tmp_path)
    texts = read_set(path).data.filter(lang="fr")["translation"]
    assert all(text.startswith("l'école") for text in texts)


def test_sts_without_languages_is_english(tmp_path):
    table = pl.DataFrame(
        {"sentence1": [f"one {n}" for n in range(25)], "sentence2": [f"two {n}" for n in range(25)], "score": range(25)}
    )
    table.write_csv(tmp_path / "sts.csv")
    found = read_set(tmp_path / "sts.csv")
    assert (found.kind, set(found.data["lang"]), found.data.height) == ("sts", {"en"}, 25)


def posts(**columns) -> pl.DataFrame:
    rows = [("flood", "needs" if n % 2 else "damage", f"post number {n}") for n in range(80)]
    return pl.DataFrame(rows, schema=["event", "label", "text"], orient="row").with_columns(**columns)


def test_posts_are_capped_and_copies_count_once(tmp_path):
    copies = pl.concat([posts(), posts().with_columns(pl.col("text").str.to_uppercase())])
    found = read_set(saved(copies, tmp_path))
    assert (found.kind, found.data.height) == ("posts", 80)
    assert read_set(saved(copies, tmp_path), limit=60).data.height == 60


def test_posts_without_a_class_are_left_out(tmp_path):
    table = posts(label=pl.when(pl.col("text").str.ends_with("9")).then(pl.lit("Not labeled")).otherwise("label"))
    assert "Not labeled" not in set(read_set(saved(table, tmp_path)).data["label"])


def test_keywords_by_the_hundred_give_way_to_whether_a_post_is_about_a_crisis(tmp_path):
    numbers = pl.int_range(pl.len())
    table = posts().with_columns(pl.format("keyword {}", numbers).alias("label"), (numbers % 2).alias("crisis_related"))
    assert set(read_set(saved(table, tmp_path)).data["label"]) == {"crisis_related 0", "crisis_related 1"}


def test_messages_have_a_column_a_category(tmp_path):
    names = ["water", "food", "shelter", "fire", "cold"]
    table = pl.DataFrame(
        {
            "id": range(60),
            "message": [f"message {n}" for n in range(60)],
            "original": [f"mesaj {n}" for n in range(60)],
            "original_lang_guess": ["ht"] * 60,
            **{name: [int(n % 5 == place) for n in range(60)] for place, name in enumerate(names)},
        }
    )
    found = read_set(saved(table, tmp_path))
    assert found.kind == "messages"
    assert found.data.columns == ["item", "lang", "text", *names]
    assert found.data.group_by("lang").len().sort("lang").rows() == [("en", 60), ("ht", 60)]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (pl.DataFrame({"a": ["b"]}), "its columns are a"),
        (pairs().head(0), "no row to measure on"),
        (pairs(translation=[None] * 90).cast({"translation": pl.Utf8}), "no row to measure on"),
    ],
)
def test_what_cannot_be_measured_on_is_told(tmp_path, table, sentence):
    with pytest.raises(TrainError, match=sentence):
        read_set(saved(table, tmp_path))


def test_a_file_that_is_missing_or_no_table_is_told(tmp_path):
    with pytest.raises(TrainError, match="cannot be read"):
        read_set(tmp_path / "none.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(TrainError, match="cannot be read"):
        read_set(tmp_path / "broken.parquet")
    with pytest.raises(TrainError, match="Parquet, CSV or TSV"):
        read_set(tmp_path / "notes.docx")


def test_a_set_with_other_texts_has_another_digest(tmp_path):
    one = read_set(saved(pairs(), tmp_path)).digest
    other = pairs().with_columns(pl.col("translation") + pl.lit("!"))
    assert read_set(saved(other, tmp_path)).digest != one
    assert read_set(saved(pairs(), tmp_path)).digest == one


def test_posts_that_sharing_made_count_once_and_another_number_makes_another_post(tmp_path):
    lines = [f"Bridge {n} is down near the mill" for n in range(60)]
    shared = [f"RT @someone: {line} http://t.co/ab{n}" for n, line in enumerate(lines)]
    hinted = [f"{line}! #flood via @news_{n} https://t.co/x{n}" for n, line in enumerate(lines)]
    hinted = [line.replace(" #flood", "") for line in hinted]
    table = pl.DataFrame({"text": lines + shared + hinted, "event": "flood", "label": ["a", "b"] * 90})
    assert read_set(saved(table, tmp_path)).data.height == 60


def test_posts_without_a_language_and_guesses_of_foreign_ones_stay_away_unless_asked_for(tmp_path):
    number = pl.int_range(pl.len())
    guessed = pl.concat([posts(lang_guess=pl.lit(code), text=pl.format("{} {}", pl.lit(str(code)), "text"))
                         for code in ("en", "tlh", None, "und")])  # fmt: skip
    found = read_set(saved(guessed, tmp_path))
    assert set(found.data["lang"]) == {"en"}
    assert found.notes == ("240 rows without a language that is measured are left out.",)
    assert set(read_set(saved(guessed, tmp_path), languages=["tlh"]).data["lang"]) == {"tlh"}
    assert set(read_set(saved(guessed, tmp_path), languages=["und"]).data["lang"]) == {"und"}
    told = posts(lang=pl.when(number < 60).then(pl.lit("swh")).otherwise(None))
    assert read_set(saved(told, tmp_path)).data.group_by("lang").len().rows() == [("swh", 60)]  # told, not guessed


def test_guessed_languages_of_messages_become_two_letters(tmp_path):
    numbers = range(60)
    names = ("water", "food", "shelter", "fire", "cold")
    flags = {name: [int(n % 5 == place) for n in numbers] for place, name in enumerate(names)}
    texts = {"message": [f"message {n}" for n in numbers], "original": [f"mesaj {n}" for n in numbers]}
    table = pl.DataFrame({**texts, "original_lang_guess": ["hat"] * 30 + ["tlh"] * 30, **flags})
    assert dict(read_set(saved(table, tmp_path)).data.group_by("lang").len().rows()) == {"en": 60, "ht": 30}


def test_columns_of_other_codes_do_not_make_one_text_of_all_languages(tmp_path):
    path = saved(pairs().drop("x_code").with_columns(pl.lit("eng").alias("source_lang")), tmp_path)
    assert set(read_set(path).data.select("lang", "text").iter_rows()) == {("zh", "zh"), ("fr", "fr")}
    both = saved(pairs().with_columns(pl.lit("eng").alias("a_lang")), tmp_path)
    assert set(read_set(both).data["text"]) == {"zho-CN", "zho-TW", "fra"}
    alone = pairs().drop("lang").with_columns(pl.lit("eng").alias("source_lang"))
    assert set(read_set(saved(alone, tmp_path)).data["text"]) == {"zho-CN", "zho-TW", "fra"}


def test_posts_cut_short_by_sharing_count_once(tmp_path):
    things = ("bridge", "mill", "river", "house", "road", "water", "light", "gate", "mast", "door")
    lines = [" ".join(f"{thing}{n}" for thing in things) for n in range(60)]
    cut = [f"RT @someone: {line[:-8]}..." for line in lines]
    table = pl.DataFrame({"text": cut + lines, "event": "flood", "label": ["a", "b"] * 60})
    assert set(read_set(saved(table, tmp_path)).data["text"]) == set(lines)


def test_languages_are_asked_for_in_any_usual_way(tmp_path):
    path = saved(
        pairs().with_columns(pl.col("lang").replace({"fr": "tl"}), x_code=pl.col("x_code").replace({"fra": "fil"})),
        tmp_path,
    )
    assert set(read_set(path, languages=["ZH"]).data["text"]) == {"zho-CN", "zho-TW"}
    assert set(read_set(path, languages=["zh-tw"]).data["text"]) == {"zho-TW"}
    assert set(read_set(path, languages=["zho"]).data["text"]) == {"zho-CN", "zho-TW"}
    assert (
        set(read_set(path, languages=["fil"]).data["lang"])
        == set(read_set(path, languages=["tl"]).data["lang"])
        == {"tl"}
    )
    norsk = saved(pairs().with_columns(lang=pl.lit("nb"), x_code=pl.lit("nob")), tmp_path)
    assert set(read_set(norsk, languages=["no"]).data["lang"]) == {"nb"}


def test_a_limit_that_is_too_low_is_told_as_such(tmp_path):
    with pytest.raises(TrainError, match=r"A limit of 10 leaves too few rows of set\.parquet; take 20 or more"):
        read_set(saved(pairs(), tmp_path), limit=10)
    with pytest.raises(TrainError, match="take 50 or more"):
        read_set(saved(posts(), tmp_path), limit=20)


def test_rows_of_sts_that_are_no_numbers_are_numbered_by_their_place(tmp_path):
    numbers = range(25)
    table = {"sentence1": [f"one {n}" for n in numbers], "sentence2": [f"two {n}" for n in numbers], "score": numbers}
    found = read_set(saved(pl.DataFrame({**table, "row": [f"a{n}" for n in numbers]}), tmp_path))
    assert found.data["item"].to_list() == list(numbers)
