"""The headless core of CTSE: a file of posts in, search, map, clusters, topics and a report out."""

__version__ = "0.1.0"
