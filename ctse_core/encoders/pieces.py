"""A tokenizer with fewer pieces, told in the terms of its ``tokenizer.json``: Unigram, WordPiece or BPE."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import EncoderError


def pruned_tokenizer(tokenizer: Any, keep: Collection[int], characters: bool = True) -> tuple[Any, NDArray[np.int64]]:
    """Return a Rust tokenizer that knows only some of the pieces, and their old ids (m,), row i for new id i.

    A text that the old one cuts into kept pieces is cut into the same. Special tokens stay, and so do the
    pieces that keep others from becoming unknown: single bytes, and with ``characters`` single characters. Of
    a BPE vocabulary the pieces that kept ones are merged from stay too.

    Raises:
        EncoderError: the tokenizer is of another kind, or an id is not in its vocabulary.
    """
    from tokenizers import Tokenizer

    tokenizer.no_padding()
    tokenizer.no_truncation()
    told = json.loads(tokenizer.to_str())
    pieces = _pieces(told)
    strange = [each for each in keep if each not in pieces]
    if strange:
        raise EncoderError(f"The tokenizer has no piece {strange[0]}; its vocabulary has {len(pieces):,} pieces.")
    kept = set(keep) | _always(told, pieces, characters)
    if told["model"]["type"] == "BPE":
        kept = _merged_from(told["model"], pieces, kept)
    old = np.array(sorted(kept), dtype=np.int64)
    new = {int(old_id): new_id for new_id, old_id in enumerate(old)}
    told["model"] = _with_fewer(told["model"], pieces, new)
    for added in told["added_tokens"]:
        added["id"] = new[added["id"]]
    told["post_processor"] = _renumbered(told["post_processor"], new)
    return Tokenizer.from_str(json.dumps(told, ensure_ascii=False)), old


def _pieces(told: Mapping[str, Any]) -> dict[int, str]:
    """Return every piece by its id, added ones too."""
    model = told["model"]
    if model["type"] == "Unigram":
        pieces = {place: piece for place, (piece, _) in enumerate(model["vocab"])}
    elif model["type"] in {"WordPiece", "BPE"}:
        pieces = {number: piece for piece, number in model["vocab"].items()}
    else:
        raise EncoderError(f"A vocabulary of the kind {model['type']} cannot be pruned; Unigram, WordPiece, BPE can.")
    return pieces | {added["id"]: added["content"] for added in told["added_tokens"]}


def _always(told: Mapping[str, Any], pieces: Mapping[int, str], characters: bool) -> set[int]:
    model = told["model"]
    always = {added["id"] for added in told["added_tokens"]}
    unknown = model.get("unk_token") or pieces.get(model.get("unk_id"))
    begin = {"Unigram": "▁", "WordPiece": model.get("continuing_subword_prefix") or "##", "BPE": "Ġ"}[model["type"]]
    for number, piece in pieces.items():
        single = len(piece.removeprefix(begin)) <= 1
        is_byte = len(piece) == 6 and piece.startswith("<0x")
        # The pieces of a bytewise BPE are single bytes: without them a text could not be told at all.
        if piece == unknown or is_byte or (single and (characters or model["type"] == "BPE")):
            always.add(number)
    return always


def _merged_from(model: Mapping[str, Any], pieces: Mapping[int, str], kept: set[int]) -> set[int]:
    numbers = model["vocab"]
    parts: dict[str, list[str]] = {}
    for left, right in _merges(model):
        parts.setdefault(left + right, []).extend((left, right))
    todo, closed = [pieces[number] for number in kept], set(kept)
    while todo:
        for part in parts.get(todo.pop(), []):
            if numbers[part] not in closed:
                closed.add(numbers[part])
                todo.append(part)
    return closed


def _merges(model: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = [each.split(" ") if isinstance(each, str) else each for each in model["merges"]]
    return [(left, right) for left, right in pairs]


def _with_fewer(model: Mapping[str, Any], pieces: Mapping[int, str], new: Mapping[int, int]) -> dict[str, Any]:
    if model["type"] == "Unigram":
        # Added tokens may stand behind the model's own vocabulary, as <mask> does in some XLM-R folders.
        scored = [model["vocab"][number] for number in new if number < len(model["vocab"])]
        unknown = model["unk_id"]
        return {**model, "vocab": scored, "unk_id": None if unknown is None else new[unknown]}
    vocab = {pieces[number]: place for number, place in new.items() if pieces[number] in model["vocab"]}
    fewer = {**model, "vocab": vocab}
    if model["type"] == "BPE":
        pairs = [pair for pair in _merges(model) if {*pair, "".join(pair)} <= vocab.keys()]
        fewer["merges"] = pairs
    return fewer


def _renumbered(processor: Any, new: Mapping[int, int]) -> Any:
    """Return a post-processor that puts the same special tokens under their new ids."""
    if processor is None:
        return None
    kind = processor["type"]
    if kind == "Sequence":
        return {**processor, "processors": [_renumbered(each, new) for each in processor["processors"]]}
    if kind == "TemplateProcessing":
        special = {
            name: {**each, "ids": [new[number] for number in each["ids"]]}
            for name, each in processor["special_tokens"].items()
        }
        return {**processor, "special_tokens": special}
    if kind in {"BertProcessing", "RobertaProcessing"}:
        return {**processor, **{mark: [processor[mark][0], new[processor[mark][1]]] for mark in ("sep", "cls")}}
    return processor
