"""Turns what libraries raise on missing or damaged files of an encoder into one sentence."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ctse_core.errors import CtseError, EncoderError

_KNOWN = (OSError, ValueError, KeyError, RuntimeError, ImportError)
_BY_NAME = {"SafetensorError", "UnpicklingError"}  # their libraries are not loaded just to name them


class Readable:
    """A ``with`` block in which files of ``folder`` are read.

    Raises:
        EncoderError: instead of what the libraries raise when a file is missing, damaged or not allowed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, CtseError) or not _is_about_files(error):
            return
        said = str(error).strip().splitlines()
        reason = said[0][:200].rstrip(". ") if said else type(error).__name__
        raise EncoderError(
            f"The encoder in {self.folder} is damaged or cannot be loaded: {reason}. Fetch the folder again, or "
            "choose another encoder."
        ) from error


def _is_about_files(error: BaseException) -> bool:
    # The tokenizers library raises bare Exception, and nothing else of ours or theirs does.
    return isinstance(error, _KNOWN) or type(error) is Exception or type(error).__name__ in _BY_NAME
