"""Model cards: what each of our encoders was made of and how, what it is worth by language, and how fast it is."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.encoders import ENCODERS, FAIRLY, WELL, Card, EncoderSpec, list_encoders, read_card
from ctse_core.encoders.card import Score
from ctse_core.encoders.sources import at_hand
from ctse_core.errors import EncoderError
from ctse_core.figures import language_name, runtime_words
from ctse_core.words import number, said, t
from train.evaluate.overview import COUNTED, MEASURES, OF_PAIRS, set_title
from train.evaluate.table import MEAN
from ui.widgets import csv_bytes, download, plain

NOTHING = "–"
ROOM = 430  # pixels of the tables that stand side by side


def encoder_cards() -> None:
    """Draw the card of one of the encoders that have one."""
    cards = _cards()
    if not cards:
        st.info(
            t("No encoder on this machine has a model card. python -m train.cards writes one for an encoder of yours.")
        )
        return
    names = list(cards)
    name = names[0]
    if len(names) > 1:
        name = st.segmented_control(
            t("Encoder"), names, default=names[0], required=True, label_visibility="collapsed",
            format_func=lambda one: cards[one][0].title, key="card_of",
        )  # fmt: skip
    spec, card = cards[str(name)]
    st.markdown(plain(spec.note))
    _at_a_glance(spec, card)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _languages(spec.name, card)
    with right:
        _speeds(spec.name, card)
    _beside_others(spec.name, card)
    _made(card)
    _sources(spec.name, card)


def _cards() -> dict[str, tuple[EncoderSpec, Card]]:
    """Return encoders that have a card, ours first; a damaged card is told in a sentence."""
    found = {}
    for entry in list_encoders():
        kind, _, place = entry.spec.source.partition(":")
        if not entry.at_hand or kind not in ("shipped", "own"):
            continue
        folder = at_hand(entry.spec) if entry.spec.name in ENCODERS else Path(place)
        try:
            card = read_card(folder) if folder else None
        except EncoderError as told:
            st.warning(plain(str(told)))
            continue
        if card is not None and (card.service or card.sources):
            found[entry.spec.name] = (entry.spec, card)
    return found


def _at_a_glance(spec: EncoderSpec, card: Card) -> None:
    served, size, speed, licence = st.columns(4)
    if card.service:
        served.metric(
            t("Languages well served"), t("{part} of {whole}", part=len(card.served(WELL)), whole=len(card.service))
        )
    if "megabytes" in card.sizes:
        size.metric(t("On disk"), f"{number(card.sizes['megabytes'], ',.0f')} MB")
    own = max(
        (one for one in card.speeds if one.encoder == spec.name), key=lambda one: one.posts_per_second, default=None
    )
    if own is not None:
        speed.metric(t("Posts a second"), number(own.posts_per_second, ",.0f"))
    licence.metric(t("Licence of the weights"), spec.licence)
    fairly, poorly = card.served(FAIRLY, WELL), card.served(below=FAIRLY)
    told = [
        f"**{heading}** ({bound}): {', '.join(_with_value(code, card) for code in codes)}."
        for heading, bound, codes in (
            (
                t("Fairly served"),
                t("{low:g} to {high:g} of the sentences find their translation", low=FAIRLY, high=WELL),
                fairly,
            ),
            (t("Poorly served"), t("under {low:g}", low=FAIRLY), poorly),
        )
        if codes
    ]
    if told:
        st.markdown("  \n".join(told))
    for note in card.notes:
        st.markdown(f"- {plain(note)}")


def _with_value(code: str, card: Card) -> str:
    # Cut, not rounded: 0.949 is not well served, and should not read as if it were.
    return plain(f"{language_name(code)} {math.floor(100 * card.service[code].matching) / 100:.2f}")


def _languages(name: str, card: Card) -> None:
    """Draw matching by language, a column a set, the best served language first."""
    if not card.service:
        return
    own = {(row.lang, row.set): row for row in card.scores if row.encoder == name and row.lang != MEAN}
    sets = list(dict.fromkeys(each for _, each in own))
    codes = card.served()
    served = {code: _grade(card.service[code].matching) for code in codes}
    columns = {
        t("Language"): [language_name(code) for code in codes],
        t("Served"): [said(served[code]) for code in codes],
    }
    columns |= {set_title(each): [_cell(own.get((code, each))) for code in codes] for each in sets}
    st.markdown(t("**Translations found, by language**"))
    st.dataframe(pl.DataFrame(columns), hide_index=True, height=ROOM, key=f"card_languages_{name}")
    st.caption(
        t(
            "The share of sentences that find their translation, with its 95 % interval. A language is served as the "
            "hardest set says that has it: NTREX, then TICO-19, then SIB-200."
        )
    )


def _grade(matching: float) -> str:
    return "well" if matching >= WELL else "fairly" if matching >= FAIRLY else "poorly"


def _beside_others(name: str, card: Card) -> None:
    """Draw the headlines beside those of other encoders."""
    whole = [row for row in card.scores if row.lang == MEAN]
    encoders = [name, *dict.fromkeys(row.encoder for row in whole if row.encoder != name)]
    rows = []
    for measure, _, heading in MEASURES:
        for each in dict.fromkeys(row.set for row in whole if row.measure == measure):
            found = {row.encoder: row for row in whole if (row.measure, row.set) == (measure, each)}
            where = f" · {set_title(each)}" if measure in OF_PAIRS else ""
            rows.append([heading + where, *(_cell(found.get(encoder)) for encoder in encoders)])
    if not rows:
        return
    st.markdown(t("**Beside others**"))
    table = pl.DataFrame(rows, schema=[t("Measure"), *map(_title, encoders)], orient="row")
    st.dataframe(table, hide_index=True, height="content", key=f"card_headlines_{name}")
    st.caption(t("What each measure means stands under Compare. In brackets 95 % intervals."))


def _speeds(name: str, card: Card) -> None:
    st.markdown(t("**Size and speed**"))
    if card.sizes:
        st.markdown(f"{plain(card.sizes_told)}.")
    if not card.speeds:
        return
    speeds = {
        t("Encoder"): [_title(one.encoder) for one in card.speeds],
        t("Run by"): [runtime_words(one.runtime) for one in card.speeds],
        t("Posts/s"): [round(one.posts_per_second) for one in card.speeds],
        "×": [round(one.ratio, 2) or None for one in card.speeds],
    }
    numbers = {
        name: st.column_config.NumberColumn(format=form) for name, form in ((t("Posts/s"), "localized"), ("×", "%.2f"))
    }
    st.dataframe(
        pl.DataFrame(speeds),
        hide_index=True,
        height="content",
        placeholder=NOTHING,
        column_config=numbers,
        key=f"card_speeds_{name}",
    )
    st.caption(
        t(
            "Posts a second of real tweets, measured side by side on one machine. ×: how many times as fast as "
            "multilingual-e5-small run the same way, or by its eight bits."
        )
    )


def _made(card: Card) -> None:
    if not card.runs:
        return
    with st.expander(t("How it was made")):
        for run in card.runs:
            st.markdown(plain(run.told))
            st.code(run.command, language="sh", wrap_lines=True)
            if run.settings:
                settings = ", ".join(f"{name} {value}" for name, value in run.settings.items())
                st.caption(plain(t("Settings other than the recipe's: {settings}.", settings=settings)))


def _sources(name: str, card: Card) -> None:
    if not card.sources:
        return
    table = pl.DataFrame(
        {
            t("Source"): [one.name for one in card.sources],
            t("Kind"): [one.kind for one in card.sources],
            t("Rows"): [one.rows or None for one in card.sources],
            t("Languages"): [one.languages or None for one in card.sources],
            t("Share of a batch"): [round(100 * one.share, 1) or None for one in card.sources],
            t("Licence"): [one.licence for one in card.sources],
            t("Credit"): [one.credit for one in card.sources],
        }
    )
    with st.expander(t("What it was made of, and whom that is owed to")):
        formats = {t("Rows"): "localized", t("Share of a batch"): "%.1f %%"}
        columns = {each: st.column_config.NumberColumn(format=form) for each, form in formats.items()}
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            placeholder=NOTHING,
            column_config=columns,
            key=f"card_sources_{name}",
        )
        download(t("Sources (CSV)"), csv_bytes(table), f"{name}-sources.csv", "text/csv", f"card_sources_csv_{name}")


def _cell(row: Score | None) -> str:
    if row is None:
        return NOTHING
    if row.measure in COUNTED:
        return t("{part} of {whole}", part=f"{row.value:.0f}", whole=row.count)
    return f"{row.value:.3f} ({row.low:.3f}–{row.high:.3f})"


def _title(name: str) -> str:
    return ENCODERS[name].title if name in ENCODERS else name
