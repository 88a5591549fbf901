"""Seconds from a server that answers to the first page: ``python -m benchmarks.first_page [PROJECT …] [--times 3]``.

For the example, and for each PROJECT (a finished project's folder), the app is started anew as the README says. As
soon as it answers, headless Chromium opens the overview, which the browser has never seen either ("cold"), then once
more in a new tab ("again"); one start before the others does not count. "Counts" is when the first line of figures
stands, "figures" when every figure is drawn and the page is at rest. Prints a Markdown table with the median of
``--times`` starts, and the processor seconds of the server until then, which tell more where other work goes on beside.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.million import FLAGS, REST, Server, serving
from ctse_core.example import open_example
from ctse_core.project import Project

_COUNTS = "() => document.querySelector('[data-testid=\"stMetricValue\"]')"
_FIGURES = f"""() => {{ const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
  return charts.length >= 5 && charts.every(one => one.querySelector('.main-svg .trace')) && ({REST})(); }}"""
_WAIT = 120_000  # milliseconds


@dataclass(frozen=True)
class Seen:
    """One visit: seconds until the counts and until the figures stood, processor seconds the server took for it."""

    counts: float
    figures: float
    server: float


def visited(browser: Any, server: Server, name: str) -> Iterator[Seen]:
    """Yield the first visit of the overview of the project ``name``, and one in another tab."""
    context = browser.new_context(viewport={"width": 1360, "height": 950})
    for _ in range(2):
        tab = context.new_page()
        tab.set_default_timeout(_WAIT)
        before, start = server.seconds(), time.perf_counter()
        tab.goto(f"{server.address}/?project={name}", wait_until="commit")
        tab.wait_for_function(_COUNTS, polling=20)
        counts = time.perf_counter() - start
        tab.wait_for_function(_FIGURES, polling=20)
        yield Seen(counts, time.perf_counter() - start, server.seconds() - before)
        tab.close()
    context.close()


def started(browser: Any, home: Path, name: str) -> list[Seen]:
    """Start the app over ``home`` and return what the visits of one project took."""
    with serving(home) as server:
        return list(visited(browser, server, name))


def main() -> None:
    """Visit the example and the projects that were named, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", type=Path, nargs="*")
    parser.add_argument("--times", type=int, default=3, help="starts of the server a project")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        home = Path(scratch)
        rows = {"the example": open_example(home / "projects").name}
        for project in asked.projects:
            (home / "projects" / project.name).symlink_to(project.resolve(), target_is_directory=True)
            rows[f"{(Project(project).manifest() or {})['counts']['posts']:,} posts"] = project.name
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        print("| project | visit | counts, s | figures, s | processor s of the server |")
        print("|---|---|---:|---:|---:|")
        for label, name in rows.items():
            started(browser, home, name)  # the first start ever compiles Python's files and unpacks names of places
            turns = [started(browser, home, name) for _ in range(asked.times)]
            for number, visit in enumerate(("cold", "again")):
                seen = [turn[number] for turn in turns]
                figures = (
                    f"{statistics.median(getattr(one, part) for one in seen):.2f}"
                    for part in ("counts", "figures", "server")
                )
                print(f"| {label} | {visit} | {' | '.join(figures)} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
