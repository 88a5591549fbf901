"""The map of places: land, merged marks, names; a click chooses places."""

from ui.where_map.component import Picked, draw_places

__all__ = ["Picked", "draw_places"]
