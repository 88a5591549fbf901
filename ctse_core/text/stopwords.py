"""The words of a language that say nothing about a post's subject."""

from __future__ import annotations

from functools import cache

from ctse_core.text.folding import folded
from ctse_core.text.stopword_lists import CHAFF, ENGLISH_CORE, KEPT, LISTS

# Languages whose list stands under another code.
_LISTED_AS = {"nb": "no", "nn": "no", "bs": "hr", "ckb": "ckb", "fil": "tl"}


@cache
def stopwords(lang: str | None) -> frozenset[str]:
    """Return the words to leave out of posts in ``lang``, folded as ``tokens`` folds them.

    Every list holds the chaff of social media and the core of English, which stand in posts of all
    languages. None and unknown codes ("und") give the whole English list.
    """
    import stopwordsiso

    code = lang if lang and (lang in LISTS or stopwordsiso.has_lang(_LISTED_AS.get(lang, lang))) else "en"
    words = set(CHAFF.split()) | set(ENGLISH_CORE.split()) | set(LISTS.get(code, "").split())
    listed = _LISTED_AS.get(code, code)
    if stopwordsiso.has_lang(listed):
        words |= stopwordsiso.stopwords(listed)
    kept = {folded(word, code) for word in KEPT.split()}
    return frozenset(part for word in words for part in folded(word, code).split()) - kept
