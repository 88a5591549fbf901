"""One worker process: heavy steps run there, one at a time on this machine, and survive the page.

Numba's default threading layer aborts a process in which two threads run parallel kernels at once, so
nothing heavy may run inside the server. ``python -m ctse_core.engines.worker FOLDER`` is that process.
"""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ctse_core.errors import Cancelled, CtseError, JobError
from ctse_core.project import Job, Project, cache_home, projects_home, read_job, write_job
from ctse_core.project.jobs import cancel_path, own_start_time

_log = logging.getLogger(__name__)

_WRITE_EVERY = 0.3
_LOOK_EVERY = 0.25
_GRACE = 1.5


def start_job(project: Project, target: str, arguments: dict[str, Any]) -> Job:
    """Start ``target`` ("package.module:function") in a worker process of its own and return the job.

    The function is called as ``function(project, progress=..., **arguments)``; arguments must be what
    JSON can write. The worker belongs to no page: it goes on when the page or the server ends.

    Raises:
        JobError: the project has a job that is still at work.
    """
    from filelock import FileLock

    # Two clicks at once: the second one finds the job of the first.
    with FileLock(project.folder / ".job.lock"):
        running = read_job(project)
        if running is not None and running.active:
            raise JobError(f"Project “{project.name}” is being analysed already; wait for it or cancel it.")
        cancel_path(project).unlink(missing_ok=True)
        job = write_job(project, Job(target=target, arguments=arguments, started=time.time()))
    environment = dict(os.environ)
    environment.setdefault("NUMBA_CACHE_DIR", str(cache_home() / "numba"))
    environment.setdefault("TOKENIZERS_PARALLELISM", "true")
    environment["PYTHONPATH"] = os.pathsep.join([str(_root()), *filter(None, [environment.get("PYTHONPATH")])])
    try:
        _spawn(project, environment)
    except OSError as fault:
        failed = f"The worker process could not be started ({fault.strerror}); close other programs and try again."
        write_job(project, job, state="failed", finished=time.time(), error=failed)
        raise JobError(failed) from fault
    return job


def _spawn(project: Project, environment: dict[str, str]) -> None:
    with (project.folder / "job.log").open("wb") as log:
        subprocess.Popen(
            [sys.executable, "-m", "ctse_core.engines.worker", str(project.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            **_detached(),
        )


def cancel_job(project: Project) -> None:
    """Ask the project's worker to stop; it does so within two seconds and keeps what was finished."""
    cancel_path(project).touch()


def _root() -> Path:
    return Path(__file__).resolve().parents[2]


def _detached() -> dict[str, Any]:
    """Return what keeps the worker alive when the server's terminal closes, on this system."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}


class _Watch:
    """Keeps ``job.json`` true while the step runs, and ends the process when it does not heed a cancel."""

    def __init__(self, project: Project, job: Job) -> None:
        self.project = project
        self.job = job
        self._lock = threading.Lock()
        self._written = 0.0
        self._ended = threading.Event()
        threading.Thread(target=self._guard, daemon=True).start()

    def progress(self, share: float, sentence: str) -> None:
        """Take a progress report: write it down now and then, and stop here if that was asked for."""
        if cancel_path(self.project).exists():
            raise Cancelled("Stopped as asked; what was finished is kept.")
        now = time.time()
        if now - self._written < _WRITE_EVERY and share < 1.0:
            return
        self._written = now
        self.write(state="running", share=min(max(share, 0.0), 1.0), sentence=sentence)

    def write(self, **changes: Any) -> None:
        """Write the job with these changes unless it has ended."""
        with self._lock:
            if not self._ended.is_set():
                self.job = write_job(self.project, self.job, **changes)

    def end(self, **changes: Any) -> None:
        """Write the job's last state."""
        with self._lock:
            if not self._ended.is_set():
                self.job = write_job(self.project, self.job, finished=time.time(), **changes)
                self._ended.set()

    def _guard(self) -> None:
        """End the process when a cancel goes unheeded: compiled code cannot be interrupted."""
        asked: float | None = None
        while not self._ended.is_set():
            time.sleep(_LOOK_EVERY)
            if not cancel_path(self.project).exists():
                continue
            asked = asked or time.time()
            if time.time() - asked > _GRACE:
                self.end(state="cancelled", sentence="Stopped as asked; what was finished is kept.")
                os._exit(130)


def run_worker(folder: Path) -> int:
    """Run the job written in ``folder`` to its end and return the process's exit code."""
    project = Project(folder)
    job = read_job(project)
    if job is None:
        return 2
    # However late this start is, the job is taken now.
    taken = {"state": "queued", "error": None, "finished": None}
    job = write_job(project, job, pid=os.getpid(), pid_started=own_start_time(), **taken)
    watch = _Watch(project, job)
    try:
        with _Turn(watch):
            watch.progress(0.0, "Starting")
            module, _, function = job.target.partition(":")
            step = getattr(importlib.import_module(module), function)
            step(project, progress=watch.progress, **job.arguments)
        watch.end(state="done", share=1.0, sentence="Done")
        return 0
    except Cancelled as asked:
        watch.end(state="cancelled", sentence=str(asked))
        return 130
    except CtseError as told:
        watch.end(state="failed", error=str(told))
        return 1
    except MemoryError:
        watch.end(state="failed", error="Memory ran out; close other programs, or analyse a part of the file.")
        return 1
    except BaseException as bug:
        _log.exception("The job failed")
        watch.end(
            state="failed",
            error=f"An unforeseen fault stopped the analysis ({type(bug).__name__}); the details are in "
            f"{project.folder / 'job.log'}. What was finished is kept.",
        )
        raise


class _Turn:
    """Wait until no other worker of this machine is at work."""

    def __init__(self, watch: _Watch) -> None:
        from filelock import FileLock

        home = projects_home()
        home.mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(home / ".worker.lock")
        self.watch = watch

    def __enter__(self) -> None:
        from filelock import Timeout

        while True:
            try:
                self.lock.acquire(timeout=0.5)
                return
            except Timeout:
                if cancel_path(self.watch.project).exists():
                    raise Cancelled("Stopped before it began.") from None
                self.watch.write(state="queued", sentence="Waiting for another analysis on this machine to finish")

    def __exit__(self, *_: object) -> None:
        self.lock.release()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(run_worker(Path(sys.argv[1])))
