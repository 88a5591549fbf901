"""The disk: products under fingerprints, known vectors, safe names, the state of jobs."""

import dataclasses
import os
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import ProjectError
from ctse_core.project import DiskVectors, Job, Project, fingerprint, read_job, write_job
from ctse_core.project.folder import new_project, project_named, safe_file_name


def _digest(number: int) -> bytes:
    return number.to_bytes(16, "little")


def test_a_product_is_made_once_for_the_same_inputs(tmp_path):
    project, made = Project(tmp_path), []

    def make():
        made.append(1)
        return {"table": pl.DataFrame({"a": [1, 2]}), "array": np.arange(3.0), "facts": {"seed": 7}}

    first = project.keep("thing", "abc", make)
    second = project.keep("thing", "abc", make)
    assert len(made) == 1
    assert second["table"].equals(first["table"])
    assert second["array"].tolist() == [0.0, 1.0, 2.0]
    assert second["facts"] == {"seed": 7}
    project.keep("thing", "other inputs", make)
    assert len(made) == 2


def test_a_maker_that_fails_leaves_the_old_product_and_nothing_half_written(tmp_path):
    project = Project(tmp_path)
    project.keep("thing", "old", lambda: {"facts": {"is": "old"}})

    class Killed(RuntimeError):
        pass

    def make():
        raise Killed

    with pytest.raises(Killed):
        project.keep("thing", "new", make)
    assert project.kept("thing", "old")["facts"] == {"is": "old"}
    assert [path.name for path in project.products.iterdir()] == ["thing"]


def test_a_damaged_product_is_made_again(tmp_path):
    project = Project(tmp_path)
    project.keep("thing", "abc", lambda: {"table": pl.DataFrame({"a": [1]})})
    (tmp_path / "products" / "thing" / "fingerprint.json").write_text("{")
    assert project.kept("thing", "abc") is None
    assert project.keep("thing", "abc", lambda: {"table": pl.DataFrame({"a": [2]})})["table"]["a"].item() == 2


def test_fingerprints_change_with_any_input_and_with_nothing_else():
    @dataclasses.dataclass(frozen=True)
    class Settings:
        k: int = 15

    assert fingerprint(Settings(), {"b": 1, "a": 2}) == fingerprint(Settings(15), {"a": 2, "b": 1})
    assert fingerprint(Settings(), 1) != fingerprint(Settings(16), 1)
    assert fingerprint("1") != fingerprint(1)
    with pytest.raises(TypeError):
        fingerprint(object())


def test_known_vectors_come_back_in_the_order_asked(tmp_path):
    store = DiskVectors(tmp_path / "v", dim=2)
    store.remember([_digest(1), _digest(2)], np.array([[1, 0], [0, 1]], dtype=np.float32))
    store.remember([_digest(3)], np.array([[3, 3]], dtype=np.float32))
    again = DiskVectors(tmp_path / "v", dim=2)
    found, vectors = again.lookup([_digest(3), _digest(9), _digest(1)])
    assert found.tolist() == [True, False, True]
    assert vectors.tolist() == [[3, 3], [1, 0]]


def test_a_shard_cut_off_before_its_digests_does_not_count(tmp_path):
    store = DiskVectors(tmp_path, dim=2)
    store.remember([_digest(1)], np.ones((1, 2), dtype=np.float32))
    next(tmp_path.glob("*.digests.npy")).unlink()
    assert DiskVectors(tmp_path, dim=2).lookup([_digest(1)])[0].tolist() == [False]


def test_known_vectors_stay_under_their_limit(tmp_path):
    store = DiskVectors(tmp_path, dim=4, most_bytes=1000)
    for number in range(20):
        store.remember([_digest(number)], np.ones((1, 4), dtype=np.float32))
        os.utime(next(p for p in tmp_path.glob("*.vectors.npy")), None)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.vectors.npy")) <= 1000
    assert len(list(tmp_path.glob("*.vectors.npy"))) == len(list(tmp_path.glob("*.digests.npy")))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\x.csv", "/abs.csv", "a\x00b.csv", ".", "", "n" * 400 + ".csv"]
)
def test_a_file_name_never_leads_out_of_its_folder(tmp_path, name):
    safe = safe_file_name(name)
    assert safe
    assert (tmp_path / safe).resolve().parent == tmp_path.resolve()
    assert len(safe) <= 120


@pytest.mark.parametrize("name", ["..", "a/b", "", "x" * 100, "a b", ".hidden"])
def test_a_project_name_from_the_address_never_leads_out_of_home(tmp_path, name):
    with pytest.raises(ProjectError):
        project_named(tmp_path, name)


def test_only_what_this_code_leaves_is_swept(tmp_path):
    project = Project(tmp_path / "p")
    with project.locked():
        pass
    mine = [".env.production", ".bashrc.backup2024", ".posts.parquet.keepthis"]
    for name in mine:
        (project.folder / name).write_text("mine")
    (project.folder / ".posts.parquet.0a1b2c3d").write_text("left by a killed writer")
    (project.products / ".vectors.0a1b2c3d").mkdir(parents=True)
    with project.locked():
        pass
    left = {path.name for path in project.folder.iterdir()}
    assert set(mine) <= left
    assert ".posts.parquet.0a1b2c3d" not in left
    assert not list(project.products.iterdir())


def test_known_vectors_that_another_process_removed_are_unknown(tmp_path):
    store = DiskVectors(tmp_path, dim=2)
    store.remember([_digest(1)], np.ones((1, 2), dtype=np.float32))
    store.remember([_digest(2)], np.full((1, 2), 2, dtype=np.float32))
    opened = DiskVectors(tmp_path, dim=2)
    gone = next(path for path in tmp_path.glob("*.vectors.npy") if np.load(path)[0, 0] == 1)
    gone.unlink()
    found, vectors = opened.lookup([_digest(2), _digest(1)])
    assert found.tolist() == [True, False]
    assert vectors.tolist() == [[2, 2]]


def test_two_projects_of_the_same_title_are_two_folders(tmp_path):
    one, two = new_project(tmp_path, "Posts März.csv"), new_project(tmp_path, "Posts März.csv")
    assert one.folder != two.folder
    assert project_named(tmp_path, one.name) == one


def test_a_project_has_one_writer_at_a_time(tmp_path):
    project = Project(tmp_path / "p")
    with project.locked():
        code = (
            "import sys, pathlib\nfrom ctse_core.project import Project\n"
            "from ctse_core.errors import ProjectError\n"
            "try:\n    with Project(pathlib.Path(sys.argv[1])).locked(): sys.exit(0)\n"
            "except ProjectError: sys.exit(3)\n"
        )
        assert subprocess.run([sys.executable, "-c", code, str(project.folder)], check=False).returncode == 3
    with project.locked():
        pass


def test_a_job_whose_worker_is_gone_is_interrupted(tmp_path):
    project = Project(tmp_path)
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    write_job(project, Job(target="x:y", state="running", pid=worker.pid, started=time.time()))
    assert read_job(project).state == "running"
    worker.kill()
    worker.wait()
    assert read_job(project).state == "interrupted"
    assert "Resume" in read_job(project).error
