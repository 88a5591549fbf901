"""The map of meaning in a real browser: bytes sent, time to the first picture, frames while dragging.

    python -m benchmarks.map [--posts 10000 100000 1000000] [--renderers canvas webgl] [--plotly 10000 100000]

Invented posts in clusters become projects; the app shows its own Map page in headless Chromium, which has no graphics
card here: "webgl" is one that the processor pretends, "canvas" what the map itself takes on such a machine. The
baseline is plotly's scattergl with the same points in the same run. Prints a Markdown table and ratios: bytes over the
websocket of a first visit and of a filter; milliseconds from the arrival of the points and from the address to the
picture, of frames while dragging (median, 95th percentile), from resting on a point to its text, from Enter on a topic
to the filtered page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.example import open_example
from ctse_core.project import Project
from ctse_core.stored import Analysis, load_analysis, write_analysis
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, TopicCol

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
STEPS = 90  # moves of the mouse while dragging
WORDS = "river bridge water clinic road power tents school rain phone bread market helpers boats fire".split()  # noqa: SIM905
PLAIN = """
from pathlib import Path
import streamlit as st
from ctse_core.figures import semantic_map
from ctse_core.project import Project
from ctse_core.stored import load_analysis

@st.cache_resource
def loaded(folder):
    return load_analysis(Project(Path(folder)))

st.set_page_config(layout="wide")
found = loaded(st.query_params["folder"])
figure = semantic_map(found.table, found.topics, limit=10**9, drag="pan")
st.plotly_chart(figure.plot, key="plain", on_select="rerun", config={"scrollZoom": True}, theme=None)
"""
FRAMES = """() => { window.frames_ = []; let before = performance.now(); window.stop_ = false;
  const tick = (now) => { window.frames_.push(performance.now() - before); before = performance.now();
    if (!window.stop_) requestAnimationFrame(tick); }; requestAnimationFrame(tick); }"""
OURS = "() => [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.map')).find(Boolean)"


@dataclass(frozen=True)
class Measured:
    """One page: bytes of the first visit and of a rerun, milliseconds to the picture, frames while dragging."""

    sent: int
    again: int
    after_arrival: float
    after_navigation: float
    median: float
    p95: float
    read: float  # from the pointer's rest on a point to its text
    answered: float  # from Enter on a topic to the page that is filtered to it


def make_project(folder: Path, example: Analysis, posts: int, topics: int = 60) -> Project:
    """Write a project of invented posts: ``topics`` clusters of very different sizes, a tenth unsorted."""
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.full(topics, 0.7)) * 0.9
    labels = np.sort(rng.choice(topics + 1, posts, p=[*shares, 1 - shares.sum()]))
    rank = np.argsort(np.argsort(-np.bincount(labels, minlength=topics + 1)[:topics], kind="stable"))
    cluster = np.append(rank, UNSORTED)[labels].astype(np.int32)
    middles = rng.uniform(0, 20, (topics + 1, 2))
    spread = rng.uniform(0.25, 1.0, topics + 1)[labels]
    places = middles[labels] + rng.standard_normal((posts, 2)) * spread[:, None]
    loose = cluster == UNSORTED
    places[loose] = rng.uniform(-1, 21, (int(loose.sum()), 2))
    names = [" ".join(rng.choice(WORDS, 2, replace=False)) for _ in range(topics)]
    shuffled = rng.permutation(posts)
    cluster, places = cluster[shuffled], places[shuffled].astype(np.float32)
    seconds = datetime(2026, 3, 1, tzinfo=UTC).timestamp() + rng.uniform(0, 20 * 86400, posts)
    made: dict[str, Any] = {
        Col.ROW: np.arange(1, posts + 1), Col.POST_ID: [f"p{row}" for row in range(posts)],
        Col.TEXT: [f"Post {row} tells of {WORDS[row % 15]} and {WORDS[row % 13]} by the river" for row in range(posts)],
        Col.TIME: (seconds * 1e6).astype(np.int64), Col.REPRESENTATIVE: np.arange(posts),
        Col.LANG: np.array(["en", "es", "ar", "sw", "hi"])[rng.integers(0, 5, posts)], Col.COPIES: np.ones(posts),
        Col.X: places[:, 0], Col.Y: places[:, 1], Col.CLUSTER: cluster, Col.STRENGTH: np.ones(posts),
        Col.TOPIC: np.array([*names, UNSORTED_NAME])[cluster],
    }  # fmt: skip
    empty = {name: [None] * posts for name in example.table.columns if name not in made}
    table = pl.DataFrame(
        {name: pl.Series((made | empty)[name]).cast(kind) for name, kind in example.table.schema.items()}
    )
    rows = _topics(example, cluster, names)
    project = Project(folder)
    folder.mkdir(parents=True)
    (folder / ".ctse").touch()
    analysis = Analysis(
        table, np.zeros((posts, 2), np.float32), rows, example.empty, example.unreadable,
        {**example.manifest, "fingerprint": f"invented-{posts}"}, pl.Series("words", [["post"]] * posts),
        example.neighbours,
    )  # fmt: skip
    write_analysis(analysis, project, [np.asarray(analysis.vectors)])
    return project


def _topics(example: Analysis, cluster: np.ndarray, names: list[str]) -> pl.DataFrame:
    sizes = np.bincount(cluster[cluster >= 0], minlength=len(names))
    first = example.topics.head(1)
    return pl.concat([first] * len(names)).with_columns(
        pl.Series(TopicCol.ID, np.arange(len(names)), dtype=pl.Int32),
        pl.Series(TopicCol.NAME, names),
        pl.Series(TopicCol.SIZE, sizes).cast(first.schema[TopicCol.SIZE]),
        pl.Series(TopicCol.UNIQUE, sizes).cast(first.schema[TopicCol.UNIQUE]),
    )


@contextmanager
def serving(script: Path, home: Path) -> Iterator[str]:
    """Run a Streamlit script on a free port and give its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    environment = {**os.environ, "CTSE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.5)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def visit(browser: Any, address: str, ours: bool, renderer: str = "") -> Measured:
    """Open a page that the server has shown before, and measure it."""
    context = browser.new_context(viewport={"width": 1360, "height": 950})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(f"localStorage.setItem('ctse.map.renderer', '{renderer}')")
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    begin = time.perf_counter()
    page.goto(address)
    shown = f"() => ({OURS})()?.dataset.first" if ours else "() => document.querySelector('.js-plotly-plot .gl-canvas')"
    page.wait_for_function(shown, polling="raf")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    navigated = (time.perf_counter() - begin) * 1000
    page.wait_for_timeout(2500)
    sent = sum(received)
    first = float(page.evaluate(f"() => ({OURS})().dataset.first")) if ours else float("nan")
    frames = dragging(page, ours)
    read = reading(page) if ours else float("nan")
    received.clear()
    answered = filtering(page) if ours else float("nan")
    again = sum(received)
    context.close()
    median, p95 = float(np.median(frames)), float(np.percentile(frames, 95))
    return Measured(sent, again, first, navigated, median, p95, read, answered)


def reading(page: Any) -> float:
    """Rest on points of the middle of the map and return the median milliseconds to their texts."""
    box = page.locator(".stage").bounding_box()
    spent = []
    for place in range(12):
        x = box["x"] + box["width"] * (0.3 + 0.4 * place / 12)
        page.mouse.move(x, box["y"] + box["height"] * 0.55)
        begin = time.perf_counter()
        if not page.locator(".card").is_visible():
            continue
        page.wait_for_function(f"() => ({OURS})().querySelector('.card .text')?.textContent !== '…'", polling="raf")
        spent.append((time.perf_counter() - begin) * 1000)
    return float(np.median(spent)) if spent else float("nan")


def filtering(page: Any) -> float:
    """Filter to the largest topic by the keyboard and return the milliseconds to the page that is filtered to it."""
    page.evaluate(f"() => ({OURS})().querySelector('.stage').focus()")
    page.keyboard.press("n")
    begin = time.perf_counter()
    page.keyboard.press("Enter")
    page.get_by_text("posts selected").first.wait_for()
    answered = (time.perf_counter() - begin) * 1000
    page.wait_for_timeout(2500)
    return answered


def dragging(page: Any, ours: bool) -> np.ndarray:
    """Drag the map about and return the milliseconds of each frame."""
    target = page.locator(".stage" if ours else ".js-plotly-plot .nsewdrag").first
    box = target.bounding_box()
    x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.55
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y)
    page.evaluate(FRAMES)
    for step in range(STEPS):
        angle = step / STEPS * 4 * np.pi
        page.mouse.move(x + 160 * np.sin(angle), y + 90 * (np.cos(angle) - 1))
        page.wait_for_timeout(8)
    frames = page.evaluate("() => { window.stop_ = true; return window.frames_; }")
    page.mouse.up()
    return np.array(frames[1:])


def row(name: str, posts: int, told: Measured) -> str:
    spent = (told.after_arrival, told.after_navigation, told.median, told.p95, told.read, told.answered)
    parts = [f"{told.sent / 1e6:.2f} MB", f"{told.again / 1e6:.2f} MB" if told.again else ""]
    parts += ["" if np.isnan(value) else f"{value:.0f} ms" for value in spent]
    return f"| {name} | {posts:,} | " + " | ".join(parts) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--plotly", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--renderers", nargs="+", default=["canvas", "webgl"], choices=["canvas", "webgl"])
    chosen = parser.parse_args()
    from playwright.sync_api import sync_playwright

    found: dict[tuple[str, int], Measured] = {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        home = Path(place)
        example = load_analysis(open_example(home / "example_of"))
        (home / "plain.py").write_text(PLAIN, encoding="utf-8")
        folders = {
            posts: make_project(home / "projects" / f"posts-{posts}", example, posts).folder
            for posts in sorted({*chosen.posts, *chosen.plotly})
        }
        print("| map | posts | sent | at a filter | arrival | navigation | frame | p95 | text | filter |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with serving(ROOT / "app.py", home) as server:
            for posts in chosen.posts:
                address = f"{server}/map?project=posts-{posts}"
                visit(browser, address, True, chosen.renderers[0])  # the server reads the project
                for renderer in chosen.renderers:
                    found[renderer, posts] = visit(browser, address, True, renderer)
                    print(row(renderer, posts, found[renderer, posts]), flush=True)
        with serving(home / "plain.py", home) as server:
            for posts in chosen.plotly:
                found["plotly", posts] = visit(browser, f"{server}/?folder={folders[posts]}", False)
                print(row("plotly", posts, found["plotly", posts]), flush=True)
        browser.close()
    report(found)


def report(found: dict[tuple[str, int], Measured]) -> None:
    """Print the ratios to plotly."""
    for (name, posts), told in found.items():
        plain = found.get(("plotly", posts))
        if plain is None or name == "plotly":
            continue
        sent, shown, frame = (
            plain.sent / told.sent, plain.after_navigation / told.after_navigation, plain.p95 / told.p95,
        )  # fmt: skip
        print(f"{name}, {posts:,}: {sent:.1f}x fewer bytes, {shown:.1f}x sooner, p95 of frames {frame:.1f}x shorter")


if __name__ == "__main__":
    main()
