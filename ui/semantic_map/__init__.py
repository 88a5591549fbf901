"""The map of meaning: a million posts to move among, read, choose from and filter by."""

from ui.semantic_map.view import choose_colouring, show_map, show_posts_below, show_simple_map, wants_simple_map

__all__ = ["choose_colouring", "show_map", "show_posts_below", "show_simple_map", "wants_simple_map"]
