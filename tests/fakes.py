"""Encoders for tests whose answers can be checked by eye, and a tiny real one.

``WordEncoder`` puts every word on an axis of its own and knows a few translations, so that the
nearest post to a question is obvious. ``tiny_encoder`` is a real ``SentenceEncoder`` with random
weights (2 layers, 32 wide, one token a byte), small enough to be built in a test.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctse_core.types import Vectors

if TYPE_CHECKING:
    from ctse_core.encoders import SentenceEncoder

CONCEPTS: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        "flood floods flooding inundación inundaciones inondation فيضان 洪水 наводнение बाढ़ น้ำท่วม ጎርፍ sel",
        "earthquake quake terremoto séisme زلزال 地震 землетрясение भूकंप แผ่นดินไหว deprem",
        "fire wildfire incendio incendie حريق 火災 火灾 пожар आग ไฟไหม้ yangın",
        "water agua eau ماء مياه 水 вода पानी น้ำ su",
        "food comida alimentos nourriture طعام 食料 食物 еда भोजन खाना อาหาร yemek",
        "help ayuda aide مساعدة 助けて 救助 помощь मदद ช่วยด้วย yardım",
        "road roads carretera route طريق 道路 дорога सड़क ถนน yol",
        "bridge puente pont جسر 橋 桥 мост पुल สะพาน köprü",
        "hospital hôpital مستشفى 病院 医院 больница अस्पताल โรงพยาบาล hastane",
        "storm hurricane tormenta huracán tempête عاصفة 嵐 暴风雨 шторм तूफान พายุ fırtına",
        "electricity power luz electricidad électricité كهرباء 電気 停电 свет बिजली ไฟฟ้า elektrik",
        "missing desaparecido desaparecidos disparu مفقود 行方不明 失踪 пропал लापता สูญหาย kayıp",
    )
)
"""Words with one meaning share an axis: axis i belongs to ``CONCEPTS[i]``."""

_UNSPACED = {word: axis for axis, words in enumerate(CONCEPTS) for word in words if word[0] >= "\u0e00"}
_SPACED = {word: axis for axis, words in enumerate(CONCEPTS) for word in words}
_PUNCTUATION = ".,;:!?\"'()[]{}<>#@…،؛؟。、！？「」।“”’‘-/"


class WordEncoder:
    """An ``Encoder`` that adds up one axis a word; translations of a concept share their axis."""

    def __init__(self, dim: int = 256, name: str = "word-encoder") -> None:
        self.name = name
        self.dim = dim
        self.fingerprint = hashlib.sha256(f"{name} {dim}".encode()).hexdigest()
        self.space = self.fingerprint
        self.encoded: list[str] = []  # every text ever asked for, in order: shows what was reused

    def axes(self, text: str) -> list[int]:
        """Return the axis of each word of ``text``, in [0, dim)."""
        axes = []
        for word in text.casefold().split():
            bare = word.strip(_PUNCTUATION)
            known = [_SPACED[bare]] if bare in _SPACED else _inside(bare)
            axes.extend(known or ([self._own_axis(bare)] if bare else []))
        return axes or [self.dim - 1]

    def encode(self, texts: list[str]) -> Vectors:
        """Return unit rows (n, dim); a text without words lies on the last axis."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            np.add.at(vectors[row], self.axes(text), 1.0)
        self.encoded.extend(texts)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def _own_axis(self, word: str) -> int:
        free = self.dim - 1 - len(CONCEPTS)
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return len(CONCEPTS) + int.from_bytes(digest, "big") % free


def _inside(run: str) -> list[int]:
    """Return the axes of the concepts written inside ``run`` without spaces, longest word first."""
    axes = []
    for word in sorted(_UNSPACED, key=len, reverse=True):
        if word in run:
            axes.append(_UNSPACED[word])
            run = run.replace(word, " ")
    return axes


def write_tiny_folder(folder: Path, seed: int = 0, prefix: str = "", max_tokens: int = 128) -> Path:
    """Write a sentence-transformers folder with a random BERT: 2 layers, 32 wide, a token a byte."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytewise = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, [], unk_token="<unk>"))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    bytewise.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=512,
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=1,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        weights = BertModel(config, add_pooling_layer=False).state_dict()
    config.save_pretrained(folder)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _write_sentence_modules(folder, prefix, max_tokens)
    return folder


def tiny_encoder(folder: Path, seed: int = 0, prefix: str = "", max_tokens: int = 128) -> SentenceEncoder:
    """Write a tiny encoder folder and load it with the torch runtime: the real class, random weights."""
    from ctse_core.encoders import load_encoder

    write_tiny_folder(folder, seed, prefix, max_tokens)
    return load_encoder(str(folder), device="cpu", runtime="torch")


def _write_sentence_modules(folder: Path, prefix: str, max_tokens: int) -> None:
    def write(path: Path, value: object) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")

    kind = "sentence_transformers.models."
    write(
        folder / "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": f"{kind}Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{kind}Pooling"},
        ],
    )
    write(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True},
    )
    write(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    if prefix:
        write(
            folder / "config_sentence_transformers.json",
            {"prompts": {"query": prefix, "document": prefix}, "default_prompt_name": "query"},
        )
