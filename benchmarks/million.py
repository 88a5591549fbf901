"""A million posts in the browser: seconds until each page stands, a search, a filter; the server's memory.

    python -m benchmarks.million PROJECT [--posts 1000000] [--pages overview search …] [--in-place]

PROJECT is a finished project; its posts are repeated up to ``--posts`` (see ``benchmarks.repeated``), or it is opened
as it is with ``--in-place``. The app is started anew and headless Chromium opens page after page: "first" is the first
visit after the server has begun, which also loads the project; "again" a visit when every page was seen; both until
the page has come to rest. Then what a person does, each until the page is at rest: searches with and without a filter,
filters set in the address and by a click on a bar. Memory is the resident memory of the server, at its most and at the
end. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.repeated import repeated_project
from ctse_core.project import Project

ROOT = Path(__file__).resolve().parents[1]
NAME = "many"
PAGES = {
    "overview": "", "map": "map", "topics": "topics", "queue": "queue", "when and where": "when_where",
    "report": "report", "search": "search",
}  # fmt: skip
FILTERS: dict[str, dict[str, str]] = {
    "a language": {"lang": "es"},
    "words": {"words": "water"},
    "urgent": {"urgency": "3"},
    "three at once": {"lang": "en", "originals": "1", "words": "help"},
}
QUESTIONS = ("Where is drinking water missing?", "bridge destroyed", "We need a doctor")
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
REST = """() => { const app = document.querySelector('[data-testid="stApp"]');
  return app && app.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-stale="true"]')
    && !document.querySelector('[data-testid="stSkeleton"]'); }"""
_WAIT = 600_000  # milliseconds


@dataclass
class Server:
    """The app that runs: its address and its memory."""

    address: str
    process: subprocess.Popen[bytes]
    most: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Read the resident memory of the server until it ends, and keep the most."""
        while not self.ended.wait(0.2):
            self.most = max(self.most, self.memory("Rss"))

    def memory(self, kind: str) -> int:
        """Return bytes: "Rss" is all that is resident, "Anonymous" the part of it that no file stands behind."""
        try:
            lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{kind}:"))

    def seconds(self) -> float:
        """Return the processor seconds that the server has taken, its threads together."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """Run the app with ``home`` as its home, and watch its memory."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "CTSE_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):  # a server that compiles itself at each start is nobody's
        environment["PYTHONPYCACHEPREFIX"] = str(home / "compiled")
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    server = Server(f"http://localhost:{port}", process)
    thread = threading.Thread(target=server.watch, daemon=True)
    thread.start()
    try:
        for _ in range(2400):
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.05)
        yield server
    finally:
        server.ended.set()
        process.terminate()
        process.wait(timeout=60)


@dataclass(frozen=True)
class Took:
    """What one thing took: seconds until the page was at rest, and processor seconds of the server."""

    wall: float
    server: float


class Visitor:
    """A browser's tab on the app, which does one thing after the other and measures each."""

    def __init__(self, tab: Any, server: Server) -> None:
        self.tab, self.server = tab, server
        tab.set_default_timeout(_WAIT)

    def took(self, act: Callable[[], object]) -> Took:
        """Do something, wait until the page is at rest, and say what it took."""
        before, start = self.server.seconds(), time.perf_counter()
        act()
        self.tab.wait_for_timeout(150)  # the page has not begun to run yet
        self.tab.wait_for_function(REST, polling=50)
        wall = time.perf_counter() - start
        fault = self.tab.get_by_test_id("stAlertContentError")
        if fault.count():
            raise SystemExit(f"{self.tab.url}: {fault.first.inner_text()}")
        return Took(wall, self.server.seconds() - before)

    def open(self, page: str, **query: str) -> Took:
        """Visit a page by its address."""
        return self.took(lambda: self.tab.goto(f"{self.server.address}/{page}?{urlencode({'project': NAME, **query})}"))


def measure(browser: Any, server: Server, pages: list[str]) -> Iterator[tuple[str, Took, int]]:
    """Yield what was done, what it took, and the resident bytes of the server after it."""
    context = browser.new_context(viewport={"width": 1360, "height": 950})
    visitor = Visitor(context.new_page(), server)

    def told(what: str, took: Took) -> tuple[str, Took, int]:
        return what, took, server.memory("Rss")

    for turn in ("first", "again"):
        for page in pages:
            yield told(f"{page}, {turn}", visitor.open(PAGES[page]))
    for page in pages:
        for kind, query in FILTERS.items():
            yield told(f"{page}, filtered: {kind}", visitor.open(PAGES[page], **query))
    if "overview" in pages:
        visitor.open("")
        bars = visitor.tab.get_by_test_id("stPlotlyChart").nth(3).locator(".bars .point path")
        bars.nth(1).wait_for(state="attached")
        yield told("click on a bar", visitor.took(lambda: bars.nth(1).click(force=True)))
    if "search" in pages:
        for number, question in enumerate(QUESTIONS):
            first = " (the first)" if not number else ""
            yield told(f"question{first}: {question}", visitor.open("search", q=question))
        yield told("question, filtered", visitor.open("search", q=QUESTIONS[0], lang="es"))
        yield told("question by words", visitor.open("search", q="water clinic", mode="words"))
        yield told("more like a post", visitor.open("search", like="17"))
    context.close()


def main() -> None:
    """Make the project, start the app, and print what each thing took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--pages", nargs="+", default=list(PAGES), choices=list(PAGES))
    parser.add_argument("--in-place", action="store_true", help="open the project as it is")
    parser.add_argument("--home", type=Path, help="make the project here, and keep it for the next time")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        home = asked.home or Path(scratch)
        place = home / "projects" / NAME
        if asked.in_place:
            place.parent.mkdir(parents=True)
            place.symlink_to(asked.project.resolve(), target_is_directory=True)
        elif not place.exists():
            repeated_project(Project(asked.project), place, asked.posts)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with serving(home) as server:
            print("| what | seconds | processor seconds of the server | resident GB |")
            print("|---|---:|---:|---:|")
            for what, took, memory in measure(browser, server, asked.pages):
                print(f"| {what} | {took.wall:.1f} | {took.server:.1f} | {memory / 1e9:.2f} |", flush=True)
            print(
                f"Most resident: {server.most / 1e9:.2f} GB; without files: {server.memory('Anonymous') / 1e9:.2f} GB."
            )
        browser.close()


if __name__ == "__main__":
    main()
