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
from ctse_core.project.queue import ahead_of

JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]

GONE = (
    "The worker stopped without finishing (it was killed, or memory ran out). "
    "What it had finished is kept: press Resume."
)
STOPPED = "Stopped as asked; what was finished is kept."
_STARTUP_SECONDS = 90.0
MOST_RESTARTS = 2
"""How often a job is taken up again by itself after the machine went down."""


@dataclass(frozen=True)
class Job:
    """One run of a heavy step: what was asked, who works on it, how far it is.

    ``share`` is in [0, 1]; ``started`` (asked for), ``began`` (its turn came), ``updated`` and ``finished`` are
    seconds since 1970;
    ``pid_started`` is the worker's start time as the system tells it, so that another process which
    got the same number later is not taken for it. ``by`` asked for it. ``stages`` has a dictionary for each step:
    its key and title, its share in [0, 1], the seconds it took, posts a second (0 where unknown); ``left`` is about
    how many seconds the rest takes, None where nobody knows yet. ``restarts`` of the machine cut it off so far. Where
    memory would not do, ``room`` is what expected.Room tells.
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
    began: float | None = None
    by: str = ""
    stages: list[dict[str, Any]] = field(default_factory=list)
    left: float | None = None
    restarts: int = 0
    room: dict[str, int] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether a worker has it or will have it."""
        return self.state in ("queued", "running")

    @property
    def seconds(self) -> float:
        """Seconds since its turn came, up to the end where it has ended."""
        return max(0.0, (self.finished or time.time()) - (self.began or self.started))


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


def stored_job(project: Project) -> Job | None:
    """Return the job as it was last written down, whether or not its worker still lives."""
    try:
        stored = json.loads(_path(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = {item.name for item in dataclasses.fields(Job)}
    return Job(**{key: value for key, value in stored.items() if key in known})


def read_job(project: Project) -> Job | None:
    """Return the project's last job, or None; one whose worker is gone is "interrupted".

    A job in the line waits for its turn, also after a restart of the machine, which cut it off through no fault of
    its own.
    """
    job = stored_job(project)
    if job is None or not job.active or worker_alive(job):
        return job
    if (job.state == "queued" or cut_off_by_restart(job)) and ahead_of(project) is not None:
        return dataclasses.replace(job, state="queued")
    if cancel_path(project).exists():
        return dataclasses.replace(job, state="cancelled", finished=job.updated, sentence=STOPPED)
    return dataclasses.replace(job, state="interrupted", finished=job.updated, error=GONE)


def cut_off_by_restart(job: Job) -> bool:
    """Return whether the job was last heard of before this machine, or this container, was started.

    Not where that happened to it before already: it may be what the machine did not bear.
    """
    import psutil

    if job.restarts >= MOST_RESTARTS:
        return False

    try:
        started = psutil.Process(1).create_time()
    except psutil.Error:  # no such process outside Linux and macOS
        started = psutil.boot_time()
    return job.updated < started


def worker_alive(job: Job) -> bool:
    """Return whether a process works on the job, or is expected to do so soon."""
    return time.time() - job.started < _STARTUP_SECONDS if job.pid is None else at_work(job)


def at_work(job: Job) -> bool:
    """Return whether the process that works on the job is known and still runs."""
    if job.pid is None:
        return False
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
