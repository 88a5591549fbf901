"""Where a heavy step runs: one worker process a machine, started, watched and stopped from outside."""

from ctse_core.engines.worker import cancel_job, start_job

__all__ = ["cancel_job", "start_job"]
