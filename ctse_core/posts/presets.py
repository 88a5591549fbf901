"""Exports that people bring, told by the names of their columns: data, and the two functions that read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ctse_core.posts.role_names import plain_name
from ctse_core.posts.settings import ColumnRoles
from ctse_core.words import mark


@dataclass(frozen=True)
class Preset:
    """An export: columns that only it has together, and which of its columns plays which role.

    ``title`` completes "This looks like …". ``needs`` must all be there, as ``plain_name`` evens them out; of the
    columns of a role the first that is there plays it.
    """

    title: str
    needs: tuple[str, ...]
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _preset(title: str, needs: str, **roles: str) -> Preset:
    return Preset(title, tuple(needs.split()), {role: tuple(columns.split()) for role, columns in roles.items()})


PRESETS: tuple[Preset, ...] = (
    _preset(
        mark("posts of the X API, version 2"),
        "id text author_id edit_history_tweet_ids",
        text="text", time="created_at", id="id", author="author_username author_id", lang="lang",
        place="geo_full_name", lat="geo_coordinates_coordinates", lon="geo_coordinates_coordinates",
    ),
    _preset(
        mark("posts of the X API, version 2"),
        "id text author_id conversation_id created_at",
        text="text", time="created_at", id="id", author="author_username author_id", lang="lang",
        place="geo_full_name", lat="geo_coordinates_coordinates", lon="geo_coordinates_coordinates",
    ),
    _preset(
        mark("posts of the X API, version 1.1"),
        "full_text id_str created_at user_screen_name",
        text="full_text", time="created_at", id="id_str", author="user_screen_name", lang="lang",
        place="place_full_name",
    ),
    _preset(
        mark("an X archive (tweets.js)"),
        "full_text id_str created_at display_text_range",
        text="full_text", time="created_at", id="id_str", lang="lang", place="place_full_name",
    ),
    _preset(
        mark("a list saved by twitter-web-exporter"),
        "id created_at full_text screen_name favorite_count",
        text="full_text", time="created_at", id="id", author="screen_name",
    ),
    _preset(
        mark("a Vicinitas export of X"),
        "tweet_id text screen_name tweet_type",
        text="text", time="utc created_at", id="tweet_id", author="screen_name", lang="language",
    ),
    _preset(
        mark("an export of snscrape"),
        "date content id reply_count retweet_count",
        text="raw_content content", time="date", id="id", author="user_username username user", lang="lang",
        place="place_full_name",
    ),
    _preset(
        mark("the analytics of an X account"),
        "post_id date post_text impressions",
        text="post_text", time="date", id="post_id",
    ),
    _preset(
        mark("the analytics of an X account"),
        "tweet_id tweet_permalink tweet_text time",
        text="tweet_text", time="time", id="tweet_id",
    ),
    _preset(
        mark("a CrowdTangle export of Facebook"),
        "post_created message url facebook_id",
        text="message", time="post_created", id="url", author="page_name group_name user_name",
    ),
    _preset(
        mark("a CrowdTangle export of Instagram"),
        "post_created description url account followers_at_posting",
        text="description", time="post_created", id="url", author="account user_name",
    ),
    _preset(
        mark("an export of the Meta Content Library"),
        "id text creation_time mcl_url",
        text="text", time="creation_time", id="id", author="post_owner_username post_owner_name", lang="lang",
    ),
    _preset(
        mark("an export of the Meta Content Library"),
        "id text creation_time post_owner_name",
        text="text", time="creation_time", id="id", author="post_owner_username post_owner_name", lang="lang",
    ),
    _preset(
        mark("a Telegram export (result.json)"),
        "id type date date_unixtime text text_entities",
        text="text", time="date_unixtime date", id="id", author="from from_id",
    ),
    _preset(
        mark("messages of Telegram saved by Telethon"),
        "id date message peer_id_channel_id",
        text="message", time="date", id="id", author="post_author from_id_user_id peer_id_channel_id",
    ),
    _preset(
        mark("comments of the YouTube API"),
        "id snippet_top_level_comment_snippet_text_display",
        text="snippet_top_level_comment_snippet_text_original snippet_top_level_comment_snippet_text_display",
        time="snippet_top_level_comment_snippet_published_at", id="id",
        author="snippet_top_level_comment_snippet_author_display_name",
    ),
    _preset(
        mark("comments of YouTube Data Tools"),
        "id reply_count published_at author_name text is_reply",
        text="text", time="published_at", id="id", author="author_name",
    ),
    _preset(
        mark("comments of youtube-comment-downloader"),
        "cid text time author votes",
        text="text", time="time_parsed", id="cid", author="author",
    ),
    _preset(
        mark("one's own YouTube comments (Takeout)"),
        "comment_id comment_create_timestamp comment_text",
        text="comment_text", time="comment_create_timestamp", id="comment_id", author="channel_id",
    ),
    _preset(
        mark("an Ushahidi export"),
        "post_id survey post_status created_utc",
        text="description content title", time="post_date_utc created_utc", id="post_id", author="contact",
        lat="location_lat where_lat", lon="location_lon where_lon", label="categories survey",
    ),
    _preset(
        mark("an Ushahidi export of the second version"),
        "incident_title incident_date description category",
        text="description", time="incident_date", id="column_1", place="location", lat="latitude", lon="longitude",
        label="category",
    ),
    _preset(
        mark("Kaggle's disaster tweets"),
        "id keyword location text target",
        text="text", id="id", place="location", label="target",
    ),
    _preset(
        mark("Kaggle's disaster tweets"),
        "id keyword location text",
        text="text", id="id", place="location",
    ),
    _preset(
        mark("labelled tweets of CrisisNLP"),
        "tweet_id tweet_text choose_one_category",
        text="tweet_text", id="tweet_id", label="choose_one_category",
    ),
    _preset(
        mark("labelled tweets of CrisisMMD"),
        "tweet_id tweet_text text_info text_human",
        text="tweet_text", id="tweet_id", label="text_human text_info",
    ),
    _preset(
        mark("labelled tweets of HumAID"),
        "tweet_id tweet_text class_label",
        text="tweet_text", id="tweet_id", label="class_label",
    ),
    _preset(
        mark("labelled tweets of CrisisLex"),
        "tweet_id tweet_text information_type informativeness",
        text="tweet_text", id="tweet_id", label="information_type",
    ),
    _preset(
        mark("Appen's disaster response messages"),
        "id message original genre related",
        text="message", id="id", label="genre",
    ),
    _preset(
        mark("judgements exported from Appen"),
        "unit_id golden choose_one text tweetid",
        text="text", id="tweetid", place="location", label="choose_one",
    ),
    _preset(
        mark("a 4CAT data set"),
        "id thread_id timestamp body author",
        text="body", time="unix_timestamp timestamp", id="id", author="author", lang="lang language",
    ),
    _preset(
        mark("posts of Mastodon"),
        "id created_at content account_acct",
        text="content", time="created_at", id="id", author="account_acct", lang="language",
    ),
)  # fmt: skip
"""The most telling first: the first whose columns are all there is what the file looks like."""


def recognised(columns: Sequence[str]) -> Preset | None:
    """Return the export that a file with these ``columns`` looks like, or None."""
    names = {plain_name(column) for column in columns}
    return next((preset for preset in PRESETS if names.issuperset(preset.needs)), None)


def preset_roles(preset: Preset, columns: Sequence[str]) -> ColumnRoles:
    """Return the roles of an export's columns, under the names that they have in the file."""
    named = {plain_name(column): column for column in reversed(columns)}
    roles = {
        role: next((named[column] for column in wanted if column in named), None)
        for role, wanted in preset.roles.items()
    }
    return ColumnRoles(**roles)
