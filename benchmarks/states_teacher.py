"""How far a teacher of ``states`` in the fast runtime is from itself in torch, and how much faster it reads.

    CTSE_SHARED_DATA=folder python -m benchmarks.states_teacher [--encoder NAME] [--texts 1500]

The same teacher in torch and in eight bits reads the same posts, in steps and chunks as the recipe cuts them, in turn,
in --rounds rounds; the best round counts. Told are texts a second of both, and how far the states are apart: the
squared distance of a token's states as a share of their spread (what the loss calls "states"), and 1 - cosine of the
mean states. Without CTSE_SHARED_DATA the invented sample posts are read. Prints Markdown.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.encoders import E5, posts
from train.batches import chunks
from train.recipes import states
from train.states_task import JOINED_BELOW, StatesTeacher, joined
from train.students import load_reader, load_transformer, with_prefix


def main() -> None:
    """Read the posts with both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=E5, metavar="NAME")
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    texts, told = posts(asked.texts)
    slow, fast = load_transformer(asked.encoder, "cpu"), load_reader(asked.encoder, "cpu")
    student = with_prefix(slow, "")
    ids = [np.array(each, dtype=np.int32) for each in student.tokens.ids(texts)]
    recipe = states()
    drawn = [ids[start : start + recipe.batch] for start in range(0, len(ids), recipe.batch)]
    steps = [joined(each, np.zeros(len(each), dtype=np.int64), JOINED_BELOW) for each in drawn]
    parts = [
        [step[row] for row in rows] for step in steps for rows in chunks(np.array(list(map(len, step))), recipe.tokens)
    ]
    teachers = {"torch, float32": StatesTeacher(slow, student, "fp32")}
    teachers[getattr(fast, "runtime", "torch")] = StatesTeacher(fast, student, "fp32")
    best = dict.fromkeys(teachers, float("inf"))
    read = {}
    for _ in range(asked.rounds):
        for name, teacher in teachers.items():
            begun = time.perf_counter()
            read[name] = [teacher.states(part) for part in parts]
            best[name] = min(best[name], time.perf_counter() - begun)
    (wanted, means), (found, near) = (
        (np.concatenate([each[0] for each in one]), np.concatenate([each[1] for each in one])) for one in read.values()
    )
    spread = np.square(wanted - wanted.mean(0)).sum(1).mean()
    apart = np.square(found - wanted).sum(1).mean() / spread
    cosine = (means * near).sum(1) / np.linalg.norm(means, axis=1) / np.linalg.norm(near, axis=1)
    print(
        f"{len(texts):,} {told}, {sum(map(len, ids)):,} tokens.\n\n| {asked.encoder} | texts/s | x |\n|---|---:|---:|"
    )
    for name, seconds in best.items():
        print(f"| {name} | {len(texts) / seconds:,.0f} | {best['torch, float32'] / seconds:.1f} |")
    print(f"\nStates {apart:.4f} of their spread apart, mean states {1 - cosine.mean():.5f} (1 - cosine).")


if __name__ == "__main__":
    main()
