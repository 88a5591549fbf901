"""The forms in which an encoder is kept: in eight bits, to be shipped, and plain, for other programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ctse_core.encoders.cache import written_beside
from ctse_core.encoders.eight_bit import read_weights, write_eight_bit
from ctse_core.encoders.encoder import find_encoder
from ctse_core.encoders.head import into_one_file
from ctse_core.encoders.layout import is_static, require_writable
from ctse_core.encoders.own import ABOUT
from ctse_core.encoders.reading import Readable
from ctse_core.errors import EncoderError
from ctse_core.types import Progress, no_progress

if TYPE_CHECKING:
    from ctse_core.encoders.static import StaticEncoder
    from ctse_core.encoders.transformer import SentenceEncoder

LICENCE = "LICENSE"
"""The notice that goes with the weights wherever they go."""
_POSITIONS = "embeddings.position_embeddings.weight"
_TOKENS = ("embeddings.word_embeddings.weight", "embedding.weight")
_THEIRS, _OURS = "sentence_transformers.models.", "ctse_core.encoders.eight_bit."
"""Where a program finds the steps of an encoder: one that does not know ours stops, rather than guess weights."""


def save_eight_bit(source: SentenceEncoder | StaticEncoder | Path, folder: Path, tokens: int = 8) -> Path:
    """Write an encoder, given itself or by its folder, in eight bits: some quarter of the size, nearly equal vectors.

    ``tokens`` is 8, or 4 for token vectors in four bits: they are most of a multilingual encoder, and a text's
    vector, a mean over many, hardly feels their rounding.

    ``load_encoder`` opens the folder as any other; other programs do not (``save_plain`` makes it theirs). Positions
    beyond the encoder's most tokens are left out. An encoder that lies there already is replaced as a whole.

    Raises:
        EncoderError: the encoder is damaged, or the folder cannot be written or holds something else.
    """
    return _save(source, folder, tokens)


def save_plain(source: SentenceEncoder | StaticEncoder | Path, folder: Path) -> Path:
    """Write an encoder, given itself or by its folder, as a float32 folder that sentence-transformers opens.

    Raises:
        EncoderError: the encoder is damaged, or the folder cannot be written or holds something else.
    """
    return _save(source, folder, 0)


def export_encoder(name_or_folder: str | Path, folder: Path, progress: Progress = no_progress, bits: int = 0) -> Path:
    """Write an encoder, of the catalogue or any folder, as a new folder: plain (0), or in eight bits.

    ``bits`` are those of its token vectors, 8 or 4; all other matrices have eight.

    Raises:
        EncoderError: there is no such encoder, or ``folder`` is not empty or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EncoderError(f"{folder} is there already and not empty; choose a new folder to export into.")
    _, source, prefix = find_encoder(name_or_folder, progress)
    return _save(source, folder, bits, prefix)


def _save(source: SentenceEncoder | StaticEncoder | Path, folder: Path, bits: int, prefix: str | None = None) -> Path:
    require_writable(folder)
    encoder = _opened(source, prefix) if isinstance(source, Path) else source
    with written_beside(folder, lambda _: False) as beside:
        encoder.save(beside)
        if bits:
            _shrink(beside, encoder.use.max_tokens, bits)
        if isinstance(source, Path):
            for name in (ABOUT, LICENCE):
                if (source / name).is_file():
                    shutil.copyfile(source / name, beside / name)
    return folder


def _opened(folder: Path, prefix: str | None) -> SentenceEncoder | StaticEncoder:
    from ctse_core.encoders.static import StaticEncoder
    from ctse_core.encoders.transformer import SentenceEncoder

    if is_static(folder):
        return StaticEncoder.load(folder, prefix=prefix)
    return SentenceEncoder.load(folder, prefix=prefix, device="cpu")


def _shrink(folder: Path, most_tokens: int, bits: int) -> None:
    """Rewrite the folder that ``save`` has just made: eight bits, no position and no blank too many."""
    with Readable(folder):
        weights = read_weights(folder / "model.safetensors")
        settings = folder / "config.json"
        if settings.is_file():
            config = json.loads(settings.read_text(encoding="utf-8"))
            # RoBERTa and its kin count positions from the padding's id on.
            first = 0 if config.get("model_type") == "bert" else int(config.get("pad_token_id") or 0) + 1
            for name in [name for name in weights if name.endswith(_POSITIONS)]:
                weights[name] = weights[name][: first + most_tokens]
                config["max_position_embeddings"] = len(weights[name])
            settings.write_text(json.dumps(config, indent=1), encoding="utf-8")
        modules = folder / "modules.json"
        modules.write_text(modules.read_text(encoding="utf-8").replace(_THEIRS, _OURS), encoding="utf-8")
        tokenizer = folder / "tokenizer.json"
        told = json.loads(tokenizer.read_text(encoding="utf-8"))
    tokenizer.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    into_one_file(folder, weights)
    write_eight_bit(weights, folder / "model.safetensors", _TOKENS if bits == 4 else ())
