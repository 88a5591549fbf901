"""Smaller encoders out of larger ones: fewer token vectors, layers, inner units."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from typing import Any

from ctse_core.encoders.pieces import pruned_tokenizer
from ctse_core.encoders.transformer import SentenceEncoder
from ctse_core.errors import EncoderError

_MARKS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def prune_vocabulary(encoder: SentenceEncoder, keep: Collection[int], characters: bool = True) -> SentenceEncoder:
    """Return a new encoder that knows only the tokens ``keep`` and those that no text can do without.

    Texts made of kept tokens have equal vectors. Special tokens stay, and so do single bytes and, with
    ``characters``, single characters, so that nothing becomes unknown that was not. Nothing is shared with
    the encoder it is made from.

    Raises:
        EncoderError: its tokenizer has no Rust form or is of a kind that cannot be pruned, or an id is unknown.
    """
    import torch

    if not encoder.tokens.is_fast:
        raise EncoderError(f"The tokenizer of {encoder.name} has no fast form, so its vocabulary cannot be pruned.")
    tokenizer, old = pruned_tokenizer(encoder.tokens.backend, keep, characters)
    table = encoder.model.get_input_embeddings()
    weight = torch.nn.Parameter(table.weight.detach()[torch.from_numpy(old).to(table.weight.device)].clone())
    model = copy.deepcopy(encoder.model, {id(table.weight): weight})
    model.get_input_embeddings().num_embeddings = len(old)
    model.config.vocab_size = len(old)
    wrapped = _of_transformers(tokenizer, encoder.tokenizer)
    _renumber_marks(model, wrapped, encoder.name)
    return SentenceEncoder(encoder.name, model, wrapped, encoder.use, copy.deepcopy(encoder.head))


def keep_layers(encoder: SentenceEncoder, layers: Sequence[int]) -> SentenceEncoder:
    """Return a new encoder with only these of its transformer layers, counted from 0, in this order.

    Nothing is shared with the encoder it is made from.

    Raises:
        EncoderError: there is no such layer, or none is kept, or the model does not hold its layers in a list.
    """
    import torch

    stack = getattr(getattr(encoder.model, "encoder", None), "layer", None)
    if stack is None:
        raise EncoderError(f"{encoder.name} is of another make than BERT, RoBERTa and XLM-R: its layers cannot be cut.")
    strange = [layer for layer in layers if not 0 <= layer < len(stack)]
    if strange or not layers:
        raise EncoderError(f"{encoder.name} has the layers 0 to {len(stack) - 1}; keep some of those, not {strange}.")
    fewer = torch.nn.ModuleList([copy.deepcopy(stack[layer]) for layer in layers])
    model = copy.deepcopy(encoder.model, {id(stack): fewer})
    model.config.num_hidden_layers = len(fewer)
    return SentenceEncoder(
        encoder.name, model, copy.deepcopy(encoder.tokenizer), encoder.use, copy.deepcopy(encoder.head)
    )


def keep_units(encoder: SentenceEncoder, units: int, texts: Sequence[str]) -> SentenceEncoder:
    """Return a new encoder with only ``units`` of the inner units of each layer's feed-forward part.

    Kept are those that move the layer's output most: the mean size of a unit's activation over the tokens of
    ``texts`` times the length of its outgoing weights (Muralidharan et al. 2024 rank by activations alike). Nothing
    is shared with the encoder it is made from.

    Raises:
        EncoderError: it has no so many units, or no texts are given, or the model is of another make than BERT.
    """
    stack = getattr(getattr(encoder.model, "encoder", None), "layer", None)
    if stack is None:
        raise EncoderError(f"{encoder.name} is of another make than BERT, RoBERTa and XLM-R: its units cannot be cut.")
    there = stack[0].intermediate.dense.out_features
    if not 0 < units <= there or not texts:
        raise EncoderError(f"{encoder.name} has {there:,} inner units a layer; keep 1 to {there:,}, judged by texts.")
    weights = _unit_weights(encoder, texts)
    model = copy.deepcopy(encoder.model)
    for layer, weight in zip(model.encoder.layer, weights, strict=True):
        kept = weight.topk(units).indices.sort().values
        _cut(layer.intermediate.dense, kept, 0)
        _cut(layer.output.dense, kept, 1)
    model.config.intermediate_size = units
    return SentenceEncoder(
        encoder.name, model, copy.deepcopy(encoder.tokenizer), encoder.use, copy.deepcopy(encoder.head)
    )


def _unit_weights(encoder: SentenceEncoder, texts: Sequence[str]) -> list[Any]:
    """Return for each layer how much each inner unit (units,) moves the layer's output, over all tokens of texts."""
    layers = encoder.model.encoder.layer
    sums: list[Any] = [0.0] * len(layers)

    def counting(place: int) -> Any:
        def count(_module: Any, _inputs: Any, output: Any) -> None:
            sums[place] = sums[place] + output.detach().abs().sum(dim=(0, 1))

        return count

    hooks = [layer.intermediate.register_forward_hook(counting(place)) for place, layer in enumerate(layers)]
    try:
        encoder.encode(list(texts))
    finally:
        for hook in hooks:
            hook.remove()
    return [total * layer.output.dense.weight.detach().norm(dim=0) for total, layer in zip(sums, layers, strict=True)]


def _cut(dense: Any, kept: Any, side: int) -> None:
    """Keep only some outputs (side 0) or inputs (side 1) of a linear layer."""
    import torch

    dense.weight = torch.nn.Parameter(dense.weight.detach().index_select(side, kept).clone())
    if side == 0:
        dense.bias = torch.nn.Parameter(dense.bias.detach()[kept].clone())
        dense.out_features = len(kept)
    else:
        dense.in_features = len(kept)


def _of_transformers(tokenizer: Any, like: Any) -> Any:
    """Return a Rust tokenizer in transformers' wrapping, with the special tokens of another."""
    from transformers import PreTrainedTokenizerFast

    marks = {mark: str(getattr(like, mark)) for mark in _MARKS if getattr(like, mark, None)}
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=like.model_max_length, clean_up_tokenization_spaces=False, **marks
    )
    wrapped.model_input_names = list(like.model_input_names)
    return wrapped


def _renumber_marks(model: Any, tokenizer: Any, name: str) -> None:
    """Give the model's settings the new ids of its special tokens."""
    config = model.config
    for mark in ("bos", "eos", "pad"):
        old, new = getattr(config, f"{mark}_token_id", None), getattr(tokenizer, f"{mark}_token_id", None)
        if old is None or new is None:
            continue
        # RoBERTa and its kin count positions from the padding's id on, so that one must stay.
        if mark == "pad" and old != new and getattr(config, "model_type", "") != "bert":
            raise EncoderError(f"The padding of {name} would move from id {old} to {new}; keep all special tokens.")
        setattr(config, f"{mark}_token_id", new)
    table = model.get_input_embeddings()
    if table.padding_idx is not None and tokenizer.pad_token_id is not None:
        table.padding_idx = int(tokenizer.pad_token_id)
