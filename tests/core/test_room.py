"""Where memory surely does not do, whatever starts an analysis is refused, and a person may go on all the same."""

import pytest

from ctse_core import expected
from ctse_core.__main__ import main
from ctse_core.analysis import analyse, analyse_together, run_job
from ctse_core.append import append
from ctse_core.errors import RoomError
from ctse_core.project import Project
from tests.core.test_append import FIRE, FLOOD, LATER, encoder, project, said, write  # noqa: F401 - fixtures


@pytest.fixture
def newer(project, tmp_path, monkeypatch):  # noqa: F811
    """A newer file for the project, when other programs have taken the memory."""
    monkeypatch.setattr(expected, "free_memory", lambda: 200_000_000)
    return write(tmp_path / "newer.csv", said(FLOOD + FIRE, LATER), 5000)


def test_few_posts_are_refused_too_and_nothing_is_changed(project, newer, tmp_path, capsys):  # noqa: F811
    before = project.manifest()
    with pytest.raises(RoomError, match="more memory") as refused:
        append(newer, project)
    assert refused.value.room["posts"] == 180 and not refused.value.room["fit"]
    for start in (lambda: analyse_together(project), lambda: analyse(newer, Project(tmp_path / "q"))):
        with pytest.raises(RoomError):
            start()
    for command in (["analyse", str(newer), "--out", str(tmp_path / "q")], ["append", str(project.folder), str(newer)]):
        assert main([*command, "--quiet"]) == 1
        assert "(--anyway)" in capsys.readouterr().err
    assert project.manifest() == before


def test_who_says_so_goes_on_all_the_same_this_once(project, newer, capsys):  # noqa: F811
    assert main(["append", str(project.folder), str(newer), "--quiet", "--anew", "--anyway"]) == 0
    assert "All files together: 180 posts" in capsys.readouterr().out
    told = project.manifest()["settings"]
    assert told["anyway"] is False
    with pytest.raises(RoomError):
        run_job(project, lambda *_: None, **told)
