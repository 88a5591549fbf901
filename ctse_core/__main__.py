"""The command line: ``python -m ctse_core COMMAND``; without one it lists them.

Every command is a few lines over the same functions that the app calls. Exit codes: 0 done, 1 a problem
told in one sentence, 2 a wrong command line, 130 stopped by the person.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from ctse_core.errors import CtseError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    asked = _parser(given).parse_args(given)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from ctse_core.terminal import Bar

    bar = Bar(quiet=getattr(asked, "quiet", False))
    try:
        asked.run(asked, bar)
        return 0
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stdout = None  # type: ignore[assignment]
        return 0
    except CtseError as told:
        bar.close()
        print(f"ctse: {getattr(told, 'typed', told)}", file=sys.stderr)
        return 1
    except OSError as fault:
        bar.close()
        print(
            f"ctse: {fault.strerror or fault}: {fault.filename or ''} - check the path and its rights.", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        bar.close()
        print("ctse: stopped; what was finished is kept, run the same command to go on.", file=sys.stderr)
        return 130


def _parser(given: list[str]) -> argparse.ArgumentParser:
    """Return the parser of all commands; only the one that is ``given`` has its flags where these load a lot."""
    from ctse_core.analyse_flags import add_analyse_flags, add_append_flags
    from ctse_core.share_flags import add_share_flags

    command = next((word for word in given if not word.startswith("-")), "")
    parser = argparse.ArgumentParser(
        prog="python -m ctse_core",
        description="CTSE: find out what people say about a crisis, in any language, without a network.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    analyse = commands.add_parser("analyse", help="a file of posts -> a project with map, topics and report")
    add_analyse_flags(analyse)
    analyse.set_defaults(run=_analyse)

    append = commands.add_parser("append", help="a newer file of posts joins a project; topics keep ids and names")
    add_append_flags(append)
    append.set_defaults(run=_append)

    encode = commands.add_parser("encode", help="a column of texts -> an array of vectors, row for row")
    if command == "encode":
        from ctse_core.encode_flags import add_encode_flags

        add_encode_flags(encode)
    encode.set_defaults(run=_encode)

    topics = commands.add_parser("topics", help="shards of vectors -> topics of a sample, every post assigned")
    if command == "topics":
        from ctse_core.topic_flags import add_topic_flags

        add_topic_flags(topics)
    topics.set_defaults(run=_topics)

    find = commands.add_parser("find", help="a question to shards of vectors, more of them than a project holds")
    if command == "find":
        from ctse_core.find_flags import add_find_flags

        add_find_flags(find)
    find.set_defaults(run=_find)

    search = commands.add_parser("search", help="a question in any language -> posts in every language")
    search.add_argument("project", metavar="PROJECT", help="a folder, or postgresql://…#name for a shared project")
    if command == "search":
        from ctse_core.search_flags import add_search_flags

        add_search_flags(search)
    search.set_defaults(run=_search, quiet=False)

    saved = commands.add_parser("ask-saved", help="the saved questions of a project -> the new posts that match them")
    saved.add_argument("project", type=Path, metavar="PROJECT")
    if command == "ask-saved":
        from ctse_core.questions_told import add_saved_flags

        add_saved_flags(saved)
    saved.set_defaults(run=_ask_saved, standing=False, quiet=False)

    standing = commands.add_parser("standing", help="forty questions that responders ask -> posts that answer them")
    standing.add_argument("project", type=Path, metavar="PROJECT")
    if command == "standing":
        from ctse_core.questions_told import add_standing_flags

        add_standing_flags(standing)
    standing.set_defaults(run=_ask_saved, standing=True, quiet=False)

    scheme = commands.add_parser("scheme", help="tell needs by another scheme: one that ships, or a file of one's own")
    scheme.add_argument("project", type=Path, metavar="PROJECT")
    scheme.add_argument("scheme", metavar="NAME|FILE", help="trec_is, ocha, ifrc, or a CSV or JSON file")
    scheme.set_defaults(run=_scheme, quiet=False)

    share = commands.add_parser("share", help="a project -> a team's PostgreSQL, with what people noted of its posts")
    add_share_flags(share)
    share.set_defaults(run=_share)

    encoders = commands.add_parser("encoders", help="the catalogue: what there is, what is at hand")
    encoders.add_argument("--json", action="store_true")
    encoders.set_defaults(run=_encoders, quiet=True)

    export = commands.add_parser("export-encoder", help="an encoder -> a plain folder for sentence-transformers")
    export.add_argument("name", metavar="NAME", help="from `encoders`, or a folder")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder")
    export.add_argument("--eight-bit", action="store_true", help="a quarter of the size, for this program only")
    export.add_argument("--four-bit-tokens", action="store_true", help="the same with token vectors in four bits")
    export.add_argument("--quiet", action="store_true")
    export.set_defaults(run=_export)

    report = commands.add_parser("report", help="write the report of an analysed project")
    report.add_argument("project", type=Path, metavar="PROJECT")
    report.add_argument(
        "--format",
        default="html",
        help="html, pdf, docx (the briefing), xlsx, csv, jsonl, parquet, geojson, hxl, viewer (map and topics in one "
        "file) or several: pdf,xlsx",
    )
    report.add_argument("--ui", default="en", metavar="LANG", help="the language it speaks: en, es, fr, ar")
    report.add_argument("--out", type=Path, metavar="FOLDER", help="default: PROJECT/report, or report-filtered")
    if command == "report":
        from ctse_core.filter_flags import add_filter_flags

        add_filter_flags(report)
    report.set_defaults(run=_report, quiet=True)
    return parser


def _analyse(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.analyse_flags import analysis_settings
    from ctse_core.analysis import analyse
    from ctse_core.edited import edited
    from ctse_core.masked import taken_away
    from ctse_core.project import Project
    from ctse_core.report import write_report

    settings = analysis_settings(asked, _agreed(asked.encoder, asked.send_texts_to))
    project = Project(asked.out)
    analysis = analyse(asked.file, project, settings, bar)
    bar.close()
    report = project.folder / "report" / "report.html"
    if not report.exists() or report.stat().st_mtime < project.manifest_path.stat().st_mtime:
        write_report(taken_away(edited(analysis, project), project), report.parent, ("html",))
    for note in analysis.manifest["notes"]:
        print(f"note: {note}", file=sys.stderr)
    counts = analysis.manifest["counts"]
    print(
        f"{counts['rows']:,} rows: {counts['posts']:,} posts ({counts['copies']:,} of them copies), "
        f"{counts['empty']:,} empty, {counts['unreadable']:,} unreadable; {counts['topics']:,} topics, "
        f"{counts['unsorted']:,} posts unsorted."
    )
    for sentence in _about_encoder(analysis.manifest):
        print(sentence)
    print(f"Report: {report}")


def _append(asked: argparse.Namespace, bar: Any) -> None:
    from dataclasses import replace

    from ctse_core.analyse_flags import chosen_columns
    from ctse_core.analysis import analyse_together, settings_from
    from ctse_core.append import append, chosen_roles, entry_of
    from ctse_core.append_drift import told_of
    from ctse_core.edited import edited
    from ctse_core.project import Project
    from ctse_core.saved import ask_again

    project = Project(asked.project)
    known = entry_of(asked.file, project) if asked.file.is_file() else None
    analysis = append(asked.file, project, bar, chosen_roles(asked.file, project, chosen_columns(asked)), asked.anyway)
    bar.close()
    if known is not None:
        print(f"“{asked.file.name}” was added before ({known['added']}); nothing was changed.")
    for sentence in told_of(analysis.manifest, analysis.topics) if known is None else ():
        print(sentence)
    for news in ask_again(project, edited(analysis, project)):
        print(news.sentence)
    if asked.anew:
        settings = replace(settings_from(analysis.manifest["settings"]), anyway=asked.anyway)
        analysis = analyse_together(project, settings, bar)
        bar.close()
        print(f"All files together: {analysis.table.height:,} posts, {analysis.topics.height:,} topics, found anew.")


def _about_encoder(manifest: Any) -> list[str]:
    """Return which encoder was used and why, and which languages of the posts it serves less well."""
    from ctse_core.encoders import service_of
    from ctse_core.figures import language_name

    encoder, service = manifest["encoder"], manifest["service"]
    served = service_of(manifest["counts"]["languages"], service)
    weak = [f"{language_name(one.lang)} ({one.posts:,})" for one in served if one.grade == "poorly"]
    return [
        f"Encoder: {encoder['why'] or encoder['name'] + '.'}",
        service["sentence"] + (f" Poorly: {', '.join(weak)}." if weak else ""),
    ]


def _encode(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.encode_flags import encoded

    told = encoded(asked, _agreed(asked.encoder, asked.send_texts_to), bar)
    bar.close()
    print(told)


def _topics(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.topic_flags import topics_of_shards

    told = topics_of_shards(asked, bar)
    bar.close()
    print(told)


def _find(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.find_flags import found_lines

    told = found_lines(asked, bar)
    bar.close()
    for line in told:
        print(line)


def _search(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.highlight import reasons
    from ctse_core.saved import save
    from ctse_core.search_flags import asked_question, reason_fields, searched, written_post, written_value

    _agreed(None, asked.send_texts_to)
    searcher, project = searched(asked)
    question = asked_question(asked, searcher)
    if question.rerank:
        searcher.prepare_rerank(bar)
        bar.close()
    answer = searcher.ask(question)
    print(answer.sentence, file=sys.stderr if asked.json else sys.stdout)
    found = answer.posts.drop("compared_text").iter_rows(named=True)
    if asked.json:
        for post, reason in zip(found, reasons(searcher, question, answer.posts), strict=True):
            print(json.dumps(post | reason_fields(reason), ensure_ascii=False, default=written_value))
    else:
        for post in found:
            print(written_post(post))
    if asked.save is not None and project is not None:
        save(project, question, searcher, asked.save)
        print(f"Saved; ask-saved {asked.project} tells what is new.", file=sys.stderr)


def _ask_saved(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.questions_told import saved_lines, standing_lines

    for line in (standing_lines if asked.standing else saved_lines)(asked, bar):
        print(line.text, file=sys.stderr if line.aside else sys.stdout)


def _share(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.share_flags import shared_lines

    told = shared_lines(asked, bar)
    bar.close()
    for line in told:
        print(line)


def _scheme(asked: argparse.Namespace, _: Any) -> None:
    from ctse_core.crisis.scheme_file import read_scheme
    from ctse_core.crisis.schemes import BUILT_IN, built_in, dict_of_scheme
    from ctse_core.errors import SettingError
    from ctse_core.project import Project
    from ctse_core.project.need_marks import choose_scheme
    from ctse_core.stored import load_analysis

    project, file = Project(asked.project), Path(asked.scheme)
    load_analysis(project)
    if asked.scheme not in BUILT_IN and not file.is_file():
        raise SettingError(
            f"“{asked.scheme}” is neither a file nor a scheme that ships; there are {', '.join(BUILT_IN)}."
        )
    own = None if asked.scheme in BUILT_IN else read_scheme(file.read_bytes(), file.name)
    chosen = own or built_in(asked.scheme)
    choose_scheme(project.folder, chosen.key, dict_of_scheme(own) if own else None)
    print(f"Needs of {project.name} are told by {chosen.name}: {len(chosen.types)} types.")


def _encoders(asked: argparse.Namespace, _: Any) -> None:
    from dataclasses import asdict

    from ctse_core.encoders import list_encoders

    entries = list_encoders()
    if asked.json:
        print(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=1))
        return
    for entry in entries:
        spec, mark = entry.spec, "ready" if entry.at_hand else "absent"
        print(f"{spec.name:38s} {spec.dim:4d}  {mark:6s}  {len(spec.languages):3d} languages  {spec.licence}")
        print(f"    {spec.note} {entry.where[:1].upper()}{entry.where[1:]}.")


def _export(asked: argparse.Namespace, bar: Any) -> None:
    from ctse_core.encoders import export_encoder

    bits = 4 if asked.four_bit_tokens else 8 if asked.eight_bit else 0
    folder = export_encoder(asked.name, asked.folder, bar, bits)
    bar.close()
    if bits:
        print(f"{folder} holds {asked.name} in eight bits; choose it by that path.")
    else:
        print(f"{folder} holds {asked.name} in float32: SentenceTransformer({str(folder)!r}) opens it.")


def _report(asked: argparse.Namespace, _: Any) -> None:
    from ctse_core.analysis import load_analysis
    from ctse_core.edited import edited
    from ctse_core.errors import SettingError
    from ctse_core.filter_flags import filter_of
    from ctse_core.project import Project
    from ctse_core.report import FORMATS
    from ctse_core.taking_away import written
    from ctse_core.words import LANGUAGES, speak

    formats = tuple(part.strip() for part in asked.format.split(",") if part.strip())
    if not formats:
        raise SettingError(f"Name a report format: {', '.join(FORMATS)}.")
    if asked.ui not in LANGUAGES:
        raise SettingError(f"A report cannot speak “{asked.ui}”; choose from {', '.join(LANGUAGES)}.")
    project = Project(asked.project)
    speak(asked.ui)
    try:
        shown = edited(load_analysis(project), project)
        for path in written(shown, project, filter_of(asked, shown.table, shown.crisis), formats, asked.out):
            print(path)
    finally:
        speak("en")


def _agreed(encoder: str | None, host: str) -> str:
    """Return the host that a person agrees to send texts to; asked at a terminal, remembered on this machine."""
    from ctse_core.home import agree_to

    if (encoder or "").startswith(("https://", "http://")) and not host and sys.stdin.isatty():
        from ctse_core.encoders import consent_question, host_of, remote_settings

        settings = remote_settings(str(encoder))
        sys.stderr.write(f"{consent_question(settings)} [yes/no] ")
        sys.stderr.flush()
        host = host_of(settings) if sys.stdin.readline().strip().lower() == "yes" else ""
    if host:
        agree_to(host)
    return host


if __name__ == "__main__":
    sys.exit(main())
