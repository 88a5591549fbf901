"""Column roles: guessed from the names of common exports and from content alone."""

import json

import polars as pl
import pytest

from ctse_core.posts import read_posts
from ctse_core.posts.columns import guess_roles
from ctse_core.types import Col


def text(at):
    return f"Water is rising near the bridge {at}, please send boats"


def iso(at):
    return f"2023-02-06T04:{at % 60:02d}:35.000Z"


def flake(at):
    return str(1622000000000000000 + at * 7919)


def user(at):
    return f"user{at % 9}"


def count(at):
    return str(at * 13 % 97)


def twitter_time(at):
    return f"Mon Feb 06 04:{at % 60:02d}:45 +0000 2023"


def lat(at):
    return f"{18 + at / 100:.4f}"


def lon(at):
    return f"{-72 - at / 100:.4f}"


def lang(at):
    return ["en", "es", "ht"][at % 3]


def about(at):
    return f"I love cats and dogs and the sea and very much more than that {at % 9}"


EXPORTS = {
    "Twitter API 2 as CSV": (
        {"id": flake, "conversation_id": flake, "author_id": count, "created_at": iso, "text": text, "lang": lang}
        | {"author.id": count, "author.created_at": iso, "author.username": user, "author.description": about}
        | {"author.location": "the moon", "geo.full_name": "Kesh", "public_metrics.like_count": count},
        {"text": "text", "time": "created_at", "id": "id", "author": "author.username", "lang": "lang"}
        | {"place": "geo.full_name"},
    ),
    "Twitter API 1 as JSON": (
        {"created_at": twitter_time, "id": flake, "id_str": flake, "full_text": text, "user.screen_name": user}
        | {"user.description": about, "user.created_at": twitter_time, "lang": lang, "retweeted_status.full_text": text}
        | {"coordinates.coordinates": lambda at: f"[{lon(at)}, {lat(at)}]"},
        {"text": "full_text", "time": "created_at", "id": "id_str", "author": "user.screen_name", "lang": "lang"}
        | {"lat": "coordinates.coordinates", "lon": "coordinates.coordinates"},
    ),
    "CrowdTangle": (
        {
            "Page Name": user,
            "User Name": user,
            "Page Category": "NGO",
            "Likes": count,
            "Message": text,
            "Link": "http://x.y",
        }
        | {"Post Created": lambda at: f"2023-02-06 04:{at:02d}:00 EST", "Type": "Photo"},
        {"text": "Message", "time": "Post Created", "author": "User Name"},
    ),
    "YouTube": (
        {
            "cid": lambda at: f"Ugx{at}",
            "authorDisplayName": user,
            "textOriginal": text,
            "publishedAt": iso,
            "likeCount": count,
        },
        {"text": "textOriginal", "time": "publishedAt", "id": "cid", "author": "authorDisplayName"},
    ),
    "Weibo": (
        {
            "微博id": flake,
            "用户昵称": user,
            "微博正文": lambda at: f"大桥附近的水位正在上涨请派船来{at}",
            "发布位置": "北京",
        }
        | {"发布时间": lambda at: f"2023-02-06 04:{at:02d}", "转发数": count},
        {"text": "微博正文", "time": "发布时间", "id": "微博id", "author": "用户昵称", "place": "发布位置"},
    ),
    "Reddit": (
        {"author": user, "body": text, "created_utc": lambda at: str(1675657055 + at), "id": lambda at: f"j7{at}"}
        | {"link_id": "t3_abc", "score": count, "subreddit": "Kesh"},
        {"text": "body", "time": "created_utc", "id": "id", "author": "author", "label": "subreddit"},
    ),
    "Mastodon": (
        {"id": flake, "created_at": iso, "language": lang, "url": "http://x.y", "content": text, "account.acct": user}
        | {"account.created_at": iso, "account.note": about},
        {"text": "content", "time": "created_at", "id": "id", "author": "account.acct", "lang": "language"},
    ),
    "Bluesky": (
        {"uri": lambda at: f"at://x/{at}", "author.handle": user, "record.text": text, "record.createdAt": iso},
        {"text": "record.text", "time": "record.createdAt", "id": "uri", "author": "author.handle"},
    ),
    "4CAT": (
        {"id": flake, "thread_id": flake, "timestamp": iso, "body": text, "author": user, "likes": count},
        {"text": "body", "time": "timestamp", "id": "id", "author": "author"},
    ),
    "Kobo": (
        {"start": iso, "end": iso, "Describe the damage you have seen": text, "_id": lambda at: str(20000 + at)}
        | {"_Where are you?_latitude": lat, "_Where are you?_longitude": lon, "_submission_time": iso},
        {"text": "Describe the damage you have seen", "time": "_submission_time", "id": "_id"}
        | {"lat": "_Where are you?_latitude", "lon": "_Where are you?_longitude"},
    ),
    "Spanish": (
        {"Fecha": lambda at: f"{at % 28 + 1:02d}/02/2023", "Usuario": user, "Mensaje": text, "Ubicación": "Kesh"}
        | {"Latitud": lat, "Longitud": lon, "Categoría": "agua"},
        {"text": "Mensaje", "time": "Fecha", "author": "Usuario", "lat": "Latitud", "lon": "Longitud"}
        | {"place": "Ubicación", "label": "Categoría"},
    ),
    "Arabic": (
        {"التاريخ": iso, "النص": lambda at: f"نحتاج إلى الماء والقوارب {at}", "المستخدم": user, "الموقع": "كيش"},
        {"text": "النص", "time": "التاريخ", "author": "المستخدم", "place": "الموقع"},
    ),
    "names that say nothing": (
        {"a": flake, "b": iso, "c": text, "d": lang, "e": count},
        {"text": "c", "time": "b", "id": "a", "lang": "d"},
    ),
    "numbers only": ({"a": count, "b": count}, {}),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_roles_are_guessed_for_the_exports_people_have(export):
    columns, roles = EXPORTS[export]
    frame = pl.DataFrame(
        {name: [make(at) if callable(make) else make for at in range(30)] for name, make in columns.items()}
    )
    assert guess_roles(frame).named() == roles


def test_names_alone_must_do_where_there_are_no_rows():
    frame = pl.DataFrame(schema={"tweet_id": pl.String, "createdAt": pl.String, "tweet": pl.String})
    assert guess_roles(frame).named() == {"text": "tweet", "time": "createdAt", "id": "tweet_id"}


def test_a_name_that_fits_does_not_beat_content_that_cannot_be_text():
    frame = pl.DataFrame({"comment": ["1", "2", "3"], "answer": ["water rises here", "send the boats", "go up"]})
    assert guess_roles(frame).text == "answer"


def read_json(folder, value, name="posts.json"):
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return read_posts(path)


def test_a_telegram_export_is_read_with_its_segments_joined(tmp_path):
    pieces = ["see ", {"type": "link", "text": "kesh.example"}, " now"]
    messages = [
        {"id": 1, "type": "message", "date": "2023-02-06T04:17:35", "from": "Ana", "text": pieces},
        {"id": 2, "type": "service", "date": "2023-02-06T04:18:35", "text": ""},
    ]
    posts = read_json(tmp_path, {"name": "channel", "id": 7, "messages": messages})
    assert posts.table[Col.TEXT].to_list() == ["see kesh.example now"] and posts.empty.height == 1
    assert posts.table[Col.AUTHOR].to_list() == ["Ana"] and posts.rows_in_file == 2


def test_the_list_of_posts_is_found_beside_other_lists(tmp_path):
    data = [{"id": "1622000000000000123", "text": "water rises here", "lang": "en"}]
    posts = read_json(tmp_path, {"data": data, "includes": {"users": [{"id": "1"}, {"id": "2"}]}, "meta": {}})
    assert posts.table[Col.POST_ID].to_list() == ["1622000000000000123"]


def test_an_archive_script_is_read_as_json(tmp_path):
    tweet = {"tweet": {"id_str": "1622000000000000123", "full_text": "water rises here"}}
    posts = read_json(tmp_path, f"window.YTD.tweets.part0 = {json.dumps([tweet])}", "tweets.js")
    assert posts.table[Col.TEXT].to_list() == ["water rises here"] and posts.roles.id == "id_str"


def test_geojson_features_become_posts_with_places(tmp_path):
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-72.33, 18.54]},
        "properties": {"text": "help is needed here", "time": "2023-01-01T00:00Z"},
    }
    posts = read_json(tmp_path, {"type": "FeatureCollection", "features": [feature]})
    assert (posts.table[Col.LAT][0], posts.table[Col.LON][0]) == (18.54, -72.33)


def test_numbers_in_json_keep_their_digits(tmp_path):
    posts = read_json(tmp_path, '{"id": 12345678901234567890, "text": "water rises", "score": 1.10}\n', "posts.jsonl")
    assert posts.table[Col.POST_ID][0] == "12345678901234567890" and posts.table["file:score"][0] == "1.10"


def test_objects_one_after_another_are_rows(tmp_path):
    objects = [json.dumps({"id": at, "text": f"water rises {at}"}, indent=1) for at in range(3)]
    assert read_json(tmp_path, "\n".join(objects)).table.height == 3
    assert read_json(tmp_path, '["water rises", "go up"]').table[Col.TEXT].to_list() == ["water rises", "go up"]
