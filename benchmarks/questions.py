"""Questions in 23 languages to the example's 686 invented posts in 34: does meaning cross languages?

    python -m benchmarks.questions

A post is relevant when its theme (assets/sample_posts_themes.csv) is one the question asks for
(sample_questions.csv). Prints mean average precision, precision at 10, how many of ten are in another
language than the question, and in how many languages relevant posts were found, for cosine as the encoder
gives it (the baseline), without each language's mean, and as the product ranks (also without what all
questions share). Then: how many of these questions count as answered, and how many of others that nothing
in the example answers.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.analysis import analyse
from ctse_core.project import Project
from ctse_core.question import Question, Searcher, encoder_of
from ctse_core.text import detect_languages, normalise
from ctse_core.types import Col

ROOT = Path(__file__).resolve().parents[1]
OFF_TOPIC = (
    "quantum physics lecture",
    "stock market crash",
    "recette de ratatouille",
    "wedding dress sizes",
    "mejor teléfono barato",
    "гитара для начинающих",
    "how to file income tax",
    "kpop concert lyrics",
    "كيف أتعلم العزف",
    "chess openings",
    "宇宙の始まり",
    "moda de verano",
    "javascript array sort",
    "history of the roman empire",
    "vegan protein powder",
    "เรียนภาษาอังกฤษ",
    "best hotels in Lisbon",
    "Fahrrad reparieren Kette",
    "photosynthesis explained",
    "nasıl kilo verilir",
    "como aprender a dibujar",
    "tarot reading meaning",
    "бухгалтерский учет курсы",
    "신발 사이즈 교환",
    "mbinu za kulima mahindi",
    "pokemon card prices",
    "visa requirements for Canada",
    "how to tie a tie",
)


def main() -> None:
    """Print the two tables."""
    with tempfile.TemporaryDirectory() as folder:
        analysis = analyse(ROOT / "assets" / "sample_posts.csv", Project(Path(folder) / "project"))
        searcher = Searcher(analysis, encoder_of(analysis))
        asked = pl.read_csv(ROOT / "benchmarks" / "sample_questions.csv")
        themes = pl.read_csv(ROOT / "assets" / "sample_posts_themes.csv", schema_overrides={"id": pl.Utf8})
        posts = analysis.table.join(themes, left_on=Col.POST_ID, right_on="id", how="left", maintain_order="left")
        ranking(searcher, asked, posts)
        answering(searcher, asked)


def ranking(searcher: Searcher, asked: pl.DataFrame, posts: pl.DataFrame) -> None:
    """Print how well each space ranks."""
    originals = posts[Col.DUPLICATE_OF].is_null().to_numpy()
    texts = [normalise(text) for text in asked["question"]]
    plain = searcher.encoder.encode(texts)
    languages = detect_languages(texts)[0]
    offsets, origin = searcher._offsets, searcher._origin
    spaces = {
        "cosine (baseline)": plain @ np.asarray(searcher.analysis.vectors).T,
        "without language means": offsets.centred(plain, languages) @ searcher.index.vectors.T,
        "as the product ranks": offsets.centred(plain, languages, origin) @ searcher.index.vectors.T,
    }
    print(f"{'':26s} {'MAP':>6s} {'P@10':>6s} {'other language':>15s} {'relevant languages of 10':>25s}")
    for name, scores in spaces.items():
        rows = [
            _measures(score, posts, originals, question)
            for score, question in zip(scores, asked.iter_rows(named=True), strict=True)
        ]
        precision, at_ten, other, reached = np.mean(rows, axis=0)
        print(f"{name:26s} {precision:6.3f} {at_ten:6.3f} {other:15.2f} {reached:25.2f}")


def _measures(score: np.ndarray, posts: pl.DataFrame, originals: np.ndarray, question: dict) -> list[float]:
    themes = question["themes"].split("|")
    relevant = np.isin(posts["theme"].to_numpy(), themes) & originals
    if question["event"]:
        relevant &= posts["event"].to_numpy() == question["event"]
    order = np.argsort(np.where(originals, -score, np.inf), kind="stable")
    hit = relevant[order]
    precision = hit.cumsum() / np.arange(1, len(hit) + 1)
    languages = posts["language"].to_numpy()[order[:10]]
    other = float((languages != question["language"]).mean())
    return [float(precision[hit].mean()), float(hit[:10].mean()), other, float(len(set(languages[hit[:10]])))]


def answering(searcher: Searcher, asked: pl.DataFrame) -> None:
    """Print how many questions count as answered, of those that are and of those that are not."""
    for name, questions in (("answerable", asked["question"].to_list()), ("off topic", list(OFF_TOPIC))):
        answered = [searcher.ask(Question(text, "meaning", 10)).answered for text in questions]
        print(f"{name} questions that count as answered: {np.mean(answered):.0%} of {len(answered)}")


if __name__ == "__main__":
    main()
