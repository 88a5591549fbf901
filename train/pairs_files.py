"""Names on the command line ─▶ files of pairs: what each is, which language and source its name tells, its bytes."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ctse_core.encoders.languages import LABSE_LANGUAGES, MBERT_LANGUAGES, PAPER_LANGUAGES, XLMR_LANGUAGES
from ctse_core.errors import TrainError
from ctse_core.text.language_codes import tidy_code
from ctse_core.types import UNDETERMINED

FORMATS = {".parquet": "parquet", ".tsv": "tsv", ".csv": "csv", ".tmx": "tmx"}
PACKED = (".gz", ".zst")
_PAIRS = (  # "en-de" goes before "de-en", for names such as TED-en-de
    re.compile(r"(?:^|[._-])en[-_]([a-z]{2,3})(?=[._-]|$)", re.IGNORECASE),
    re.compile(r"(?:^|[._-])([a-z]{2,3})[-_]en(?=[._-]|$)", re.IGNORECASE),
)
_KNOWN = frozenset((*PAPER_LANGUAGES, *XLMR_LANGUAGES, *MBERT_LANGUAGES, *LABSE_LANGUAGES, "ckb", "ti", "rhg"))
_LAST = re.compile(r"[._-]([a-z]{2,3})$", re.IGNORECASE)


@dataclass(frozen=True)
class PairFile:
    """One file of pairs, or two that lie side by side.

    Attributes:
        path: the file; the English side of a Moses pair.
        form: "parquet", "tsv", "csv", "tmx" or "moses".
        other: the other side of a Moses pair.
        lang: the language that the name tells, or "".
        source: the name without language and endings, for rows that name no source.
    """

    path: Path
    form: str
    other: Path | None = None
    lang: str = ""
    source: str = ""

    @property
    def parts(self) -> tuple[Path, ...]:
        """The files on disk."""
        return (self.path,) if self.other is None else (self.path, self.other)

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(part.stat().st_size for part in self.parts)

    def digest(self) -> str:
        """Return the SHA-256 of the content, as hexadecimal digits."""
        return "+".join(map(content_digest, self.parts))


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits.

    Raises:
        TrainError: it is missing or cannot be read.
    """
    with _readable(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pair_files(names: Iterable[str | Path]) -> list[PairFile]:
    """Return the files of pairs that ``names`` (files, folders, or the stem of a Moses pair) stand for, each once.

    Raises:
        TrainError: a name stands for no file, or for one of another kind.
    """
    found: dict[tuple[Path, ...], PairFile] = {}
    for name in names:
        path = Path(name).expanduser()
        members = _members(path) if path.is_dir() else [path]
        for each in members:
            file = pair_file(each)
            found.setdefault(file.parts, file)
    if not found:
        raise TrainError("No pairs were named. Name files of pairs (Parquet, TSV, TMX or Moses text) with --pairs.")
    return list(found.values())


def pair_file(path: Path) -> PairFile:
    """Return what the file ``path`` is; for one side of a Moses pair, or the stem of both, the pair.

    Raises:
        TrainError: there is no such file, or it is of a kind that is not read.
    """
    bare = unpacked_name(path)
    form = FORMATS.get(Path(bare).suffix.lower())
    if form and path.is_file():
        stem = Path(bare).stem
        lang = _lang_of(stem)
        return PairFile(path, form, None, lang, _source_of(stem, lang))
    english = _moses_english(path)
    if english is not None:
        return english
    if not path.exists():
        raise TrainError(f"There is no file {path}. Name files of pairs with --pairs.")
    raise TrainError(
        f"{path} is not a file of pairs. Pairs come as .parquet, .tsv, .csv, .tmx, or as two text files such as "
        "news.en-de.en and news.en-de.de; each may be packed as .gz or .zst."
    )


def unpacked_name(path: Path) -> str:
    """Return the file's name without .gz or .zst."""
    return path.name[: -len(path.suffix)] if path.suffix.lower() in PACKED else path.name


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Yield the bytes of ``path``, unpacked where its name ends in .gz or .zst.

    Raises:
        TrainError: it cannot be read, or its packing is damaged.
    """
    with _readable(path):
        if path.suffix.lower() == ".gz":
            with gzip.open(path, "rb") as file:
                yield io.BufferedReader(file, 1 << 20)  # type: ignore[type-var]
        elif path.suffix.lower() == ".zst":
            import pyarrow as pa

            with pa.input_stream(str(path), compression="zstd") as stream:
                yield io.BufferedReader(stream, 1 << 20)
        else:
            with path.open("rb", buffering=1 << 20) as file:
                yield file


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise TrainError(f"There is no file {path}. Check its name.") from error
    except (OSError, EOFError, zlib.error) as error:  # damage in a .zst, or at the head of a .gz, is an OSError
        reason = getattr(error, "strerror", None) or str(error)
        raise TrainError(f"{path} cannot be read to its end ({reason}). Copy or download it again.") from error


def _members(folder: Path) -> list[Path]:
    names = [each for each in sorted(folder.iterdir()) if each.is_file() and not each.name.startswith(".")]
    known = [each for each in names if Path(unpacked_name(each)).suffix.lower() in FORMATS]
    sides = [each for each in names if each not in known and _moses_english(each) is not None]
    if not known and not sides:
        raise TrainError(f"The folder {folder} holds no file of pairs (.parquet, .tsv, .csv, .tmx or Moses text).")
    return known + sides


def _moses_english(path: Path) -> PairFile | None:
    """Return the pair that ``path`` (either side, or the stem of both) belongs to."""
    name = unpacked_name(path)
    stem = name.rsplit(".", 1)[0] if path.is_file() else name
    pair = _pair_in(stem)
    if pair is None:
        return None
    lang = pair.group(1)
    sides = [_existing(path.parent / f"{stem}.{side}") for side in ("en", lang)]
    if sides[0] is None or sides[1] is None:
        return None
    return PairFile(sides[0], "moses", sides[1], tidy_code(lang), _source_of(stem, lang))


def _existing(path: Path) -> Path | None:
    ways = (path, *(path.with_name(path.name + ending) for ending in PACKED))
    return next((way for way in ways if way.is_file()), None)


def _pair_in(stem: str) -> re.Match[str] | None:
    return next((found for found in (pair.search(stem) for pair in _PAIRS) if found), None)


def _lang_of(stem: str) -> str:
    """Return the language that a name tells; at its end ("news_sw") only one that an encoder here knows."""
    found = _pair_in(stem) or _LAST.search(stem)
    code = tidy_code(found.group(1)) if found else UNDETERMINED
    return code if code != UNDETERMINED and (_pair_in(stem) or code in _KNOWN) else ""


def _source_of(stem: str, lang: str) -> str:
    """Return the stem without the part that tells the language: "TED2020-en-de-train" is TED2020-train."""
    if not lang:
        return stem
    pair = _pair_in(stem)
    bare = stem[: pair.start()] + stem[pair.end() :] if pair else _LAST.sub("", stem)
    return bare.strip("._-") or stem
