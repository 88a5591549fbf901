"""Topics as a list that one works in: find, sort, tick, rename, merge."""

from ui.topic_list.component import Act, show_topics

__all__ = ["Act", "show_topics"]
