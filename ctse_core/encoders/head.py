"""The layers after the pooling that a sentence-transformers folder may have (LaBSE has one, ctse-small another)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ctse_core.encoders.eight_bit import is_eight_bit, read_weights
from ctse_core.encoders.layout import DenseLayer
from ctse_core.encoders.reading import Readable

if TYPE_CHECKING:
    from torch import Tensor, nn


def read_dense(layer: DenseLayer) -> tuple[Tensor, Tensor | None]:
    """Return weight (out, in) and bias (out,) of a layer.

    Raises:
        EncoderError: its weights are missing or damaged.
    """
    import torch
    from safetensors.torch import load_file

    safe, front = layer.folder / "model.safetensors", f"{layer.folder.name}."
    with Readable(layer.folder):
        if safe.is_file():
            state = load_file(safe)
        elif is_eight_bit(layer.folder.parent):
            own = read_weights(layer.folder.parent / "model.safetensors", of=front)
            state = {name.removeprefix(front): torch.from_numpy(values) for name, values in own.items()}
        else:
            state = torch.load(layer.folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
        return state["linear.weight"], state.get("linear.bias")


def load_head(layers: tuple[DenseLayer, ...]) -> nn.Sequential:
    """Return the layers as a module; without any it passes vectors through."""
    import torch

    steps: list[nn.Module] = []
    for layer in layers:
        weight, bias = read_dense(layer)
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        linear.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
        steps.append(linear)
        if layer.activation == "tanh":
            steps.append(torch.nn.Tanh())
    return torch.nn.Sequential(*steps).eval()


def into_one_file(folder: Path, weights: dict[str, NDArray[Any]]) -> None:
    """Move the weights of the layers that ``save_head`` wrote in ``folder`` to ``weights``, named by their sub-folders.

    An encoder in eight bits has one file of weights; ``read_dense`` finds its layers' there.
    """
    for safe in sorted(folder.glob("*_Dense/model.safetensors")):
        weights |= {f"{safe.parent.name}.{name}": values for name, values in read_weights(safe).items()}
        safe.unlink()


def save_head(head: nn.Sequential, folder: Path) -> list[str]:
    """Write each linear layer as sentence-transformers does, and return the names of their sub-folders."""
    from safetensors.torch import save_file

    names: list[str] = []
    layers = list(head)
    for position, layer in enumerate(layers):
        if not hasattr(layer, "out_features"):
            continue
        name = f"{len(names) + 2}_Dense"
        tanh = position + 1 < len(layers) and type(layers[position + 1]).__name__ == "Tanh"
        settings = {
            "in_features": layer.in_features,
            "out_features": layer.out_features,
            "bias": layer.bias is not None,
            "activation_function": f"torch.nn.modules.{'activation.Tanh' if tanh else 'linear.Identity'}",
        }
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
        state = {f"linear.{key}": value.detach().cpu().contiguous() for key, value in layer.state_dict().items()}
        save_file(state, folder / name / "model.safetensors")
        names.append(name)
    return names
