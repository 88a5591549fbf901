"""A first look at a file: what its first rows say of all of it, before anything is analysed."""

from ctse_core.encoders import AUTO
from ctse_core.first_look import expected_seconds, first_look, likely_encoder
from ctse_core.posts import preview
from tests.fakes import WordEncoder

WATER = "There is no drinking water in the old town and the bridge is closed since the morning"
AGUA = "No hay agua potable en el casco antiguo y el puente está cerrado desde la mañana"


def look_at(folder, rows):
    file = folder / "posts.csv"
    file.write_text("\n".join(["id;text;created_at", *rows]), encoding="utf-8")
    seen = preview(file)
    return first_look(file, seen.roles, seen.rows_estimate)


def test_languages_times_and_empty_rows_of_the_first_posts_are_told(tmp_path):
    rows = [f"{at};{AGUA if at % 3 == 0 else WATER} {at};2031-03-02 10:{at % 60:02d}" for at in range(400)]
    rows[5] = "5; ;2031-03-02 10:05"
    look = look_at(tmp_path, rows)
    assert list(look.languages)[:2] == ["en", "es"]
    assert (look.posts.table.height, look.posts.empty.height) == (199, 1)
    assert look.expected_posts == round(400 * 199 / 200)


def test_twice_the_posts_take_about_twice_as_long(tmp_path):
    rows = [f"{at};{WATER} {at};2031-03-02 10:00" for at in range(300)]
    short = look_at(tmp_path, rows)
    long = look_at(tmp_path, rows * 40)
    encoder = WordEncoder()
    assert expected_seconds(long, encoder) > 2 * expected_seconds(short, encoder)


def test_a_named_encoder_is_kept_and_automatic_chooses_one(tmp_path):
    look = look_at(tmp_path, [f"{at};{WATER} {at};2031-03-02 10:00" for at in range(30)])
    assert likely_encoder("my-own", look) == "my-own"
    assert likely_encoder(AUTO, look) == "ctse-small"
