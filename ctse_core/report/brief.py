"""What a briefing holds, before it becomes a file: blocks in reading order, the same for HTML, PDF and DOCX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Heading:
    """A heading; ``new_page``: where files have pages, it begins one."""

    text: str
    level: int = 2
    new_page: bool = False
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Words:
    """A paragraph; ``look``: "" as it is, "quiet" a remark, "care" a warning in a box of its own."""

    text: str
    look: str = ""
    kind: str = field(default="words", init=False)


@dataclass(frozen=True)
class Point:
    """A sentence in a list, after a few words in bold; ``cites``: numbers of the posts that it rests on."""

    text: str
    lead: str = ""
    cites: tuple[int, ...] = ()


@dataclass(frozen=True)
class Points:
    """Sentences in a list."""

    points: tuple[Point, ...]
    kind: str = field(default="points", init=False)


@dataclass(frozen=True)
class Tile:
    """A number with what it counts and a remark."""

    label: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Tiles:
    """Numbers side by side."""

    tiles: tuple[Tile, ...]
    kind: str = field(default="tiles", init=False)


@dataclass(frozen=True)
class Cell:
    """A cell: what is read first and a remark under it; ``look``: "", "stale", "pressing" or "none"."""

    text: str
    remark: str = ""
    look: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: heads (c), rows of a name and cells (c - 1), and a sentence on how to read it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    caption: str
    kind: str = field(default="grid", init=False)


@dataclass(frozen=True)
class Post:
    """A post in its own words: its number in this briefing, its exact id, what is known of it.

    ``code`` is its language, ``rtl`` whether it runs right to left; ``facts`` are short texts (when, where, what is
    needed, how many write so on their own); ``pressing``: high or critical.
    """

    number: int
    post_id: str
    text: str
    code: str
    rtl: bool
    facts: tuple[str, ...]
    pressing: bool = False


@dataclass(frozen=True)
class Posts:
    """Posts one under the other."""

    posts: tuple[Post, ...]
    kind: str = field(default="posts", init=False)


@dataclass(frozen=True)
class Picture:
    """A still picture as SVG with what it shows in a sentence."""

    svg: str
    told: str
    kind: str = field(default="picture", init=False)


@dataclass(frozen=True)
class Pairs:
    """What and its value, two columns."""

    rows: tuple[tuple[str, str], ...]
    kind: str = field(default="pairs", init=False)


Block: TypeAlias = Heading | Words | Points | Tiles | Grid | Posts | Picture | Pairs


@dataclass(frozen=True)
class Brief:
    """A whole briefing: the language that it is in, its title, a line under it, and its blocks in reading order.

    ``id_word`` stands before each post's id, ``page_of`` is how pages are counted ("Page {page} of {pages}").
    """

    language: str
    rtl: bool
    title: str
    under: str
    kicker: str
    foot: str
    id_word: str
    page_of: str
    blocks: tuple[Block, ...]

    def posts(self) -> Iterator[Post]:
        """Give every post that is shown, in reading order."""
        for block in self.blocks:
            if isinstance(block, Posts):
                yield from block.posts

    def written(self) -> dict[str, Any]:
        """Return the briefing as plain dictionaries, lists and texts."""
        return asdict(self)
