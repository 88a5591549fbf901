"""The tables of a run as a person reads them: Markdown, and one HTML file that needs nothing else."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from train.evaluate.table import MEAN

HEADLINES = ("matching", "encoding", "messages_ndcg", "sts", "topics_knn", "drift")
"""The measure that is told language by language, the first that a set has."""
WORDS = {
    "matching": "matching",
    "matching_to": "English → language",
    "matching_from": "language → English",
    "matching_weakest10": "ten weakest",
    "matching_at_095": "languages at 0.95",
    "matching_49": "the 49 shared",
    "matching_at_095_of_49": "of the 49 at 0.95",
    "encoding": "encoding",
    "encoding_margin": "class margin",
    "encoding_knn": "kNN in the event",
    "encoding_across": "kNN across events",
    "encoding_v": "V-measure",
    "encoding_ndcg": "nDCG@10",
    "messages_ndcg": "nDCG@10",
    "sts": "Spearman",
    "topics_margin": "topic margin",
    "topics_knn": "kNN across languages",
    "topics_v": "V-measure",
    "drift": "drift ranked rightly",
    "drift_ratio": "drift ratio",
}
_MAIN_VARIANTS = ("cosine", "all")
_LEFT_TO_THE_CSV = ("matching_to", "matching_from", "matching_at_095", "matching_at_095_of_49")
_COUNTED = ("matching_at_095", "matching_at_095_of_49")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: Canvas; }
thead th { vertical-align: bottom; border-bottom: 2px solid #888; }
td small { opacity: .7; }
td.best { font-weight: 700; }
"""

Row = list[str]


def tables_of(scores: pl.DataFrame, differences: pl.DataFrame) -> list[tuple[str, Row, list[Row]]]:
    """Return each table as (title, heads, rows of cells): per set all measures, then its headline by language."""
    encoders = list(dict.fromkeys(scores["encoder"]))
    made = []
    for name in dict.fromkeys(scores["set"]):
        part = scores.filter(pl.col("set") == name)
        made.append(_overall(name, part, encoders, main=True))
        headline = next((measure for measure in HEADLINES if measure in set(part["measure"])), "")
        if headline:
            made.append(_by_language(name, headline, part, encoders))
        made.append(_overall(name, part, encoders, main=False))
    if differences.height:
        made.append(_against(differences))
    return [table for table in made if table[2]]


def plain_command(words: Sequence[str]) -> str:
    """Return a command as one would type it, without the folders of this machine: the page may be passed on."""
    return shlex.join(_shortened(word) for word in words)


def _shortened(word: str) -> str:
    named, path = re.fullmatch(r"((?:[\w .+-]+=)?)(.*)", word, re.DOTALL).groups()  # type: ignore[union-attr]
    folder = path.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", path)
    return named + re.split(r"[\\/]", path.rstrip("\\/"))[-1] if folder else word


def markdown(scores: pl.DataFrame, differences: pl.DataFrame, command: str, notes: Sequence[str]) -> str:
    """Return the tables as Markdown, with the command that made them and what went wrong."""
    parts = ["# What the encoders are worth", f"Made by `{command}`."] if command else ["# What the encoders are worth"]
    parts += [f"- {note}" for note in notes]
    for title, heads, rows in tables_of(scores, differences):
        lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
        parts += [f"## {title}", "\n".join([*lines, *(f"| {' | '.join(_barred(row))} |" for row in rows)])]
    return "\n\n".join(parts) + "\n"


def html_page(scores: pl.DataFrame, differences: pl.DataFrame, command: str, notes: Sequence[str]) -> str:
    """Return the same as one HTML page without scripts, links or anything to fetch."""
    body = ["<h1>What the encoders are worth</h1>"]
    if command:
        body.append(f"<p>Made by <code>{html.escape(command)}</code>.</p>")
    body.append("<p>Small figures are 95 % intervals; the best of each row or column of figures is bold.</p>")
    if notes:
        body.append(f"<ul>{''.join(f'<li>{html.escape(note)}</li>' for note in notes)}</ul>")
    for title, heads, rows in tables_of(scores, differences):
        head = "".join(f"<th>{html.escape(word)}</th>" for word in heads)
        cells = "".join(f"<tr>{''.join(_html_cell(cell) for cell in row)}</tr>" for row in rows)
        body.append(
            f'<h2>{html.escape(title)}</h2><div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{cells}</tbody></table></div>"
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What the encoders are worth</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'\"><style>{_STYLE}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def write_pages(
    folder: Path, scores: pl.DataFrame, differences: pl.DataFrame, command: str = "", notes: Sequence[str] = ()
) -> list[Path]:
    """Write scores.md, scores.html and, for several encoders, differences.csv; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "scores.md": markdown(scores, differences, command, notes),
        "scores.html": html_page(scores, differences, command, notes),
    }
    if differences.height:
        texts["differences.csv"] = differences.write_csv(float_precision=6)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _overall(name: str, part: pl.DataFrame, encoders: list[str], main: bool) -> tuple[str, Row, list[Row]]:
    means = part.filter((pl.col("lang") == MEAN) & (pl.col("variant").is_in(_MAIN_VARIANTS) == main))
    columns = list(dict.fromkeys(means.select("measure", "variant").iter_rows()))
    if not main:
        columns = [column for column in columns if column[0] not in _LEFT_TO_THE_CSV]
    columns.sort(key=lambda column: (list(WORDS).index(column[0]) if column[0] in WORDS else 99, column[1]))
    found = {(row["encoder"], row["measure"], row["variant"]): row for row in means.iter_rows(named=True)}
    rows = []
    for encoder in encoders:
        cells = [
            _cell(found.get((encoder, *each)), [found.get((other, *each)) for other in encoders]) for each in columns
        ]
        rows.append([encoder, *cells])
    title = f"{name}, all languages" if main else f"{name}, other ways to count"
    return title, ["encoder", *(_head(*column) for column in columns)], rows if columns else []


def _by_language(name: str, measure: str, part: pl.DataFrame, encoders: list[str]) -> tuple[str, Row, list[Row]]:
    variants = list(dict.fromkeys(part.filter(pl.col("measure") == measure)["variant"]))
    variant = next((each for each in _MAIN_VARIANTS if each in variants), variants[0])
    found = {
        (row["lang"], row["encoder"]): row
        for row in part.filter((pl.col("measure") == measure) & (pl.col("variant") == variant)).iter_rows(named=True)
    }
    langs = sorted({lang for lang, _ in found} - {MEAN})
    rows = []
    for lang in [MEAN, *langs]:
        here = [found.get((lang, encoder)) for encoder in encoders]
        count = max((row["count"] for row in here if row), default=0)
        rows.append([lang or "mean", f"{count:,}", *(_cell(row, here) for row in here)])
    return f"{name}, {WORDS.get(measure, measure)} by language", ["language", "count", *encoders], rows


def _against(differences: pl.DataFrame) -> tuple[str, Row, list[Row]]:
    whole = (pl.col("lang") == MEAN) | (pl.col("measure") == "encoding")
    main = pl.col("variant").is_in([*_MAIN_VARIANTS, "scaled"]) & ~pl.col("measure").is_in(
        ["matching_to", "matching_from"]
    )
    shown = differences.filter(whole & main)
    rows = [
        [
            row["encoder"],
            row["set"],
            _head(row["measure"], row["variant"]),
            row["lang"] or "mean",
            f"{row['difference']:+.3f}",
            f"{row['low']:+.3f} to {row['high']:+.3f}",
            f"{row['better_in']} of {row['groups']}" if row["groups"] else "",
            row["verdict"],
        ]
        for row in shown.iter_rows(named=True)
    ]
    title = f"Against {differences['against'][0]}"
    return title, ["encoder", "set", "measure", "language", "difference", "95 %", "better in", "verdict"], rows


def _head(measure: str, variant: str) -> str:
    return WORDS.get(measure, measure) + ("" if variant in ("cosine", "all", "") else f" ({variant})")


def _cell(row: dict | None, all_of_them: list[dict | None]) -> str:
    if row is None:
        return ""
    values = [each["value"] for each in all_of_them if each]
    best = max(values) == row["value"] and values.count(row["value"]) < len(values)
    if row["measure"] in _COUNTED:
        text = f"{row['value']:.0f} of {row['count']}"
    else:
        text = f"{row['value']:.3f} ({row['low']:.3f}–{row['high']:.3f})"
    return f"**{text}**" if best else text


def _barred(row: Row) -> Row:
    return [cell.replace("|", "\\|") for cell in row]


def _html_cell(cell: str) -> str:
    best = cell.startswith("**") and cell.endswith("**") and len(cell) > 4
    text = html.escape(cell.strip("*") if best else cell)
    if best or text[:1].isdigit():
        figure, bracket, rest = text.partition(" (")
        text = f"{figure} <small>({rest}</small>" if bracket else text
    return f'<td class="best">{text}</td>' if best else f"<td>{text}</td>"
