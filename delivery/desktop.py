"""The app in a window of its own: a server on this machine only, and whatever can show a page.

A window is pywebview's where that is installed, else one of Chrome, Edge or Chromium without its bars, else a tab of
the standard browser. The server ends when the window is closed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from ctse_core.errors import CtseError
from ctse_core.home import projects_home

ROOT = Path(__file__).resolve().parents[1]
WAIT = 120.0  # seconds for the server's first answer; a laptop that never ran it compiles a lot
MOST_PORTS = 65_535
TITLE = "CTSE"
SIZE = (1440, 900)
BROWSERS = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "chrome",
    "brave-browser",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)


class LaunchError(CtseError):
    """The app could not be opened."""


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def server_command(port: int) -> list[str]:
    """Return the command that serves the app to this machine alone."""
    return [
        sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"),
        "--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true",
        "--browser.gatherUsageStats", "false",
    ]  # fmt: skip


@contextmanager
def served(port: int, log: Path, wait: float = WAIT) -> Iterator[str]:
    """Serve the app until the block ends and give its address; what the server says goes into ``log``.

    Raises:
        LaunchError: the server ended, or did not answer within ``wait`` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as told:
        server = subprocess.Popen(server_command(port), cwd=ROOT, stdout=told, stderr=subprocess.STDOUT)
        try:
            _answered(server, address, log, wait)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _answered(server: subprocess.Popen[bytes], address: str, log: Path, wait: float) -> None:
    """Come back when the server answers."""
    until = time.monotonic() + wait
    while time.monotonic() < until:
        if server.poll() is not None:
            raise LaunchError(f"The app's server ended by itself; its last words are in “{log}”.")
        with suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise LaunchError(f"The app did not answer within {wait:.0f} seconds; its words are in “{log}”.")


def window_browser(named: Sequence[str] = BROWSERS) -> str | None:
    """Return the program of a browser that can show a page without bars, or None."""
    found = next(filter(None, map(shutil.which, named)), None)
    return found or next((place for place in _PLACES if Path(place).is_file()), None)


def window_command(browser: str, address: str, profile: Path) -> list[str]:
    """Return the command of a window with nothing but the page; its own profile keeps it one process to wait for."""
    command = [
        browser, f"--app={address}", f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}",
        "--no-first-run", "--no-default-browser-check", "--disable-sync", "--disable-background-networking",
        "--disable-component-update",
    ]  # fmt: skip
    # As root a browser does not start with its sandbox; nobody else loses it.
    return [*command, "--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else command


def show(address: str, profile: Path) -> str:
    """Show the page at ``address`` until its window is closed; return what showed it.

    "webview" and "window" come back when the window was closed; "tab" comes back at once.
    """
    try:
        import webview
    except ImportError:
        pass
    else:
        webview.create_window(TITLE, address, width=SIZE[0], height=SIZE[1])
        webview.start()
        return "webview"
    browser = window_browser()
    if browser is not None:
        profile.mkdir(parents=True, exist_ok=True)
        if subprocess.run(window_command(browser, address, profile), capture_output=True, check=False).returncode == 0:
            return "window"
    webbrowser.open(address)
    return "tab"


@contextmanager
def ended_when_told() -> Iterator[None]:
    """Let whoever ends this program, or closes its terminal, end the block as Ctrl-C does: nothing is left running."""

    def ends(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    told = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    if threading.current_thread() is not threading.main_thread():  # only there may it be said
        yield
        return
    before = {number: signal.signal(number, ends) for number in told}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def open_app(port: int = 0, wait: float = WAIT) -> None:
    """Open the app in a window of its own and come back when it was closed, or after Ctrl-C where it is a tab.

    Raises:
        LaunchError: ``port`` is none, or the server did not start.
    """
    if not 0 <= port <= MOST_PORTS:
        raise LaunchError(f"--port takes a number from 1 to {MOST_PORTS:,}, or 0 for any that is free, not {port}.")
    home = projects_home().parent
    with ended_when_told(), served(port or free_port(), home / "server.log", wait) as address:
        if show(address, home / "window") != "tab":
            return
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(1)
