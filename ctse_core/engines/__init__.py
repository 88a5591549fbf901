"""Where a heavy step runs: one worker process a machine, started, watched and stopped from outside."""

from ctse_core.engines.line import cancel_job, keep_moving, start_job

__all__ = ["cancel_job", "keep_moving", "start_job"]
