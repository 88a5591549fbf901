"""Report: what people take away, whole, with the method beside it."""

from ctse_core.words import t
from ui.frame import page
from ui.take_away import method, take_away

with page(t("Report")) as workspace:
    take_away(workspace)
    method(workspace)
