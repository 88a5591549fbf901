"""Centring takes the language out of the vectors and leaves the meaning in."""

import numpy as np

from ctse_core.structure import centre_languages
from tests.core.structure_fakes import meanings_in_languages, unit


def nearest_shares_meaning(vectors, meaning):
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    return (meaning[likeness.argmax(axis=1)] == meaning).mean()


def test_offsets_of_languages_disappear():
    vectors, meaning, language = meanings_in_languages(offset=1.5)
    centred = centre_languages(vectors, language)
    of = {name: np.flatnonzero(np.array(language) == name) for name in set(language)}
    far = [np.linalg.norm(vectors[rows].mean(axis=0)) for rows in of.values()]
    near = [np.linalg.norm(centred[rows].mean(axis=0)) for rows in of.values()]
    assert max(near) < 0.3 * min(far)
    english, hindi = of["en"], of["hi"]
    likeness = centred[english] @ centred[hindi].T
    assert (meaning[hindi][likeness.argmax(axis=1)] == meaning[english]).mean() == 1.0


def test_rows_stay_unit_rows_and_empty_posts_stay_zero():
    vectors, _, language = meanings_in_languages()
    vectors[3] = 0
    centred = centre_languages(vectors, language)
    length = np.linalg.norm(centred, axis=1)
    assert length[3] == 0
    assert np.allclose(np.delete(length, 3), 1, atol=1e-5)


def test_a_language_that_speaks_of_one_topic_only_stays_with_that_topic():
    vectors, meaning, language = meanings_in_languages(meanings=8, offset=0.6, seed=2)
    kept = (np.array(language) != "th") | (meaning == 3)  # all Thai posts tell of the one flood
    centred = centre_languages(vectors[kept], [name for name, keep in zip(language, kept, strict=True) if keep])
    thai = np.array(language)[kept] == "th"
    likeness = centred[thai] @ centred[~thai].T
    assert (meaning[kept][~thai][likeness.argmax(axis=1)] == 3).mean() > 0.95


def test_a_language_of_three_posts_keeps_its_meaning():
    vectors, meaning, language = meanings_in_languages(meanings=8, offset=0.6, seed=5)
    rare = np.array(language) == "th"
    few = np.flatnonzero(rare & np.isin(meaning, [0]))[:3]  # three posts, one topic: their mean is the topic
    kept = np.concatenate([np.flatnonzero(~rare), few])
    centred = centre_languages(vectors[kept], [language[row] for row in kept])
    likeness = centred[-3:] @ centred[:-3].T
    assert (meaning[kept][likeness.argmax(axis=1)] == 0).all()


def test_without_language_offsets_centring_takes_only_the_mean_of_all():
    random = np.random.default_rng(0)
    vectors = unit(random.normal(size=(400, 32)) + 2)
    language = np.where(np.arange(400) % 2, "en", "fr").tolist()
    centred = centre_languages(vectors, language)
    only_mean = unit(vectors - vectors.mean(axis=0))
    assert np.einsum("nd,nd->n", centred, only_mean).min() > 0.98


def test_posts_of_undetermined_language_lose_only_the_mean_of_all():
    vectors, _, language = meanings_in_languages()
    some = ["und" if name == "en" else name for name in language]
    english = np.array(language) == "en"
    expected = unit(vectors - vectors.mean(axis=0))
    assert np.allclose(centre_languages(vectors, some)[english], expected[english], atol=1e-4)


def test_one_post_and_equal_posts_come_back_as_they_are():
    one = np.array([[3.0, 4.0]], np.float32)
    assert np.allclose(centre_languages(one, ["en"]), [[0.6, 0.8]])
    same = np.tile(np.array([[0.6, 0.8]], np.float32), (4, 1))
    assert np.allclose(centre_languages(same, ["en"] * 4), same)
    assert centre_languages(np.empty((0, 5), np.float32), []).shape == (0, 5)


def test_the_vectors_given_are_not_changed():
    vectors, _, language = meanings_in_languages()
    before = vectors.copy()
    centre_languages(vectors, language)
    assert (vectors == before).all()
