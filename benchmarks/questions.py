"""Questions in 26 languages to the example's 686 invented posts in 34: does meaning cross languages?

    python -m benchmarks.questions
    OMP_NUM_THREADS=1 taskset -c 0 python -m benchmarks.questions        # times on one core

A post is relevant when its theme (assets/sample_posts_themes.csv) is one the question asks for
(sample_questions.csv). Prints mean average precision, precision at 10, how many of ten are in another
language than the question, and in how many languages relevant posts were found: for the fast encoder alone, for its
first hundred re-ranked by the closer one, and for the closer one alone; each by cosine as the encoder gives it (the
baseline), without each language's mean, as the product ranks by meaning (also without what all questions share), and
by meaning and words. Then: how many of these questions count as answered, and how many of others that nothing in the
example answers, each also for a second list, written later, that was seen only when a few variants were compared
(held_out_questions.csv); how many posts of each band are relevant; what one post to seek and one to avoid, taken
from the first ten, do to the rest of the ranking; and the milliseconds that a question takes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.analysis import AnalysisSettings, analyse
from ctse_core.encoders import DEFAULT_ENCODER, FAST_ENCODER
from ctse_core.project import Project
from ctse_core.question import MODES, Mode, Question, Searcher, can_rerank, encoder_of
from ctse_core.second_look import FOUND
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
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Questions across languages to the example.")
    parser.add_argument("--encoders", nargs="+", default=[FAST_ENCODER, DEFAULT_ENCODER], metavar="ENCODER")
    chosen = parser.parse_args()
    asked = pl.read_csv(ROOT / "benchmarks" / "sample_questions.csv")
    with tempfile.TemporaryDirectory() as folder:
        searchers = [_searcher(Path(folder) / str(place), name) for place, name in enumerate(chosen.encoders)]
    ways = [(searcher, rerank) for searcher in searchers for rerank in (False, True)]
    ways = [(searcher, rerank) for searcher, rerank in ways if not rerank or can_rerank(searcher.analysis.manifest)]
    print(f"{'':44s} {'MAP':>6s} {'P@10':>6s} {'other language':>15s} {'relevant languages of 10':>25s}")
    for searcher, rerank in ways:
        if not rerank:
            spaces(searcher, asked)
        for mode in MODES[:2]:
            scores = [_ranked(searcher, text, mode, rerank) for text in asked["question"]]
            _show(f"{_named(searcher, rerank)}, {mode}", np.array(scores), searcher, asked)
    for searcher, rerank in ways:
        answering(searcher, asked, rerank)
    for searcher, rerank in ways:
        banded(searcher, asked, rerank)
    for searcher in searchers:
        feedback(searcher, asked)
    for searcher, rerank in ways:
        times(searcher, asked["question"].to_list(), rerank)


def _searcher(folder: Path, encoder: str) -> Searcher:
    settings = AnalysisSettings(encoder=encoder)
    analysis = analyse(ROOT / "assets" / "sample_posts.csv", Project(folder), settings)
    return Searcher(analysis, encoder_of(analysis))


def _named(searcher: Searcher, rerank: bool) -> str:
    return f"{searcher.encoder.name} re-ranked" if rerank else searcher.encoder.name


def spaces(searcher: Searcher, asked: pl.DataFrame) -> None:
    """Print how well plain cosine ranks, and cosine without the languages' means."""
    texts = [normalise(text) for text in asked["question"]]
    plain = searcher.encoder.encode(texts)
    centred = searcher._offsets.centred(plain, detect_languages(texts)[0])
    name = _named(searcher, False)
    _show(f"{name}, cosine (baseline)", plain @ np.asarray(searcher.analysis.vectors).T, searcher, asked)
    _show(f"{name}, without language means", centred @ np.asarray(searcher.index.vectors[:]).T, searcher, asked)


def _ranked(searcher: Searcher, text: str, mode: Mode, rerank: bool) -> np.ndarray:
    """Return a score (n,) that orders the posts as the product does; those behind the re-ranked keep their order."""
    order = searcher.ask(Question(text, mode, len(searcher.analysis.table))).posts["position"].to_numpy()
    if rerank:
        first = searcher.ask(Question(text, mode, FOUND, rerank=True)).posts["position"].to_numpy()
        order = np.concatenate([first, order[~np.isin(order, first)]])
    scores = np.full(len(searcher.analysis.table), -np.inf)
    scores[order] = -np.arange(len(order))
    return scores


def _show(name: str, scores: np.ndarray, searcher: Searcher, asked: pl.DataFrame) -> None:
    posts = _with_themes(searcher)
    rows = [
        _measures(score, posts, question) for score, question in zip(scores, asked.iter_rows(named=True), strict=True)
    ]
    precision, at_ten, other, reached = np.mean(rows, axis=0)
    print(f"{name:44s} {precision:6.3f} {at_ten:6.3f} {other:15.2f} {reached:25.2f}")


def _relevant(posts: pl.DataFrame, question: dict) -> np.ndarray:
    """Return (n,) the posts, no copies, that answer the question."""
    relevant = np.isin(posts["theme"].to_numpy(), question["themes"].split("|"))
    relevant &= posts[Col.DUPLICATE_OF].is_null().to_numpy()
    return relevant & (posts["event"].to_numpy() == question["event"]) if question["event"] else relevant


def _with_themes(searcher: Searcher) -> pl.DataFrame:
    themes = pl.read_csv(ROOT / "assets" / "sample_posts_themes.csv", schema_overrides={"id": pl.Utf8})
    return searcher.analysis.table.join(themes, left_on=Col.POST_ID, right_on="id", how="left", maintain_order="left")


def _measures(score: np.ndarray, posts: pl.DataFrame, question: dict) -> list[float]:
    originals = posts[Col.DUPLICATE_OF].is_null().to_numpy()
    order = np.argsort(np.where(originals, -score, np.inf), kind="stable")
    hit = _relevant(posts, question)[order]
    precision = hit.cumsum() / np.arange(1, len(hit) + 1)
    languages = posts["language"].to_numpy()[order[:10]]
    other = float((languages != question["language"]).mean())
    return [float(precision[hit].mean()), float(hit[:10].mean()), other, float(len(set(languages[hit[:10]])))]


def answering(searcher: Searcher, asked: pl.DataFrame, rerank: bool) -> None:
    """Print how many questions count as answered, of those that are and of those that are not."""
    held = pl.read_csv(ROOT / "benchmarks" / "held_out_questions.csv")
    sets = {
        "answerable": asked["question"].to_list(),
        "off topic": list(OFF_TOPIC),
        "held-out answerable": held.filter(pl.col("kind") == "on")["question"].to_list(),
        "held-out off topic": held.filter(pl.col("kind") == "off")["question"].to_list(),
    }
    told = []
    for name, questions in sets.items():
        answered = [searcher.ask(Question(text, "meaning", 10, rerank=rerank)).answered for text in questions]
        told.append(f"{np.mean(answered):.0%} of {len(answered)} {name}")
    print(f"{_named(searcher, rerank):30s} questions that count as answered: {', '.join(told)}")


def banded(searcher: Searcher, asked: pl.DataFrame, rerank: bool) -> None:
    """Print which share of the first twenty posts are in each band, and which share of those are relevant."""
    posts = _with_themes(searcher)
    right: dict[str, list[bool]] = {band: [] for band in ("strong", "maybe", "none")}
    for question in asked.iter_rows(named=True):
        relevant = _relevant(posts, question)
        found = searcher.ask(Question(question["question"], "meaning", 20, rerank=rerank)).posts
        for position, band in found.select("position", "band").iter_rows():
            right[band].append(bool(relevant[position]))
    whole = sum(map(len, right.values()))
    parts = [f"{len(hits) / whole:.0%} {band}, {np.mean(hits or [False]):.0%} right" for band, hits in right.items()]
    print(f"{_named(searcher, rerank):30s} of the first twenty: {'; '.join(parts)}")


def feedback(searcher: Searcher, asked: pl.DataFrame) -> None:
    """Print mean average precision of the rest, before and after the first right post is sought, the first wrong not.

    Posts are liked and disliked from the first ten; the two count in neither ranking.
    """
    posts = _with_themes(searcher)
    before: list[float] = []
    after: list[float] = []
    alone: list[float] = []
    for question in asked.iter_rows(named=True):
        relevant = _relevant(posts, question)
        first = searcher.ask(Question(question["question"], "meaning", posts.height)).posts["position"].to_numpy()
        right, wrong = first[:10][relevant[first[:10]]][:1], first[:10][~relevant[first[:10]]][:1]
        if not len(right):
            continue
        like, unlike = tuple(right.tolist()), tuple(wrong.tolist())
        left = first[~np.isin(first, [*like, *unlike])]
        before.append(_average_precision(relevant[left]))
        for told, text in ((after, question["question"]), (alone, "")):
            asked_again = Question(text, "meaning", posts.height, like=like, unlike=unlike)
            told.append(_average_precision(relevant[searcher.ask(asked_again).posts["position"].to_numpy()]))
    print(
        f"{_named(searcher, False):30s} {len(before)} questions with a right post among ten: "
        f"MAP of the rest {np.mean(before):.3f}; with one right post sought and one "
        f"wrong avoided {np.mean(after):.3f}; by these posts alone {np.mean(alone):.3f}"
    )


def _average_precision(hit: np.ndarray) -> float:
    precision = hit.cumsum() / np.arange(1, len(hit) + 1)
    return float(precision[hit].mean()) if hit.any() else 0.0


def times(searcher: Searcher, questions: list[str], rerank: bool) -> None:
    """Print milliseconds a question, and what reading a hundred posts adds where none was read before."""
    told = f"{_median(questions, lambda text: searcher.ask(Question(text, 'meaning', 20, rerank=rerank))):.0f} ms"
    if rerank:
        texts = searcher.analysis.table[Col.COMPARED]
        found = {text: searcher.ask(Question(text, "meaning", FOUND)).posts["position"] for text in questions}
        read = _median(questions, lambda text: searcher.prepare_rerank().encoder.encode(texts[found[text]].to_list()))
        told += f" where the posts were read before, {read:.0f} ms more where none of the hundred was"
    print(f"{_named(searcher, rerank):44s} a question takes {told}")


def _median(questions: list[str], work: Callable[[str], object]) -> float:
    seconds = []
    for question in questions:
        began = time.perf_counter()
        work(question)
        seconds.append(time.perf_counter() - began)
    return 1000 * float(np.median(seconds))


if __name__ == "__main__":
    main()
