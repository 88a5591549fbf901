"""A file of any number of posts for the benchmarks: real ones first, then the same with words left out.

    CTSE_SHARED_DATA=folder python -m benchmarks.many_posts 1000000 posts.csv

Posts are the crisis tweets and the crisis messages, in the language they were written in, in random order. Where more
are asked for, each further one is a random post with 30 % of its words left out and two words of another one of its
event put in, so that all differ and none is a copy. Columns: id, created_at (of tweets: theirs), author (invented),
text, event. Without the folder they are the invented sample posts.
"""

from __future__ import annotations

import argparse
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = 0.3
PUT_IN = 2  # words
TWITTER_EPOCH_MS = 1_288_834_974_657


def real_posts() -> pl.DataFrame:
    """Return the posts at hand: id, created_at (ISO, null where unknown), text, event."""
    shared = os.environ.get("CTSE_SHARED_DATA")
    if not shared:
        sample = pl.read_csv(ROOT / "assets" / "sample_posts.csv", infer_schema_length=0).filter(pl.col("text") != "")
        return sample.select("id", pl.lit(None, pl.Utf8).alias("created_at"), "text", pl.lit("sample").alias("event"))
    tweets = pl.read_parquet(Path(shared) / "crisis_tweets_shared.parquet").select(
        pl.col("src_id").alias("id"),
        pl.from_epoch((pl.col("src_id").cast(pl.Int64, strict=False) // 2**22) + TWITTER_EPOCH_MS, "ms")
        .dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("created_at"),
        "text", "event",
    )  # fmt: skip
    messages = pl.read_parquet(Path(shared) / "crisis_messages_shared.parquet").select(
        pl.col("id").cast(pl.Utf8),
        pl.lit(None, pl.Utf8).alias("created_at"),
        pl.coalesce(pl.when(pl.col("original").str.len_chars() > 0).then("original"), "message").alias("text"),
        "event",
    )
    return pl.concat([tweets, messages]).drop_nulls("text").unique("text", keep="first", maintain_order=True)


def many_posts(count: int, seed: int = 7) -> pl.DataFrame:
    """Return ``count`` different posts: id, created_at, author, text, event."""
    dice = np.random.default_rng(seed)
    real = real_posts().sample(fraction=1.0, shuffle=True, seed=seed)
    more = max(count - real.height, 0)
    chosen = dice.integers(real.height, size=more)
    words = [text.split() for text in real["text"].to_list()]
    by_event = {event: rows for event, rows in real.with_row_index("row").group_by("event").agg("row").iter_rows()}
    events = real["event"].to_list()
    made = []
    for row in chosen.tolist():
        others = by_event[events[row]]
        other = words[others[int(dice.integers(len(others)))]]
        kept = [word for word, keep in zip(words[row], dice.random(len(words[row])) > LEFT_OUT, strict=True) if keep]
        for place in dice.integers(len(other), size=PUT_IN).tolist() if other else ():
            kept.insert(int(dice.integers(len(kept) + 1)), other[place])
        made.append(" ".join(kept))
    began = datetime.fromisoformat("2013-11-08T00:00:00")
    again = pl.DataFrame(
        {
            "id": [str(9_000_000_000_000_000_000 + number) for number in range(more)],
            "created_at": [
                (began + timedelta(seconds=int(second))).strftime("%Y-%m-%dT%H:%M:%SZ")
                for second in dice.integers(14 * 86_400, size=more)
            ],
            "text": made,
            "event": [events[row] for row in chosen.tolist()],
        },
        schema={"id": pl.Utf8, "created_at": pl.Utf8, "text": pl.Utf8, "event": pl.Utf8},
    )
    whole = pl.concat([real.select(again.columns), again]).head(count).sample(fraction=1.0, shuffle=True, seed=seed)
    author = pl.Series("author", [f"writer{number}" for number in dice.zipf(1.3, size=whole.height) % 200_000])
    return whole.with_columns(author).select("id", "created_at", "author", "text", "event")


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("posts", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    table = many_posts(asked.posts, asked.seed)
    table.write_csv(asked.out)
    print(f"{table.height:,} posts, {table['text'].n_unique():,} different texts: {asked.out}")


if __name__ == "__main__":
    main()
