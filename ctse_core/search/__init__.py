"""A question becomes posts: exact search by meaning, by words, both fused, with a calibrated confidence."""

from ctse_core.search.confidence import BANDS, Background, ConfidenceSettings, Unrelated
from ctse_core.search.embedded import EmbeddedIndex
from ctse_core.search.hybrid import FusedHits, FusionSettings, Judged, fuse, hybrid_search, rank_again
from ctse_core.search.index import Hits, VectorIndex, more_like_this
from ctse_core.search.interface import Condition, Found, Index, Where
from ctse_core.search.kept import index_of, index_parts
from ctse_core.search.lexical import LexicalHits, LexicalIndex, LexicalSettings
from ctse_core.search.quantised import Codes, quantise
from ctse_core.search.second import among, found_background
from ctse_core.search.shifted import Shifted
from ctse_core.search.unrelated import UNRELATED_QUESTIONS

__all__ = [
    "BANDS",
    "UNRELATED_QUESTIONS",
    "Background",
    "Codes",
    "Condition",
    "ConfidenceSettings",
    "EmbeddedIndex",
    "Found",
    "FusedHits",
    "FusionSettings",
    "Hits",
    "Index",
    "Judged",
    "LexicalHits",
    "LexicalIndex",
    "LexicalSettings",
    "Shifted",
    "Unrelated",
    "VectorIndex",
    "Where",
    "among",
    "found_background",
    "fuse",
    "hybrid_search",
    "index_of",
    "index_parts",
    "more_like_this",
    "quantise",
    "rank_again",
]
