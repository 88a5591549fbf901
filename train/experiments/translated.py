"""Experiment 1: an encoder on English and translated sentences. Do they lie at the same place?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import Consent
from ctse_core.errors import TrainError
from ctse_core.figures import DOTS, Figure, dots_figure, language_name, scores_figure
from ctse_core.home import cache_home
from ctse_core.types import Progress, no_progress
from train.evaluate.bench import labels_of
from train.evaluate.compare import DIFFERENCES, differences
from train.evaluate.drift import drift_triples, parallel_pairs
from train.evaluate.estimates import GOOD, items_of, no_items, scores_of
from train.evaluate.labelled import Encode, encoded
from train.evaluate.matching import matching_items
from train.evaluate.overview import means
from train.evaluate.peers import judged_encoder
from train.evaluate.set_tables import pair_rows
from train.evaluate.sets import FEWEST, EvaluationSet, differently_named, read_set
from train.evaluate.table import MEAN, SCORES, labelled
from train.evaluate.vectors import looked_up
from train.experiments.experiment import Experiment, compared, number

TITLE = "English and translated sentences"
TRANSLATIONS = "translations"
PAIRS, OTHERS, APART = "pairs", "others", "apart"
BLOCK = 1024


@dataclass(frozen=True)
class TranslatedSettings:
    """What is measured.

    Attributes:
        encoders: names, folders or addresses, "mine=FOLDER" to call one "mine"; others are held against the first.
        pairs: files of English sentences and translations; empty for the few of our own.
        languages: codes to keep; empty for all.
        limit: most sentences of a language; 0 for all.
        runtime, device: see ``load_encoder``.
        cache: folder for vectors; None for that of this machine.
        send_to: host that may be sent the masked texts.
    """

    encoders: tuple[str, ...]
    pairs: tuple[Path, ...] = ()
    languages: tuple[str, ...] = ()
    limit: int = 0
    runtime: str = "auto"
    device: str | None = None
    cache: Path | None = None
    send_to: str = ""


def own_pairs() -> EvaluationSet:
    """Return the English sentences of the drift triples beside their translations: 50 in each of 16 languages."""
    table = parallel_pairs(drift_triples()).select("english", "translation", "lang")
    return EvaluationSet("own_sentences", "pairs", pair_rows(table, keep_foreign=False), "")


def translation_items(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return for every pair how near its two sentences lie and how near all others do, as ``estimates.ITEMS``.

    Measure "translations"; variant "pairs": the cosine of a sentence and its translation; "others": the mean cosine
    of the sentence and all other translations of that language; "apart": the share of these that lie farther off
    than the own one, in [0, 1], equals counting half. ``data`` has item, lang, text, english, translation.

    Raises:
        EncoderError: the vectors are no finite table of one width.
    """
    parts = []
    for (lang, text), rows in data.group_by("lang", "text", maintain_order=True):
        if rows.height < FEWEST:
            continue
        source, target = (encoded(encode, rows[name].to_list()) for name in ("english", "translation"))
        own = (source * target).sum(axis=1)
        others, apart = np.empty(len(own)), np.empty(len(own))
        for start in range(0, len(own), BLOCK):
            some = slice(start, start + BLOCK)
            cosine, mine = source[some] @ target.T, own[some]
            others[some] = (cosine.sum(axis=1) - mine) / (len(own) - 1)
            nearer = np.abs(cosine - mine[:, None]) < 1e-6  # the own one is among them, and counts half as well
            farther = (cosine < mine[:, None]) & ~nearer
            apart[some] = (farther.sum(axis=1) + nearer.sum(axis=1) / 2 - 0.5) / (len(own) - 1)
        for variant, found in ((PAIRS, own), (OTHERS, others), (APART, apart)):
            parts.append(items_of(TRANSLATIONS, variant, str(lang), str(text), rows["item"].to_numpy(), found))
    return pl.concat(parts) if parts else no_items()


def translated_experiment(settings: TranslatedSettings, progress: Progress = no_progress) -> Experiment:
    """Return what the first experiment finds for one or several encoders.

    Raises:
        TrainError: a file is no set of translations.
        EncoderError: an encoder cannot be loaded.
    """
    sets = [read_set(path, settings.languages, settings.limit) for path in settings.pairs] or [own_pairs()]
    for each in sets:
        if not each.is_pairs:
            raise TrainError(f"{each.name} holds no translations; experiment 1 needs english, translation and lang.")
    differently_named(sets)
    scores, apart = [pl.DataFrame(schema=SCORES)], [pl.DataFrame(schema=DIFFERENCES)]
    first: dict[str, pl.DataFrame] = {}
    names = labels_of(settings.encoders)
    consent = Consent(settings.send_to) if settings.send_to else None
    for name, asked in names.items():
        encoder = judged_encoder(asked, settings.device, settings.runtime, consent=consent)
        for each in sets:
            encode = looked_up(encoder, each.texts, settings.cache or cache_home() / "evaluation", progress)
            items = pl.concat([matching_items(encode, each.data), translation_items(encode, each.data)])
            scores.append(labelled(name, each.name, scores_of(items)))
            if each.name in first:
                front = zip(("encoder", "against", "set"), (name, next(iter(names)), each.name), strict=True)
                found = differences(items, first[each.name])
                apart.append(found.select(*(pl.lit(word).alias(column) for column, word in front), pl.all()))
            first.setdefault(each.name, items)
    table, beside = pl.concat(scores), pl.concat(apart)
    told = [_paragraph(table, each) + _against(beside, each) for each in sets]
    figures = [figure for each in sets for figure in _figures(table, each.name)]
    notes = tuple(f"{each.name}: {note}" for each in sets for note in each.notes)
    return Experiment(TITLE, " ".join(told), tuple(figures), table, beside, notes)


def _figures(table: pl.DataFrame, name: str) -> list[Figure]:
    """Return the cosines of translations and of others, by language, and the matching."""
    words = {PAIRS: "translations", OTHERS: "other sentences"}
    rows = table.filter(pl.col("set") == name, pl.col("measure") == TRANSLATIONS, pl.col("variant").is_in(list(words)))
    near = pl.col("value").filter(pl.col("variant") == PAIRS).mean().over("lang")
    rows = rows.with_columns(near=near, whole=pl.col("lang") == MEAN).with_row_index()
    rows = rows.sort("whole", "near", "lang", "index", descending=[True, True, False, False])
    several = rows["encoder"].n_unique() > 1
    dots = pl.DataFrame(
        [
            (
                language_name(lang) if lang else "All languages",
                f"{encoder}: {words[variant]}" if several else words[variant],
                *values,
            )
            for lang, encoder, variant, *values in rows.select(
                "lang", "encoder", "variant", "value", "low", "high", "count"
            ).rows()
        ],
        schema=DOTS,
        orient="row",
    )
    whole = dots.filter(pl.col("row") == "All languages")  # Sorani alone has no mean
    whole = (whole if whole.height else dots).select("series", "value", "low", "high")
    told = "; ".join(f"{series} {number(*values)}" for series, *values in whole.rows())
    summary = f"Mean cosine of a sentence with its translation and with the others ({name}): {told}."
    nearness = dots_figure(dots, "Nearness of translations", "mean cosine", summary)
    return [nearness, scores_figure(table, "matching", name, "cosine", mark=GOOD)]


def _paragraph(table: pl.DataFrame, each: EvaluationSet) -> str:
    texts = f"{each.data.height:,} pairs in {each.data['lang'].n_unique()} languages ({each.name})"
    said = [f"Do a sentence and its translation lie at the same place? Asked of {texts}."]
    for name in table["encoder"].unique(maintain_order=True):
        rows = table.filter(pl.col("encoder") == name, pl.col("set") == each.name)

        def mean(measure: str, variant: str, rows: pl.DataFrame = rows) -> str:
            return number(*means(rows, measure, variant).select("value", "low", "high").row(0))

        found = rows.filter(pl.col("measure") == "matching", pl.col("variant") == "cosine", pl.col("lang") != MEAN)
        found = found.sort("value", descending=True)
        good = found.filter(pl.col("value") >= GOOD).height
        said.append(
            f"With {name}, the cosine of a sentence and its translation is {mean(TRANSLATIONS, PAIRS)} on average, "
            f"that of a sentence and the other translations {mean(TRANSLATIONS, OTHERS)}. The "
            f"translation lies nearer than a share of {mean(TRANSLATIONS, APART)} of all others. It is the very "
            f"nearest for {mean('matching', 'cosine')} of the sentences; {good} of {found.height} languages reach "
            f"{GOOD}, from {language_name(found['lang'][0])} ({found['value'][0]:.3f}) to "
            f"{language_name(found['lang'][-1])} ({found['value'][-1]:.3f})."
        )
    return " ".join(said)


def _against(apart: pl.DataFrame, each: EvaluationSet) -> str:
    rows = apart.filter(
        pl.col("set") == each.name, pl.col("measure") == "matching",
        pl.col("variant") == "cosine", pl.col("lang") == MEAN,
    )  # fmt: skip
    return "".join(
        f" At finding translations {row['encoder']} is, against {row['against']}, "
        f"{compared(row['difference'], row['low'], row['high'], row['verdict'])}."
        for row in rows.rows(named=True)
    )
