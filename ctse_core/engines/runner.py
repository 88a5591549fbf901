"""The runner: works through the line of jobs, one worker process at a time, and ends a worker that does not stop.

``python -m ctse_core.engines.runner`` is that process; it does nothing heavy itself, so that a cancel is heeded while
the worker is deep in compiled code. Where it is killed, the next one takes up the worker that is at work.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from contextlib import suppress

from ctse_core.engines.line import NOT_BEGUN, RUNNER_LOCK, RUNNER_STARTS, spawn
from ctse_core.project import Project, write_job
from ctse_core.project.jobs import GONE, STOPPED, at_work, cancel_path, cut_off_by_restart, stored_job
from ctse_core.project.queue import Ticket, queue_locked, tickets

_log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
GRACE = 0.7
"""Seconds after which a worker that was asked to stop, and did not, is ended."""


def run_line() -> int:
    """Work through the line until nothing is left, unless another runner is at it; return the exit code."""
    from filelock import FileLock, Timeout

    with queue_locked() as home:
        (home / RUNNER_STARTS).unlink(missing_ok=True)
        lock = FileLock(home / RUNNER_LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return 0
    while True:
        with queue_locked():
            line = tickets()
            if not line:  # let go while the line is held: who enters next finds that nobody works on it
                lock.release()
                return 0
        _serve(line[0])


def _serve(ticket: Ticket) -> None:
    """See one job to its end, whatever that is, and take its ticket."""
    project = Project(ticket.folder)
    try:
        with queue_locked():
            begins = _begins(project)
        command = ("ctse_core.engines.worker", [str(project.folder)], project.folder / "job.log")
        _attend(project, spawn(*command) if begins else None)
        _settle(ticket)
    except OSError as fault:  # the project was deleted meanwhile, the disk is full, no process can be had
        _log.warning("The job of %s could not be run: %s", ticket.folder, fault)
        with suppress(OSError):
            _settle(ticket, f"The work could not go on ({fault.strerror}); make room on this machine, press Resume.")
        ticket.path.unlink(missing_ok=True)


def _begins(project: Project) -> bool:
    """Return whether a worker is to be started for the job: it waits, or a restart of the machine cut it off."""
    job = stored_job(project)
    if job is None or not job.active or at_work(job):
        return False
    if job.state == "running" and not cut_off_by_restart(job):
        return False
    if cancel_path(project).exists():
        write_job(project, job, state="cancelled", finished=time.time(), sentence=NOT_BEGUN)
        return False
    cut_off = job.restarts + (job.state == "running")
    taken = {"state": "queued", "pid": None, "pid_started": None, "restarts": cut_off}
    write_job(project, job, began=time.time(), sentence="Starting", **taken)
    return True


def _attend(project: Project, worker: subprocess.Popen[bytes] | None) -> None:
    """Wait until nobody works on the job any more; end the worker where it does not heed a cancel."""
    asked: float | None = None
    while True:
        job = stored_job(project)
        taken = job is not None and at_work(job)
        if not taken and (worker is None or worker.poll() is not None):
            return
        if cancel_path(project).exists():
            asked = asked or time.time()
            if time.time() - asked > GRACE:
                number = job.pid if job is not None and taken else worker.pid if worker is not None else None
                if number is not None:
                    _end(number)
        time.sleep(LOOK_EVERY)


def _end(number: int) -> None:
    """End a process and those it started: compiled code cannot be interrupted, and all that is kept is whole."""
    import psutil

    with suppress(psutil.Error):
        process = psutil.Process(number)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                one.kill()


def _settle(ticket: Ticket, error: str = GONE) -> None:
    """Take the ticket, and write down how its job ended where the worker did not do so itself.

    Where the ticket is gone, the job was asked for again meanwhile, and that is another job.
    """
    project = Project(ticket.folder)
    with queue_locked():
        if not ticket.path.exists():
            return
        job = stored_job(project)
        if job is not None and job.active:
            if cancel_path(project).exists():
                write_job(project, job, state="cancelled", finished=time.time(), sentence=STOPPED)
            else:
                write_job(project, job, state="interrupted", finished=time.time(), error=error)
        cancel_path(project).unlink(missing_ok=True)
        ticket.path.unlink()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(run_line())
