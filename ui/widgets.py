"""Widgets that several pages share: a figure with its table, settings drawn from a dataclass, downloads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from ctse_core.errors import CtseError
from ctse_core.figures import Figure
from ctse_core.highlight import Reason
from ctse_core.types import Col, Progress
from ctse_core.words import mark, said, t
from ui.picking import filter_mark, picked_chart, picked_table
from ui.post_list import Chosen, Offers, show_posts

PAGE_LENGTH = 20

Settings = TypeVar("Settings")
Why = Callable[[pl.DataFrame], list[Reason]]


def show_figure(figure: Figure, key: str, selectable: bool = False) -> list[int]:
    """Draw a figure with its summary and its table; return the positions of the posts selected on it.

    Where its bars stand for something, a click on one, or a marked row of the table, sets the shared filter.
    """
    selected: list[int] = []
    if figure.title:
        st.markdown(f"**{plain(figure.title)}**")
    config = {"displaylogo": False, "scrollZoom": selectable, "displayModeBar": selectable}
    if selectable:
        event: Any = st.plotly_chart(
            figure.plot, key=key, on_select="rerun", config=config, alt=figure.summary, theme=None
        )
        for point in event.selection.points if event else ():
            data = point.get("customdata")
            if data is not None:
                selected.append(int(data[0] if isinstance(data, (list, tuple)) else data))
    elif figure.bins:
        picked_chart(figure, key, config)
    else:
        st.plotly_chart(figure.plot, key=key, config=config, alt=figure.summary, theme=None)
    st.caption(plain(figure.summary))
    as_table(lambda: _figure_table(figure, f"{key}_table"), key)
    return selected


def as_table(draw: Callable[[], object], key: str) -> None:
    """Draw, folded up, what a figure shows as a table; ``key`` is the figure's own."""
    folded(t("Show as table"), draw, f"{key}_as_table")


def folded(label: str, draw: Callable[[], object], key: str, icon: str | None = None) -> None:
    """Draw an expander, folded up, whose contents ``draw`` makes when it is opened: only it runs again then."""
    _folded(label, draw, key, icon, filter_mark())


@st.fragment
def _folded(label: str, draw: Callable[[], object], key: str, icon: str | None, mark: str) -> None:
    if filter_mark() != mark:  # a row of its table was marked: the whole page counts other posts now
        st.rerun()
    with st.expander(label, icon=icon, key=key, on_change="rerun") as place:
        if not place.open:
            return
        try:
            draw()
        except CtseError as told:  # the page's own boundary is not around a part that runs by itself
            st.error(plain(str(told)), icon=":material/error:")


def _figure_table(figure: Figure, key: str) -> None:
    if figure.bins:
        picked_table(figure, _in_words(figure.table), key)
    else:
        st.dataframe(_in_words(figure.table), hide_index=True, key=key)


_COLUMNS = frozenset(
    {
        mark("period"), mark("start"), mark("originals"), mark("copies"), mark("posts"), mark("code"),
        mark("language"), mark("share"), mark("topic"), mark("unique"), mark("text"), mark("group"), mark("drawn"),
        mark("set"), mark("variant"), mark("encoder"), mark("value"), mark("low"), mark("high"), mark("count"),
        mark("row"), mark("series"), mark("source"), mark("effect"), mark("pairs"), mark("verdict"), mark("amount"),
        mark("runtime"), mark("matching"), mark("place"), mark("tag"), mark("key"),
        mark("need"), mark("urgent"), mark("urgency"), mark("level"),
    }
)  # fmt: skip
"""What columns of figures' tables are called in the code; other columns, topics for one, keep their names."""


def _in_words(table: pl.DataFrame) -> pl.DataFrame:
    """Return a figure's table with its columns called as the interface language does."""
    names = {column: said(column) for column in table.columns if column in _COLUMNS}
    names = {column: name for column, name in names.items() if name not in table.columns}
    return table.rename(names) if len(set(names.values())) == len(names) else table


def told(work: Callable[[Progress], object]) -> None:
    """Do some work and draw its progress while it lasts; what tells nothing draws nothing."""
    place = st.empty()

    def tell(share: float, sentence: str) -> None:
        place.progress(share, text=plain(said(sentence)))

    work(tell)
    place.empty()


def done(work: Callable[[], object]) -> None:
    """Do what a person asked for and draw the page anew; a problem of ours is told where they are."""
    try:
        work()
    except CtseError as told:
        st.error(plain(str(told)))
        return
    st.rerun()


def plain(text: str) -> str:
    """Return ``text`` so that Streamlit's Markdown shows it as it stands."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>~:$" else letter for letter in text)


def paged_posts(
    posts: pl.DataFrame, key: str, why: Why | None = None, topics: bool = True, offers: Offers | None = None
) -> Chosen:
    """Show a long list of posts, a page at a time; ``offers`` is what can be done with them.

    ``why`` gives for the posts that are shown why each was found.
    """
    pages = max(1, -(-posts.height // PAGE_LENGTH))
    number = 1
    if pages > 1:
        number = st.pagination(pages, key=f"{key}_page")
    shown = posts.slice((number - 1) * PAGE_LENGTH, PAGE_LENGTH)
    reasons = why(shown) if why else None
    return show_posts(shown, key=f"{key}_list_{number}", reasons=reasons, topics=topics, offers=offers)


def with_positions(table: pl.DataFrame) -> pl.DataFrame:
    """Return the posts table with the ``position`` column that post lists need."""
    return table.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))


def settings_form(kind: type[Settings], key: str) -> Settings:
    """Draw a form from a settings dataclass and return what was chosen; 0 means "follows from the posts"."""
    values: dict[str, Any] = {}
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]
        label = item.metadata.get("label")
        if not label:
            continue
        values[item.name] = _field(item, said(str(label)), f"{key}_{item.name}")
    return kind(**values)


def _field(item: dataclasses.Field[Any], label: str, key: str) -> Any:
    default, help_ = item.default, said(str(item.metadata.get("help") or "")) or None
    low, high = item.metadata.get("min"), item.metadata.get("max")
    if isinstance(default, bool):
        return st.checkbox(label, default, help=help_, key=key)
    if item.metadata.get("choices"):
        choices = list(item.metadata["choices"])
        return st.selectbox(label, choices, index=choices.index(default), format_func=_choice, help=help_, key=key)
    if isinstance(default, (int, float)):
        kind = type(default)
        return st.number_input(
            label,
            min_value=None if low is None else kind(low),
            max_value=None if high is None else kind(high),
            value=default,
            help=help_,
            key=key,
        )
    return default


def _choice(choice: Any) -> str:
    return said(str(choice))


def download(label: str, make: Callable[[], bytes], file_name: str, mime: str, key: str) -> None:
    """Offer a file that is made when the button is pressed."""
    st.download_button(label, data=make, file_name=file_name, mime=mime, key=key, on_click="ignore")


def csv_bytes(table: pl.DataFrame) -> Callable[[], bytes]:
    """Return what writes the table as CSV for a spreadsheet: byte-order mark, formulas disarmed."""
    from ctse_core.report import disarmed

    return lambda: b"\xef\xbb\xbf" + disarmed(table).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ").encode()


def language_options(table: pl.DataFrame) -> list[str]:
    """Return the languages of the posts, most frequent first."""
    return table.group_by(Col.LANG).len().sort("len", Col.LANG, descending=[True, False])[Col.LANG].to_list()
