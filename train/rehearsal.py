"""Encoders of true size with random weights: the paper's recipes can be tried without fetching anything.

They measure speed and memory, and show that a run goes through; what they say of a text is chance.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctse_core.encoders.layout import EncoderUse
from ctse_core.errors import TrainError

MOST_TEXTS = 200_000
"""A tokenizer learns from so many texts at most: enough for pieces of true length."""


@dataclass(frozen=True)
class Architecture:
    """The size of a published encoder.

    Attributes:
        family: the model's kind, as transformers calls it.
        pieces: of its vocabulary.
        vocabulary: how many there are.
        width, layers, heads, inner: of the transformer.
        positions: rows of the position table.
    """

    family: str
    pieces: str
    vocabulary: int
    width: int = 768
    layers: int = 12
    heads: int = 12
    inner: int = 3072
    positions: int = 514


ARCHITECTURES = {
    "xlm-roberta-base": Architecture("xlm-roberta", "xlm-roberta", 250_002),
    "bert-base-multilingual-cased": Architecture("bert", "wordpiece", 119_547, positions=512),
    "CT-M1-Complete-SE": Architecture("roberta", "bpe", 64_001),
}
"""Students and teacher of Lamsal et al. 2024. The vocabulary "xlm-roberta" is that of multilingual-e5-small."""

_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def rehearsal_encoder(name: str, folder: Path, texts: Iterable[str] = (), seed: int = 0) -> Path:
    """Write a folder with the true architecture of a published encoder, random weights, and a tokenizer.

    XLM-R's own vocabulary is at hand in multilingual-e5-small; that of the others is learnt from ``texts`` (the
    first 200,000) and filled up to its true size. Give it the pairs' own texts: a tokenizer that has seen little
    cuts texts into more pieces than the true one would, and every speed comes out too low.

    Raises:
        TrainError: no such architecture is known, or there are no texts to learn a vocabulary from.
        EncoderError: the folder cannot be written or holds something else, or multilingual-e5-small is not here.
    """
    if name not in ARCHITECTURES:
        raise TrainError(f"The architecture of {name!r} is not known; choose one of {', '.join(ARCHITECTURES)}.")
    return write_rehearsal(ARCHITECTURES[name], folder, texts, seed)


def write_rehearsal(architecture: Architecture, folder: Path, texts: Iterable[str] = (), seed: int = 0) -> Path:
    """Write a folder of that architecture with random weights that follow from ``seed``.

    Raises:
        TrainError: there are no texts to learn a vocabulary from.
        EncoderError: the folder cannot be written or holds something else, or multilingual-e5-small is not here.
    """
    import torch
    from transformers import AutoModel

    from ctse_core.encoders import SentenceEncoder

    tokenizer = _tokenizer(architecture, texts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModel.from_config(model_config(architecture), add_pooling_layer=False)
    encoder = SentenceEncoder(folder.name, model.eval(), tokenizer, EncoderUse())
    return encoder.save(folder)


def model_config(architecture: Architecture) -> Any:
    """Return transformers' settings of the architecture."""
    from transformers import AutoConfig

    bert = architecture.family == "bert"
    return AutoConfig.for_model(
        architecture.family,
        vocab_size=architecture.vocabulary,
        hidden_size=architecture.width,
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.heads,
        intermediate_size=architecture.inner,
        max_position_embeddings=architecture.positions,
        type_vocab_size=2 if bert else 1,
        layer_norm_eps=1e-12 if bert else 1e-5,
        pad_token_id=0 if bert else 1,
        bos_token_id=None if bert else 0,
        eos_token_id=None if bert else 2,
    )


def _tokenizer(architecture: Architecture, texts: Iterable[str]) -> Any:
    if architecture.pieces == "xlm-roberta":
        from ctse_core.encoders import ENCODERS
        from ctse_core.encoders.sources import encoder_folder
        from ctse_core.encoders.transformer import load_tokenizer

        return load_tokenizer(encoder_folder(ENCODERS["multilingual-e5-small-q4"]))
    from transformers import PreTrainedTokenizerFast

    seen = list(itertools.islice(texts, MOST_TEXTS))
    if not seen:
        raise TrainError("A vocabulary is learnt from texts, and none were given; give those of the pairs.")
    learn = _wordpiece if architecture.pieces == "wordpiece" else _bpe
    marks = _BERT if architecture.pieces == "wordpiece" else _ROBERTA
    named = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), _BERT, strict=True))
    if marks is _ROBERTA:
        begin, pad, end, unknown, mask = _ROBERTA
        named = {"bos_token": begin, "cls_token": begin, "eos_token": end, "sep_token": end}
        named |= {"pad_token": pad, "unk_token": unknown, "mask_token": mask}
    whole = filled_up(learn(seen, architecture.vocabulary), architecture.vocabulary)
    return PreTrainedTokenizerFast(tokenizer_object=whole, model_max_length=architecture.positions - 2, **named)


def _wordpiece(texts: list[str], size: int) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=list(_BERT), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def _bpe(texts: list[str], size: int) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(_ROBERTA),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def filled_up(tokenizer: Any, size: int) -> Any:
    """Return the tokenizer with "[unused1]", "[unused2]" … behind its pieces, ``size`` in all."""
    from tokenizers import Tokenizer

    told = json.loads(tokenizer.to_str())
    vocab = told["model"]["vocab"]
    for number in range(len(vocab), size):
        vocab[f"[unused{number}]"] = number
    return Tokenizer.from_str(json.dumps(told, ensure_ascii=False))
