"""How long it takes from a file of posts to a briefing, what the files weigh, and whether their text can be read back.

``python -m benchmarks.briefing`` analyses the crisis messages where CTSE_SHARED_DATA names their folder, else the
invented sample posts, from the command line in a process of its own, then writes the briefing in another one; both
with imports counted. After that each stage is timed in this process. ``--project FOLDER`` takes a project that is there
already (a copy of it), ``--posts`` repeats its posts to so many. Letters read back are those of the posts quoted in
the PDF, in order, as a browser's reader of PDFs finds them; with ``--all`` a PDF of every post is read.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import polars as pl

from ctse_core.briefing import brief_of
from ctse_core.briefing.cited import Cited
from ctse_core.edited import edited
from ctse_core.masked import taken_away
from ctse_core.project import Project
from ctse_core.report.brief import Brief, Grid, Points, Posts
from ctse_core.report.brief_docx import docx_of
from ctse_core.report.brief_html import html_of
from ctse_core.report.brief_pdf import pdf_of
from ctse_core.stored import Analysis, load_analysis
from ctse_core.types import Col

ROOT = Path(__file__).resolve().parents[1]
FORMATS = "html,pdf,docx"
Made = TypeVar("Made")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--project", type=Path)
    asked.add_argument("--posts", type=int, default=0)
    asked.add_argument("--all", action="store_true")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        if told.project:
            shutil.copytree(told.project, folder)
        else:
            source = file_of_posts(Path(place))
            print(f"analyse {pl.read_csv(source).height:,} rows: {command('analyse', source, '--out', folder)}")
            print(f"report --format {FORMATS}: {command('report', folder, '--format', FORMATS)}")
        stages(Project(folder), told.posts)
        if told.all:
            print(f"letters read back from a PDF of every post: {all_read_back(load_analysis(Project(folder)))}")


def file_of_posts(folder: Path) -> Path:
    """Return a CSV of the crisis messages, or the invented sample posts."""
    shared = os.environ.get("CTSE_SHARED_DATA")
    if not shared:
        return ROOT / "assets" / "sample_posts.csv"
    messages = pl.read_parquet(Path(shared) / "crisis_messages_shared.parquet").select("id", "message")
    messages.write_csv(folder / "messages.csv")
    return folder / "messages.csv"


def command(*arguments: object) -> str:
    """Return the seconds and the peak memory of a command of CTSE, and the seconds of all processors."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "ctse_core", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took = time.perf_counter() - start
    return f"{took:.1f} s, {cpu:.1f} s of processors, at most {after.ru_maxrss / 1024**2:.2f} GB"


def timed(name: str, make: Callable[[], Made]) -> Made:
    start, before = time.perf_counter(), time.process_time()
    made = make()
    cpu = time.process_time() - before
    print(f"  {name}: {time.perf_counter() - start:.2f} s, {cpu:.2f} s of processors")
    return made


def stages(project: Project, posts: int) -> None:
    """Print the seconds of each stage from the project to the files, and what the files hold."""
    run = timed("open the project", lambda: load_analysis(project))
    whole = timed("needs, places, sources, states", lambda: edited(run, project))
    away = timed("mask people", lambda: taken_away(whole, project))
    if posts:
        away = grown(away, posts)
    print(f"{away.table.height:,} posts")
    brief = timed("what is said", lambda: brief_of(away))
    pdf = timed("PDF, fonts read", lambda: pdf_of(brief))
    timed("PDF again", lambda: pdf_of(brief))
    html = timed("HTML", lambda: html_of(brief))
    docx = timed("DOCX", lambda: docx_of(brief))
    sizes = {"PDF": len(pdf), "HTML": len(html.encode()), "DOCX": len(docx)}
    print(", ".join(f"{name} {size / 1024:,.0f} KB" for name, size in sizes.items()))
    print(f"{words_first(brief)} words before the table; {len(list(brief.posts()))} posts quoted with their ids")
    print(f"letters of quoted posts read back from the PDF: {read_back(pdf, brief)}")


def grown(analysis: Analysis, posts: int) -> Analysis:
    """Return the analysis with its posts repeated to so many, each an original with an id of its own."""
    times = -(-posts // analysis.table.height)
    table = pl.concat([analysis.table] * times).head(posts)
    own = pl.int_range(pl.len(), dtype=pl.Int64)
    table = table.with_columns(
        own.cast(pl.Utf8).alias(Col.POST_ID),
        own.cast(table.schema[Col.REPRESENTATIVE]).alias(Col.REPRESENTATIVE),
        pl.lit(None, dtype=pl.Utf8).alias(Col.DUPLICATE_OF),
    )
    return dataclasses.replace(analysis, table=table)


def words_first(brief: Brief) -> int:
    """Return how many words stand in the sentences before the first table."""
    words = 0
    for block in brief.blocks:
        if isinstance(block, Grid):
            break
        if isinstance(block, Points):
            words += sum(len(f"{point.lead} {point.text}".split()) for point in block.points)
    return words


def read_back(pdf: bytes, brief: Brief) -> str:
    """Return the share of quoted posts, by letters, that a browser's reader of the PDF gets as they were written."""
    import pypdfium2

    text = bare("".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)))
    posts = list(brief.posts())
    whole = sum(len(bare(post.text)) for post in posts)
    lost = [post for post in posts if bare(post.text) not in text]
    share = 1 - sum(len(bare(post.text)) for post in lost) / max(1, whole)
    return f"{share:.1%} of {whole:,}" + (f"; not: {', '.join(sorted({post.code for post in lost}))}" if lost else "")


def all_read_back(analysis: Analysis) -> str:
    """Return the same share for a PDF of all posts of an analysis."""
    cited = Cited(analysis.table, None)
    posts = Posts(cited.show(range(analysis.table.height)))
    whole = dataclasses.replace(brief_of(analysis), blocks=(posts,))
    return read_back(pdf_of(whole), whole)


def bare(text: str) -> str:
    """Return letters alone: no blanks, line breaks and signs of direction, which a PDF does not keep."""
    return "".join(letter for letter in text if letter.isalnum())


if __name__ == "__main__":
    main()
