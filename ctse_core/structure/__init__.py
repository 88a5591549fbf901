"""Vectors ─▶ neighbours, map, clusters, and the topics' names."""

from ctse_core.structure.arrange import Structure, arrange
from ctse_core.structure.clusters import Clusters, adopt_unsorted, find_clusters
from ctse_core.structure.communities import find_communities
from ctse_core.structure.confidence import TopicSpace, measured, with_confidence
from ctse_core.structure.languages import LanguageOffsets, centre_languages, language_offsets
from ctse_core.structure.neighbours import Neighbours, neighbour_graph
from ctse_core.structure.projection import project
from ctse_core.structure.sample import looked_at
from ctse_core.structure.settings import StructureSettings
from ctse_core.structure.stability import agreement
from ctse_core.structure.topics import TopicInput, TopicSettings, name_topics
from ctse_core.structure.typical import Members, next_place

__all__ = [
    "Clusters",
    "LanguageOffsets",
    "Members",
    "Neighbours",
    "Structure",
    "StructureSettings",
    "TopicInput",
    "TopicSettings",
    "TopicSpace",
    "adopt_unsorted",
    "agreement",
    "arrange",
    "centre_languages",
    "find_clusters",
    "find_communities",
    "language_offsets",
    "looked_at",
    "measured",
    "name_topics",
    "neighbour_graph",
    "next_place",
    "project",
    "with_confidence",
]
