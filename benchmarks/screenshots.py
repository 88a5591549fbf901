"""The pictures of the documentation: ``python -m benchmarks.screenshots`` drives the example in Chromium.

Every picture shows invented posts only. It writes assets/screenshots/*.png with few colours, so that they stay small.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "assets" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
WIDTH, HEIGHT = 1280, 800
MOST_BYTES = 150_000
QUIET = (
    "() => !document.querySelector('[data-testid=\"stStatusWidget\"]') && "
    "!document.querySelector('[data-stale=\"true\"]') && !document.querySelector('[data-testid=\"stSkeleton\"]')"
)
PATIENCE = 180_000  # milliseconds


def settled(tab: Any, pause: int = 1200) -> None:
    """Wait until the page stands still."""
    tab.wait_for_timeout(400)
    tab.wait_for_function(QUIET, timeout=PATIENCE)
    tab.wait_for_timeout(pause)


def upload(tab: Any, address: str) -> None:
    """The file just dropped in: roles over columns, before anything is analysed."""
    tab.goto(address)
    tab.locator("input[type=file]").set_input_files(str(ROOT / "assets" / "sample_posts.csv"))
    tab.get_by_role("button", name="Analyse").wait_for()
    settled(tab)


def opened(page: str, query: str = "", wait: str = "h1", scroll: int = 0) -> Callable[[Any, str], None]:
    """Return what opens a page of the example and waits until ``wait`` is there."""

    def go(tab: Any, address: str) -> None:
        tab.goto(f"{address}/{page}?project=example{query}")
        tab.locator(wait).first.wait_for()
        settled(tab, 2500)
        if scroll:
            tab.mouse.move(WIDTH // 2, HEIGHT // 2)
            tab.mouse.wheel(0, scroll)
            tab.wait_for_timeout(800)

    return go


QUESTION = "&q=Where+is+drinking+water+missing%3F"
PICTURES: dict[str, Callable[[Any, str], None]] = {
    "upload": upload,
    "overview": opened("", wait='[data-testid="stMetricValue"]'),
    "filter": opened("", "&lang=ht,es", wait='[data-testid="stMetricValue"]'),
    "search": opened("search", QUESTION, wait=".post"),
    "map": opened("map", wait="canvas:visible"),
    "topics": opened("topics"),
    "topic": opened("topics", "&open=0", wait=".post"),
    "queue": opened("queue"),
    "where": opened("when_where", scroll=820),
    "report": opened("report", wait='[data-testid="stDownloadButton"]'),
    "arabic": opened("search", f"{QUESTION}&ui=ar", wait=".post"),
}


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """Start the app with a home of its own, and give its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "CTSE_HOME": str(home)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):  # noqa: S310
                break
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def small(picture: bytes) -> bytes:
    """Return a PNG with as many colours as fit the size that is allowed."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


def briefing() -> bytes:
    """Return the first page of the example's briefing as a picture."""
    import pypdfium2

    from ctse_core.analysis import load_analysis
    from ctse_core.briefing import brief_of
    from ctse_core.edited import edited
    from ctse_core.example import open_example
    from ctse_core.project import projects_home
    from ctse_core.report.brief_pdf import pdf_of

    project = open_example(projects_home())
    page = pypdfium2.PdfDocument(pdf_of(brief_of(edited(load_analysis(project), project))))[0]
    out = io.BytesIO()
    page.render(scale=1.5).to_pil().save(out, "PNG")
    return out.getvalue()


def main(names: list[str]) -> None:
    """Take the pictures of these names, of all where none is given."""
    from playwright.sync_api import sync_playwright

    from ctse_core.example import open_example
    from ctse_core.home import remember
    from ctse_core.project import projects_home

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CTSE_HOME"] = folder
        open_example(projects_home())
        if not names or "briefing" in names:
            (PLACE / "briefing.png").write_bytes(small(briefing()))
        with served(Path(folder)) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            for name in [one for one in names or PICTURES if one in PICTURES]:
                remember("tour", name != "overview")  # the panel of the tour is in one picture only
                context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
                tab = context.new_page()
                tab.set_default_timeout(PATIENCE)
                PICTURES[name](tab, address)
                content = small(tab.screenshot())
                (PLACE / f"{name}.png").write_bytes(content)
                print(f"{name}.png: {len(content) / 1000:.0f} kB")
                context.close()
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*PICTURES, "briefing"]
    parser.add_argument("names", nargs="*", choices=[*known, []], help="which pictures; all where none is named")
    main(parser.parse_args().names)
