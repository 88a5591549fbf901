"""The map of places and the table of needs: what 100,000 posts cost the server, 30,000 places the browser.

``python -m benchmarks.where --posts 100000 --places 30000`` makes posts that speak of invented places around the
world, counts them as the page does (processor milliseconds), and draws the map in Chromium without a GPU
(``--no-browser`` leaves that out).
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.figures.ages import ages_of
from ctse_core.figures.map_files import script
from ctse_core.figures.map_payload import part
from ctse_core.figures.need_picture import still_needs
from ctse_core.figures.need_place import need_place
from ctse_core.figures.place_map import place_map
from ctse_core.figures.place_marks import place_marks
from ctse_core.figures.place_picture import still_places
from ctse_core.figures.shapes import outlines
from ui.need_matrix.component import description as told_cells
from ui.where_map.component import SCRIPTS, description

MAP = Path(__file__).resolve().parents[1] / "ui" / "where_map"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
NEEDS = [f"need {number}" for number in range(25)]


def made(posts: int, places: int, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return posts that speak of places, three in four of them, and the places, in 40 countries of 12 regions."""
    rng = np.random.default_rng(seed)
    region = rng.integers(0, 480, places)
    known = pl.DataFrame(
        {
            "key": [f"g{number}" for number in range(places)],
            "name": [f"Place {number}" for number in range(places)],
            "kind": "town",
            "country": [f"{chr(65 + one // 12 % 26)}{chr(65 + one // 12 // 26)}" for one in region],
            "region": [f"{one % 12:02d}" for one in region],
            "lat": rng.uniform(-50, 65, places),
            "lon": rng.uniform(-170, 175, places),
            "population": 1000,
        }
    )
    wide = known.select("country", "region").unique(maintain_order=True)
    regions = wide.with_columns(pl.format("a{}.{}", "country", "region").alias("key"), kind=pl.lit("region"))
    countries = wide.select("country").unique(maintain_order=True)
    countries = countries.with_columns(pl.format("c{}", "country").alias("key"), kind=pl.lit("country"))
    all_places = pl.concat([known, regions, countries], how="diagonal").with_columns(
        pl.col("name").fill_null(pl.col("key"))
    )
    at = (places * rng.random(posts) ** 3).astype(int)
    town = known[at]
    within = pl.concat_list("key", pl.format("a{}.{}", "country", "region"), pl.format("c{}", "country"))
    empty = pl.Series([[]], dtype=pl.List(pl.Utf8)).new_from_index(0, posts)
    told = pl.Series(rng.random(posts) < 0.75)
    needs = [[NEEDS[int(25 * one**2)], NEEDS[int(25 * other)]][:many] for one, other, many in zip(
        rng.random(posts), rng.random(posts), rng.integers(0, 3, posts), strict=True)]  # fmt: skip
    table = pl.DataFrame(
        {
            "within": town.select(within.alias("within"))["within"].zip_with(told, empty),
            "needs": pl.Series(needs, dtype=pl.List(pl.Utf8)),
            "urgency": pl.Series(rng.choice(4, posts, p=[0.5, 0.3, 0.15, 0.05]), dtype=pl.Int8),
            "time": pl.Series(1_700_000_000_000_000 + rng.integers(0, 10**12, posts)).cast(pl.Datetime("us", "UTC")),
            "state": pl.Series(rng.choice(["new", "seen"], posts)),
        }
    )
    return table, all_places


def milliseconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median of five runs (processor time) after one to warm up, and what the last one returned."""
    took = []
    for _ in range(6):
        began = time.process_time()
        done = work()
        took.append(1000 * (time.process_time() - began))
    return float(np.median(took[1:])), done


def server(table: pl.DataFrame, places: pl.DataFrame) -> Any:
    """Print what the page's work takes on the server, and return the map of towns."""
    names = {need: need for need in NEEDS}
    ages = ages_of(table)
    towns = None
    for level in ("town", "region", "country"):
        counting, drawn = milliseconds(lambda: place_map(place_marks(table, places, level), "need", ages, names))  # noqa: B023
        shapes = outlines(drawn.rows.select("lon", "lat").to_numpy())
        telling, told = milliseconds(lambda: json.dumps(description(drawn, shapes)))  # noqa: B023
        matrix, cells = milliseconds(lambda: need_place(table, places, level, names))  # noqa: B023
        cells_told, sent = milliseconds(lambda: json.dumps(told_cells(cells, ages, "newest")))  # noqa: B023
        print(
            f"{level:8} {drawn.rows.height:6,} marks: counted {counting:5.0f} ms, told {telling:4.0f} ms, "
            f"{len(told) / 1e6:.2f} MB; table {matrix:4.0f} ms, told {cells_told:3.0f} ms, {len(sent) / 1e3:.0f} kB"
        )
        towns = towns or drawn
        if level == "town":
            still, written = milliseconds(lambda: still_places(drawn))  # noqa: B023
            table_still, table_written = milliseconds(lambda: still_needs(cells, ages))  # noqa: B023
            print(
                f"  as pictures: {still:.0f} ms, {len(written) / 1e3:.0f} kB; {table_still:.0f} ms, "
                f"{len(table_written) / 1e3:.0f} kB"
            )
    return towns


def page_of(drawn: Any) -> tuple[str, list[str], dict[str, Any]]:
    """Return a page that draws the map by itself, the arrays as base64, and the description."""
    shapes = outlines(drawn.rows.select("lon", "lat").to_numpy())
    arrays = {
        "points": shapes.points.astype("<f4"),
        "starts": shapes.starts.astype("<i4"),
        "country": shapes.country.astype("<i2"),
    }
    parts = {name: part(array.tobytes()) for name, array in arrays.items()}
    data = description(drawn, shapes) | {"prints": {name: one.print for name, one in parts.items()}}
    own = "\n".join((MAP / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    code = f"{script(('arrays',))}\n{own}".replace("export default function", "window.draw = function")
    html, css = ((MAP / f"where.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    page = (
        f"<style>{css} body {{ width: 970px; color: #222 }}</style><div id=p>{html}</div><script type=module>{code}\n"
    )
    page += "window.receive = receive; window.ready = true;</script>"
    messages = [base64.b64encode(one.message).decode() for one in parts.values()]
    return page, messages, data | {"chosen": [], "view_key": "benchmark"}


MEASURE = """async ([messages, data]) => {
  for (const text of messages) receive(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)));
  const root = document.querySelector(".where");
  const began = performance.now();
  draw({ data, parentElement: document.querySelector("#p"), setTriggerValue: () => {} });
  const frame = () => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
  const drawn = async () => (await frame(), Number(root.dataset.cost));
  const first = await drawn();
  const opened = performance.now() - began;
  const stage = root.querySelector(".stage");
  const press = (key) => stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const pan = [], zoom = [];
  for (let i = 0; i < 12; i += 1) { press(i % 2 ? "ArrowLeft" : "ArrowRight"); pan.push(await drawn()); }
  for (const key of ["+", "+", "+", "+", "-", "-", "-", "-"]) { press(key); zoom.push(await drawn()); }
  return { opened, first, pan, zoom, marks: Number(root.dataset.marks), shown: Number(root.dataset.shown) };
}"""


def browser(drawn: Any) -> None:
    """Print what drawing takes in Chromium without a GPU."""
    from playwright.sync_api import sync_playwright

    page_text, messages, data = page_of(drawn)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1000, "height": 700})
        page.set_content(page_text)
        page.wait_for_function("window.ready")
        found = page.evaluate(MEASURE, [messages, data])
        chromium.close()
    sent = sum(map(len, messages)) * 3 / 4 / 1e6
    pan, zoom = (np.percentile(found[name], [50, 95]) for name in ("pan", "zoom"))
    print(
        f"in Chromium: outlines {sent:.2f} MB once; opened in {found['opened']:.0f} ms, {found['shown']} of "
        f"{found['marks']} merged marks in view; a step of panning {pan[0]:.0f} ms (p95 {pan[1]:.0f}), of zooming "
        f"{zoom[0]:.0f} ms (p95 {zoom[1]:.0f})"
    )


def main() -> None:
    """Run the measurements that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--places", type=int, default=30_000)
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    towns = server(*made(asked.posts, asked.places))
    if not asked.no_browser:
        browser(towns)


if __name__ == "__main__":
    main()
