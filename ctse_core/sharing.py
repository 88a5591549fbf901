"""A project shared with a team: sent to a database, whole or not at all, and what people noted exchanged."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.errors import ServerError
from ctse_core.project.database import author, now
from ctse_core.served.address import Address
from ctse_core.served.connection import Server
from ctse_core.served.graph import Memory
from ctse_core.served.posts import FORM
from ctse_core.served.tables import (
    KEY,
    REGISTRY,
    SharedProject,
    find_project,
    first_ids,
    key_of,
    made_project,
    made_vectors,
    removed,
    written_down,
)
from ctse_core.served.writing import Sent, build_graph, posts_as_kept, send_posts, send_vectors, send_words
from ctse_core.shared_calibration import Calibration, calibration_of, read_calibration
from ctse_core.types import Col, Progress, no_progress

if TYPE_CHECKING:
    from ctse_core.project import Project
    from ctse_core.served.connection import Link
    from ctse_core.stored import Analysis

CALIBRATION, TOPICS, PLACES = "calibration", "topics", "places"
GROWN = 1.25  # times as many posts as were calibrated on: chance is learnt anew, and all vectors are sent again


@dataclass(frozen=True)
class Outcome:
    """What came of sharing: where it lies, what was sent, and sentences that say so."""

    address: Address
    posts: int
    sent: Sent
    graph: bool = False
    sentences: tuple[str, ...] = field(default_factory=tuple)


def share(
    project: Project,
    address: Address,
    anew: bool = False,
    progress: Progress = no_progress,
    build_memory: int = 0,
) -> Outcome:
    """Send what changed of a project to a team's database, in one transaction, under the address' name.

    People stand behind pseudonyms there as they do in files. Two who share at once take turns. Vectors are linked in
    ``build_memory`` megabytes of the server's memory at most (0: what its settings leave).

    Raises:
        SettingError: PostgreSQL does not take so much memory.
        ProjectError: there is no finished analysis.
        ServerError: the database cannot be reached or refuses; or what lies there under that name has other posts, and
            ``anew`` does not say to take its place, or has newer ones.
    """
    from ctse_core.edited import edited
    from ctse_core.masked import taken_away
    from ctse_core.question import Searcher, encoder_of
    from ctse_core.stored import load_analysis

    here = address if address.name else address.named(project.name)
    progress(0.0, "Reading the project.")
    run = load_analysis(project)
    analysis = taken_away(edited(run, project), project)
    progress(0.2, "Learning what chance looks like among its posts.")
    fresh = calibration_of(Searcher(run, encoder_of(run)))
    coming = _Coming(analysis, run, fresh, build_memory)
    server = Server(here)
    try:
        server.set_up(REGISTRY)
        with server.writing(f"project {here.name}") as connection:
            outcome = _sent(connection, here, coming, anew, progress)
    finally:
        server.close()
    progress(1.0, "Shared.")
    return outcome


@dataclass(frozen=True)
class _Coming:
    """A project on its way: as others may see it, as it was analysed, what its searcher learnt, the server's memory."""

    analysis: Analysis
    run: Analysis
    fresh: Calibration
    memory: int = 0

    @property
    def table(self) -> pl.DataFrame:
        place = pl.col(Col.PLACE).cast(pl.String).str.strip_chars()
        return self.analysis.table.with_columns(place.alias(Col.PLACE))


def _sent(connection: Link, here: Address, coming: _Coming, anew: bool, progress: Progress) -> Outcome:
    found = find_project(connection, here.name)
    if found is not None and not anew:
        begins_alike(connection, found, coming.table[Col.POST_ID], here)
        _none_newer(found, coming.table.height, here)
    width = int(coming.run.vectors.shape[1])
    if found is not None and anew:
        removed(connection, found)
        found = None
    if found is None:
        found = made_project(connection, here.name, width)
    calibration, told = _calibrated(found, coming)
    if found.told.get("width", width) != width:
        made_vectors(connection, found, width)
    sent, linked = _parts(connection, found.schema, coming, calibration, progress)
    if sent or _kept(coming, calibration) != found.kept:
        told |= _told(coming, width) | {KEY: key_of(connection, found)}
        shared = dataclasses.replace(
            found, posts=coming.table.height, told=told, kept=_kept(coming, calibration), author=author(), at=now()
        )
        written_down(connection, shared)
        for name in ("posts", "vectors", "words"):
            connection.execute(f"ANALYZE {found.schema}.{name}")
    sentences = (*_sentences(here, coming.table.height, sent), *filter(None, [linked.sentence() if linked else ""]))
    return Outcome(here, coming.table.height, sent, linked is not None, sentences)


def _parts(
    connection: Link, schema: str, coming: _Coming, calibration: Calibration, progress: Progress
) -> tuple[Sent, Memory | None]:
    """Send posts, vectors and words; return what was sent, and in what memory the graph was built, if it was."""
    table, vectors = coming.table, coming.run.vectors
    languages = table[Col.LANG].to_list()
    originals = np.flatnonzero(table[Col.DUPLICATE_OF].is_null().to_numpy())
    progress(0.4, "Sending posts.")
    ranked, hubs, norms = _ranked(vectors, languages, calibration)
    sent = send_posts(connection, schema, posts_as_kept(table), hubs)
    progress(0.6, "Sending vectors.")
    full = originals[np.any(ranked[originals] != 0, axis=1)]
    count = send_vectors(connection, schema, full, ranked[full], norms[full])
    progress(0.7, "Sending words.")
    parts = send_words(connection, schema, _words(coming))
    progress(0.8, "Linking vectors, so that a search compares few of them.")
    linked = build_graph(connection, schema, int(vectors.shape[1]), coming.memory)
    return dataclasses.replace(sent, vectors=count, parts=parts), linked


def _ranked(vectors: Any, languages: list[str], calibration: Calibration) -> tuple[Any, Any, Any]:
    """Return the vectors (n, d) that posts are ranked by, hubs (n, 2) and norms (n,); block by block."""
    ranked = np.zeros(vectors.shape, dtype=np.float16)
    hubs = np.zeros((len(vectors), 2), dtype=np.float32)
    norms = np.zeros(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), 20_000):
        part = slice(start, start + 20_000)
        block, spoken = np.asarray(vectors[part], dtype=np.float32), languages[part]
        centred = calibration.offsets.centred(block, spoken)
        ranked[part], hubs[part] = centred, calibration.hubs(block, centred)
        norms[part] = calibration.norms(block, spoken)
    return ranked, hubs, norms


def _words(coming: _Coming) -> pl.Series:
    """Return the words of each post, of those in which people are masked the words of the masked text."""
    from ctse_core.text import tokens

    words = coming.run.words
    masked = (coming.table[Col.COMPARED] != coming.run.table[Col.COMPARED]).fill_null(False)
    rows = np.flatnonzero(masked.to_numpy())
    if not len(rows):
        return words
    texts, languages = coming.table[Col.COMPARED][rows].to_list(), coming.table[Col.LANG][rows].to_list()
    again = pl.Series(
        [list(tokens(text, lang)) for text, lang in zip(texts, languages, strict=True)], dtype=words.dtype
    )
    changed = pl.DataFrame({"row": rows, "again": again}).with_columns(pl.col("row").cast(pl.Int64))
    every = pl.DataFrame({"row": pl.int_range(len(words), dtype=pl.Int64, eager=True), "words": words})
    joined = every.join(changed, on="row", how="left", maintain_order="left")
    return joined.select(pl.when(pl.col("again").is_null()).then("words").otherwise("again"))["words"]


def _calibrated(found: SharedProject, coming: _Coming) -> tuple[Calibration, dict[str, Any]]:
    """Return what is known of the posts as a whole: as it was learnt before, until they have grown by a quarter."""
    posts, encoder = coming.table.height, coming.run.manifest["encoder"].get("space")
    before = found.told.get("calibrated")
    if before and before["encoder"] == encoder and posts <= GROWN * before["posts"]:
        return read_calibration(found.kept[CALIBRATION]), {"calibrated": before}
    return coming.fresh, {"calibrated": {"posts": posts, "encoder": encoder}}


def _told(coming: _Coming, width: int) -> dict[str, Any]:
    from ctse_core.second_look import language_sample

    lengths = _words(coming).list.len()
    crisis = coming.analysis.crisis
    scheme = None
    if crisis is not None and crisis.scheme is not None:
        from ctse_core.crisis.schemes import dict_of_scheme

        scheme = dict_of_scheme(crisis.scheme)
    return {
        "width": width,
        "manifest": coming.analysis.manifest,
        "unique": int(coming.table[Col.DUPLICATE_OF].is_null().sum()),
        "words": {"posts": len(lengths), "mean": float(lengths.filter(lengths > 0).mean() or 0.0)},  # type: ignore[arg-type]
        "scheme": scheme,
        "sample": language_sample(coming.table).tolist(),
    }


def _kept(coming: _Coming, calibration: Calibration) -> dict[str, bytes]:
    crisis = coming.analysis.crisis
    tables = {FORM: coming.table.clear(), TOPICS: coming.analysis.topics}
    if crisis is not None:
        tables[PLACES] = crisis.places
    return {name: _parquet(table) for name, table in tables.items()} | {CALIBRATION: calibration.written()}


def _parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file, compression="zstd")
    return file.getvalue()


def begins_alike(connection: Link, found: SharedProject, ids: pl.Series, here: Address) -> None:
    """Check that posts with these ids (n,) and those shared under the name begin with the same ones.

    Raises:
        ServerError: they do not.
    """
    shared = first_ids(connection, found, len(ids))
    if shared != ids.head(len(shared)).to_list():
        title = found.told.get("manifest", {}).get("source", {}).get("name", "")
        raise ServerError(
            f"“{here.name}” holds other posts there (“{title}”, shared by {found.author}, "
            f"{found.at:%Y-%m-%d %H:%M} UTC); share under another name, as postgresql://…#name, "
            "or take its place with --anew."
        )


def _none_newer(found: SharedProject, posts: int, here: Address) -> None:
    if found.posts > posts:
        raise ServerError(
            f"“{here.name}” has {found.posts - posts:,} newer posts there, shared by {found.author}; append the file "
            "that they came with first, or exchange notes alone with --notes."
        )


def _sentences(here: Address, posts: int, sent: Sent) -> tuple[str, ...]:
    if not sent:
        return (f"{here.shown} has all {posts:,} posts already; nothing was sent.",)
    told = f"{sent.new:,} new, {sent.changed:,} changed, {sent.gone:,} taken away; {sent.vectors:,} vectors sent"
    return (f"{here.shown} has {posts:,} posts: {told}.",)
