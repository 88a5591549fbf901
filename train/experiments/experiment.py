"""What an experiment leaves: its table, its figures and its paragraph, written into one folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ctse_core.errors import TrainError
from ctse_core.figures import Figure, standalone_html, still_svg
from train.evaluate.compare import BETTER, DIFFERENCES, WORSE
from train.evaluate.table import write_scores


@dataclass(frozen=True)
class Experiment:
    """What was asked, what was found.

    Attributes:
        title: a heading.
        paragraph: what was found, in plain words, with intervals.
        figures: to draw.
        scores: the bench's long table.
        differences: encoders held against each other, a row a measure and language; may be empty.
        notes: what a reader should know, such as languages that were too small.
    """

    title: str
    paragraph: str
    figures: tuple[Figure, ...]
    scores: pl.DataFrame
    differences: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DIFFERENCES))
    notes: tuple[str, ...] = ()


def write_experiment(experiment: Experiment, folder: Path, command: str = "") -> list[Path]:
    """Write scores.csv, differences.csv, experiment.md, experiment.html and a picture a figure; return the paths.

    Raises:
        TrainError: the folder cannot be written.
    """
    pictures = {f"figure-{number}.svg": still_svg(figure) for number, figure in enumerate(experiment.figures, start=1)}
    texts = {
        "experiment.md": _markdown(experiment, list(pictures), command),
        "experiment.html": standalone_html(
            experiment.title, [experiment.paragraph, *experiment.notes], experiment.figures, _made(command)
        ),
        **pictures,
    }
    write_scores(experiment.scores, folder / "scores.csv")
    paths = [folder / "scores.csv"]
    try:
        if experiment.differences.height:
            experiment.differences.write_csv(folder / "differences.csv", float_precision=6)
            paths.append(folder / "differences.csv")
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        told = f"Cannot write to {folder} ({error.strerror or error}); free some space or name --out."
        raise TrainError(told) from error
    return [*paths, *(folder / name for name in texts)]


def number(value: float, low: float, high: float) -> str:
    """Return a figure with its interval: "0.912 (0.905 to 0.919)"."""
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def compared(difference: float, low: float, high: float, verdict: str) -> str:
    """Return in words what a difference says: "better by 0.021 (0.013 to 0.030)"."""
    if verdict in (BETTER, WORSE):
        ends = sorted((abs(low), abs(high)))
        return f"{verdict} by {abs(difference):.3f} ({ends[0]:.3f} to {ends[1]:.3f})"
    return f"no more different than chance allows ({difference:+.3f}, {low:+.3f} to {high:+.3f})"


def _made(command: str) -> list[str]:
    return [f"Made by: {command}"] if command else []


def _markdown(experiment: Experiment, pictures: list[str], command: str) -> str:
    parts = [f"# {experiment.title}", experiment.paragraph, *experiment.notes]
    parts += [
        f"![{figure.title}]({name})\n\n{figure.summary}"
        for figure, name in zip(experiment.figures, pictures, strict=True)
    ]
    parts += [f"Made by `{command}`."] if command else []
    return "\n\n".join(parts) + "\n"
