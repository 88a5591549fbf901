"""A bundle is whole or not there; its sums are right; nothing of ours is left out that the app imports."""

import ast
import hashlib
import re
import shutil
import subprocess
import sys

import pytest

from delivery import bundle
from delivery.__main__ import main
from delivery.bundle import PROGRAM, ROOT, SUMS, BundleError, driver, make_bundle


@pytest.fixture
def no_wheels(monkeypatch):
    """Wheels are not downloaded."""

    def gather(place):
        place.mkdir(parents=True)
        (place / "one-1.0-py3-none-any.whl").write_bytes(b"a wheel")

    monkeypatch.setattr(bundle, "_gather_wheels", gather)


def test_a_bundle_holds_program_wheels_words_and_true_sums(no_wheels, tmp_path):
    out = make_bundle(tmp_path / "ctse")
    assert (out / "program" / "app.py").is_file() and (out / "program" / "assets" / "encoders").is_dir()
    assert not list(out.rglob("__pycache__"))
    assert (
        f"Python 3.{sys.version_info.minor}" in (out / "README.txt").read_text()
        and b"\r\n" in (out / "install.bat").read_bytes()
    )
    lines = (out / SUMS).read_text().splitlines()
    told = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} - {SUMS}
    assert set(told) == files
    for name in ("program/app.py", "wheels/one-1.0-py3-none-any.whl", "install.sh"):
        assert told[name] == hashlib.sha256((out / name).read_bytes()).hexdigest()


def test_the_install_stops_where_a_file_was_changed_on_the_way(no_wheels, tmp_path):
    out = make_bundle(tmp_path / "ctse")
    (out / "program" / "app.py").write_text("changed")
    done = subprocess.run(["sh", str(out / "install.sh")], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "app.py" in done.stdout + done.stderr
    assert not (out / "venv").exists()


def test_another_encoder_goes_along(no_wheels, tmp_path):
    own = tmp_path / "mine"
    own.mkdir()
    (own / "config_sentence_transformers.json").write_text("{}")
    out = make_bundle(tmp_path / "ctse", encoders=[own])
    assert (out / "program" / "assets" / "encoders" / "mine" / "config_sentence_transformers.json").is_file()


def test_what_cannot_be_bundled_is_told_and_nothing_half_made_stays(no_wheels, tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    with pytest.raises(BundleError, match="there already"):
        make_bundle(tmp_path / "there")
    with pytest.raises(BundleError, match="no encoder's folder"):
        make_bundle(tmp_path / "ctse", encoders=[tmp_path / "there"])

    def fails(place):
        raise BundleError("A wheel could not be had: none for this platform.")

    monkeypatch.setattr(bundle, "_gather_wheels", fails)
    with pytest.raises(BundleError, match="wheel"):
        make_bundle(tmp_path / "ctse")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


def test_pip_is_asked_for_wheels_alone_and_its_reason_is_told(monkeypatch, tmp_path):
    asked = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no matching distribution for torch\n")

    monkeypatch.setattr(bundle.subprocess, "run", run)
    with pytest.raises(BundleError, match="no matching distribution for torch"):
        make_bundle(tmp_path / "ctse")
    assert "--only-binary :all:" in " ".join(asked[0])


def test_every_room_that_the_app_imports_goes_along():
    rooms = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file() or path.name == "pages"}
    imported = set()
    for path in [ROOT / "app.py", *(file for room in PROGRAM for file in (ROOT / room).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            imported |= {name.split(".")[0] for name in names}
    assert imported & rooms <= set(PROGRAM)


def test_a_password_that_lies_beside_the_program_stays_here(no_wheels, monkeypatch, tmp_path):
    root = tmp_path / "checkout"
    root.mkdir()
    for name in PROGRAM:
        source = ROOT / name
        (root / name).mkdir(parents=True) if source.is_dir() else shutil.copy2(source, root / name)
    for name in ("bundle.py", "compose.yaml", "Dockerfile.gpu"):
        shutil.copy2(ROOT / "delivery" / name, root / "delivery" / name)
    secrets = ("delivery/database_password", "delivery/pw2", ".streamlit/secrets.toml", "assets/.env", "ui/a.pem")
    for name in secrets:
        (root / name).write_text("hidden-word")
    monkeypatch.setattr(bundle, "ROOT", root)
    out = make_bundle(tmp_path / "ctse")
    assert sorted(path.name for path in (out / "program" / "delivery").iterdir()) == [
        "Dockerfile.gpu", "bundle.py", "compose.yaml",
    ]  # fmt: skip
    assert not [path for path in out.rglob("*") if path.is_file() and b"hidden-word" in path.read_bytes()]


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(no_wheels, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["bundle", str(tmp_path / "file" / "ctse")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_install_brings_what_reaches_a_teams_database(no_wheels, tmp_path):
    out = make_bundle(tmp_path / "ctse")
    for name in ("install.sh", "install.bat"):
        assert f'"{driver()}"' in (out / name).read_text() and re.fullmatch(r"psycopg\[binary\]==[\d.]+", driver())
