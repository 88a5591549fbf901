"""What every figure shares: the result type, colours that everyone can tell apart, and safe labels."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.words import mark, said, spoken, t
from ctse_core.words import number as written

if TYPE_CHECKING:  # plotly is imported where a figure is drawn, never before
    import plotly.graph_objects as go

PALETTE = ("#4c5ab7", "#c1703b", "#2ba575", "#984189", "#b69000", "#8b54ff", "#b92942")
"""Seven colours: contrast at least 3 to 1 on white and on near-black, and at least 20 CIELAB units apart for
people with normal sight, protanopia, deuteranopia and tritanopia (checked by a test)."""
SYMBOLS = ("circle", "diamond", "square")
QUIET = "#8595a0"
FAINT = "rgba(128,128,128,0.35)"
GRID = "rgba(128,128,128,0.25)"
INK = "#7a7a7a"  # readable on white and on near-black alike, for pages that set no colour of their own
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Naskh Arabic', sans-serif"

TOOL_BAR = 32  # pixels at the top that belong to plotly's tool bar alone
LEGEND = 28  # pixels between the tool bar and the drawing, where a legend stands

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]+")


@dataclass(frozen=True)
class Figure:
    """One figure three ways: ``plot`` to see, ``table`` to read the same numbers, ``summary`` to hear.

    ``title``: a few words for a heading; the plot itself bears none. Where a click chooses posts, ``field`` names
    the field of the filter, and ``bins`` what each row of the table stands for in it ("" for nothing), as in the
    ids of the bars.
    """

    plot: go.Figure
    table: pl.DataFrame
    summary: str
    title: str = ""
    field: str = ""
    bins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bars:
    """What bars stand for when they are clicked: an id each, and whether each is among the chosen ones."""

    ids: Sequence[str]
    chosen: Sequence[bool]


NOT_CHOSEN = 0.32  # opacity of bars beside the chosen ones
SEE_THROUGH = "rgba(0,0,0,0)"


def bin_id(value: object) -> str:
    """Return what a bar stands for as an id that a click brings back: a list of values, or times."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def blank(height: int = 320) -> go.Figure:
    """Return an empty plot in the house style: transparent, quiet grid, no title (the page says it).

    ``height``: pixels. Colours of text live in the template, so that a page's own theme may replace them.
    """
    import plotly.graph_objects as go

    # Checking the template's names takes longer than drawing: they are checked by a test, once.
    plot = go.Figure(layout=_layout(height), _validate=False)
    if spoken() in ("es", "fr"):
        plot.update_layout(separators=",\u202f")  # what stands before decimals, then between thousands
    return plot


def _layout(height: int) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "gridcolor": GRID, "linecolor": GRID, "zeroline": False, "automargin": True, "ticks": "",
        "title": {"font": {"size": 12}},
    }  # fmt: skip
    template = {
        "layout": {
            "font": {"family": FONT, "size": 13, "color": INK},
            "paper_bgcolor": SEE_THROUGH,
            "plot_bgcolor": SEE_THROUGH,
            "colorway": list(PALETTE),
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"align": "left", "font": {"family": FONT}},
            "legend": {
                "orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0,
                "itemsizing": "constant", "traceorder": "normal",
            },
            "modebar": {"bgcolor": SEE_THROUGH, "color": QUIET, "activecolor": PALETTE[0]},
        }
    }  # fmt: skip
    return {
        "template": template,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": TOOL_BAR, "b": 8},
        "paper_bgcolor": SEE_THROUGH,
        "plot_bgcolor": SEE_THROUGH,
        "bargap": 0.12,
    }


def with_legend(plot: go.Figure, shown: bool) -> None:
    """Show the legend in a line of its own under the tool bar, or none; the drawing keeps its height."""
    plot.update_layout(showlegend=shown)
    if shown:
        height = plot.layout.height + LEGEND
        plot.update_layout(margin={"t": TOOL_BAR + LEGEND}, height=height)
        # From the figure's own edges, for beside long names the drawing is too narrow for a line of legend.
        place = {"xref": "container", "x": 0.01, "yref": "container", "y": 1 - TOOL_BAR / height, "yanchor": "top"}
        plot.update_layout(legend=place)


def nothing(sentence: str, columns: dict[str, Any], title: str = "") -> Figure:
    """Return a figure that says in one sentence why there is nothing to draw."""
    plot = blank(140)
    plot.update_xaxes(visible=False)
    plot.update_yaxes(visible=False)
    plot.add_annotation(text=label(sentence, 200), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    return Figure(plot, pl.DataFrame(schema=columns), sentence, title)


def shorten(text: str, length: int) -> str:
    """Return ``text`` on one line, without control and direction characters, at most ``length`` characters.

    Never cuts between a letter and its combining marks, nor inside a joined emoji.
    """
    line = " ".join(_CONTROLS.sub(" ", text).split())
    if len(line) <= length:
        return line
    return line[: _between_letters(line, length - 1)].rstrip() + "…"


def _between_letters(line: str, end: int) -> int:
    """Return the last place up to ``end``, at least 1, where no letter and no joined emoji is cut in two."""
    end = max(1, end)
    while end > 1 and (unicodedata.category(line[end])[0] == "M" or "\u200d" in (line[end], line[end - 1])):
        end -= 1
    return end


def letter_width(letter: str) -> float:
    """Return about how many Latin letters wide ``letter`` is drawn: 0 for marks above or below, 2 for Chinese."""
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 2.0
    return 1.5 if any(first <= letter <= last for first, last in BROAD) else 1.0


BROAD = (("\u0b80", "\u0dff"), ("\u1000", "\u109f"), ("\u1200", "\u139f"), ("\u1780", "\u17ff"))
"""Tamil to Sinhala, Burmese, Ethiopic, Khmer: letters half as wide again as Latin ones."""


def text_width(text: str) -> float:
    """Return about how many Latin letters wide ``text`` is drawn."""
    return sum(map(letter_width, text))


def fitted(text: str, width: float) -> str:
    """Return ``text`` on one line, cut at its end where it is wider than ``width`` Latin letters."""
    line = shorten(text, 1000)
    if text_width(line) <= width:
        return line
    return line[: _fitting(line, width - 1)].rstrip(" …·,;:-") + "…"


def _fitting(line: str, width: float) -> int:
    """Return how many characters of ``line`` are no wider than ``width`` (at least one, no letter cut in two)."""
    taken = 0.0
    for end, letter in enumerate(line):
        taken += letter_width(letter)
        if taken > width:
            return _between_letters(line, end)
    return len(line)


def tick(text: str, width: float = 38) -> str:
    """Return a label for an axis: cut at its end to ``width``, escaped, its own direction kept.

    Without a direction of its own, the "…" of an Arabic label would stand at its beginning.
    """
    return f"\u2068{html.escape(fitted(text, width), quote=False)}\u2069"


def wrapped(text: str, length: int = 300, width: float = 56) -> str:
    """Return ``text``, at most ``length`` characters, escaped and in lines of at most ``width``, for hovering."""
    rest, lines = shorten(text, length), []
    while rest:
        end = _fitting(rest, width)
        blank_at = rest.rfind(" ", 1, end + 1) if end < len(rest) else -1
        end = blank_at if blank_at > 0 else end
        lines.append(f"\u2068{html.escape(rest[:end], quote=False)}\u2069")
        rest = rest[end:].lstrip()
    return "<br>".join(lines)


def label(text: str, length: int = 40) -> str:
    """Return ``text`` as a label that plotly shows literally: shortened, and its HTML subset escaped."""
    return html.escape(shorten(text, length), quote=False)


def isolated(text: str, length: int = 40) -> str:
    """Return a label that keeps its own direction inside a line of another one (for mixed lines)."""
    return f"\u2068{label(text, length)}\u2069"


_COUNTED = {
    "post": mark("{count:,} posts"),
    "topic": mark("{count:,} topics"),
    "language": mark("{count:,} languages"),
    "original": mark("{count:,} originals"),
    "copy": mark("{count:,} copies"),
    "text": mark("{count:,} texts"),
    "point": mark("{count:,} points"),
    "unsorted original": mark("{count:,} unsorted originals"),
}


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 post" or "1,234 posts", nouns that are known in the interface language."""
    if noun in _COUNTED:
        return said(_COUNTED[noun], count=number)
    return f"{written(number)} {noun if number == 1 else plural or noun + 's'}"


def percent(part: float, whole: float) -> str:
    """Return a share in words, its blank unbreakable: "34 %", "under 1 %", "0 %"."""
    share = part / whole if whole else 0.0
    if 0 < share < 0.01:
        return t("under 1\u00a0%")
    if 0.99 < share < 1:
        return t("over 99\u00a0%")
    return f"{100 * share:.0f}\u00a0%"


def horizontal_bars(
    plot: go.Figure,
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[int], Any]],
    bars: Bars | None = None,
) -> None:
    """Draw stacked bars, first name on top; ``series``: (name, values (m,), colour or colours (m,)).

    Bars stand at whole numbers and names are tick labels, so that equal names stay apart and no name is taken
    for a number or a date. Long names are cut at their end beside the bar and whole where the mouse rests.
    With ``bars`` (m,) a click anywhere beside a name chooses, and those that are not chosen stand back.
    """
    import plotly.graph_objects as go

    places, hover = list(range(len(names))), [wrapped(n) for n in names]
    for name, values, colour in series:
        plot.add_trace(
            go.Bar(
                y=places,
                x=list(values),
                name=name,
                orientation="h",
                marker={"color": colour, "line": {"width": 0}},
                customdata=hover,
                hovertemplate=f"%{{customdata}}<br>%{{x:,}} {html.escape(name.lower())}<extra></extra>",
            )
        )
    if bars is not None:
        plot.update_traces(ids=list(bars.ids), marker_opacity=_opacities(bars))
        plot.update_xaxes(fixedrange=True)
        plot.update_yaxes(fixedrange=True)
        totals = [sum(values[place] for _, values, _ in series) for place in places]
        rest = [max(totals, default=0) - total for total in totals]
        said = [f"{name}<br>{written(total)}" for name, total in zip(hover, totals, strict=True)]
        plot.add_trace(target(y=places, x=rest, orientation="h", customdata=said, ids=list(bars.ids)))
    plot.update_layout(barmode="stack", height=70 + 26 * max(3, len(names)), showlegend=False)
    plot.update_yaxes(
        tickvals=places,
        ticktext=[tick(name) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        ticks="outside",
        ticklen=6,
        tickcolor="rgba(0,0,0,0)",
    )
    plot.update_xaxes(rangemode="tozero", tickformat=",d", nticks=6)
    longest = max((sum(values[place] for _, values, _ in series) for place in places), default=0)
    if longest <= 5:  # else whole numbers would stand there twice
        plot.update_xaxes(nticks=0, dtick=1)


def _opacities(bars: Bars) -> list[float]:
    return [1.0 if chosen else NOT_CHOSEN for chosen in bars.chosen]


def target(**bar: Any) -> go.Bar:
    """Return bars that nobody sees, stacked on others, so that short ones can be clicked as easily as long ones."""
    import plotly.graph_objects as go

    return go.Bar(
        marker={"color": SEE_THROUGH, "line": {"width": 0}},
        showlegend=False,
        hovertemplate="%{customdata}<extra></extra>",
        **bar,
    )


def all_or_some(chosen: Sequence[bool]) -> list[bool]:
    """Return which bars are drawn in full: the chosen ones, or all where none is chosen."""
    return list(chosen) if any(chosen) else [True] * len(chosen)
