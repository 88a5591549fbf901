import gzip

import polars as pl
import pyarrow as pa
import pytest

from ctse_core.errors import TrainError
from train import pairs_reading
from train.pairs_files import pair_file, pair_files
from train.pairs_reading import iter_pairs, iter_rows

MEMORY = """<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header/><body>
<tu><tuv xml:lang="en-US"><seg>Boil <bpt i="1">&lt;b></bpt>water<ept i="1">&lt;/b></ept>!</seg></tuv>
<tuv xml:lang="de-DE"><seg>Wasser <hi>abkochen</hi>!</seg></tuv><tuv xml:lang="fr"><seg>Bouillez l'eau</seg></tuv></tu>
<tu><tuv xml:lang="de"><seg>Nur deutsch</seg></tuv></tu></body></tmx>"""


def rows_of(path):
    return pl.concat(list(iter_rows(path))).select("lang", "english", "translation", "fault").rows()


def pack(path, data):
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(data))
    elif path.suffix == ".zst":
        with pa.output_stream(str(path), compression="zstd") as file:
            file.write(data)
    else:
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_every_kind_of_file_gives_the_same_pair(tmp_path, packing):
    pair = ("fr", "Where is water?", "Où y a-t-il de l'eau ?", None)
    table = pl.DataFrame([pair[:3]], schema=["lang", "english", "translation"], orient="row")
    table.write_parquet(tmp_path / "made.parquet")
    files = {
        "a.parquet": (tmp_path / "made.parquet").read_bytes(),
        "a.tsv": table.write_csv(separator="\t", quote_style="never").encode(),
        "a.en-fr.tsv": f"{pair[1]}\t{pair[2]}\r\n".encode(),
        "a.csv": table.write_csv().encode(),
        "b.en-fr.en": f"{pair[1]}\n".encode(),
        "b.en-fr.fr": f"{pair[2]}".encode(),
        "a.tmx": f'<tmx><body><tu><tuv xml:lang="en"><seg>{pair[1]}</seg></tuv><tuv xml:lang="FR"><seg>{pair[2]}'
        "</seg></tuv></tu></body></tmx>".encode(),
    }
    paths = [pack(tmp_path / f"{name}{packing}", data) for name, data in files.items()]
    for path in paths:
        read = rows_of(path)
        assert [(row[0].lower(), *row[1:]) for row in read] == [pair], path


def test_a_tsv_keeps_its_quotes_and_counts_what_is_broken(tmp_path):
    path = tmp_path / "news.en-de.tsv"
    path.write_bytes('\ufeff"Help\tHilfe\nno tab\n'.encode() + b"\xff\tx\n" + b"Last\tLetzte\textra")
    assert rows_of(path) == [
        ("de", '"Help', "Hilfe", None),
        ("de", "no tab", None, "columns"),
        ("de", "", None, "encoding"),
        ("de", "Last", "Letzte", None),
    ]


def test_a_header_is_found_and_its_width_is_asked_of_every_line(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("Translation\tLANG\tenglish\nUn\tfr\tOne\nDeux\tfr\nTrois\tfr\tThree\tmore\n", encoding="utf-8")
    assert rows_of(path) == [
        ("fr", "One", "Un", None),
        ("fr", None, "Deux", "columns"),
        ("fr", "Three", "Trois", "columns"),
    ]


def test_rows_of_a_csv_keep_their_numbers_around_broken_ones(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text('english,lang,translation\n"One,\ntwo",fr,Un\nbroken,row\nThree,fr,Trois\nx\n', encoding="utf-8")
    rows = pl.concat(list(iter_rows(path)))
    assert rows.select("row", "english", "fault").rows() == [
        (1, "One,\ntwo", None),
        (2, None, "columns"),
        (3, "Three", None),
        (4, None, "columns"),
    ]


def test_a_translation_memory_pairs_english_with_every_language_and_drops_codes(tmp_path):
    (tmp_path / "memory.tmx").write_text(MEMORY, encoding="utf-8")
    assert rows_of(tmp_path / "memory.tmx") == [
        ("de-de", "Boil water!", "Wasser abkochen!", None),
        ("fr", "Boil water!", "Bouillez l'eau", None),
        ("de", None, "Nur deutsch", None),
    ]
    good = pl.concat(list(iter_pairs(tmp_path / "memory.tmx")))
    assert good["lang"].to_list() == ["de", "fr"]


def test_a_line_feed_alone_ends_a_line_of_a_moses_pair(tmp_path):
    (tmp_path / "c.en-it.en").write_bytes("One\u2028still one\nTwo\x85\n".encode())
    (tmp_path / "c.en-it.it").write_bytes(b"Uno\x0c\nDue\n")
    assert len(rows_of(tmp_path / "c.en-it")) == 2


def test_batches_do_not_lose_rows_at_their_borders(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs_reading, "BATCH", 3)
    path = tmp_path / "n.en-de.tsv"
    path.write_text("".join(f"Row {number}\tZeile {number}\n" for number in range(10)), encoding="utf-8")
    batches = list(iter_rows(path))
    assert [len(batch) for batch in batches] == [3, 3, 3, 1]
    whole = pl.concat(batches)
    assert whole["row"].to_list() == list(range(1, 11))
    assert whole["translation"].to_list() == [f"Zeile {number}" for number in range(10)]


def test_bad_files_are_told_in_a_sentence(tmp_path):
    (tmp_path / "bomb.tmx").write_text('<!DOCTYPE t [<!ENTITY a "b">]><tmx><body><tu>&a;</tu></body></tmx>')
    (tmp_path / "cut.tmx").write_text(MEMORY[:-20])
    (tmp_path / "cut.tsv.gz").write_bytes(gzip.compress(b"english\ttranslation\n" * 99)[:-9])
    whole = gzip.compress(bytes(range(256)) * 99)
    (tmp_path / "bent.tsv.gz").write_bytes(whole[:10] + b"\xff" * 20 + whole[30:])
    (tmp_path / "no.tsv.zst").write_bytes(b"not packed")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    (tmp_path / "latin.csv").write_bytes("english,translation\nx,é\n".encode("latin-1"))
    pl.DataFrame({"a": ["b"]}).write_parquet(tmp_path / "other.parquet")
    (tmp_path / "u.en-de.en").write_text("One\nTwo\n")
    (tmp_path / "u.en-de.de").write_text("Eins\n")
    (tmp_path / "notes.doc").write_text("?")
    for name, told in {
        "bomb.tmx": "entities",
        "cut.tmx": "no whole TMX",
        "cut.tsv.gz": "to its end",
        "bent.tsv.gz": "to its end",
        "no.tsv.zst": "to its end",
        "bad.parquet": "damaged",
        "latin.csv": "UTF-8",
        "other.parquet": "no columns named english",
        "u.en-de": "number of lines",
        "notes.doc": "not a file of pairs",
        "missing.tsv": "no file",
    }.items():
        with pytest.raises(TrainError, match=told) as error:
            list(iter_rows(tmp_path / name))
        assert name.split(".")[0] in str(error.value)


def test_both_sides_of_a_moses_pair_are_one_file_and_folders_are_opened(tmp_path):
    for name in ("news.en-de.en", "news.en-de.de", "TED-en-fr-train.tsv.gz", "read.me", "pairs.parquet"):
        (tmp_path / name).write_text("x")
    found = pair_files([tmp_path, tmp_path / "news.en-de.de", tmp_path / "news.en-de"])
    assert [(file.path.name, file.form, file.lang, file.source) for file in found] == [
        ("TED-en-fr-train.tsv.gz", "tsv", "fr", "TED-train"),
        ("pairs.parquet", "parquet", "", "pairs"),
        ("news.en-de.en", "moses", "de", "news"),
    ]


@pytest.mark.parametrize(
    ("name", "lang"),
    [
        ("de-en.tsv", "de"),
        ("talks.pt.tsv", "pt"),
        ("crisis_sw.tsv", "sw"),
        ("pairs.tsv", ""),
        ("my-own.tsv", ""),
        ("news.fra.tsv", "fr"),
        ("x.en-ckb.tsv", "ckb"),
    ],
)
def test_the_name_of_a_file_tells_its_language(tmp_path, name, lang):
    (tmp_path / name).write_text("a\tb\n")
    assert pair_file(tmp_path / name).lang == lang
