"""How long bulk deeds take, how quickly the reading queue answers, and whether its first posts are worth reading.

``python -m benchmarks.queue`` marks, tags and takes back 10,000 and 100,000 posts of an empty project; it orders
as many. ``--browser`` opens the queue over 100,000 posts in Chromium: from a key to the saved state, and to the
next twenty. ``--project FOLDER --labels CSV`` compares the first posts of the queue over a project of labelled messages
(columns id and one a category, 0 or 1) with those in the file's own order and with random ones.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from ctse_core.types import Col, Vectors

PRESSING = (
    "request", "medical_help", "medical_products", "search_and_rescue", "missing_people", "water", "food", "shelter",
    "death",
)  # fmt: skip
"""Categories of which a message that asks for action has at least one."""
ALIKE = 0.85  # cosine from which on two posts say about the same

Came = TypeVar("Came")


def timed(work: Callable[[], Came]) -> tuple[Came, float]:
    """Return what some work gave and the seconds that it took."""
    start = time.perf_counter()
    came = work()
    return came, time.perf_counter() - start


def bulk(posts: int) -> dict[str, float]:
    """Return the seconds of each kind of bulk deed over ``posts`` posts, in a project of its own."""
    from ctse_core.project.tags import add_tag, remove_tag
    from ctse_core.project.triage import Deed, mark, triage_columns
    from ctse_core.project.triage_log import deeds, undo

    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder, many = Path(place), range(posts)
        mark(folder, [0], Deed("note", "the file is made"))
        for name, deed in {
            "seen": Deed("seen"), "assign": Deed("assign", "Ana"), "add a note": Deed("add_note", "called back"),
            "done": Deed("done"), "refused, the window was stale": Deed("assign", "Ben", known=1),
        }.items():  # fmt: skip
            came, taken[name] = timed(lambda deed=deed: mark(folder, many, deed))  # type: ignore[misc]
            assert came.changed + came.conflicts.height == posts
        number = next(deed.number for deed in deeds(folder) if deed.kind == "done")
        came_back, taken["take back"] = timed(lambda: undo(folder, number))
        assert came_back == (posts, 0)
        _, taken["read all states"] = timed(lambda: triage_columns(folder, posts))
        count, taken["tag"] = timed(lambda: add_tag(folder, many, "to verify"))
        gone, taken["untag"] = timed(lambda: remove_tag(folder, many, "to verify"))
        assert count == gone == posts
    return taken


def ordering(posts: int, read: int) -> float:
    """Return the seconds to find the next twenty of ``posts`` posts of which ``read`` were read, 256 wide."""
    from ctse_core.reading_queue import next_to_read

    random = np.random.default_rng(0)
    vectors = random.standard_normal((posts, 256), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = pl.DataFrame(
        {
            "position": np.arange(posts),
            Col.REPRESENTATIVE: np.arange(posts) // 2 * 2,
            Col.TIME: pl.Series([None] * posts, dtype=pl.Datetime("us", "UTC")),
            Col.URGENCY: random.integers(0, 4, posts),
            Col.URGENCY_SCORE: random.random(posts),
            Col.INDEPENDENT: random.integers(1, 4, posts),
            Col.STATE: ["seen"] * read + ["new"] * (posts - read),
        }
    )
    return min(timed(lambda: next_to_read(table, table, vectors))[1] for _ in range(3))


def browser(posts: int) -> dict[str, float]:
    """Return the median seconds, in Chromium, from a key to what follows, over ``posts`` invented posts."""
    from playwright.sync_api import sync_playwright

    tests = importlib.import_module("tests.browser.conftest")
    filters = importlib.import_module("benchmarks.filters")
    taken: dict[str, list[float]] = {
        "a key until the next post has the cursor": [],
        "until it is saved": [],
        "next": [],
    }
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        home = Path(place)
        filters.make_project(home / "projects" / filters.NAME, posts)
        with tests.running(home) as server:
            page = driver.chromium.launch(executable_path=shutil.which("chromium"), args=tests.FLAGS).new_page()
            page.goto(f"{server}/queue?project={filters.NAME}")
            page.locator(".card.current").wait_for(timeout=600_000)
            for _ in range(5):
                page.wait_for_timeout(2_000)
                for key in "sd":
                    start = time.perf_counter()
                    page.keyboard.press(key)
                    taken["a key until the next post has the cursor"].append(time.perf_counter() - start)
                    page.get_by_text("Saving …").wait_for(state="hidden")
                    taken["until it is saved"].append(time.perf_counter() - start)
                    page.wait_for_timeout(500)
                start = time.perf_counter()
                page.keyboard.press(".")
                page.get_by_text("0 of 20 read").wait_for()
                taken["next"].append(time.perf_counter() - start)
    return {what: float(np.median(seconds)) for what, seconds in taken.items()}


def worth(folder: Path, labels: Path) -> pl.DataFrame:
    """Return how many of the first posts ask for action, in which categories, and how often they repeat each other."""
    from ctse_core.analysis import load_analysis
    from ctse_core.edited import edited
    from ctse_core.project import Project
    from ctse_core.reading_queue import in_order, next_to_read

    project = Project(folder)
    analysis = edited(load_analysis(project), project)
    table = analysis.table.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))
    told = pl.read_csv(labels, infer_schema_length=None).with_columns(pl.col("id").cast(pl.Utf8))
    marked = table.select(Col.POST_ID).join(told, left_on=Col.POST_ID, right_on="id", how="left", maintain_order="left")
    groups = marked.select([name for name in PRESSING if name in marked.columns]).fill_null(0).to_numpy() > 0
    fresh = table.with_columns(pl.lit("new").alias(Col.STATE))
    orders = {
        "the queue": next_to_read(fresh, fresh, analysis.vectors, length=200).rows["position"].to_numpy(),
        "by urgency alone": in_order(fresh, 0, 200).rows["position"].to_numpy(),
        "the file's order": np.arange(200),
        "random": np.random.default_rng(0).permutation(table.height)[:200],
    }
    rows = [
        _worth(name, order[:first], groups, analysis.vectors) for name, order in orders.items() for first in (20, 200)
    ]
    return pl.DataFrame(rows)


def _worth(name: str, order: np.ndarray, groups: np.ndarray, vectors: Vectors) -> dict[str, object]:
    own = np.asarray(vectors[order], dtype=np.float32)
    nearest = np.tril(own @ own.T, -1).max(axis=1)
    return {
        "order": name,
        "first": len(order),
        "ask for action": round(float(groups[order].any(axis=1).mean()), 3),
        "categories": int(groups[order].any(axis=0).sum()),
        "like one before": round(float((nearest >= ALIKE).mean()), 3),
    }


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--browser", action="store_true", help="measure keys in a real Chromium instead")
    parser.add_argument("--project", type=Path, help="a project of labelled messages to read from instead")
    parser.add_argument("--labels", type=Path, help="the CSV with their labels")
    asked = parser.parse_args()
    if asked.project and asked.labels:
        print(worth(asked.project, asked.labels))
        return
    if asked.browser:
        for what, seconds in browser(max(asked.posts)).items():
            print(f"{what:45s} {1000 * seconds:7.0f} ms")
        return
    for posts in asked.posts:
        for what, seconds in bulk(posts).items():
            print(f"{posts:8,} posts: {what:32s} {seconds:6.2f} s")
        for read in (0, posts // 2):
            print(f"{posts:8,} posts, {read:,} read: next twenty {1000 * ordering(posts, read):7.0f} ms")


if __name__ == "__main__":
    main()
