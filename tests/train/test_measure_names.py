"""Every measure of the bench has a heading, and no list of names knows a measure that does not exist."""

from __future__ import annotations

import polars as pl
import pytest

from ctse_core.figures import MEASURES
from ctse_core.figures.measures import SHARES
from tests.fakes import WordEncoder
from train.evaluate import overview, page
from train.evaluate.bench import MEASURES as MEASURED
from train.evaluate.bench import fits
from train.evaluate.codes import SHARED_CODES
from train.evaluate.estimates import UNBOUNDED, scores_of
from train.evaluate.sets import built_in_set, read_set
from train.experiments import crisis

LINES = [f"line{number} road{number % 7} place{number % 5}" for number in range(60)]
SETS = {
    "topics": [
        {"lang": lang, "lang_code": code, "english": line, "translation": f"{code} {line}", "topic": f"t{row % 4}"}
        for lang, code in (("zh", "zho-TW"), ("zh", "zho-CN"), ("es", "spa"))
        for row, line in enumerate(LINES)
    ],
    "posts": [
        {"lang": lang, "event": f"e{part}", "collection": "c", "text": f"{lang} {part} {line}", "label": f"k{row % 3}"}
        for lang in ("en", "es")
        for part in range(2)
        for row, line in enumerate(LINES)
    ],
    "messages": [
        {"message": line, **{f"need{part}": int(row % (part + 2) == 0) for part in range(6)}}
        for row, line in enumerate(LINES)
    ],
    "sts": [{"sentence1": line, "sentence2": LINES[-row], "score": row % 6} for row, line in enumerate(LINES)],
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return the name of every measure that the bench tells, each kind of set measured once."""
    folder = tmp_path_factory.mktemp("sets")
    sets = [built_in_set(["es"])]
    for kind, rows in SETS.items():
        pl.DataFrame(rows).write_parquet(folder / f"{kind}.parquet")
        sets.append(read_set(folder / f"{kind}.parquet"))
        assert sets[-1].kind == kind
    encode = WordEncoder(128).encode
    return {
        name
        for each in sets
        for measure, (_, items) in MEASURED.items()
        if fits(measure, each)
        for name in scores_of(items(encode, each.data))["measure"]
    }


def test_every_measure_has_a_heading_and_every_heading_a_measure(measured):
    assert measured == set(MEASURES)


def test_other_lists_of_names_know_no_measure_that_does_not_exist():
    for names in (page.WORDS, page.HEADLINES, crisis.SAID, (name for name, *_ in overview.MEASURES)):
        assert set(names) <= set(MEASURES)


def test_shares_are_the_measures_that_intervals_keep_between_0_and_1():
    assert set(MEASURES) - SHARES == {name for name in MEASURES if any(part in name for part in UNBOUNDED)}
    assert len(SHARED_CODES) == 49, "the headings say 49"
