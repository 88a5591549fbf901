"""A card ─▶ the README of an encoder's folder, in Markdown with the head that model hubs read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ctse_core.encoders.card import FAIRLY, WELL, Card, Score
from ctse_core.encoders.own import About
from ctse_core.figures import language_name, measure_words
from train.evaluate.overview import COUNTED, MEASURES, OF_PAIRS, set_title
from train.evaluate.table import MEAN

_RUNTIMES = {"onnx-int8": "ONNX, 8 bits", "static": "token table", "its own": "its own engine"}


def readme(name: str, about: About, card: Card) -> str:
    """Return the model card of the encoder ``name`` to be read by people, ending with a line break."""
    parts = [
        _head(about),
        f"# {about.title or name}",
        about.note,
        _use(name),
        *_worth(name, card),
        *_languages(name, card),
        *_made(card),
        *_sources(card),
        *(["## Mind", *(f"- {note}" for note in card.notes)] if card.notes else []),
        "## Licence",
        f"The weights are under {about.licence}. Data and weights they were made of keep the licences above; no text "
        "of them is passed on.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(about: About) -> str:
    codes = "\n".join(f"- {code}" for code in about.languages)
    return (
        f"---\nlicense: {about.licence.lower()}\nlanguage:\n{codes}\npipeline_tag: sentence-similarity\n"
        "tags:\n- sentence-similarity\n- crisis\n---"
    )


def _use(name: str) -> str:
    return (
        f'## Use\n\nCTSE opens this folder as it is, offline, under its name: `load_encoder("{name}")`. Its matrices '
        "are kept in eight bits, its token vectors in four; for sentence-transformers write them out once:\n\n"
        f"```sh\npython -m ctse_core export-encoder {name} {name}-plain\n```\n\n"
        f'Then `SentenceTransformer("{name}-plain")`. Texts need no prefix. Compare vectors by cosine.'
    )


def _worth(name: str, card: Card) -> list[str]:
    whole = [row for row in card.scores if row.lang == MEAN]
    encoders = [name, *dict.fromkeys(row.encoder for row in whole if row.encoder != name)]
    rows = []
    for measure, _, heading in MEASURES:
        for each in dict.fromkeys(row.set for row in whole if row.measure == measure):
            found = {row.encoder: row for row in whole if (row.measure, row.set) == (measure, each)}
            where = f", {set_title(each)}" if measure in OF_PAIRS else ""
            rows.append([f"{heading}{where}", *(_cell(found.get(encoder)) for encoder in encoders)])
    parts = []
    if rows:
        parts += ["## What it is worth", _table(["measure", *encoders], rows)]
        parts.append(
            f"Matching: {measure_words('matching')[1]}, the mean of both directions and of all languages. In brackets "
            "95 % intervals. Every set is a development set: no figure here is of a set that is kept for the end."
        )
    if card.speeds:
        speeds = [
            [one.encoder, _RUNTIMES.get(one.runtime, one.runtime), f"{one.posts_per_second:,.0f}",
             f"{one.ratio:.2f}" if one.ratio else ""] for one in card.speeds
        ]  # fmt: skip
        parts.append(_table(["encoder", "runtime", "posts a second", "times multilingual-e5-small"], speeds))
    if card.sizes:
        parts.append(f"Size: {card.sizes_told}.")
    return parts


def _languages(name: str, card: Card) -> list[str]:
    if not card.service:
        return []
    own = {(row.lang, row.set): row for row in card.scores if row.encoder == name and row.lang != MEAN}
    sets = list(dict.fromkeys(each for _, each in own))
    rows = [
        [f"{language_name(code)} ({code})", *(_cell(own.get((code, each))) for each in sets)]
        for code in card.served()
    ]  # fmt: skip
    parts = [
        "## Languages",
        f"Well served (matching of {WELL:g} or more): {len(card.served(WELL))} of {len(card.service)}.",
    ]
    for told, codes in (("Fairly", card.served(FAIRLY, WELL)), ("Poorly", card.served(below=FAIRLY))):
        if codes:
            bound = f"{FAIRLY:g} to {WELL:g}" if told == "Fairly" else f"under {FAIRLY:g}"
            # Cut, not rounded: 0.949 is not well served, and should not read as if it were.
            named = [
                f"{language_name(code)} {math.floor(100 * card.service[code].matching) / 100:.2f}" for code in codes
            ]
            parts.append(f"{told} served ({bound}): {', '.join(named)}.")
    return [*parts, _table(["language", *map(set_title, sets)], rows)]


def _made(card: Card) -> list[str]:
    parts = ["## How it was made"] if card.runs else []
    for run in card.runs:
        parts += [run.told, f"```sh\n{run.command}\n```"]
        if run.settings:
            parts.append("Settings: " + ", ".join(f"{name} {value}" for name, value in run.settings.items()) + ".")
    return parts


def _sources(card: Card) -> list[str]:
    rows = [
        [one.name, one.kind, f"{one.rows:,}" if one.rows else "", str(one.languages or ""),
         f"{one.share:.1%}" if one.share else "", one.licence, one.credit] for one in card.sources
    ]  # fmt: skip
    heads = ["source", "kind", "rows", "languages", "share of a batch", "licence", "credit"]
    return ["## What it was made of", _table(heads, rows)] if rows else []


def _cell(row: Score | None) -> str:
    if row is None:
        return "–"
    if row.measure in COUNTED:
        return f"{row.value:.0f} of {row.count}"
    return f"{row.value:.3f} ({row.low:.3f}–{row.high:.3f})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
