"""The worker process: does one heavy step and writes down how far it is; the runner starts, watches and ends it.

``python -m ctse_core.engines.worker FOLDER`` is that process. One at a time works on this machine, so that no two hold
an encoder in memory.
"""

from __future__ import annotations

import dataclasses
import importlib
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ctse_core.errors import Cancelled, CtseError, RoomError
from ctse_core.project import Job, Project, write_job
from ctse_core.project.jobs import STOPPED, at_work, cancel_path, own_start_time, stored_job
from ctse_core.project.queue import queue_home, queue_locked

_log = logging.getLogger(__name__)

_WRITE_EVERY = 0.3


class _Watch:
    """The progress of the step: keeps ``job.json`` true while it runs, and stops it where that was asked for."""

    def __init__(self, project: Project, job: Job) -> None:
        self.project = project
        self.job = job
        self._lock = threading.Lock()
        self._written = 0.0
        self._ended = False

    def __call__(self, share: float, sentence: str) -> None:
        """Take a progress report: write it down now and then, and stop here if that was asked for."""
        if cancel_path(self.project).exists():
            raise Cancelled(STOPPED)
        now = time.time()
        if now - self._written < _WRITE_EVERY and share < 1.0:
            return
        self._written = now
        self.write(state="running", share=min(max(share, 0.0), 1.0), sentence=sentence)

    def stages(self, stages: list[dict[str, Any]], left: float | None) -> None:
        """Take how far each step is and about how many seconds the rest takes; written with the next report."""
        self.job = dataclasses.replace(self.job, stages=stages, left=left)

    def write(self, **changes: Any) -> None:
        """Write the job with these changes unless it has ended."""
        with self._lock:
            if not self._ended:
                self.job = write_job(self.project, self.job, **changes)

    def end(self, **changes: Any) -> None:
        """Write the job's last state."""
        self.write(finished=time.time(), **changes)
        self._ended = True


def run_worker(folder: Path) -> int:
    """Run the job written in ``folder`` to its end and return the process's exit code."""
    from filelock import FileLock

    project = Project(folder)
    # A worker whose runner was killed may still be at it: one at a time.
    with FileLock(queue_home() / ".worker.lock"):
        job = _taken(project)
        if job is None:
            return 2
        return _work(project, _Watch(project, job))


def _taken(project: Project) -> Job | None:
    """Return the job with this process as its worker, None where there is none to take any more."""
    with queue_locked():
        job = stored_job(project)
        if job is None or job.state != "queued" or at_work(job):
            return None
        return write_job(project, job, pid=os.getpid(), pid_started=own_start_time(), began=time.time())


def _work(project: Project, watch: _Watch) -> int:
    try:
        watch(0.0, "Starting")
        module, _, function = watch.job.target.partition(":")
        step = getattr(importlib.import_module(module), function)
        step(project, progress=watch, **watch.job.arguments)
        watch.end(state="done", share=1.0, sentence="Done", left=None)
        return 0
    except Cancelled as asked:
        watch.end(state="cancelled", sentence=str(asked))
        return 130
    except CtseError as told:
        watch.end(state="failed", error=str(told), room=told.room if isinstance(told, RoomError) else {})
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


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(run_worker(Path(sys.argv[1])))
