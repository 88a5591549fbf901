"""What people take away: seconds, memory and bytes of each format, and the map file in a browser.

    python -m benchmarks.exports PROJECT [--posts 100000] [--formats csv jsonl viewer] [--browser]

The project's posts as screens show them, with needs, places, states and masking, which are made before the clock runs.
``--posts`` draws so many of them at random, each with an id and a place on the map of its own and its words in another
order, so that copies do not pack better than posts do. Each format is written by a process of its own; its memory is
what that process took above what it had with the analysis loaded. Beside them bare polars (CSV, JSONL, Parquet, XLSX of
the same table, no hardening) and plotly's own page of the same map with the posts' texts. ``--browser`` opens the map
file and that page from the disk in headless Chromium without a network: milliseconds until it can be used, and from a
word that is typed to the posts that hold it. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.crisis_layer import Layer
from ctse_core.edited import edited
from ctse_core.masked import taken_away
from ctse_core.project import Project
from ctse_core.report import FORMATS, write_report
from ctse_core.report.cells import flattened
from ctse_core.stored import Analysis, load_analysis
from ctse_core.types import Col

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
WORD = "water"


def enlarged(analysis: Analysis, posts: int, seed: int = 3) -> Analysis:
    """Return an analysis of ``posts`` posts drawn from another: originals only, words in another order."""
    rng = np.random.default_rng(seed)
    originals = analysis.table.with_row_index("was").filter(pl.col(Col.DUPLICATE_OF).is_null())
    table = originals[rng.integers(0, originals.height, posts)]
    texts = [" ".join(rng.permutation(str(text).split())) for text in table[Col.TEXT]]
    jitter = rng.normal(0, 0.05, (posts, 2)).astype(np.float32)
    changed = table.with_columns(
        pl.Series(Col.TEXT, texts),
        pl.Series(Col.POST_ID, [str(10**18 + row) for row in range(posts)]),
        pl.Series(Col.REPRESENTATIVE, np.arange(posts, dtype=np.int64)),
        pl.lit(1, table.schema[Col.COPIES]).alias(Col.COPIES),
        (pl.col(Col.X) + jitter[:, 0]).alias(Col.X),
        (pl.col(Col.Y) + jitter[:, 1]).alias(Col.Y),
    )
    return dataclasses.replace(analysis, table=changed.drop("was"), crisis=_followed(analysis.crisis, changed["was"]))


def _followed(layer: Layer | None, was: pl.Series) -> Layer | None:
    """Return the layer with the places read in posts at where the posts now are."""
    if layer is None:
        return None
    here = pl.DataFrame({"was": was.cast(pl.Int64), "here": pl.int_range(len(was), dtype=pl.Int64, eager=True)})
    mentions = here.join(layer.mentions, left_on="was", right_on="position", how="inner", maintain_order="left")
    mentions = mentions.rename({"here": "position"}).select(layer.mentions.columns)
    return dataclasses.replace(layer, mentions=mentions)


def bare(analysis: Analysis, kind: str, folder: Path) -> list[Path]:
    """Write the posts with nothing but the library that the format needs."""
    path = folder / f"bare.{kind}"
    if kind == "csv":
        flattened(analysis.table).write_csv(path)
    elif kind == "jsonl":
        analysis.table.write_ndjson(path)
    elif kind == "parquet":
        analysis.table.write_parquet(path, compression="zstd")
    elif kind == "xlsx":
        flattened(analysis.table).write_excel(path)
    else:
        from ctse_core.figures import semantic_map

        figure = semantic_map(analysis.table, analysis.topics, limit=10**9, drag="pan")
        path = folder / "plotly.html"
        figure.plot.update_traces(hovertext=None)
        figure.plot.write_html(path, include_plotlyjs=True)
    return [path]


BARE = ("csv", "jsonl", "parquet", "xlsx", "viewer")


def measured(write: Callable[[Path], list[Path]], keep: Path) -> tuple[float, float, dict[str, int]]:
    """Return seconds, megabytes of memory and the bytes of each file of one writing, in a process of its own."""
    context = multiprocessing.get_context("fork")  # the analysis is there without being loaded again
    answers: Queue[Any] = context.Queue()

    def work() -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        paths = write(keep)
        took = time.perf_counter() - start
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        answers.put((took, more / 1024, {path.name: path.stat().st_size for path in paths}))

    process = context.Process(target=work)
    process.start()
    answer = answers.get()
    process.join()
    return answer


def opened(page: Path, ready: str, word: bool) -> tuple[float, float, int]:
    """Return milliseconds until ``ready`` is there and from a word to its posts, and how much was asked for."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        tab = browser.new_context(viewport={"width": 1360, "height": 900}, offline=True).new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        start = time.perf_counter()
        tab.goto(page.as_uri(), timeout=240_000)
        tab.locator(ready).first.wait_for(state="attached", timeout=240_000)
        shown, answered = 1000 * (time.perf_counter() - start), float("nan")
        if word:
            tab.wait_for_timeout(1000)
            start = time.perf_counter()
            tab.fill("#words", WORD)
            tab.locator("#posts mark").first.wait_for()
            answered = 1000 * (time.perf_counter() - start)
        browser.close()
    return shown, answered, len([url for url in asked if not url.startswith(("file:", "blob:", "data:"))])


def report(analysis: Analysis, formats: Sequence[str], browser: bool) -> None:
    """Print the table."""
    print(f"{analysis.table.height:,} posts, {analysis.table.width} columns\n")
    print("| format | seconds | memory, MB | files, MB | bare: seconds | MB |\n|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in formats:
            took, memory, sizes = measured(lambda place, kind=kind: write_report(analysis, place, (kind,)), folder)  # type: ignore[misc]
            main, rest = next(iter(sizes.values())), sum(list(sizes.values())[1:])
            size = f"{main / 1e6:.2f}" + (f" + {rest / 1e6:.2f}" if rest else "")
            beside = "| |"
            if kind in BARE:
                plain, _, plain_sizes = measured(lambda place, kind=kind: bare(analysis, kind, place), folder)  # type: ignore[misc]
                beside = f"{plain:.2f} | {sum(plain_sizes.values()) / 1e6:.2f} |"
            print(f"| {kind} | {took:.2f} | {memory:.0f} | {size} | {beside}", flush=True)
        if browser and (folder / "viewer.html").is_file():
            shown, answered, asked = opened(folder / "viewer.html", "html[data-ready]", word=True)
            print(f"\nviewer.html in Chromium: {shown:.0f} ms until it can be used, {answered:.0f} ms from a word to ")
            print(f"its posts (160 of them are the wait for further letters), {asked} requests.")
            shown, _, asked = opened(folder / "plotly.html", ".main-svg", word=False)
            print(f"plotly's page: {shown:.0f} ms, {asked} requests.")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--posts", type=int, default=0)
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=FORMATS)
    parser.add_argument("--browser", action="store_true")
    asked = parser.parse_args()
    project = Project(asked.project)
    start = time.perf_counter()
    analysis = taken_away(edited(load_analysis(project), project), project)
    print(f"Opened and masked in {time.perf_counter() - start:.1f} s.")
    if asked.posts:
        analysis = enlarged(analysis, asked.posts)
    report(analysis, asked.formats, asked.browser)


if __name__ == "__main__":
    main()
