"""Every text of the interface stands in every catalogue, with the same fields and no more."""

import ast
import functools
import json
import string
from pathlib import Path

import pytest

from ctse_core import words
from ctse_core.words import CATALOGUES, LANGUAGES, t

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("app.py", "ui", "pages", "ctse_core")
OTHERS = [code for code in LANGUAGES if code != "en"]


def sources() -> list[Path]:
    return [path for room in ROOMS for path in ([ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"))]


def calls(path: Path, names: set[str]) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


def literal(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


@functools.cache
def told() -> dict[str, str]:
    """Return every text in the code that people read, and where it first stands."""
    found: dict[str, str] = {}
    for path in sources():
        for call in calls(path, {"t", "mark"}):
            text = literal(call)
            if text is not None:
                found.setdefault(text, f"{path.relative_to(ROOT)}:{call.lineno}")
        for call in calls(path, {"knob", "Step"}):  # labels and help of settings, titles of steps
            for text in (arg.value for arg in call.args[1:3] if isinstance(arg, ast.Constant)):
                if isinstance(text, str) and path.is_relative_to(ROOT / "ctse_core"):
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{call.lineno}")
    return found | dict.fromkeys(words.MONTHS, "ctse_core/words.py")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def forms(entry: str | dict[str, str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def read(code: str) -> dict:
    return json.loads((CATALOGUES / f"{code}.json").read_text(encoding="utf-8"))


def test_texts_are_literals_with_named_fields():
    wrong = []
    for path in sources():
        for call in calls(path, {"t", "mark"}):
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            text = literal(call)
            named = {word.arg for word in call.keywords}
            if text is None and path.name != "words.py":
                wrong.append(f"{where} is no literal")
            elif text is not None and named and None not in named and fields(text) != named:
                wrong.append(f"{where} does not fill {text!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_lacks_a_translation(code):
    missing = [f"{where}: {text!r}" for text, where in told().items() if text not in read(code)]
    assert not missing, f"{len(missing)} texts are not in {code}.json:\n" + "\n".join(missing)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_catalogue_keeps_what_nobody_says(code):
    stale = sorted(set(read(code)) - set(told()))
    assert not stale, f"{code}.json has texts that the code lost:\n" + "\n".join(map(repr, stale))


@pytest.mark.parametrize("code", LANGUAGES)
def test_translations_have_the_same_fields(code):
    wrong = []
    for text, entry in read(code).items():
        for form in forms(entry):
            # "one" and "two" may be said without their number.
            spare = {"count"} if isinstance(entry, dict) else set()
            if fields(form) - fields(text) or fields(text) - fields(form) - spare or not form.strip():
                wrong.append(f"{text!r} -> {form!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_blanks_at_their_ends(code):
    """Pieces of sentences are joined: what begins with a blank must go on doing so."""
    wrong = [
        (text, form)
        for text, entry in read(code).items()
        for form in forms(entry)
        if (text[:1] == " ") != (form[:1] == " ") or (text[-1:] == " ") != (form[-1:] == " ")
    ]
    assert not wrong, wrong


@pytest.fixture
def speaking():
    yield words.speak
    words.speak("en")


def test_numbers_are_written_as_the_language_does(speaking):
    shown = {}
    for code in LANGUAGES:
        speaking(code)
        shown[code] = words.number(12345.5, ",.1f"), words.number(0.45, ".0%")
    assert shown["en"] == shown["ar"] == ("12,345.5", "45%")
    assert shown["es"] == shown["fr"] == ("12\u202f345,5", "45\u00a0%")


@pytest.mark.parametrize(
    ("code", "number", "form"),
    [
        ("en", 1, "one"), ("en", 0, "other"), ("es", 1, "one"), ("fr", 0, "one"), ("fr", 2, "other"), ("ar", 0, "zero"),
        ("ar", 2, "two"), ("ar", 7, "few"), ("ar", 11, "many"), ("ar", 100, "other"), ("ar", 103, "few"),
    ],
)  # fmt: skip
def test_words_agree_with_their_number(code, number, form):
    assert words.number_class(code, number) == form


def test_one_post_is_no_posts(speaking):
    assert t("{count:,} posts", count=1) == "1 post"
    assert t("{count:,} posts", count=2000) == "2,000 posts"
    speaking("es")
    assert t("{count:,} posts", count=1) == "1 publicación"


def test_an_unknown_language_and_an_unknown_text_stay_english(speaking):
    speaking("xx")
    assert words.spoken() == "en"
    speaking("fr")
    assert words.said("A topic that no catalogue knows") == "A topic that no catalogue knows"


def test_parts_that_nobody_told_ask_for_the_language(monkeypatch):
    monkeypatch.setattr(words, "_asked", lambda: "ar")
    token = words._spoken.set(None)
    assert words.spoken() == "ar"
    words._spoken.reset(token)


def test_every_language_of_the_sample_has_a_name_in_every_interface(speaking):
    from ctse_core.figures import LANGUAGE_NAMES, language_name

    for code in OTHERS:
        speaking(code)
        same = [lang for lang in LANGUAGE_NAMES if language_name(lang) == LANGUAGE_NAMES[lang][0]]
        assert len(same) < 75, (code, same)
        assert language_name("ht") != "Haitian Creole"
