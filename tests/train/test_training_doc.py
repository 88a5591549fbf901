"""The commands of docs/training.md: each is one that the programs understand."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


class Found(Exception):
    """Carries a parser out of a program."""


def parser_of(module: str) -> argparse.ArgumentParser:
    """The parser of a program, taken out at the moment when it would read its words."""

    def caught(parser, *_):
        raise Found(parser)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Found) as found:
        patch.setattr(argparse.ArgumentParser, "parse_args", caught)
        importlib.import_module(f"{module}.__main__").main([])
    return found.value.args[0]


def told_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.S)
    return [line for block in blocks for line in block.splitlines() if " -m train" in line]


@pytest.mark.parametrize("command", told_commands())
def test_every_command_is_understood(command):
    module, *words = shlex.split(command.split(" -m ", 1)[1])
    asked = parser_of(module).parse_args(words)
    if module == "train":
        from train.recipes import RECIPES

        assert asked.recipe in {*RECIPES, "list"}


def test_every_recipe_is_told():
    from train.recipes import RECIPES

    assert not [name for name in RECIPES if f"`{name}`" not in TEXT]


def test_settings_told_exist():
    from train.__main__ import changed
    from train.recipes import hybrid

    told = re.findall(r"`--set ([\w.]+)=([^`]+)`", TEXT)
    assert len(told) >= 3
    for setting, value in told:
        changed(hybrid(), setting, value)


def test_flags_told_exist():
    programs = ("train", "train.evaluate", "train.evaluate.languages", "train.guard")
    known = set()
    for module in programs:
        helped = parser_of(module).format_help()
        known |= set(re.findall(r"--[a-z][a-z-]+", helped))
    told = set(re.findall(r"`(--[a-z][a-z-]+)", TEXT))
    assert told <= known, told - known


def test_chapters_named_at_the_top_are_there():
    lines = re.findall(r"^## (.*)", TEXT, re.M)
    headings = {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings
