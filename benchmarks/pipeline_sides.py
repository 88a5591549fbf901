"""The two sides of ``benchmarks.pipeline``, each run as a process of its own that notes what every stage takes.

    python -m benchmarks.pipeline_sides ours NOTES analyse posts.csv --out project …
    python -m benchmarks.pipeline_sides defaults NOTES posts.csv COLUMN WEIGHTS PREFIX VECTORS LABELS AGAIN
    python -m benchmarks.pipeline_sides vectors NOTES posts.csv COLUMN ENCODER VECTORS

``ours`` is the command line as people call it; ``defaults`` is what a user would do without us; ``vectors`` makes what
the defaults are given to cluster: our encoder's vectors of the same posts, so that both cluster the same. A stage's
notes are wall seconds, processor seconds (children that ended within it counted) and peak resident memory; a line of
JSON is added to NOTES as a stage ends, so that what was stopped still tells how far it came.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

BLOCK = 20_000
"""Texts that are embedded at once for the defaults."""
CLOCK_HZ = 100  # of /proc/self/stat


class Notes:
    """What each stage takes, written as it ends."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.stage, self.wall, self.processor = "import and load", time.perf_counter() - _age(), 0.0
        self.write(0.0, 0.0, 0.0)

    def begin(self, stage: str) -> None:
        """End the stage before, if another, and begin ``stage``."""
        if stage == self.stage:
            return
        self.end()
        self.stage, self.wall, self.processor = stage, time.perf_counter(), _processor()
        self.write(0.0, 0.0, 0.0)  # what is stopped tells what it was at
        _forget_peak()

    def end(self) -> None:
        """Write what the stage took."""
        if self.stage:
            self.write(time.perf_counter() - self.wall, _processor() - self.processor, _peak())
            self.stage = ""

    def write(self, *took: float) -> None:
        """Add a line: the stage, wall seconds, processor seconds, peak GB."""
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps([self.stage, *(round(one, 3) for one in took)]) + "\n")


def ours(notes: Notes, arguments: list[str]) -> None:
    """Run the command line with ``arguments``, each step of the analysis a stage."""
    from ctse_core.__main__ import main
    from ctse_core.steps import Runner

    tell = Runner.teller

    def teller(self: Runner, key: str) -> Any:
        notes.begin(key)
        return tell(self, key)

    Runner.teller = teller  # type: ignore[method-assign]
    code = main(arguments)
    notes.end()
    sys.exit(code)


def defaults(notes: Notes, arguments: list[str]) -> None:
    """Encode with sentence-transformers, then BERTopic as it comes; again with everything compiled, and a map."""
    file, column, weights, prefix, vectors_file, labels_file, again = arguments
    import numpy as np
    import polars as pl
    from sentence_transformers import SentenceTransformer

    texts = pl.read_csv(file, infer_schema_length=0)[column].fill_null("").to_list()
    model = SentenceTransformer(weights, device="cpu")
    if (model.max_seq_length or 0) < float("inf"):  # a bag of token vectors has no such bound
        model.max_seq_length = 128
    notes.begin("encode")
    model.encode(texts, prompt=prefix, show_progress_bar=False, normalize_embeddings=True)
    vectors = np.load(vectors_file)
    notes.begin("import bertopic")
    from bertopic import BERTopic
    from umap import UMAP

    notes.begin("topics, first time")
    labels, _ = BERTopic(language="multilingual").fit_transform(texts, vectors)
    np.save(labels_file, np.array(labels, dtype=np.int32))
    if again == "again":
        notes.begin("topics, compiled")
        BERTopic(language="multilingual").fit_transform(texts, vectors)
        notes.begin("map")
        UMAP(n_neighbors=15, n_components=2, min_dist=0.0, metric="cosine").fit_transform(vectors)
    notes.end()


def vectors(notes: Notes, arguments: list[str]) -> None:
    """Write our encoder's vectors (n, d) float32 of the normalised texts."""
    file, column, name, vectors_file = arguments
    import numpy as np
    import polars as pl

    from ctse_core.encoders import load_encoder
    from ctse_core.text import normalise

    texts = pl.read_csv(file, infer_schema_length=0)[column].fill_null("")
    encoder = load_encoder(name)
    made = np.lib.format.open_memmap(vectors_file, "w+", np.float32, (len(texts), encoder.dim))
    notes.begin("vectors")
    for start in range(0, len(texts), BLOCK):
        some = [normalise(text) for text in texts[start : start + BLOCK].to_list()]
        made[start : start + len(some)] = encoder.encode(some)
    made.flush()
    notes.end()


def _age() -> float:
    """Return the seconds since this process began, as Linux tells it."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    up = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    return max(up - int(fields[19]) / CLOCK_HZ, 0.0)


def _processor() -> float:
    """Return the processor seconds of this process and of its children that ended."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def _peak() -> float:
    """Return the most GB that were resident since the stage began."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / (1 << 20)


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main() -> None:
    """Run one side."""
    side, notes, *arguments = sys.argv[1:]
    {"ours": ours, "defaults": defaults, "vectors": vectors}[side](Notes(Path(notes)), arguments)


if __name__ == "__main__":
    main()
