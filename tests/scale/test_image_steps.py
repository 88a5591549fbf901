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

from delivery.desktop import free_port

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


def installs(image, requirements):
    """Return the calls of pip of the wheels stage, each with what follows it, for one of the files it can be told."""
    told = steps(image)
    assert ("ARG", "REQUIREMENTS=requirements.txt") in told
    run = next(text for word, text in told if word == "RUN" and "pip install" in text)
    environment, *commands = [shlex.split(part.replace("$REQUIREMENTS", requirements)) for part in run.split("&&")]
    assert environment == ["python", "-m", "venv", "/venv"]
    assert all(command[:2] == ["/venv/bin/pip", "install"] for command in commands)
    assert requirements in next(text for word, text in told if word == "COPY").split()
    return [command[1:] for command in commands]


def asked_of_pip(venv, commands, *more):
    """Do the calls of pip in an environment; skip where no index of packages answers."""
    for command in commands:
        asked = [
            str(venv / "bin" / "pip"),
            *command,
            *more,
            "--quiet",
            "--disable-pip-version-check",
            "--retries",
            "1",
            "--timeout",
            "30",
        ]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode and re.search("connection|resolve host|timed out", done.stderr, re.I):
            pytest.skip(f"no index of packages answers here: {done.stderr[-200:]}")
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("requirements", ["requirements.txt", "requirements-scale.txt"])
@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_what_the_wheels_stage_asks_pip_for_is_there(image, requirements, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    asked_of_pip(tmp_path / "venv", installs(image, requirements), "--dry-run")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The environment of the processor's image, made by its own lines; some minutes and 3 GB."""
    venv = tmp_path_factory.mktemp("built") / "venv"
    venv.parent.chmod(0o755)  # the app runs there as nobody special
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    asked_of_pip(venv, installs(IMAGES[0], "requirements.txt"))
    yield venv
    shutil.rmtree(venv)


def test_an_environment_made_by_the_images_own_lines_is_whole_analyses_and_serves(built, copied, tmp_path):
    python = str(built / "bin" / "python")
    subprocess.run([python, "-m", "pip", "check"], check=True)
    subprocess.run([python, "-c", "import psycopg, torch; assert '+cpu' in torch.__version__"], check=True)
    own = environment_of(IMAGES[0], tmp_path, built / "bin", copied)
    posts = [str(copied / "assets" / "sample_posts.csv"), "--out", str(tmp_path / "project"), "--quiet"]
    subprocess.run([python, "-m", "ctse_core", "analyse", *posts], cwd=tmp_path, env=own, check=True)
    served_healthily(IMAGES[0], copied, tmp_path, built / "bin")


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
    served_healthily(image, copied, tmp_path, Path(sys.executable).parent)


def environment_of(image, data, programs, app):
    """Return the environment that an image says, its volume at ``data`` and its programs in another folder."""
    said = [pair for word, text in steps(image) if word == "ENV" for pair in shlex.split(text)]
    environment = dict(pair.split("=", 1) for pair in said)
    assert environment["PYTHONPATH"] == "/app"
    changed = {"PATH": f"{programs}:{os.defpath}", "CTSE_HOME": str(data), "HOME": str(data), "PYTHONPATH": str(app)}
    return environment | changed


def served_healthily(image, copied, place, programs):
    told = steps(image)
    data, port = place / "data", free_port()
    data.mkdir()
    environment = environment_of(image, data, programs, copied)
    changed = {"8501": str(port), "python": str(programs / "python"), "streamlit": str(programs / "streamlit")}
    command = [changed.get(word, word) for word in json.loads(told[-1][1])]
    health = next(text for word, text in told if word == "HEALTHCHECK")
    check = json.loads(health[health.index("CMD") + 3 :].replace("8501", str(port)))
    check[0] = changed["python"]
    someone = nobody_can_run_python()
    if someone:
        os.chown(data, NOBODY, NOBODY)
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=copied, env=environment, stdout=log, stderr=log, **({"user": NOBODY} if someone else {})
        )
    try:
        until = time.monotonic() + 180
        healthy = False
        while not healthy and server.poll() is None and time.monotonic() < until:
            time.sleep(1)
            healthy = subprocess.run(check, env=environment, capture_output=True, check=False).returncode == 0
        assert healthy, (place / "log").read_text()[-2000:]
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
