"""What people take away: seconds, memory and bytes of each format, and the map file in a browser.

    python -m benchmarks.exports PROJECT [--posts 100000] [--formats csv jsonl viewer] [--browser]

The project's posts as screens show them, with needs, places, states and masking, which are made before the clock runs.
``--posts`` draws so many of them at random, each with an id and a place on the map of its own and its words in another
order, so that copies do not pack better than posts do. Each format is written by a process of its own: processor
seconds of the writing, and the most memory of that process, in which the analysis is loaded. Beside them bare polars
(CSV, JSONL, Parquet, XLSX of the same table, no hardening) and plotly's own page of the map with 300 letters a post.
``--browser`` opens the map file and that page from the disk in headless Chromium without a network: milliseconds until
it can be used, and from a word that is typed to the posts that hold it. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

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
        figure.plot.write_html(path, include_plotlyjs=True)
    return [path]


BARE = ("csv", "jsonl", "parquet", "xlsx", "viewer")


@dataclasses.dataclass(frozen=True)
class Task:
    """One writing: the project, how many posts, the format, whether bare, and where to."""

    project: Path
    posts: int
    kind: str
    bare: bool
    folder: Path


def analysis_of(project: Path, posts: int) -> Analysis:
    """Return what files are made of, enlarged to ``posts`` (0: as it is)."""
    known = Project(project)
    analysis = taken_away(edited(load_analysis(known), known), known)
    return enlarged(analysis, posts) if posts else analysis


def measured(task: Task) -> tuple[float, float, dict[str, int]]:
    """Return processor seconds, the process's most memory (MB) and the bytes of each file of one writing."""
    # Not a fork: the threads of the table library would not come along.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_written, (task,))


def _written(task: Task) -> tuple[float, float, dict[str, int]]:
    analysis = analysis_of(task.project, task.posts)
    start = time.process_time()
    paths = bare(analysis, task.kind, task.folder) if task.bare else write_report(analysis, task.folder, (task.kind,))
    took = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return took, memory, {path.name: path.stat().st_size for path in paths}


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


def report(project: Path, posts: int, formats: Sequence[str], browser: bool) -> None:
    """Print the table."""
    print(
        "| format | processor seconds | memory, MB | files, MB | bare: seconds | MB |\n|---|---:|---:|---:|---:|---:|"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in formats:
            took, memory, sizes = measured(Task(project, posts, kind, False, folder))
            main, rest = next(iter(sizes.values())), sum(list(sizes.values())[1:])
            size = f"{main / 1e6:.2f}" + (f" + {rest / 1e6:.2f}" if rest else "")
            beside = "| |"
            if kind in BARE:
                plain, _, plain_sizes = measured(Task(project, posts, kind, True, folder))
                beside = f"{plain:.2f} | {sum(plain_sizes.values()) / 1e6:.2f} |"
            print(f"| {kind} | {took:.2f} | {memory:.0f} | {size} | {beside}", flush=True)
        if browser and (folder / "viewer.html").is_file():
            shown, answered, asked = opened(folder / "viewer.html", "html[data-ready]", word=True)
            print(f"\nviewer.html in Chromium: {shown:.0f} ms until it can be used, {answered:.0f} ms from a word to")
            print(f"its posts (160 of them wait for further letters), {asked} requests.")
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
    start = time.perf_counter()
    analysis = analysis_of(asked.project, asked.posts)
    took = time.perf_counter() - start
    print(f"{analysis.table.height:,} posts, {analysis.table.width} columns, opened and masked in {took:.1f} s\n")
    report(asked.project, asked.posts, asked.formats, asked.browser)


if __name__ == "__main__":
    main()
