"""The app opens in a window of its own, on this machine alone, and ends with it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil
import pytest

from delivery import desktop
from delivery.desktop import LaunchError, free_port, open_app, served, server_command, show, window_command


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))


@pytest.mark.slow
def test_the_app_is_served_until_its_window_is_closed(tmp_path, monkeypatch):
    seen = {}

    def looked_at(address, profile):
        with urllib.request.urlopen(f"{address}/_stcore/health") as answer:  # noqa: S310
            seen[address] = answer.status
        return "window"

    monkeypatch.setattr(desktop, "show", looked_at)
    port = free_port()
    open_app(port)
    assert seen == {f"http://127.0.0.1:{port}": 200}
    with socket.socket() as door:
        assert door.connect_ex(("127.0.0.1", port)) != 0


def test_only_this_machine_can_reach_the_server_and_nothing_is_reported():
    command = " ".join(server_command(9000))
    assert "--server.address 127.0.0.1" in command and "--browser.gatherUsageStats false" in command


def test_a_server_that_ends_or_never_answers_is_told_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(desktop, "server_command", lambda port: [sys.executable, "-c", "raise SystemExit('no')"])
    with pytest.raises(LaunchError, match="ended by itself"), served(free_port(), tmp_path / "a.log"):
        pass
    assert (tmp_path / "a.log").read_text().strip() == "no"
    monkeypatch.setattr(desktop, "server_command", lambda port: [sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(LaunchError, match="did not answer"), served(free_port(), tmp_path / "b.log", wait=0.5):
        pass


def test_a_window_has_its_own_profile_and_asks_nobody(tmp_path):
    command = window_command("chromium", "http://127.0.0.1:9000", tmp_path)
    assert command[:3] == ["chromium", "--app=http://127.0.0.1:9000", f"--user-data-dir={tmp_path}"]
    assert "--disable-background-networking" in command


def test_without_a_browser_of_that_kind_the_standard_one_gets_a_tab(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setitem(sys.modules, "webview", None)  # as if it were not installed
    monkeypatch.setattr(desktop, "window_browser", lambda: None)
    monkeypatch.setattr(desktop.webbrowser, "open", opened.append)
    assert show("http://127.0.0.1:9000", tmp_path) == "tab" and opened == ["http://127.0.0.1:9000"]
    # A browser without a screen ends at once with an error.
    monkeypatch.setattr(desktop, "window_browser", lambda: "false")
    assert show("http://127.0.0.1:9000", tmp_path) == "tab" and len(opened) == 2
    monkeypatch.setattr(desktop, "window_browser", lambda: "true")
    assert show("http://127.0.0.1:9000", tmp_path) == "window" and len(opened) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows ends programs without telling them")
@pytest.mark.parametrize("told", ["SIGTERM", "SIGHUP"])
def test_whoever_ends_the_program_ends_its_server_too(tmp_path, told):
    code = """if True:
        import sys
        from delivery import desktop
        desktop.server_command = lambda port: [sys.executable, "-c", "import time; time.sleep(60)"]
        desktop._answered = lambda server, *_: print(server.pid, flush=True)
        desktop.show = lambda *_: "tab"
        desktop.open_app()
    """
    environment = os.environ | {"CTSE_HOME": str(tmp_path)}
    app = subprocess.Popen([sys.executable, "-c", code], cwd=desktop.ROOT, env=environment, stdout=subprocess.PIPE)
    server = psutil.Process(int(app.stdout.readline()))
    app.send_signal(getattr(signal, told))
    assert app.wait(20) == 128 + getattr(signal, told)
    assert not server.is_running()
    app.stdout.close()


@pytest.mark.parametrize("port", [-1, 99_999])
def test_a_port_that_is_none_is_told(port):
    with pytest.raises(LaunchError, match="number from 1 to 65,535"):
        open_app(port)
