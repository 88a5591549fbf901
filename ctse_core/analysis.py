"""The order of the steps, once: a file of posts becomes a complete, frozen analysis in a project."""

from __future__ import annotations

import functools
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core import products
from ctse_core.encoders import AUTO, Choice, Encoder, described_service, has_gpu, load_encoder, service_table
from ctse_core.errors import InputFileError, ProjectError
from ctse_core.manifest import (
    consent_to,
    counts,
    described_encoder,
    languages_of,
    now,
    versions,
    written_settings,
)
from ctse_core.posts import ColumnRoles, ReadSettings
from ctse_core.project import Project, file_digest, fingerprint
from ctse_core.project.parts import write_json
from ctse_core.report import REPORT_FILES
from ctse_core.steps import Made, Runner, Step
from ctse_core.structure import StructureSettings, TopicSettings
from ctse_core.text import DuplicateSettings
from ctse_core.types import Col, Progress, Vectors, no_progress

STEPS = (
    Step("read", "Reading the file", 3),
    Step("text", "Cleaning the texts and finding their languages", 5),
    Step("copies", "Collapsing retweets and near-copies", 3),
    Step("words", "Cutting the texts into words", 4),
    Step("encoder", "Making the encoder ready", 3),
    Step("vectors", "Embedding the posts", 61),
    Step("structure", "Drawing the map and finding clusters", 12),
    Step("topics", "Naming the topics", 5),
    Step("write", "Writing the project", 4),
)
"""The steps in their order, with their usual share of the time."""


@dataclass(frozen=True)
class AnalysisSettings:
    """Everything an analysis depends on besides the file; the defaults suit most files.

    ``roles`` names the columns of the file (None: guessed). ``encoder`` is "auto" (chosen by the number of posts and
    this machine), a name of the catalogue or a folder; ``runtime`` is how it runs. Where the encoder is an address
    ("https://…#model"), ``send_to`` is the host that a person agreed to send masked texts to.
    """

    roles: ColumnRoles | None = None
    encoder: str = AUTO
    runtime: str = "auto"
    send_to: str = ""
    read: ReadSettings = field(default_factory=ReadSettings)
    duplicates: DuplicateSettings = field(default_factory=DuplicateSettings)
    structure: StructureSettings = field(default_factory=StructureSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)


@dataclass(frozen=True)
class Near:
    """The neighbour graph: ``rows`` (u, k) positions nearest to each unique post, -1 where there are fewer.

    ``of`` (u,) are the positions of the unique posts themselves, ascending.
    """

    of: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Analysis:
    """A finished analysis: row *i* of ``table`` and of ``vectors`` (n, d) is the same post.

    ``topics`` has c rows whose ids are the cluster labels of the table; ``empty`` and ``unreadable`` are
    the rows of the file that are not posts; ``manifest`` tells how all of it was made. ``words`` are n lists,
    ``neighbours`` the graph over the unique posts.
    """

    table: pl.DataFrame
    vectors: Vectors
    topics: pl.DataFrame
    empty: pl.DataFrame
    unreadable: pl.DataFrame
    manifest: dict[str, Any]
    words: pl.Series
    neighbours: Near | None = None

    @property
    def title(self) -> str:
        """The name of the file that was analysed."""
        return str(self.manifest["source"]["name"])


def analyse(
    source: Path, project: Project, settings: AnalysisSettings | None = None, progress: Progress = no_progress
) -> Analysis:
    """Analyse the file ``source`` into ``project`` and return the analysis.

    Every step is kept: what was finished before a kill is read, and a second run of the same file with
    the same settings reads everything.

    Raises:
        InputFileError: the file cannot be read as posts, or holds none.
        ColumnError: a role names a column that the file does not have.
        EncoderError: the encoder cannot be had.
        ProjectError: another process is writing to the project.
    """
    settings = settings or AnalysisSettings()
    if source.is_dir():
        raise InputFileError(f"“{source}” is a folder; name the file of posts in it.")
    if not source.is_file():
        raise InputFileError(f"There is no file “{source}”; check the path.")
    if source.resolve().parent == project.folder.resolve():
        raise InputFileError(f"“{source}” is part of the project it would be written into; name another --out.")
    with project.locked():
        digest = file_digest(source)
        runner = Runner(project, STEPS, progress)
        read = runner.run(
            "read",
            (digest, settings.roles, settings.read),
            lambda tell: products.read_product(source, settings.roles, settings.read, tell),
        )
        text = runner.run("text", (read.fingerprint,), lambda tell: products.text_product(read["table"], tell))
        table = text["table"]
        copies = runner.run(
            "copies",
            (text.fingerprint, settings.duplicates),
            lambda tell: products.copies_product(table, settings.duplicates, tell),
        )
        words = runner.run(
            "words",
            (copies.fingerprint,),
            lambda tell: products.words_product(table, copies["unique_rows"], tell),
        )
        encoder, choice = _encoder(runner, settings, copies, table)
        embedded = runner.run(
            "vectors",
            (copies.fingerprint, encoder.fingerprint),
            lambda tell: products.vectors_product(table, copies["representative"], encoder, tell),
        )
        vectors = embedded["vectors"]
        unique = products.unique_posts(table, copies, vectors, words["words"])
        structure = runner.run(
            "structure",
            (embedded.fingerprint, settings.structure),
            lambda tell: products.structure_product(unique, settings.structure, tell),
        )
        named = runner.run(
            "topics",
            (structure.fingerprint, words.fingerprint, settings.topics),
            lambda tell: products.topics_product(unique, structure, settings.topics, tell),
        )
        progress(0.96, STEPS[-1].title)
        topics = named["topics"]
        whole = products.whole_table(table, copies, structure, topics)
        facts = read["facts"]
        manifest = {
            "made": now(),
            "source": {
                "name": source.name,
                "bytes": source.stat().st_size,
                "digest": digest,
                **facts["source"],
            },
            "counts": counts(
                whole, read["empty"].height, read["unreadable"].height, facts["rows_in_file"], topics.height
            )
            | {"repaired": text["facts"]["repaired"], **copies["facts"]},
            "encoder": described_encoder(encoder, choice, settings.send_to),
            "service": described_service(languages_of(whole), service_table(choice.encoder)),
            "settings": written_settings(settings),
            "structure": structure["facts"],
            "durations": runner.durations,
            "versions": versions(),
            "notes": [*facts["notes"], *filter(None, [getattr(encoder, "note", "")])],
            "fingerprint": fingerprint(named.fingerprint, source.name),
        }
        analysis = Analysis(
            table=whole,
            vectors=vectors,
            topics=topics,
            empty=read["empty"],
            unreadable=read["unreadable"],
            manifest=manifest,
            words=words["words"]["words"].gather(copies["unique_of"]),
            neighbours=Near(of=unique.rows, rows=_positions(structure["neighbours"], unique.rows)),
        )
        _write(analysis, project)
        progress(1.0, "Done")
        return analysis


def _encoder(runner: Runner, settings: AnalysisSettings, copies: Made, table: pl.DataFrame) -> tuple[Encoder, Choice]:
    """Return the encoder that was asked for, or for "auto" the one that suits these posts and this machine."""

    @functools.cache  # what was tried need not be loaded again
    def load(name: str) -> Encoder:
        return load_encoder(
            name, runtime=settings.runtime, progress=runner.teller("encoder"), consent=consent_to(settings.send_to)
        )

    if settings.encoder != AUTO:
        return load(settings.encoder), Choice(settings.encoder, settings.encoder)
    gpu = has_gpu()
    texts = table[Col.COMPARED].gather(np.asarray(copies["unique_rows"])).to_list()
    made = runner.run(
        "encoder",
        (copies.fingerprint, settings.runtime, gpu),
        lambda _: products.choice_product(texts, gpu, load),
    )
    choice = Choice(**made["facts"])
    return load(choice.encoder), choice


def _stands(analysis: Analysis, project: Project) -> bool:
    """Return whether the project holds this very analysis already, whole and told the same way."""
    try:
        told = load_analysis(project).manifest
    except ProjectError:
        return False
    same = ("fingerprint", "source", "encoder", "service", "notes")
    return all(told.get(part) == analysis.manifest.get(part) for part in same)


def _positions(neighbours: np.ndarray, unique_rows: np.ndarray) -> np.ndarray:
    """Return the graph over unique posts as positions in the whole table; -1 stays -1."""
    inside = np.asarray(neighbours)
    return np.where(inside >= 0, unique_rows[np.maximum(inside, 0)], -1).astype(np.int32)


def _write(analysis: Analysis, project: Project) -> None:
    """Write what people take away; the manifest goes last, so that a project with one is whole."""
    if _stands(analysis, project):
        return
    project.manifest_path.unlink(missing_ok=True)
    for report in REPORT_FILES:  # of the analysis before
        (project.folder / "report" / report).unlink(missing_ok=True)
    tables = {
        "posts": analysis.table,
        "topics": analysis.topics,
        "empty": analysis.empty,
        "unreadable": analysis.unreadable,
        "words": pl.DataFrame({"words": analysis.words}),
    }
    for name, table in tables.items():
        with _beside(project.folder / f"{name}.parquet") as place:
            table.write_parquet(place, compression="zstd")
    near = analysis.neighbours
    if near is not None:
        with _beside(project.folder / "neighbours.npy") as place, place.open("wb") as file:
            np.save(file, np.column_stack([near.of, near.rows]).astype(np.int32), allow_pickle=False)
    with _beside(project.folder / "vectors.npy") as place:
        # The step's product holds the same bytes: a second name costs nothing where the disk has hard links.
        try:
            os.link(project.products / "vectors" / "vectors.npy", place)
        except OSError:
            shutil.copyfile(project.products / "vectors" / "vectors.npy", place)
    write_json(project.manifest_path, analysis.manifest)


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Give a path beside ``place`` to write to, and rename it into place when the writing succeeded."""
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield beside
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)


def load_analysis(project: Project) -> Analysis:
    """Return the finished analysis of a project; its vectors stay on disk, memory-mapped.

    Raises:
        ProjectError: the project has no finished analysis, or a part of it is missing or damaged.
    """
    manifest = project.manifest()
    if manifest is None:
        raise ProjectError(f"Project “{project.name}” has no finished analysis yet; analyse its file first.")
    try:
        tables = {
            name: pl.read_parquet(project.folder / f"{name}.parquet")
            for name in ("posts", "topics", "empty", "unreadable", "words")
        }
        graph = np.load(project.folder / "neighbours.npy", mmap_mode="r", allow_pickle=False)
        vectors = np.load(project.folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, pl.exceptions.PolarsError) as damage:
        raise ProjectError(
            f"A part of project “{project.name}” is missing or damaged ({damage}); run the analysis again."
        ) from damage
    if len(vectors) != tables["posts"].height:
        raise ProjectError(f"Project “{project.name}” is torn: its vectors and posts differ in number; analyse again.")
    return Analysis(
        table=tables["posts"],
        vectors=vectors,
        topics=tables["topics"],
        empty=tables["empty"],
        unreadable=tables["unreadable"],
        manifest=manifest,
        words=tables["words"]["words"],
        neighbours=Near(of=np.asarray(graph[:, 0]), rows=graph[:, 1:]),
    )


JOB_TARGET = "ctse_core.analysis:run_job"


def run_job(project: Project, progress: Progress, **settings: Any) -> None:
    """Analyse the project's own file in a worker process; ``settings`` are what a job can carry.

    They are fields of AnalysisSettings, as a manifest writes them: dictionaries where those are dataclasses.

    Raises:
        ProjectError: the project has no file.
    """
    source = project.source_file()
    if source is None:
        raise ProjectError(f"Project “{project.name}” has no file to analyse; open the file again.")
    analyse(source, project, settings_from(settings), progress)


def settings_from(written: Mapping[str, Any]) -> AnalysisSettings:
    """Return the settings that ``written_settings`` wrote; what is not told has its default."""
    kinds = {
        "roles": ColumnRoles,
        "read": ReadSettings,
        "duplicates": DuplicateSettings,
        "structure": StructureSettings,
        "topics": TopicSettings,
    }
    return AnalysisSettings(
        **{
            name: kinds[name](**value) if name in kinds and value is not None else value
            for name, value in written.items()
            if value is not None or name == "roles"
        }
    )
