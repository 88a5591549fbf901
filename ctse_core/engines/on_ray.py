"""Shards of work on a Ray cluster: actors that each hold what is dear to make, and go on when a node dies."""

from __future__ import annotations

import logging
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ctse_core.engines.library_lines import library_lines_dropped
from ctse_core.errors import JobError, SettingError

_OWN_STORE = 128 * 2**20
"""Bytes of the object store of a cluster of this process alone; what goes through it are names of shards."""
_PATIENCE = 60.0
"""Seconds that a cluster has until it has a node that a worker fits on; those that grow by themselves need some."""
_TRIES = 4
"""How often an item is begun whose workers die; Ray tries for ever, so that one that always kills stops all."""
_NUMBER = "item_number"


@dataclass(frozen=True)
class RaySettings:
    """Where and how wide: ``address`` of the cluster ("auto": the one on this machine; "": one of this process alone),
    at most ``workers`` actors, each with ``cpus`` (may be a fraction) and ``gpus``.
    """

    address: str = ""
    workers: int = 2
    cpus: float = 1.0
    gpus: float = 0.0

    @classmethod
    def asked(cls, address: str, workers: int, cpus: float, gpus: float = 0.0) -> RaySettings:
        """Return what a person asked for; the address "local" starts a cluster for this process alone.

        Raises:
            SettingError: a number is out of its range.
        """
        if workers < 1 or not 0 < cpus < float("inf"):
            raise SettingError("The work needs a worker with some of a processor.")
        if not 0 <= gpus < float("inf") or (gpus > 1 and gpus != int(gpus)):
            raise SettingError(f"A worker cannot have {gpus:g} GPUs; give it 0, a part of one, or whole ones.")
        return cls("" if address == "local" else address, workers, cpus, gpus)


def run_on_ray(
    worker: type, given: Mapping[str, Any], items: Sequence[Mapping[str, Any]], settings: RaySettings
) -> Iterator[dict[str, Any]]:
    """Give each item to an instance of ``worker`` made with ``given``; yield what it returned, in any order.

    ``worker`` is called with a batch as Ray Data has them: a dictionary of columns with one row. What runs on a node
    that dies is run again elsewhere, so that calling twice with the same item must do no harm.

    Raises:
        JobError: Ray is not installed, the cluster cannot be reached or has no node for a worker, or a worker failed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError as absent:
        raise JobError("Ray is not installed; run: pip install -r requirements-scale.txt") from absent
    with library_lines_dropped():
        joined = _joined(ray, settings)
        try:
            _room_for(ray, settings)
            ray.data.DataContext.get_current().enable_progress_bars = False
            counter = _counter(ray)
            given = {"worker": worker, "given": dict(given), "counter": counter}
            yield from _mapped(ray, given, items, settings).iter_rows()
        except RayError as failed:
            raise JobError(f"The work on Ray stopped: {_reason(str(failed))}") from failed
        finally:
            if joined:
                ray.shutdown()


def _mapped(ray: Any, given: Mapping[str, Any], items: Sequence[Mapping[str, Any]], settings: RaySettings) -> Any:
    """Return the data set of what the workers make of the items."""
    numbered = [{_NUMBER: number, **item} for number, item in enumerate(items)]
    # A pool of fixed size: one that grows by itself stays at one worker for minutes. What does not fit waits.
    mapped = ray.data.from_items(numbered, override_num_blocks=len(items)).map_batches(
        _Counted,
        fn_constructor_kwargs=dict(given),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(settings.workers, len(items))),
        num_cpus=settings.cpus,
        num_gpus=settings.gpus or None,
        # Ray tells OpenMP how many threads a worker has, but not polars, which would take all of the node.
        runtime_env={"env_vars": {"POLARS_MAX_THREADS": str(max(1, int(settings.cpus)))}},
    )
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what goes wrong comes as an error
    return mapped


class _Begun:
    """Counts how often items were begun; one a run, beside who began the run."""

    def __init__(self) -> None:
        self.times: dict[int, int] = {}

    def again(self, number: int) -> int:
        self.times[number] = self.times.get(number, 0) + 1
        return self.times[number]


def _counter(ray: Any) -> Any:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    return (
        ray.remote(_Begun).options(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=here).remote()
    )


class _Counted:
    """A worker that begins no item that ended its workers too often."""

    def __init__(self, worker: type, given: Mapping[str, Any], counter: Any) -> None:
        self.worker, self.counter = worker(**given), counter

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import ray

        number = int(batch.pop(_NUMBER)[0])
        if ray.get(self.counter.again.remote(number)) > _TRIES:
            raise JobError(
                f"Workers died {_TRIES} times at the same shard; most often memory ran out: take smaller shards "
                "(--shard-rows) or fewer workers a node (a higher --worker-cpus). What was finished is kept."
            )
        return dict(self.worker(batch))


def _room_for(ray: Any, settings: RaySettings) -> None:
    """Wait until a node has what one worker asks for; Ray itself would wait without a word for ever.

    Raises:
        JobError: none has.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        has = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        if any(one.get("CPU", 0) >= settings.cpus and one.get("GPU", 0) >= settings.gpus for one in has):
            return
        if time.monotonic() > until:
            break
        time.sleep(1)
    most = {kind: max((one.get(kind, 0) for one in has), default=0) for kind in ("CPU", "GPU")}
    raise JobError(
        f"No node of the cluster has room for a worker of {settings.cpus:g} processors and {settings.gpus:g} GPUs; the "
        f"largest has {most['CPU']:g} and {most['GPU']:g}. Ask for less with --worker-cpus and --worker-gpus."
    )


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
    ours = [line for line in lines if line.startswith("ctse_core.errors.")]
    causes = [line for line in lines if not line.startswith("ray.")]
    reason = (ours or causes or lines or told.splitlines() or ["no reason was given"])[-1][:300]
    return re.sub(r"^ctse_core\.errors\.\w+: ", "", reason)


def _joined(ray: Any, settings: RaySettings) -> bool:
    """Join or start the cluster; return whether that happened here."""
    if ray.is_initialized():
        return False
    try:
        _answers(settings.address)
        own = {} if settings.address else {"object_store_memory": _OWN_STORE, "include_dashboard": False}
        ray.init(address=settings.address or "local", log_to_driver=False, logging_level="error", **own)
    except (ConnectionError, ValueError) as unreachable:
        raise JobError(
            f"No Ray cluster answers at “{settings.address}” ({unreachable}); start one with: ray start --head"
        ) from unreachable
    return True
