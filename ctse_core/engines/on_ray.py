"""Shards of work on a Ray cluster: actors that each hold what is dear to make, and go on when a node dies."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctse_core.errors import JobError


@dataclass(frozen=True)
class RaySettings:
    """Where and how wide: ``address`` of the cluster ("auto": the one on this machine; "": one of this process alone),
    at most ``workers`` actors, each with ``cpus`` (may be a fraction) and ``gpus``.
    """

    address: str = ""
    workers: int = 2
    cpus: float = 1.0
    gpus: float = 0.0


def run_on_ray(
    worker: type, given: Mapping[str, Any], items: Sequence[Mapping[str, Any]], settings: RaySettings
) -> Iterator[dict[str, Any]]:
    """Give each item to an instance of ``worker`` made with ``given``; yield what it returned, in any order.

    ``worker`` is called with a batch as Ray Data has them: a dictionary of columns with one row. What runs on a node
    that dies is run again elsewhere, so that calling twice with the same item must do no harm.

    Raises:
        JobError: Ray is not installed, the cluster cannot be reached, or a worker failed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError as absent:
        raise JobError("Ray is not installed; run: pip install -r requirements-scale.txt") from absent
    joined = _joined(ray, settings)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        done = ray.data.from_items(list(items), override_num_blocks=len(items)).map_batches(
            worker,
            fn_constructor_kwargs=dict(given),
            batch_size=1,
            concurrency=(1, min(settings.workers, len(items))),
            num_cpus=settings.cpus,
            num_gpus=settings.gpus or None,
        )
        yield from done.iter_rows()
    except RayError as failed:
        raise JobError(f"The work on Ray stopped: {_reason(str(failed))}") from failed
    finally:
        if joined:
            ray.shutdown()


def _answers(address: str) -> None:
    """Check that something listens at host:port; Ray itself would try for minutes.

    Raises:
        ConnectionError: nothing does.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "//" not in address:
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError as fault:
            raise ConnectionError(fault.strerror or str(fault)) from fault


def _reason(told: str) -> str:
    """Return the line of a worker's traceback that names the error."""
    lines = [line.strip() for line in told.splitlines() if re.match(r"\s*[\w.]*(Error|Exception)\b", line)]
    return (lines or told.splitlines() or ["no reason was given"])[-1][:300]


def _joined(ray: Any, settings: RaySettings) -> bool:
    """Join or start the cluster; return whether that happened here."""
    if ray.is_initialized():
        return False
    try:
        _answers(settings.address)
        ray.init(address=settings.address or None, log_to_driver=False, include_dashboard=False, logging_level="error")
    except (ConnectionError, ValueError) as unreachable:
        raise JobError(
            f"No Ray cluster answers at “{settings.address}” ({unreachable}); start one with: ray start --head"
        ) from unreachable
    return True
