"""The order of the steps, once: a file of posts becomes a complete, frozen analysis in a project."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core import products
from ctse_core.crisis_layer import prepare
from ctse_core.encoders import (
    AUTO,
    Choice,
    Encoder,
    StaticEncoder,
    described_service,
    has_gpu,
    load_encoder,
    service_table,
)
from ctse_core.engines.hands import helping
from ctse_core.errors import InputFileError, ProjectError
from ctse_core.expected import check_room, expected_steps, first_posts
from ctse_core.indexes import READY, keep_indexes
from ctse_core.manifest import (
    consent_to,
    counts,
    described_encoder,
    file_entry,
    files_of,
    languages_of,
    now,
    versions,
    written_settings,
)
from ctse_core.posts import ColumnRoles, ReadSettings
from ctse_core.project import Project, file_digest, fingerprint
from ctse_core.steps import Made, Runner, Step
from ctse_core.stored import Analysis, Near, load_analysis, with_newness, write_analysis
from ctse_core.structure import StructureSettings, TopicSettings
from ctse_core.text import DuplicateSettings
from ctse_core.types import Col, Progress, no_progress

__all__ = [
    "JOB_TARGET",
    "STEPS",
    "Analysis",
    "AnalysisSettings",
    "Near",
    "analyse",
    "analyse_together",
    "load_analysis",
    "run_job",
    "settings_from",
]

STEPS = (
    Step("read", "Reading the file", 3),
    Step("text", "Cleaning the texts and finding their languages", 5),
    Step("copies", "Collapsing retweets and near-copies", 3),
    Step("words", "Cutting the texts into words", 4),
    Step("encoder", "Making the encoder ready", 3),
    Step("vectors", "Embedding the posts", 61),
    Step("structure", "Drawing the map and finding clusters", 12, version=2),
    Step("topics", "Naming the topics", 5, version=2),
    Step("write", "Writing the project", 4),
    Step("crisis", "Finding needs and places", 4),
    Step("search", READY, 1),
)
"""The steps in their order, with their usual share of the time."""


@dataclass(frozen=True)
class AnalysisSettings:
    """Everything an analysis depends on besides the file; the defaults suit most files.

    ``roles`` names the columns of the file (None: guessed). ``encoder`` is "auto" (chosen by the number of posts and
    this machine), a name of the catalogue or a folder; ``runtime`` is how it runs. Where the encoder is an address
    ("https://…#model"), ``send_to`` is the host that a person agreed to send masked texts to. ``first`` posts of the
    file are analysed (0: all); an analysis that would not fit into memory is refused unless ``anyway``, which counts
    for this once and is not written down.
    """

    roles: ColumnRoles | None = None
    encoder: str = AUTO
    runtime: str = "auto"
    send_to: str = ""
    first: int = 0
    anyway: bool = False
    read: ReadSettings = field(default_factory=ReadSettings)
    duplicates: DuplicateSettings = field(default_factory=DuplicateSettings)
    structure: StructureSettings = field(default_factory=StructureSettings)
    topics: TopicSettings = field(default_factory=TopicSettings)


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
        RoomError: the memory of this machine would not do, and nobody said to go on all the same.
        ProjectError: another process is writing to the project, or it holds files that would be dropped.
    """
    settings = settings or AnalysisSettings()
    check_source(source, project)
    with project.locked(), helping():
        _keep_appended(source, project)
        digest = file_digest(source)
        runner = Runner(project, STEPS, progress)
        read = runner.run(
            "read",
            (digest, settings.roles, settings.read, *([settings.first] if settings.first else [])),
            lambda tell: first_posts(
                products.read_product(source, settings.roles, settings.read, tell), settings.first
            ),
        )
        if not settings.anyway:
            check_room(read["table"].height)
        described = {"name": source.name, "bytes": source.stat().st_size, "digest": digest, **read["facts"]["source"]}
        set_aside = (read["empty"].height, read["unreadable"].height)
        files = [file_entry(described, read["facts"]["rows_in_file"], read["table"].height, set_aside)]
        return _analysed(project, settings, runner, read, {"source": described, "files": files})


def analyse_together(
    project: Project, settings: AnalysisSettings | None = None, progress: Progress = no_progress
) -> Analysis:
    """Analyse all posts of a project, those of appended files too, anew from the start and return the analysis.

    Rows stay where they are; topics are found anew, under new numbers. ``settings.roles`` and ``settings.read`` do not
    count: the files were read when they were added.

    Raises:
        EncoderError: the encoder cannot be had.
        RoomError: as in ``analyse``.
        ProjectError: the project has no finished analysis, or another process is writing to it.
    """
    settings = settings or AnalysisSettings()
    with project.locked(), helping():
        told = load_analysis(project).manifest
        runner = Runner(project, STEPS, progress)
        read = runner.run(
            "read",
            ("together", [one["digest"] for one in files_of(told)]),
            lambda _: products.read_again_product(load_analysis(project)),
        )
        if not settings.anyway:
            check_room(read["table"].height, cut=False)
        return _analysed(project, settings, runner, read, {"source": told["source"], "files": files_of(told)})


def check_source(source: Path, project: Project) -> None:
    """Check that ``source`` is a file that can be read into the project.

    Raises:
        InputFileError: it is a folder, is not there, or is itself a part of the project.
    """
    if source.is_dir():
        raise InputFileError(f"“{source}” is a folder; name the file of posts in it.")
    if not source.is_file():
        raise InputFileError(f"There is no file “{source}”; check the path.")
    if source.resolve().parent == project.folder.resolve():
        raise InputFileError(f"“{source}” is part of the project it would be written into; name another --out.")


def _keep_appended(source: Path, project: Project) -> None:
    """Refuse to analyse one file into a project that holds several."""
    try:
        files = files_of(project.manifest() or {})
    except ProjectError:  # a damaged manifest is written anew
        return
    if len(files) > 1:
        raise ProjectError(
            f"Project “{project.name}” holds {len(files)} files, and analysing “{source.name}” alone would drop the "
            "others: append it, analyse all files together (append --anew), or name another --out."
        )


def _analysed(
    project: Project, settings: AnalysisSettings, runner: Runner, read: Made, sources: dict[str, Any]
) -> Analysis:
    """Return the analysis of the posts that were read, written into the project; ``sources`` goes into its manifest."""
    encoder = _written(project, settings, runner, read, sources)  # what it was made from leaves the memory
    finished = load_analysis(project)
    prepare(finished, project, runner.teller("crisis"), lambda: encoder)
    with runner.timed("search") as tell:
        keep_indexes(finished, project, lambda: encoder, tell)
    runner.progress(1.0, "Done")
    return finished


def _written(
    project: Project, settings: AnalysisSettings, runner: Runner, read: Made, sources: dict[str, Any]
) -> Encoder:
    """Make the analysis of the posts that were read, write it into the project, and return the encoder it used."""
    runner.expect(read["table"].height)
    text = runner.run("text", (read.fingerprint,), lambda tell: products.text_product(read["table"], tell))
    table = text["table"]
    read.parts.pop("table")  # the same posts with less
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
    runner.expect(table.height, expected_steps(len(copies["unique_rows"]), isinstance(encoder, StaticEncoder)))
    embedded = runner.run(
        "vectors",
        (copies.fingerprint, encoder.fingerprint),
        lambda tell: products.vectors_product(table, copies["representative"], encoder, tell),
    )
    unique = products.unique_posts(table, copies, embedded["vectors"], words["words"])
    structure = runner.run(
        "structure",
        (embedded.fingerprint, settings.structure),
        lambda tell: products.structure_product(unique, settings.structure, tell),
    )
    named = runner.run(
        "topics",
        (structure.fingerprint, words.fingerprint, settings.topics),
        lambda tell: products.topics_product(unique, structure, settings.topics, encoder, tell),
    )
    runner.teller("write")(0.0, "Writing the project")
    whole = products.whole_table(table, copies, structure, named["topics"])
    facts = read["facts"]
    repaired = text["facts"]["repaired"] + facts.get("repaired", 0)
    drawn = structure["facts"].get("note")
    manifest = {
        "made": now(),
        **sources,
        "counts": counts(
            whole, read["empty"].height, read["unreadable"].height, facts["rows_in_file"], named["topics"].height
        )
        | {"repaired": repaired, **copies["facts"]},
        "encoder": described_encoder(encoder, choice, settings.send_to),
        "service": described_service(languages_of(whole), service_table(choice.encoder)),
        "settings": written_settings(replace(settings, anyway=False)),
        "structure": structure["facts"],
        "durations": runner.durations,
        "versions": versions(),
        "notes": list(dict.fromkeys(filter(None, [*facts["notes"], getattr(encoder, "note", ""), drawn]))),
        "fingerprint": fingerprint(named.fingerprint, sources["source"]["name"]),
    }
    analysis = Analysis(
        table=whole,
        vectors=embedded["vectors"],
        topics=with_newness(named["topics"], 0),
        empty=products.of_first_file(read["empty"]),
        unreadable=products.of_first_file(read["unreadable"]),
        manifest=manifest,
        words=words["words"]["words"].gather(copies["unique_of"]),
        neighbours=Near(of=unique.rows, rows=_positions(structure["neighbours"], unique.rows)),
    )
    if not _stands(analysis, project):
        write_analysis(analysis, project, project.products / "vectors" / "vectors.npy")
    return encoder


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
    same = ("fingerprint", "source", "encoder", "service", "notes")
    try:
        told = project.manifest() or {}
        if any(told.get(part) != analysis.manifest.get(part) for part in same):
            return False
        load_analysis(project)
    except ProjectError:
        return False
    return True


def _positions(neighbours: np.ndarray, unique_rows: np.ndarray) -> np.ndarray:
    """Return the graph over unique posts as positions in the whole table; -1 stays -1."""
    inside = np.asarray(neighbours)
    return np.where(inside >= 0, unique_rows[np.maximum(inside, 0)], -1).astype(np.int32)


JOB_TARGET = "ctse_core.analysis:run_job"


def run_job(project: Project, progress: Progress, **settings: Any) -> None:
    """Analyse the project's own file in a worker process; ``settings`` are what a job can carry.

    They are fields of AnalysisSettings, as a manifest writes them: dictionaries where those are dataclasses. Where
    files were appended, all of them are analysed together.

    Raises:
        ProjectError: the project has no file.
    """
    if len(files_of(project.manifest() or {})) > 1:
        analyse_together(project, settings_from(settings), progress)
        return
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
