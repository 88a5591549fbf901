"""A file of posts to the posts table: readers, column roles, and every row that could not become a post."""

from ctse_core.posts.read import guessed_roles, preview, read_column, read_posts, sample_posts
from ctse_core.posts.results import Posts, Preview
from ctse_core.posts.settings import ColumnRoles, ReadSettings

__all__ = [
    "ColumnRoles",
    "Posts",
    "Preview",
    "ReadSettings",
    "guessed_roles",
    "preview",
    "read_column",
    "read_posts",
    "sample_posts",
]
