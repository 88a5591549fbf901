"""The container files pass their linter and build what requirements.txt pins."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from delivery.bundle import ROOT

IMAGES = sorted((ROOT / "delivery").glob("Dockerfile*"))


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_container_files_pass_their_linter(image):
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}")
    if linter is None:
        pytest.skip("hadolint has no wheel for this machine")
    done = subprocess.run([linter, str(image)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_a_container_runs_as_nobody_special_and_keeps_projects_in_a_volume(image):
    lines = image.read_text(encoding="utf-8")
    assert re.search(r"^USER 10001$", lines, re.M) and re.search(r"^VOLUME /data$", lines, re.M)
    assert "CTSE_HOME=/data" in lines and "HEALTHCHECK" in lines


def test_the_processor_image_installs_the_pinned_torch():
    pinned = re.search(r"^torch==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)
    built = re.search(r'"torch==([\d.]+)\+cpu"', (ROOT / "delivery" / "Dockerfile").read_text(encoding="utf-8"))
    assert pinned and built and pinned.group(1) == built.group(1)
