"""A newer file of posts joins a project: the order of the steps, once. Old posts, topics and names stay."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.analysis import check_source, load_analysis, settings_from
from ctse_core.append_drift import drift_facts
from ctse_core.append_join import Joined, Uniques, apart_names, join_posts, topic_facts, topic_rows, with_facts
from ctse_core.append_rows import newer_rows_product, roles_like_first
from ctse_core.crisis_layer import prepare
from ctse_core.encoders import Encoder, described_service, embed, load_encoder, service_table
from ctse_core.errors import EncoderError, ProjectError
from ctse_core.expected import check_room
from ctse_core.indexes import READY, keep_indexes
from ctse_core.manifest import GROWN_FROM, consent_to, counts, file_entry, files_of, languages_of, loads_by, now
from ctse_core.posts import ColumnRoles
from ctse_core.project import DiskVectors, Project, cache_home, file_digest, fingerprint
from ctse_core.steps import Made, Runner, Step
from ctse_core.stored import Analysis, Near, with_newness, write_analysis
from ctse_core.structure import TopicInput, centre_languages
from ctse_core.structure.confidence import TopicSpace, with_confidence
from ctse_core.text import join_copies, tokens_of_all
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, Progress, TopicCol, Vectors, no_progress

STEPS = (
    Step("append_read", "Reading the new file", 15),
    Step("append_copies", "Looking for copies of earlier posts", 15),
    Step("append_vectors", "Embedding the new posts", 25),
    Step("append_join", "Finding their topics and places", 25),
    Step("append_topics", "Naming new topics", 10),
    Step("append_write", "Writing the project", 10),
    Step("crisis", "Finding needs and places", 7),
    Step("search", READY, 3),
)
"""The steps in their order, with their usual share of the time."""
JOB_TARGET = "ctse_core.append:run_job"
INCOMING = "incoming"


@dataclass(frozen=True)
class _Posts:
    """Old and new posts below each other: ``table`` (n + m rows, nothing joined yet), ``old`` n, ``representative`` and
    ``copies`` (n + m,), ``words`` (n + m lists) and ``unique`` (u,) the representatives' rows, ascending.
    """

    table: pl.DataFrame
    old: int
    representative: np.ndarray
    copies: np.ndarray
    words: pl.Series
    unique: np.ndarray


def entry_of(source: Path, project: Project) -> dict[str, Any] | None:
    """Return what the project's manifest tells of this very file if it was added before, by its bytes; else None."""
    digest = file_digest(source)
    known = (one for one in files_of(project.manifest() or {}) if one.get("digest") == digest)
    return next(known, None)


def chosen_roles(source: Path, project: Project, chosen: Mapping[str, str | None]) -> ColumnRoles | None:
    """Return the roles for a newer file where some are named by a person (role -> column), None where none is.

    Raises:
        InputFileError: the file cannot be read as a table.
    """
    named = {role: column for role, column in chosen.items() if column}
    if not named:
        return None
    others = roles_like_first(source, project.manifest() or {"source": {}}).named()
    return ColumnRoles(**({role: column for role, column in others.items() if column not in named.values()} | named))


def append(
    source: Path,
    project: Project,
    progress: Progress = no_progress,
    roles: ColumnRoles | None = None,
    anyway: bool = False,
) -> Analysis:
    """Append the posts of the file ``source`` to a finished project and return its analysis.

    Posts that are there already are recognised, the same file twice changes nothing. Old posts keep their rows, old
    topics their ids and names; new posts join them where they fit, and new topics are found among the rest. ``roles``
    are those of the first file where the headers match, unless given. Where memory would not do it is refused, unless
    ``anyway``.

    Raises:
        InputFileError: the file cannot be read as posts, or holds none.
        ColumnError: a role names a column that the file does not have.
        EncoderError: the encoder that made the project's vectors cannot be had.
        RoomError: the memory of this machine would not do.
        ProjectError: the project has no finished analysis, or another process is writing to it.
    """
    check_source(source, project)
    with project.locked():
        before = load_analysis(project)
        if entry_of(source, project) is not None:
            progress(1.0, f"“{source.name}” is in the project already; nothing was changed.")
            return before
        runner = Runner(project, STEPS, progress)
        settled = roles or roles_like_first(source, before.manifest)
        digest, number = file_digest(source), len(files_of(before.manifest))
        read = runner.run(
            "append_read",
            (before.manifest["fingerprint"], digest, settled),
            lambda tell: newer_rows_product(source, settled, before.table, before.manifest, number, tell),
        )
        if not anyway:
            check_room(before.table.height + read["table"].height, cut=False)
        described = {"name": source.name, "bytes": source.stat().st_size, "digest": digest, **read["facts"]["source"]}
        load = functools.cache(lambda: _encoder(before, runner.teller("append_vectors")))
        after, vectors = _appended(before, read, described, runner, load)
        runner.teller("append_write")(0.0, "Writing the project")
        write_analysis(after, project, [before.vectors, vectors])
        for step in STEPS[:-2]:
            shutil.rmtree(project.products / step.key, ignore_errors=True)
        finished = load_analysis(project)
        prepare(finished, project, runner.teller("crisis"), load)
        with runner.timed("search") as tell:
            keep_indexes(finished, project, load, tell)
        progress(1.0, "Done")
        return finished


def _appended(
    before: Analysis, read: Made, described: dict[str, Any], runner: Runner, load: Callable[[], Encoder]
) -> tuple[Analysis, Vectors]:
    """Return the analysis with the new posts, and the vectors (m, d) of those."""
    settings, number = settings_from(before.manifest["settings"]), len(files_of(before.manifest))
    with runner.timed("append_copies") as tell:
        posts = _below_each_other(before, read["table"], tell)
    with runner.timed("append_vectors") as tell:
        vectors = _vectors(before, posts, load, tell)
    near, drift = before.neighbours, None
    if read["table"].height:
        with runner.timed("append_join") as tell:
            uniques, ids = _uniques(before, posts, vectors)
            joined = join_posts(uniques, settings.structure, tell)
        ids += [max([*ids, -1]) + 1 + more for more in range(joined.added)]
        with runner.timed("append_topics") as tell:
            tell(0.0, "Naming new topics")
            topics = _topics(before, (posts, uniques, joined), ids, tell)
        table = _joined_table(posts, joined, ids, topics)
        topics = with_newness(with_facts(topics, topic_facts(table)), number)
        topics = _with_confidence(topics, uniques, np.array([*ids, UNSORTED], np.int32)[joined.labels])
        near = Near(of=posts.unique, rows=_positions(joined.near, posts.unique))
        nearness = (joined.fit.nearness, joined.old_nearness)
        drift = drift_facts(table, before.topics, number, nearness, uniques.quantile(settings.structure))
    else:
        table, topics = posts.table, before.topics
    facts = read["facts"]
    set_aside = (read["empty"].height, read["unreadable"].height)
    entry = file_entry(described, facts["rows_in_file"], read["table"].height, set_aside, facts["already_there"])
    entry |= {"drift": drift, "durations": runner.durations} if drift else {}
    after = Analysis(
        table=table,
        vectors=before.vectors,
        topics=topics,
        empty=pl.concat([before.empty, read["empty"]], how="diagonal_relaxed"),
        unreadable=pl.concat([before.unreadable, read["unreadable"]], how="diagonal_relaxed"),
        manifest=before.manifest,
        words=posts.words,
        neighbours=near,
    )
    return _with_manifest(after, entry, facts), vectors


def _below_each_other(before: Analysis, new: pl.DataFrame, tell: Progress) -> _Posts:
    """Return old and new posts with their groups of copies and words."""
    old = before.table.height
    settings = settings_from(before.manifest["settings"]).duplicates
    table = before.table.drop(Col.TAGS, strict=False)
    earlier = table[Col.REPRESENTATIVE].to_numpy()
    of_new = join_copies(table[Col.COMPARED].to_list(), earlier, _compared(new), settings, tell)
    representative = np.concatenate([earlier, of_new]).astype(np.int64)
    unique = np.flatnonzero(representative == np.arange(len(representative)))
    fresh = unique[unique >= old] - old
    cut = tokens_of_all(
        [_compared(new)[row] for row in fresh], new[Col.LANG].gather(fresh).to_list() if len(fresh) else []
    )
    words = pl.concat(
        [before.words.gather(unique[unique < old]), pl.Series("words", cut, dtype=pl.List(pl.Utf8))], rechunk=True
    )
    return _Posts(
        table=pl.concat([table, new], how="diagonal_relaxed") if new.height else table,
        old=old,
        representative=representative,
        copies=np.bincount(representative, minlength=len(representative))[representative],
        words=words.gather(np.searchsorted(unique, representative)),
        unique=unique,
    )


def _compared(table: pl.DataFrame) -> list[str]:
    return table[Col.COMPARED].to_list() if table.height else []


def _vectors(before: Analysis, posts: _Posts, load: Callable[[], Encoder], tell: Progress) -> Vectors:
    """Return the vectors (m, d) of the new posts; copies have their representative's, known texts are not embedded."""
    fresh = posts.unique[posts.unique >= posts.old]
    vectors = np.empty((len(posts.representative) - posts.old, before.vectors.shape[1]), np.float32)
    if len(fresh):
        encoder = load()
        known = DiskVectors(cache_home() / "vectors" / encoder.fingerprint, encoder.dim)
        vectors[fresh - posts.old] = embed(posts.table[Col.COMPARED].gather(fresh).to_list(), encoder, known, tell)
    of_new = posts.representative[posts.old :]
    joins = of_new < posts.old
    vectors[joins] = before.vectors[of_new[joins]]
    vectors[~joins] = vectors[of_new[~joins] - posts.old]
    return vectors


def _encoder(before: Analysis, tell: Progress) -> Encoder:
    """Return the encoder that made the project's vectors."""
    told = before.manifest["encoder"]
    tell(0.0, "Making the encoder ready")
    runtime = str((before.manifest.get("settings") or {}).get("runtime", "auto"))
    encoder = load_encoder(loads_by(told), runtime=runtime, progress=tell, consent=consent_to(told.get("send_to", "")))
    if encoder.space != told.get("space", encoder.space) or encoder.dim != before.vectors.shape[1]:
        raise EncoderError(
            f"“{loads_by(told)}” is not the encoder any more that made this project's vectors, and new posts would not "
            "compare with the earlier ones; analyse all files together (append --anew)."
        )
    return encoder


def _uniques(before: Analysis, posts: _Posts, new_vectors: Vectors) -> tuple[Uniques, list[int]]:
    """Return the unique posts, and the id of the topic behind each code."""
    if before.neighbours is None:
        raise ProjectError("The project's neighbours are missing; run the analysis again.")
    unique, ids = posts.unique, sorted(before.topics[TopicCol.ID].to_list())
    of_old = unique[unique < posts.old]
    table = before.table[of_old]
    labels = table[Col.CLUSTER].replace_strict(dict(zip(ids, range(len(ids)), strict=True)), default=UNSORTED)
    louder = np.zeros(len(posts.representative), dtype=bool)
    louder[posts.representative[posts.old :]] = True
    vectors = np.empty((len(unique), before.vectors.shape[1]), np.float32)
    vectors[: len(of_old)] = before.vectors[of_old]
    vectors[len(of_old) :] = new_vectors[unique[len(of_old) :] - posts.old]
    near = before.neighbours.rows
    return Uniques(
        vectors=vectors,
        languages=posts.table[Col.LANG].gather(unique).to_list(),
        copies=posts.copies[unique],
        louder=louder[unique],
        labels=labels.to_numpy().astype(np.int32),
        strength=table[Col.STRENGTH].to_numpy().astype(np.float32),
        points=table.select(Col.X, Col.Y).to_numpy().astype(np.float32),
        near=np.where(near >= 0, np.searchsorted(of_old, np.maximum(near, 0)), -1).astype(np.int32),
        topics=len(ids),
    ), ids


def _topics(before: Analysis, found: tuple[_Posts, Uniques, Joined], ids: list[int], tell: Progress) -> pl.DataFrame:
    """Return the topics table with rows of new topics below; facts are brought up to date afterwards."""
    posts, uniques, joined = found
    if not joined.added:
        return before.topics
    table = posts.table[posts.unique]
    rows = topic_rows(
        TopicInput(
            texts=table[Col.COMPARED].to_list(),
            tokens=posts.words.gather(posts.unique).to_list(),
            languages=uniques.languages,
            times=table[Col.TIME],
            vectors=uniques.vectors,
            labels=joined.labels,
            strength=joined.strength,
            copies=uniques.copies,
            positions=posts.unique,
            known=before.topics,
        ),
        uniques.topics,
        settings_from(before.manifest["settings"]).topics,
        tell,
    )
    number = len(files_of(before.manifest))
    names = apart_names(rows[TopicCol.NAME].to_list(), before.topics[TopicCol.NAME].to_list())
    rows = rows.with_columns(
        pl.Series(TopicCol.ID, ids[-joined.added :], dtype=pl.Int32),
        pl.Series(TopicCol.NAME, names, dtype=pl.Utf8),
        pl.lit(number, pl.Int16).alias(TopicCol.SINCE),
    )
    return pl.concat([before.topics, rows], how="diagonal_relaxed")


def _with_confidence(topics: pl.DataFrame, uniques: Uniques, labels: np.ndarray) -> pl.DataFrame:
    """Return the topics with how far each can be trusted now, where the project knows that of its old ones."""
    if TopicCol.SEPARATION not in topics.columns:
        return topics
    centred = centre_languages(uniques.vectors, uniques.languages)
    return with_confidence(topics, TopicSpace(centred, labels, uniques.languages, uniques.copies))


def _joined_table(posts: _Posts, joined: Joined, ids: list[int], topics: pl.DataFrame) -> pl.DataFrame:
    """Return the posts table with every column of old and new posts; copies share their representative's place."""
    of = np.searchsorted(posts.unique, posts.representative)
    clusters = np.array([*ids, UNSORTED], dtype=np.int32)[joined.labels[of]]  # -1 lands in the last place
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    points, is_copy = joined.points[of], posts.representative != np.arange(len(of))
    originals = posts.table[Col.POST_ID].gather(posts.representative)
    return posts.table.with_columns(
        pl.when(pl.Series(is_copy)).then(originals).otherwise(None).alias(Col.DUPLICATE_OF),
        pl.Series(Col.REPRESENTATIVE, posts.representative, dtype=pl.Int64),
        pl.Series(Col.COPIES, posts.copies, dtype=pl.Int32),
        pl.Series(Col.X, points[:, 0], dtype=pl.Float32),
        pl.Series(Col.Y, points[:, 1], dtype=pl.Float32),
        pl.Series(Col.CLUSTER, clusters, dtype=pl.Int32),
        pl.Series(Col.STRENGTH, joined.strength[of], dtype=pl.Float32),
        pl.Series(Col.TOPIC, clusters)
        .replace_strict(names, default=UNSORTED_NAME, return_dtype=pl.Utf8)
        .alias(Col.TOPIC),
    ).select(pl.exclude(Col.FILE), Col.FILE)


def _positions(near: np.ndarray, unique: np.ndarray) -> np.ndarray:
    return np.where(near >= 0, unique[np.maximum(near, 0)], -1).astype(np.int32)


def _with_manifest(after: Analysis, entry: dict[str, Any], facts: dict[str, Any]) -> Analysis:
    """Return the analysis with a manifest that tells of the newer file, too."""
    told, table = after.manifest, after.table
    files = [*files_of(told), entry]
    rows = sum(one["rows"] for one in files)
    distinct = len({text.casefold() for text in table[Col.COMPARED].to_list()})
    found = counts(table, after.empty.height, after.unreadable.height, rows, after.topics.height)
    found |= {
        "repaired": told["counts"].get("repaired", 0) + facts["repaired"],
        "exact": table.height - distinct,
        "near": distinct - found["unique"],
    }
    manifest = {
        **told,
        "made": now(),
        "files": files,
        "counts": found,
        "service": described_service(languages_of(table), service_table(loads_by(told["encoder"]))),
        "notes": [*told["notes"], *(f"{entry['name']}: {note}" for note in facts["notes"])],
        "fingerprint": fingerprint(told["fingerprint"], entry["digest"], entry["roles"]),
        GROWN_FROM: [*told.get(GROWN_FROM, ()), told["fingerprint"]],
    }
    return Analysis(
        after.table, after.vectors, after.topics, after.empty, after.unreadable, manifest, after.words, after.neighbours
    )


def run_job(
    project: Project,
    progress: Progress,
    name: str,
    roles: dict[str, str | None] | None = None,
    anyway: bool = False,
) -> None:
    """Append the file ``name`` that waits in the project's folder, in a worker process.

    Raises:
        ProjectError: the file is not there any more.
    """
    source = project.folder / INCOMING / Path(name).name
    if not source.is_file():
        raise ProjectError(f"The file “{name}” is not here any more; add it again.")
    append(source, project, progress, ColumnRoles(**roles) if roles else None, anyway)
    source.unlink(missing_ok=True)
