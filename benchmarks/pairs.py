"""Memory and time of pairs by the million: peak resident memory of making a store and of drawing from it.

    python -m benchmarks.pairs [--millions 1 10] [--folder FOLDER] [--draws 2000]

Invented pairs in 20 languages from 5 sources, a third of the English sentences distinct and one row in a hundred
repeated, are written to a temporary folder in a stream (about 0.4 GB of disk a million while a store is made). Each
figure comes from a process of its own: one makes the store (clean, guard, deduplicate, cap, group), one draws --draws
batches of 64 pairs with their texts. "private" is memory that is not a file's, which the system cannot take back.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

ROWS = 100_000  # written at once
WORDS = 8  # a sentence

BUILD = """
import sys, time
from pathlib import Path
from benchmarks.pairs import memory
from train.config import PairSettings
from train.pairs_store import build_store
start = time.perf_counter()
settings = PairSettings(files=(sys.argv[1],), cap=80_000, caps=(("source-1", 20_000),), guard=(sys.argv[2],))
store = build_store(settings, Path(sys.argv[3]))
print(time.perf_counter() - start, store.pairs, *memory())
"""
DRAW = """
import sys, time
from pathlib import Path
import numpy as np
from benchmarks.pairs import memory
from train.pairs_store import PairStore
store = PairStore.open(Path(sys.argv[3]))
random = np.random.default_rng(0)
start = time.perf_counter()
for _ in range(int(sys.argv[4])):
    rows = random.integers(0, store.pairs, 64)
    english, translations = store.english.texts(store.english_of[rows]), store.translations.texts(rows)
    assert all(text.split()[-1] == other.split()[-1] for text, other in zip(english, translations))
print(time.perf_counter() - start, store.pairs, *memory())
"""


def main() -> None:
    """Write pairs, measure, print one line a size and the ratio of the largest to the smallest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 10])
    parser.add_argument("--folder", type=Path, help="where the temporary folder lies (default: the system's)")
    parser.add_argument("--draws", type=int, default=2000)
    asked = parser.parse_args()
    print(
        f"{'pairs':>12}{'kept':>12}{'build s':>9}{'peak MB':>9}{'private':>9}{'draw s':>9}{'peak MB':>9}{'private':>9}"
    )
    peaks = []
    for millions in asked.millions:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            built, drawn = _measured(Path(folder), int(millions * 1e6), asked.draws)
        peaks.append((built[2], drawn[2], built[3], drawn[3]))
        print(
            f"{int(millions * 1e6):>12,}{int(built[1]):>12,}{built[0]:>9.0f}{built[2]:>9.0f}{built[3]:>9.0f}"
            f"{drawn[0]:>9.1f}{drawn[2]:>9.0f}{drawn[3]:>9.0f}",
            flush=True,
        )
    ratios = [last / first for first, last in zip(peaks[0], peaks[-1], strict=True)]
    print("largest / smallest: making {:.2f}, drawing {:.2f}; private {:.2f}, {:.2f}".format(*ratios))


def memory() -> tuple[float, float]:
    """Return the peak resident memory of this process so far and its private part now, in MB (Linux)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmHWM", "RssAnon"))  # type: ignore[return-value]


def write_pairs(path: Path, pairs: int) -> None:
    """Write invented pairs to a Parquet file, ROWS at a time."""
    import pyarrow.parquet as pq

    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    random = np.random.default_rng(0)
    words = ["".join(random.choice(letters, size)) for size in random.integers(3, 10, 5000)]
    writer = None
    for start in range(0, pairs, ROWS):
        rows = np.arange(start, min(start + ROWS, pairs))
        repeated = rows % 100 == 99
        rows[repeated] -= 1
        batch = _pairs(rows, pl.Series(words)).to_arrow()
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch)
    if writer is not None:
        writer.close()


def _pairs(rows: np.ndarray, words: pl.Series) -> pl.DataFrame:
    sentence = rows // 3
    english = [words.gather(_picks(sentence, place, len(words))) for place in range(WORDS)]
    other = [words.gather(_picks(rows, place + WORDS, len(words))) + "ü" for place in range(WORDS)]
    mark = pl.Series(sentence).cast(pl.String)
    frame = pl.DataFrame(
        {
            **{f"e{place}": word for place, word in enumerate(english)},
            **{f"t{place}": word for place, word in enumerate(other)},
            "mark": mark,
        }
    )
    lang = pl.Series(rows % 20).cast(pl.String).replace_strict({str(n): f"{chr(97 + n)}x" for n in range(20)})
    return frame.select(
        ("source-" + pl.Series(rows // 7 % 5).cast(pl.String)).alias("source"),
        lang.alias("lang"),
        pl.concat_str([*(f"e{place}" for place in range(WORDS)), "mark"], separator=" ").alias("english"),
        pl.concat_str([*(f"t{place}" for place in range(WORDS)), "mark"], separator=" ").alias("translation"),
    )


def _picks(rows: np.ndarray, place: int, count: int) -> np.ndarray:
    """Return a number below ``count`` for each row and place, the same whenever it is asked for."""
    from train.pairs_clean import mixed

    stirred = mixed(rows.astype(np.uint64) * np.uint64(64) + np.uint64(place))
    return (stirred % np.uint64(count)).astype(np.int64)


def _measured(folder: Path, pairs: int, draws: int) -> tuple[list[float], list[float]]:
    """Return [seconds, pairs, peak MB, private MB] of making a store and of drawing from it."""
    write_pairs(folder / "pairs.parquet", pairs)
    pl.DataFrame({"text": ["a sentence of an evaluation set"]}).write_csv(folder / "dev.csv")
    arguments = [str(folder / name) for name in ("pairs.parquet", "dev.csv", "store")] + [str(draws)]
    built, drawn = (
        subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True).stdout
        for code in (BUILD, DRAW)
    )
    return [float(value) for value in built.split()], [float(value) for value in drawn.split()]


if __name__ == "__main__":
    main()
