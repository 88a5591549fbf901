import numpy as np
import pytest

from ctse_core.errors import TrainError
from train import tokens_store
from train.text_store import TextStore
from train.tokens_store import TokenStore

TEXTS = ["flood", "", "東京", "house on fire"] * 5


def letters(texts):
    return [[ord(letter) for letter in text] for text in texts]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    monkeypatch.setattr(tokens_store, "SHARD", 6)
    return TextStore.of_texts(TEXTS, tmp_path)


def test_tokens_come_back_by_row(texts, tmp_path):
    store = TokenStore.build(texts, letters, tmp_path / "tokens", "letters")
    assert store.lengths.tolist() == [len(text) for text in TEXTS]
    assert store.tokens == sum(map(len, TEXTS))
    assert [ids.tolist() for ids in store.ids(np.array([19, 1, 2]))] == letters([TEXTS[19], "", "東京"])
    assert store.ids([0])[0].dtype == np.int32
    with pytest.raises(IndexError):
        store.ids([len(TEXTS)])


def test_finished_shards_survive_a_kill_and_equal_keys_are_not_tokenised_again(texts, tmp_path):
    asked = []

    def dying(some):
        asked.extend(some)
        if len(asked) > 12:
            raise KeyboardInterrupt
        return letters(some)

    with pytest.raises(KeyboardInterrupt):
        TokenStore.build(texts, dying, tmp_path / "tokens", "letters")
    asked.clear()

    def counted(some):
        asked.extend(some)
        return letters(some)

    store = TokenStore.build(texts, counted, tmp_path / "tokens", "letters")
    assert asked == TEXTS[12:]
    assert [ids.tolist() for ids in store.ids(range(20))] == letters(TEXTS)
    TokenStore.build(texts, counted, tmp_path / "tokens", "letters")
    assert asked == TEXTS[12:]


def test_another_key_or_other_texts_are_tokenised_anew(texts, tmp_path):
    TokenStore.build(texts, letters, tmp_path / "tokens", "letters")
    words = TokenStore.build(texts, lambda some: [[len(text)] for text in some], tmp_path / "tokens", "lengths")
    assert words.ids([3])[0].tolist() == [13]
    other = TextStore.of_texts(["new"] * 20, tmp_path / "other")
    assert TokenStore.build(other, letters, tmp_path / "tokens", "lengths").ids([3])[0].tolist() == letters(["new"])[0]


def test_a_folder_without_tokens_is_told(tmp_path):
    with pytest.raises(TrainError, match="holds no tokens"):
        TokenStore(tmp_path)


def test_a_folder_of_something_else_is_never_replaced(texts, tmp_path):
    with pytest.raises(TrainError, match="holds something else"):
        TokenStore.build(texts, letters, tmp_path, "letters")


def test_no_texts_make_an_empty_store(tmp_path):
    store = TokenStore.build(TextStore.of_texts([], tmp_path), letters, tmp_path / "tokens", "letters")
    assert len(store) == 0


def test_texts_come_back_by_number_by_range_and_from_the_end(texts):
    assert texts[2] == "東京"
    assert texts[-1] == "house on fire"
    assert texts.texts([3, 0, 1]) == ["house on fire", "flood", ""]
    assert texts.texts(range(1, 4)) == TEXTS[1:4]
    assert [text for _, some in texts.batches(7) for text in some] == TEXTS
    for rows in ([20], range(18, 21)):
        with pytest.raises(IndexError):
            texts.texts(rows)
