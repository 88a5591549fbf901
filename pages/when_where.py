"""When and where: what is needed, at which places, since when; a click on any of it filters to its posts."""

from ctse_core.words import t
from ui.frame import page
from ui.overview_figures import filtered_posts
from ui.when import when
from ui.where import choose_look, need_view, place_view

with page(t("When and where")) as workspace:
    looked = choose_look(workspace)
    place_view(workspace, looked)
    need_view(workspace, looked)
    when(workspace, looked.ages)
    filtered_posts(workspace)
