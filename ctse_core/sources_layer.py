"""Who stands behind each post: independent authors, and repetition of one voice, over a whole analysis."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.sources import (
    NOT_REPEATED,
    UNKNOWN,
    Facts,
    Said,
    families,
    near_pairs,
    repetition,
    same_places,
    voices,
    wordings,
)
from ctse_core.manifest import before_newest
from ctse_core.project.fingerprint import fingerprint
from ctse_core.remembered import remembered
from ctse_core.text.near_copies import TURNING
from ctse_core.text.privacy import NAMELESS, handle_value, plain_signs
from ctse_core.types import Col

if TYPE_CHECKING:
    from ctse_core.project import Project
    from ctse_core.stored import Analysis

SOURCES = 3  # raise when other sources are counted
# Whom a post names as its source: "RT @name", "via @name", "h/t @name", at its beginning or its end.
_CREDIT = re.compile(
    r"^[\s\"'“”.:|>-]*(?:\b(?:RT|MT|QT)\b[\s:]*(?:@|＠)?([^\s:,;…]{1,40})|[\"“']@([^\s:,;]{1,40}):)"
    r"|(?:\b(?:RT|MT)\b|\bvia\b|\bh/t\b|(?i:\bpor\b|\bvía\b|\bpar\b))\s*[@＠]([^\s:,;)…]{1,40})",
    re.IGNORECASE,
)
# A quick look at what may match it.
_MAYBE_CREDIT = r"[@＠]|^[^\p{L}\p{N}]*(?i:rt|mt|qt)"
# Not inside a code or an ordinal; other scripts write words right behind a number.
_NUMBER = re.compile(r"(?<![a-z\d_.,])\d+(?:[.,]\d+)*(?!(?:st|nd|rd|th)(?![a-z]))(?![a-z]{4}|[a-z]{1,3}\d|\d)")
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TAG = re.compile(r"#(\w+)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def source_columns(analysis: Analysis, project: Project) -> pl.DataFrame:
    """Return (n rows) INDEPENDENT, REPEATED and REPETITION: independent authors behind what each post says, and
    whether and how one voice is repeated. What was read out of the texts is kept in the project.

    Raises:
        ProjectError: the project cannot be written to.
    """
    said = said_by(analysis, project)
    whole = dataclasses.replace(said, group=families_of(analysis, project))
    independent = voices(whole, alike_pairs(analysis, project))
    kind, _ = repetition(said, independent)
    return pl.DataFrame(
        {
            Col.INDEPENDENT: pl.Series(independent, dtype=pl.Int32),
            Col.REPEATED: pl.Series(kind != NOT_REPEATED),
            Col.REPETITION: pl.Series(kind.tolist(), dtype=pl.Utf8),
        }
    )


def said_by(analysis: Analysis, project: Project) -> Said:
    """Return who said what when; authors are numbers, the same for an author and for that name after "RT @".

    Raises:
        ProjectError: the project cannot be written to.
    """
    kept = _kept(analysis, project)["said"]
    time = analysis.table[Col.TIME].dt.timestamp("ms").cast(pl.Float64).fill_null(float("nan")).to_numpy() / 1_000
    return Said(
        group=analysis.table[Col.REPRESENTATIVE].cast(pl.Int64).to_numpy(),
        author=kept["author"].to_numpy(),
        credited=kept["credited"].to_numpy(),
        time=time,
        words=kept["words"].to_numpy(),
    )


def alike_pairs(analysis: Analysis, project: Project) -> NDArray[np.int64]:
    """Return (m, 2) families of posts that say the same in two wordings, of places that do not differ.

    Raises:
        ProjectError: the project cannot be written to.
    """
    pairs = np.asarray(_kept(analysis, project)["alike"])
    if Col.LOCATED in analysis.table.columns and len(pairs):  # here, so that a corrected place counts at once
        rows = np.unique(pairs)
        located = dict(zip(rows.tolist(), analysis.table[Col.LOCATED].gather(rows).to_list(), strict=True))
        same = [same_places(located[one] or (), located[other] or ()) for one, other in pairs.tolist()]
        pairs = pairs[np.array(same, dtype=bool)]
    ends = families_of(analysis, project)[pairs]
    apart = ends[ends[:, 0] != ends[:, 1]] if len(ends) else ends
    return np.unique(np.sort(apart, axis=1), axis=0)


def families_of(analysis: Analysis, project: Project) -> NDArray[np.int64]:
    """Return (n,) the first row of each post's words, edited copies of a text counted with it.

    Raises:
        ProjectError: the project cannot be written to.
    """
    group = analysis.table[Col.REPRESENTATIVE].cast(pl.Int64).to_numpy()
    return families(group, np.asarray(_kept(analysis, project)["edited"]))


def _kept(analysis: Analysis, project: Project) -> dict[str, Any]:
    run = str(analysis.manifest.get("fingerprint"))
    depends_on = _named(run, analysis.table.height)
    key = (str(project.folder), depends_on)

    def read() -> dict[str, Any]:
        before = before_newest(analysis.manifest)
        return _read(analysis, before and before[1], project.kept("sources", _named(*before)) if before else None)

    return remembered("sources read", key, lambda: project.keep("sources", depends_on, read))


def _named(run: str, posts: int) -> str:
    return fingerprint("sources", SOURCES, run, posts)


def _read(analysis: Analysis, earlier: int | None = None, there: dict[str, Any] | None = None) -> dict[str, Any]:
    """Read who said what out of the texts, and which of them are one statement.

    What is ``there`` of pairs among the ``earlier`` posts, to which newer ones were appended, is not read again.
    """
    table = analysis.table
    names: list[str | None] = [None] * table.height
    if Col.AUTHOR in table.columns:
        called = {name: handle_value(name) or None for name in table[Col.AUTHOR].drop_nulls().unique().to_list()}
        names = [called.get(name) for name in table[Col.AUTHOR].to_list()]
    credits: list[str | None] = [None] * table.height
    likely = table[Col.TEXT].str.contains(_MAYBE_CREDIT).fill_null(False).arg_true()
    for row, group in zip(likely.to_list(), table[Col.REPRESENTATIVE].gather(likely).to_list(), strict=True):
        credits[row] = _source_named(table[Col.TEXT][row], group)
    numbers: dict[str, int] = {}

    def coded(found: list[str | None]) -> NDArray[np.int64]:
        codes = [UNKNOWN if name is None else numbers.setdefault(name, len(numbers)) for name in found]
        return np.array(codes, dtype=np.int64)

    author, credited = coded(names), coded(credits)
    words = table[Col.COMPARED].fill_null("").str.split(" ").list.len().cast(pl.Int64)
    # Who names themselves passes nothing on.
    credited = np.where((credited == author) & (author >= 0), UNKNOWN, credited)
    said = pl.DataFrame({"author": author, "credited": credited, "words": words})
    near = analysis.neighbours
    pairs = np.zeros((0, 2), dtype=np.int64)
    if near is not None:
        newer = earlier if earlier and there else 0
        pairs = near_pairs(analysis.vectors, near.of, near.rows, newer=newer)
    pairs = pairs[_with_figures(table[Col.COMPARED])[pairs].all(axis=1)]  # no others are one statement
    known = _facts_of(analysis, np.unique(pairs))
    told = np.array([wordings(known[one], known[other]) for one, other in pairs.tolist()], dtype=np.int64)
    found = {"alike": pairs[told == 2], "edited": pairs[told == 1]}
    if there:
        found = {part: np.concatenate([there[part], rows]) for part, rows in found.items()}
    return {"said": said, **found}


def _source_named(text: str, group: int) -> str | None:
    name = _credited(text)
    # In files whose handles were all made "@user", each text has a source of its own that nobody can name.
    return f"user {group}" if name in NAMELESS else name


def _credited(text: str) -> str | None:
    found = _CREDIT.search(text)
    if not found:
        return None
    return handle_value(next(name for name in found.groups() if name)) or None


def _with_figures(compared: pl.Series) -> NDArray[np.bool_]:
    return compared.str.contains(r"\p{N}").fill_null(False).to_numpy()


def _facts_of(analysis: Analysis, rows: NDArray[np.int64]) -> dict[int, Facts]:
    """Return what the posts at ``rows`` (m,) state."""
    here = analysis.table.select(pl.col(Col.COMPARED, Col.LANG).fill_null(""))[rows]
    words = analysis.words.gather(rows).to_list()
    stated = zip(rows.tolist(), here[Col.COMPARED].to_list(), here[Col.LANG].to_list(), words, strict=True)
    return {row: facts_in(compared, lang, own) for row, compared, lang, own in stated}


def facts_of(analysis: Analysis, row: int) -> Facts:
    """Return what the post at ``row`` states, as far as it can be read off: figures, words that carry meaning."""
    table = analysis.table
    return facts_in(table[Col.COMPARED][row] or "", table[Col.LANG][row] or "", analysis.words[row].to_list())


def facts_in(compared: str, lang: str, words: Iterable[str]) -> Facts:
    """Return what a compared text states: its figures, without years and ordinals, and its ``words``, without tags."""
    lowered = plain_signs(compared).lower()
    numbers = (_THOUSANDS.sub("", number).replace(",", ".") for number in _NUMBER.findall(lowered))
    return Facts(
        lang=lang,
        words=frozenset(words) - frozenset(_TAG.findall(lowered)),  # a row of hashtags is no statement
        numbers=frozenset(number for number in numbers if not _YEAR.fullmatch(number)),
        turning=frozenset(_WORD.findall(lowered)) & TURNING,
    )
