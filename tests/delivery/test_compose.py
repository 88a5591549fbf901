"""The compose file: whole, pinned, without secrets, nobody runs as root, and what it names is there."""

import re

import pytest
import yaml

from delivery.bundle import ROOT, driver

FILE = ROOT / "delivery" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
KNOWN = {
    "image", "build", "user", "read_only", "tmpfs", "cap_drop", "security_opt", "shm_size", "command", "environment",
    "secrets", "volumes", "ports", "healthcheck", "stop_grace_period", "restart", "profiles", "working_dir",
    "entrypoint", "depends_on",
}  # fmt: skip


def test_the_file_has_only_what_compose_knows():
    assert set(COMPOSE) == {"name", "services", "secrets", "volumes"}
    for name, service in SERVICES.items():
        assert set(service) <= KNOWN, name
        for secret in service.get("secrets", ()):
            assert secret in COMPOSE["secrets"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (FILE.parent / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]
        for other in service.get("depends_on", {}):
            assert "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", list(SERVICES))
def test_no_service_runs_as_root_or_may_become_it(name):
    service = SERVICES[name]
    assert service["user"] not in {"0", "root", ""} and service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True and service["security_opt"] == ["no-new-privileges:true"]


def test_what_goes_on_running_is_looked_after_and_listens_on_this_machine_alone():
    for name in ("database", "app"):
        service = SERVICES[name]
        assert {"test", "interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
        assert service["restart"] == "unless-stopped"
        assert all(re.fullmatch(r"\$\{CTSE_\w+:-127\.0\.0\.1:\d+\}:\d+", port) for port in service["ports"])


def test_images_are_pinned_and_what_is_built_is_there():
    assert re.fullmatch(r"pgvector/pgvector:\d+\.\d+\.\d+-pg\d+", SERVICES["database"]["image"])
    for name in ("app", "share"):
        assert (FILE.parent / SERVICES[name]["build"]["context"] / SERVICES[name]["build"]["dockerfile"]).is_file()


def test_the_password_comes_out_of_a_file_that_goes_nowhere():
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database_password"
    assert not re.search(
        r"PASSWORD:|password:\s*\S", FILE.read_text(encoding="utf-8").replace("database_password:", "")
    )
    for ignored in (".gitignore", ".dockerignore"):
        assert "delivery/database_password" in (ROOT / ignored).read_text(encoding="utf-8")


@pytest.mark.parametrize("image", ["Dockerfile", "Dockerfile.gpu"])
def test_every_image_holds_the_driver_that_is_tested(image):
    assert f'"{driver()}"' in (ROOT / "delivery" / image).read_text("utf-8")
