"""The weights of a BERT-like folder (BERT, RoBERTa, XLM-R) as arrays, for the fast runtime."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.eight_bit import read_weights
from ctse_core.encoders.reading import Readable
from ctse_core.errors import EncoderError

Array = NDArray[np.float32]
FAMILIES = ("bert", "roberta", "xlm-roberta", "camembert")


@dataclass(frozen=True)
class Linear:
    """``x @ weight + bias`` with weight (in, out) and bias (out,)."""

    weight: Array
    bias: Array


@dataclass(frozen=True)
class Norm:
    """A layer norm's gain (d,) and bias (d,)."""

    gain: Array
    bias: Array


@dataclass(frozen=True)
class Layer:
    """One layer: attention, then the two-step inner network, a norm after each."""

    query: Linear
    key: Linear
    value: Linear
    out: Linear
    out_norm: Norm
    inner: Linear
    outer: Linear
    outer_norm: Norm


@dataclass(frozen=True)
class BertWeights:
    """A whole model: ``words`` (vocabulary, d), ``positions`` (t, d) from the first token's on, layers."""

    words: Array
    positions: Array
    norm: Norm
    layers: tuple[Layer, ...]
    heads: int
    eps: float


def read_bert(folder: Path) -> BertWeights:
    """Read ``config.json`` and the weights of a folder.

    Raises:
        EncoderError: it is of another family, or its weights do not fit its configuration.
    """
    with Readable(folder):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        _check_family(config, folder)
        state = {_plain_name(name): tensor for name, tensor in _read_state(folder).items()}
        return _assemble(config, state)


def _check_family(config: Mapping[str, Any], folder: Path) -> None:
    known = config.get("model_type") in FAMILIES
    usual = config.get("hidden_act", "gelu") == "gelu"
    absolute = config.get("position_embedding_type", "absolute") == "absolute"
    if not (known and usual and absolute) or config.get("is_decoder"):
        raise EncoderError(
            f"The fast runtime knows BERT, RoBERTa and XLM-R models; {folder} holds a "
            f"{config.get('model_type', 'model of unknown kind')} of another make."
        )


def _read_state(folder: Path) -> dict[str, Any]:
    safe = folder / "model.safetensors"
    if safe.is_file():
        return read_weights(safe)
    import torch

    path = folder / "pytorch_model.bin"
    if not path.is_file():
        raise EncoderError(f"The weights in {folder} are in several files; the fast runtime reads one only.")
    return torch.load(path, map_location="cpu", weights_only=True, mmap=True)


def _plain_name(name: str) -> str:
    for family in ("bert.", "roberta.", "model."):
        name = name.removeprefix(family)
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _assemble(config: Mapping[str, Any], state: Mapping[str, Any]) -> BertWeights:
    def array(name: str) -> Array:
        return np.asarray(state[name], dtype=np.float32)

    def linear(name: str) -> Linear:
        return Linear(array(f"{name}.weight").T, array(f"{name}.bias"))

    def norm(name: str) -> Norm:
        return Norm(array(f"{name}.weight"), array(f"{name}.bias"))

    def layer(place: str) -> Layer:
        return Layer(
            query=linear(f"{place}.attention.self.query"),
            key=linear(f"{place}.attention.self.key"),
            value=linear(f"{place}.attention.self.value"),
            out=linear(f"{place}.attention.output.dense"),
            out_norm=norm(f"{place}.attention.output.LayerNorm"),
            inner=linear(f"{place}.intermediate.dense"),
            outer=linear(f"{place}.output.dense"),
            outer_norm=norm(f"{place}.output.LayerNorm"),
        )

    # RoBERTa counts positions from the padding's number on; BERT from 0.
    first = 0 if config["model_type"] == "bert" else int(config.get("pad_token_id", 1)) + 1
    token_type = array("embeddings.token_type_embeddings.weight")[0]
    return BertWeights(
        words=array("embeddings.word_embeddings.weight"),
        positions=array("embeddings.position_embeddings.weight")[first:] + token_type,
        norm=norm("embeddings.LayerNorm"),
        layers=tuple(layer(f"encoder.layer.{i}") for i in range(int(config["num_hidden_layers"]))),
        heads=int(config["num_attention_heads"]),
        eps=float(config.get("layer_norm_eps", 1e-12)),
    )
