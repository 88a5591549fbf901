"""Text whose encoding was guessed wrong somewhere on its way ─▶ the text that was meant.

A post saved as UTF-8 and read as Windows-1252 shows two or three odd characters for each letter:
"cafÃ©", "â€œhelpâ€". ftfy undoes that and is asked for nothing else: no quotes straightened, no
entities decoded, no width changed, because people must read what was written. Burmese typed for the Zawgyi font is
put into Unicode (``burmese``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ctse_core.text.burmese import to_unicode

LONGEST = 50_000
"""Characters; a longer cell is no post, and repairing it could take seconds, so it stays as it is."""


def repair(text: str) -> str:
    """Return ``text`` with mojibake and Zawgyi undone, and unchanged where nothing is certainly broken.

    Plain ASCII is returned at once; so is a cell of more than LONGEST characters.
    """
    if text.isascii() or len(text) > LONGEST:
        return text
    return to_unicode(_fix_encoding()(text))


def repair_all(texts: list[str]) -> tuple[list[str], int]:
    """Return the repaired texts in their order and how many of them changed."""
    repaired = [repair(text) for text in texts]
    changed = sum(before != after for before, after in zip(texts, repaired, strict=True))
    return repaired, changed


@cache
def _fix_encoding() -> Callable[[str], str]:
    """Import ftfy on first use; it costs 0.2 s."""
    import ftfy

    return ftfy.fix_encoding
