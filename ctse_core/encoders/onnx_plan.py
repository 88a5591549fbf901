"""From a few texts run in float32: how each tensor of a model is best held in 8 bits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ctse_core.encoders.bert_weights import Array, BertWeights
from ctse_core.encoders.onnx_graph import NormPlan, Plan, RangePlan

SMOOTHING = 0.7  # share of a channel's range that its scale takes over; the weights take the rest
MARGIN = 1.15  # room for posts wilder than the texts the plan was made from
WILD = 3.0  # a channel that reaches this many times the median channel's height stays float32
MOST_WILD = 8

Ranges = Mapping[str, tuple[Array, Array]]
"""By tensor name: lowest (d,) and highest (d,) value of each channel."""


def widest(seen: Iterable[Mapping[str, Array]]) -> dict[str, tuple[Array, Array]]:
    """Return the range of each channel over batches of tensors (b, t, d)."""
    ranges: dict[str, tuple[Array, Array]] = {}
    for batch in seen:
        for name, tensor in batch.items():
            low, high = tensor.min(axis=(0, 1)), tensor.max(axis=(0, 1))
            if name in ranges:
                low, high = np.minimum(low, ranges[name][0]), np.maximum(high, ranges[name][1])
            ranges[name] = (low, high)
    return ranges


def make_plan(weights: BertWeights, ranges: Ranges) -> Plan:
    """Return the plan for a model from the ranges of its tensors."""
    norms, others = {}, {}
    gain = weights.norm.gain
    for number, layer in enumerate(weights.layers):
        attended = np.max([_reach(part.weight) for part in (layer.query, layer.key, layer.value)], axis=0)
        norms[f"{number}.attention"] = _norm_plan(ranges[f"{number}.attention"], np.abs(gain) * attended)
        reach = np.abs(layer.out_norm.gain) * _reach(layer.inner.weight)
        norms[f"{number}.inner"] = _norm_plan(ranges[f"{number}.inner"], reach)
        for name in (f"{number}.context", f"{number}.activated"):
            others[name] = _range_plan(ranges[name])
        gain = layer.outer_norm.gain
    return Plan(norms, others)


def _reach(weight: Array) -> Array:
    """Return the largest weight that each input channel meets, (in,)."""
    return np.abs(weight).max(axis=1)


def _norm_plan(seen: tuple[Array, Array], reach: Array) -> NormPlan:
    low, high = seen
    centre = ((low + high) / 2).astype(np.float32)
    half = np.maximum((high - low) / 2, 1e-3)
    scale = half**SMOOTHING / np.maximum(reach, 1e-6) ** (1 - SMOOTHING)
    scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
    return NormPlan(centre, scale, float((half / scale).max()) * MARGIN)


def _range_plan(seen: tuple[Array, Array]) -> RangePlan:
    low, high = seen
    height = np.maximum(np.abs(low), np.abs(high))
    wildest = np.argsort(-height)[:MOST_WILD]
    outliers = np.sort(wildest[height[wildest] > WILD * np.median(height)]).astype(np.int64)
    tame = np.delete(np.arange(len(height)), outliers)
    return RangePlan(float(low[tame].min()) * MARGIN, float(high[tame].max()) * MARGIN, outliers)
