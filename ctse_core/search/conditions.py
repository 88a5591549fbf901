"""Conditions on the facts of entries, as expressions over their table; which facts a table may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from ctse_core.errors import SettingError
from ctse_core.search.interface import Condition


def passes(conditions: Iterable[Condition], kinds: Mapping[str, pl.DataType]) -> pl.Expr:
    """Return the expression, True or False for each entry, of all ``conditions`` on facts of these ``kinds``.

    Raises:
        SettingError: a condition names a fact that is not there.
    """
    known_facts((condition.fact for condition in conditions), kinds)
    whole = pl.lit(True)
    for condition in conditions:
        whole &= _one(condition, isinstance(kinds[condition.fact], pl.List))
    return whole


def _one(condition: Condition, is_list: bool) -> pl.Expr:
    fact = pl.col(condition.fact)
    met = pl.lit(bool(condition.any_of or condition.at_least is not None or condition.below is not None))
    if condition.any_of and is_list:
        met &= pl.any_horizontal([fact.list.contains(pl.lit(value)) for value in condition.any_of])
    elif condition.any_of:
        met &= fact.is_in(list(condition.any_of))
    if condition.at_least is not None:
        met &= fact >= condition.at_least
    if condition.below is not None:
        met &= fact < condition.below
    if condition.missing:
        met |= (fact.list.len().fill_null(0) == 0) if is_list else fact.is_null()
    return met.fill_null(False)


def known_facts(asked: Iterable[str], kinds: Mapping[str, pl.DataType]) -> None:
    """Refuse facts that an index does not have.

    Raises:
        SettingError: one of ``asked`` is not among ``kinds``.
    """
    for fact in asked:
        if fact not in kinds:
            there = ", ".join(sorted(kinds)) or "none"
            raise SettingError(f"The index knows no fact “{fact}”; it has: {there}.")


def fitted(facts: pl.DataFrame, kinds: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return ``facts`` with all columns of ``kinds``, in their order; what is left out is null.

    Raises:
        SettingError: a column is not among them, or holds another kind of value.
    """
    known_facts(facts.columns, kinds)
    for name, kind in facts.schema.items():
        if not _alike(kind, kinds[name]):
            raise SettingError(f"The fact “{name}” holds {kinds[name]} in this index; {kind} does not go in.")
    missing = [pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in facts.columns]
    return facts.with_columns(missing).select([pl.col(name).cast(kind) for name, kind in kinds.items()])


def no_facts(entries: int, kinds: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the facts of so many ``entries`` of which nothing is told: all null."""
    return pl.DataFrame({name: pl.Series([None] * entries, dtype=kind) for name, kind in kinds.items()})


def _alike(given: pl.DataType, kept: pl.DataType) -> bool:
    if isinstance(given, pl.List) and isinstance(kept, pl.List):
        return _alike(_inner(given), _inner(kept))
    if isinstance(given, pl.Datetime) and isinstance(kept, pl.Datetime):
        return given.time_zone == kept.time_zone
    whole = given.is_integer() and kept.is_integer()
    return given in (kept, pl.Null) or whole or (kept.is_float() and given.is_numeric())


def _inner(kind: pl.List) -> pl.DataType:
    inner = kind.inner
    return inner() if isinstance(inner, type) else inner
