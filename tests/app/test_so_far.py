"""Before the analysis is done, the overview shows what reading found."""

import polars as pl

from ctse_core.project import projects_home
from ctse_core.project.folder import new_project
from ctse_core.types import Col
from ui.so_far import more_to_show


def test_nothing_is_shown_before_the_file_is_read_and_the_posts_after(home):
    project = new_project(projects_home(), "flood.csv")
    assert not more_to_show(project)
    place = project.products / "text"
    place.mkdir(parents=True)
    pl.DataFrame({Col.TEXT: ["water"], Col.LANG: ["en"]}).write_parquet(place / "table.parquet")
    assert more_to_show(project)


def test_figures_of_posts_that_are_only_read(tmp_path):
    from ctse_core.figures import languages_figure, volume_figure
    from ctse_core.posts import read_posts
    from ctse_core.products import text_product
    from ctse_core.types import no_progress

    file = tmp_path / "posts.csv"
    rows = [f"{at};Water is rising near the bridge {at};2031-03-02 1{at}:00" for at in range(9)]
    file.write_text("\n".join(["id;text;created_at", *rows]), encoding="utf-8")
    table = text_product(read_posts(file).table, no_progress)["table"]
    assert volume_figure(table).table["posts"].sum() == table.height
    assert languages_figure(table).table["posts"].sum() == table.height
