"""Makes the folder from which the fast runtime works: int8 graph, word vectors, tokenizer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.bert_weights import Array, BertWeights, read_bert
from ctse_core.encoders.cache import written_beside
from ctse_core.encoders.calibration_texts import CALIBRATION_TEXTS
from ctse_core.encoders.fingerprint import file_digest
from ctse_core.encoders.layout import EncoderLayout
from ctse_core.encoders.onnx_graph import build_graph
from ctse_core.encoders.onnx_plan import make_plan, widest
from ctse_core.encoders.reading import Readable
from ctse_core.encoders.tokens import TextTokenizer, equal_length_batches
from ctse_core.errors import EncoderError
from ctse_core.home import cache_home
from ctse_core.types import Progress, no_progress

RECIPE = 1  # raise when the vectors that come out change
GRAPH, WORDS, TOKENIZER, HEAD, ABOUT = "body.onnx", "words.npy", "tokenizer.json", "head.npz", "about.json"
LEAST_AGREEMENT = 0.98
"""Mean cosine of int8 to float32 token means under which the export is thrown away."""
_BATCH_TOKENS = 1024


def export_folder(fingerprint: str) -> Path:
    """Return where the export of the encoder with that fingerprint lives."""
    return cache_home() / "onnx" / fingerprint[:32]


def is_exported(folder: Path) -> bool:
    """Return whether ``folder`` holds a whole and undamaged export."""
    try:
        files = json.loads((folder / ABOUT).read_text(encoding="utf-8"))["files"]
        return all(file_digest(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def export(layout: EncoderLayout, folder: Path, progress: Progress = no_progress) -> Path:
    """Write the fast form of the encoder of ``layout`` to ``folder``, unless it is there already.

    Raises:
        EncoderError: the model is of a make that the fast runtime does not know, int8 would change its
            vectors too much, or the folder cannot be written.
    """
    if is_exported(folder):
        return folder
    progress(0.0, "Preparing the fast form of the encoder (once on this machine)")
    with written_beside(folder, is_exported) as beside:
        _write_tokenizer(layout.folder, beside / TOKENIZER)
        weights = read_bert(layout.folder)
        words = weights.words.astype(np.float16)
        np.save(beside / WORDS, words)
        progress(0.3, "Preparing the fast form of the encoder: measuring its ranges")
        tokens = TextTokenizer.from_file(beside / TOKENIZER, layout.use)
        batches = list(_word_batches(tokens, words))
        agreement = _write_graph(weights, batches, beside / GRAPH, progress)
        _write_head(layout, beside / HEAD)
        about = {
            "recipe": RECIPE,
            "dim": int(weights.words.shape[1]),
            "use": asdict(layout.use),
            "agreement": agreement,
            "files": {path.name: file_digest(path) for path in sorted(beside.iterdir())},
        }
        (beside / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    progress(1.0, "The fast form of the encoder is ready")
    return folder


def open_session(model: bytes | str) -> Any:
    """Return an ONNX Runtime session that computes on the thread that calls it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (RuntimeError, ValueError) as error:
        raise EncoderError(f"ONNX Runtime cannot open the encoder: {str(error).splitlines()[0]}") from error


def _word_batches(tokens: TextTokenizer, words: NDArray[np.float16]) -> Iterator[Array]:
    ids = tokens.ids(CALIBRATION_TEXTS)
    for rows in equal_length_batches(ids, _BATCH_TOKENS):
        yield words[np.array([ids[row] for row in rows])].astype(np.float32)


def _write_graph(weights: BertWeights, batches: Sequence[Array], path: Path, progress: Progress) -> float:
    """Write the int8 graph and return its mean cosine to float32 over token means."""
    exact, taps = build_graph(weights)
    session = open_session(_bytes(exact))
    token_vectors = session.get_outputs()[0].name
    outputs = {**taps, "": token_vectors}
    expected: list[Array] = []
    seen = []
    for number, batch in enumerate(batches):
        values = session.run(list(outputs.values()), {"words": batch})
        tensors = dict(zip(outputs, values, strict=True))
        expected.append(tensors.pop("").mean(axis=1))
        seen.append(widest([tensors]))
        progress(0.3 + 0.5 * number / len(batches), "Preparing the fast form of the encoder: measuring its ranges")
    ranges = widest({name: np.stack(span)[:, None] for name, span in batch.items()} for batch in seen)
    small, _ = build_graph(weights, make_plan(weights, ranges))
    path.write_bytes(_bytes(small))
    progress(0.9, "Preparing the fast form of the encoder: checking it")
    return _agreement(open_session(str(path)), batches, expected)


def _agreement(session: Any, batches: Sequence[Array], expected: Sequence[Array]) -> float:
    found = np.concatenate([session.run(None, {"words": batch})[0].mean(axis=1) for batch in batches])
    wanted = np.concatenate(expected)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    agreement = float(((found * wanted).sum(axis=1) / np.maximum(lengths, 1e-9)).mean())
    if not agreement >= LEAST_AGREEMENT:
        raise EncoderError(f"In 8 bits this encoder's vectors would change too much (cosine {agreement:.3f}).")
    return round(agreement, 5)


def _bytes(model: Any) -> bytes:
    try:
        return model.SerializeToString()
    except ValueError as error:
        raise EncoderError("The encoder is too large for the fast runtime (over 2 GB).") from error


def _write_tokenizer(folder: Path, path: Path) -> None:
    """Write the tokenizer as transformers would use it; a plain ``tokenizer.json`` needs no transformers."""
    settings = folder / "tokenizer_config.json"
    with Readable(folder):
        known = json.loads(settings.read_text(encoding="utf-8")) if settings.is_file() else {}
    plain = known.get("tokenizer_class") in {"PreTrainedTokenizerFast", "TokenizersBackend"}
    if plain and (folder / "tokenizer.json").is_file():
        shutil.copyfile(folder / "tokenizer.json", path)
        return
    from ctse_core.encoders.transformer import load_tokenizer

    backend = getattr(load_tokenizer(folder), "backend_tokenizer", None)
    if backend is None:
        raise EncoderError(f"The tokenizer in {folder} has no fast form (tokenizer.json).")
    backend.save(str(path), pretty=False)


def _write_head(layout: EncoderLayout, path: Path) -> None:
    """Write the layers after the pooling, where there are any: weight0, bias0, tanh0, weight1, …"""
    if not layout.dense:
        return
    from ctse_core.encoders.head import read_dense

    arrays: dict[str, Any] = {}
    for number, layer in enumerate(layout.dense):
        weight, bias = read_dense(layer)
        arrays[f"weight{number}"] = weight.float().numpy().T
        arrays[f"bias{number}"] = bias.float().numpy() if bias is not None else np.zeros(len(weight), np.float32)
        arrays[f"tanh{number}"] = np.array(layer.activation == "tanh")
    np.savez(path, **arrays)
