"""The state of a project's job, kept in ``job.json`` so that it outlives pages and servers."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from ctse_core.project.folder import Project
from ctse_core.project.parts import write_json

JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]

_STARTUP_SECONDS = 90.0


@dataclass(frozen=True)
class Job:
    """One run of a heavy step: what was asked, who works on it, how far it is.

    ``share`` is in [0, 1]; ``started``, ``updated`` and ``finished`` are seconds since 1970;
    ``pid_started`` is the worker's start time as the system tells it, so that another process which
    got the same number later is not taken for it.
    """

    target: str
    arguments: dict[str, Any] = field(default_factory=dict)
    state: JobState = "queued"
    share: float = 0.0
    sentence: str = "Waiting to start"
    pid: int | None = None
    pid_started: float | None = None
    started: float = 0.0
    updated: float = 0.0
    finished: float | None = None
    error: str | None = None

    @property
    def active(self) -> bool:
        """Whether a worker has it or will have it."""
        return self.state in ("queued", "running")

    @property
    def seconds(self) -> float:
        """Seconds since the start, up to the end where it has ended."""
        return max(0.0, (self.finished or time.time()) - self.started)


def _path(project: Project) -> Any:
    return project.folder / "job.json"


def write_job(project: Project, job: Job, **changes: Any) -> Job:
    """Write the job with ``changes`` applied and return it."""
    changed = dataclasses.replace(job, updated=time.time(), **changes)
    write_json(_path(project), dataclasses.asdict(changed))
    return changed


def forget_job(project: Project) -> None:
    """Forget the project's last job; one that is still at work goes on and writes itself down again."""
    _path(project).unlink(missing_ok=True)


def read_job(project: Project) -> Job | None:
    """Return the project's last job, or None; one whose worker is gone is "interrupted"."""
    try:
        stored = json.loads(_path(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = {item.name for item in dataclasses.fields(Job)}
    job = Job(**{key: value for key, value in stored.items() if key in known})
    if job.active and not worker_alive(job):
        return dataclasses.replace(
            job,
            state="interrupted",
            finished=job.updated,
            error="The worker stopped without finishing (it was killed, or memory ran out). "
            "What it had finished is kept: press Resume.",
        )
    return job


def worker_alive(job: Job) -> bool:
    """Return whether the process that works on the job still runs."""
    if job.pid is None:
        return time.time() - job.started < _STARTUP_SECONDS
    import psutil

    try:
        process = psutil.Process(job.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return job.pid_started is None or abs(process.create_time() - job.pid_started) < 2.0
    except psutil.Error:
        return False


def own_start_time() -> float:
    """Return this process's start time as the system tells it."""
    import psutil

    return psutil.Process(os.getpid()).create_time()


def cancel_path(project: Project) -> Any:
    """Return the file whose presence asks the worker to stop."""
    return project.folder / "cancel"
