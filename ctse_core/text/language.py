"""Posts ─▶ the language of each, offline, and how sure that is.

Three kinds of evidence. The script settles it for some twenty languages (Thai, Burmese, Georgian …) and
narrows it down for the others. Byte sequences tell apart what shares a script. And the posts that stand
together in one file tell what to expect: among 50,000 English posts, "ok casa" is hardly Aragonese. The
share of each language is estimated from all posts by expectation maximisation and serves as its prior,
within bounds, so that a single post clearly in a rare language is still found.

Codes are ISO 639-1 where one exists: "nb" is all Norwegian, "hr" also Bosnian in Latin letters, "zh" all
Chinese, "ku" Kurmanji, "ckb" Sorani, "ht" Haitian Creole. "und" is a post without letters or without a
likely language.

Source of the re-weighing: Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New
a Priori Probabilities", Neural Computation 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.text.language_hints import add_hints
from ctse_core.text.language_scores import byte_scores, labels
from ctse_core.text.normalise import normalise
from ctse_core.text.plain import plain
from ctse_core.text.scripts import (
    ONE_LANGUAGE,
    SCRIPT_NUMBER,
    SCRIPTS,
    SHARED_SCRIPTS,
    letters_by_script,
)
from ctse_core.types import UNDETERMINED, Spread, Tell, joined_pieces, told_nobody

# What the model calls otherwise or divides more finely than posts of sixty characters allow.
_CALLED = {"no": "nb", "nn": "nb", "bs": "hr", "yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar"}
_CALLED |= {"gug": "gn", "gcf": "ht", "gcr": "ht", "sdh": "ckb"}
# Languages of the model that hardly anybody posts in and that short posts in others are mistaken for.
_LEFT_OUT = """zxx grc hbo vo la ltg ext an lij vec wa fo se kik gom dz sa eo crh ace oc guw fuv kab br gd fy
lb uzs nso st"""
_EXPECTED = """en ar bg bn ca cs da de el es et fa fi fr gl gu he hi hr hu hy id it ja ka ko ku lt lv mk mn mr
ms my nb nl pl pt ro ru sk sl sq sr sv ta te th tl tr uk ur vi zh"""
_SELDOM = "cy ga mt eu is jv qu gn bcl pcm ln lg rw sn mg xh zu ba tt ky tk tg as or"
_FREQUENT = {"en": 1.5, "es": 0.75, "ru": 0.75}
_PRIOR_SELDOM, _PRIOR_OTHERS = -4.0, -1.5  # natural logarithms; 0 for the expected languages

_SHARPNESS = 1.75
"""Factor on the scores that makes confidence and accuracy agree on posts of 30 to 60 characters …"""
_FULL_LENGTH, _CAUTION = 30, 0.3
"""… and that shrinks below so many letters, by this power: a wrong language is worse than none."""
_LOWEST_PRIOR = -6.0
"""Natural logarithm, beside the most frequent language of the file; lower would drown rare languages."""
_ROUNDS = 6
_PSEUDO_POSTS = 20.0
_LONG_ENOUGH = 10
"""Letters; shorter posts follow the shares of the languages and do not help to estimate them."""
_SAMPLE = 50_000
# A letter of these scripts says as much as two or three of an alphabet; Latin ones are often names.
_WEIGHT_OF_LETTER = {"Han": 3.0, "Kana": 2.0, "Hangul": 2.5, "Latin": 0.4}
_MISTAKEN = {**dict.fromkeys(("ar", "fa", "ur", "ps", "ug"), ("ckb", "sd")), "am": ("ti",)}
_TELLING: dict[str, tuple[str, ...]] = {
    "ckb": tuple("ێۆڕڵ"),
    "sd": tuple("ڄڃٻڀٿٽڦڳڱڻ"),
    "ti": (*"ኣኸኹኺኻኽኾቐቑቒቓቕቖ", "ናይ ", "ካብ ", "እቲ ", "እዚ ", "ድማ ", "ምስ ", "ናብ ", "እዩ", "ከም "),
}
"""Letters and words of languages that the model lacks, strange to those it takes them for; two must occur."""


@dataclass(frozen=True)
class LanguageSettings:
    """What may be chosen about telling languages."""

    min_confidence: float = field(
        default=0.5,
        metadata={
            "label": "Least confidence",
            "help": "Posts whose likeliest language is less likely than this are called undetermined.",
            "min": 0.0,
            "max": 1.0,
        },
    )
    learn_from_file: bool = field(
        default=True,
        metadata={
            "label": "Expect the languages of the file",
            "help": "Estimate how frequent each language is in the file and expect it that much.",
        },
    )


class _Columns(NamedTuple):
    """The l languages in question, as columns."""

    codes: tuple[str, ...]
    of_label: NDArray[np.int64]  # column of each label of the model, -1 where left out
    of_script: NDArray[np.bool_]  # (scripts, l) which languages are written in it
    prior: NDArray[np.float32]  # (l,) natural logarithms


def detect_languages(
    texts: Sequence[str], settings: LanguageSettings | None = None
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the code of each text's language and its confidence (n,) in [0, 1].

    The texts, raw or normalised, are judged together (see the module's text), so the same short text may
    be read differently in another file.
    """
    told = languages_of(pl.Series([normalise(text) for text in texts], dtype=pl.Utf8), settings)
    return told["lang"].to_list(), told["confidence"].to_numpy()


def languages_of(
    compared: pl.Series,
    settings: LanguageSettings | None = None,
    spread: Spread = joined_pieces,
    tell: Tell = told_nobody,
) -> pl.DataFrame:
    """Return "lang" and "confidence" of normalised texts, judged together, as ``detect_languages`` does."""
    settings = settings or LanguageSettings()
    every = -(-len(compared) // _SAMPLE) or 1
    texts = compared.alias("text").to_frame()
    sample = spread(evidence_of, texts.gather_every(every), {}, lambda share: tell(share / (1 + every)))
    prior = _columns().prior
    if settings.learn_from_file:
        enough = sample.filter(pl.col("letters") >= _LONG_ENOUGH)
        prior = _estimate_prior(_matrix(enough), prior)
    given = {"prior": prior.tolist(), "least": settings.min_confidence}
    if every == 1:
        return joined_pieces(told_of, sample.with_columns(texts["text"]), given)
    return spread(told_of, texts, given, lambda share: tell((1 + every * share) / (1 + every)))


def evidence_of(piece: pl.DataFrame) -> pl.DataFrame:
    """Return the "evidence" (l) for each language in each of the normalised texts ("text"), and its "letters"."""
    scores, letters = _evidence([plain(text) for text in piece["text"].to_list()])
    return pl.DataFrame(
        {"evidence": pl.Series(scores, dtype=pl.Array(pl.Float32, scores.shape[1])), "letters": letters}
    )


def told_of(piece: pl.DataFrame, prior: Sequence[float], least: float) -> pl.DataFrame:
    """Return "lang" and "confidence" of normalised texts ("text"); ``prior`` (l,) are logarithms.

    The evidence may stand beside them already; under ``least`` confidence a language is undetermined.
    """
    columns = _columns()
    words = [plain(text) for text in piece["text"].to_list()]
    if "evidence" in piece.columns:
        evidence, letters = _matrix(piece), piece["letters"].to_numpy()
    else:
        evidence, letters = _evidence(words)
    share = _posterior(evidence, np.asarray(prior, dtype=np.float32))
    share[letters == 0] = 0.0
    best = share.argmax(axis=1)
    confidence = share[np.arange(len(words)), best] if len(words) else np.zeros(0, dtype=np.float32)
    codes = [columns.codes[column] for column in best]
    _read_telling_letters(words, codes)
    for row in np.flatnonzero((confidence < least) | (confidence <= 0)):
        codes[row] = UNDETERMINED
    return pl.DataFrame(
        {"lang": pl.Series(codes, dtype=pl.Utf8), "confidence": pl.Series(confidence, dtype=pl.Float32)}
    )


def _matrix(table: pl.DataFrame) -> NDArray[np.float32]:
    """Return the evidence (n, l) that a table holds."""
    return table["evidence"].to_numpy().reshape(table.height, len(_columns().codes))


def _evidence(words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return (n, l) scores of the languages, -inf where the script rules one out, and (n,) letters."""
    columns = _columns()
    counts = letters_by_script(list(words))
    letters = counts.sum(axis=1)
    sharpness = _SHARPNESS * np.minimum(letters / _FULL_LENGTH, 1.0) ** _CAUTION
    raw = byte_scores(words) * sharpness.astype(np.float32)[:, None]
    scores = np.full((len(words), len(columns.codes)), -np.inf, dtype=np.float32)
    for label, column in enumerate(columns.of_label):
        if column >= 0:
            np.maximum(scores[:, column], raw[:, label], out=scores[:, column])
    scores[~columns.of_script[_main_script(counts)]] = -np.inf
    scores[~np.isfinite(scores).any(axis=1)] = 0.0
    add_hints(scores, words, columns.codes)
    return scores, letters


def _main_script(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) the script that says most about each text; Han with some kana is Japanese."""
    weights = np.array([_WEIGHT_OF_LETTER.get(name, 1.0) for name in SCRIPTS])
    main = (counts * weights).argmax(axis=1)
    han, kana = SCRIPT_NUMBER["Han"], SCRIPT_NUMBER["Kana"]
    main[(main == han) & (counts[:, kana] * 10 >= counts[:, han])] = kana
    return main


def _posterior(evidence: NDArray[np.float32], prior: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, l) probabilities that sum to 1 in each row."""
    scores = evidence + prior
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def _estimate_prior(evidence: NDArray[np.float32], prior: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (l,) logarithms of the shares of the languages, 0 for the largest, none under _LOWEST_PRIOR."""
    if len(evidence) == 0:
        return prior
    before = np.exp(prior) / np.exp(prior).sum() * _PSEUDO_POSTS
    for _ in range(_ROUNDS):
        posts = _posterior(evidence, prior).sum(axis=0) + before
        prior = np.maximum(np.log(posts / posts.max()), _LOWEST_PRIOR).astype(np.float32)
    return prior


def _read_telling_letters(words: Sequence[str], codes: list[str]) -> None:
    """Correct ``codes`` in place for languages that the model lacks and their own letters show."""
    for row, code in enumerate(codes):
        for found in _MISTAKEN.get(code, ()):
            if sum(map(words[row].count, _TELLING[found])) >= 2:
                codes[row] = found


@cache
def _columns() -> _Columns:
    """Return the languages in question, from the labels of the model and the tables of scripts."""
    called = [_CALLED.get(label, label) for label in labels()]
    codes = tuple(sorted({*called, *ONE_LANGUAGE.values()} - set(_LEFT_OUT.split())))
    column = {code: number for number, code in enumerate(codes)}
    written = np.zeros((len(SCRIPTS), len(codes)), dtype=bool)
    elsewhere = set(ONE_LANGUAGE.values())
    for script, language in ONE_LANGUAGE.items():
        written[SCRIPT_NUMBER[script], column[language]] = True
    for script, languages in SHARED_SCRIPTS.items():
        known = [code for code in languages.split() if code in column]
        written[SCRIPT_NUMBER[script], [column[code] for code in known]] = True
        elsewhere.update(known)
    for code in (set(codes) - elsewhere) | {"sr", "uz"}:
        written[SCRIPT_NUMBER["Latin"], column[code]] = True
    prior = dict.fromkeys(_EXPECTED.split(), 0.0) | dict.fromkeys(_SELDOM.split(), _PRIOR_SELDOM) | _FREQUENT
    return _Columns(
        codes=codes,
        of_label=np.array([column.get(code, -1) for code in called]),
        of_script=written,
        prior=np.array([prior.get(code, _PRIOR_OTHERS) for code in codes], dtype=np.float32),
    )
