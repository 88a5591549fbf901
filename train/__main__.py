"""The command line: ``python -m train RECIPE --pairs FILE … [--out FOLDER] [--resume]``.

Exit codes: 0 done, 1 a problem told in one sentence, 2 a wrong command line, 130 stopped by the person.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from ctse_core.errors import CtseError, TrainError
from ctse_core.home import encoders_home
from train.config import TrainConfig
from train.recipes import PAPER_PAIRS, RECIPES, recipe_named

_FLAGS = {  # flag: (setting, what it means)
    "--student": ("student.encoder", "the encoder to begin from: a name of the catalogue, or a folder"),
    "--teacher": ("teacher", "the encoder whose space is learned"),
    "--steps": ("steps", "optimiser steps"),
    "--epochs": ("epochs", "times that every pair is seen, where no steps are given"),
    "--batch": ("batch", "pairs in one step"),
    "--tokens": ("tokens", "padded tokens that go through the student at once"),
    "--held-tokens": ("held_tokens", "padded tokens whose activations may be kept at once"),
    "--learning-rate": ("learning_rate", "highest, of the layers"),
    "--token-learning-rate": ("token_learning_rate", "highest, of the token vectors"),
    "--precision": ("precision", "auto, fp32, bf16 or fp16"),
    "--space": ("loss.space", "raw or unit vectors"),
    "--cap": ("pairs.cap", "most pairs of a language and source"),
    "--temperature": ("pairs.temperature", "languages are drawn by their size to this power"),
    "--text-column": ("posts.text", "column of the posts (crisis_teacher)"),
    "--seed": ("seed", "of weights, order and dropout"),
}
_LISTS = {
    "--pairs": ("pairs.files", "files of pairs: Parquet, TSV, Moses or TMX, also .gz and .zst"),
    "--posts": ("posts.files", "files of posts (crisis_teacher): Parquet, CSV or TSV"),
    "--labels": ("posts.labels", "columns that say what a post is about"),
    "--languages": ("pairs.languages", "codes to keep"),
    "--without": ("pairs.without", "sources to leave out"),
    "--guard": ("pairs.guard", "evaluation files whose sentences may not be trained on"),
    "--evaluation": ("evaluation", "held-out pairs that choose the best checkpoint; guarded, too"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one recipe and return the exit code."""
    asked = _parser().parse_args(arguments)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from ctse_core.terminal import Bar

    first = os.environ.get("RANK", "0") == "0"
    bar = Bar(quiet=asked.quiet or not first)
    try:
        if asked.recipe == "list":
            print(_listed())
            return 0
        told = _run(asked, bar)
        bar.close()
        if first:
            print(told)
        return 0
    except CtseError as fault:
        bar.close()
        print(f"train: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        bar.close()
        print(
            f"train: {fault.strerror or fault}: {fault.filename or ''} - check the path and its rights.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        bar.close()
        print("train: stopped; run the same command with --resume to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = training_parser("python -m train", "Make a sentence encoder for the languages and the crisis at hand.")
    parser.epilog = f"Recipes: {', '.join(RECIPES)}; `list` says what each does. See docs/training.md."
    parser.add_argument("recipe", metavar="RECIPE")
    return parser


def training_parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser of everything a run can be told, other than its recipe."""
    parser = argparse.ArgumentParser(prog=name, description=description)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="default: among your encoders, where the app finds it"
    )
    parser.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    for flag, (_, meaning) in _LISTS.items():
        parser.add_argument(flag, nargs="+", metavar="X", help=meaning)
    for flag, (_, meaning) in _FLAGS.items():
        parser.add_argument(flag, metavar="X", help=meaning)
    parser.add_argument(
        "--set", action="append", default=[], metavar="SETTING=VALUE", help="any other setting, as in config.py"
    )
    parser.add_argument("--device", help="cpu or cuda (default: a GPU where there is one)")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where pairs and teacher vectors are kept")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser


def _run(asked: argparse.Namespace, bar: Any) -> str:
    config = settings_of(recipe_named(asked.recipe), asked)
    out = (asked.out or encoders_home() / asked.recipe).expanduser()
    if config.recipe == "crisis_blend":
        from train.blend import make_blend

        teacher = make_blend(config, out, bar)
        return f"The teacher {teacher.name} of {teacher.dim} numbers a text is in {out}: --teacher {out}"
    if config.recipe == "crisis_teacher":
        from train.contrast import adapt

        trained = adapt(config, out, bar, asked.resume, asked.device)
    else:
        from train.distil import distil

        trained = distil(config, out, bar, asked.resume, asked.device, asked.data)
    lines = [
        f"{trained.steps:,} steps, {trained.pairs_per_second:,.1f} pairs/s, {trained.tokens_per_second:,.0f} tokens/s.",
        f"Best held-out score {trained.best:.4f} after step {trained.best_step:,}." if trained.best <= 1 else "",
        f"The encoder is in {out}: load_encoder({str(out)!r}).",
    ]
    if config.recipe.startswith("ct_") and trained.pairs_per_second:
        hours = PAPER_PAIRS / trained.pairs_per_second / 3600
        lines.insert(1, f"At this pace {PAPER_PAIRS / 1e6:.0f} million pairs take {hours:,.0f} hours an epoch.")
    return "\n".join(line for line in lines if line)


def settings_of(config: TrainConfig, asked: argparse.Namespace) -> TrainConfig:
    """Return the recipe's settings with those of the command line in their place.

    Raises:
        TrainError: a setting that does not exist, or a value that does not fit.
    """
    for flag, (setting, _) in {**_FLAGS, **_LISTS}.items():
        value = getattr(asked, flag.strip("-").replace("-", "_"))
        if value is not None:
            config = changed(config, setting, value)
    for text in asked.set:
        name, sign, value = text.partition("=")
        if not sign:
            raise TrainError(
                f"--set {text} has no value; write --set SETTING=VALUE, such as --set student.dropout=0.1."
            )
        config = changed(config, name.strip(), value.strip())
    return config


def changed(config: Any, setting: str, value: str | list[str]) -> Any:
    """Return the settings with one of them, such as "student.layers", set to what a text says.

    A list of numbers is written "0,2,4", a list of names with numbers "verse:4000,term:500".

    Raises:
        TrainError: there is no such setting, or the text does not fit it.
    """
    name, _, rest = setting.partition(".")
    if not is_dataclass(config) or name not in {each.name for each in fields(config)}:
        raise TrainError(f"There is no setting {setting!r}; see train/config.py, or `python -m train list`.")
    old = getattr(config, name)
    if is_dataclass(old) and not rest:
        inner = ", ".join(f"{name}.{each.name}" for each in fields(old))
        raise TrainError(f"{name} holds several settings; set one of {inner}.")
    if rest:
        return replace(config, **{name: changed(old, rest, value)})  # type: ignore[type-var]
    try:
        return replace(config, **{name: _value(name, old, value)})  # type: ignore[type-var]
    except (ValueError, KeyError) as error:
        raise TrainError(f"{value!r} does not fit the setting {setting}; an example is {old!r}.") from error


def _value(name: str, old: Any, text: str | list[str]) -> Any:
    if isinstance(old, tuple):
        parts = text if isinstance(text, list) else [part for part in text.split(",") if part]
        if name in {"caps", "weights", "most"}:
            return tuple((key, float(value) if name == "weights" else int(value)) for key, value in map(_pair, parts))
        return tuple(int(part) if name == "layers" else part for part in parts)
    if isinstance(text, list):
        raise ValueError
    if isinstance(old, bool):
        return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
    if isinstance(old, (int, float)):
        return type(old)(text)
    return text


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.rpartition(":")
    if not sign:
        raise ValueError
    return key, value


def _listed() -> str:
    return "\n\n".join(f"{name}\n    {recipe.__doc__}" for name, recipe in RECIPES.items())


if __name__ == "__main__":
    sys.exit(main())
