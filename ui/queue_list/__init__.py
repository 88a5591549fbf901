"""The reading queue as cards to work through by keyboard: read, seen, assigned, done, next."""

from ui.queue_list.component import Told, show_queue

__all__ = ["Told", "show_queue"]
