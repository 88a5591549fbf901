"""The worker process: it runs one job, tells its state, stops when asked, and its death is seen."""

import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ctse_core.engines import cancel_job, keep_moving, start_job
from ctse_core.errors import InputFileError, JobError, RoomError
from ctse_core.project import Job, Project, read_job, write_job
from ctse_core.project.queue import ahead_of, enter, tickets

HERE = "tests.core.test_engines"


def work(project, progress, steps, seconds):
    """What the worker runs in these tests: report, sleep, leave a file."""
    for step in range(steps):
        progress(step / steps, f"Step {step}")
        time.sleep(seconds)
    (project.folder / "result").write_text("made")


def stubborn(project, progress):
    """Report once and never again, nor let any other thread run, as compiled code can."""
    progress(0.1, "Deep in compiled code")
    (project.folder / "deep").touch()
    re.match(r"(a+)+$", "a" * 64 + "b")


def refuse(project, progress):
    """Fail with a sentence."""
    raise InputFileError("This is not a table; export it again as CSV.")


def lack(project, progress):
    """Find at its turn that memory would not do."""
    raise RoomError("It needs more.", "It needs more (--anyway).", {"posts": 5, "needed": 9, "free": 1, "fit": 0})


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


def test_cancel_stops_even_a_step_that_lets_no_other_thread_run(project):
    start_job(project, f"{HERE}:stubborn", {})
    worker = psutil.Process(wait(project, {"running"}).pid)
    while not (project.folder / "deep").exists():
        time.sleep(0.05)
    asked = time.time()
    cancel_job(project)
    job = wait(project, {"cancelled", "interrupted"}, seconds=20)
    assert job.state == "cancelled"
    assert time.time() - asked < 6  # two seconds on a machine that has nothing else to do
    worker.wait(5)


def test_a_killed_worker_is_seen_and_its_job_can_be_started_again(project):
    start_job(project, f"{HERE}:work", {"steps": 1000, "seconds": 0.05})
    os.kill(wait(project, {"running"}).pid, signal.SIGKILL)
    assert wait(project, {"interrupted"}, seconds=20).state == "interrupted"
    start_job(project, f"{HERE}:work", {"steps": 1, "seconds": 0})
    assert wait(project, {"done"}).state == "done"


def test_a_failure_with_a_sentence_is_told_and_a_bug_names_its_log(project):
    start_job(project, f"{HERE}:refuse", {})
    assert wait(project, {"failed"}).error == "This is not a table; export it again as CSV."
    start_job(project, f"{HERE}:lack", {})
    job = wait(project, {"failed"})
    assert job.error == "It needs more." and job.room == {"posts": 5, "needed": 9, "free": 1, "fit": 0}
    start_job(project, f"{HERE}:crash", {})
    assert read_job(project).room == {}
    assert "job.log" in wait(project, {"failed"}).error
    assert "KeyError" in (project.folder / "job.log").read_text()


def others(project, *names):
    found = [Project(project.folder.parent / name) for name in names]
    for one in found:
        one.folder.mkdir()
    return found


def test_projects_wait_their_turn_in_order_and_know_who_is_before_them(project):
    second, third, fourth = others(project, "second", "third", "fourth")
    start_job(project, f"{HERE}:work", {"steps": 1000, "seconds": 0.05})
    wait(project, {"running"})
    for one in (second, third, fourth):
        start_job(one, f"{HERE}:work", {"steps": 1, "seconds": 0})
    assert [ticket.folder.name for ticket in ahead_of(fourth)] == ["p", "second", "third"]
    cancel_job(third)  # out of the line at once, without waiting for its turn
    assert read_job(third).state == "cancelled"
    assert [ticket.folder.name for ticket in ahead_of(fourth)] == ["p", "second"]
    cancel_job(project)
    assert wait(fourth, {"done"}).began >= wait(second, {"done"}).finished
    assert not (third.folder / "result").exists()


def test_the_work_goes_on_where_the_runner_is_killed_and_the_next_one_takes_it_up(project):
    (second,) = others(project, "second")
    start_job(project, f"{HERE}:work", {"steps": 40, "seconds": 0.1})
    worker = psutil.Process(wait(project, {"running"}).pid)
    start_job(second, f"{HERE}:work", {"steps": 1, "seconds": 0})
    worker.parent().kill()
    time.sleep(0.2)
    keep_moving()
    assert wait(project, {"done", "interrupted"}).state == "done"
    assert wait(second, {"done"}).began >= read_job(project).finished


def test_after_a_restart_of_the_machine_the_line_goes_on_with_the_job_that_was_cut_off(project):
    (second,) = others(project, "second")
    for one, state in ((project, "running"), (second, "queued")):
        job = write_job(one, Job(f"{HERE}:work", {"steps": 1, "seconds": 0}, state=state, pid=2**22 - 1, started=9.0))
        enter(one, "Ada")
        told = (one.folder / "job.json").read_text().replace(f'"updated": {job.updated}', '"updated": 10.0')
        (one.folder / "job.json").write_text(told)
        assert read_job(one).state == "queued"
    assert [ticket.by for ticket in tickets()] == ["Ada", "Ada"]
    keep_moving()
    assert wait(second, {"done"}).began >= wait(project, {"done"}).finished


@pytest.mark.parametrize("restarts", [0, 2])  # the machine's, and how often it went down under this job
def test_a_job_that_was_cut_off_without_a_restart_or_often_waits_for_a_person(project, restarts):
    job = Job(f"{HERE}:work", {"steps": 1, "seconds": 0}, state="running", pid=2**22 - 1, started=9.0)
    job = write_job(project, job, restarts=restarts)
    if restarts:
        told = (project.folder / "job.json").read_text().replace(f'"updated": {job.updated}', '"updated": 10.0')
        (project.folder / "job.json").write_text(told)
    enter(project, "Ada")
    assert read_job(project).state == "interrupted"
    keep_moving()
    for _ in range(600):
        if not tickets():
            break
        time.sleep(0.05)
    assert not tickets() and read_job(project).state == "interrupted"


def test_the_process_that_watches_is_small():
    code = "import sys, ctse_core.engines.runner; print(sorted({'polars', 'numba', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_compiled_code_is_compiled_once_on_a_machine(tmp_path):
    code = (
        "import numpy as np; from ctse_core.structure.kernels import tau; tau(np.ones(3, np.int64)); "
        "print(sum(tau.stats.cache_hits.values()), sum(tau.stats.cache_misses.values()))"
    )
    told = []
    for _ in range(2):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}  # as each worker has it
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        told.append(done.stdout.strip())
    assert told == ["0 1", "1 0"]
