"""Needs against places as a table to read and to click."""

from ui.need_matrix.component import Cell, draw_matrix

__all__ = ["Cell", "draw_matrix"]
