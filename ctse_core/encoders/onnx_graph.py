"""A BERT-like model as an ONNX graph for texts of equal length, in float32 or int8.

The graph takes word vectors (b, t, d) and gives token vectors (b, t, d). All texts of a batch have the
same number of tokens, so there is no padding and no mask. Each layer norm's gain and bias are folded into
the matrices that follow; what the norm gives instead can be centred and scaled channel by channel, which
costs nothing and lets 8 bits hold it (after SmoothQuant, Xiao et al. 2023, arXiv:2211.10438).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.bert_weights import Array, BertWeights, Layer, Linear, Norm

WEIGHT_LEVELS = 63
"""7-bit weights: with 8, processors without VNNI overflow when they add two products."""
_FUSED = "com.microsoft"


@dataclass(frozen=True)
class NormPlan:
    """A norm's output is stored as ``(normalised - centre) / scale`` and lies within ± ``limit``."""

    centre: Array  # (d,)
    scale: Array  # (d,)
    limit: float


@dataclass(frozen=True)
class RangePlan:
    """A tensor lies in [low, high] except for the channels ``outliers``, which stay float32."""

    low: float
    high: float
    outliers: NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How every input of a matrix is held in 8 bits; names as in ``tap_names``."""

    norms: Mapping[str, NormPlan]
    ranges: Mapping[str, RangePlan]


@dataclass
class _Writer:
    """Collects nodes and constants."""

    plan: Plan | None
    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    taps: dict[str, str] = field(default_factory=dict)

    def constant(self, values: Any) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def node(self, kind: str, inputs: list[str], domain: str = "", **settings: Any) -> str:
        from onnx import helper

        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], domain=domain, name=f"{kind}_{name}", **settings))
        return name

    def quantised(self, tensor: str, low: float, high: float) -> tuple[str, str, str]:
        """Return ``tensor`` in 8 bits over [low, high], with the names of its scale and zero."""
        step = np.float32(max(high - low, 1e-6) / 255)
        zero = np.uint8(np.clip(np.rint(-low / step), 0, 255))
        scale, offset = self.constant(np.array(step)), self.constant(np.array(zero))
        return self.node("QuantizeLinear", [tensor, scale, offset]), scale, offset

    def product(self, tensor: str, held: tuple[str, str, str] | None, linear: Linear) -> str:
        """Return ``tensor @ weight + bias``, in int8 where the tensor is held in 8 bits."""
        if held is None:
            product = self.node("MatMul", [tensor, self.constant(linear.weight)])
            return self.node("Add", [product, self.constant(linear.bias)])
        weight, step = quantised_weight(linear.weight)
        name, scale, offset = held
        zeros = self.constant(np.zeros(len(step), dtype=np.int8))
        inputs = [name, self.constant(weight), scale, self.constant(step), offset, zeros]
        return self.node("MatMulIntegerToFloat", [*inputs, self.constant(linear.bias)], _FUSED)


def quantised_weight(weight: Array) -> tuple[NDArray[np.int8], Array]:
    """Return a matrix (in, out) as whole numbers and the step (out,) of each column."""
    step = np.maximum(np.abs(weight).max(axis=0), 1e-8) / WEIGHT_LEVELS
    return np.rint(weight / step).astype(np.int8), step.astype(np.float32)


def build_graph(weights: BertWeights, plan: Plan | None = None) -> tuple[Any, dict[str, str]]:
    """Return the ONNX model and, by name, the tensors that a plan is made from.

    Without a plan the graph is float32 and the named tensors ("0.attention", "0.context", "0.inner",
    "0.activated", "1.attention", …) are outputs too.
    """
    from onnx import TensorProto, helper

    writer = _Writer(plan)
    length = writer.node("Shape", ["words"], start=1, end=2)
    zero = writer.constant(np.array([0], dtype=np.int64))
    positions = writer.node("Slice", [writer.constant(weights.positions), zero, length, zero])
    state, norm = writer.node("Add", ["words", positions]), weights.norm
    for number, layer in enumerate(weights.layers):
        state = _attention(writer, number, layer, norm, state, weights)
        state = _inner_network(writer, number, layer, state, weights.eps)
        norm = layer.outer_norm
    gain, bias = writer.constant(norm.gain), writer.constant(norm.bias)
    token_vectors = writer.node("LayerNormalization", [state, gain, bias], epsilon=weights.eps)
    width = weights.words.shape[1]
    outputs = [helper.make_tensor_value_info(token_vectors, TensorProto.FLOAT, ["b", "t", width])]
    if plan is None:
        outputs += [helper.make_tensor_value_info(tap, TensorProto.FLOAT, None) for tap in writer.taps.values()]
    words = helper.make_tensor_value_info("words", TensorProto.FLOAT, ["b", "t", width])
    graph = helper.make_graph(writer.nodes, "encoder", [words], outputs, list(writer.constants.values()))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(_FUSED, 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8), writer.taps


def _attention(writer: _Writer, number: int, layer: Layer, norm: Norm, state: str, weights: BertWeights) -> str:
    """Add one layer's attention after the norm that ends the step before; return the un-normed sum."""
    normed, held, gain, shift = _norm(writer, f"{number}.attention", norm, state, weights.eps)
    parts = [
        writer.product(normed, held, _folded(linear, gain, shift)) for linear in (layer.query, layer.key, layer.value)
    ]
    context = writer.node("MultiHeadAttention", parts, _FUSED, num_heads=weights.heads)
    writer.taps[f"{number}.context"] = context
    out = _ranged_product(writer, f"{number}.context", context, Linear(layer.out.weight, layer.out.bias + shift))
    return writer.node("Add", [out, writer.node("Mul", [normed, writer.constant(gain)])])


def _inner_network(writer: _Writer, number: int, layer: Layer, state: str, eps: float) -> str:
    normed, held, gain, shift = _norm(writer, f"{number}.inner", layer.out_norm, state, eps)
    inner = writer.product(normed, held, _folded(layer.inner, gain, shift))
    activated = writer.node("Gelu", [inner], _FUSED)
    writer.taps[f"{number}.activated"] = activated
    outer = Linear(layer.outer.weight, layer.outer.bias + shift)
    out = _ranged_product(writer, f"{number}.activated", activated, outer)
    return writer.node("Add", [out, writer.node("Mul", [normed, writer.constant(gain)])])


def _norm(
    writer: _Writer, name: str, norm: Norm, state: str, eps: float
) -> tuple[str, tuple[str, str, str] | None, Array, Array]:
    """Return the stored norm, its 8-bit form, and the gain and shift with which it is the real one."""
    plan = writer.plan.norms[name] if writer.plan else None
    scale = plan.scale if plan else np.ones_like(norm.gain)
    centre = plan.centre if plan else np.zeros_like(norm.gain)
    constants = [writer.constant(1 / scale), writer.constant(-centre / scale)]
    normed = writer.node("LayerNormalization", [state, *constants], epsilon=eps)
    writer.taps[name] = normed
    held = writer.quantised(normed, -plan.limit, plan.limit) if plan else None
    return normed, held, norm.gain * scale, norm.bias + norm.gain * centre


def _folded(linear: Linear, gain: Array, shift: Array) -> Linear:
    return Linear(gain[:, None] * linear.weight, linear.bias + shift @ linear.weight)


def _ranged_product(writer: _Writer, name: str, tensor: str, linear: Linear) -> str:
    """Return ``tensor @ weight + bias`` with the few wild channels of ``tensor`` apart, in float32."""
    if writer.plan is None:
        return writer.product(tensor, None, linear)
    plan = writer.plan.ranges[name]
    held = writer.quantised(tensor, plan.low, plan.high)
    if not len(plan.outliers):
        return writer.product(tensor, held, linear)
    tame = linear.weight.copy()
    tame[plan.outliers] = 0
    wild = writer.node("Gather", [tensor, writer.constant(plan.outliers)], axis=2)
    apart = writer.node("MatMul", [wild, writer.constant(linear.weight[plan.outliers])])
    return writer.node("Add", [writer.product(tensor, held, Linear(tame, linear.bias)), apart])
