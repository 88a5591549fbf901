"""The manifest: how an analysis was made, in full, so that it can be told, checked and repeated."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl

from ctse_core import __version__
from ctse_core.encoders import AUTO, Choice, Consent, Encoder, spec_of
from ctse_core.home import agreed_hosts
from ctse_core.types import UNDETERMINED, UNSORTED, Col

_VERSIONED = (
    "bertopic",
    "hdbscan",
    "numpy",
    "onnxruntime",
    "polars",
    "scikit-learn",
    "scikit-network",
    "tokenizers",
    "torch",
    "transformers",
    "umap-learn",
)


def versions() -> dict[str, str]:
    """Return the versions of CTSE, Python and the libraries that the results depend on."""
    found = {"ctse": __version__, "python": platform.python_version(), "system": platform.platform()}
    for name in _VERSIONED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def written_settings(settings: Any) -> dict[str, Any]:
    """Return the settings as plain nested dictionaries."""
    return asdict(settings)


def now() -> str:
    """Return the present moment in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def file_entry(
    described: Mapping[str, Any], rows: int, posts: int, set_aside: tuple[int, int], already_there: int = 0
) -> dict[str, Any]:
    """Return what the manifest keeps of one file: what it was, when it was added, where its rows went.

    ``set_aside`` are its empty and its unreadable rows; posts + already there + empty + unreadable = ``rows``.
    """
    empty, unreadable = set_aside
    went = {"rows": rows, "posts": posts, "already_there": already_there, "empty": empty, "unreadable": unreadable}
    return {**described, **went, "added": now()}


def files_of(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the files of a project, the first one first; their places are the numbers in the posts' FILE column."""
    if not manifest:
        return []
    if "files" in manifest:
        return list(manifest["files"])
    told = manifest["counts"]  # of a project that was made before files could be appended
    entry = file_entry(manifest["source"], told["rows"], told["posts"], (told["empty"], told["unreadable"]))
    return [entry | {"added": manifest.get("made", "")}]


GROWN_FROM = "grown_from"


def before_newest(manifest: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return the fingerprint of the run that the newest file was appended to, and how many posts that had, or None.

    Those posts are the first ones still, so that what was read out of them need not be read again.
    """
    earlier = manifest.get(GROWN_FROM)
    if not earlier:
        return None
    return str(earlier[-1]), int(manifest["counts"]["posts"]) - int(files_of(manifest)[-1]["posts"])


def counts(table: pl.DataFrame, empty: int, unreadable: int, rows_in_file: int, topics: int) -> dict[str, Any]:
    """Return the counts that the overview, the report and the tests hold against each other.

    ``posts + already_there + empty + unreadable == rows``; ``unique + copies == posts``; sizes are in posts.
    Rows already there stood in an earlier file of the project.
    """
    posts = table.height
    unique = table[Col.DUPLICATE_OF].null_count()
    unsorted = int((table[Col.CLUSTER] == UNSORTED).sum())
    times = table[Col.TIME].drop_nulls()
    return {
        "rows": rows_in_file,
        "posts": posts,
        "already_there": rows_in_file - posts - empty - unreadable,
        "empty": empty,
        "unreadable": unreadable,
        "unique": unique,
        "copies": posts - unique,
        "topics": topics,
        "unsorted": unsorted,
        "languages": languages_of(table),
        "undetermined": int((table[Col.LANG] == UNDETERMINED).sum()),
        "undated": posts - len(times),
        "first_time": str(times.min()) if len(times) else None,
        "last_time": str(times.max()) if len(times) else None,
    }


def languages_of(table: pl.DataFrame) -> dict[str, int]:
    """Return the number of posts in each language, most posts first."""
    languages = table.group_by(Col.LANG).len().sort("len", Col.LANG, descending=[True, False])
    return dict(zip(languages[Col.LANG].to_list(), languages["len"].to_list(), strict=True))


def consent_to(host: str) -> Consent | None:
    """Return a person's consent to send texts to ``host``; None where nobody on this machine agreed.

    A project tells which host made its vectors, but a project may come from someone else: the consent does not.
    """
    return Consent(host) if host and host in agreed_hosts() else None


def described_encoder(encoder: Encoder, choice: Choice, send_to: str) -> dict[str, Any]:
    """Return what the report says of the encoder: name, width, fingerprint, runtime, licence, caveats.

    ``asked`` is what a person asked for ("auto" or an encoder), ``used`` what loads the encoder again, ``why`` the
    reason where it was chosen.
    """
    spec = spec_of(encoder.name)
    return {
        "asked": _lasting(choice.asked),
        "used": _lasting(choice.encoder),
        "why": choice.why,
        "send_to": send_to,
        "name": encoder.name,
        "dim": encoder.dim,
        "fingerprint": encoder.fingerprint,
        "space": encoder.space,
        "runtime": getattr(encoder, "runtime", "auto"),
        "licence": spec.licence if spec else "",
        "note": spec.note if spec else "An encoder of your own.",
        "languages": list(spec.languages) if spec else [],
    }


def loads_by(described: Mapping[str, Any]) -> str:
    """Return the name, folder or address that loads the encoder a manifest describes."""
    return str(described.get("used") or described["asked"])


def _lasting(asked: str) -> str:
    """Return a folder's whole path, so that it is found from anywhere; anything else as it is."""
    return str(Path(asked).resolve()) if asked != AUTO and Path(asked).is_dir() else asked
