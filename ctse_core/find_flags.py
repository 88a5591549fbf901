"""Questions to a heap of shards on the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

LONGEST = 300  # characters of a text on one line


def add_find_flags(command: ArgumentParser) -> None:
    """Let a command take what ``find`` does; what runs it is loaded when it runs."""
    command.add_argument(
        "shards", metavar="SHARDS", help="the folder that encode --engine wrote, or s3://bucket/folder"
    )
    command.add_argument("question", help="in any language")
    command.add_argument("--index", required=True, type=Path, metavar="FOLDER", help="made the first time, then kept")
    command.add_argument("--encoder", metavar="NAME", help="the one that made the shards, if it has another name here")
    command.add_argument("-k", type=int, default=10, help="how many texts (default: 10)")
    command.add_argument("--lang", default="", metavar="CODES", help="only these languages: en,ht,sw")
    command.add_argument("--quiet", action="store_true")
    command.add_argument("--json", action="store_true", help="one JSON object a line")


def found_lines(asked: Namespace, progress: Any) -> list[str]:
    """Do what the flags ask for and return what was found, a text a line.

    Raises:
        CtseError: shards, index or encoder cannot be read, or a flag is out of its range.
    """
    from ctse_core.shard_heap import heap_of
    from ctse_core.shard_search import ask_index, encoder_of, fill_index

    heap = heap_of(asked.shards)
    encoder = encoder_of(heap, asked.encoder)
    index = fill_index(heap, asked.index, progress)
    languages = tuple(code.strip() for code in asked.lang.split(",") if code.strip())
    lines = []
    for one in ask_index(index, encoder, asked.question, asked.k, languages):
        file, row = heap.came_from(one.row)
        if asked.json:
            lines.append(json.dumps({**vars(one), "file": file, "file_row": row}, ensure_ascii=False))
        else:
            text = " ".join(one.text.split())[:LONGEST]
            name = file.rpartition("/")[2]
            lines.append(f"{one.cosine:.3f}  {one.lang:4s} {name} row {row}, {one.posts:,} posts  {text}")
    return lines
