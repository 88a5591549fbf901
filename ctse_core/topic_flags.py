"""Topics of a heap of shards on the command line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any


def add_topic_flags(command: ArgumentParser) -> None:
    """Let a command take what ``topics`` does; what runs it is loaded when it runs."""
    command.add_argument(
        "shards", metavar="SHARDS", help="the folder that encode --engine wrote, or s3://bucket/folder"
    )
    command.add_argument("--out", required=True, metavar="FOLDER", help="or s3://bucket/folder")
    command.add_argument(
        "--sample", type=int, default=100_000, metavar="N", help="different texts to find topics in (default: 100000)"
    )
    command.add_argument("--seed", type=int, default=42, help="of the sample and the topics")
    command.add_argument(
        "--fineness", type=float, default=0.0, metavar="R", help="1 few topics, 4 many (default: by the sample)"
    )
    command.add_argument("--quiet", action="store_true")
    command.add_argument("--engine", choices=("here", "ray"), default="here", help="where shards are assigned")
    command.add_argument("--address", default="auto", help="of the Ray cluster: auto, HOST:PORT, or local to start one")
    command.add_argument("--workers", type=int, default=2, help="at work at once")
    command.add_argument("--worker-cpus", type=float, default=1.0, help="of each; may be a fraction")


def topics_of_shards(asked: Namespace, progress: Any) -> str:
    """Do what the flags ask for and return what came of it in one sentence.

    Raises:
        SettingError: flags out of their range. Others: see ``topic_shards``.
    """
    from ctse_core.engines.on_ray import RaySettings
    from ctse_core.shard_topics import ShardTopicSettings, topic_shards

    ray = RaySettings.asked(asked.address, asked.workers, asked.worker_cpus)
    settings = ShardTopicSettings(asked.sample, asked.seed, asked.fineness, asked.engine, ray)
    return topic_shards(asked.shards, asked.out, settings, progress).sentence
