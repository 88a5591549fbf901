"""The worker process: it runs one job, tells its state, stops when asked, and its death is seen."""

import os
import signal
import time

import pytest

from ctse_core.engines import cancel_job, start_job
from ctse_core.errors import InputFileError, JobError
from ctse_core.project import Project, read_job

HERE = "tests.core.test_engines"


def work(project, progress, steps, seconds):
    """What the worker runs in these tests: report, sleep, leave a file."""
    for step in range(steps):
        progress(step / steps, f"Step {step}")
        time.sleep(seconds)
    (project.folder / "result").write_text("made")


def stubborn(project, progress):
    """Report once and never again, as compiled code does."""
    progress(0.1, "Deep in compiled code")
    time.sleep(120)


def refuse(project, progress):
    """Fail with a sentence."""
    raise InputFileError("This is not a table; export it again as CSV.")


def crash(project, progress):
    """Fail without one."""
    raise KeyError("a bug")


def wait(project, states, seconds=60):
    """Poll as the page does."""
    for _ in range(int(seconds / 0.05)):
        job = read_job(project)
        if job is not None and job.state in states:
            return job
        time.sleep(0.05)
    raise AssertionError(read_job(project))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "projects" / "p"
    folder.mkdir(parents=True)
    return Project(folder)


def test_a_job_runs_to_its_end_in_another_process(project):
    start_job(project, f"{HERE}:work", {"steps": 2, "seconds": 0.05})
    job = wait(project, {"done", "failed", "interrupted"})
    assert (job.state, job.share) == ("done", 1.0)
    assert job.pid != os.getpid()
    assert (project.folder / "result").read_text() == "made"


def test_a_second_job_in_the_same_project_is_refused_with_a_sentence(project):
    start_job(project, f"{HERE}:work", {"steps": 100, "seconds": 0.05})
    with pytest.raises(JobError, match="already"):
        start_job(project, f"{HERE}:work", {"steps": 1, "seconds": 0})
    cancel_job(project)
    assert wait(project, {"cancelled"}).state == "cancelled"


def test_cancel_stops_even_a_step_that_never_looks_up(project):
    start_job(project, f"{HERE}:stubborn", {})
    wait(project, {"running"})
    asked = time.time()
    cancel_job(project)
    job = wait(project, {"cancelled", "interrupted"}, seconds=20)
    assert job.state == "cancelled"
    assert time.time() - asked < 10


def test_a_killed_worker_is_seen_and_its_job_can_be_started_again(project):
    start_job(project, f"{HERE}:work", {"steps": 1000, "seconds": 0.05})
    os.kill(wait(project, {"running"}).pid, signal.SIGKILL)
    assert wait(project, {"interrupted"}, seconds=20).state == "interrupted"
    start_job(project, f"{HERE}:work", {"steps": 1, "seconds": 0})
    assert wait(project, {"done"}).state == "done"


def test_a_failure_with_a_sentence_is_told_and_a_bug_names_its_log(project):
    start_job(project, f"{HERE}:refuse", {})
    assert wait(project, {"failed"}).error == "This is not a table; export it again as CSV."
    start_job(project, f"{HERE}:crash", {})
    assert "job.log" in wait(project, {"failed"}).error
    assert "KeyError" in (project.folder / "job.log").read_text()


def test_two_projects_wait_their_turn(project):
    other = Project(project.folder.parent / "other")
    other.folder.mkdir()
    start_job(project, f"{HERE}:work", {"steps": 60, "seconds": 0.05})
    wait(project, {"running"})
    start_job(other, f"{HERE}:work", {"steps": 1, "seconds": 0})
    for _ in range(100):
        if "Waiting for another" in read_job(other).sentence:
            break
        time.sleep(0.05)
    assert "Waiting for another" in read_job(other).sentence
    assert wait(other, {"done"}).state == "done"
    assert wait(project, {"done"}).state == "done"
