"""Exports that people bring are recognised by their columns, and their columns get the right roles."""

import json

import polars as pl
import pytest

from ctse_core.errors import InputFileError
from ctse_core.posts import preview, read_posts, sample_posts
from ctse_core.posts.columns import guess_roles
from ctse_core.posts.presets import PRESETS, preset_roles, recognised
from ctse_core.posts.role_names import plain_name
from ctse_core.types import Col

TEXT = "Water is rising near the old bridge and we need boats"
HEADERS = {
    "posts of the X API, version 2": "id,text,author_id,edit_history_tweet_ids,created_at,lang",
    "posts of the X API, version 1.1": "created_at,id_str,full_text,user.screen_name,lang",
    "an X archive (tweets.js)": "full_text,id_str,created_at,display_text_range,favorited,lang",
    "a list saved by twitter-web-exporter": "id,created_at,full_text,media,screen_name,name,user_id,favorite_count",
    "a Vicinitas export of X": "Tweet Id,Text,Name,Screen Name,UTC,Created At,Favorites,Language,Tweet Type",
    "an export of snscrape": "url,date,content,id,user,replyCount,retweetCount,likeCount,lang",
    "the analytics of an X account": "Post id,Date,Post text,Post Link,Impressions,Likes",
    "a CrowdTangle export of Facebook": "Page Name,User Name,Facebook Id,Post Created,Type,URL,Message,Link",
    "a CrowdTangle export of Instagram": "Account,User Name,Followers at Posting,Post Created,Type,URL,Description",
    "an export of the Meta Content Library": "id,text,creation_time,lang,mcl_url,post_owner.name,statistics.views",
    "a Telegram export (result.json)": "id,type,date,date_unixtime,from,from_id,text,text_entities",
    "messages of Telegram saved by Telethon": "id,date,message,peer_id.channel_id,views",
    "comments of the YouTube API": "id,snippet.topLevelComment.snippet.textDisplay,"
    "snippet.topLevelComment.snippet.publishedAt,snippet.topLevelComment.snippet.authorDisplayName",
    "comments of YouTube Data Tools": "id,replyCount,likeCount,publishedAt,authorName,text,isReply",
    "comments of youtube-comment-downloader": "cid,text,time,author,channel,votes,time_parsed",
    "one's own YouTube comments (Takeout)": "Comment ID,Channel ID,Comment Create Timestamp,Video ID,Comment Text",
    "an Ushahidi export": "Post ID,Survey,Post Status,Created (UTC),Post Date (UTC),Title,Description,"
    "Location.lat,Location.lon,Categories",
    "an Ushahidi export of the second version": "#,INCIDENT TITLE,INCIDENT DATE,LOCATION,DESCRIPTION,CATEGORY,"
    "LATITUDE,LONGITUDE,APPROVED,VERIFIED",
    "Kaggle's disaster tweets": "id,keyword,location,text,target",
    "labelled tweets of CrisisNLP": "unit_id,golden,choose_one_category,choose_one_category:x,tweet_id,tweet_text",
    "labelled tweets of CrisisMMD": "tweet_id,image_id,text_info,text_info_conf,text_human,tweet_text",
    "labelled tweets of HumAID": "tweet_id,tweet_text,class_label",
    "labelled tweets of CrisisLex": "Tweet ID, Tweet Text, Information Source, Information Type, Informativeness",
    "Appen's disaster response messages": "id,split,message,original,genre,related,request",
    "judgements exported from Appen": "_unit_id,_golden,choose_one,choose_one:confidence,location,text,tweetid",
    "a 4CAT data set": "id,thread_id,timestamp,unix_timestamp,body,author,author_fullname",
    "posts of Mastodon": "id,created_at,content,account.acct,language",
}  # fmt: skip
TIMELESS = {"Kaggle's disaster tweets", "judgements exported from Appen", "Appen's disaster response messages"}
AT = {"time": "2031-03-02T10:00:00Z", "date_unixtime": "1930000000", "time_parsed": "1930000000"}


def cell(column, row):
    name = plain_name(column)
    if name in AT:
        return AT[name]
    if any(part in name for part in ("date", "created", "published", "utc", "timestamp")):
        return f"2031-03-02T10:0{row}:00Z"
    if name in {"text", "message", "body", "content", "description", "incident_title", "title"} or "text" in name:
        return f"{TEXT} {row}"
    if name in {"lat", "latitude", "location_lat"}:
        return "18.5"
    if name in {"lon", "longitude", "location_lon"}:
        return "-72.3"
    return f"{name[:6]}{row}"


@pytest.mark.parametrize("title", HEADERS)
def test_an_export_is_recognised_and_its_columns_have_their_roles(title):
    columns = [name.strip() for name in HEADERS[title].split(",")]
    frame = pl.DataFrame({name: [cell(name, row) for row in range(5)] for name in columns})
    preset = recognised(frame.columns)
    assert preset is not None and preset.title == title
    roles = guess_roles(frame)
    known = preset_roles(preset, columns).named()
    assert known.items() <= roles.named().items()
    assert "text" in known and len(known) >= 2
    assert ("time" in known) != (title in TIMELESS or title.startswith("labelled"))


def test_every_preset_has_a_header_that_proves_it():
    assert {preset.title for preset in PRESETS} == set(HEADERS)


def test_a_file_of_ones_own_is_no_export():
    assert recognised(["text", "time", "author"]) is None
    assert recognised([]) is None


def test_a_role_whose_column_is_empty_falls_to_the_guess():
    columns = {"id": ["1622000000000000123", "1622000000000000124"], "created_at": ["2031-03-02T10:00:00Z"] * 2}
    columns |= {"content": [None, None], "account.acct": ["ana", "ben"], "text": [TEXT, TEXT + " now"]}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    assert guess_roles(frame).text == "text"


def test_the_preview_names_the_export_and_what_would_be_guessed_without_it(tmp_path):
    file = tmp_path / "comments.csv"
    rows = [f"Ugx{at},{TEXT} {at},3 days ago,ana,c,0,193000000{at}" for at in range(5)]
    file.write_text("\n".join(["cid,text,time,author,channel,votes,time_parsed", *rows]), encoding="utf-8")
    seen = preview(file)
    assert seen.looks_like == "comments of youtube-comment-downloader"
    assert seen.roles.time == "time_parsed"
    assert seen.unaided.text == "text"


def test_a_sample_is_read_as_the_whole_file_will_be(tmp_path):
    file = tmp_path / "posts.csv"
    rows = [f"{at},{TEXT} {at},2031-03-02 10:{at % 60:02d}" for at in range(300)]
    rows[3] = "3, ,2031-03-02 10:03"
    file.write_text("\n".join(["id,text,when", *rows]), encoding="utf-8")
    seen = preview(file)
    sample = sample_posts(file, seen.roles, rows=200)
    assert sample.table.height == 199 and sample.empty.height == 1 and sample.rows_in_file == 200
    whole = read_posts(file, seen.roles)
    assert sample.table[Col.TIME].to_list() == whole.table[Col.TIME].head(199).to_list()


def telegram(number):
    pieces = ["water at ", {"type": "link", "text": "kesh.example"}, f" {number}"]
    return {
        "id": number, "type": "message", "date": "2031-03-02T10:00:00", "date_unixtime": "1930212000",
        "from": "Ana", "from_id": "user1", "text": pieces, "text_entities": [{"type": "plain", "text": "water"}],
    }  # fmt: skip


def test_a_chat_of_telegram_is_read_whole(tmp_path):
    file = tmp_path / "result.json"
    service = {"id": 9, "type": "service", "date": "2031-03-02T10:00:00", "action": "join_group", "text": ""}
    file.write_text(json.dumps({"name": "Kesh", "id": 7, "messages": [*map(telegram, range(3)), service]}))
    seen, posts = preview(file), read_posts(file)
    assert seen.looks_like == "a Telegram export (result.json)" and seen.roles.time == "date_unixtime"
    assert posts.table[Col.TEXT][1] == "water at kesh.example 1"
    assert (posts.table.height, posts.empty.height, posts.rows_in_file) == (3, 1, 4)


def test_all_chats_of_a_telegram_account_are_read_one_after_another(tmp_path):
    file = tmp_path / "result.json"
    chats = [
        {"name": f"chat {at}", "id": at, "messages": [telegram(10 * at + one) for one in range(3)]} for at in (1, 2)
    ]
    file.write_text(json.dumps({"about": "…", "chats": {"about": "…", "list": chats}}))
    posts = read_posts(file)
    assert posts.table[Col.POST_ID].to_list() == ["10", "11", "12", "20", "21", "22"]
    assert any("2 members" in note for note in posts.notes)


def test_an_archive_with_a_broken_post_says_so_and_reads_the_others(tmp_path):
    file = tmp_path / "tweets.js"
    tweet = {"full_text": TEXT, "id_str": "1622000000000000123", "created_at": "Sun Mar 02 10:00:00 +0000 2031"}
    tweet |= {"display_text_range": ["0", "20"], "favorited": False}
    whole = json.dumps([{"tweet": tweet}, {"tweet": tweet}, {"tweet": tweet}], indent=1)
    file.write_text("window.YTD.tweets.part0 = " + whole.replace('"favorited": false', '"favorited": fal', 1))
    posts = read_posts(file)
    assert posts.table.height == 2 and posts.unreadable.height == 1
    assert preview(file).looks_like == "an X archive (tweets.js)"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("result.json", '{"name": "Kesh", "messages": [', "not valid JSON"),
        ("tweets.js", "window.YTD.tweets.part0 = []", "no rows"),
    ],
)
def test_an_export_that_holds_nothing_or_is_torn_is_told_in_a_sentence(tmp_path, name, content, said):
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(InputFileError, match=said):
        read_posts(file)
