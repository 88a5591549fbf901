"""The machine's line of jobs seen from outside: a job is asked for, taken back, and the line kept moving.

Numba's default threading layer aborts a process in which two threads run parallel kernels at once, so nothing heavy
may run inside the server: a runner takes one job after the other and has a worker process do it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ctse_core.errors import JobError
from ctse_core.project import Job, Project, cache_home, read_job, write_job
from ctse_core.project.database import author
from ctse_core.project.jobs import cancel_path, stored_job
from ctse_core.project.queue import ahead_of, enter, leave, queue_home, queue_locked, tickets

_log = logging.getLogger(__name__)

RUNNER_LOCK = ".runner.lock"
RUNNER_STARTS = ".runner.starts"
_STARTS_WITHIN = 20.0  # seconds that a runner may take until it holds its lock
NOT_BEGUN = "Stopped before it began."


def start_job(project: Project, target: str, arguments: dict[str, Any]) -> Job:
    """Put ``target`` ("package.module:function") in the line of this machine and return the job.

    The function is called as ``function(project, progress=..., **arguments)`` in a worker process of its own, when
    those before it have ended; arguments must be what JSON can write. The work belongs to no page: it goes on when
    the page or the server ends.

    Raises:
        JobError: the project has a job that is still at work, or no process can be started.
    """
    with queue_locked():  # two clicks at once: the second one finds the job of the first
        running = read_job(project)
        if running is not None and running.active:
            raise JobError(f"Project “{project.name}” is being analysed already; wait for it or cancel it.")
        cancel_path(project).unlink(missing_ok=True)
        job = write_job(project, Job(target=target, arguments=arguments, started=time.time(), by=author()))
        enter(project, job.by)
    if not keep_moving():
        failed = "The worker process could not be started; close other programs and try again."
        with queue_locked():
            leave(project)
        write_job(project, job, state="failed", finished=time.time(), error=failed)
        raise JobError(failed)
    return job


def cancel_job(project: Project) -> None:
    """Take the project's job back: out of the line at once, or stopped within two seconds; what is done is kept."""
    with queue_locked():
        job = stored_job(project)
        if job is not None and job.state == "queued" and job.pid is None and ahead_of(project) is not None:
            leave(project)
            write_job(project, job, state="cancelled", finished=time.time(), sentence=NOT_BEGUN)
            return
    cancel_path(project).touch()
    keep_moving()


def keep_moving() -> bool:
    """See to it that somebody works on the line, where there is one: also after a restart of the machine.

    Returns whether that is so; not where the machine gives no process.
    """
    from filelock import FileLock, Timeout

    if not tickets():
        return True
    with queue_locked() as home:
        starts = home / RUNNER_STARTS
        if starts.exists() and time.time() - starts.stat().st_mtime < _STARTS_WITHIN:
            return True
        lock = FileLock(home / RUNNER_LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        starts.touch()
        try:
            spawn("ctse_core.engines.runner", [], queue_home() / "runner.log")
        except OSError as fault:
            _log.warning("No process could be started for the line of jobs: %s", fault)
            starts.unlink(missing_ok=True)
            return False
    return True


def spawn(module: str, arguments: list[str], log_file: Path) -> subprocess.Popen[bytes]:
    """Start ``python -m module`` as a process of its own that outlives this one; what it says goes to ``log_file``."""
    environment = dict(os.environ)
    environment.setdefault("NUMBA_CACHE_DIR", str(cache_home() / "numba"))
    environment.setdefault("TOKENIZERS_PARALLELISM", "true")
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [environment.get("PYTHONPATH")])])
    with log_file.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            **_detached(),
        )


def _detached() -> dict[str, Any]:
    """Return what keeps a process alive when the server's terminal closes, on this system."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}
