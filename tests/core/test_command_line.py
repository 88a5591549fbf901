"""What the commands say of the encoder, and that a search can be re-ranked."""

import json
import subprocess
import sys

import polars as pl
import pytest

from ctse_core import analysis as order
from ctse_core import append as appending
from ctse_core import question as asking
from ctse_core import second_look
from ctse_core.__main__ import main
from ctse_core.encoders import Card, Service, write_card
from ctse_core.home import encoders_home
from tests.fakes import WordEncoder


class Named(WordEncoder):
    """A fake that is told by its name; what is fast says so."""

    def __init__(self, name):
        super().__init__(dim=64, name=name)
        self.runtime = "static" if name in {"ctse-static", "swift"} else "onnx-int8"


@pytest.fixture
def posts(monkeypatch, tmp_path):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    for room in (order, appending, asking, second_look):
        monkeypatch.setattr(room, "load_encoder", lambda name, **_: Named(str(name)))
    path = tmp_path / "posts.csv"
    rows = [f"the {event} took house {number}" for number in range(20) for event in ("flood", "fire")]
    pl.DataFrame({"text": [*rows, "las inundaciones de anoche se llevaron la casa de mi madre"]}).write_csv(path)
    return path


def test_analyse_tells_which_encoder_it_took_why_and_whom_it_serves(posts, tmp_path, capsys):
    folder = encoders_home() / "swift"
    folder.mkdir(parents=True)
    write_card(folder, Card(service={"es": Service(0.55, 0.5, 0.6, "ntrex")}))
    assert main(["analyse", str(posts), "--out", str(tmp_path / "p"), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "Encoder: ctse-small, because 41 different posts" in told
    assert main(["analyse", str(posts), "--out", str(tmp_path / "p"), "--quiet", "--encoder", "swift"]) == 0
    told = capsys.readouterr().out
    assert "Encoder: swift." in told and "40 posts well, 1 poorly. Poorly: Spanish (1)." in told


def test_topics_come_from_communities_unless_dense_places_are_asked_for(posts, tmp_path, capsys):
    many = pl.DataFrame(
        {"text": [f"{word} report {number} here" for number in range(40) for word in ("flood", "fire")]}
    )
    many.write_csv(posts)
    analyse = ["analyse", str(posts), "--quiet", "--encoder", "swift", "--out", str(tmp_path / "p")]
    for more, way in (([], "communities"), (["--clusters", "hdbscan"], "hdbscan")):
        assert main([*analyse, *more]) == 0
        told = json.loads((tmp_path / "p" / "manifest.json").read_text())
        assert told["settings"]["structure"]["clusters"] == told["structure"]["clusters_way"] == way
    assert main([*analyse, "--fineness", "99"]) == 1
    assert "Fineness is 99" in capsys.readouterr().err


def test_a_search_is_re_ranked_where_the_fast_encoder_made_the_vectors_unless_refused(posts, tmp_path, capsys):
    main(["analyse", str(posts), "--out", str(tmp_path / "p"), "--quiet", "--encoder", "ctse-static"])
    search = ["search", str(tmp_path / "p"), "inundación", "-k", "3"]
    capsys.readouterr()
    assert main(search) == 0
    assert "Re-ranked by ctse-small." in capsys.readouterr().out
    assert main([*search, "--no-rerank"]) == 0
    assert "Re-ranked" not in capsys.readouterr().out
    assert main([*search, "--json"]) == 0
    shown = capsys.readouterr()
    assert "Re-ranked" in shown.err
    assert all(
        "flood" in json.loads(line)["text"] or "inund" in json.loads(line)["text"] for line in shown.out.splitlines()
    )


def test_a_search_in_the_closer_encoders_own_vectors_is_not_re_ranked(posts, tmp_path, capsys):
    main(["analyse", str(posts), "--out", str(tmp_path / "p"), "--quiet"])
    assert main(["search", str(tmp_path / "p"), "flood"]) == 0
    assert "Re-ranked" not in capsys.readouterr().out


def test_more_like_one_post_and_less_like_another_by_their_ids(posts, tmp_path, capsys):
    folder = str(tmp_path / "p")
    main(["analyse", str(posts), "--out", folder, "--quiet"])
    capsys.readouterr()
    assert main(["search", folder, "inundación", "-k", "3", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all({"by_meaning", "by_words", "shared_words", "nearest_part"} <= set(line) for line in lines)
    first = lines[0]["post_id"]
    assert main(["search", folder, "--like", first, "-k", "3", "--json"]) == 0
    liked = [json.loads(line)["post_id"] for line in capsys.readouterr().out.splitlines()]
    assert liked and first not in liked
    assert main(["search", folder, "inundación", "--unlike", liked[0], "-k", "40", "--json"]) == 0
    assert liked[0] not in [json.loads(line)["post_id"] for line in capsys.readouterr().out.splitlines()]
    assert main(["search", folder, "--unlike", first]) == 1
    assert "not enough" in capsys.readouterr().err
    assert main(["search", folder, "--like", "nobody"]) == 1
    assert "There is no post with the id" in capsys.readouterr().err


def test_saved_questions_are_asked_again_after_new_posts(posts, tmp_path, capsys):
    folder = str(tmp_path / "p")
    main(["analyse", str(posts), "--out", folder, "--quiet"])
    capsys.readouterr()
    assert main(["ask-saved", folder]) == 0
    assert "No question is saved" in capsys.readouterr().out
    assert main(["search", folder, "inundación", "--save", "high water"]) == 0
    assert main(["ask-saved", folder]) == 0
    assert "no post is new" in capsys.readouterr().out
    posts.write_text(
        posts.read_text(encoding="utf-8").rstrip("\n") + "\ninundación inundación ayer\n", encoding="utf-8"
    )
    main(["analyse", str(posts), "--out", folder, "--quiet"])
    capsys.readouterr()
    assert main(["ask-saved", folder, "--seen"]) == 0
    assert "1 new post matches “high water”." in capsys.readouterr().out
    assert main(["ask-saved", folder]) == 0
    assert "no post is new" in capsys.readouterr().out


def test_a_newer_file_tells_which_saved_questions_its_posts_match(posts, tmp_path, capsys):
    folder = str(tmp_path / "p")
    main(["analyse", str(posts), "--out", folder, "--quiet"])
    main(["search", folder, "inundación", "--save", "high water"])
    header = posts.read_text(encoding="utf-8").splitlines()[0]
    newer = tmp_path / "newer.csv"
    newer.write_text(f"{header}\ninundación inundación hoy\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["append", folder, str(newer), "--quiet"]) == 0
    assert "1 new post matches “high water”." in capsys.readouterr().out


def test_the_list_of_commands_is_there_at_once():
    code = "import sys; sys.argv = ['ctse', '--help']; from ctse_core.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: print(sorted({'numpy', 'polars'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "analyse" in done.stdout and "export-encoder" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"


def test_only_the_first_posts_are_analysed_where_that_is_asked_for(posts, tmp_path, capsys):
    asked = ["analyse", str(posts), "--quiet", "--encoder", "swift", "--out", str(tmp_path / "p")]
    assert main([*asked, "--first", "30"]) == 0
    told = capsys.readouterr()
    assert "30 rows: 30 posts" in told.out and "first 30 posts" in told.err
    assert main(asked) == 0
    assert "41 rows: 41 posts" in capsys.readouterr().out
    assert main([*asked, "--first", "-1"]) == 1
    assert "--first" in capsys.readouterr().err
