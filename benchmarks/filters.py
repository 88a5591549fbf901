"""How long a page takes to answer each kind of filter, at 100,000 posts; before is an earlier commit, in the same run.

``python -m benchmarks.filters --posts 100000 --before COMMIT``: the invented sample posts are repeated with small
changes until there are enough, with synthetic vectors, and written as a finished project. Each page is then run as
the server runs it for a browser (``streamlit.testing``), in a session that has seen the page without a filter: once
with the filter for the first time, and once more after a click elsewhere. The time in the browser, which draws what
comes, is not in it; ``--browser`` measures a real one, from the click to the page at rest.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("overview", "topics", "report")
NAME = "many"
LIMIT = 1.0  # seconds that a page may take
KINDS: dict[str, dict[str, str]] = {
    "a language": {"lang": "es"},
    "a topic": {"topic": "3"},
    "unsorted": {"topic": "-1"},
    "a day": {"since": "2026-03-15", "until": "2026-03-16"},
    "words": {"words": "water"},
    "without copies": {"originals": "1"},
    "undated": {"undated": "1"},
    "a place": {"place": "Nasura"},
    "unplaced": {"place": "~"},
    "a tag": {"tag": "to verify"},
    "untagged": {"tag": "~"},
    "an area": {"area": "0,0;8,0;8,8;0,8"},
    "kept posts": {"set": "SET"},
    "five at once": {"lang": "en,es,fr", "since": "2026-03-15", "place": "Nasura|~", "words": "a", "originals": "1"},
}
OLD_KINDS = ("a language", "a topic", "unsorted", "a day", "words", "without copies")
"""What an earlier commit could filter by."""


def make_project(folder: Path, posts: int) -> str:
    """Write a finished project of invented posts into ``folder`` and return the key of a kept set of a third."""
    import numpy as np
    import polars as pl

    from ctse_core.example import EXAMPLE
    from ctse_core.project import Project
    from ctse_core.project.sets import keep_set
    from ctse_core.project.tags import add_tag

    random = np.random.default_rng(0)
    sample = pl.read_parquet(EXAMPLE / "posts.parquet")
    source = np.sort(random.integers(0, sample.height, posts))
    shift = pl.Series(random.integers(-900, 900, posts)) * 1_000_000
    moved = sample["x", "y"][source].to_numpy() + random.normal(0, 0.1, (posts, 2))
    number = pl.int_range(posts, dtype=pl.Int64, eager=True)
    first = pl.Series(np.searchsorted(source, source))
    table = sample[source].with_columns(
        (number + 1).cast(sample.schema["row"]).alias("row"),
        ("p" + number.cast(pl.Utf8)).alias("post_id"),
        (pl.col("text") + " #" + (number % 97).cast(pl.Utf8)).alias("text"),
        pl.when(number % 9 == 0).then(None).otherwise(pl.col("time") + shift.cast(pl.Duration("us"))).alias("time"),
        pl.when(number % 4 == 0).then("p" + first.cast(pl.Utf8)).otherwise(None).alias("duplicate_of"),
        pl.when(number % 4 == 0)
        .then(first)
        .otherwise(number)
        .cast(sample.schema["representative"])
        .alias("representative"),
        *(pl.Series(axis, moved[:, place], dtype=pl.Float32) for place, axis in enumerate("xy")),
    )
    folder.mkdir(parents=True)
    (folder / ".ctse").touch()
    table.write_parquet(folder / "posts.parquet")
    for name in ("topics", "empty", "unreadable"):
        (folder / f"{name}.parquet").write_bytes((EXAMPLE / f"{name}.parquet").read_bytes())
    pl.read_parquet(EXAMPLE / "words.parquet")[source].write_parquet(folder / "words.parquet")
    # As wide as the encoder's own: needs are found by comparing posts with examples that it encodes.
    vectors = np.load(EXAMPLE / "vectors.npy")[source]
    vectors += random.standard_normal(vectors.shape, dtype=np.float32) * 0.01
    np.save(folder / "vectors.npy", vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))
    np.save(
        folder / "neighbours.npy",
        np.column_stack([np.arange(posts), random.integers(0, posts, (posts, 15))]).astype(np.int32),
    )
    manifest = json.loads((EXAMPLE / "manifest.json").read_text(encoding="utf-8"))
    manifest["counts"]["posts"] = manifest["counts"]["rows"] = posts
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    add_tag(folder, range(0, posts, 11), "to verify")
    return keep_set(folder, range(0, posts, 3), "Every third post", "benchmark") if Project(folder).manifest() else ""


def measure_pages(kinds: dict[str, dict[str, str]], pages: tuple[str, ...]) -> dict[str, float]:
    """Return the seconds of the first run of each page (and of "page, again") with each kind of filter."""
    from streamlit.testing.v1 import AppTest

    taken: dict[str, float] = {}
    for page in pages:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params["project"] = NAME
        app.run()
        if page != "overview":
            app.switch_page(f"pages/{page}.py").run()
        app.run()
        for kind, query in kinds.items():
            for again in ("", ", again"):
                app.query_params.clear()
                app.query_params["project"] = NAME
                for name, value in query.items():
                    app.query_params[name] = value
                start = time.perf_counter()
                app.run()
                taken[f"{page}|{kind}{again}"] = time.perf_counter() - start
                if app.exception or app.error:
                    raise SystemExit(f"{page} with {kind}: {app.exception or app.error}")
    return taken


def clicks(home: Path) -> dict[str, float]:
    """Return the seconds from a click on a bar of the overview until the new number of posts can be read."""
    from playwright.sync_api import sync_playwright

    tests = importlib.import_module("tests.browser.conftest")

    taken: dict[str, float] = {}
    with tests.running(home) as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=tests.FLAGS)
        tab = browser.new_page(viewport={"width": 1360, "height": 1000})
        tab.goto(f"{server}/?project={NAME}")
        for chart, what in enumerate(("a time", "a language", "a topic", "copies (none)", "a place", "a tag")):
            if "none" in what:
                continue
            bars = tab.get_by_test_id("stPlotlyChart").nth(chart).locator(".bars .point path")
            for turn in ("click", "click again"):
                bars.nth(1).wait_for(timeout=120_000, state="attached")
                tab.wait_for_timeout(1500)
                posts = tab.get_by_test_id("stMetricValue").first
                before = posts.inner_text()
                bars.nth(1).evaluate("node => node.scrollIntoView({block: 'center'})")
                start = time.perf_counter()
                bars.nth(1).click(force=True)
                tab.wait_for_function(_CHANGED, arg=before, polling=20, timeout=60_000)
                taken[f"{what}, {turn}"] = time.perf_counter() - start
        browser.close()
    return taken


_CHANGED = "before => document.querySelector('[data-testid=\"stMetricValue\"]')?.innerText !== before"


def main() -> None:
    """Measure both commits on the same project and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--before", metavar="COMMIT", help="an earlier commit to compare with")
    parser.add_argument("--pages", nargs="+", default=list(PAGES))
    parser.add_argument("--browser", action="store_true", help="measure clicks in a real Chromium, too")
    parser.add_argument("--inner", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        print("RESULT" + json.dumps(measure_pages(json.loads(asked.inner), tuple(asked.pages))))
        return
    with tempfile.TemporaryDirectory() as home:
        key = make_project(Path(home) / "projects" / NAME, asked.posts)
        kinds = {
            kind: {name: value.replace("SET", key) for name, value in query.items()} for kind, query in KINDS.items()
        }
        before: dict[str, float] = {}
        if asked.before:
            tree = Path(home) / "before"
            subprocess.run(
                ["git", "worktree", "add", "--detach", str(tree), asked.before],
                cwd=ROOT,
                check=True,
                capture_output=True,
            )
            try:
                old = {kind: kinds[kind] for kind in OLD_KINDS}
                before = _run(tree, Path(home), old, asked.pages)
            finally:
                subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
        _tell(_run(ROOT, Path(home), kinds, asked.pages), before, asked.posts)
        if asked.browser:
            for what, seconds in clicks(Path(home)).items():
                print(f"{'browser':10s} {what:24s} {1000 * seconds:6.0f}")


def _run(tree: Path, home: Path, kinds: dict[str, dict[str, str]], pages: list[str]) -> dict[str, float]:
    """Measure the app that lies in ``tree`` in a process of its own, with this file."""
    place = tree / "benchmarks" / "filters.py"
    if not place.is_file():
        place.write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.filters", "--inner", json.dumps(kinds), "--pages", *pages]
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, "CTSE_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not told:
        raise SystemExit(done.stderr[-2000:] + done.stdout[-500:])
    return json.loads(told[0].removeprefix("RESULT"))


def _tell(ours: dict[str, float], before: dict[str, float], posts: int) -> None:
    print(f"{posts:,} posts; milliseconds of a page's run on the server")
    for name, seconds in ours.items():
        page, _, kind = name.partition("|")
        was = f"{1000 * before[name]:6.0f} {before[name] / seconds:5.1f}x" if name in before else ""
        print(f"{page:10s} {kind:24s} {1000 * seconds:6.0f} {was}")
    slowest = max(ours, key=lambda name: ours[name])
    print(f"slowest: {slowest.replace('|', ', ')} {ours[slowest]:.2f} s; under {LIMIT:.0f} s: {ours[slowest] < LIMIT}")


if __name__ == "__main__":
    main()
