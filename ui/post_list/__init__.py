"""Posts as cards: the original text in its own direction, who, when, which language, how many copies."""

from ui.post_list.component import SOURCES, Chosen, Offers, show_posts

__all__ = ["SOURCES", "Chosen", "Offers", "show_posts"]
