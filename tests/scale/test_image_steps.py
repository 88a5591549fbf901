"""The steps of the container files, done one after the other without a Docker engine, as far as they go."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGES = sorted((ROOT / "delivery").glob("Dockerfile*"))
NOBODY = 10001
pytestmark = pytest.mark.scale


def steps(image):
    """Return the instructions of a container file, each with what follows it on one line."""
    lines = [line for line in image.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    return [
        tuple(line.split(maxsplit=1)) for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()
    ]


def left_out():
    return (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """What `COPY . /app` brings."""
    app = tmp_path_factory.mktemp("image") / "app"
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        if (ROOT / name).is_file() and not any(fnmatch(name.split("/")[0], one) for one in left_out()):
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, app / name)
    for folder in (*app.parents[:2], app, *(path for path in app.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return app


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_what_the_wheels_stage_asks_pip_for_is_there(image, tmp_path):
    run = next(text for word, text in steps(image) if word == "RUN" and "pip install" in text)
    environment, *installs = [shlex.split(part) for part in run.split("&&")]
    assert environment == ["python", "-m", "venv", "/venv"]
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    pip = tmp_path / "venv" / "bin" / "pip"
    for command in installs:
        assert command[0] == "/venv/bin/pip" and command[1] == "install"
        asked = [str(pip), *command[1:], "--dry-run", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
        if re.search("connection|resolve host|timed out", done.stderr, re.I):
            pytest.skip(f"no index of packages answers here: {done.stderr[-200:]}")
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_what_the_last_stage_asks_the_system_for_is_there(image, tmp_path):
    run = next(text for word, text in steps(image) if word == "RUN" and "apt-get" in text)
    commands = [shlex.split(part) for part in run.split("&&")]
    if shutil.which("apt-get"):
        wanted = next(command for command in commands if command[:2] == ["apt-get", "install"])
        done = subprocess.run([*wanted, "--simulate"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    made = next(command for command in commands if command[0] == "useradd")
    assert str(NOBODY) in made
    volume = next(command for command in commands if command[0] == "install")
    assert volume[volume.index("--owner") + 1] == made[-1] and volume[-1] == "/data"


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_the_command_serves_what_was_copied_and_the_health_check_says_so(image, copied, tmp_path):
    told = steps(image)
    data, port = tmp_path / "data", 8620 + IMAGES.index(image)
    data.mkdir()
    said = [pair for word, text in told if word == "ENV" for pair in shlex.split(text)]
    environment = dict(pair.split("=", 1) for pair in said)
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "CTSE_HOME": str(data), "HOME": str(data)}
    changed = {"8501": str(port), "python": sys.executable}
    command = [changed.get(word, word) for word in json.loads(told[-1][1])]
    health = next(text for word, text in told if word == "HEALTHCHECK")
    check = json.loads(health[health.index("CMD") + 3 :].replace("8501", str(port)))
    someone = nobody_can_run_python()
    if someone:
        os.chown(data, NOBODY, NOBODY)
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=copied, env=environment, stdout=log, stderr=log, **({"user": NOBODY} if someone else {})
        )
    try:
        until = time.monotonic() + 180
        healthy = False
        while not healthy and server.poll() is None and time.monotonic() < until:
            time.sleep(1)
            healthy = subprocess.run(check, env=environment, capture_output=True, check=False).returncode == 0
        assert healthy, (tmp_path / "log").read_text()[-2000:]
    finally:
        server.kill()
        server.wait()


def nobody_can_run_python():
    """Whether this process may become somebody else who can run this Python."""
    if os.name == "nt" or os.getuid() != 0:
        return False
    try:
        return subprocess.run([sys.executable, "-c", ""], user=NOBODY, capture_output=True, check=False).returncode == 0
    except PermissionError:
        return False
