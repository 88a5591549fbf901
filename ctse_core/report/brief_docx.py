"""The briefing as DOCX, to edit and to merge into a situation report: real headings, tables, links to the posts."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ctse_core.report.brief import Block, Brief, Grid, Heading, Pairs, Picture, Point, Points, Post, Posts, Tiles, Words
from ctse_core.report.brief_pdf import png_of
from ctse_core.report.docx_runs import Look, add_run, bookmark, border, element, link, put, set_direction, shade

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.table import _Cell as DocxCell

QUIET, PRESSING, LINE = "59636E", "A3243A", "D0D6DC"
SHADES = {"pressing": "F7E3E6", "stale": "E6E8EA", "tile": "F3F5F7", "care": "FDF6E3"}
WIDTH_CM = 17.4  # of what is written on A4, and of its pictures
_SMALL = Look(size=8.5, colour=QUIET)


def docx_of(brief: Brief) -> bytes:
    """Return the briefing as a DOCX file; it holds no macro, no link to anything outside, no author.

    Raises:
        ProjectError: the pictures cannot be made.
    """
    made = _blank(brief)
    _line(made, brief.kicker, brief, _SMALL)
    _heading(made, Heading(brief.title, 1), brief)
    _line(made, brief.under, brief, _SMALL)
    for block in brief.blocks:
        _block(made, block, brief)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def _blank(brief: Brief) -> Document:
    import docx
    from docx.shared import Cm, Pt

    made = docx.Document()
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21 - WIDTH_CM) / 2)
    section.top_margin, section.bottom_margin = Cm(1.6), Cm(1.7)
    style = made.styles["Normal"]
    style.font.size = Pt(10)
    style.paragraph_format.space_after = Pt(4)
    properties = made.core_properties
    properties.title, properties.author, properties.comments = brief.title[:250], "", ""
    properties.language = brief.language
    properties.created = properties.modified = datetime.now(UTC)
    foot = section.footer.paragraphs[0]
    _directed(foot, brief)
    add_run(foot, f"{brief.foot}   ", _SMALL, brief.language)
    before, _, after = brief.page_of.partition("{page}")
    between, _, end = after.partition("{pages}")
    for words, field in ((before, "PAGE"), (between, "NUMPAGES"), (end, "")):
        add_run(foot, words, _SMALL, brief.language)
        if field:
            foot._p.append(element("w:fldSimple", {"w:instr": field}))
    return made


def _block(made: Document, block: Block, brief: Brief) -> None:
    if isinstance(block, Heading):
        _heading(made, block, brief)
    elif isinstance(block, Words):
        _words(made, block, brief)
    elif isinstance(block, Tiles):
        _tiles(made, block, brief)
    elif isinstance(block, Points):
        for point in block.points:
            _point(made, point, brief)
    elif isinstance(block, Grid):
        _grid(made, block, brief)
    elif isinstance(block, Posts):
        for post in block.posts:
            _post(made, post, brief)
    elif isinstance(block, Picture):
        _picture(made, block, brief)
    else:
        _pairs(made, block, brief)


def _directed(paragraph: Any, brief: Brief) -> Any:
    set_direction(paragraph, brief.rtl)
    return paragraph


def _line(made: Document, text: str, brief: Brief, look: Look) -> Any:
    paragraph = _directed(made.add_paragraph(), brief)
    add_run(paragraph, text, look, brief.language, brief.rtl)
    return paragraph


def _heading(made: Document, block: Heading, brief: Brief) -> None:
    from docx.shared import Pt

    paragraph = _directed(made.add_paragraph(style=f"Heading {block.level}"), brief)
    paragraph.paragraph_format.page_break_before = block.new_page
    paragraph.paragraph_format.space_before = Pt({1: 0, 2: 12, 3: 8}[block.level])
    paragraph.paragraph_format.space_after = Pt(3)
    look = Look(size={1: 17.0, 2: 13.0, 3: 11.0}[block.level], colour="1D232B", bold=True)
    add_run(paragraph, block.text, look, brief.language, brief.rtl)


def _words(made: Document, block: Words, brief: Brief) -> None:
    paragraph = _line(made, block.text, brief, _SMALL if block.look == "quiet" else Look())
    paragraph.paragraph_format.keep_with_next = block.look == "quiet"
    if block.look == "care":
        border(paragraph, "right" if brief.rtl else "left", "C99A1B", 24)
        shade(paragraph._p.get_or_add_pPr(), SHADES["care"])


def _point(made: Document, point: Point, brief: Brief) -> None:
    paragraph = _directed(made.add_paragraph(style="List Bullet"), brief)
    if point.lead:
        add_run(paragraph, f"{point.lead} ", Look(bold=True), brief.language, brief.rtl)
    add_run(paragraph, point.text, Look(), brief.language, brief.rtl)
    for number in point.cites:
        add_run(paragraph, " ", Look(), brief.language, brief.rtl)
        link(paragraph, f"[{number}]", f"post_{number}")


def _post(made: Document, post: Post, brief: Brief) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    words = made.add_paragraph()
    set_direction(words, post.rtl)
    words.paragraph_format.keep_with_next = words.paragraph_format.keep_together = True
    words.paragraph_format.space_after = Pt(0)
    facts = made.add_paragraph()
    set_direction(facts, brief.rtl)
    if post.rtl != brief.rtl:
        # The far side of the line's own direction: under the post.
        facts.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for paragraph in (words, facts):
        border(paragraph, "right" if post.rtl else "left", PRESSING if post.pressing else LINE, 12)
    bookmark(words, f"post_{post.number}", post.number)
    add_run(words, post.text, Look(), post.code, post.rtl)
    add_run(facts, f"[{post.number}] {brief.id_word} ", _SMALL, brief.language, brief.rtl)
    add_run(facts, post.post_id, _SMALL, "en")
    add_run(facts, " · " + " · ".join(post.facts), _SMALL, brief.language, brief.rtl)


def _picture(made: Document, block: Picture, brief: Brief) -> None:
    from docx.shared import Cm

    paragraph = made.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    drawn = paragraph.add_run().add_picture(io.BytesIO(png_of(block.svg)), width=Cm(WIDTH_CM))
    drawn._inline.docPr.set("descr", block.told)
    _line(made, block.told, brief, _SMALL)


def _table(made: Document, rows: int, columns: int, brief: Brief) -> Table:
    table = made.add_table(rows=rows, cols=columns)
    properties = table._tbl.tblPr
    if brief.rtl:
        put(properties, element("w:bidiVisual"))
    edges = element("w:tblBorders")
    for side in ("bottom", "insideH"):
        edges.append(element(f"w:{side}", {"w:val": "single", "w:sz": "4", "w:color": LINE}))
    put(properties, edges)
    return table


def _cell(cell: DocxCell, text: str, look: Look, brief: Brief, end: bool = False) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = _directed(cell.paragraphs[0], brief)
    paragraph.paragraph_format.space_after = Pt(1)
    if end:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_run(paragraph, text, look, brief.language, brief.rtl)
    return paragraph


def _under(cell: DocxCell, text: str, brief: Brief, end: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = _directed(cell.add_paragraph(), brief)
    paragraph.paragraph_format.space_after = Pt(1)
    if end:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_run(paragraph, text, Look(size=7.0, colour=QUIET), brief.language, brief.rtl)


def _tiles(made: Document, block: Tiles, brief: Brief) -> None:
    table = _table(made, 1, len(block.tiles), brief)
    for cell, tile in zip(table.rows[0].cells, block.tiles, strict=True):
        shade(cell._tc.get_or_add_tcPr(), SHADES["tile"])
        _cell(cell, tile.label, _SMALL, brief)
        value = _directed(cell.add_paragraph(), brief)
        add_run(value, tile.value, Look(size=15.0, bold=True), brief.language)
        _under(cell, tile.remark, brief)
    made.add_paragraph()


def _grid(made: Document, block: Grid, brief: Brief) -> None:
    table = _table(made, 1 + len(block.rows), len(block.heads), brief)
    head = table.rows[0]
    head._tr.get_or_add_trPr().append(element("w:tblHeader"))
    for place, (cell, name) in enumerate(zip(head.cells, block.heads, strict=True)):
        _cell(cell, name, Look(size=8.5, bold=True), brief, end=place > 0)
    for row, (name, told) in zip(table.rows[1:], block.rows, strict=True):
        cells = row.cells
        row._tr.get_or_add_trPr().append(element("w:cantSplit"))
        _cell(cells[0], name, Look(size=8.5), brief)
        for cell, value in zip(cells[1:], told, strict=True):
            _cell(cell, value.text, Look(size=8.5, bold=value.look != "none"), brief, end=True)
            if value.remark:
                _under(cell, value.remark, brief, end=True)
            if value.look in SHADES:
                shade(cell._tc.get_or_add_tcPr(), SHADES[value.look])
    _line(made, block.caption, brief, _SMALL)


def _pairs(made: Document, block: Pairs, brief: Brief) -> None:
    from docx.shared import Cm

    table = _table(made, len(block.rows), 2, brief)
    table.autofit = False
    for row, (what, value) in zip(table.rows, block.rows, strict=True):
        for cell, text, look, wide in zip(
            row.cells, (what, value), (_SMALL, Look(size=8.5)), (3.6, WIDTH_CM - 3.6), strict=True
        ):
            cell.width = Cm(wide)
            _cell(cell, text, look, brief)
